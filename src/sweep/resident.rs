//! The GPU with its arrays on the device.

use super::contender::{Contender, Regime, Runner};
use crate::arg::Arg;
use crate::backend::gpu::{BoundKernel, DeviceArg, DeviceArray, Gpu};
use crate::backend::{Backend, Info};
use crate::error::Result;
use crate::kernel::Kernel;

/// A GPU under the regime [`Regime::Resident`]: each run is one submission, and is waited for.
pub struct Resident {
    gpu: Gpu,
}

impl Resident {
    /// Measures a GPU on arrays that are on the device, before and after.
    pub fn new(gpu: Gpu) -> Self {
        Resident { gpu }
    }
}

impl Contender for Resident {
    fn info(&self) -> Info {
        self.gpu.info()
    }

    fn regime(&self) -> Regime {
        Regime::Resident
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let output = vec![f32::NAN; kernel.output_len(len)];
        let out = self.gpu.upload(&output)?;
        let upload = |arg: &Arg<'_>| match arg {
            Arg::Array(array) => Ok((Some(self.gpu.upload(array)?), 0.0)),
            Arg::Scalar(value) => Ok((None, *value)),
        };
        let inputs = args.iter().map(upload).collect::<Result<Vec<_>>>()?;
        let inputs: Vec<_> = inputs
            .iter()
            .map(|(array, value)| array.as_ref().map_or(DeviceArg::Scalar(*value), DeviceArg::Array))
            .collect();
        let bound = self.gpu.compile(kernel)?.bind(&inputs, &out)?;
        Ok(Box::new(OnDevice { gpu: &self.gpu, bound, out, output }))
    }
}

/// A kernel bound to arrays of the device.
struct OnDevice<'a> {
    gpu: &'a Gpu,
    bound: BoundKernel,
    out: DeviceArray,
    /// The host's copy of the output.
    output: Vec<f32>,
}

impl Runner for OnDevice<'_> {
    fn run(&mut self) -> Result<()> {
        self.bound.run()
    }

    fn output(&mut self) -> Result<&[f32]> {
        self.gpu.download(&self.out, &mut self.output)?;
        Ok(&self.output)
    }
}
