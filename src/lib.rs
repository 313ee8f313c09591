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
pub mod sweep;
pub mod trace;
pub mod ulp;
pub mod workload;

pub use arg::Arg;
pub use backend::{Backend, Device, Info, Isa, Kind, Loop, Prepared, Simd, Stage, Threads, open};
pub use error::{Error, Result};
pub use formula::Formula;
pub use kernel::{Arithmetic, Kernel};
pub use num::{Element, Mask, Num};
pub use program::Program;
pub use sweep::Sweep;
pub use workload::Workload;
