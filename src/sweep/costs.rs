//! A clock and contenders whose every cost is known beforehand. The tests of `crossover-report` include this file, too.
#![allow(dead_code, reason = "each test uses its own part")]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crossover::backend::Info;
use crossover::sweep::{Axis, Clock, Contender, Regime, Runner, Varied};
use crossover::{Arg, Isa, Kernel, Kind, Loop, Memory, Result};

/// The threads of a contender on threads.
pub const THREADS: usize = 4;

/// A clock that moves only when a contender runs.
#[derive(Clone, Default)]
pub struct FakeClock(Rc<Cell<Duration>>);

impl FakeClock {
    pub fn pass(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn step(&self) -> Duration {
        Duration::from_nanos(100)
    }
}

/// Takes a fixed time and so much an element, and each batch a little more or less than that, in turn.
pub struct Costs {
    pub clock: FakeClock,
    pub kind: Kind,
    pub regime: Regime,
    /// What the first batch takes longer, in nanoseconds.
    pub first: u64,
    /// In nanoseconds.
    pub fixed: u64,
    /// In picoseconds; for each operation of the kernel, if the intensity varies.
    pub each: u64,
    pub varied: Option<Varied>,
}

/// A batch's time, in thousandths.
const WEATHER: [u64; 5] = [1000, 1010, 990, 1040, 1005];

impl Contender for Costs {
    fn info(&self) -> Info {
        let mut info = Info::new(self.kind);
        match self.kind {
            Kind::Gpu => info.memory = Memory::Device,
            Kind::Threads => (info.isa, info.threads) = (Some(Isa::Wide), Some(THREADS)),
            _ => (info.isa, info.threads) = (Some(Isa::Wide), Some(1)),
        }
        info
    }

    fn regime(&self) -> Regime {
        self.regime
    }

    fn varied(&self) -> Option<Varied> {
        self.varied.filter(|varied| varied.axis() != Axis::Intensity)
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let mut out = vec![f32::NAN; kernel.output_len(len)];
        // What a ceiling is measured with is not verified.
        if ["poly", "horner"].contains(&kernel.name()) {
            Loop.run(kernel, args, &mut out)?;
        }
        // Moving arrays is no part of any run.
        self.clock.pass(Duration::from_secs(1));
        let by_operation = matches!(self.varied, Some(Varied::Intensity(_)));
        let work = len * if by_operation { kernel.program().ops().len() } else { 1 };
        Ok(Box::new(Costing { costs: self, work, out, batches: 0 }))
    }
}

struct Costing<'a> {
    costs: &'a Costs,
    /// Elements, or operations.
    work: usize,
    out: Vec<f32>,
    batches: usize,
}

impl Runner for Costing<'_> {
    fn run(&mut self) -> Result<()> {
        self.repeat(1)
    }

    fn repeat(&mut self, times: usize) -> Result<()> {
        let Costs { first, fixed, each, .. } = *self.costs;
        let picos = (fixed * 1000 + each * self.work as u64) * times as u64;
        let first = if self.batches == 0 { first } else { 0 };
        let nanos = first + picos * WEATHER[self.batches % WEATHER.len()] / 1_000_000;
        self.costs.clock.pass(Duration::from_nanos(nanos));
        self.batches += 1;
        Ok(())
    }

    fn output(&mut self) -> Result<&[f32]> {
        Ok(&self.out)
    }
}
