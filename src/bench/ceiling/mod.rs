//! What the machine allows: how fast its memory moves and how fast it computes at best, and how near a measurement comes.
//!
//! The model is that of S. Williams, A. Waterman and D. Patterson, "Roofline: An Insightful Visual Performance Model for
//! Multicore Architectures", Communications of the ACM 52(4), 2009: a run takes at least as long as its bytes take to move,
//! and at least as long as its operations take to compute. The figures are measured, not looked up: [`measure()`] moves arrays
//! and computes chains of operations, several times, and keeps the best, as a ceiling is what can be reached.

mod machine;
mod measure;

pub(crate) use machine::{Machine, Own};
#[cfg(test)]
pub(crate) use machine::{Unit, Way};
pub(crate) use measure::{Subject, measure};

use crate::backend::Kind;
use crate::bench::regime::Regime;
use crate::bench::workload::Workload;

/// What this machine's memory and arithmetic reach at best.
#[derive(Clone, PartialEq, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Ceilings {
    /// The processor: with one thread, if `loop` or `simd` is measured, and with all threads, if `threads` or `auto` is.
    pub cpu: Vec<CpuCeiling>,
    /// The GPU, if one is measured.
    pub gpu: Option<GpuCeiling>,
    /// The rates that were reached only once or twice, however often they were tried, because something else ran on the
    /// machine: they may be too low. Empty in a file from before it was noted.
    #[cfg_attr(feature = "profile", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub unconfirmed: Vec<String>,
}

/// From what part of its ceiling on a measurement shows that the ceiling is too low: the rates between two sizes are
/// interpolated, and a bit more is noise.
pub(crate) const ABOVE: f64 = 1.2;

/// What this many threads of the processor reach together.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CpuCeiling {
    /// How many threads.
    pub threads: usize,
    /// How fast arrays move, from few bytes in use to many. The threads share them.
    pub memory: Vec<Bandwidth>,
    /// 10⁹ operations a second, one number at a time, as the loop computes: of one thread only.
    #[cfg_attr(feature = "profile", serde(default))]
    pub scalar_gflop_per_s: Option<f64>,
    /// 10⁹ operations a second with full-width lanes, on numbers in the nearest cache. A `mul_add` is two operations.
    #[cfg_attr(feature = "profile", serde(default))]
    pub gflop_per_s: Option<f64>,
}

/// How fast arrays move that take this many bytes together, in 10⁹ bytes a second, each byte that is read or written counted
/// once.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Bandwidth {
    /// Bytes in use: of a copy, half of them are read and half written.
    pub bytes: usize,
    /// A copy with plain stores: the standard library's, or that of the `simd` backend's lanes, whichever is faster.
    pub copy: Option<f64>,
    /// A copy with stores past the caches, where the instruction set has them.
    pub streaming_copy: Option<f64>,
    /// A sum of an array or of the products of two, which only reads, whichever is faster.
    pub read: Option<f64>,
}

/// What the GPU reaches.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct GpuCeiling {
    /// How fast arrays move under each regime that is measured, from few bytes to many.
    pub memory: Vec<DeviceBandwidth>,
    /// 10⁹ operations a second on the device; none if nothing is measured under [`Regime::Resident`]. A `mul_add` is two.
    pub gflop_per_s: Option<f64>,
}

/// How fast a GPU copies an array under a regime, or sums it under [`Regime::Scalar`].
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DeviceBandwidth {
    /// Where the arrays are.
    pub regime: Regime,
    /// Bytes that move: under [`Regime::Compute`] those that are uploaded.
    pub bytes: usize,
    /// 10⁹ of them a second.
    pub gb_per_s: f64,
}

/// What a run has to do.
#[derive(Clone, Copy, Debug)]
struct Work {
    bytes: f64,
    /// Those of them that are inputs.
    inputs: f64,
    operations: f64,
    /// Whether nothing is written.
    folds: bool,
}

impl Work {
    /// Returns `None` if the operations cannot be counted.
    fn of(workload: &Workload, regime: Regime, elements: usize) -> Option<Self> {
        let kernel = regime.kernel(&workload.kernel);
        let workload = Workload { kernel, ..workload.clone() };
        let times = |each: usize| each as f64 * elements as f64;
        Some(Work {
            bytes: times(workload.bytes_per_element()),
            inputs: times(workload.input_bytes()),
            operations: times(workload.flops_per_element()?),
            folds: workload.kernel.reduction().is_some(),
        })
    }
}

impl Ceilings {
    /// Returns the least time, in seconds, in which these ceilings let a backend run a workload: that which its bytes take to
    /// move, or that which its operations take, whichever is longer. Nothing else is in it, such as what it costs to share a
    /// run among threads or to launch it on a device.
    ///
    /// The bytes move as fast as the better of both copies with as many bytes in use, or as a sum if the workload is a reduction.
    /// `auto` is taken for the best that it may choose.
    ///
    /// None if nothing of it was measured, or if the workload's [operations](Workload::flops_per_element) cannot be counted:
    /// by its bytes alone, a formula with an exponential would seem to be far from a limit that it has reached.
    pub fn bound_seconds(&self, workload: &Workload, backend: Kind, regime: Regime, elements: usize) -> Option<f64> {
        let work = Work::of(workload, regime, elements)?;
        let one = || self.cpu.iter().find(|each| each.threads == 1);
        let all = || self.cpu.iter().max_by_key(|each| each.threads);
        let on_gpu = |regime| self.gpu.as_ref().and_then(|gpu| gpu.bound(work, regime));
        match backend {
            Kind::Loop => one().and_then(|cpu| cpu.bound(work, cpu.scalar_gflop_per_s)),
            Kind::Simd => one().and_then(|cpu| cpu.bound(work, cpu.gflop_per_s)),
            Kind::Threads => all().and_then(|cpu| cpu.bound(work, cpu.gflop_per_s)),
            Kind::Gpu => on_gpu(regime),
            Kind::Auto => {
                let cpu = all().and_then(|cpu| cpu.bound(work, cpu.gflop_per_s));
                [cpu, on_gpu(Regime::Host)].into_iter().flatten().min_by(f64::total_cmp)
            }
            // A report has the name of a backend outside of this crate, and not what it runs on.
            Kind::Other(_) => None,
        }
    }

    /// Returns what is known from two sweeps on a machine: what the later one has, and of the earlier one what that lacks.
    pub(crate) fn joined(earlier: &Ceilings, now: Ceilings) -> Ceilings {
        let mut all = now;
        for old in &earlier.cpu {
            match all.cpu.iter_mut().find(|each| each.threads == old.threads) {
                None => all.cpu.push(old.clone()),
                Some(cpu) => {
                    let reach = cpu.memory.iter().map(|each| each.bytes).max().unwrap_or(0);
                    cpu.memory.extend(old.memory.iter().filter(|each| each.bytes > reach));
                    cpu.scalar_gflop_per_s = cpu.scalar_gflop_per_s.or(old.scalar_gflop_per_s);
                    cpu.gflop_per_s = cpu.gflop_per_s.or(old.gflop_per_s);
                }
            }
        }
        all.cpu.sort_by_key(|each| each.threads);
        all.gpu = all.gpu.or_else(|| earlier.gpu.clone());
        all
    }

    /// Returns the better of two times that the same was measured.
    pub(crate) fn raised(self, again: &Ceilings) -> Ceilings {
        let most = |one: Option<f64>, other: Option<f64>| one.into_iter().chain(other).max_by(f64::total_cmp);
        let mut all = Ceilings { unconfirmed: again.unconfirmed.clone(), ..self };
        for cpu in &mut all.cpu {
            let Some(other) = again.cpu.iter().find(|each| each.threads == cpu.threads) else { continue };
            cpu.scalar_gflop_per_s = most(cpu.scalar_gflop_per_s, other.scalar_gflop_per_s);
            cpu.gflop_per_s = most(cpu.gflop_per_s, other.gflop_per_s);
            for each in &mut cpu.memory {
                let Some(at) = other.memory.iter().find(|at| at.bytes == each.bytes) else { continue };
                each.copy = most(each.copy, at.copy);
                each.streaming_copy = most(each.streaming_copy, at.streaming_copy);
                each.read = most(each.read, at.read);
            }
        }
        if let (Some(gpu), Some(other)) = (&mut all.gpu, &again.gpu) {
            gpu.gflop_per_s = most(gpu.gflop_per_s, other.gflop_per_s);
            for each in &mut gpu.memory {
                let same = other.memory.iter().find(|at| (at.regime, at.bytes) == (each.regime, each.bytes));
                each.gb_per_s = same.map_or(each.gb_per_s, |at| at.gb_per_s.max(each.gb_per_s));
            }
        }
        all
    }
}

impl CpuCeiling {
    /// Returns the bandwidth, in 10⁹ bytes per second, with `bytes` in use: read only, or read and written.
    pub fn gb_per_s(&self, bytes: f64, reads_only: bool) -> Option<f64> {
        let rate = |each: &Bandwidth| match reads_only {
            true => each.read,
            false => [each.copy, each.streaming_copy].into_iter().flatten().max_by(f64::total_cmp),
        };
        at(self.memory.iter().filter_map(|each| Some((each.bytes as f64, rate(each)?))).collect(), bytes)
    }

    fn bound(&self, work: Work, gflop_per_s: Option<f64>) -> Option<f64> {
        longer(work, work.bytes, self.gb_per_s(work.bytes, work.folds)?, gflop_per_s)
    }
}

impl GpuCeiling {
    /// Returns the bandwidth, in 10⁹ bytes per second, with `bytes` in use on a data path.
    pub fn gb_per_s(&self, bytes: f64, regime: Regime) -> Option<f64> {
        let ours = self.memory.iter().filter(|each| each.regime == regime);
        at(ours.map(|each| (each.bytes as f64, each.gb_per_s)).collect(), bytes)
    }

    fn bound(&self, work: Work, regime: Regime) -> Option<f64> {
        let bytes = if regime == Regime::Compute { work.inputs } else { work.bytes };
        longer(work, bytes, self.gb_per_s(bytes, regime)?, self.gflop_per_s)
    }
}

/// Returns the longer of the times that a run's bytes and its operations take.
fn longer(work: Work, bytes: f64, gb_per_s: f64, gflop_per_s: Option<f64>) -> Option<f64> {
    let arithmetic = gflop_per_s.map_or(0.0, |rate| work.operations / rate);
    let seconds = 1e-9 * (bytes / gb_per_s).max(arithmetic);
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// Returns the rate at this many bytes, linear in their logarithm between the two nearest of some pairs of bytes and rate. What
/// is reached with more bytes can be reached with fewer: a lower rate there is noise, or a fixed cost.
pub(crate) fn at(mut points: Vec<(f64, f64)>, bytes: f64) -> Option<f64> {
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut best = 0.0_f64;
    for (_, rate) in points.iter_mut().rev() {
        best = best.max(*rate);
        *rate = best;
    }
    let above = points.partition_point(|(at, _)| *at < bytes);
    let (from, to) = match (points.get(above.wrapping_sub(1)), points.get(above)) {
        (Some(from), Some(to)) => (from, to),
        (Some(only), None) | (None, Some(only)) => return Some(only.1),
        (None, None) => return None,
    };
    let part = (bytes / from.0).ln() / (to.0 / from.0).ln();
    Some(from.1 + part * (to.1 - from.1))
}
