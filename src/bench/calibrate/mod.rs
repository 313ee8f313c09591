//! Calibration: measuring what the model of `auto` needs to know about this machine.
//!
//! In order: [`probe`] says what is run, [`Calibration`] runs it, all probes interleaved in many rounds, so that a
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
use crate::bench::contender::Contender;
use crate::bench::interleave::{completed, interleave, or_break};
use crate::bench::quantiles::Quantiles;
use crate::bench::regret::Regret;
use crate::bench::sampler::{Sampled, Sampler};
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

/// Receives the progress of a calibration, in steps. It may end before the last.
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
    /// [`Error::Unavailable`] if loop, simd and threads may not all be chosen; any device error.
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
    contenders: &'a [Box<dyn Contender>],
    data: &'a [f32],
    sampler: Sampler<'a>,
    clock: &'a dyn Clock,
    start: Duration,
}

/// A probe that is ready to run.
struct Entry<'a> {
    probe: Probe,
    sampled: Sampled<'a>,
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
        Calibration { contenders, data, sampler: Sampler::new(clock, SAMPLE), clock, start }
    }

    /// Runs all probes.
    fn run(self, progress: &mut dyn Progress) -> Result<Outcome> {
        let of = |contender: &'a dyn Contender| {
            probe::all(contender.info().kind, contender.regime()).into_iter().map(move |probe| (contender, probe))
        };
        let probes: Vec<_> = self.contenders.iter().flat_map(|contender| of(&**contender)).collect();
        let total = probes.len() * (ROUNDS.0 + 1);
        let (mut done, mut entries) = (0, Vec::new());
        for (contender, probe) in probes {
            entries.push(Entry::new(contender, probe, self.data, &self.sampler)?);
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
        completed(interleave(&mut entries, more, sample))?;
        let (unsettled, slowdown) = (restless(&entries), slowdown(&entries));
        let found = entries.into_iter().map(|entry| (entry.probe, estimate(&entry.sampled.samples)));
        Ok(Outcome { found: Found(found.collect()), unsettled, slowdown })
    }
}

/// Returns how many times longer than at their best the samples took on average, by the median probe. What else runs on the
/// machine is interleaved with them, and so leaves some alone.
fn slowdown(entries: &[Entry<'_>]) -> Option<f64> {
    let mean = |entry: &Entry<'_>| entry.raw.1 / entry.sampled.samples.len() as f64;
    let slowdowns: Vec<f64> = entries.iter().map(|entry| mean(entry) / entry.raw.0).collect();
    Some(Quantiles::of(&slowdowns).q50).filter(|slowdown| slowdown.is_finite())
}

/// Takes out of all samples what a slower moment of the machine did to all alike: each round is made as long as the others.
/// What decides between two backends is how their times compare, not how fast the machine was just then.
fn even_out(entries: &mut [Entry<'_>]) {
    let rounds = entries.iter().map(|entry| entry.sampled.samples.len()).min().unwrap_or(0);
    let factor = |round: usize| {
        let relative = |samples: &[f64]| samples[round] / Quantiles::of(&samples[..rounds]).q50;
        Quantiles::of(&entries.iter().map(|entry| relative(&entry.sampled.samples)).collect::<Vec<_>>()).q50
    };
    let factors: Vec<f64> = (0..rounds).map(factor).collect();
    for entry in entries {
        entry.sampled.samples.iter_mut().zip(&factors).for_each(|(sample, factor)| *sample /= factor);
    }
}

/// Returns the probes whose times continue changing, in words; none if they are few.
fn restless(entries: &[Entry<'_>]) -> Vec<String> {
    let changing = |entry: &&Entry<'_>| {
        let samples = &entry.sampled.samples;
        let (early, late) = samples.split_at(samples.len() / 2);
        let ratio = estimate(late).median / estimate(early).median;
        !early.is_empty() && !(1.0 / SETTLED..=SETTLED).contains(&ratio)
    };
    let found: Vec<String> = entries.iter().filter(changing).map(|entry| entry.probe.to_string()).collect();
    if found.len() as f64 > RESTLESS * entries.len() as f64 { found } else { Vec::new() }
}

impl<'a> Entry<'a> {
    /// Makes a probe ready, warm, and finds how many runs make a sample.
    fn new(contender: &'a dyn Contender, probe: Probe, data: &'a [f32], sampler: &Sampler<'_>) -> Result<Self> {
        let kernel = probe.kernel();
        let args = vec![Arg::from(&data[..probe.len]); kernel.inputs().len()];
        let mut runner = contender.prepare(&kernel, &args, probe.len)?;
        runner.repeat(probe.warm_up())?;
        Ok(Entry { sampled: Sampled::new(runner, sampler)?, probe, raw: (f64::INFINITY, 0.0) })
    }

    fn sample(&mut self, sampler: &Sampler<'_>) -> Result<()> {
        if self.probe.kind == Kind::Threads {
            // The others ran on one core: by now the helpers sleep, and their caches hold something else.
            self.sampled.runner.repeat(self.sampled.times)?;
        }
        let seconds = self.sampled.sample(sampler)?;
        self.raw = (self.raw.0.min(seconds), self.raw.1 + seconds);
        Ok(())
    }
}

/// Returns the quantiles of samples, of which the slowest is left out: it is the machine's doing.
fn estimate(samples: &[f64]) -> Estimate {
    let Quantiles { q05, q50, q95 } = Quantiles::without_slowest(samples);
    Estimate { low: q05, median: q50, high: q95 }
}
