//! Checks that memory and buffers belong to a device.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::fault::captured;
use super::link::Link;
use super::memory::{Allocation, bytes, part};
use crate::error::{Error, Result};

impl Link {
    /// Checks that memory is this device's. `what` names the array in it.
    pub(super) fn check_owns(&self, memory: &Allocation, what: impl FnOnce() -> String) -> Result<()> {
        let (here, there) = (self.identity(), memory.identity());
        if here.is(there) {
            return Ok(());
        }
        // A lost device is equal to none.
        if self.is_lost() {
            return Err(self.gone("it reports no errors any longer".to_owned()));
        }
        Err(Error::OtherDevice { what: what(), device: there.name().to_owned(), expected: here.name().to_owned() })
    }

    /// Checks that a buffer of the host's can be bound on this device: that it is neither invalid nor destroyed.
    pub(super) fn check_buffer(&self, buffer: &wgpu::Buffer) -> Result<()> {
        self.check_faults()?;
        // Of a buffer that is shorter than an element, only an array of none can be borrowed.
        if buffer.size() < bytes(1) {
            return Ok(());
        }
        // `wgpu` panics on most buffers of another instance. The scopes are popped in order all the same.
        let bind = |device: &wgpu::Device| catch_unwind(AssertUnwindSafe(|| bind(device, buffer)));
        let reason = match captured(self.device(), bind) {
            (Ok(()), None) => return Ok(()),
            (_, Some(error)) => match self.explain(error) {
                Error::Device { message } => message,
                other => return Err(other),
            },
            (Err(_), None) => "it is unknown there".to_owned(),
        };
        Err(Error::Invalid {
            what: "buffer",
            given: format!("of {} bytes", buffer.size()),
            expected: format!("borrow a valid buffer of this `Gpu`'s own device ({reason})"),
        })
    }
}

/// Binds the first element of a buffer, and forgets it.
fn bind(device: &wgpu::Device, buffer: &wgpu::Buffer) {
    let ty = wgpu::BufferBindingType::Storage { read_only: false };
    let entry = wgpu::BindGroupLayoutEntry {
        binding: 0,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &[entry] });
    let entries = [wgpu::BindGroupEntry { binding: 0, resource: part(buffer, 0, bytes(1)) }];
    _ = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("crossover"),
        layout: &layout,
        entries: &entries,
    });
}
