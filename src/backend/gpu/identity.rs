//! Which device an array or a kernel belongs to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Gpu;
use super::array::{DeviceArg, DeviceArray, bytes};
use super::fault::{captured, catches};
use super::layout::resource;
use crate::error::{Error, Result};
use crate::kernel::Kernel;

/// The device that memory was allocated on. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(super) struct Identity(Arc<Known>);

#[derive(Debug)]
struct Known {
    device: wgpu::Device,
    name: String,
}

impl Identity {
    pub(super) fn new(device: wgpu::Device, name: String) -> Self {
        Identity(Arc::new(Known { device, name }))
    }

    /// Whether both are the same device. A host may have passed clones of one device to two `Gpu`s.
    fn is(&self, other: &Identity) -> bool {
        let (here, there) = (&self.0.device, &other.0.device);
        // What `wgpu` compares is unique within one instance only: the first devices of two instances are equal.
        Arc::ptr_eq(&self.0, &other.0) || (here == there && catches(here, there))
    }
}

impl Gpu {
    /// Checks that an array is in this device's memory. `what` names the array.
    pub(super) fn check_owns(&self, array: &DeviceArray, what: impl FnOnce() -> String) -> Result<()> {
        let (here, there) = (self.identity(), array.memory().identity());
        if here.is(there) {
            return Ok(());
        }
        // A lost device is equal to none.
        if self.is_lost() {
            return Err(self.gone("it reports no errors any longer".to_owned()));
        }
        Err(Error::OtherDevice { what: what(), device: there.0.name.clone(), expected: here.0.name.clone() })
    }

    /// Checks that all arrays of a kernel are in this device's memory.
    pub(super) fn check_owns_all(&self, kernel: &Kernel, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<()> {
        for (name, arg) in kernel.inputs().iter().zip(inputs) {
            if let Some(array) = arg.array() {
                self.check_owns(array, || format!("kernel `{}`: input `{name}`", kernel.title()))?;
            }
        }
        self.check_owns(out, || format!("kernel `{}`: the output", kernel.title()))
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
    let entries = [wgpu::BindGroupEntry { binding: 0, resource: resource(buffer, 0, bytes(1)) }];
    _ = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("crossover"),
        layout: &layout,
        entries: &entries,
    });
}
