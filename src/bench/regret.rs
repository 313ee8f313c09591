//! Regret: how much longer what `auto` chooses takes than what would have been the best.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;

use super::clock::Clock;
use super::contender::{Contender, Host};
use super::quantiles::Quantiles;
use super::regime::Regime;
use super::sampler::{Sampled, Sampler};
use super::sizes::Sizes;
use super::workload::{Data, Workload};
use crate::backend::auto::{Auto, Residency};
use crate::backend::{Backend, Kind};
use crate::bench::interleave::{completed, interleave, or_break};
use crate::error::Result;
use crate::formula::Identity;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// The least time of a sample.
const SAMPLE: Duration = Duration::from_millis(4);
/// The samples of each backend, interleaved.
const TRIALS: usize = 9;
/// A backend that is this many times slower than the best after a few samples gets no more: it is not the best.
const HOPELESS: f64 = 3.0;
const FEW: usize = 3;
/// Runs before the first that counts: backends that try several ways have tried them by then.
const WARM_UP: usize = 12;
/// Samples of auto's own cost, and the elements of a run that shows it.
const OWN: (usize, usize) = (101, 16);

/// How well `auto` chooses: the time of what it chose over that of the best, where 1 is the best choice.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Regret {
    /// One for each workload and size.
    pub cases: Vec<Case>,
    /// The geometric mean of all cases.
    pub geomean: f64,
    /// The regret that a twentieth of the cases exceed.
    pub p95: f64,
    /// What a call of a prepared kernel takes longer through `auto` than without it, in nanoseconds.
    pub overhead_ns: f64,
}

/// One workload at one size.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Case {
    /// The workload's name.
    pub workload: String,
    /// How many elements it ran over.
    pub elements: usize,
    /// What `auto` chose.
    pub chosen: Kind,
    /// What was the fastest.
    pub best: Kind,
    /// The time of the chosen one over that of the fastest, by the medians.
    pub regret: f64,
    /// The time that was predicted for the chosen one over what it took.
    pub predicted: f64,
}

impl Regret {
    /// Measures it on arrays of the host, or on those of the device if there are contenders whose arrays are there. `heard`
    /// hears of each case as soon as it is known, and ends the measurement by returning `false`.
    ///
    /// # Errors
    ///
    /// Whatever keeps a backend from running.
    pub fn measure(
        auto: &Auto,
        (workloads, sizes): (&[Workload], &Sizes),
        contenders: &[Box<dyn Contender>],
        clock: &dyn Clock,
        heard: &mut dyn FnMut(&Case) -> bool,
    ) -> Result<Regret> {
        let sampler = Sampler::new(clock, SAMPLE);
        let mut cases = Vec::new();
        let mut known: Option<(&Workload, Data)> = None;
        'all: for workload in workloads {
            // An input's numbers do not depend on the inputs after it: those of another workload may do.
            let serves = known.as_ref().is_some_and(|(other, _)| other.samples.starts_with(&workload.samples));
            let data = match known.take().filter(|_| serves) {
                Some(known) => known.1,
                None => workload.data(sizes.largest(), 1),
            };
            let (_, data) = known.insert((workload, data));
            for len in sizes.iter() {
                let args = &data.args(len)[..workload.samples.len()];
                let case = case(auto, workload, args, len, contenders, &sampler)?;
                let go_on = heard(&case);
                cases.push(case);
                if !go_on {
                    break 'all;
                }
            }
        }
        Ok(Regret::of(cases, own_cost(auto, &sampler)?))
    }

    /// Returns the contenders of the backends that `auto` may choose, on arrays of the host.
    pub fn contenders(auto: &Auto) -> Vec<Box<dyn Contender>> {
        let host = |backend| -> Box<dyn Contender> { Box::new(Host::new(Box::new(backend))) };
        auto.backends().into_iter().map(host).collect()
    }

    fn of(cases: Vec<Case>, overhead_ns: f64) -> Regret {
        let regrets: Vec<f64> = cases.iter().map(|case| case.regret).collect();
        let geomean = (regrets.iter().map(|regret| regret.ln()).sum::<f64>() / regrets.len() as f64).exp();
        let p95 = Quantiles::of(&regrets).q95;
        Regret { cases, geomean, p95, overhead_ns }
    }
}

fn case(
    auto: &Auto,
    workload: &Workload,
    args: &[Arg<'_>],
    len: usize,
    contenders: &[Box<dyn Contender>],
    sampler: &Sampler<'_>,
) -> Result<Case> {
    let mut entries = Vec::new();
    for contender in contenders {
        let mut runner = contender.prepare(&workload.kernel, args, len)?;
        let tries = contender.info().has_lanes();
        runner.repeat(if tries { WARM_UP } else { 1 })?;
        entries.push((contender.info().kind, Sampled::new(runner, sampler)?));
    }
    type Entry<'a> = (Kind, Sampled<'a>);
    let best = |entries: &[Entry<'_>]| entries.iter().map(|(_, each)| each.median()).fold(f64::INFINITY, f64::min);
    let hopeless = Cell::new(f64::INFINITY);
    let more = |trial: usize, entries: &mut [Entry<'_>]| {
        if trial == FEW {
            hopeless.set(HOPELESS * best(entries));
        }
        trial < TRIALS
    };
    let sample = |(_, each): &mut Entry<'_>| {
        if !each.samples.is_empty() && each.median() > hopeless.get() {
            return ControlFlow::Continue(());
        }
        or_break(each.sample(sampler).map(drop))
    };
    completed(interleave(&mut entries, more, sample))?;
    let on_device = contenders.iter().any(|contender| contender.regime() == Regime::Resident);
    let residency = if on_device { Residency::Device } else { Residency::Host };
    let arrays = args.iter().filter(|arg| arg.len().is_some()).count();
    let decision = auto.decide_with(&workload.kernel, arrays, len, residency);
    let fastest = entries.iter().min_by(|(_, a), (_, b)| a.median().total_cmp(&b.median()));
    let took = entries.iter().find(|(kind, _)| *kind == decision.chosen).map_or(f64::NAN, |(_, each)| each.median());
    let predicted = decision.candidates.first().and_then(|chosen| chosen.predicted);
    Ok(Case {
        workload: workload.name().to_owned(),
        elements: len,
        chosen: decision.chosen,
        best: fastest.map_or(decision.chosen, |(kind, _)| *kind),
        regret: took / best(&entries),
        predicted: predicted.map_or(f64::NAN, |predicted| predicted.median) / took,
    })
}

/// Returns what a call through `auto` takes longer than one without, in nanoseconds: both in turns, over next to nothing.
fn own_cost(auto: &Auto, sampler: &Sampler<'_>) -> Result<f64> {
    let (trials, len) = OWN;
    let kernel = Kernel::new("identity", Identity);
    let data = vec![0.5; len];
    let chosen = auto.decide(&kernel, len, Residency::Host).chosen;
    let Some(backend) = auto.backends().into_iter().find(|backend| backend.info().kind == chosen) else {
        return Ok(f64::NAN);
    };
    let hosts = [Host::new(Box::new(auto.clone())), Host::new(Box::new(backend))];
    let [through, without] = hosts.each_ref().map(|host| host.prepare(&kernel, &[(&data).into()], len));
    let mut both = [Sampled::new(through?, sampler)?, Sampled::new(without?, sampler)?];
    let times = both[0].times.max(both[1].times);
    both.iter_mut().for_each(|each| each.times = times);
    let sample = |each: &mut Sampled<'_>| or_break(each.sample(sampler).map(drop));
    completed(interleave(&mut both, |trial, _| trial < trials, sample))?;
    let [through, without] = both.map(|each| each.samples);
    let differences: Vec<f64> = through.iter().zip(without).map(|(through, without)| through - without).collect();
    Ok(Quantiles::of(&differences).q50 * 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_of_all_cases() {
        let case = |regret| Case {
            workload: "x".to_owned(),
            elements: 1,
            chosen: Kind::Simd,
            best: Kind::Simd,
            regret,
            predicted: 1.0,
        };
        let found = Regret::of(vec![case(1.0), case(1.0), case(8.0)], 7.0);
        assert!((found.geomean - 2.0).abs() < 1e-12, "{found:?}");
        assert!((found.p95 - 7.3).abs() < 1e-12, "{found:?}");
    }
}
