//! A backend outside of the crate: swept beside the others, judged by `auto`, and named in a report.
//!
//! It stands for an accelerator behind a wire: a run waits for the wire, and then computes on all cores.

use std::time::Duration;

use crossover::auto::{Auto, Member, Policy, Residency};
use crossover::sweep::Host;
use crossover::{Arg, Backend, Info, Kernel, Kind, Loop, Out, Prepared, Result, Simd, Sweep, Threads};

/// The time of a message there and back.
const WIRE: Duration = Duration::from_micros(50);

/// An accelerator behind a wire.
struct Remote(Threads);

impl Backend for Remote {
    fn info(&self) -> Info {
        let mut info = Info::new(Kind::named("remote"));
        info.threads = self.0.info().threads;
        info
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnRemote(self.0.prepare(kernel)?)))
    }
}

/// A kernel that is ready to run there.
struct OnRemote(Box<dyn Prepared>);

impl Prepared for OnRemote {
    fn kernel(&self) -> &Kernel {
        self.0.kernel()
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let sent = std::time::Instant::now();
        while sent.elapsed() < WIRE {
            std::hint::spin_loop();
        }
        self.0.launch(inputs, outputs)
    }
}

/// Predicts the seconds of a run, for `auto`: the wire, and half a nanosecond per operation.
fn cost(kernel: &Kernel, elements: usize, _arrays_are: Residency) -> f64 {
    let operations = kernel.program().flops().unwrap_or(20).max(1);
    WIRE.as_secs_f64() + 0.5e-9 * (operations * elements) as f64
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let kernel = Kernel::parse("exp(-x*x)*sin(x)")?;
    let remote = || Box::new(Remote(Threads::new()));

    // `auto` with this backend and the crate's own.
    let members = vec![Member::new(Box::new(Loop)), Member::new(remote()).with_cost(cost)];
    let auto = Auto::of_members(members, Policy::default())?;
    println!("{}\n", auto.decide(&kernel, 1_000_000, Residency::Host));

    // A sweep, in which each result is verified.
    let report = Sweep::new()
        .contender(Box::new(Host::new(Box::new(Loop))))
        .contender(Box::new(Host::new(Box::new(Simd::new()))))
        .contender(Box::new(Host::new(remote())))
        .sizes("1000,100000".parse()?)
        .trials(5)
        .run();
    for each in &report.measurements {
        println!("{:8} {:>7} elements  {:.2e} s", each.backend, each.elements, each.seconds.q50);
    }
    assert!(report.failures.is_empty() && report.measurements.iter().any(|each| each.backend.name() == "remote"));
    Ok(())
}
