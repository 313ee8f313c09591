//! Kernels compiled for a device.

use std::sync::Arc;

use super::Gpu;
use super::array::{DeviceArg, DeviceArray};
use super::bound::BoundKernel;
use super::compiled::Compiled;
use super::stream::Idle;
use crate::error::Result;
use crate::kernel::Kernel;

/// A kernel compiled for a GPU. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct GpuKernel {
    pub(super) core: Arc<Compiled>,
    /// Memory for runs on arrays of the host, between them.
    pub(super) idle: Arc<Idle>,
}

impl Gpu {
    /// Compiles a kernel, to run it on arrays that are on the device.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](crate::Error::TooLarge) if it has more inputs than the device can bind, and any device error.
    pub fn compile(&self, kernel: &Kernel) -> Result<GpuKernel> {
        Ok(GpuKernel { core: Compiled::new(self, kernel)?, idle: Idle::of(self) })
    }
}

impl GpuKernel {
    /// Returns the kernel that was compiled.
    pub fn kernel(&self) -> &Kernel {
        &self.core.kernel
    }

    /// Returns the GPU that it was compiled for.
    pub fn gpu(&self) -> &Gpu {
        &self.core.gpu
    }

    /// Binds arrays of the device to the kernel's inputs and output: what a run needs, made once. The output of a reduction has
    /// one element.
    ///
    /// An input may be the output, too, as a whole: each element is then read before it is overwritten.
    ///
    /// # Errors
    ///
    /// What [`Kernel::check`](crate::Kernel::check) finds if the arrays do not fit;
    /// [`Error::OtherDevice`](crate::Error::OtherDevice) if one of them is in the memory of another device than the kernel's;
    /// [`Error::Overlap`](crate::Error::Overlap) if an input shares some of the output's elements only;
    /// [`Error::Empty`](crate::Error::Empty) for the least or greatest of no elements; and any device error.
    pub fn bind(&self, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<BoundKernel> {
        BoundKernel::new(&self.core, inputs, out, true)
    }
}
