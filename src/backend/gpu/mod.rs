//! The `gpu` backend: the formula as a compute shader, through `wgpu`. This is the one place that names it.
//!
//! In order: [`Gpu`] is a device, opened here or borrowed from a host application; a [`DeviceArray`] is memory on it, from a
//! pool or the host's own; a [`GpuKernel`] is a kernel compiled for it; a [`BoundKernel`] is a kernel with its arrays, ready
//! to be put into a command encoder; `host` runs arrays of the host through all of these, in chunks. Whatever waits for
//! the device can wait on the caller's thread or as a future.

mod array;
mod bound;
mod checks;
mod compiled;
mod device;
mod fault;
mod host;
mod identity;
mod kernel;
mod layout;
mod link;
mod memory;
mod open;
mod params;
mod pipeline;
mod poller;
mod slot;
mod stream;
mod timer;
mod window;

pub use array::{DeviceArg, DeviceArray};
pub use bound::BoundKernel;
pub use device::Gpu;
pub use kernel::GpuKernel;
pub use memory::GpuMemory;
