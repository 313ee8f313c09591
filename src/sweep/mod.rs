//! The sweep: the same kernels on every backend, over a range of sizes, verified and then timed.
//!
//! In order: [`Sizes`] says how many elements, a [`Contender`] is one way to run a kernel, every element of its output is
//! verified against the oracle, a [`Clock`] times it, and the [`Report`] holds what came out beside the [`Ceilings`], what the
//! machine's memory and arithmetic reach at best. Its [`Analysis`] says where one overtakes another and what makes
//! the figures less sure than they look. The package `crossover-report` writes both as a table, CSV, JSON, plots and a page.
//!
//! Instead of the number of elements, a sweep can [vary](Vary) chunks, threads or the work for each element.
//!
//! What keeps the figures honest:
//!
//! * A contender whose output is wrong anywhere gets no time. The failure is part of the report.
//! * Preparing, the input data and the output's memory are outside the timer, unless the [`Regime`] says otherwise, and each
//!   contender has run before. What its first call took is told [apart](Measurement::first_seconds).
//! * Contenders take turns, trial by trial, so that a slower minute of the machine hits all alike.
//! * Short runs are timed many at once, so that a sample lasts long enough for the clock.

mod analysis;
mod ceiling;
mod compare;
mod crossing;
mod crossover;
mod finding;
mod load;
mod report;
mod resume;
mod round;
mod vary;
mod verify;
mod warning;

#[cfg(test)]
mod costs;
#[cfg(test)]
mod disturbed;
#[cfg(test)]
mod fake;
#[cfg(all(test, feature = "profile"))]
mod golden;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;

pub use crate::bench::axis::{Axis, Varied};
pub use crate::bench::clock::{Clock, SystemClock};
pub use crate::bench::contender::{Contender, Host, Runner};
pub use crate::bench::contenders::contenders;
#[cfg(feature = "gpu")]
pub use crate::bench::device::OnDevice;
pub use crate::bench::environment::{Difference, Environment};
pub use crate::bench::interval::Interval;
pub use crate::bench::quantiles::Quantiles;
pub use crate::bench::regime::Regime;
pub use crate::bench::regret::{Case, Regret};
pub use crate::bench::sizes::Sizes;
pub use analysis::Analysis;
pub use ceiling::{Bandwidth, Ceilings, CpuCeiling, DeviceBandwidth, GpuCeiling};
pub use compare::{Change, Comparison};
pub use crossover::{Crossover, Found};
pub use load::Reference;
pub use report::{Failure, Measurement, Missing, Place, Report, Series};
pub use vary::Vary;
pub use verify::Mismatch;
pub use warning::Warning;

use crate::backend::{Backend, Info, Isa, Kind};
use crate::bench::sampler::Sampler;
use crate::bench::workload::Workload;
use crate::error::Error;
use crate::oracle::Arithmetic;
use ceiling::{Machine, Own};
use load::ReferenceWork;
use round::Round;
use verify::Oracle;

/// Trials for each measurement, unless asked otherwise.
const TRIALS: usize = 5;
/// The seed of the input data, unless asked otherwise.
const SEED: u64 = 0;

/// Hears of a sweep as it goes, and may stop it. Every method does nothing unless written.
pub trait Observer {
    /// The sweep begins on this machine. Heard first.
    fn begun(&mut self, _environment: &Environment) {}

    /// A backend is not there. Heard before anything is measured.
    fn missing(&mut self, _missing: &Missing) {}

    /// All contenders have been measured at one size, or one degree, of one workload, or nothing yet: the report so far is whole. Who is
    /// afraid of being killed writes it down now. It says that it was [cancelled](Report::cancelled).
    fn so_far(&mut self, _report: &Report) {}

    /// `done` of `total` steps are done. A step is one contender's verification, or one of its trials.
    fn progress(&mut self, _done: usize, _total: usize) {}

    /// A contender has been measured at one size. Of a sweep that [goes on](Sweep::resume), those of the earlier report are
    /// heard first.
    fn measured(&mut self, _measurement: &Measurement) {}

    /// A contender failed at one size and got no time.
    fn failed(&mut self, _failure: &Failure) {}

    /// Whether to stop. Asked between samples; what is measured by then is kept.
    fn cancelled(&mut self) -> bool {
        false
    }
}

/// Hears nothing.
impl Observer for () {}

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
    workloads: Vec<Workload>,
    contenders: Vec<Box<dyn Contender>>,
    missing: Vec<Missing>,
    sizes: Sizes,
    vary: Option<Vary>,
    trials: usize,
    seed: u64,
    /// The words of the command that asks for it.
    command: Vec<String>,
    /// What to go on with.
    earlier: Option<Report>,
    /// What the ceilings are measured on, with lanes of an instruction set.
    machine: Box<dyn Fn(Option<Isa>) -> Box<dyn Machine>>,
}

impl Sweep {
    /// The workload `poly` at the [default sizes](Sizes::default), five trials; no contenders yet.
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

    /// These workloads instead of `poly`.
    pub fn workloads(self, workloads: impl IntoIterator<Item = Workload>) -> Self {
        Sweep { workloads: workloads.into_iter().collect(), ..self }
    }

    /// These sizes instead of the default ones.
    pub fn sizes(self, sizes: Sizes) -> Self {
        Sweep { sizes, ..self }
    }

    /// Varies something else than the number of elements, of which there are as many as [`Vary`] says, whatever the sizes
    /// are; and if it is the intensity, whatever the workloads are. Call it before [`open`](Sweep::open), which then adds
    /// a backend at each of the values. A [contender](Sweep::contender) that is no such value gets no time.
    pub fn vary(self, vary: Vary) -> Self {
        Sweep { vary: Some(vary), ..self }
    }

    /// So many trials for each measurement; at least one. From two on, the slowest is dropped.
    pub fn trials(self, trials: usize) -> Self {
        Sweep { trials: trials.max(1), ..self }
    }

    /// Another seed for the input data.
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
    fn measured_on(self, machine: impl Fn(Option<Isa>) -> Box<dyn Machine> + 'static) -> Self {
        Sweep { machine: Box::new(machine), ..self }
    }

    /// What the contenders are.
    pub fn infos(&self) -> Vec<Info> {
        self.contenders.iter().map(|contender| contender.info()).collect()
    }

    /// How much memory the largest size takes, in bytes: inputs, the oracle, and an output for each contender. A GPU's
    /// own copies come on top.
    pub fn bytes_needed(&self) -> u64 {
        let elements = self.measured_sizes().largest() as u64;
        let output = size_of::<f32>();
        let inputs = self.subjects().iter().map(|(workload, _)| workload.input_bytes()).max().unwrap_or(0);
        let bounds = size_of::<crate::bound::Bound>() * self.arithmetics().len();
        elements.saturating_mul((inputs + bounds + output * self.contenders.len()) as u64)
    }

    /// Measures everything with the system's clock.
    pub fn run(&self) -> Report {
        self.run_with(&SystemClock, &mut ())
    }

    /// Measures everything, reporting to `observer` as it goes.
    ///
    /// What fails does not stop the rest: it is one of the report's failures. Memory is not asked for but taken: compare
    /// [`bytes_needed`](Sweep::bytes_needed) with what there is first, if the sizes are somebody else's choice.
    pub fn run_with(&self, clock: &dyn Clock, observer: &mut dyn Observer) -> Report {
        let mut report = self.begin(observer);
        for missing in &self.missing {
            observer.missing(missing);
        }
        let (subjects, sizes) = (self.subjects(), self.measured_sizes());
        let steps = subjects.len() * sizes.len() * self.contenders.len() * (1 + self.trials);
        let mut progress = Progress { done: 0, total: steps };
        let sampler = Sampler::new(clock, round::LEAST_SAMPLE);
        report.clock_step = Some(sampler.step().as_secs_f64());
        let anew = self.measure_ceilings(&mut report, clock, sampler.step(), observer);
        observer.so_far(&report);
        let reference = &ReferenceWork::new(clock, sampler.step(), &*self.machine);
        for (workload, varied) in &subjects {
            let (largest, varied) = (sizes.largest(), *varied);
            // Its numbers and their bounds may take longer than all else that is left.
            if self.is_kept(&report, workload, varied) {
                self.arrange(&mut report);
                progress.advance(sizes.len() * self.contenders.len() * (1 + self.trials), observer);
                continue;
            }
            let data = workload.data(largest, self.seed);
            let oracle = Oracle::new(workload, &data, largest, &self.arithmetics());
            for len in sizes.iter() {
                let oracle = oracle.as_ref();
                let round = Round { sweep: self, workload, data: &data, oracle, len, varied, sampler, reference };
                round.run(&mut report, &mut progress, observer);
                self.arrange(&mut report);
                if observer.cancelled() {
                    return report;
                }
                observer.so_far(&report);
            }
        }
        if anew {
            self.raise_ceilings(&mut report, clock, sampler.step(), observer);
        }
        report.cancelled = false;
        report
    }

    /// What is varied.
    pub fn axis(&self) -> Axis {
        self.vary.as_ref().map_or(Axis::Elements, Vary::axis)
    }

    /// The sizes that are measured.
    fn measured_sizes(&self) -> Sizes {
        self.vary.as_ref().map_or_else(|| self.sizes.clone(), Vary::sizes)
    }

    /// The workloads that are measured, and what is varied about them.
    fn subjects(&self) -> Vec<(Workload, Option<Varied>)> {
        let polynomials = self.vary.as_ref().and_then(Vary::workloads);
        polynomials.unwrap_or_else(|| self.workloads.iter().map(|workload| (workload.clone(), None)).collect())
    }

    /// Whose arithmetic the contenders' results come from, each once.
    fn arithmetics(&self) -> Vec<Arithmetic> {
        let mut found = Vec::new();
        for info in self.infos() {
            if !found.contains(&info.arithmetic()) {
                found.push(info.arithmetic());
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

/// How far the sweep is.
struct Progress {
    done: usize,
    total: usize,
}

impl Progress {
    fn advance(&mut self, steps: usize, observer: &mut dyn Observer) {
        self.done += steps;
        observer.progress(self.done, self.total);
    }
}
