//! Recovery from GPU failures: each failure is a typed error that says what happened and what to do.
//!
//! The example forces the failures one after another: out of memory, a timeout, a lost device. The result is computed in each
//! case, by the reopened GPU or by the CPU.
//!
//! `cargo run --release --example recover`

use std::time::Duration;

use crossover::{Arg, Backend, Error, Gpu, Kernel, Kind, Result};

/// A GPU if available, and the CPU as a fallback.
struct Best {
    gpu: Option<Gpu>,
    cores: Box<dyn Backend>,
}

impl Best {
    fn open() -> Result<Self> {
        let gpu = Gpu::open().inspect_err(|reason| println!("  without a GPU: {reason}")).ok();
        Ok(Best { gpu, cores: Kind::Threads.open()? })
    }

    /// Runs a kernel on the first backend that can run it, and prints that backend.
    fn run(&mut self, kernel: &Kernel, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        // Once more after the device was reopened.
        for _ in 0..2 {
            let Some(gpu) = &self.gpu else { break };
            match gpu.run(kernel, inputs, &mut *out) {
                Err(lost @ Error::DeviceLost { .. }) => {
                    println!("  {lost}");
                    self.gpu = gpu.reopen().inspect_err(|reason| println!("  without a GPU: {reason}")).ok();
                }
                // Wrong inputs, or another mistake in this program: the CPU would report the same.
                Err(mistake @ (Error::InputCount { .. } | Error::Length { .. })) => return Err(mistake),
                Err(reason) => {
                    println!("  {reason}");
                    break;
                }
                Ok(()) => {
                    println!("  done by {}", gpu.info());
                    return Ok(());
                }
            }
        }
        println!("  done by {}", self.cores.info());
        self.cores.run(kernel, inputs, out)
    }
}

fn main() -> Result<()> {
    let kernel = Kernel::parse("2*x + 1")?;
    let x: Vec<f32> = (0..1_000_000).map(|index| (index % 1000) as f32).collect();
    let mut out = vec![0.0; x.len()];
    let mut best = Best::open()?;
    let mut all_right = |best: &mut Best, what: &str| {
        println!("{what}:");
        best.run(&kernel, &[Arg::from(&x)], &mut out)?;
        assert!(std::iter::zip(&x, &out).all(|(x, out)| *out == 2.0 * x + 1.0));
        out.fill(f32::NAN);
        Ok::<(), Error>(())
    };

    all_right(&mut best, "without limits")?;
    let gpu = best.gpu.clone();
    let set = |action: &dyn Fn(&Gpu)| gpu.iter().for_each(action);
    set(&|gpu| gpu.set_limit(Some(1 << 20)));
    all_right(&mut best, "with a megabyte of its memory, so in small chunks")?;
    set(&|gpu| gpu.set_limit(Some(1 << 10)));
    all_right(&mut best, "with a kilobyte")?;
    set(&|gpu| gpu.set_limit(None));
    set(&|gpu| gpu.set_timeout(Some(Duration::from_nanos(1))));
    all_right(&mut best, "with a timeout of a nanosecond")?;
    set(&|gpu| gpu.set_timeout(None));
    set(&|gpu| gpu.device().destroy());
    all_right(&mut best, "with a destroyed device")
}
