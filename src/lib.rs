//! crossover
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod arg;
pub mod backend;
pub mod bound;
mod error;
mod formula;
mod interpret;
mod kernel;
pub mod num;
pub mod program;
pub mod trace;
pub mod ulp;
pub mod wgsl;
pub mod workload;

pub use arg::Arg;
#[cfg(feature = "gpu")]
pub use backend::gpu::{BoundKernel, DeviceArg, DeviceArray, Gpu, GpuKernel};
pub use backend::{Backend, Device, Info, Isa, Kind, Loop, Prepared, Simd, Stage, Threads, open};
pub use error::{Error, Result};
pub use formula::Formula;
pub use kernel::{Arithmetic, Kernel};
pub use num::{Element, Mask, Num};
pub use program::Program;
#[cfg(feature = "gpu")]
pub use wgpu;
pub use workload::Workload;
