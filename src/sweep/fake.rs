//! A clock and contenders whose every figure is known beforehand.

use std::rc::Rc;
use std::time::Duration;

pub(super) use super::costs::FakeClock;
use super::costs::THREADS;
use super::*;
use crate::backend::{Info, Isa, Kind, Loop, Memory};
use crate::bench::ceiling::{Machine, Unit, Way};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// How a fake contender behaves.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Manner {
    Right,
    /// The last element is one ULP beyond the bound, or more.
    WrongAtTheEnd,
    WritesNothing,
    /// Fails from its run of this number on, from 0.
    BreaksAfter(usize),
}

/// Runs nothing but the clock: each batch takes as long as the next of `batches` says for each run, in turn.
pub(super) struct Fake {
    clock: FakeClock,
    kind: Kind,
    micros: Vec<u64>,
    manner: Manner,
    /// How many runs each batch had.
    pub batches: Rc<std::cell::RefCell<Vec<usize>>>,
}

impl Fake {
    pub fn new(clock: &FakeClock, micros: &[u64], manner: Manner) -> Self {
        Fake::of(clock, Kind::named("fake"), micros, manner)
    }

    pub fn of(clock: &FakeClock, kind: Kind, micros: &[u64], manner: Manner) -> Self {
        Fake { clock: clock.clone(), kind, micros: micros.to_vec(), manner, batches: Rc::default() }
    }
}

impl Contender for Fake {
    fn info(&self) -> Info {
        let threads = if matches!(self.kind, Kind::Threads | Kind::Auto) { FakeMachine::THREADS } else { 1 };
        match self.kind {
            Kind::Gpu => Info { memory: Memory::Device, ..Info::new(Kind::Gpu) },
            kind => Info { isa: Some(Isa::Wide), threads: Some(threads), ..Info::new(kind) },
        }
    }

    fn regime(&self) -> Regime {
        Regime::Host
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let mut out = vec![f32::NAN; len];
        if self.manner != Manner::WritesNothing {
            Loop.run(kernel, args, &mut out)?;
        }
        if self.manner == Manner::WrongAtTheEnd {
            out[len - 1] += 1e-3;
        }
        Ok(Box::new(Faked { fake: self, out, runs: 0 }))
    }
}

struct Faked<'a> {
    fake: &'a Fake,
    out: Vec<f32>,
    runs: usize,
}

impl Runner for Faked<'_> {
    fn run(&mut self) -> Result<()> {
        self.repeat(1)
    }

    fn repeat(&mut self, times: usize) -> Result<()> {
        self.runs += times;
        if matches!(self.fake.manner, Manner::BreaksAfter(runs) if self.runs > runs) {
            return Err(Error::DeviceLost { reason: "somebody pulled the cable".to_owned() });
        }
        let mut batches = self.fake.batches.borrow_mut();
        let micros = self.fake.micros[batches.len() % self.fake.micros.len()];
        self.fake.clock.pass(Duration::from_micros(micros) * times as u32);
        batches.push(times);
        Ok(())
    }

    fn output(&mut self) -> Result<&[f32]> {
        Ok(&self.out)
    }
}

/// A machine whose threads each copy at 100 bytes a nanosecond, from 40 kB on at 80, and on lanes 1.2 times as fast; past the
/// caches at 20; sum one array at 40 and two at 80; and compute 10 operations, or 160 on lanes.
pub(super) struct FakeMachine {
    clock: FakeClock,
    /// What the reference takes, in microseconds, the next one last.
    works: Vec<u64>,
    /// How many times longer than on a calm machine the sample takes that begins at a time.
    slower: fn(Duration) -> f64,
}

impl FakeMachine {
    pub const THREADS: usize = THREADS;

    pub fn factory(clock: &FakeClock) -> impl Fn(Option<Isa>) -> Box<dyn Machine> + 'static {
        let clock = clock.clone();
        move |_| Box::new(FakeMachine { clock: clock.clone(), works: Vec::new(), slower: |_| 1.0 })
    }

    /// Returns one on which something else runs.
    pub fn slower(
        clock: &FakeClock,
        slower: fn(Duration) -> f64,
    ) -> impl Fn(Option<Isa>) -> Box<dyn Machine> + 'static {
        let clock = clock.clone();
        move |_| Box::new(FakeMachine { clock: clock.clone(), works: Vec::new(), slower })
    }

    /// Returns one whose reference takes this many microseconds, in turn.
    pub fn busy(clock: &FakeClock, micros: &[u64]) -> impl Fn(Option<Isa>) -> Box<dyn Machine> + 'static {
        let (clock, mut micros) = (clock.clone(), micros.to_vec());
        micros.reverse();
        move |_| Box::new(FakeMachine { clock: clock.clone(), works: micros.clone(), slower: |_| 1.0 })
    }

    fn pass(&self, amount: f64, rate: f64) -> Duration {
        let took = Duration::from_nanos((amount / rate * (self.slower)(self.clock.now())).round() as u64);
        self.clock.pass(took);
        took
    }
}

impl Machine for FakeMachine {
    fn moves(&mut self, _: &dyn Clock, way: Way, threads: usize, bytes: usize, times: usize) -> Option<Duration> {
        let rate = match way {
            Way::Copy | Way::Lanes => {
                if bytes < 40_000 {
                    100.0
                } else {
                    80.0
                }
            }
            Way::Streaming => 20.0,
            Way::Read => 40.0,
            Way::ReadTwo => 80.0,
        };
        let faster = if way == Way::Lanes { 1.2 } else { 1.0 };
        Some(self.pass((bytes * times) as f64, rate * faster * threads as f64))
    }

    fn computes(&mut self, _: &dyn Clock, unit: Unit, threads: usize, times: usize) -> Option<(Duration, f64)> {
        let rate = if unit == Unit::Scalar { 10.0 } else { 160.0 };
        let operations = (4096 * threads) as f64;
        Some((self.pass(operations * times as f64, rate * threads as f64), operations))
    }

    fn works(&mut self, _: &dyn Clock, _: usize, times: usize) -> Option<Duration> {
        let took = Duration::from_micros(*self.works.last()?) * times as u32;
        self.works.rotate_right(1);
        self.clock.pass(took);
        Some(took)
    }
}

/// Notes what it hears, and cancels once this many steps are done.
#[derive(Default)]
pub(super) struct Notes {
    pub measured: usize,
    pub failed: usize,
    pub missing: Vec<String>,
    pub progress: Vec<(usize, usize)>,
    pub cancel_at: Option<usize>,
}

impl Observer for Notes {
    fn missing(&mut self, missing: &Missing) {
        self.missing.push(missing.reason.clone());
    }
    fn progress(&mut self, done: usize, total: usize) {
        self.progress.push((done, total));
    }
    fn measured(&mut self, _: &Measurement) {
        self.measured += 1;
    }
    fn failed(&mut self, _: &Failure) {
        self.failed += 1;
    }
    fn cancelled(&mut self) -> bool {
        let done = self.progress.last().map_or(0, |(done, _)| *done);
        self.cancel_at.is_some_and(|at| done >= at)
    }
}
