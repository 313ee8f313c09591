//! The GPU with arrays on the device.

use super::contender::{Contender, Runner};
use super::regime::Regime;
use crate::backend::gpu::{BoundKernel, DeviceArg, DeviceArray, Gpu};
use crate::backend::{Backend, Info};
use crate::error::Result;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// A GPU whose output stays on the device, or all of whose arrays do. Each run is waited for.
pub struct OnDevice {
    gpu: Gpu,
    regime: Regime,
}

impl OnDevice {
    /// Creates a GPU under [`Regime::Compute`]: each run uploads its inputs, and leaves the output on the device.
    pub fn compute(gpu: Gpu) -> Self {
        OnDevice { gpu, regime: Regime::Compute }
    }

    /// Creates a GPU under [`Regime::Resident`]: each run is one submission.
    pub fn resident(gpu: Gpu) -> Self {
        OnDevice { gpu, regime: Regime::Resident }
    }

    /// Creates a GPU under [`Regime::Scalar`]: each run folds arrays of the device, and fetches the one number.
    pub fn scalar(gpu: Gpu) -> Self {
        OnDevice { gpu, regime: Regime::Scalar }
    }
}

impl Contender for OnDevice {
    fn info(&self) -> Info {
        self.gpu.info()
    }

    fn regime(&self) -> Regime {
        self.regime
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let output = vec![f32::NAN; kernel.output_len(len)];
        let out = self.gpu.upload(&output)?;
        let input = |arg: &Arg<'a>| match arg {
            Arg::Scalar(number) => Ok(Input::Number(number.as_f32())),
            Arg::Array(from) if self.regime == Regime::Compute => {
                Ok(Input::Array(from.floats(), self.gpu.empty(from.len())?))
            }
            Arg::Array(from) => Ok(Input::Array(from.floats(), self.gpu.upload(from.floats())?)),
            Arg::Output(_) => unreachable!("a contender is not in place"),
        };
        let inputs = args.iter().map(input).collect::<Result<_>>()?;
        // The device copies what is uploaded while the host continues: the first run is not to wait for that.
        self.gpu.download(&out.slice(..1)?, &mut [0.0])?;
        Ok(Box::new(Run { contender: self, kernel: kernel.clone(), inputs, out, output, bound: None }))
    }
}

/// An input of a kernel.
enum Input<'a> {
    /// What the host has, and its place on the device.
    Array(&'a [f32], DeviceArray),
    Number(f32),
}

/// A kernel on arrays of the device.
struct Run<'a> {
    contender: &'a OnDevice,
    kernel: Kernel,
    inputs: Vec<Input<'a>>,
    out: DeviceArray,
    /// The host's copy of the output.
    output: Vec<f32>,
    /// The kernel with its arrays, from the first run on.
    bound: Option<BoundKernel>,
}

impl Run<'_> {
    fn bind(&self) -> Result<BoundKernel> {
        let inputs = self.inputs.iter().map(|input| match input {
            Input::Array(_, array) => DeviceArg::Array(array),
            Input::Number(number) => (*number).into(),
        });
        self.contender.gpu.compile(&self.kernel)?.bind(&inputs.collect::<Vec<_>>(), &self.out)
    }

    /// Overwrites the device's arrays with the host's.
    fn upload(&self) -> Result<()> {
        self.inputs.iter().try_for_each(|input| match input {
            Input::Array(from, to) => self.contender.gpu.write(to, from),
            Input::Number(_) => Ok(()),
        })
    }
}

impl Runner for Run<'_> {
    fn run(&mut self) -> Result<()> {
        let regime = self.contender.regime;
        if regime == Regime::Compute {
            self.upload()?;
        }
        let bound = match &self.bound {
            Some(bound) => bound,
            None => self.bound.insert(self.bind()?),
        };
        if regime == Regime::Scalar {
            // The number is waited for, and the kernel with it.
            bound.launch()?;
            return self.contender.gpu.download(&self.out, &mut self.output);
        }
        bound.run()
    }

    fn output(&mut self) -> Result<&[f32]> {
        self.contender.gpu.download(&self.out, &mut self.output)?;
        Ok(&self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Sweep, contenders};
    use crate::{Kind, Workload};

    /// Returns every way to measure the GPU, if there is one.
    fn gpu() -> Option<Vec<Box<dyn Contender>>> {
        match contenders(Kind::Gpu, &Regime::ALL) {
            Ok(contenders) => Some(contenders),
            Err(error) if std::env::var("CROSSOVER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
            Err(error) => {
                println!("skipped: {error}");
                None
            }
        }
    }

    #[test]
    fn a_gpu_is_verified_and_timed_under_each_of_its_regimes() {
        let Some(contenders) = gpu() else { return };
        let expected = [Regime::Host, Regime::Compute, Regime::Resident, Regime::Scalar];
        assert_eq!(contenders.iter().map(|each| each.regime()).collect::<Vec<_>>(), expected);
        // Two arrays and a number; and what is a reduction already.
        let workloads = ["axpy".parse().unwrap(), Workload::parse("max(x*y)").unwrap()];
        let sweep = contenders.into_iter().fold(Sweep::new().workloads(workloads), Sweep::contender);
        let report = sweep.sizes("1,100003".parse().unwrap()).trials(1).run();
        assert_eq!(report.failures, []);
        let regimes: Vec<_> = report.measurements.iter().map(|each| each.regime).collect();
        assert_eq!(regimes, expected.repeat(4));
    }

    #[test]
    fn only_what_the_regime_says_goes_to_the_device_and_back() {
        let Some(contenders) = gpu() else { return };
        let kernel: Workload = "poly".parse().unwrap();
        let kernel = kernel.kernel;
        for contender in contenders.iter().filter(|each| each.regime() != Regime::Host) {
            let regime = contender.regime();
            let data = [1.0, 2.0, 3.0];
            let mut runner = contender.prepare(&regime.kernel(&kernel), &[(&data).into()], 3).unwrap();
            assert!(runner.output().unwrap().iter().all(|value| value.is_nan()), "{regime}: right before it has run");
            runner.run().unwrap();
            let expected: &[f32] = if regime == Regime::Scalar { &[56.0] } else { &[3.0, 14.0, 39.0] };
            assert_eq!(runner.output().unwrap(), expected, "{regime}");
        }
    }
}
