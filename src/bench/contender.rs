//! What is measured: one way to run a kernel.

use std::sync::Arc;

use super::axis::Varied;
use super::regime::Regime;
use crate::backend::{Backend, Info, Prepared};
use crate::error::Result;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// One way to run a kernel: a backend under a regime.
///
/// To measure something new, implement this and add it with [`Sweep::contender`](crate::sweep::Sweep::contender).
pub trait Contender {
    /// Returns what runs the kernel. It also says by whose arithmetic the output is judged.
    fn info(&self) -> Info;

    /// Returns where the arrays are while the clock runs.
    fn regime(&self) -> Regime;

    /// Returns its value on the axis of a sweep that [varies](crate::sweep::Sweep::vary) chunks or threads. None, the default,
    /// in others.
    fn varied(&self) -> Option<Varied> {
        None
    }

    /// Makes everything ready that is not to be timed: allocates, moves data to where the regime says. The kernel is prepared
    /// in the first run, if the [first call's](crate::sweep::Measurement::first_seconds) time is to have it.
    ///
    /// `args` fit the kernel, and have `len` elements, which is at least one. Under [`Regime::Scalar`], the kernel has a reduction.
    ///
    /// # Errors
    ///
    /// Whatever keeps the kernel from running; it is recorded, and the other contenders continue.
    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>>;
}

/// A contender with a kernel and its data, ready to be timed.
pub trait Runner {
    /// Runs the kernel once. When it returns, the output is there: a device has been waited for.
    ///
    /// # Errors
    ///
    /// Any device error.
    fn run(&mut self) -> Result<()>;

    /// Runs the kernel `times` times; this is what is timed. The default calls [`run`](Runner::run) as often. A device
    /// whose data stays there may launch them all and wait once, if its users would.
    ///
    /// # Errors
    ///
    /// As [`run`](Runner::run).
    fn repeat(&mut self, times: usize) -> Result<()> {
        (0..times).try_for_each(|_| self.run())
    }

    /// Returns the output of the last run, for the verification. Not timed.
    ///
    /// Before the first run it must not already hold right results: fill it with NaN.
    ///
    /// # Errors
    ///
    /// Any device error.
    fn output(&mut self) -> Result<&[f32]>;
}

/// A backend on arrays in host memory, under [`Regime::Host`] or [`Regime::Fresh`].
pub struct Host {
    backend: Arc<dyn Backend>,
    regime: Regime,
}

impl Host {
    /// Measures a backend from arrays in host memory to an array in host memory that each run overwrites.
    pub fn new(backend: Box<dyn Backend>) -> Self {
        Host { backend: backend.into(), regime: Regime::Host }
    }

    /// Returns the same backend, each of whose runs allocates its output.
    pub fn fresh(&self) -> Self {
        Host { backend: self.backend.clone(), regime: Regime::Fresh }
    }

    /// Returns a backend under those of these regimes whose arrays are in host memory and that it can be [measured
    /// under](Regime::is_of).
    pub fn under(backend: Box<dyn Backend>, regimes: &[Regime]) -> Vec<Box<dyn Contender>> {
        let (memory, host) = (backend.info().memory, Host::new(backend));
        let fresh = host.fresh();
        let asked = [host, fresh].into_iter().filter(|way| regimes.contains(&way.regime) && way.regime.is_in(memory));
        asked.map(|way| -> Box<dyn Contender> { Box::new(way) }).collect()
    }
}

impl Contender for Host {
    fn info(&self) -> Info {
        self.backend.info()
    }

    fn regime(&self) -> Regime {
        self.regime
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        // Filled, so that its pages are there before the clock runs, and with NaN, so that an element that is never written
        // is found out.
        let out = vec![f32::NAN; kernel.output_len(len)];
        let run = OnHost { backend: &*self.backend, kernel: kernel.clone(), prepared: None, args: args.to_vec(), out };
        Ok(match self.regime {
            Regime::Fresh => Box::new(Anew(run)),
            _ => Box::new(run),
        })
    }
}

/// A kernel, its inputs and the output that every run reuses.
struct OnHost<'a> {
    backend: &'a dyn Backend,
    kernel: Kernel,
    /// From the first run on, so that this has what it takes to prepare.
    prepared: Option<Box<dyn Prepared>>,
    args: Vec<Arg<'a>>,
    out: Vec<f32>,
}

impl Runner for OnHost<'_> {
    fn run(&mut self) -> Result<()> {
        let prepared = match &mut self.prepared {
            Some(prepared) => prepared,
            None => self.prepared.insert(self.backend.prepare(&self.kernel)?),
        };
        prepared.run(&self.args, &mut self.out)
    }

    fn output(&mut self) -> Result<&[f32]> {
        Ok(&self.out)
    }
}

/// The same with an output that every run allocates.
struct Anew<'a>(OnHost<'a>);

impl Runner for Anew<'_> {
    fn run(&mut self) -> Result<()> {
        // Zeros are what an allocator has at the least cost. The first run is verified: its memory is full of NaN.
        let filling = if self.0.prepared.is_some() { 0.0 } else { f32::NAN };
        // The old output is there until the new one is whole, as it is when a program writes `a = f(x)`.
        let new = vec![filling; self.0.out.len()];
        let old = std::mem::replace(&mut self.0.out, new);
        self.0.run()?;
        drop(old);
        Ok(())
    }

    fn output(&mut self) -> Result<&[f32]> {
        self.0.output()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Simd;

    #[test]
    fn a_fresh_output_is_other_memory_for_each_run_and_a_reused_one_is_not() {
        let kernel: crate::Workload = "poly".parse().unwrap();
        let (kernel, data) = (kernel.kernel, vec![1.0; 1000]);
        let host = Host::new(Box::new(Simd::new()));
        for (contender, same) in [(&host, true), (&host.fresh(), false)] {
            let mut runner = contender.prepare(&kernel, &[(&data).into()], data.len()).unwrap();
            let mut places = Vec::new();
            for _ in 0..2 {
                assert!(places.is_empty() == runner.output().unwrap()[999].is_nan());
                runner.run().unwrap();
                let out = runner.output().unwrap();
                assert!(out.iter().all(|value| *value == 3.0));
                places.push(out.as_ptr());
            }
            assert_eq!(places[0] == places[1], same, "{}", contender.regime());
        }
    }
}
