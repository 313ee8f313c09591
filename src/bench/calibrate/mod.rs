//! Calibration: measuring what the model of `auto` needs to know about this machine.
//!
//! In order: [`probe`] says what is run, [`Calibration`] runs it, all probes in turns and many rounds of them, so that a
//! slower moment of the machine hits all alike; [`fit`] makes a [`Profile`] of the times. It continues until the times have
//! settled or there is no time left, and says which it was.

mod fit;
mod probe;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::fit::{Found, fit};
use self::probe::Probe;
use crate::backend::auto::profile::{AdapterKey, ProcessorKey};
use crate::backend::auto::{Auto, Estimate, Profile};
use crate::backend::{Info, Kind};
use crate::bench::clock::{Clock, SystemClock};
use crate::bench::contender::{Contender, Runner};
use crate::bench::interleave::{completed, interleave, or_break};
use crate::bench::quantiles::Quantiles;
use crate::bench::regret::Regret;
use crate::bench::sampler::Sampler;
use crate::error::{Error, Result};
use crate::kernel::arg::Arg;

/// How long a calibration may take, with what comes before the first round.
const BUDGET: Duration = Duration::from_millis(1500);
/// The least time of a sample.
const SAMPLE: Duration = Duration::from_micros(100);
/// How often every probe is sampled at least and at most.
const ROUNDS: (usize, usize) = (5, 25);
/// A probe has settled if the later half of its samples is as long as the earlier one, within this factor.
const SETTLED: f64 = 1.25;
/// As many of the probes may continue changing: there is always something.
const RESTLESS: f64 = 0.1;

/// What a calibration tells of its progress: how many steps of how many are done. It may end earlier.
pub trait Progress {
    /// Reports that `done` of `total` steps are done.
    fn progress(&mut self, done: usize, total: usize);
}

impl Progress for () {
    fn progress(&mut self, _done: usize, _total: usize) {}
}

impl<F: FnMut(usize, usize)> Progress for F {
    fn progress(&mut self, done: usize, total: usize) {
        self(done, total);
    }
}

impl Auto {
    /// Measures what this machine can do, in less than two seconds. [`Profile::save`] keeps it for later programs, and
    /// [`profiled`](Auto::profiled) uses it in this one.
    ///
    /// A GPU that is a software rasterizer is measured only if the policy lets it be chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if loop, simd and threads may not all be chosen; what may go wrong on a GPU.
    pub fn calibrate(&self, progress: &mut dyn Progress) -> Result<Profile> {
        #[allow(unused_mut, reason = "a build without GPUs has no more")]
        let mut contenders = Regret::contenders(self);
        #[cfg(feature = "gpu")]
        if let Some(gpu) = self.gpu() {
            contenders.push(Box::new(crate::bench::device::OnDevice::resident(gpu.clone())));
        }
        Profile::measure(&contenders, &SystemClock, progress)
    }
}

impl Profile {
    /// Measures what these contenders can do by a clock: loop, simd and threads on arrays of the host, and if there is a GPU,
    /// that on arrays of the host and on its own.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if one of them is not there, and whatever goes wrong in a run.
    pub fn measure(
        contenders: &[Box<dyn Contender>],
        clock: &dyn Clock,
        progress: &mut dyn Progress,
    ) -> Result<Profile> {
        let infos: Vec<Info> = contenders.iter().map(|contender| contender.info()).collect();
        for kind in [Kind::Loop, Kind::Simd, Kind::Threads] {
            if !infos.iter().any(|info| info.kind == kind) {
                return Err(Error::Unavailable {
                    what: format!("a calibration without the {kind} backend"),
                    reason: "the model predicts each by what the others do".to_owned(),
                    remedy: "let the policy choose among all".to_owned(),
                });
            }
        }
        let start = clock.now();
        let all = contenders.iter().flat_map(|contender| probe::all(contender.info().kind, contender.regime()));
        let longest = all.map(|probe| probe.len).max();
        let data = probe::data(longest.unwrap_or(0));
        let calibration = Calibration::new(contenders, &data, clock, start);
        let Outcome { found, unsettled, slowdown } = calibration.run(progress)?;
        let (cpu, gpu) = fit(&found, ProcessorKey::of(&infos), AdapterKey::of(&infos));
        Ok(Profile {
            schema: Profile::SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            measured: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            unsettled,
            slowdown,
            cpu,
            gpu,
        })
    }
}

/// A calibration under way.
struct Calibration<'a> {
    entries: Vec<Entry<'a>>,
    data: &'a [f32],
    sampler: Sampler<'a>,
    clock: &'a dyn Clock,
    start: Duration,
}

/// A probe that is ready to run.
struct Entry<'a> {
    contender: &'a dyn Contender,
    probe: Probe,
    /// None until its turn comes in the first round: its memory is not there before.
    runner: Option<(Box<dyn Runner + 'a>, usize)>,
    samples: Vec<f64>,
    /// The least and the sum of them, before they are evened out.
    raw: (f64, f64),
}

/// What a calibration found.
struct Outcome {
    found: Found,
    /// What went on changing.
    unsettled: Vec<String>,
    /// How many times longer than at their best the samples took.
    slowdown: Option<f64>,
}

impl<'a> Calibration<'a> {
    fn new(contenders: &'a [Box<dyn Contender>], data: &'a [f32], clock: &'a dyn Clock, start: Duration) -> Self {
        let mut entries = Vec::new();
        for contender in contenders {
            for probe in probe::all(contender.info().kind, contender.regime()) {
                entries.push(Entry {
                    contender: &**contender,
                    probe,
                    runner: None,
                    samples: Vec::new(),
                    raw: (f64::INFINITY, 0.0),
                });
            }
        }
        Calibration { entries, data, sampler: Sampler::new(clock, SAMPLE), clock, start }
    }

    /// Runs all probes.
    fn run(mut self, progress: &mut dyn Progress) -> Result<Outcome> {
        let total = self.entries.len() * (ROUNDS.0 + 1);
        let mut done = 0;
        for entry in &mut self.entries {
            entry.runner = Some(entry.prepare(self.data, &self.sampler)?);
            done += 1;
            progress.progress(done, total);
        }
        let more = |round: usize, entries: &mut [Entry<'_>]| {
            even_out(entries);
            let late = self.clock.now().saturating_sub(self.start) >= BUDGET;
            let settled = round >= 2 * ROUNDS.0 && restless(entries).is_empty();
            round < ROUNDS.1 && (round < ROUNDS.0 || !late && !settled)
        };
        let sample = |entry: &mut Entry<'_>| {
            done = (done + 1).min(total);
            progress.progress(done, total);
            or_break(entry.sample(&self.sampler))
        };
        completed(interleave(&mut self.entries, more, sample))?;
        let unsettled = restless(&self.entries);
        let found = self.entries.iter().map(|entry| (entry.probe.clone(), estimate(&entry.samples)));
        Ok(Outcome { found: Found(found.collect()), unsettled, slowdown: self.slowdown() })
    }

    /// Returns how many times longer than at their best the samples took on average, by the median probe. What else runs on the
    /// machine is interleaved with them, and so leaves some alone.
    fn slowdown(&self) -> Option<f64> {
        let mean = |entry: &Entry<'_>| entry.raw.1 / entry.samples.len() as f64;
        let slowdowns: Vec<f64> = self.entries.iter().map(|entry| mean(entry) / entry.raw.0).collect();
        Some(Quantiles::of(&slowdowns).q50).filter(|slowdown| slowdown.is_finite())
    }
}

/// Takes out of all samples what a slower moment of the machine did to all alike: each round is made as long as the others.
/// What decides between two backends is how their times compare, not how fast the machine was just then.
fn even_out(entries: &mut [Entry<'_>]) {
    let rounds = entries.iter().map(|entry| entry.samples.len()).min().unwrap_or(0);
    let factor = |round: usize| {
        let relative = |entry: &Entry<'_>| entry.samples[round] / Quantiles::of(&entry.samples[..rounds]).q50;
        Quantiles::of(&entries.iter().map(relative).collect::<Vec<_>>()).q50
    };
    let factors: Vec<f64> = (0..rounds).map(factor).collect();
    for entry in entries {
        entry.samples.iter_mut().zip(&factors).for_each(|(sample, factor)| *sample /= factor);
    }
}

/// Returns the probes whose times continue changing, in words; none if they are few.
fn restless(entries: &[Entry<'_>]) -> Vec<String> {
    let changing = |entry: &&Entry<'_>| {
        let (early, late) = entry.samples.split_at(entry.samples.len() / 2);
        let ratio = estimate(late).median / estimate(early).median;
        !early.is_empty() && !(1.0 / SETTLED..=SETTLED).contains(&ratio)
    };
    let found: Vec<String> = entries.iter().filter(changing).map(|entry| entry.probe.to_string()).collect();
    if found.len() as f64 > RESTLESS * entries.len() as f64 { found } else { Vec::new() }
}

impl<'a> Entry<'a> {
    /// Makes the probe ready, warm, and finds how many runs make a sample.
    fn prepare(&self, data: &'a [f32], sampler: &Sampler<'_>) -> Result<(Box<dyn Runner + 'a>, usize)> {
        let kernel = self.probe.kernel();
        let args = vec![Arg::from(&data[..self.probe.len]); kernel.inputs().len()];
        let mut runner = self.contender.prepare(&kernel, &args, self.probe.len)?;
        runner.repeat(self.probe.warm_up())?;
        let times = sampler.runs(&mut *runner)?;
        Ok((runner, times))
    }

    fn sample(&mut self, sampler: &Sampler<'_>) -> Result<()> {
        if let Some((runner, times)) = &mut self.runner {
            if self.probe.kind == Kind::Threads {
                // The others ran on one core: by now the helpers sleep, and their caches hold something else.
                runner.repeat(*times)?;
            }
            let seconds = sampler.sample(&mut **runner, *times)?;
            self.raw = (self.raw.0.min(seconds), self.raw.1 + seconds);
            self.samples.push(seconds);
        }
        Ok(())
    }
}

/// Returns the quantiles of samples, of which the slowest is left out: it is the machine's doing.
fn estimate(samples: &[f64]) -> Estimate {
    let Quantiles { q05, q50, q95 } = Quantiles::without_slowest(samples);
    Estimate { low: q05, median: q50, high: q95 }
}
