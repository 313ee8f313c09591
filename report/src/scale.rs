//! What is plotted over the axis: the time of a run, or what follows from it.

use crossover::sweep::{Analysis, Axis, Measurement, Report};

use super::axis::{rate, tick_time};
use super::drawing::Point;

/// A measurement in a plot.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub each: &'a Measurement,
    /// Its index in the report.
    pub row: usize,
    pub speedup: Option<f64>,
}

impl At<'_> {
    pub fn x(self) -> f64 {
        self.each.x() as f64
    }
}

/// What is plotted.
pub(super) struct Scale {
    pub key: &'static str,
    /// What its switch is called.
    pub name: &'static str,
    /// The vertical axis's name.
    pub axis: &'static str,
    /// Writes a label of the axis.
    pub label: fn(f64) -> String,
    of: fn(At<'_>, f64) -> f64,
}

const SPEEDUP: &str = "speedup";

const SCALES: [Scale; 4] = [
    scale("time", "time of a run", "time of a run, median and 5–95 %", tick_time, |_, seconds| seconds),
    scale("ns", "ns per element", "ns per element", rate, |at, seconds| 1e9 * seconds / at.each.elements as f64),
    scale("rate", "GB/s", "GB/s read and written", rate, |at, seconds| {
        at.each.gb_per_s * at.each.seconds.q50 / seconds
    }),
    scale(SPEEDUP, "speed-up", "times as fast as the loop", rate, |at, seconds| {
        at.speedup.map_or(f64::NAN, |times| times * at.each.seconds.q50 / seconds)
    }),
];

const fn scale(
    key: &'static str,
    name: &'static str,
    axis: &'static str,
    label: fn(f64) -> String,
    of: fn(At<'_>, f64) -> f64,
) -> Scale {
    Scale { key, name, axis, label, of }
}

impl Scale {
    /// Returns the scales that a report has values for.
    pub fn all(report: &Report, analysis: &Analysis) -> Vec<Scale> {
        let compared = analysis.speedups.iter().any(Option::is_some);
        let threads = report.axis == Axis::Threads;
        let named = |scale: Scale| match scale.is_relative() && threads {
            true => Scale { axis: "times as fast as one thread", ..scale },
            false => scale,
        };
        SCALES.into_iter().filter(|scale| !scale.is_relative() || compared).map(named).collect()
    }

    /// Returns whether it compares measurements with others, so that 1 means the same.
    pub fn is_relative(&self) -> bool {
        self.key == SPEEDUP
    }

    /// Returns where a measurement would be if it took a time, or `None` if that is nowhere on logarithmic axes.
    pub fn point(&self, at: At<'_>, seconds: f64) -> Option<Point> {
        let point = (at.x(), (self.of)(at, seconds));
        let sound = [point.0, point.1].into_iter().all(|each| each.is_finite() && each > 0.0);
        sound.then_some(point)
    }

    /// Returns where the median of a measurement is.
    pub fn median(&self, at: At<'_>) -> Option<Point> {
        self.point(at, at.each.seconds.q50)
    }
}
