//! Which device an array or a kernel belongs to.

use std::sync::Arc;

use super::Gpu;
use super::array::{DeviceArg, DeviceArray};
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
        Arc::ptr_eq(&self.0, &other.0) || same_device(&self.0.device, &other.0.device)
    }
}

/// Whether two handles are clones of one device.
///
/// What `wgpu` compares is unique within one instance only: the first devices of two instances are equal. Therefore an
/// error is made on the second within a scope of each. The scope of the first was pushed last, so that it catches the
/// error if, and only if, both scopes are on one device. A lost device makes no error, and is no device's equal.
fn same_device(first: &wgpu::Device, second: &wgpu::Device) -> bool {
    if first != second {
        return false;
    }
    let mistake =
        wgpu::BufferDescriptor { label: None, size: 4, usage: wgpu::BufferUsages::empty(), mapped_at_creation: false };
    let outer = second.push_error_scope(wgpu::ErrorFilter::Validation);
    let inner = first.push_error_scope(wgpu::ErrorFilter::Validation);
    drop(second.create_buffer(&mistake));
    let caught = pollster::block_on(inner.pop()).is_some();
    drop(outer);
    caught
}

impl Gpu {
    /// Checks that an array is in this device's memory. `what` names the array.
    pub(super) fn check_owns(&self, array: &DeviceArray, what: impl FnOnce() -> String) -> Result<()> {
        let (here, there) = (self.identity(), array.memory().identity());
        if here.is(there) {
            return Ok(());
        }
        // A lost device is the more useful error.
        self.check_lost()?;
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
}
