//! One workload at one size: every contender is prepared, verified and timed.

use std::time::Duration;

use super::report::{Failure, Measurement, Place, Quantiles, Report};
use super::verify::{Mismatch, Oracle};
use super::{Clock, Contender, Observer, Progress, Runner, Sweep};
use crate::error::{Error, Result};
use crate::workload::{Data, Workload};

/// The least time that a sample takes: far above what a clock, an interrupt or a cold start may add.
const LEAST_SAMPLE: Duration = Duration::from_millis(20);
/// The least time that a sample takes, in steps of the clock: then reading it adds a thousandth at most.
const LEAST_STEPS: u32 = 1000;
/// The most runs in a sample, so that a clock that stands still ends too.
const MOST_RUNS: usize = 1 << 24;

/// What the contenders are measured at.
pub(super) struct Round<'a> {
    pub sweep: &'a Sweep,
    pub workload: &'a Workload,
    pub data: &'a Data,
    pub oracle: Result<&'a Oracle, &'a Error>,
    pub len: usize,
    pub clock: &'a dyn Clock,
    /// The clock's step.
    pub step: Duration,
}

/// A contender that has been verified.
struct Entry<'a> {
    contender: &'a dyn Contender,
    runner: Box<dyn Runner + 'a>,
    max_ulp: f64,
    /// Runs in a sample.
    times: usize,
    /// Seconds a run, for each trial.
    samples: Vec<f64>,
    /// What went wrong in a trial.
    broke: Option<Error>,
}

/// Why a contender gets no time.
enum Defeat {
    Broke(Error),
    Wrong(Mismatch),
}

impl From<Error> for Defeat {
    fn from(error: Error) -> Self {
        Defeat::Broke(error)
    }
}

impl<'a> Round<'a> {
    /// Measures every contender. If the observer cancels, those that are not finished are left out.
    pub fn run(&self, report: &mut Report, progress: &mut Progress, observer: &mut dyn Observer) {
        let trials = self.sweep.trials;
        let mut entries = Vec::new();
        // What an earlier sweep has measured.
        let places = self.sweep.contenders.iter().map(|contender| self.place(&**contender));
        let kept: Vec<_> = places.filter(|place| report.has(place)).collect();
        for contender in &self.sweep.contenders {
            if observer.cancelled() {
                return;
            }
            if kept.contains(&self.place(&**contender)) {
                progress.advance(1 + trials, observer);
                continue;
            }
            match self.enter(&**contender) {
                Ok(entry) => {
                    entries.push(entry);
                    progress.advance(1, observer);
                }
                Err(defeat) => {
                    self.fail(&**contender, defeat, report, observer);
                    progress.advance(1 + trials, observer);
                }
            }
        }
        for _ in 0..trials {
            for entry in &mut entries {
                if observer.cancelled() {
                    return;
                }
                self.sample(entry);
                progress.advance(1, observer);
            }
        }
        for entry in entries {
            match entry.broke {
                Some(error) => self.fail(entry.contender, Defeat::Broke(error), report, observer),
                None => {
                    let measurement = self.measurement(&entry);
                    observer.measured(&measurement);
                    report.measurements.push(measurement);
                }
            }
        }
    }

    fn place(&self, contender: &dyn Contender) -> Place {
        let (backend, regime) = (contender.info().kind, contender.regime());
        Place { workload: self.workload.name().to_owned(), backend, regime, elements: self.len }
    }

    /// Prepares a contender, verifies it and finds how many runs make a sample.
    fn enter<'s>(&'s self, contender: &'s dyn Contender) -> Result<Entry<'s>, Defeat> {
        let oracle = self.oracle.map_err(Clone::clone)?;
        let mut runner = contender.prepare(&self.workload.kernel, &self.data.args(self.len), self.len)?;
        runner.run()?;
        let verdict = oracle.judge(contender.info().arithmetic(), runner.output()?, self.len);
        let max_ulp = verdict.map_err(Defeat::Wrong)?;
        let times = self.runs_in_a_sample(&mut *runner)?;
        Ok(Entry { contender, runner, max_ulp, times, samples: Vec::new(), broke: None })
    }

    /// How many runs make a sample long enough. Finding out also warms everything up.
    fn runs_in_a_sample(&self, runner: &mut dyn Runner) -> Result<usize> {
        let enough = LEAST_SAMPLE.max(self.step * LEAST_STEPS);
        let mut times = 1;
        loop {
            // The shorter of two, so that one interruption does not pass for a long run.
            let took = self.time(runner, times)?.min(self.time(runner, times)?);
            if took >= enough || times >= MOST_RUNS {
                return Ok(times);
            }
            // A fifth more than it takes, as later runs may be faster, but no great leap from a first, rough time.
            let wanted = times as f64 * 1.2 * enough.as_secs_f64() / took.as_secs_f64();
            times = (wanted as usize).clamp(times + 1, times * 100).min(MOST_RUNS);
        }
    }

    fn time(&self, runner: &mut dyn Runner, times: usize) -> Result<Duration> {
        let start = self.clock.now();
        runner.repeat(times)?;
        Ok(self.clock.now().saturating_sub(start))
    }

    fn sample(&self, entry: &mut Entry<'_>) {
        if entry.broke.is_some() {
            return;
        }
        match self.time(&mut *entry.runner, entry.times) {
            Ok(took) => entry.samples.push(took.as_secs_f64() / entry.times as f64),
            Err(error) => entry.broke = Some(error),
        }
    }

    fn measurement(&self, entry: &Entry<'_>) -> Measurement {
        let seconds = Quantiles::without_slowest(&entry.samples);
        let ns_per_element = seconds.q50 * 1e9 / self.len as f64;
        Measurement {
            workload: self.workload.name().to_owned(),
            backend: entry.contender.info().kind,
            regime: entry.contender.regime(),
            elements: self.len,
            trials: entry.samples.len(),
            runs: entry.times,
            seconds,
            samples: entry.samples.clone(),
            ns_per_element,
            gb_per_s: self.workload.bytes_per_element() as f64 / ns_per_element,
            max_ulp: entry.max_ulp,
        }
    }

    fn fail(&self, contender: &dyn Contender, defeat: Defeat, report: &mut Report, observer: &mut dyn Observer) {
        let (reason, mismatch) = match defeat {
            Defeat::Broke(error) => (error.to_string(), None),
            Defeat::Wrong(mismatch) => (mismatch.to_string(), Some(mismatch)),
        };
        let failure = Failure {
            workload: self.workload.name().to_owned(),
            backend: contender.info().kind,
            regime: contender.regime(),
            elements: self.len,
            reason,
            mismatch,
        };
        observer.failed(&failure);
        report.failures.push(failure);
    }
}
