//! What a sweep over threads shows besides the times: what they would be if n threads were n times as fast as one, and what
//! share of that they are.

use crossover::sweep::{Measurement, Report, Series};

use super::table::percent;

/// A point of the picture: the number of threads, and a time in seconds.
type Point = (f64, f64);

/// For each series of a workload, t(1)/n at every number of threads that was measured, ascending; nothing without t(1).
pub(super) fn ideal(report: &Report, workload: &str) -> Vec<Vec<Point>> {
    let line = |ours: Vec<&Measurement>| {
        let point = |each: &Measurement| {
            let efficiency = report.efficiency(each)?;
            Some((each.x() as f64, each.seconds.q50 * efficiency))
        };
        ours.into_iter().filter_map(point).collect::<Vec<_>>()
    };
    lines(report, workload).into_iter().map(line).filter(|line| !line.is_empty()).collect()
}

/// The efficiency of each measurement on several threads, and where it is to be written.
pub(super) fn shares(report: &Report, workload: &str) -> Vec<(Point, String)> {
    let share = |each: &Measurement| {
        let efficiency = report.efficiency(each).filter(|_| each.x() > 1)?;
        Some(((each.x() as f64, each.seconds.q95), percent(efficiency)))
    };
    lines(report, workload).into_iter().flatten().filter_map(share).collect()
}

/// The measurements of each series of a workload, ascending.
fn lines<'a>(report: &'a Report, workload: &str) -> Vec<Vec<&'a Measurement>> {
    let line = |series: Series| {
        let ours = report.measurements.iter().filter(|each| each.workload == workload && series.is(each));
        let mut ours: Vec<_> = ours.collect();
        ours.sort_by_key(|each| each.x());
        ours
    };
    report.series(workload).into_iter().map(line).collect()
}
