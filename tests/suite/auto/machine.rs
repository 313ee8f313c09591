//! A machine that is not there: backends that compute nothing and move a clock by what they would take, so that all is known
//! beforehand. It has eight cores and a GPU of its own memory behind a bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossover::program::Op;
use crossover::sweep::{Clock, Contender, Regime, Runner};
use crossover::{
    Arg, Backend, Device, Error, Info, Isa, Kernel, Kind, Loop, Memory, Out, Prepared, Reduction, Result, Simd, Threads,
};

/// A clock that moves only when a simulated backend runs; in femtoseconds.
#[derive(Clone, Default)]
pub struct FakeClock(Arc<AtomicU64>);

impl FakeClock {
    fn pass(&self, seconds: f64) {
        self.0.fetch_add((seconds * 1e15) as u64, Ordering::Relaxed);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed) / 1_000_000)
    }

    fn step(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

/// What there is to know of a run.
#[derive(Clone, Copy)]
pub struct Task {
    pub len: f64,
    /// Bytes of each element that are read and written.
    pub input: f64,
    pub output: f64,
    /// Sums or products for each element.
    pub work: f64,
}

impl Task {
    pub fn new(kernel: &Kernel, arrays: usize, len: usize) -> Self {
        let work = |op: &Op| match op {
            Op::Input(_) | Op::Constant(_) => 0.0,
            Op::Unary(op, _) => op.ulp().map_or(1.0, |_| 20.0),
            Op::Binary(op, ..) => op.ulp().map_or(1.0, |_| 30.0),
            _ => 1.0,
        };
        Task {
            len: len as f64,
            input: 4.0 * arrays as f64,
            output: if kernel.reduction().is_some() { 0.0 } else { 4.0 },
            work: kernel.program().ops().iter().map(work).sum(),
        }
    }

    fn bytes(&self) -> f64 {
        (self.input + self.output) * self.len
    }
}

/// The latency of the GPU.
const LATENCY: f64 = 10e-6;
/// Bytes a second over the bus, in each direction at the same time.
const BUS: f64 = 25e9;
/// Bytes a second of the GPU's memory.
const MEMORY: f64 = 3e12;
/// Operations a second of the GPU.
const SHADERS: f64 = 20e12;
/// Elements of a chunk.
const CHUNK: f64 = 2097152.0;

/// Seconds a byte of one core, and of eight: their own caches end where they end, the shared one fades out.
fn near(bytes: f64, cores: f64) -> f64 {
    let own = bytes / cores;
    match own {
        b if b <= 32e3 => 0.008e-9 / cores,
        b if b <= 1e6 => 0.014e-9 / cores,
        _ => {
            // 80 GB/s for all of them, of which one gets 14.
            let (cache, memory) = (0.03e-9 / cores, (0.07e-9 / cores).max(1.0 / 80e9));
            cache + (memory - cache) * ((bytes / 20e6).ln() / 2.5_f64.ln()).clamp(0.0, 1.0)
        }
    }
}

/// Seconds that a run takes, without noise.
pub fn truth(kind: Kind, regime: Regime, task: Task) -> f64 {
    let alone = |work: f64| 20e-9 + (task.work * task.len * work).max(task.bytes() * near(task.bytes(), 1.0));
    let cpu = match kind {
        Kind::Loop => alone(0.3e-9),
        Kind::Simd => alone(0.02e-9),
        Kind::Threads => {
            let work = task.work * task.len * 0.02e-9 / 7.5;
            let shared = 4e-6 + work.max(task.bytes() * near(task.bytes(), 8.0));
            if task.len <= 2048.0 { alone(0.02e-9) } else { alone(0.02e-9).min(shared) }
        }
        _ => return gpu(regime, task),
    };
    let moved = 2.0 * LATENCY + task.bytes() / BUS;
    if regime == Regime::Resident { cpu + moved } else { cpu }
}

fn gpu(regime: Regime, task: Task) -> f64 {
    let kernel = |len: f64| ((task.input + task.output) * len / MEMORY).max(task.work * len / SHADERS);
    if regime == Regime::Resident {
        return LATENCY + kernel(task.len);
    }
    // Each chunk waits for the one before it on the bus, both ways, and on the GPU.
    let (mut up, mut computed, mut down) = (0.0, 0.0_f64, 0.0_f64);
    let mut left = task.len;
    while left > 0.0 {
        let len = left.min(CHUNK);
        up += task.input * len / BUS;
        computed = computed.max(up) + kernel(len);
        down = down.max(computed) + task.output * len / BUS;
        left -= len;
    }
    LATENCY + down
}

/// A backend of the machine.
#[derive(Clone)]
pub struct Simulated {
    pub kind: Kind,
    pub regime: Regime,
    pub clock: FakeClock,
    /// The error of every run from this number of elements on.
    pub fails: Option<(usize, Error)>,
}

/// The machine's backends under a regime.
pub fn all(clock: &FakeClock, regime: Regime) -> Vec<Simulated> {
    let kinds = [Kind::Loop, Kind::Simd, Kind::Threads, Kind::Gpu];
    kinds.map(|kind| Simulated { kind, regime, clock: clock.clone(), fails: None }).into()
}

impl Simulated {
    fn run(&self, kernel: &Kernel, args: &[Arg<'_>], len: usize) -> Result<()> {
        if let Some((_, error)) = self.fails.as_ref().filter(|(from, _)| len >= *from) {
            return Err(error.clone());
        }
        let arrays = args.iter().filter(|arg| arg.len().is_some()).count();
        let seconds = truth(self.kind, self.regime, Task::new(kernel, arrays, len));
        // Up to 4 % more or less, by chance: the clock's last digits.
        let chance = (self.clock.0.load(Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64;
        self.clock.pass(seconds * (0.96 + 0.08 * chance / f64::from(1 << 24)));
        Ok(())
    }
}

impl Backend for Simulated {
    fn info(&self) -> Info {
        let mut info = match self.kind {
            Kind::Loop => Loop.info(),
            Kind::Simd => Simd::with_isa(Isa::Wide).map_or_else(|_| Simd::new().info(), |simd| simd.info()),
            _ => Threads::new().info(),
        };
        info.kind = self.kind;
        if self.kind == Kind::Gpu {
            (info.isa, info.threads, info.memory) = (None, None, Memory::Device);
            info.device = Some(Device {
                name: "a GPU that is not there".to_owned(),
                driver: "none 1.0".to_owned(),
                api: "none".to_owned(),
                software: false,
            });
        }
        info
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnNothing { backend: self.clone(), kernel: kernel.clone() }))
    }
}

struct OnNothing {
    backend: Simulated,
    kernel: Kernel,
}

impl Prepared for OnNothing {
    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let fold: Option<Reduction> = self.kernel.reduction();
        let len = fold.and_then(|_| inputs.iter().find_map(Arg::len)).unwrap_or(outputs[0].len());
        self.backend.run(&self.kernel, inputs, len)
    }
}

impl Contender for Simulated {
    fn info(&self) -> Info {
        Backend::info(self)
    }

    fn regime(&self) -> Regime {
        self.regime
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        Ok(Box::new(OnClock { backend: self, kernel: kernel.clone(), args: args.to_vec(), len }))
    }
}

struct OnClock<'a> {
    backend: &'a Simulated,
    kernel: Kernel,
    args: Vec<Arg<'a>>,
    len: usize,
}

impl Runner for OnClock<'_> {
    fn run(&mut self) -> Result<()> {
        self.backend.run(&self.kernel, &self.args, self.len)
    }

    fn output(&mut self) -> Result<&[f32]> {
        Ok(&[])
    }
}

/// A backend whose batches take longer than they should: by a part of their time, which a function of the batch's number and of
/// the clock returns.
pub struct Slowed<F>(pub Simulated, pub F);

/// The part by which a batch takes longer if each takes a fifth longer than the one before.
pub fn slowing(batch: i32, _: Duration) -> f64 {
    1.2_f64.powi(batch) - 1.0
}

impl<F: Fn(i32, Duration) -> f64> Contender for Slowed<F> {
    fn info(&self) -> Info {
        Contender::info(&self.0)
    }

    fn regime(&self) -> Regime {
        self.0.regime
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        let runner = Contender::prepare(&self.0, kernel, args, len)?;
        Ok(Box::new(OnSlowed { runner, clock: &self.0.clock, extra: &self.1, batch: 0 }))
    }
}

struct OnSlowed<'a, F> {
    runner: Box<dyn Runner + 'a>,
    clock: &'a FakeClock,
    extra: &'a F,
    batch: i32,
}

impl<F: Fn(i32, Duration) -> f64> Runner for OnSlowed<'_, F> {
    fn run(&mut self) -> Result<()> {
        self.repeat(1)
    }

    fn repeat(&mut self, times: usize) -> Result<()> {
        let start = self.clock.now();
        self.runner.repeat(times)?;
        let end = self.clock.now();
        self.clock.pass((end - start).as_secs_f64() * (self.extra)(self.batch, end));
        self.batch += 1;
        Ok(())
    }

    fn output(&mut self) -> Result<&[f32]> {
        self.runner.output()
    }
}
