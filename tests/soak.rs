//! Eight threads share one GPU: random kernels and sizes, runs of every kind, futures that are dropped half-way, numbers that
//! two threads exchange at a time, arrays of other devices, and a device that is destroyed again and again. Every result is
//! right, or a typed error that the lost or the other device explains; and memory stays flat, in bytes and in buffers.
//!
//! A few seconds in every test run; ten minutes with
//! `CROSSOVER_SOAK=600 cargo test --release --test soak -- --nocapture`.
#![cfg(feature = "gpu")]

mod common;

use std::future::Future;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crossover::{Arg, Arithmetic, DeviceArg, DeviceArray, Error, Gpu, Kernel, Result};

const THREADS: u64 = 8;
/// Devices that a soak goes through.
const LIVES: u32 = 10;
/// Elements at most.
const LONGEST: u64 = 300_000;

const TEXTS: [&str; 8] = [
    "x + x**2 + x**3",
    "a*x + y",
    "where(x > 0, sqrt(x), -x*y)",
    "exp(-x*x)",
    "sum(x*y)",
    "mean(x)",
    "max(x - y)",
    "sin(x)*tanh(y) + a",
];

/// What a thread does next: reproducible as far as the machine is. A linear congruential generator with the constants of
/// D. E. Knuth, *The Art of Computer Programming*, vol. 2, 3rd ed., section 3.3.4.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The GPU of the moment, and how many there were before.
struct Shared {
    gpu: RwLock<(Gpu, u32)>,
    /// An array of another device, which lives as long as the soak.
    stranger: DeviceArray,
    runs: AtomicU64,
    exchanged: AtomicU64,
    crossed: AtomicU64,
    cancelled: AtomicU64,
    refused: AtomicU64,
}

impl Shared {
    fn gpu(&self) -> (Gpu, u32) {
        self.gpu.read().unwrap().clone()
    }
}

/// The inputs of a kernel, of which some are one number, and its output.
struct Task {
    kernel: Kernel,
    inputs: Vec<Vec<f32>>,
    numbers: Vec<bool>,
    len: usize,
}

impl Task {
    fn new(dice: &mut Dice) -> Self {
        let kernel = Kernel::parse(TEXTS[dice.roll(TEXTS.len() as u64) as usize]).unwrap();
        // As many short ones as long ones.
        let most = LONGEST >> dice.roll(16);
        let len = (dice.roll(most) + 1) as usize;
        let shift = dice.roll(1000);
        let number = |index: usize| ((index as u64 * 37 + shift) % 201) as f32 / 50.0 - 2.0;
        let inputs: Vec<Vec<f32>> = kernel.inputs().iter().map(|_| (0..len).map(number).collect()).collect();
        // The first stays an array, so that a reduction knows how many elements there are.
        let numbers = (0..inputs.len()).map(|index| index > 0 && dice.roll(3) == 0).collect();
        Task { kernel, inputs, numbers, len }
    }

    fn args(&self) -> Vec<Arg<'_>> {
        common::args(&self.inputs, &self.numbers)
    }

    fn out(&self) -> Vec<f32> {
        vec![f32::NAN; self.kernel.output_len(self.len)]
    }

    /// Judges some elements of a result, the first and the last among them; a reduction's is judged as a whole.
    fn judge(&self, out: &[f32]) {
        let (args, most) = (self.args(), if self.kernel.reduction().is_some() { self.len } else { 100 });
        for from in [0, self.len / 2, self.len.saturating_sub(most)] {
            let len = most.min(self.len - from);
            let args: Vec<_> = args.iter().map(|arg| arg.part(from, len)).collect();
            let bounds = self.kernel.bounds(Arithmetic::Wgsl, &args, len).unwrap();
            for (index, (bound, result)) in bounds.iter().zip(&out[from.min(out.len() - 1)..]).enumerate() {
                let (name, at) = (self.kernel.name(), from + index);
                assert!(bound.admits(*result), "`{name}` of {}, element {at}: {result:e}", self.len);
            }
            if self.kernel.reduction().is_some() {
                break;
            }
        }
    }
}

fn resident(gpu: &Gpu, task: &Task, out: &mut [f32]) -> Result<()> {
    let mut arrays = Vec::new();
    for (input, number) in task.inputs.iter().zip(&task.numbers) {
        arrays.push(if *number { None } else { Some(gpu.upload(input)?) });
    }
    let inputs: Vec<DeviceArg<'_>> = std::iter::zip(&arrays, &task.inputs)
        .map(|(array, input)| array.as_ref().map_or(input[0].into(), DeviceArg::Array))
        .collect();
    let result = gpu.empty(out.len())?;
    gpu.compile(&task.kernel)?.bind(&inputs, &result)?.run()?;
    gpu.download(&result, out)
}

/// Polls a future a few times and drops it. Returns whether it was done before.
fn cancel(future: impl Future<Output = Result<()>>, polls: u64) -> Result<bool> {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done.map(|()| true);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(false)
}

/// Two threads exchange one number each of a kernel, and neither is lost.
fn exchange(gpu: &Gpu, number: f32) -> Result<()> {
    let (x, out) = (gpu.upload(&[1.0])?, gpu.empty(1)?);
    let bound = gpu.compile(&Kernel::parse("a*x + b")?)?.bind(&[0.0.into(), (&x).into(), 0.0.into()], &out)?;
    let set = |name: &str, last: f32| {
        (0..20).try_for_each(|step| bound.set_numbers(&[(name, step as f32)]))?;
        bound.set_numbers(&[(name, last)])
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| set("a", number));
        set("b", -1000.0 * number).and(other.join().unwrap())
    })?;
    bound.run()?;
    let mut result = [f32::NAN];
    gpu.download(&out, &mut result)?;
    assert_eq!(result, [-999.0 * number], "a number was lost");
    Ok(())
}

/// Arrays of other devices are refused wherever an array is taken: the first refusal, or the device is lost.
fn cross(gpu: &Gpu, strangers: &[&DeviceArray], dice: &mut Dice) -> Result<()> {
    let own = gpu.upload(&[1.0, 2.0])?;
    let kernel = gpu.compile(&Kernel::parse("2*x + y")?)?;
    for stranger in strangers {
        let done = match dice.roll(5) {
            0 => gpu.write(stranger, &[7.0, 7.0]),
            1 => gpu.download(stranger, &mut [0.0; 2]),
            2 => kernel.bind(&[(*stranger).into(), (&own).into()], &own).and_then(|bound| bound.run()),
            3 => kernel.bind(&[(&own).into(), (*stranger).into()], &own).and_then(|bound| bound.run()),
            _ => kernel.bind(&[(&own).into(), 1.0.into()], stranger).and_then(|bound| bound.run()),
        };
        match done {
            Err(Error::OtherDevice { .. }) => {}
            Err(error) => return Err(error),
            Ok(()) => panic!("an array of another device was taken"),
        }
    }
    let mut result = [0.0; 2];
    gpu.download(&own, &mut result)?;
    assert_eq!(result, [1.0, 2.0], "an array was overwritten");
    Ok(())
}

/// One run in one of the ways. Returns whether it came to its end.
fn run(gpu: &Gpu, dice: &mut Dice, task: &Task, out: &mut [f32]) -> Result<bool> {
    let args = task.args();
    match dice.roll(5) {
        0 | 1 => gpu.run(&task.kernel, &args, out).map(|()| true),
        2 => pollster::block_on(gpu.compile(&task.kernel)?.run_async(&args, out)).map(|()| true),
        3 => resident(gpu, task, out).map(|()| true),
        _ => cancel(gpu.compile(&task.kernel)?.run_async(&args, out), dice.roll(4)),
    }
}

fn work(shared: &Shared, thread: u64, end: Instant) {
    let mut dice = Dice(thread);
    // An array of each device, of which the last is kept for the next.
    let mut kept: Option<(DeviceArray, u32)> = None;
    let mut last: Option<DeviceArray> = None;
    while Instant::now() < end {
        let (task, (gpu, life)) = (Task::new(&mut dice), shared.gpu());
        let mut out = task.out();
        if kept.as_ref().is_none_or(|(_, of)| *of != life)
            && let Ok(array) = gpu.upload(&[3.0, 4.0])
        {
            last = kept.replace((array, life)).map(|(array, _)| array).or(last);
        }
        let strangers: Vec<_> = last.iter().chain([&shared.stranger]).collect();
        let done = match dice.roll(8) {
            0 => exchange(&gpu, (thread + 1) as f32).map(|()| _ = shared.exchanged.fetch_add(1, Ordering::Relaxed)),
            1 => cross(&gpu, &strangers, &mut dice).map(|()| _ = shared.crossed.fetch_add(1, Ordering::Relaxed)),
            _ => Ok(()),
        };
        match done.and_then(|()| run(&gpu, &mut dice, &task, &mut out)) {
            Ok(true) => {
                task.judge(&out);
                shared.runs.fetch_add(1, Ordering::Relaxed);
            }
            Ok(false) => _ = shared.cancelled.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
                shared.refused.fetch_add(1, Ordering::Relaxed);
                // It may be a moment until there is another.
                while shared.gpu().1 == life && Instant::now() < end {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }
}

/// Bytes of memory that the process has, where the system reports it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[test]
fn a_shared_gpu_stands_it() {
    let seconds = std::env::var("CROSSOVER_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(4.0);
    let gpu = match common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let (zero, other) = (AtomicU64::default, common::gpu::open().unwrap());
    let shared = Shared {
        gpu: RwLock::new((gpu, 0)),
        stranger: other.upload(&[5.0, 6.0]).unwrap(),
        runs: zero(),
        exchanged: zero(),
        crossed: zero(),
        cancelled: zero(),
        refused: zero(),
    };
    let (begin, life) = (Instant::now(), Duration::from_secs_f64(seconds) / LIVES);
    let mut allocated = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let shared = &shared;
            scope.spawn(move || work(shared, thread, begin + life * LIVES));
        }
        for number in 1..=LIVES {
            std::thread::sleep((begin + life * number).saturating_duration_since(Instant::now()));
            let (old, _) = shared.gpu();
            let (memory, process) = (old.memory(), resident_bytes().unwrap_or(0) >> 20);
            println!("{:>5.0} s: process {process} MiB, {memory:?}", begin.elapsed().as_secs_f64());
            allocated.push((memory.peak, (memory.buffers_in_use + memory.buffers_cached) as u64));
            if number < LIVES {
                old.device().destroy();
                let next = old.reopen().unwrap();
                *shared.gpu.write().unwrap() = (next, number);
            }
        }
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (runs, cancelled, refused) = (count(&shared.runs), count(&shared.cancelled), count(&shared.refused));
    println!("{runs} runs were right, {cancelled} were dropped half-way, {refused} were refused by a lost device");
    let (exchanged, crossed) = (count(&shared.exchanged), count(&shared.crossed));
    println!("{exchanged} times two threads exchanged numbers, {crossed} times arrays of other devices were refused");
    assert!(runs > 0 && cancelled > 0 && exchanged > 0 && crossed > 0);
    let mut untouched = [0.0; 2];
    other.download(&shared.stranger, &mut untouched).unwrap();
    assert_eq!(untouched, [5.0, 6.0]);
    // Every device begins anew, and what a process has does not grow with the number of devices that it has seen.
    let bytes = |lives: &[(u64, u64)]| lives.iter().map(|life| life.0).max().unwrap_or(0);
    let buffers = |lives: &[(u64, u64)]| lives.iter().map(|life| life.1).max().unwrap_or(0);
    let (first, last) = allocated.split_at(allocated.len() / 2);
    assert!(bytes(last) <= 2 * bytes(first).max(1 << 20), "{allocated:?}");
    assert!(buffers(last) <= 2 * buffers(first).max(100), "{allocated:?}");
    let (gpu, _) = shared.gpu();
    gpu.trim();
    assert!(gpu.memory().in_use <= 4096, "{:?}", gpu.memory());
}
