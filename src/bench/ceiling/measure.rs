//! How the ceilings are measured: what, over how many bytes, and how often.

use std::cell::Cell;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use super::machine::{Machine, Unit, Way};
use super::{Bandwidth, Ceilings, CpuCeiling, DeviceBandwidth, GpuCeiling};
use crate::backend::Memory;
use crate::bench::chain;
use crate::bench::clock::Clock;
use crate::bench::contender::Contender;
use crate::bench::interleave::interleave;
use crate::bench::regime::Regime;
use crate::bench::sampler::Sampler;
use crate::error::Result;
use crate::formula::Identity;
use crate::kernel::Kernel;

const WAYS: [Way; 5] = [Way::Copy, Way::Lanes, Way::Streaming, Way::Read, Way::ReadTwo];

/// Bytes in use, the least and the most: within every first-level cache, and beyond most of the last.
const BYTES: (usize, usize) = (16 << 10, 256 << 20);
/// How long a sample is to take: so long that an interrupt spoils it alone, and that threads have long begun.
const SAMPLE: Duration = Duration::from_micros(200);
/// The most bytes that a sample moves unless one time moves more, so that a clock that stands still ends too.
const MOVED: usize = 64 << 20;
/// The most times that a sample computes, for the same reason.
const COMPUTED: usize = 1 << 12;
/// The minimum length of a sample in steps of the clock.
const STEPS: u32 = 20;
/// How often everything is sampled at most, and how long that may take: the first round is finished, whatever it takes.
const ROUNDS: usize = 9;
const BUDGET: Duration = Duration::from_millis(1200);
/// A rate is confirmed by the third best of its samples, if it is as high within this factor: the best of a busy machine's
/// is a matter of luck. What is not confirmed is sampled on, this many rounds at most, as long as that.
const CONFIRMED: f64 = 0.9;
const FURTHER_ROUNDS: usize = 60;
const LIMIT: Duration = Duration::from_millis(3600);

/// Elements of a GPU's arrays, the least and the most, and how many times more each is; and the most if it is a program on the
/// CPU, whose caches they need not leave, nor the launch be short beside them.
const DEVICE: (usize, usize) = (1 << 16, 1 << 24);
const SOFTWARE: usize = 1 << 20;
const GROWTH: usize = 8;
/// The same for a GPU's arithmetic.
const COMPUTING: [usize; 5] = [1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24];
/// How long a run of arithmetic has to take for its launch not to count.
const LONG: Duration = Duration::from_millis(3);
/// Samples of each of a GPU's rates, how long one is to take, and how long all may take.
const DEVICE_ROUNDS: usize = 4;
const DEVICE_SAMPLE: Duration = Duration::from_millis(1);
const DEVICE_BUDGET: Duration = Duration::from_millis(600);

/// What is bounded.
pub(crate) struct Subject<'a> {
    pub(crate) contenders: &'a [Box<dyn Contender>],
    /// The maximum number of elements, and of bytes that a run has in use.
    pub(crate) elements: usize,
    pub(crate) bytes: usize,
}

/// Measures the rates that contenders may reach. Returns `None` if the clock does not see the machine work, if nothing can be
/// measured, or if it is cancelled.
pub(crate) fn measure(
    subject: &Subject<'_>,
    machine: &mut dyn Machine,
    clock: &dyn Clock,
    step: Duration,
    mut cancelled: impl FnMut() -> bool,
) -> Option<Ceilings> {
    let least = step * STEPS;
    // A clock of one's own may stand still but for one's own contenders.
    machine.moves(clock, Way::Copy, 1, 1 << 20, 1).filter(|took| *took >= least.max(Duration::from_nanos(1)))?;
    let mut probes = probes(subject);
    let start = clock.now();
    let further = Cell::new(false);
    let more = |round: usize, _: &mut [Probe]| {
        let over = round >= ROUNDS || round > 0 && clock.now().saturating_sub(start) > BUDGET;
        further.set(further.get() || over);
        round < ROUNDS + FURTHER_ROUNDS
    };
    let sample = |probe: &mut Probe| {
        let late = || clock.now().saturating_sub(start) > LIMIT;
        if further.get() && (probe.is_confirmed() || late()) {
            return ControlFlow::Continue(());
        }
        if cancelled() {
            return ControlFlow::Break(());
        }
        probe.sample(machine, clock, least);
        ControlFlow::Continue(())
    };
    if interleave(&mut probes, more, sample).is_break() {
        return None;
    }
    let unconfirmed = probes.iter().filter(|probe| !probe.is_confirmed()).map(Probe::to_string).collect();
    let mut ceilings = Ceilings { cpu: processors(&probes), gpu: None, unconfirmed };
    ceilings.gpu = on_device(subject, clock, least);
    (!ceilings.cpu.is_empty() || ceilings.gpu.is_some()).then_some(ceilings)
}

/// Returns the numbers of threads that contenders have.
fn threads(subject: &Subject<'_>) -> Vec<usize> {
    let infos: Vec<_> = subject.contenders.iter().map(|contender| contender.info()).collect();
    let counts = || infos.iter().filter_map(|info| info.threads);
    let mut all: Vec<usize> = counts().find(|count| *count == 1).into_iter().chain(counts().max()).collect();
    all.dedup();
    all
}

/// Returns how many bytes are in use, from the least to the most of a sweep, each about twice as many.
fn sizes(most: usize) -> Vec<usize> {
    let most = most.clamp(BYTES.0, BYTES.1);
    let mut all: Vec<usize> =
        std::iter::successors(Some(BYTES.0), |bytes| Some(bytes * 2)).take_while(|bytes| *bytes < most).collect();
    // What is next to the last one adds nothing.
    if all.last().is_some_and(|last| last * 4 > most * 3) {
        all.pop();
    }
    all.push(most);
    all
}

/// One rate of the processor.
struct Probe {
    threads: usize,
    what: What,
    /// Times in a sample, once that is known.
    times: Option<usize>,
    /// Bytes or operations a nanosecond, from the most on.
    rates: Vec<f64>,
}

/// `copying 65536 bytes with 2 threads`.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Moves(Way::Copy | Way::Lanes, bytes) => write!(f, "copying {bytes} bytes"),
            What::Moves(Way::Streaming, bytes) => write!(f, "copying {bytes} bytes past the caches"),
            What::Moves(Way::Read | Way::ReadTwo, bytes) => write!(f, "reading {bytes} bytes"),
            What::Computes(Unit::Scalar) => write!(f, "computing one number at a time"),
            What::Computes(Unit::Lanes) => write!(f, "computing on lanes"),
        }?;
        write!(f, " with {}", crate::text::threads(self.threads))
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum What {
    Moves(Way, usize),
    Computes(Unit),
}

fn probes(subject: &Subject<'_>) -> Vec<Probe> {
    let mut all = Vec::new();
    for threads in threads(subject) {
        let moves = sizes(subject.bytes).into_iter().flat_map(|bytes| WAYS.map(|way| What::Moves(way, bytes)));
        let units = [Unit::Scalar, Unit::Lanes].into_iter().filter(|unit| threads == 1 || *unit == Unit::Lanes);
        let whats = moves.chain(units.map(What::Computes));
        all.extend(whats.map(|what| Probe { threads, what, times: None, rates: Vec::new() }));
    }
    all
}

impl Probe {
    fn sample(&mut self, machine: &mut dyn Machine, clock: &dyn Clock, least: Duration) {
        let mut run = |times| match self.what {
            What::Moves(way, bytes) => {
                Some((machine.moves(clock, way, self.threads, bytes, times)?, bytes as f64, MOVED / bytes))
            }
            What::Computes(unit) => {
                let (took, operations) = machine.computes(clock, unit, self.threads, times)?;
                Some((took, operations, COMPUTED))
            }
        };
        let times = match self.times {
            Some(times) => times,
            None => {
                // The first warms up.
                let Some((took, _, most)) = run(1).and_then(|_| run(1)) else { return };
                let wanted = SAMPLE.max(least * 2).as_secs_f64() / took.as_secs_f64().max(1e-9);
                *self.times.insert((wanted.ceil() as usize).min(most).max(1))
            }
        };
        if let Some((took, amount, _)) = run(times).filter(|(took, ..)| *took >= least && !took.is_zero()) {
            let rate = amount * times as f64 / took.as_secs_f64() / 1e9;
            self.rates.push(rate);
            self.rates.sort_unstable_by(|one, other| other.total_cmp(one));
        }
    }

    fn best(&self) -> Option<f64> {
        self.rates.first().copied()
    }

    /// Returns whether the machine has reached its rate again. One sample alone is not held against it.
    fn is_confirmed(&self) -> bool {
        let again = self.rates.get(2).or(self.rates.last());
        again.zip(self.best()).is_none_or(|(again, best)| *again >= CONFIRMED * best)
    }
}

/// Returns what the probes found.
fn processors(probes: &[Probe]) -> Vec<CpuCeiling> {
    let mut all: Vec<CpuCeiling> = Vec::new();
    for probe in probes {
        if all.last().is_none_or(|last| last.threads != probe.threads) {
            let (memory, none) = (Vec::new(), None);
            all.push(CpuCeiling { threads: probe.threads, memory, scalar_gflop_per_s: none, gflop_per_s: none });
        }
        let Some(cpu) = all.last_mut() else { continue };
        match probe.what {
            What::Computes(Unit::Scalar) => cpu.scalar_gflop_per_s = probe.best(),
            What::Computes(Unit::Lanes) => cpu.gflop_per_s = probe.best(),
            What::Moves(way, bytes) => {
                if cpu.memory.last().is_none_or(|last| last.bytes != bytes) {
                    cpu.memory.push(Bandwidth { bytes, copy: None, streaming_copy: None, read: None });
                }
                let Some(at) = cpu.memory.last_mut() else { continue };
                let rate = match way {
                    Way::Copy | Way::Lanes => &mut at.copy,
                    Way::Streaming => &mut at.streaming_copy,
                    Way::Read | Way::ReadTwo => &mut at.read,
                };
                *rate = rate.iter().copied().chain(probe.best()).max_by(f64::total_cmp);
            }
        }
    }
    all.retain(|cpu| cpu.memory.iter().any(|each| each.copy.is_some()));
    all
}

/// Returns what the sweep's GPU reaches, if it has one that works.
fn on_device(subject: &Subject<'_>, clock: &dyn Clock, least: Duration) -> Option<GpuCeiling> {
    let all = || subject.contenders.iter().map(|each| &**each).filter(|each| each.info().memory == Memory::Device);
    // One of each regime: of chunks that vary, the largest.
    let ways: Vec<&dyn Contender> =
        Regime::ALL.into_iter().filter_map(|regime| all().rfind(|way| way.regime() == regime)).collect();
    let software = ways.iter().any(|way| way.info().is_software());
    let limit = subject.elements.clamp(DEVICE.0, if software { SOFTWARE } else { DEVICE.1 });
    let lens = std::iter::successors(Some(limit), |len| Some(len / GROWTH)).take_while(|len| *len >= DEVICE.0);
    let (start, copy) = (clock.now(), Kernel::new("copy", Identity));
    let sampler = Sampler::new(clock, DEVICE_SAMPLE);
    let mut memory = Vec::new();
    // The largest first: it shows most, should there be time for no other.
    for len in lens {
        if !memory.is_empty() && clock.now().saturating_sub(start) > DEVICE_BUDGET {
            break;
        }
        let data = vec![1.0; len];
        for way in &ways {
            let (regime, one) = (way.regime(), len * size_of::<f32>());
            let kernel = regime.kernel(&copy);
            let bytes = if matches!(regime, Regime::Compute | Regime::Scalar) { one } else { 2 * one };
            let best = best_run(*way, &kernel, &data, &sampler).ok().filter(|took| *took >= least.as_secs_f64());
            memory.extend(best.filter(|took| *took > 0.0).map(|took| DeviceBandwidth {
                regime,
                bytes,
                gb_per_s: bytes as f64 / took / 1e9,
            }));
        }
    }
    memory.sort_by_key(|each| (each.regime, each.bytes));
    let resident = ways.iter().find(|way| way.regime() == Regime::Resident);
    let gflop_per_s = resident.and_then(|way| computing(*way, &sampler, least));
    (!memory.is_empty()).then_some(GpuCeiling { memory, gflop_per_s })
}

/// Measures 10⁹ operations per second on a device: of as many elements as it takes for a launch not to count.
fn computing(way: &dyn Contender, sampler: &Sampler<'_>, least: Duration) -> Option<f64> {
    let kernels = chain::of_device();
    let mut best: Option<f64> = None;
    for len in COMPUTING {
        let data = vec![0.5; len];
        let mut longest = 0.0_f64;
        for kernel in &kernels {
            let operations = kernel.program().flops().unwrap_or(0) as f64 * len as f64;
            let took = best_run(way, kernel, &data, sampler).ok().filter(|took| *took >= least.as_secs_f64())?;
            longest = longest.max(took);
            let rate = operations / took / 1e9;
            best = best.into_iter().chain([rate]).filter(|rate| rate.is_finite()).max_by(f64::total_cmp);
        }
        if longest >= LONG.as_secs_f64() {
            break;
        }
    }
    best
}

/// Returns the least seconds that a run took.
fn best_run(way: &dyn Contender, kernel: &Kernel, data: &[f32], sampler: &Sampler<'_>) -> Result<f64> {
    let mut runner = way.prepare(kernel, &[data.into()], data.len())?;
    // The first compiles.
    runner.run()?;
    let once = sampler.sample(&mut *runner, 1)?;
    let times = (DEVICE_SAMPLE.as_secs_f64() / once.max(1e-6)).ceil().clamp(1.0, 100.0) as usize;
    let mut best = once;
    for _ in 0..DEVICE_ROUNDS {
        best = best.min(sampler.sample(&mut *runner, times)?);
    }
    Ok(best)
}
