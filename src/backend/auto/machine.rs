//! What a machine can do, and how long it will take over a kernel: the cost model.
//!
//! A run on a CPU takes
//!
//! ```text
//! call + passes + fork-join + overlapped(arithmetic, memory)
//! ```
//!
//! where arithmetic is what each operator of the program was measured to take, and memory is the bytes that move times a
//! curve over how many are in use. This is the roofline of S. Williams, A. Waterman and D. Patterson, "Roofline: An Insightful
//! Visual Performance Model for Multicore Architectures", 2009, with a ceiling for each cache and the costs of beginning.
//! A run on a GPU takes
//!
//! ```text
//! latency + upload, kernel, download, pipelined by chunks where the data is the host's
//! ```

use std::collections::BTreeMap;

use super::demand::{Demand, weight};
use super::estimate::{Curve, Estimate};
use super::policy::{Goal, Residency};
use crate::backend::Kind;
use crate::formula::program::{Binary, Compare, Ternary, Test};

/// One core's way of computing, one number at a time or in lanes. Times are in seconds.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Core {
    /// A run of no elements to speak of.
    pub(crate) call: Estimate,
    /// What the same takes longer for each pass of the interpreter.
    pub(crate) pass: Estimate,
    /// And for making one number of all.
    pub(crate) join: Estimate,
    /// A sum or product of a compiled formula, for each element.
    pub(crate) simple: Estimate,
    /// A pass of the interpreter over arrays in the nearest cache, for each element, by its operator.
    pub(crate) operators: BTreeMap<String, Estimate>,
    /// Copying, for each byte read or written.
    pub(crate) copy: Curve,
    /// Summing, for each byte read.
    pub(crate) fold: Curve,
}

/// Several cores together.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Team {
    /// To share a run, and to wait for all parts of it.
    pub(crate) fork: Estimate,
    /// How many times the arithmetic of one core they do.
    pub(crate) speedup: Estimate,
    /// As a core's.
    pub(crate) copy: Curve,
    /// As a core's.
    pub(crate) fold: Curve,
}

/// A GPU.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Card {
    /// A run on next to nothing of the host's.
    pub(crate) latency: Estimate,
    /// A run on next to nothing of the device's.
    pub(crate) submit: Estimate,
    /// To the device, for each byte.
    pub(crate) upload: Estimate,
    /// From the device, for each byte.
    pub(crate) download: Estimate,
    /// The device's own memory, for each byte read or written.
    pub(crate) memory: Estimate,
    /// One operation of a shader, for each element.
    pub(crate) simple: Estimate,
    /// How far the stages of several chunks overlap: 0 is not at all, 1 as if the busiest were alone.
    pub(crate) overlap: f64,
    /// Elements of a chunk.
    pub(crate) chunk: usize,
}

/// What a machine can do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Machine {
    /// One number at a time.
    pub(crate) scalar: Core,
    /// In lanes.
    pub(crate) lanes: Core,
    pub(crate) team: Team,
    pub(crate) card: Option<Card>,
}

/// A part of a run, and what it is predicted to take.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Cost {
    /// `latency`, `fork-join`, `arithmetic`, `memory`, `upload`, `kernel` or `download`.
    pub stage: &'static str,
    /// In seconds.
    pub time: Estimate,
}

/// What a run is predicted to take.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Prediction {
    /// All together. It may be off by as much as the figures, and by as much as the [model](MODEL).
    pub(crate) total: Estimate,
    pub(crate) costs: [Cost; 4],
}

impl Prediction {
    /// Creates the prediction of a model that says nothing about the stages.
    pub(super) fn of(total: Estimate) -> Self {
        Prediction { total, ..Prediction::default() }
    }
}

/// Bytes of an element.
const SIZE: f64 = size_of::<f32>() as f64;

/// Elements from which `threads` may share a run.
const SHARED: f64 = 2048.0;

/// Jobs that a GPU has under way at a time: their waits overlap.
const JOBS: f64 = 3.0;

/// What one kernel takes on one backend, ready to be asked about any length.
pub(crate) struct Line<'a> {
    machine: &'a Machine,
    kind: Kind,
    demand: &'a Demand,
    /// Arithmetic for each element, on one core or on the GPU.
    arithmetic: Estimate,
}

impl Core {
    /// Returns the time of arithmetic per element.
    fn arithmetic(&self, demand: &Demand) -> Estimate {
        let zero = Estimate::default();
        let all = demand.operators.iter().map(|(name, count)| self.operator(name, demand).times(*count as f64));
        let all = all.fold(zero, Estimate::plus).plus(self.simple.times(demand.fused as f64));
        // The last pass leaves its results in the nearest cache, and they are read from there; a compiled formula's are added up
        // at once. Any other reduction takes more operations, of which a core does two in the time that a sum waits for one.
        let read = if demand.is_interpreted() { demand.folding.min(1.0) } else { 0.0 };
        let more = (demand.folding - 1.0).max(0.0) / 2.0;
        all.plus(self.fold.at(0.0).times(SIZE * (read + more)))
    }

    /// Returns what a run takes before its first element.
    fn begin(&self, demand: &Demand) -> Estimate {
        let call = self.call.plus(self.pass.times(demand.passes as f64));
        if demand.folds { call.plus(self.join) } else { call }
    }

    /// Returns one operator, for each element: of an interpreted kernel it is a pass, which also reads and writes.
    fn operator(&self, name: &str, demand: &Demand) -> Estimate {
        let copy = self.operators.get(COPY).copied().unwrap_or_default();
        let pass = self.operators.get(class(name)).copied();
        let pass = pass.unwrap_or_else(|| self.simple.times(weight(name)).most(copy));
        // Compiled, a slow operator hides what the pass reads and writes; of a fast one that is all that can be seen.
        match demand.is_interpreted() {
            false if pass.median < SLOW * traffic(name) * copy.median => self.simple.times(weight(name)).least(pass),
            // The pass that stands for them compares and chooses: two operations.
            false if class(name) == SELECT => pass.times(0.5),
            _ => pass,
        }
    }
}

/// How many times as long as a copy a pass must take for its arithmetic to be what it takes the time of, if it reads one array.
const SLOW: f64 = 1.5;

/// Returns the number of bytes that the pass of an operator reads and writes, over those of a copy.
fn traffic(operator: &str) -> f64 {
    let is_ternary = Ternary::ALL.iter().any(|op| op.name() == operator);
    let is_binary = || operator == SELECT || Binary::ALL.iter().any(|op| op.name() == operator);
    let operands = if is_ternary { 3 } else { 1 + usize::from(is_binary()) };
    (operands + 1) as f64 / 2.0
}

/// The pass that computes nothing.
pub(crate) const COPY: &str = "copy";
/// The pass that chooses, which stands for all that have to do with conditions.
pub(crate) const SELECT: &str = "select";

/// Returns the operator whose measured time stands for that of another.
fn class(operator: &str) -> &str {
    let about_conditions = Compare::ALL.iter().any(|op| op.name() == operator)
        || Test::ALL.iter().any(|op| op.name() == operator)
        || matches!(operator, "and" | "or" | "not");
    if about_conditions { SELECT } else { operator }
}

/// Returns the time to read and write `bytes`.
fn moved(copy: &Curve, fold: &Curve, demand: &Demand, bytes: f64) -> Estimate {
    (if demand.folds { fold } else { copy }).at(bytes).times(bytes)
}

impl Machine {
    /// Returns what a kernel takes on a backend; none if the machine does not have it.
    pub(crate) fn line<'a>(&'a self, kind: Kind, demand: &'a Demand) -> Option<Line<'a>> {
        let arithmetic = match kind {
            Kind::Loop => self.scalar.arithmetic(demand),
            Kind::Simd | Kind::Threads => self.lanes.arithmetic(demand),
            Kind::Gpu => self.card.as_ref()?.simple.times(demand.weight),
            Kind::Auto | Kind::Other(_) => return None,
        };
        Some(Line { machine: self, kind, demand, arithmetic })
    }
}

impl Line<'_> {
    /// Returns what a run over `len` elements takes.
    pub(crate) fn at(&self, len: usize, residency: Residency, goal: Goal) -> Prediction {
        let len = len as f64;
        let lanes = &self.machine.lanes;
        match self.kind {
            Kind::Loop => self.fetched(self.alone(&self.machine.scalar, len, goal), len, residency),
            Kind::Simd => self.fetched(self.alone(lanes, len, goal), len, residency),
            Kind::Threads => self.fetched(self.shared(lanes, len, goal), len, residency),
            _ => match &self.machine.card {
                Some(card) => self.offloaded(card, len, residency, goal),
                None => Prediction::default(),
            },
        }
    }

    fn bytes(&self, len: f64) -> f64 {
        (self.demand.input_bytes() + self.demand.output_bytes()) * len
    }

    /// Predicts a run on the caller's core.
    fn alone(&self, core: &Core, len: f64, goal: Goal) -> Prediction {
        let (team, bytes) = (&self.machine.team, self.bytes(len));
        let call = core.begin(self.demand);
        let (arithmetic, memory) = match goal {
            Goal::Latency => (self.arithmetic.times(len), moved(&core.copy, &core.fold, self.demand, bytes)),
            // The other cores do the same meanwhile, and the memory is everybody's.
            Goal::Throughput => {
                let share = self.arithmetic.times(len).zip(team.speedup, |time, speedup| time / speedup.max(1.0));
                (share, moved(&team.copy, &team.fold, self.demand, bytes))
            }
        };
        let costs = [("latency", call), ("arithmetic", arithmetic), ("memory", memory)];
        Prediction::new(call.plus(arithmetic.overlapped(memory)), &costs)
    }

    /// Predicts a run on all cores, or on the caller's where that takes less time, as `threads` finds out.
    fn shared(&self, core: &Core, len: f64, goal: Goal) -> Prediction {
        let (team, bytes) = (&self.machine.team, self.bytes(len));
        let alone = self.alone(core, len, goal);
        if len <= SHARED {
            return alone;
        }
        let call = core.begin(self.demand);
        let arithmetic = self.arithmetic.times(len).zip(team.speedup, |time, speedup| time / speedup.max(1.0));
        let memory = moved(&team.copy, &team.fold, self.demand, bytes);
        let total = call.plus(team.fork).plus(arithmetic.overlapped(memory));
        if goal == Goal::Latency && alone.total.median <= total.median {
            return Prediction { total: alone.total.least(total), ..alone };
        }
        let costs = [("latency", call), ("fork-join", team.fork), ("arithmetic", arithmetic), ("memory", memory)];
        let total = if goal == Goal::Latency { total.least(alone.total) } else { total };
        Prediction::new(total, &costs)
    }

    /// Returns a run on the host, with what it takes to have the arrays there.
    fn fetched(&self, run: Prediction, len: f64, residency: Residency) -> Prediction {
        let Some(card) = self.machine.card.as_ref().filter(|_| residency == Residency::Device) else { return run };
        let download = card.download.times(self.demand.input_bytes() * len);
        let upload = card.upload.times(self.demand.output_bytes() * len);
        let total = card.latency.plus(download).plus(run.total).plus(upload);
        let compute = run.total.less(run.costs[0].time);
        let latency = card.latency.plus(run.costs[0].time);
        let costs = [("latency", latency), ("download", download), ("arithmetic", compute), ("upload", upload)];
        Prediction::new(total, &costs)
    }

    fn offloaded(&self, card: &Card, len: f64, residency: Residency, goal: Goal) -> Prediction {
        let kernel = self.arithmetic.times(len).overlapped(card.memory.times(self.bytes(len)));
        let jobs = if goal == Goal::Throughput { JOBS } else { 1.0 };
        if residency == Residency::Device {
            let latency = card.submit.times(1.0 / jobs);
            return Prediction::new(latency.plus(kernel), &[("latency", latency), ("kernel", kernel)]);
        }
        let upload = card.upload.times(self.demand.input_bytes() * len);
        let download = card.download.times(self.demand.output_bytes() * len);
        let latency = card.latency.times(1.0 / jobs);
        let sum = upload.plus(kernel).plus(download);
        let busiest = upload.most(kernel).most(download);
        // The first chunk goes through all stages, the others behind it; other jobs' chunks are as good.
        let chunks = (len / card.chunk as f64).max(jobs);
        let overlap = if chunks > 1.0 { card.overlap * (1.0 - 1.0 / chunks) } else { 0.0 };
        let stages = sum.zip(busiest, |sum, busiest| sum - (sum - busiest) * overlap);
        let costs = [("latency", latency), ("upload", upload), ("kernel", kernel), ("download", download)];
        Prediction::new(latency.plus(stages), &costs)
    }
}

impl Prediction {
    fn new(total: Estimate, costs: &[(&'static str, Estimate)]) -> Self {
        let mut all = [Cost::default(); 4];
        all.iter_mut().zip(costs).for_each(|(to, (stage, time))| *to = Cost { stage, time: *time });
        Prediction { total, costs: all }
    }

    /// Returns the parts of the run. Arithmetic and memory overlap, and so do the stages of several chunks: they may add up to
    /// more than the total.
    pub(crate) fn costs(&self) -> Vec<Cost> {
        self.costs.into_iter().filter(|cost| !cost.stage.is_empty()).collect()
    }
}
