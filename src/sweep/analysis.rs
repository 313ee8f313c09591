//! What follows from a report's measurements.

use super::report::{Measurement, Report};
use super::{Crossover, Warning, crossover, finding, warning};

/// What follows from a report's measurements. Computed once, it serves every form in which the report is written.
///
/// ```
/// use crossover::sweep::Analysis;
/// use crossover::{Kind, Sweep};
///
/// let report = Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("1000,10000".parse()?).run();
/// let analysis = Analysis::of(&report);
/// for crossover in &analysis.crossovers {
///     println!("{crossover}");
/// }
/// assert_eq!(analysis.speedups[0], Some(1.0), "the loop beside itself");
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Analysis {
    /// Where one series overtakes another, for each workload and each two series that were measured at the same sizes and are
    /// an alternative to each other: with a fresh output, to others with one; from the host to the device, to other backends
    /// that begin on the host. A series that brings back a reduction's number does something else than the rest, and is left
    /// out. Lines that cross several times beyond noise have an entry for each time, from small to large.
    ///
    /// Empty for fewer than three trials, which say nothing about the noise. Computed from the measurements' samples, or from
    /// their quantiles where a file has no samples.
    pub crossovers: Vec<Crossover>,
    /// What makes the figures less sure than they look.
    pub warnings: Vec<Warning>,
    /// How each workload fares, in a sentence.
    pub findings: Vec<String>,
    /// What the findings go by.
    pub basis: String,
    /// For each measurement, how many times as fast as the loop at the same place it is; or as one thread, if the number of
    /// threads varies. `None` without such a measurement, and if the size of chunks varies.
    pub speedups: Vec<Option<f64>>,
}

impl Analysis {
    /// Analyses a report.
    pub fn of(report: &Report) -> Self {
        let speedup = |each: &Measurement| {
            let baseline = report.measurements.iter().find(|at| at.is_baseline_of(each, report.axis))?;
            Some(baseline.seconds.q50 / each.seconds.q50).filter(|times| times.is_finite())
        };
        Analysis {
            crossovers: crossover::all(report),
            warnings: warning::all(report),
            findings: finding::all(report),
            basis: finding::basis(report),
            speedups: report.measurements.iter().map(speedup).collect(),
        }
    }
}
