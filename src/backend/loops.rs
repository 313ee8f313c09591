//! The `loop` backend: one number after the other.

use super::simd::OnCaller;
use super::simd::isa::Checked;
use super::{Backend, Info, Isa, Kind, Prepared};
use crate::error::Result;
use crate::kernel::Kernel;

/// Runs kernels as a plain loop that the compiler does not widen: what the others are measured against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loop;

impl Backend for Loop {
    fn info(&self) -> Info {
        Info::cpu(Kind::Loop, Isa::Scalar, 1)
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnCaller::new(kernel, Checked::SCALAR)))
    }
}
