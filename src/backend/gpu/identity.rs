//! Which device an array or a kernel belongs to.

use std::sync::Arc;

use super::fault::catches;

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

    /// Returns the device's name.
    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns whether both are the same device. A host may have passed clones of one device to two `Gpu`s.
    pub(super) fn is(&self, other: &Identity) -> bool {
        let (here, there) = (&self.0.device, &other.0.device);
        // What `wgpu` compares is unique within one instance only: the first devices of two instances are equal.
        Arc::ptr_eq(&self.0, &other.0) || (here == there && catches(here, there))
    }
}
