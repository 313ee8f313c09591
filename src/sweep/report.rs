//! What a sweep found.

use std::fmt;

use super::reference::Reference;
use super::verify::Mismatch;
use crate::backend::Kind;
use crate::bench::axis::{Axis, Varied};
use crate::bench::ceiling::Ceilings;
use crate::bench::environment::Environment;
use crate::bench::quantiles::Quantiles;
use crate::bench::regime::Regime;
use crate::text::shortened;

/// What a sweep found, and where.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    /// The machine and the build.
    pub environment: Environment,
    /// What was measured, in the order it was: by workload, by size, by contender.
    pub measurements: Vec<Measurement>,
    /// The backends that are not there.
    pub missing: Vec<Missing>,
    /// What failed and so has no time.
    pub failures: Vec<Failure>,
    /// Whether the sweep was stopped before its end.
    pub cancelled: bool,
    /// The seed of the input data, where it was noted.
    #[cfg_attr(feature = "profile", serde(default))]
    pub seed: Option<u64>,
    /// The shortest time that the clock can distinguish from none, in seconds, where it was noted.
    #[cfg_attr(feature = "profile", serde(default))]
    pub clock_step: Option<f64>,
    /// What the machine's memory and arithmetic reach at best, if that was measured. None in a file from before it was.
    #[cfg_attr(feature = "profile", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ceilings: Option<Ceilings>,
    /// The command that asked for it, word by word, if one did. None in a file from before that was noted.
    #[cfg_attr(feature = "profile", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub command: Vec<String>,
    /// What differs from one measurement of a series to the next: how many elements, unless it says otherwise.
    #[cfg_attr(feature = "profile", serde(default))]
    pub axis: Axis,
}

impl Report {
    /// Makes a report of a sweep over sizes in which nothing was measured yet.
    pub fn new(environment: Environment, missing: Vec<Missing>) -> Self {
        let (measurements, failures) = (Vec::new(), Vec::new());
        let (seed, clock_step, ceilings, command) = (None, None, None, Vec::new());
        let (cancelled, axis) = (false, Axis::Elements);
        Report { environment, measurements, missing, failures, cancelled, seed, clock_step, ceilings, command, axis }
    }

    /// Returns what `n` threads make of being `n`: the time of one thread over `n` times theirs, t(1)/(n·t(n)). 1 is all that
    /// they could, and 0.5 half of it. None for what is no measurement of a sweep over threads, or one without one thread.
    pub fn efficiency(&self, measurement: &Measurement) -> Option<f64> {
        let alone = self.measurements.iter().find(|each| each.is_alone_for(measurement))?;
        measurement.efficiency(alone)
    }

    /// Returns the number of elements of all measurements, or `None` if that is what varies.
    pub fn elements(&self) -> Option<usize> {
        let first = self.measurements.first().filter(|_| self.axis != Axis::Elements)?;
        Some(first.elements)
    }

    /// Returns whether it has a measurement of this.
    pub(super) fn has(&self, place: &Place) -> bool {
        self.measurements.iter().any(|each| each.place() == *place)
    }

    /// Returns the names of the workloads that have measurements, in the order of measuring.
    pub fn workloads(&self) -> Vec<&str> {
        let mut workloads: Vec<&str> = Vec::new();
        for each in &self.measurements {
            if !workloads.contains(&each.workload.as_str()) {
                workloads.push(&each.workload);
            }
        }
        workloads
    }

    /// Returns a backend under a regime as a series of this report, which knows what its GPU is.
    pub fn as_series(&self, backend: Kind, regime: Regime) -> Series {
        Series { backend, regime, software: backend == Kind::Gpu && self.environment.software == Some(true) }
    }

    /// Returns the series that were measured on a workload, the plainest first.
    pub fn series(&self, workload: &str) -> Vec<Series> {
        let ours = self.measurements.iter().filter(|each| each.workload == workload);
        let mut series: Vec<_> = ours.map(|each| self.as_series(each.backend, each.regime)).collect();
        series.sort_unstable();
        series.dedup();
        series
    }
}

/// The time that one contender takes for one workload at one size.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Measurement {
    /// The workload's name.
    pub workload: String,
    /// Which backend.
    pub backend: Kind,
    /// Where the arrays are.
    pub regime: Regime,
    /// How many elements the output has.
    pub elements: usize,
    /// How many trials were made, the dropped one included.
    pub trials: usize,
    /// How many runs each trial timed at once; 0 in a file from before they were noted.
    #[cfg_attr(feature = "profile", serde(default))]
    pub runs: usize,
    /// Seconds a run.
    pub seconds: Quantiles,
    /// Seconds a run of every trial, in the order they were made, the slowest included. None in a file from before they
    /// were kept.
    #[cfg_attr(feature = "profile", serde(default, deserialize_with = "crate::bench::number::numbers"))]
    pub samples: Vec<f64>,
    /// How long a fixed piece of work took before each trial, which shows how much of the machine the trials had. None in a
    /// file from before it was noted, and if the clock is too coarse for it.
    #[cfg_attr(feature = "profile", serde(default, skip_serializing_if = "Option::is_none"))]
    pub reference: Option<Reference>,
    /// Nanoseconds an element, by the median.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub ns_per_element: f64,
    /// 10⁹ bytes a second that have to be read and written, by the median: each array once.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub gb_per_s: f64,
    /// The worst error of any element, in ULP of the oracle.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub max_ulp: f64,
    /// Seconds of the first call: from preparing the kernel to the end of the first run, once the arrays are where the
    /// [regime](Regime) has them before a run. None in a file from before it was noted.
    ///
    /// On a GPU, the first call of all to run a formula on a device translates and compiles its shader, which is kept: at
    /// larger sizes, and under further regimes with the same shader, it is there already. So a workload's first sizes show
    /// what a program that starts has to wait for, and the others what a program that continues has. A driver may keep
    /// shaders, too, from run to run of a program.
    #[cfg_attr(feature = "profile", serde(default))]
    pub first_seconds: Option<f64>,
    /// 10⁹ operations a second, by the median; none if the workload's [operations](crate::Workload::flops_per_element) cannot
    /// be counted, and in a file from before they were.
    #[cfg_attr(feature = "profile", serde(default))]
    pub gflop_per_s: Option<f64>,
    /// How near it is to what the machine allows: the [least time](Ceilings::bound_seconds) that the ceilings let it take, as
    /// a part of the median. 1 is at the limit, and a bit more is noise. None where there is no such time, and in a file from
    /// before there was.
    #[cfg_attr(feature = "profile", serde(default))]
    pub of_ceiling: Option<f64>,
    /// The value on the report's axis; None if that is the elements'.
    #[cfg_attr(feature = "profile", serde(default))]
    pub varied: Option<Varied>,
}

impl Measurement {
    /// Returns the backend, and the regime where it is not the usual one: `simd`, `gpu resident`.
    pub fn series(&self) -> String {
        series(self.backend, self.regime)
    }

    /// Returns what it is a measurement of.
    pub fn place(&self) -> Place {
        let Measurement { backend, regime, elements, varied, .. } = *self;
        Place { workload: self.workload.clone(), backend, regime, elements, varied }
    }

    /// Returns the value on the report's axis: how many elements, how many of them in a chunk, how many threads, or the degree.
    pub fn x(&self) -> usize {
        self.varied.map_or(self.elements, Varied::value)
    }

    /// Returns whether this is the run on one thread that another, on several threads, is compared with.
    pub fn is_alone_for(&self, other: &Measurement) -> bool {
        let same = |each: &Measurement| (each.backend, each.regime, each.elements);
        self.varied == Some(Varied::Threads(1)) && same(self) == same(other) && self.workload == other.workload
    }

    /// Returns whether another measurement over `axis` is compared with this one: with the loop at the same place, or with one
    /// thread; chunks are compared with nothing.
    pub fn is_baseline_of(&self, other: &Measurement, axis: Axis) -> bool {
        let same = |each: &Measurement| (each.elements, each.varied);
        match axis {
            Axis::Threads => self.is_alone_for(other),
            Axis::Chunk => false,
            Axis::Elements | Axis::Intensity => {
                (self.backend, self.regime) == (Kind::Loop, Regime::Host)
                    && same(self) == same(other)
                    && self.workload == other.workload
            }
        }
    }

    /// Computes the [efficiency](Report::efficiency) from the measurement on one thread.
    pub fn efficiency(&self, alone: &Measurement) -> Option<f64> {
        let Some(Varied::Threads(threads)) = self.varied else { return None };
        Some(alone.seconds.q50 / (threads as f64 * self.seconds.q50))
    }

    /// Returns the trials, or what there is of them in a file that has but their quantiles.
    pub(super) fn trials_or_quantiles(&self) -> Vec<f64> {
        let Quantiles { q05, q50, q95 } = self.seconds;
        if self.samples.is_empty() { vec![q05, q50, q95] } else { self.samples.clone() }
    }
}

/// What a measurement is of.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Place {
    /// The workload's name.
    pub workload: String,
    /// Which backend.
    pub backend: Kind,
    /// Where the arrays are.
    pub regime: Regime,
    /// How many elements the output has.
    pub elements: usize,
    /// The value on the report's axis; None if that is the elements'.
    pub varied: Option<Varied>,
}

/// `poly on gpu resident at 1000 elements`, `poly on threads at 1000 elements, 4 threads`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { workload, backend, regime, elements, varied } = self;
        write!(f, "{} on {} at {elements} elements", shortened(workload), series(*backend, *regime))?;
        varied.iter().try_for_each(|varied| write!(f, ", {varied}"))
    }
}

/// What is measured over the axis: a backend under a regime.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Series {
    /// Which backend.
    pub backend: Kind,
    /// Where the arrays are.
    pub regime: Regime,
    /// Whether it is a software rasterizer, whose speed says nothing of a GPU's.
    pub software: bool,
}

impl Series {
    /// Returns whether a measurement is part of the series.
    pub fn is(self, measurement: &Measurement) -> bool {
        (self.backend, self.regime) == (measurement.backend, measurement.regime)
    }

    pub(super) fn on_gpu(self) -> bool {
        self.backend == Kind::Gpu
    }
}

/// `simd`, `gpu resident (software)`.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let software = if self.software { " (software)" } else { "" };
        write!(f, "{}{software}", series(self.backend, self.regime))
    }
}

pub(super) fn series(backend: Kind, regime: Regime) -> String {
    match regime {
        Regime::Host => backend.to_string(),
        other => format!("{backend} {other}"),
    }
}

/// A contender that got no time at one size, and why.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Failure {
    /// The workload's name.
    pub workload: String,
    /// Which backend.
    pub backend: Kind,
    /// Where the arrays are.
    pub regime: Regime,
    /// How many elements the output has.
    pub elements: usize,
    /// What went wrong, for people.
    pub reason: String,
    /// The worst element, if the output was wrong.
    pub mismatch: Option<Mismatch>,
    /// The value on the report's axis; None if that is the elements'.
    #[cfg_attr(feature = "profile", serde(default))]
    pub varied: Option<Varied>,
}

impl Failure {
    /// Returns what has no time.
    pub fn place(&self) -> Place {
        let Failure { backend, regime, elements, varied, .. } = *self;
        Place { workload: self.workload.clone(), backend, regime, elements, varied }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.reason)
    }
}

/// A backend that is not there, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Missing {
    /// Which backend.
    pub backend: Kind,
    /// Why, and what would bring it.
    pub reason: String,
}
