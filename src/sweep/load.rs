//! How much of the machine a sweep had: a fixed piece of work, the reference, that is timed before every trial.
//!
//! The trials of a measurement are made within a second, so that a load which lasts longer than that is in all of them, and
//! their spread does not show it. The reference is the same work in every sweep: where it takes longer than at its best, the
//! machine was slower, whatever was measured just then.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::reference::Reference;
use super::report::{Measurement, Report};
use super::warning::{NOISY, SPREAD, Warning};
use crate::backend::{Info, Isa};
use crate::bench::ceiling::Machine;
use crate::bench::clock::Clock;
use crate::bench::quantiles::quantile;

/// The least time of a sample of the reference: longer than an interrupt, shorter than a scheduler's time slice.
const SAMPLE: Duration = Duration::from_millis(2);
/// Steps of the clock that a sample must last; with a coarser clock there is no reference.
const STEPS: u32 = 100;
/// The most repetitions in a sample, so that a clock that hardly moves ends too.
const MOST: usize = 1 << 14;

/// Times the reference.
pub(super) struct ReferenceWork<'a> {
    clock: &'a dyn Clock,
    machine: RefCell<Option<Box<dyn Machine>>>,
    /// Makes the machine, once it is needed.
    make: &'a dyn Fn(Option<Isa>) -> Box<dyn Machine>,
    /// Whether the clock is fine enough.
    timed: bool,
    /// Repetitions in a sample, by the number of threads; none if the clock does not see them.
    repetitions: RefCell<Vec<(usize, Option<usize>)>>,
}

impl<'a> ReferenceWork<'a> {
    pub fn new(clock: &'a dyn Clock, step: Duration, make: &'a dyn Fn(Option<Isa>) -> Box<dyn Machine>) -> Self {
        let timed = step * STEPS <= SAMPLE;
        ReferenceWork { clock, machine: RefCell::new(None), make, timed, repetitions: RefCell::default() }
    }

    /// Returns the seconds that the work takes on this many threads now. None if the clock does not see it.
    pub fn sample(&self, threads: usize) -> Option<f64> {
        if !self.timed {
            return None;
        }
        let mut machine = self.machine.borrow_mut();
        let machine = machine.get_or_insert_with(|| (self.make)(None));
        let times = self.repetitions(&mut **machine, threads)?;
        let took = machine.works(self.clock, threads, times)?;
        (!took.is_zero()).then(|| took.as_secs_f64() / times as f64)
    }

    fn repetitions(&self, machine: &mut dyn Machine, threads: usize) -> Option<usize> {
        let mut known = self.repetitions.borrow_mut();
        if let Some((_, times)) = known.iter().find(|(of, _)| *of == threads) {
            return *times;
        }
        // The first warms up.
        let mut once = || machine.works(self.clock, threads, 1).filter(|took| !took.is_zero());
        let took = once().and_then(|first| Some(first.min(once()?)));
        let wanted = |took: Duration| (SAMPLE.as_secs_f64() / took.as_secs_f64()).ceil();
        let times = took.map(|took| (wanted(took) as usize).clamp(1, MOST));
        known.push((threads, times));
        times
    }
}

/// Returns how many threads a contender has work for; a software rasterizer takes all cores.
pub(super) fn threads(info: &Info) -> usize {
    let software = info.device.as_ref().is_some_and(|device| device.software);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    info.threads.unwrap_or_else(|| if software { cores() } else { 1 })
}

/// The least time that the reference took in some sweeps, by the number of threads: the machine at its best.
#[derive(Clone, Debug)]
pub(super) struct Best(BTreeMap<usize, f64>);

/// How slow the machine was at a measurement's time is known from few samples; so it is taken to have been as slow as it was
/// at a time that only a tenth of the sweep's measurements exceed.
const USUAL: f64 = 0.9;
/// How many standard errors more than on average the machine may have been slowed down beside a measurement.
const ERRORS: f64 = 2.0;

impl Best {
    pub fn of(reports: &[&Report]) -> Self {
        let mut best = BTreeMap::new();
        let all = reports.iter().flat_map(|report| &report.measurements).filter_map(|each| each.reference.as_ref());
        for Reference { threads, seconds } in all {
            let least = best.entry(*threads).or_insert(f64::INFINITY);
            *least = seconds.iter().copied().filter(|seconds| *seconds > 0.0).fold(*least, f64::min);
        }
        Best(best)
    }

    /// Returns how many times longer than at its best the reference took beside a measurement, on average, as the trials are
    /// averages of many runs, too. None if that was not noted.
    pub fn slowdown(&self, measurement: &Measurement) -> Option<f64> {
        let Reference { threads, seconds } = measurement.reference.as_ref()?;
        let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
        Some((mean / self.0.get(threads)?).max(1.0)).filter(|slowdown| slowdown.is_finite())
    }

    /// Returns how many times longer than on a calm machine a measurement may have taken: from the reference beside it, as far
    /// as its few samples show it, and from the whole sweep's on as many threads. 1 if nothing was noted.
    pub fn allowance(&self, report: &Report, measurement: &Measurement) -> f64 {
        let threads = |each: &Measurement| each.reference.as_ref().map(|reference| reference.threads);
        let alike = report.measurements.iter().filter(|each| threads(each) == threads(measurement));
        let mut all: Vec<f64> = alike.filter_map(|each| self.slowdown(each)).collect();
        all.sort_unstable_by(f64::total_cmp);
        let usual = if all.is_empty() { 1.0 } else { quantile(&all, USUAL) };
        (self.slowdown(measurement).unwrap_or(1.0) + ERRORS * self.error(measurement)).max(usual)
    }

    /// Returns the standard error of the slowdown.
    fn error(&self, measurement: &Measurement) -> f64 {
        let Some(Reference { threads, seconds }) = &measurement.reference else { return 0.0 };
        let (count, best) = (seconds.len() as f64, self.0.get(threads).copied().unwrap_or(f64::INFINITY));
        let mean = seconds.iter().sum::<f64>() / count;
        let squares: f64 = seconds.iter().map(|each| (each - mean).powi(2)).sum();
        let error = (squares / (count * (count - 1.0))).sqrt() / best;
        if error.is_finite() { error } else { 0.0 }
    }
}

impl Report {
    /// Returns whether the reference took longer beside more measurements than it does on any machine.
    pub(super) fn busy(&self) -> Option<Warning> {
        let best = Best::of(&[self]);
        let all: Vec<f64> = self.measurements.iter().filter_map(|each| best.slowdown(each)).collect();
        let (measurements, of) = (all.iter().filter(|slowdown| **slowdown > SPREAD).count(), all.len());
        let times = all.into_iter().max_by(f64::total_cmp)?;
        (measurements > NOISY.0.max(of / NOISY.1)).then_some(Warning::Busy { times, measurements, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::sweep::Sweep;
    use crate::sweep::fake::{Fake, FakeClock, FakeMachine, Manner};

    /// Returns a sweep of three contenders of one thread and one of four, whose reference takes this many microseconds each time.
    fn swept(micros: &'static [u64]) -> Report {
        let clock = FakeClock::default();
        let fake = |kind| Box::new(Fake::of(&clock, kind, &[6000], Manner::Right));
        let sweep = Sweep::new().contender(fake(Kind::Loop)).contender(fake(Kind::Threads));
        let sweep = sweep.sizes("10,20,30".parse().unwrap()).measured_on(FakeMachine::busy(&clock, micros));
        sweep.run_with(&clock, &mut ())
    }

    #[test]
    fn the_reference_is_timed_before_every_trial_on_as_many_threads() {
        let report = swept(&[500]);
        for each in &report.measurements {
            let threads = if each.backend == Kind::Loop { 1 } else { FakeMachine::THREADS };
            let Some(Reference { threads: found, seconds }) = &each.reference else { panic!("{each:?}") };
            assert_eq!((*found, seconds.len()), (threads, each.samples.len()));
            assert!(seconds.iter().all(|seconds| (seconds - 500e-6).abs() < 1e-12), "{seconds:?}");
        }
        assert_eq!((report.measurements.len(), report.busy()), (6, None));
        #[cfg(feature = "profile")]
        {
            let bytes = serde_json::to_vec(&report).unwrap();
            assert_eq!(serde_json::from_slice::<Report>(&bytes).unwrap(), report);
        }
    }

    #[test]
    fn a_clock_that_does_not_see_the_reference_or_is_too_coarse_has_none() {
        assert!(swept(&[0]).measurements.iter().all(|each| each.reference.is_none()));
        let clock = FakeClock::default();
        let machine = FakeMachine::busy(&clock, &[500]);
        let coarse = ReferenceWork::new(&clock, SAMPLE / 50, &machine);
        assert_eq!((coarse.sample(1), clock.now()), (None, Duration::ZERO));
    }

    #[test]
    fn a_busy_machine_is_named_though_all_trials_take_the_same_time() {
        let report = swept(&[500, 500, 1500, 1000, 500, 700]);
        let warning = crate::sweep::Analysis::of(&report)
            .warnings
            .into_iter()
            .find(|each| matches!(each, Warning::Busy { .. }))
            .unwrap();
        let Warning::Busy { times, measurements: 6, of: 6 } = warning else { panic!("{warning}") };
        assert!((1.3..3.0).contains(&times) && warning.to_string().contains("other programs ran"), "{warning}");
        // The same for a moment is what every machine does.
        assert_eq!(swept(&[500, 500, 500, 500, 500, 500, 500, 500, 510]).busy(), None);
    }
}
