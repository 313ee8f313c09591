//! A simulated machine that other work disturbs.

use crossover::sweep::{Clock, Contender, Regime, Runner};
use crossover::{Arg, Info, Kernel, Result};

use crate::machine::{FakeClock, Simulated};

/// A backend of a machine that is busy: each batch takes up to so many times longer, by chance.
pub struct Busy(pub Simulated, pub f64);

impl Contender for Busy {
    fn info(&self) -> Info {
        Contender::info(&self.0)
    }

    fn regime(&self) -> Regime {
        self.0.regime
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let runner = Contender::prepare(&self.0, kernel, args, len)?;
        Ok(Box::new(OnBusy { runner, clock: &self.0.clock, most: self.1 }))
    }
}

struct OnBusy<'a> {
    runner: Box<dyn Runner + 'a>,
    clock: &'a FakeClock,
    most: f64,
}

impl Runner for OnBusy<'_> {
    fn run(&mut self) -> Result<()> {
        self.repeat(1)
    }

    fn repeat(&mut self, times: usize) -> Result<()> {
        let start = self.clock.now();
        self.runner.repeat(times)?;
        let took = (self.clock.now() - start).as_secs_f64();
        let chance = ((self.clock.now().as_nanos() as u64).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f64;
        self.clock.pass(took * (self.most - 1.0) * chance / f64::from(1 << 24));
        Ok(())
    }

    fn output(&mut self) -> Result<&[f32]> {
        self.runner.output()
    }
}
