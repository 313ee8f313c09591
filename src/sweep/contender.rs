//! What is measured: one way to run a kernel.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::Varied;
use crate::arg::Arg;
use crate::backend::{Backend, Info, Kind, Prepared};
use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::kernel::Kernel;

/// Where a contender's arrays are while the clock runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Regime {
    /// Array in, array out, in host memory, the same output for each run: on a GPU, upload and download are part of the
    /// time.
    Host,
    /// As `Host` on a CPU, but each run allocates its output anew and frees that of the run before, as a program does that
    /// writes `a = f(x)`: the time has the allocator and the page faults in it.
    Fresh,
    /// From host memory to the device, and the output stays there.
    Compute,
    /// On the device before and after.
    Resident,
    /// On the device before, and one number comes back to the host: the workload's fold, or the sum of its results if it
    /// has none.
    Scalar,
}

impl Regime {
    /// Every one of them, from the plainest on.
    pub const ALL: [Regime; 5] = [Regime::Host, Regime::Fresh, Regime::Compute, Regime::Resident, Regime::Scalar];

    /// Those that are measured unless others are asked for: all but `Fresh`, whose series lie on those of `Host` until the
    /// outputs are large.
    pub const USUAL: [Regime; 4] = [Regime::Host, Regime::Compute, Regime::Resident, Regime::Scalar];

    /// The name: `host`, `fresh`, `compute`, `resident` or `scalar`.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Host => "host",
            Regime::Fresh => "fresh",
            Regime::Compute => "compute",
            Regime::Resident => "resident",
            Regime::Scalar => "scalar",
        }
    }

    /// Whether a backend can be measured under it: all from host to host, those of the CPU with a fresh output, and a GPU
    /// with arrays on the device.
    pub fn is_of(self, kind: Kind) -> bool {
        match self {
            Regime::Host => true,
            Regime::Fresh => kind != Kind::Gpu,
            Regime::Compute | Regime::Resident | Regime::Scalar => kind == Kind::Gpu,
        }
    }

    /// What is run of a kernel under it: for `Scalar` the kernel with a fold, else the kernel itself.
    pub(super) fn kernel(self, kernel: &Kernel) -> Kernel {
        match (self, kernel.fold()) {
            (Regime::Scalar, None) => kernel.with_fold(Some(Fold::Sum)),
            _ => kernel.clone(),
        }
    }
}

impl FromStr for Regime {
    type Err = Error;

    fn from_str(name: &str) -> Result<Regime> {
        let found = Regime::ALL.into_iter().find(|regime| regime.name() == name);
        found.ok_or_else(|| Error::unknown("regime", name, Regime::ALL.map(Regime::name).to_vec()))
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One way to run a kernel: a backend under a regime.
///
/// To measure something new, implement this and add it with [`Sweep::contender`](super::Sweep::contender).
pub trait Contender {
    /// What runs the kernel. It also says by whose arithmetic the output is judged.
    fn info(&self) -> Info;

    /// Where the arrays are while the clock runs.
    fn regime(&self) -> Regime;

    /// Its value on the axis of a sweep that [varies](super::Sweep::vary) chunks or threads. None, the default, in others.
    fn varied(&self) -> Option<Varied> {
        None
    }

    /// Makes everything ready that is not to be timed: allocates, moves data to where the regime says. The kernel is prepared
    /// in the first run, if the [first call's](super::Measurement::first_seconds) time is to have it.
    ///
    /// `args` fit the kernel, and have `len` elements, which is at least one. Under [`Regime::Scalar`], the kernel has a fold.
    ///
    /// # Errors
    ///
    /// Whatever keeps the kernel from running; it is recorded, and the other contenders go on.
    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>>;
}

/// A backend with its defaults, under those of these regimes that it can be [measured under](Regime::is_of), in the order of
/// [`Regime::ALL`].
///
/// # Errors
///
/// As [`Kind::open`].
pub fn contenders(kind: Kind, regimes: &[Regime]) -> Result<Vec<Box<dyn Contender>>> {
    #[cfg(feature = "gpu")]
    if kind == Kind::Gpu {
        use super::OnDevice;
        let gpu = crate::backend::gpu::Gpu::open()?;
        let mut all = Host::under(Box::new(gpu.clone()), regimes);
        let ways = [OnDevice::compute, OnDevice::resident, OnDevice::scalar].map(|way| way(gpu.clone()));
        let asked = ways.into_iter().filter(|way| regimes.contains(&way.regime()));
        all.extend(asked.map(|way| -> Box<dyn Contender> { Box::new(way) }));
        return Ok(all);
    }
    Ok(Host::under(kind.open()?, regimes))
}

/// A contender with a kernel and its data, ready to be timed.
pub trait Runner {
    /// Runs the kernel once. When it returns, the output is there: a device has been waited for.
    ///
    /// # Errors
    ///
    /// What may go wrong on a device.
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

    /// The output of the last run, for the verification. Not timed.
    ///
    /// Before the first run it must not already hold right results: fill it with NaN.
    ///
    /// # Errors
    ///
    /// What may go wrong on the way from a device.
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

    /// The same backend, each of whose runs allocates its output.
    pub fn fresh(&self) -> Self {
        Host { backend: self.backend.clone(), regime: Regime::Fresh }
    }

    /// A backend under those of these regimes whose arrays are in host memory and that it can be [measured
    /// under](Regime::is_of).
    pub fn under(backend: Box<dyn Backend>, regimes: &[Regime]) -> Vec<Box<dyn Contender>> {
        let (kind, host) = (backend.info().kind, Host::new(backend));
        let fresh = host.fresh();
        let asked = [host, fresh].into_iter().filter(|way| regimes.contains(&way.regime) && way.regime.is_of(kind));
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
    fn a_regime_has_a_name_and_each_backend_its_regimes() {
        for regime in Regime::ALL {
            assert_eq!(regime.name().parse::<Regime>().ok(), Some(regime));
        }
        let error = "residant".parse::<Regime>().unwrap_err().to_string();
        assert!(error.contains("unknown regime `residant` (did you mean `resident`?)"), "{error}");
        let ways = |kind: Kind| Regime::ALL.into_iter().filter(|regime| regime.is_of(kind)).collect::<Vec<_>>();
        assert_eq!(ways(Kind::Auto), [Regime::Host, Regime::Fresh]);
        assert_eq!(ways(Kind::Gpu), [Regime::Host, Regime::Compute, Regime::Resident, Regime::Scalar]);
        let found = contenders(Kind::Simd, &Regime::ALL).unwrap();
        assert_eq!(found.iter().map(|each| each.regime()).collect::<Vec<_>>(), [Regime::Host, Regime::Fresh]);
        assert_eq!(contenders(Kind::Simd, &Regime::USUAL).unwrap().len(), 1);
    }

    #[test]
    fn a_fresh_output_is_other_memory_for_each_run_and_a_reused_one_is_not() {
        let kernel: crate::Workload = "poly".parse().unwrap();
        let (kernel, data) = (kernel.kernel, vec![1.0; 1000]);
        let host = Host::new(Box::new(Simd::new()));
        for (contender, same) in [(&host, true), (&host.fresh(), false)] {
            let mut runner = contender.prepare(&kernel, &[Arg::Array(&data)], data.len()).unwrap();
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
