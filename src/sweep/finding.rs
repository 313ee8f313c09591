//! What a sweep found of each workload, in a sentence: which backend is fastest at which sizes or degrees; how well threads
//! scale; which chunks are best.

use super::{Axis, Measurement, Regime, Report, Series};
use std::collections::BTreeSet;

use crate::backend::Kind;
use crate::text::{grouped, percent, short, truncated};

const BASIS: &str = "By the medians, from arrays in host memory to an array in host memory.";
const SHARED: &str =
    " Who shares the lead has a range from 5 to 95\u{a0}% that overlaps with that of the least median.";
const SOFTWARE: &str = " A software GPU does not count.";
const AUTO: &str = " auto does not count: it is one of the others.";

/// Returns a sentence for each workload of which there is something to say.
pub(super) fn all(report: &Report) -> Vec<String> {
    let of = |workload: &str| match report.axis {
        Axis::Elements | Axis::Intensity => finding(report, workload),
        Axis::Chunk | Axis::Threads => Some(format!("{}, {}.", place(report, workload), varied(report, workload)?)),
    };
    report.workloads().into_iter().filter_map(of).collect()
}

/// Returns what the findings go by, and what they leave out of what was measured.
pub(super) fn basis(report: &Report) -> String {
    if matches!(report.axis, Axis::Chunk | Axis::Threads) {
        return BASIS.to_owned();
    }
    let measured = |name: &str| report.measurements.iter().any(|each| each.backend.name() == name);
    let software = if report.environment.software == Some(true) && measured("gpu") { SOFTWARE } else { "" };
    let auto = if measured("auto") { AUTO } else { "" };
    format!("{BASIS}{SHARED}{software}{auto}")
}

/// What a sweep says of one backend at one size, or degree.
#[derive(Clone, Copy)]
struct Run<'a> {
    backend: &'a str,
    x: usize,
    low: f64,
    median: f64,
    high: f64,
}

/// Neighbouring sizes at which the same backends lead.
#[derive(PartialEq, Debug)]
struct Stretch<'a> {
    /// The smallest of the sizes.
    from: usize,
    leaders: Vec<&'a str>,
}

/// Returns how a workload's race goes; nothing if nothing was in it.
fn finding(report: &Report, workload: &str) -> Option<String> {
    let software = report.environment.software == Some(true);
    // From host to host alone: what keeps its arrays on a device is not done when the others are. A software GPU is no
    // GPU, and `auto` is one of the others under another name.
    let counts = |kind: Kind| !(kind == Kind::Gpu && software) && kind.name() != "auto";
    let ours = report.measurements.iter().filter(|each| {
        each.workload == workload && each.regime == Regime::Host && counts(each.backend) && each.seconds.q50 > 0.0
    });
    let runs: Vec<Run> = ours
        .map(|each| Run {
            backend: each.backend.name(),
            x: each.x(),
            low: each.seconds.q05,
            median: each.seconds.q50,
            high: each.seconds.q95,
        })
        .collect();
    let race = race(report.axis, &runs)?;
    Some(format!("{}, {race}.", place(report, workload)))
}

/// Returns what a workload is, and how many elements it has if that does not vary.
fn place(report: &Report, workload: &str) -> String {
    let workload = truncated(workload, 48);
    let elements = report.elements().map(|elements| format!(" of {} elements", grouped(elements)));
    format!("On {workload}{}", elements.unwrap_or_default())
}

/// Returns the race from the largest size down.
fn race(axis: Axis, runs: &[Run]) -> Option<String> {
    let backends: Vec<&str> = unique(runs.iter().map(|run| run.backend));
    let (least, most) = (runs.iter().map(|run| run.x).min()?, runs.iter().map(|run| run.x).max()?);
    let at = |x| axis.at(&grouped(x));
    let size = if axis == Axis::Elements { "size" } else { axis.counts() };
    if let [alone] = backends[..] {
        return Some(format!("only {alone} was measured: there is nothing to compare it with"));
    }
    let stretches = stretches(runs);
    let (first, rest) = stretches.split_first()?;
    let reach = match rest {
        [] if least == most => format!("at {}", at(most)),
        [] if axis == Axis::Elements => format!("at every size from {} to {}", grouped(least), at(most)),
        [] => format!("from {} to {}", at(least), grouped(most)),
        _ => format!("from {} on", at(first.from)),
    };
    let below = match rest {
        [] => String::new(),
        [one] => format!("; below that, {}", lead(&one.leaders)),
        many => {
            let some = unique(many.iter().flat_map(|stretch| stretch.leaders.iter().copied()));
            format!("; below that it is {}, depending on the {size}", listed(&some, "or"))
        }
    };
    Some(format!("{} {reach}{}{below}", lead(&first.leaders), gain(axis, runs, most)))
}

/// Returns how much faster than the loop the fastest is at the largest size, if it is not the loop.
fn gain(axis: Axis, runs: &[Run], most: usize) -> String {
    let at = || runs.iter().filter(|run| run.x == most);
    let best = at().min_by(|a, b| a.median.total_cmp(&b.median));
    let plain = at().find(|run| run.backend == Kind::Loop.name());
    match (best, plain) {
        (Some(best), Some(plain)) if best.backend != plain.backend => {
            let times = short(plain.median / best.median);
            let at = if axis == Axis::Elements { grouped(most) } else { axis.at(&grouped(most)) };
            format!(" ({times} times as fast as the loop at {at})")
        }
        _ => String::new(),
    }
}

/// Returns the leaders of each range of sizes, from the largest down: the least median, and everyone whose range overlaps with
/// its own.
fn stretches<'a>(runs: &[Run<'a>]) -> Vec<Stretch<'a>> {
    let mut sizes: Vec<usize> = runs.iter().map(|run| run.x).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    let mut found: Vec<Stretch> = Vec::new();
    for from in sizes {
        let at = || runs.iter().filter(move |run| run.x == from);
        let Some(best) = at().min_by(|a, b| a.median.total_cmp(&b.median)) else { continue };
        let leaders =
            unique(at().filter(|run| run.low <= best.high || run.backend == best.backend).map(|run| run.backend));
        match found.last_mut() {
            Some(last) if last.leaders == leaders => last.from = from,
            _ => found.push(Stretch { from, leaders }),
        }
    }
    found
}

fn lead(leaders: &[&str]) -> String {
    match leaders {
        [one] => format!("{one} is fastest"),
        several => format!("{} share the lead", listed(several, "and")),
    }
}

/// Returns the names, each once, in the order of the backends.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = names.collect();
    found.sort_by_key(|name| Kind::named(name));
    found.dedup();
    found
}

/// Returns a list as text: `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// Returns how a workload fares over chunks or threads.
fn varied(report: &Report, workload: &str) -> Option<String> {
    let host = |kind: Kind| {
        let ours = report
            .measurements
            .iter()
            .filter(move |each| each.workload == workload && (each.backend, each.regime) == (kind, Regime::Host));
        ours.collect::<Vec<_>>()
    };
    if report.axis == Axis::Threads {
        return scaling(report, &host(Kind::Threads));
    }
    let best = |kind: Kind| best(report.as_series(kind, Regime::Host), &host(kind));
    let kinds: BTreeSet<Kind> = report.measurements.iter().map(|each| each.backend).collect();
    let parts: Vec<_> = kinds.into_iter().filter_map(best).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Returns how much faster many threads are than one.
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

/// Returns which chunks are best for a backend, and how much that is worth.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sweep;
    use crate::sweep::Quantiles;

    fn runs(table: &[(usize, &[(&'static str, f64)])]) -> Vec<Run<'static>> {
        let at = |x: usize, (backend, median): (&'static str, f64)| Run {
            backend,
            x,
            low: 0.9 * median,
            median,
            high: 1.1 * median,
        };
        table.iter().flat_map(|(elements, row)| row.iter().map(move |each| at(*elements, *each))).collect()
    }

    #[test]
    fn the_race_is_told_from_the_largest_size_down() {
        let one = runs(&[
            (100, &[("loop", 4.0), ("simd", 1.0), ("threads", 2.0)]),
            (1000, &[("loop", 40.0), ("simd", 10.0), ("threads", 7.0)]),
            (20_000, &[("loop", 400.0), ("simd", 100.0), ("threads", 50.0)]),
        ]);
        let told = race(Axis::Elements, &one).unwrap().replace('\u{202f}', " ");
        assert_eq!(
            told,
            "threads is fastest from 1000 elements on (8.00 times as fast as the loop at 20 000); below that, simd is fastest"
                .replace("1000", "1 000")
        );
    }

    #[test]
    fn ranges_that_overlap_share_the_lead() {
        let level = runs(&[(10, &[("simd", 1.0), ("threads", 1.1)]), (20, &[("threads", 2.0), ("simd", 2.1)])]);
        assert_eq!(
            race(Axis::Elements, &level).unwrap(),
            "simd and threads share the lead at every size from 10 to 20 elements"
        );
        let unsteady = runs(&[
            (10, &[("loop", 1.0), ("simd", 2.0)]),
            (20, &[("loop", 3.0), ("simd", 2.0)]),
            (30, &[("loop", 1.0), ("simd", 1.0)]),
        ]);
        let told = race(Axis::Elements, &unsteady).unwrap();
        assert!(told.ends_with("from 30 elements on; below that it is loop or simd, depending on the size"), "{told}");
        let told = race(Axis::Intensity, &unsteady).unwrap();
        assert!(told.ends_with("from degree 30 on; below that it is loop or simd, depending on the degree"), "{told}");
        let told = race(Axis::Intensity, &level).unwrap();
        assert_eq!(told, "simd and threads share the lead from degree 10 to 20");
    }

    #[test]
    fn one_alone_wins_nothing() {
        let alone = runs(&[(10, &[("simd", 1.0)]), (20, &[("simd", 2.0)])]);
        assert_eq!(
            race(Axis::Elements, &alone).unwrap(),
            "only simd was measured: there is nothing to compare it with"
        );
        assert_eq!(race(Axis::Elements, &[]), None);
    }

    #[test]
    fn a_software_gpu_and_resident_arrays_never_win() {
        let mut report = Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("100".parse().unwrap()).trials(1).run();
        // Whatever was measured on the machine at hand.
        report.measurements[0].seconds = Quantiles::of(&[1.0]);
        report.measurements[1].seconds = Quantiles::of(&[0.5]);
        report.measurements[1].backend = Kind::Gpu;
        assert!(finding(&report, "poly").unwrap().starts_with("On poly, gpu is fastest at 100 elements"));
        report.environment.software = Some(true);
        assert!(finding(&report, "poly").unwrap().starts_with("On poly, only loop was measured"));
        report.environment.software = Some(false);
        report.measurements[1].regime = Regime::Resident;
        assert!(finding(&report, "poly").unwrap().starts_with("On poly, only loop was measured"));
        report.measurements.clear();
        assert_eq!(finding(&report, "poly"), None);
    }

    #[test]
    fn names_are_listed() {
        assert_eq!(listed(&["a", "b", "c"], "and"), "a, b and c");
    }
}
