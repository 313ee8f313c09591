//! Computes the figures of the model from the times of the probes.

use super::probe::{FORKED, LITTLE, NEAR, NONE, PASSES, Probe, SHARED, SIZES, SPREAD, STEPS, WHOLE, What};
use crate::backend::auto::machine::{Card, Core, Team};
use crate::backend::auto::profile::{Adapter, AdapterKey, Processor, ProcessorKey};
use crate::backend::auto::{Curve, Estimate};
use crate::backend::{CHUNK, Kind};
use crate::bench::regime::Regime;

/// Bytes of an element.
const SIZE: f64 = size_of::<f32>() as f64;

/// The least that it can take to share a run: less than that cannot be distinguished from the arithmetic around it.
const LEAST_FORK: f64 = 100e-9;

/// What the probes took, in seconds a run.
pub(super) struct Found(pub(super) Vec<(Probe, Estimate)>);

impl Found {
    /// Returns what a probe took; nothing if there was no such probe.
    fn time(&self, probe: &Probe) -> Estimate {
        self.0.iter().find(|(other, _)| other == probe).map(|(_, time)| *time).unwrap_or_default()
    }
}

/// Returns the model's figures from the probes' times.
pub(super) fn fit(found: &Found, cpu: ProcessorKey, gpu: Option<AdapterKey>) -> (Processor, Option<Adapter>) {
    let lanes = core(found, Kind::Simd);
    let team = team(found);
    let gpu = gpu.map(|of| Adapter { of, card: card(found) });
    (Processor { of: cpu, scalar: core(found, Kind::Loop), lanes, team }, gpu)
}

fn time(found: &Found, kind: Kind, regime: Regime, what: What, len: usize) -> Estimate {
    found.time(&Probe { kind, regime, what, len })
}

fn core(found: &Found, kind: Kind) -> Core {
    let at = |what, len| time(found, kind, Regime::Host, what, len);
    let call = at(What::Copy, NONE);
    // What is left when few steps are taken from many is arithmetic alone: a product and a sum for each.
    let [few, many, _] = STEPS;
    let steps = at(What::Steps(many), NEAR).less(at(What::Steps(few), NEAR));
    let pass = at(What::Passes(PASSES), NONE).less(call).times(1.0 / PASSES as f64);
    let operators = found.0.iter().filter_map(|(probe, time)| match probe.what {
        What::Operator(name) if probe.kind == kind => {
            Some((name.to_owned(), time.less(call.plus(pass)).times(1.0 / probe.len as f64)))
        }
        _ => None,
    });
    Core {
        call,
        pass,
        join: at(What::Reduction, NONE).less(call),
        simple: steps.times(1.0 / (2 * (many - few) * NEAR) as f64),
        operators: operators.collect(),
        copy: curve(found, kind, What::Copy, call),
        fold: curve(found, kind, What::Reduction, at(What::Reduction, NONE)),
    }
}

/// Returns the seconds a byte over bytes in use, without what a run takes anyway.
fn curve(found: &Found, kind: Kind, what: What, fixed: Estimate) -> Curve {
    let arrays = if what == What::Copy { 2.0 } else { 1.0 };
    let sizes = SIZES.into_iter().filter(|len| kind != Kind::Threads || *len >= SHARED);
    let points = sizes.map(|len| {
        let bytes = arrays * SIZE * len as f64;
        (bytes, time(found, kind, Regime::Host, what, len).less(fixed).times(1.0 / bytes))
    });
    Curve { points: points.collect() }
}

fn team(found: &Found) -> Team {
    let steps = |kind, len| time(found, kind, Regime::Host, What::Steps(STEPS[2]), len);
    // What it costs to share a run is in both, so that it is not in their difference.
    let more = |kind| steps(kind, SPREAD).median - steps(kind, FORKED).median;
    let speedup = more(Kind::Simd) / more(Kind::Threads);
    let speedup = Estimate::within(speedup.max(1.0), 1.05);
    let share = steps(Kind::Simd, FORKED).zip(speedup, |time, speedup| time / speedup);
    let fork = steps(Kind::Threads, FORKED).less(share).map(|fork| fork.max(LEAST_FORK));
    Team {
        fork,
        speedup,
        copy: curve(found, Kind::Threads, What::Copy, fork),
        fold: curve(found, Kind::Threads, What::Reduction, fork),
    }
}

fn card(found: &Found) -> Card {
    let host = |what, len| time(found, Kind::Gpu, Regime::Host, what, len);
    let device = |what, len| time(found, Kind::Gpu, Regime::Resident, what, len);
    let bytes = |len: usize| SIZE * len as f64;
    let (latency, submit) = (host(What::Copy, LITTLE), device(What::Copy, LITTLE));
    let memory = device(What::Copy, WHOLE).less(submit).times(0.5 / bytes(WHOLE));
    // Two operations a step. If the memory is what it waits for, the arithmetic is no slower than that.
    let simple = device(What::Steps(STEPS[2]), CHUNK).less(submit).times(0.5 / (STEPS[2] * CHUNK) as f64);
    let upload = host(What::Reduction, CHUNK).less(latency).less(memory.times(bytes(CHUNK))).times(1.0 / bytes(CHUNK));
    let there = latency.plus(upload.times(bytes(CHUNK))).plus(memory.times(2.0 * bytes(CHUNK)));
    let download = host(What::Copy, CHUNK).less(there).times(1.0 / bytes(CHUNK));
    let mut card = Card { latency, submit, upload, download, memory, simple, overlap: 0.0, chunk: CHUNK };
    card.overlap = overlap(&card, host(What::Copy, WHOLE));
    card
}

/// Returns how far the stages of several chunks overlap, from what they take together.
fn overlap(card: &Card, whole: Estimate) -> f64 {
    let bytes = SIZE * WHOLE as f64;
    let stages = [card.upload.median, 2.0 * card.memory.median, card.download.median].map(|seconds| seconds * bytes);
    let (sum, busiest) = (stages.iter().sum::<f64>(), stages.iter().fold(0.0, |a: f64, b| a.max(*b)));
    let hidden = sum - (whole.median - card.latency.median);
    let most = (sum - busiest) * (1.0 - CHUNK as f64 / WHOLE as f64);
    if most > 0.0 { (hidden / most).clamp(0.0, 1.0) } else { 0.0 }
}
