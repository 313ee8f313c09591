//! What a sweep is asked for.

use super::report::{Missing, Report};
use super::vary::Vary;
use crate::backend::{Backend, Info, Isa, Kind};
use crate::bench::axis::{Axis, Varied};
use crate::bench::ceiling::{Machine, Own};
use crate::bench::contender::{Contender, Host};
use crate::bench::contenders::contenders;
use crate::bench::regime::Regime;
use crate::bench::sizes::Sizes;
use crate::bench::workload::Workload;
use crate::error::Error;
use crate::oracle::rounding::Arithmetic;

/// Trials for each measurement, unless asked otherwise.
const TRIALS: usize = 5;
/// The seed of the input data, unless asked otherwise.
const SEED: u64 = 0;

/// What to measure: workloads, contenders and sizes.
///
/// ```
/// use crossover::{Kind, Sweep};
///
/// let report = Sweep::new()
///     .open(Kind::Loop)
///     .open(Kind::Simd)
///     .sizes("1000,10000".parse()?)
///     .run();
/// for measurement in &report.measurements {
///     println!("{} at {}: {} s", measurement.backend, measurement.elements, measurement.seconds.q50);
/// }
/// # Ok::<(), crossover::Error>(())
/// ```
pub struct Sweep {
    pub(super) workloads: Vec<Workload>,
    pub(super) contenders: Vec<Box<dyn Contender>>,
    pub(super) missing: Vec<Missing>,
    pub(super) sizes: Sizes,
    pub(super) vary: Option<Vary>,
    pub(super) trials: usize,
    pub(super) seed: u64,
    /// The words of the command that asks for it.
    pub(super) command: Vec<String>,
    /// What to resume.
    pub(super) earlier: Option<Report>,
    /// What the ceilings are measured on, with lanes of an instruction set.
    pub(super) machine: Box<dyn Fn(Option<Isa>) -> Box<dyn Machine>>,
}

impl Sweep {
    /// Returns the workload `poly` at the [default sizes](Sizes::default), five trials; no contenders yet.
    pub fn new() -> Self {
        Sweep {
            workloads: "poly".parse().into_iter().collect(),
            contenders: Vec::new(),
            missing: Vec::new(),
            sizes: Sizes::default(),
            vary: None,
            trials: TRIALS,
            seed: SEED,
            command: Vec::new(),
            earlier: None,
            machine: Box::new(|isa| Box::new(Own::new(isa))),
        }
    }

    /// Sets the workloads, in place of `poly`.
    pub fn workloads(self, workloads: impl IntoIterator<Item = Workload>) -> Self {
        Sweep { workloads: workloads.into_iter().collect(), ..self }
    }

    /// Sets the sizes.
    pub fn sizes(self, sizes: Sizes) -> Self {
        Sweep { sizes, ..self }
    }

    /// Varies something else than the number of elements, of which there are as many as [`Vary`] says, whatever the sizes
    /// are; and if it is the intensity, whatever the workloads are. Call it before [`open`](Sweep::open), which then adds
    /// a backend at each of the values. A [contender](Sweep::contender) that is no such value gets no time.
    pub fn vary(self, vary: Vary) -> Self {
        Sweep { vary: Some(vary), ..self }
    }

    /// Sets the number of trials for each measurement, at least one. Of two or more, the slowest is dropped.
    pub fn trials(self, trials: usize) -> Self {
        Sweep { trials: trials.max(1), ..self }
    }

    /// Sets the seed of the input data.
    pub fn seed(self, seed: u64) -> Self {
        Sweep { seed, ..self }
    }

    /// Notes in the report which command asked for the sweep, word by word.
    pub fn command(self, command: Vec<String>) -> Self {
        Sweep { command, ..self }
    }

    /// Adds a backend with its defaults under each of the [usual regimes](Regime::USUAL) that it has, or the reason why it is
    /// not there. For other regimes, add its [`contenders`].
    pub fn open(self, kind: Kind) -> Self {
        let opened = match &self.vary {
            Some(vary) => vary.contenders(kind, &Regime::USUAL),
            None => contenders(kind, &Regime::USUAL),
        };
        match opened {
            Ok(contenders) => contenders.into_iter().fold(self, Sweep::contender),
            Err(reason) => self.missing(kind, &reason),
        }
    }

    /// Adds every backend that this crate knows, or the reason why it is not there; but none that has nothing of what is
    /// [varied](Sweep::vary).
    pub fn every_backend(self) -> Self {
        let axis = self.axis();
        let has = |kind: &Kind| Regime::USUAL.into_iter().any(|regime| axis.is_of(*kind, regime));
        Kind::ALL.into_iter().filter(has).fold(self, Sweep::open)
    }

    /// Adds an open backend, from arrays in host memory to an array in host memory.
    pub fn host(self, backend: Box<dyn Backend>) -> Self {
        self.contender(Box::new(Host::new(backend)))
    }

    /// Adds a contender of your own.
    pub fn contender(mut self, contender: Box<dyn Contender>) -> Self {
        self.contenders.push(contender);
        self
    }

    /// Records that a backend is not there, and why.
    pub fn missing(mut self, kind: Kind, reason: &Error) -> Self {
        self.missing.push(Missing { backend: kind, reason: reason.to_string() });
        self
    }

    /// Measures the ceilings on another machine than this.
    #[cfg(test)]
    pub(super) fn measured_on(self, machine: impl Fn(Option<Isa>) -> Box<dyn Machine> + 'static) -> Self {
        Sweep { machine: Box::new(machine), ..self }
    }

    /// Returns what the contenders are.
    pub fn infos(&self) -> Vec<Info> {
        self.contenders.iter().map(|contender| contender.info()).collect()
    }

    /// Returns how much memory the largest size takes, in bytes: inputs, the oracle, and an output for each contender. A GPU's
    /// own copies come on top.
    pub fn bytes_needed(&self) -> u64 {
        let elements = self.measured_sizes().largest() as u64;
        let output = size_of::<f32>();
        let inputs = self.subjects().iter().map(|(workload, _)| workload.input_bytes()).max().unwrap_or(0);
        let bounds = size_of::<crate::bound::Bound>() * self.arithmetics().len();
        elements.saturating_mul((inputs + bounds + output * self.contenders.len()) as u64)
    }

    /// Returns what is varied.
    pub fn axis(&self) -> Axis {
        self.vary.as_ref().map_or(Axis::Elements, Vary::axis)
    }

    /// Returns the sizes that are measured.
    pub(super) fn measured_sizes(&self) -> Sizes {
        self.vary.as_ref().map_or_else(|| self.sizes.clone(), Vary::sizes)
    }

    /// Returns the workloads that are measured, and what is varied about them.
    pub(super) fn subjects(&self) -> Vec<(Workload, Option<Varied>)> {
        let polynomials = self.vary.as_ref().and_then(Vary::workloads);
        polynomials.unwrap_or_else(|| self.workloads.iter().map(|workload| (workload.clone(), None)).collect())
    }

    /// Returns the arithmetics of the contenders' results, each once.
    pub(super) fn arithmetics(&self) -> Vec<Arithmetic> {
        let mut found = Vec::new();
        for info in self.infos() {
            if !found.contains(&info.arithmetic) {
                found.push(info.arithmetic);
            }
        }
        found
    }
}

impl Default for Sweep {
    fn default() -> Self {
        Sweep::new()
    }
}
