//! Where one series overtakes another: what a sweep is run for.
//!
//! At each size that two series were both measured at, the ratio of their median times has an [`Interval`] by the bootstrap
//! over the trials. Where all of it lies on one side of 1, one of them is faster beyond noise. Between a size where one is and
//! a later one where the other is, they cross: there, and nowhere else, a crossover is reported.
//!
//! Between sizes, the logarithm of the time goes straight in the logarithm of the elements: so goes a time that is a power
//! of the size. A time that is a fixed cost and so much an element goes straight without logarithms. Measured sizes do not
//! show which it is, so a crossover's interval reaches from the earliest place where the ratio's interval may hold 1 to the
//! last, by either rule. Few sizes far apart so make a wide interval, however little noise there is.

use std::fmt;

pub use super::crossing::Found;
use super::crossing::{Point, compared};
use super::report::{Measurement, Report, Series};
use super::{Axis, Regime};
use crate::backend::Kind;
use crate::bench::interval::Interval;
use crate::text::{about, short, truncated, wrapped};

/// The fewest bytes of a run that certainly do not fit the caches of one core.
const FAR: f64 = (16 << 20) as f64;
/// Up to which ratio two series are said to tie.
const SURE: f64 = 1.25;

/// How two series compare on one workload.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Crossover {
    /// What the series were measured over, which the numbers below are on.
    pub axis: Axis,
    /// The workload's name.
    pub workload: String,
    /// The series that is faster, once it has overtaken; of a tie, the one that is ahead at the sizes below.
    pub faster: Series,
    /// The other.
    pub slower: Series,
    /// What was found.
    #[cfg_attr(feature = "profile", serde(flatten))]
    pub found: Found,
}

/// Returns the [crossovers](super::Analysis::crossovers) of a report.
pub(super) fn all(report: &Report) -> Vec<Crossover> {
    let mut all = Vec::new();
    for workload in report.workloads() {
        // What chooses among the others overtakes none.
        let mut series = report.series(workload);
        series.retain(|each| each.backend != Kind::Auto);
        for (index, second) in series.iter().enumerate() {
            for first in series[..index].iter().filter(|first| rivals(**first, *second)) {
                let pair = [*first, *second];
                let name = |(faster, found): (usize, Found)| Crossover {
                    axis: report.axis,
                    workload: workload.to_owned(),
                    faster: pair[faster],
                    slower: pair[1 - faster],
                    found,
                };
                all.extend(compared(&points(report, workload, pair)).into_iter().map(name));
            }
        }
    }
    all
}

/// Returns every size, or other value of the axis, that two series have a sound time for, ascending.
fn points(report: &Report, workload: &str, [first, second]: [Series; 2]) -> Vec<Point> {
    let of =
        |series: Series| report.measurements.iter().filter(move |each| each.workload == workload && series.is(each));
    let mut points = Vec::new();
    for ours in of(first) {
        let same = |each: &&Measurement| (each.elements, each.varied) == (ours.elements, ours.varied);
        let Some(theirs) = of(second).find(same) else { continue };
        let stream = ours.x() as u64;
        let Some(ratio) = Interval::of_log_ratio(&ours.trials_or_quantiles(), &theirs.trials_or_quantiles(), stream)
        else {
            continue;
        };
        let bytes = ours.gb_per_s * 1e9 * ours.seconds.q50;
        // At one size, the rate falls for other reasons than the caches' end.
        let sizes = report.axis == Axis::Elements;
        let waits = sizes && !first.on_gpu() && !second.on_gpu() && bytes >= FAR;
        points.push(Point {
            x: ours.x(),
            seconds: [ours.seconds.q50, theirs.seconds.q50],
            ratio,
            rates: [ours.gb_per_s, theirs.gb_per_s],
            far: waits,
        });
    }
    points.sort_by_key(|point| point.x);
    points
}

/// Returns whether a program may have the choice between two series: they do the same, or they are two backends, and the one
/// that gets arrays from the host or has them on the device does it in place of the one on the host.
fn rivals(first: Series, second: Series) -> bool {
    let regimes = [first.regime, second.regime];
    let on_device = |regime| matches!(regime, Regime::Compute | Regime::Resident);
    let replaced = regimes.contains(&Regime::Host) && regimes.into_iter().any(on_device);
    first.regime == second.regime || (first.backend != second.backend && replaced)
}

/// A sentence in lines of at most 80 characters.
impl fmt::Display for Crossover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Crossover { axis, workload, faster, slower, found } = self;
        // What was measured is reported as it is, unless it is a size.
        let at = |value: usize| match axis {
            Axis::Elements => axis.at(&about(value as f64)),
            _ => axis.at(&value.to_string()),
        };
        let told = match *found {
            Found::Overtakes { at: Interval { low, middle, high } } => {
                let [low, middle, high] = [low, middle, high].map(|value| axis.from(value));
                let at = match axis {
                    Axis::Elements => format!("at {}", axis.at(&middle)),
                    _ => format!("from {} on", axis.at(&middle)),
                };
                format!("{faster} overtakes {slower} {at} ({low} to {high})")
            }
            Found::Ahead { times, at: closest } => {
                let closest = at(closest);
                let times = if times > 1.0 { format!("by {} times", short(times)) } else { "level".to_owned() };
                format!("{faster} stays ahead of {slower}, {times} at the closest, {closest}")
            }
            Found::Tie { from, ahead_below, within, memory_gb_per_s } => {
                let from = at(from);
                let mut told = match within {
                    // So much noise may hide a difference that matters.
                    _ if within > SURE => format!(
                        "{faster} and {slower} cannot be told apart from {from} on, where noise leaves {} times open",
                        short(within)
                    ),
                    _ => {
                        let percent = ((within - 1.0) * 100.0).ceil().max(1.0);
                        format!("{faster} and {slower} tie from {from} on, within {percent:.0} %")
                    }
                };
                if let Some(rate) = memory_gb_per_s {
                    let rate = short(rate);
                    told += &format!("; both move {rate} GB/s, so they wait for memory: the width does not matter");
                }
                if ahead_below {
                    told += &format!("; below, {faster} is ahead");
                }
                told
            }
        };
        f.write_str(&wrapped(&format!("{}: {told}", truncated(workload, 40))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::sweep::simulated::{Curve, simulated, truth};

    /// 50 ns and 1 ns an element.
    const SIMD: Curve = Curve { backend: Kind::Simd, fixed: 50e-9, each: 1e-9 };
    /// 7 µs and 0.3 ns an element: faster from 9929 elements on.
    const THREADS: Curve = Curve { backend: Kind::Threads, fixed: 7e-6, each: 0.3e-9 };

    fn found(report: &Report) -> Vec<Found> {
        super::all(report).into_iter().map(|each| each.found).collect()
    }

    #[test]
    fn the_true_crossover_lies_in_the_interval_in_95_of_100_sweeps() {
        let real = truth(SIMD, THREADS);
        for (noise, trials, widest) in [(0.001, 5, 1.3), (0.02, 5, 1.4), (0.1, 5, 2.2), (0.1, 7, 2.0), (0.1, 9, 1.9)] {
            let runs = 400;
            let (mut held, mut widths) = (0, Vec::new());
            for seed in 0..runs {
                let report = simulated(&[SIMD, THREADS], "geomspace:100:1e6:10", trials, noise, seed);
                // One that is not found at all does not count as held.
                let [Found::Overtakes { at }] = found(&report)[..] else { continue };
                assert!(at.low <= at.middle && at.middle <= at.high, "{at:?}");
                held += u32::from(at.low <= real && real <= at.high);
                widths.push(at.high / at.low);
            }
            widths.sort_unstable_by(f64::total_cmp);
            let width = widths[widths.len() / 2];
            println!("noise {noise}, {trials} trials: {held} of {runs} hold {real:.0}, to a factor of {width:.2}");
            assert!(f64::from(held) >= 0.95 * runs as f64, "noise {noise}, {trials} trials: {held} of {runs}");
            assert!(width < widest, "noise {noise}, {trials} trials: {width}");
        }
    }

    #[test]
    fn sizes_far_apart_widen_the_interval_and_not_the_error() {
        let report = simulated(&[SIMD, THREADS], "100,1e4,1e6", 5, 0.0, 0);
        let [Found::Overtakes { at }] = found(&report)[..] else { panic!("{:?}", found(&report)) };
        assert!(at.low < truth(SIMD, THREADS) + 1.0 && truth(SIMD, THREADS) < at.high + 1.0, "{at:?}");
        let report = simulated(&[SIMD, THREADS], "1e3,1e6", 5, 0.0, 0);
        let [Found::Overtakes { at }] = found(&report)[..] else { panic!("{:?}", found(&report)) };
        assert!((at.low - 9928.6).abs() < 1.0 && at.high / at.low > 2.0, "{at:?}");
    }

    #[test]
    fn where_there_is_none_the_closest_approach_is_told() {
        // Threads come within 1.4 times at the largest size, and no nearer.
        let report = simulated(&[SIMD, Curve { fixed: 0.4e-3, each: 1e-9, ..THREADS }], "1e3,1e4,1e5,1e6", 7, 0.01, 1);
        let all = super::all(&report);
        let Found::Ahead { times, at } = all[0].found else { panic!("{all:?}") };
        assert!((times - 1.4).abs() < 0.02 && at == 1_000_000, "{all:?}");
        assert_eq!((all.len(), all[0].faster.backend), (1, Kind::Simd));
        let said = all[0].to_string();
        assert!(said == ("poly: simd stays ahead of threads, by 1.39 times at the closest, 1e6 elements"), "{said}");
    }

    #[test]
    fn within_noise_it_is_a_tie_and_memory_is_named_where_it_is_the_reason() {
        // The same rate at all sizes: whatever they wait for, it is not memory.
        let equal = Curve { backend: Kind::Loop, ..SIMD };
        let report = simulated(&[equal, SIMD], "1e3,1e5,1e7", 7, 0.05, 2);
        let all = found(&report);
        let [Found::Tie { from: 1000, ahead_below: false, within, memory_gb_per_s: None }] = all[..] else {
            panic!("{all:?}")
        };
        assert!((1.03..1.4).contains(&within), "{within}");

        // The loop is slower in the caches, and as slow as memory beyond.
        let mut report = simulated(&[equal, SIMD], "1e3,1e4,4e6,1e7", 7, 0.02, 3);
        for each in &mut report.measurements {
            let slower = if each.elements > 1_000_000 { 3.0 } else { 1.0 };
            each.slow_down(if each.backend == Kind::Loop { 3.0 } else { slower });
        }
        let all = super::all(&report);
        let Found::Tie { from: 4_000_000, ahead_below: true, memory_gb_per_s: Some(rate), .. } = all[0].found else {
            panic!("{all:?}")
        };
        assert!((rate - 8.0 / 3.0).abs() < 0.1 && all[0].faster.backend == Kind::Simd, "{all:?}");
        let said = all[0].to_string();
        assert!(said.contains("wait for memory") && said.ends_with("below, simd is ahead"), "{said}");
    }

    #[test]
    fn a_size_or_two_by_chance_are_no_lead_and_much_noise_is_no_tie() {
        let equal = Curve { backend: Kind::Loop, ..SIMD };
        let mut report = simulated(&[equal, SIMD], "geomspace:1e3:1e6:6", 7, 0.02, 7);
        report.measurements[8].slow_down(1.4);
        let told = |report: &Report| super::all(report).iter().map(ToString::to_string).collect::<Vec<_>>();
        let said = told(&report);
        assert!(
            said.len() == 1 && said[0].starts_with("poly: simd and loop tie from 1e3 elements on, within "),
            "{said:?}"
        );
        let said = told(&simulated(&[equal, SIMD], "geomspace:1e3:1e6:6", 7, 0.3, 8));
        assert!(
            said.len() == 1 && said[0].contains(" cannot be told apart from 1e3 elements on, where noise"),
            "{said:?}"
        );
    }

    #[test]
    fn curves_that_cross_twice_have_two_crossovers() {
        let mut report = simulated(&[SIMD, THREADS], "1e3,1e4,2e4,1e5,1e6,1e7", 5, 0.01, 4);
        for each in report.measurements.iter_mut().filter(|each| each.backend == Kind::Threads) {
            each.slow_down(if each.elements >= 1_000_000 { 5.0 } else { 1.0 });
        }
        let all = super::all(&report);
        let at = |each: &Crossover| match each.found {
            Found::Overtakes { at } => (each.faster.backend, at.low < at.high, at.middle.log10().floor()),
            _ => panic!("{each:?}"),
        };
        assert_eq!(all.iter().map(at).collect::<Vec<_>>(), [(Kind::Threads, true, 3.0), (Kind::Simd, true, 5.0)]);
    }

    #[test]
    fn two_trials_tell_no_crossover_and_a_file_without_samples_does() {
        assert_eq!(found(&simulated(&[SIMD, THREADS], "1e3,1e6", 2, 0.01, 5)), []);
        let mut report = simulated(&[SIMD, THREADS], "1e3,1e6", 5, 0.01, 5);
        for each in &mut report.measurements {
            each.samples.clear();
        }
        assert!(matches!(found(&report)[..], [Found::Overtakes { .. }]));
    }

    #[test]
    fn every_line_has_at_most_80_columns_and_a_software_gpu_its_label() {
        let gpu = Curve { backend: Kind::Gpu, ..THREADS };
        let mut report = simulated(&[SIMD, gpu], "1e3,1e6", 5, 0.01, 6);
        report.environment.software = Some(true);
        for each in &mut report.measurements {
            each.workload = "x + ".repeat(50);
        }
        let said = super::all(&report)[0].to_string();
        assert!(said.contains("gpu (software) overtakes simd at ") && said.lines().count() == 2, "{said}");
        assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    }

    #[test]
    fn only_alternatives_are_compared() {
        let series = |backend, regime| Series { backend, regime, software: false };
        let simd = |regime| series(Kind::Simd, regime);
        let gpu = |regime| series(Kind::Gpu, regime);
        for (first, second, expected) in [
            (simd(Regime::Host), gpu(Regime::Host), true),
            (simd(Regime::Host), gpu(Regime::Compute), true),
            (simd(Regime::Host), gpu(Regime::Resident), true),
            (simd(Regime::Host), gpu(Regime::Scalar), false),
            (simd(Regime::Host), simd(Regime::Fresh), false),
            (series(Kind::Loop, Regime::Fresh), simd(Regime::Fresh), true),
            (gpu(Regime::Host), gpu(Regime::Compute), false),
            (gpu(Regime::Host), gpu(Regime::Resident), false),
            (gpu(Regime::Compute), gpu(Regime::Resident), false),
        ] {
            assert_eq!(rivals(first, second), expected, "{first} and {second}");
            assert_eq!(rivals(second, first), expected, "{second} and {first}");
        }
    }
}
