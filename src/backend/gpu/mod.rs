//! The `gpu` backend: the formula as a compute shader, through `wgpu`. This is the one place that names it.
//!
//! In order: [`Gpu`] is a device, opened here or borrowed from a host application; a [`DeviceArray`] is memory on it; a
//! [`GpuKernel`] is a kernel compiled for it; a [`BoundKernel`] is a kernel with its arrays, ready to be put into a command encoder;
//! `stream` runs arrays of the host through all of these, in chunks.

mod array;
mod bound;
mod kernel;
mod open;
mod scope;
mod stream;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use array::{DeviceArg, DeviceArray};
pub use bound::BoundKernel;
pub use kernel::GpuKernel;

use super::{Backend, Device, Info, Kind, Prepared};
use crate::error::{Error, Result};
use crate::kernel::Kernel;

/// A GPU that runs kernels. Cloning it is cheap, and the clones share the device.
#[derive(Clone, Debug)]
pub struct Gpu {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    about: Device,
    faults: Arc<Faults>,
}

/// What a device that was opened here reports by itself. Of a host's device only its own handlers hear.
#[derive(Debug, Default)]
struct Faults {
    /// Why the device is gone, once it is.
    lost: OnceLock<String>,
    /// What went wrong outside of every error scope, until a call returns it.
    uncaptured: Mutex<Option<String>>,
}

impl Gpu {
    /// Opens the most powerful GPU of this machine, with all that it can do. A program that plays a GPU on the CPU is taken
    /// only if there is nothing else.
    ///
    /// The environment variables `WGPU_BACKEND` (such as `vulkan`) and `WGPU_ADAPTER_NAME` (a part of the name) narrow the
    /// choice.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] with what was found if there is none.
    pub fn open() -> Result<Gpu> {
        open::open()
    }

    /// Works on a device that a host application has opened, with whatever limits it has.
    ///
    /// Nothing of the host's changes: no handler is installed, and dropping this leaves the device as it was.
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Gpu {
        Self::new(device, queue, Arc::default())
    }

    fn new(device: wgpu::Device, queue: wgpu::Queue, faults: Arc<Faults>) -> Gpu {
        let about = open::about(&device.adapter_info());
        let limits = device.limits();
        let inner = Inner { device, queue, limits, about, faults };
        Gpu { inner: Arc::new(inner) }
    }

    /// The device, as `wgpu` knows it.
    pub fn device(&self) -> &wgpu::Device {
        &self.inner.device
    }

    /// The device's queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.inner.queue
    }

    /// Compiles a kernel, to run it on arrays that are on the device.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if it has more inputs than the device can bind, and what may go wrong on the device.
    pub fn compile(&self, kernel: &Kernel) -> Result<GpuKernel> {
        GpuKernel::new(self, kernel)
    }

    fn limits(&self) -> &wgpu::Limits {
        &self.inner.limits
    }

    /// What the device has reported by itself, if anything.
    fn check_faults(&self) -> Result<()> {
        let faults = &self.inner.faults;
        if let Some(reason) = faults.lost.get() {
            return Err(Error::DeviceLost { reason: reason.clone() });
        }
        match faults.uncaptured.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(message) => Err(Error::Device { message }),
            None => Ok(()),
        }
    }
}

impl Backend for Gpu {
    fn info(&self) -> Info {
        Info { kind: Kind::Gpu, isa: None, threads: None, device: Some(self.inner.about.clone()) }
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(stream::OnGpu::new(self, kernel)?))
    }
}
