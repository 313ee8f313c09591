//! How runs are timed: many at once if they are short, so that a sample lasts long enough for the clock.

use std::time::Duration;

use super::clock::Clock;
use super::contender::Runner;
use super::quantiles::Quantiles;
use crate::error::Result;

/// The least time that a sample takes, in steps of the clock: then reading it adds a thousandth at most.
const LEAST_STEPS: u32 = 1000;
/// The most runs in a sample, so that a clock that stands still ends too.
const MOST_RUNS: usize = 1 << 24;

/// Times runs.
#[derive(Clone, Copy)]
pub(crate) struct Sampler<'a> {
    clock: &'a dyn Clock,
    step: Duration,
    /// The least time that a sample takes.
    enough: Duration,
}

impl<'a> Sampler<'a> {
    /// Creates a sampler whose samples take at least this long, and long enough for the clock's step not to matter.
    pub(crate) fn new(clock: &'a dyn Clock, least: Duration) -> Self {
        let step = clock.step();
        Sampler { clock, step, enough: least.max(step * LEAST_STEPS) }
    }

    /// Returns the clock's step.
    pub(crate) fn step(&self) -> Duration {
        self.step
    }

    /// Returns how many runs make a sample long enough. Finding out also warms everything up.
    pub(crate) fn runs(&self, runner: &mut dyn Runner) -> Result<usize> {
        let mut times = 1;
        loop {
            // The shorter of two, so that one interruption does not pass for a long run.
            let took = self.time(runner, times)?.min(self.time(runner, times)?);
            if took >= self.enough || times >= MOST_RUNS {
                return Ok(times);
            }
            // A fifth more than it takes, as later runs may be faster, but no great leap from a first, rough time.
            let wanted = times as f64 * 1.2 * self.enough.as_secs_f64() / took.as_secs_f64();
            times = (wanted as usize).clamp(times + 1, times * 100).min(MOST_RUNS);
        }
    }

    /// Returns the seconds a run, of this many runs.
    pub(crate) fn sample(&self, runner: &mut dyn Runner, times: usize) -> Result<f64> {
        Ok(self.time(runner, times)?.as_secs_f64() / times as f64)
    }

    fn time(&self, runner: &mut dyn Runner, times: usize) -> Result<Duration> {
        let start = self.clock.now();
        runner.repeat(times)?;
        Ok(self.clock.now().saturating_sub(start))
    }
}

/// A runner and the samples of it.
pub(crate) struct Sampled<'a> {
    pub(crate) runner: Box<dyn Runner + 'a>,
    /// Runs in a sample.
    pub(crate) times: usize,
    /// Seconds a run, for each sample.
    pub(crate) samples: Vec<f64>,
}

impl<'a> Sampled<'a> {
    /// Finds how many runs make a sample, which also warms everything up.
    pub(crate) fn new(mut runner: Box<dyn Runner + 'a>, sampler: &Sampler<'_>) -> Result<Self> {
        let times = sampler.runs(&mut *runner)?;
        Ok(Sampled { runner, times, samples: Vec::new() })
    }

    /// Takes one sample, and returns its seconds a run.
    pub(crate) fn sample(&mut self, sampler: &Sampler<'_>) -> Result<f64> {
        let seconds = sampler.sample(&mut *self.runner, self.times)?;
        self.samples.push(seconds);
        Ok(seconds)
    }

    /// Returns the median of the samples.
    pub(crate) fn median(&self) -> f64 {
        Quantiles::of(&self.samples).q50
    }
}
