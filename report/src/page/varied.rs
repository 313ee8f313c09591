//! What a sweep over chunks or threads found, in a sentence.

use crossover::Kind;
use crossover::message::short;
use crossover::sweep::{Axis, Measurement, Regime, Report, Series};

use super::finding::{grouped, place};
use crate::table::percent;

/// What the finding goes by.
pub(super) const BASIS: &str = "By the medians, from arrays in host memory to an array in host memory.";

/// The end of the page's title.
pub(super) fn over(axis: Axis) -> &'static str {
    match axis {
        Axis::Chunk => " over the size of chunks",
        Axis::Threads => " over the number of threads",
        Axis::Intensity => " over the degree",
        _ => "",
    }
}

/// How a workload fares.
pub(super) fn finding(report: &Report, workload: &str) -> Option<String> {
    let place = place(report, workload);
    let host = |kind: Kind| {
        let ours = report
            .measurements
            .iter()
            .filter(move |each| each.workload == workload && (each.backend, each.regime) == (kind, Regime::Host));
        ours.collect::<Vec<_>>()
    };
    let told = match report.axis {
        Axis::Threads => scaling(report, &host(Kind::Threads))?,
        Axis::Chunk => {
            let told = |kind: Kind| best(report.as_series(kind, Regime::Host), &host(kind));
            Kind::ALL.into_iter().filter_map(told).collect::<Vec<_>>().join("; ")
        }
        _ => return None,
    };
    (!told.is_empty()).then(|| format!("{place}, {told}."))
}

/// What a measurement over an axis is, for who wonders.
pub(super) fn method(axis: Axis) -> Option<&'static str> {
    match axis {
        Axis::Chunk => Some("A chunk is what a thread takes at a time, or what is sent to a GPU at a time."),
        Axis::Threads => Some(
            "The efficiency of n threads is the time of one over n times theirs. The grey line is where it would be 100 %.",
        ),
        Axis::Intensity => Some(
            "horner is 1 + x/2 + x²/3 + … up to the degree, by Horner's rule: one fused multiplication and addition for each.",
        ),
        _ => None,
    }
}

/// How much faster many threads are than one.
fn scaling(report: &Report, ours: &[&Measurement]) -> Option<String> {
    let most = ours.iter().max_by_key(|each| each.x())?;
    let fastest = ours.iter().min_by(|a, b| a.seconds.q50.total_cmp(&b.seconds.q50))?;
    let Some(efficiency) = report.efficiency(most).filter(|_| most.x() > 1) else {
        return Some("threads were not measured beside one alone: there is nothing to compare them with".to_owned());
    };
    let (threads, times) = (most.x(), short(efficiency * most.x() as f64));
    let told = format!("{threads} threads are {times} times as fast as one, an efficiency of {}", percent(efficiency));
    // A lead within noise is none.
    Some(match fastest.seconds.q95 < most.seconds.q05 {
        true => format!("{told}; {} are the fastest", fastest.x()),
        false => told,
    })
}

/// Which chunks are best for a backend, and how much that is worth.
fn best(series: Series, ours: &[&Measurement]) -> Option<String> {
    let by = |a: &&&Measurement, b: &&&Measurement| a.seconds.q50.total_cmp(&b.seconds.q50);
    let (best, worst) = (ours.iter().min_by(by)?, ours.iter().max_by(by)?);
    let level = |each: &&&Measurement| each.seconds.q05 <= best.seconds.q95;
    if level(&worst) {
        return Some(format!("{series} takes the same time with every chunk, as far as noise lets tell"));
    }
    // From the best one both ways, as far as nothing is slower beyond noise.
    let (smaller, larger): (Vec<_>, Vec<_>) = ours.iter().partition(|each| each.x() < best.x());
    let from = smaller.iter().rev().take_while(|each| level(each)).last().map_or(best.x(), |each| each.x());
    let to = larger.iter().take_while(|each| level(each)).last().map_or(best.x(), |each| each.x());
    let chunks = if from == to { grouped(to) } else { format!("{} to {}", grouped(from), grouped(to)) };
    let times = short(worst.seconds.q50 / best.seconds.q50);
    let worst = grouped(worst.x());
    Some(format!("{series} is fastest with chunks of {chunks} elements, up to {times} times as fast as with {worst}"))
}
