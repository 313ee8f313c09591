//! What changed from one sweep to another.
//!
//! A change is reported where it is beyond noise: the [intervals](Interval) of the two medians have nothing in common, and the
//! medians are further apart than what another layout of the same code may do. Two runs of a program differ by more than the
//! trials of one, so asking that the intervals be apart is meant to be strict.
//!
//! What else runs on the machine may slow down all trials of a measurement alike, and so is not in their interval. The
//! [reference](super::Reference) that is timed beside them shows it: the slower measurement's interval is extended by as much
//! as the machine was slower than at its best. What is a change only without that is [unsure](Comparison::unsure).

use super::load::Best;
use super::report::{Failure, Measurement, Place, Report};
use crate::bench::environment::Difference;
use crate::bench::interval::Interval;

/// The least factor between two medians that is reported.
const FLOOR: f64 = 1.02;

/// What changed from one sweep to another, matched by workload, backend, regime, elements and what else varies.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Comparison {
    /// How the machines and builds differ, as far as both files know.
    pub environment: Vec<Difference>,
    /// What is faster or slower beyond noise, in the new sweep's order.
    pub changes: Vec<Change>,
    /// What the trials alone would call a change, but what else ran on the machine may be the cause of.
    pub unsure: Vec<Change>,
    /// How many times longer than at its best the reference took, at most, beside a measurement of the old and of the new
    /// sweep. None where it was not noted.
    pub slowdown: [Option<f64>; 2],
    /// How many measurements are the same within noise.
    pub unchanged: usize,
    /// How many have fewer than three trials in a file, which say nothing about their noise.
    pub unknown: usize,
    /// What had a time and fails now.
    pub broken: Vec<Failure>,
    /// What was measured in the old sweep only, and did not fail in the new one.
    pub only_old: Vec<Place>,
    /// What was measured in the new sweep only.
    pub only_new: Vec<Place>,
}

/// A measurement that is faster or slower than before.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Change {
    /// What was measured.
    #[cfg_attr(feature = "profile", serde(flatten))]
    pub place: Place,
    /// Seconds a run in the old sweep.
    pub old: Interval,
    /// Seconds a run in the new sweep.
    pub new: Interval,
    /// The new median over the old one: above 1 it got slower.
    pub ratio: f64,
}

impl Comparison {
    /// Compares two sweeps.
    pub fn of(old: &Report, new: &Report) -> Self {
        let mut found = Comparison {
            environment: old.environment.differences(&new.environment),
            changes: Vec::new(),
            unsure: Vec::new(),
            slowdown: [None; 2],
            unchanged: 0,
            unknown: 0,
            broken: Vec::new(),
            only_old: Vec::new(),
            only_new: Vec::new(),
        };
        let load = Load::of(old, new);
        found.slowdown = load.worst();
        for ours in &new.measurements {
            match old.measurements.iter().find(|theirs| theirs.place() == ours.place()) {
                Some(theirs) => found.judge(theirs, ours, &load),
                None => found.only_new.push(ours.place()),
            }
        }
        for theirs in &old.measurements {
            let place = theirs.place();
            if new.measurements.iter().any(|ours| ours.place() == place) {
                continue;
            }
            match new.failures.iter().find(|failure| failure.place() == place) {
                Some(failure) => found.broken.push(failure.clone()),
                None => found.only_old.push(place),
            }
        }
        found
    }

    fn judge(&mut self, old: &Measurement, new: &Measurement, load: &Load<'_>) {
        let of = |each: &Measurement| Interval::of_median(&each.trials_or_quantiles());
        let (Some(before), Some(now)) = (of(old), of(new)) else {
            self.unknown += 1;
            return;
        };
        let ratio = now.middle / before.middle;
        let apart = now.low > before.high || now.high < before.low;
        if !apart || ratio.max(1.0 / ratio) < FLOOR {
            self.unchanged += 1;
            return;
        }
        let [slower, faster] = [now.low / load.allowance(1, new), before.low / load.allowance(0, old)];
        let sure = slower > before.high || faster > now.high;
        let change = Change { place: new.place(), old: before, new: now, ratio };
        if sure { &mut self.changes } else { &mut self.unsure }.push(change);
    }

    /// Returns how many measurements both sweeps have, those that fail now included.
    pub fn shared(&self) -> usize {
        self.changes.len() + self.unsure.len() + self.unchanged + self.unknown + self.broken.len()
    }

    /// Returns what got slower by more than a factor.
    pub fn regressions(&self, threshold: f64) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.ratio > threshold)
    }
}

/// How slow the machine was in the old and in the new sweep.
struct Load<'a> {
    reports: [&'a Report; 2],
    best: [Best; 2],
}

impl<'a> Load<'a> {
    fn of(old: &'a Report, new: &'a Report) -> Self {
        // Another machine has another best.
        let differences = old.environment.differences(&new.environment);
        let other = differences.iter().any(|each| ["cpu", "cores", "os"].contains(&each.what));
        let reports = [old, new];
        let best = if other { reports.map(|one| Best::of(&[one])) } else { [(); 2].map(|()| Best::of(&reports)) };
        Load { reports, best }
    }

    /// Returns how many times longer than on a calm machine a measurement of one of the two sweeps may have taken.
    fn allowance(&self, index: usize, measurement: &Measurement) -> f64 {
        self.best[index].allowance(self.reports[index], measurement)
    }

    fn worst(&self) -> [Option<f64>; 2] {
        [0, 1].map(|index| {
            let all = self.reports[index].measurements.iter();
            all.filter_map(|each| self.best[index].slowdown(each)).max_by(f64::total_cmp)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::sweep::Environment;
    use crate::sweep::simulated::{Curve, simulated};

    const SIMD: Curve = Curve { backend: Kind::Simd, fixed: 50e-9, each: 1e-9 };
    const THREADS: Curve = Curve { backend: Kind::Threads, fixed: 7e-6, each: 0.3e-9 };

    fn sweep(seed: u64) -> Report {
        simulated(&[SIMD, THREADS], "1e3,1e4,1e5,1e6", 5, 0.02, seed)
    }

    #[test]
    fn two_sweeps_of_the_same_machine_have_nothing_to_tell() {
        let mut told = 0;
        for seed in 0..50 {
            let found = Comparison::of(&sweep(2 * seed), &sweep(2 * seed + 1));
            assert_eq!((found.shared(), found.unknown, found.only_old.len() + found.only_new.len()), (8, 0, 0));
            told += found.changes.len();
        }
        // Of 400 measurements. Two intervals of 95 % are seldom apart.
        assert!(told <= 8, "{told}");
    }

    #[test]
    fn what_is_slower_is_told_with_both_times_and_beyond_the_threshold_a_regression() {
        let mut new = sweep(1);
        for each in new.measurements.iter_mut().filter(|each| each.backend == Kind::Simd) {
            each.slow_down(if each.elements == 10_000 { 1.5 } else { 1.0 });
        }
        new.measurements.iter_mut().find(|each| each.backend == Kind::Threads).unwrap().slow_down(0.5);
        let found = Comparison::of(&sweep(0), &new);
        let ratios: Vec<_> = found.changes.iter().map(|change| (change.ratio * 10.0).round()).collect();
        assert_eq!((ratios, found.unchanged), (vec![5.0, 15.0], 6));
        let slower: Vec<_> = found.regressions(1.1).collect();
        assert_eq!((slower[0].place.backend, slower[0].place.elements, slower.len()), (Kind::Simd, 10_000, 1));
        assert_eq!(found.regressions(2.0).count(), 0);
    }

    #[test]
    fn a_small_change_is_not_told_however_sure_it_is() {
        let quiet = |times: f64| {
            let mut report = simulated(&[SIMD], "1e3,1e6", 9, 0.0, 0);
            report.measurements.iter_mut().for_each(|each| each.slow_down(times));
            report
        };
        assert_eq!(Comparison::of(&quiet(1.0), &quiet(1.015)).unchanged, 2);
        assert_eq!(Comparison::of(&quiet(1.0), &quiet(1.025)).changes.len(), 2);
    }

    /// Thirty pairs of sweeps of the same program, while something else slows the machine down by up to a factor.
    fn pairs(most: f64) -> impl Iterator<Item = [Report; 2]> {
        let one = move |seed| {
            let mut report = simulated(&[SIMD, THREADS], "geomspace:1e3:1e7:9", 5, 0.02, seed);
            report.load(most, seed);
            report
        };
        (0..30).map(move |pair| [one(2 * pair), one(2 * pair + 1)])
    }

    #[test]
    fn what_a_busy_machine_does_is_no_change() {
        let regressions = |old: &Report, new: &Report| Comparison::of(old, new).regressions(1.1).count();
        let (mut wrong, mut unnoted) = (0, 0);
        for [old, new] in pairs(2.5) {
            wrong += usize::from(regressions(&old, &new) > 0);
            let bare = |mut report: Report| {
                report.measurements.iter_mut().for_each(|each| each.reference = None);
                report
            };
            // What an earlier version noted does not show it.
            unnoted += usize::from(regressions(&bare(old), &bare(new)) > 0);
        }
        assert!(wrong <= 1 && unnoted >= 25, "{wrong} and {unnoted} of 30 pairs");
        let [old, new] = pairs(2.5).next().unwrap();
        let found = Comparison::of(&old, &new);
        assert!(!found.unsure.is_empty() && found.shared() == 18, "{found:?}");
        assert!(found.slowdown.iter().all(|times| times.is_some_and(|times| (1.5..4.5).contains(&times))), "{found:?}");
    }

    #[test]
    fn what_is_slower_is_found_on_a_calm_machine_and_on_one_that_is_hardly_busy() {
        for (most, expected) in [(1.0, 18), (1.1, 16)] {
            for [old, mut new] in pairs(most) {
                assert_eq!(Comparison::of(&old, &new).regressions(1.1).count(), 0);
                new.measurements.iter_mut().for_each(|each| each.slow_down(1.3));
                let found = Comparison::of(&old, &new);
                assert!(found.regressions(1.1).count() >= expected, "{most}: {found:?}");
            }
        }
        // However busy the machine is, what is slower by more than that is reported.
        for [old, mut new] in pairs(2.0) {
            new.measurements.iter_mut().for_each(|each| each.slow_down(6.0));
            assert_eq!(Comparison::of(&old, &new).regressions(1.1).count(), 18);
        }
    }

    #[test]
    fn another_machine_is_as_fast_as_it_is() {
        let mut new = sweep(1);
        let mut old = sweep(0);
        for (report, cpu, times) in [(&mut old, "abacus", 1.0), (&mut new, "slide rule", 2.0)] {
            report.load(1.0, 0);
            report.environment.cpu = Some(cpu.to_owned());
            for each in &mut report.measurements {
                each.slow_down(times);
                each.reference.iter_mut().for_each(|it| it.seconds.iter_mut().for_each(|seconds| *seconds *= times));
            }
        }
        assert_eq!(Comparison::of(&old, &new).regressions(1.1).count(), 8);
        // The same machine at half its speed is no news of the program.
        old.environment.cpu = new.environment.cpu.clone();
        let found = Comparison::of(&old, &new);
        assert_eq!((found.regressions(1.1).count(), found.unsure.len()), (0, 8));
    }

    #[test]
    fn what_is_only_in_one_and_what_fails_now_is_told_apart() {
        let (old, mut new) = (sweep(0), sweep(1));
        let gone = new.measurements.remove(0);
        new.measurements[0].workload = "axpy".to_owned();
        let failed = Failure {
            workload: gone.workload,
            backend: gone.backend,
            regime: gone.regime,
            elements: gone.elements,
            reason: "somebody pulled the cable".to_owned(),
            mismatch: None,
            varied: None,
        };
        new.failures.push(failed.clone());
        let found = Comparison::of(&old, &new);
        assert_eq!(found.broken, [failed]);
        assert_eq!((found.only_old.len(), found.only_new.len(), found.shared()), (1, 1, 7));
        assert_eq!((found.only_old[0].workload.as_str(), found.only_new[0].workload.as_str()), ("poly", "axpy"));
    }

    #[test]
    fn two_trials_tell_nothing_and_another_machine_is_named() {
        let mut new = simulated(&[SIMD, THREADS], "1e3,1e4,1e5,1e6", 2, 0.02, 1);
        new.environment = Environment { cpu: Some("abacus".to_owned()), threads: Some(2), ..Environment::default() };
        let mut old = sweep(0);
        old.environment.cpu = Some("slide rule".to_owned());
        let found = Comparison::of(&old, &new);
        assert_eq!((found.unknown, found.changes.len()), (8, 0));
        // How many threads the old one had is not known, so it is no difference.
        let said: Vec<_> = found.environment.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["cpu: slide rule, now abacus"]);
    }
}
