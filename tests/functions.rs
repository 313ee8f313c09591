//! The mathematical functions against their oracles in `f64`: how far off they are, in ULP, on every backend.

mod common;

use common::{SPICY, bits, run};
use crossover::program::{Binary, Unary};
use crossover::trace::trace;
use crossover::ulp::distance;
use crossover::{Arg, Backend, Formula, Isa, Kernel, Loop, Num, Simd};

/// A function of one number.
struct One(Unary);

impl Formula<1> for One {
    fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
        self.0.apply(x)
    }
}

/// A function of two numbers.
struct Two(Binary);

impl Formula<2> for Two {
    fn eval<T: Num>(&self, [x, y]: [T; 2]) -> T {
        self.0.apply(x, y)
    }
}

/// Interpreted, so that one compiled interpreter tests them all. That it gives the bits of compiled formulas is
/// `tests/random.rs`' to test.
fn one(op: Unary) -> Kernel {
    Kernel::from_program(op.name(), trace(&One(op)))
}

fn two(op: Binary) -> Kernel {
    Kernel::from_program(op.name(), trace(&Two(op)))
}

/// The functions of one number, each with what it promises on a CPU, in ULP. Those that IEEE 754 defines are 0 off from
/// their rounded oracle, and so half an ULP; a reciprocal root is a root and a quotient.
fn functions() -> impl Iterator<Item = (Unary, f64)> {
    let promise = |op: Unary| match op {
        Unary::Rsqrt => 2.0,
        _ => op.ulp().unwrap_or(0.5),
    };
    Unary::ALL.iter().map(move |op| (*op, promise(*op)))
}

/// The backends of the CPU: the loop first, by whose bits the others are judged.
fn backends() -> Vec<Box<dyn Backend>> {
    let simd = Isa::available().filter_map(|isa| Simd::with_isa(isa).ok());
    let mut all: Vec<Box<dyn Backend>> = vec![Box::new(Loop)];
    all.extend(simd.map(|simd| Box::new(simd) as Box<dyn Backend>));
    all
}

/// How far off a result is. A zero with the wrong sign is as wrong as can be.
fn off(result: f32, oracle: f64) -> f64 {
    if result == 0.0 && result.is_sign_negative() != oracle.is_sign_negative() && !oracle.is_nan() {
        return f64::INFINITY;
    }
    distance(result, oracle)
}

/// The worst error so far, and where.
#[derive(Clone, Debug)]
struct Worst {
    ulp: f64,
    at: Vec<f32>,
    result: f32,
    oracle: f64,
}

impl Worst {
    fn new() -> Self {
        Worst { ulp: 0.0, at: Vec::new(), result: 0.0, oracle: 0.0 }
    }

    fn see(&mut self, at: &[f32], result: f32, oracle: f64) {
        let ulp = off(result, oracle);
        if ulp > self.ulp {
            *self = Worst { ulp, at: at.to_vec(), result, oracle };
        }
    }
}

impl std::fmt::Display for Worst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Worst { ulp, at, result, oracle } = self;
        write!(f, "{ulp:.3} ULP at {at:?}: {result:e} for {oracle:e}")
    }
}

/// Inputs of every exponent, with the first, the second and the last significands and some between; numbers at and next to
/// multiples of π/4 and to whole numbers; and numbers strewn over all there are.
fn strided() -> Vec<f32> {
    let mut all = SPICY.to_vec();
    for exponent in 0..=255_u32 {
        for significand in [0, 1, 2, 0x2a_aaaa, 0x35_04f3, 0x35_04f4, 0x40_0000, 0x55_5555, 0x7f_fffe, 0x7f_ffff] {
            all.push(f32::from_bits(exponent << 23 | significand));
        }
    }
    for k in 0..2000 {
        for near in [f64::from(k) * std::f64::consts::FRAC_PI_4, f64::from(k) / 16.0, f64::from(k * k)] {
            let near = near as f32;
            all.extend([near.next_down().abs(), near, near.next_up()]);
        }
    }
    all.extend((0..u32::MAX >> 1).step_by(20_011).map(f32::from_bits));
    let negative: Vec<_> = all.iter().map(|x| -x).collect();
    all.extend(negative);
    all
}

/// Runs one kernel on all backends and compares the bits; gives those of the loop.
fn agreed(kernel: &Kernel, inputs: &[Arg<'_>], backends: &[Box<dyn Backend>], len: usize) -> Vec<f32> {
    let expected = run(&*backends[0], kernel, inputs, len);
    for backend in &backends[1..] {
        for (index, (result, expected)) in run(&**backend, kernel, inputs, len).iter().zip(&expected).enumerate() {
            let at: Vec<_> = inputs.iter().map(|arg| arg.at(index)).collect();
            let who = backend.info();
            assert_eq!(
                bits(*result),
                bits(*expected),
                "{} of {at:?}: {result:e} on {who}, not {expected:e}",
                kernel.name()
            );
        }
    }
    expected
}

#[test]
fn functions_of_one_number_keep_their_promise() {
    let (inputs, backends) = (strided(), backends());
    let mut broken = Vec::new();
    for (op, promise) in functions() {
        let results = agreed(&one(op), &[Arg::from(&inputs)], &backends, inputs.len());
        let mut worst = Worst::new();
        for (x, result) in inputs.iter().zip(results) {
            worst.see(&[*x], result, op.apply(f64::from(*x)));
        }
        println!("{:>10}: {worst}", op.name());
        if worst.ulp > promise {
            broken.push(format!("{} promises {promise}: {worst}", op.name()));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Pairs of special numbers, of numbers strewn over all, and of near ones.
fn pairs() -> (Vec<f32>, Vec<f32>) {
    let mut special = SPICY.to_vec();
    special.extend([0.5, 2.0, 3.0, 4.0, 5.0, 0.1, 10.0, 1e10, 16_777_217.0, 33_554_432.0, 127.0, 128.0, 149.0, 1e-45]);
    let negative: Vec<_> = special.iter().map(|x| -x).collect();
    special.extend(negative);
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for x in &special {
        for y in &special {
            xs.push(*x);
            ys.push(*y);
        }
    }
    let mut state = 0x1234_5678_9abc_def0_u64;
    let mut random = move || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    for _ in 0..100_000 {
        let (a, b) = (random(), random());
        // Any two; two of like size; two of moderate size.
        let near = (a & 0xff80_0000).wrapping_add((b >> 23 & 7) << 23).wrapping_sub(3 << 23);
        let moderate = |bits: u32| (bits & 0x807f_ffff) + ((118 + (bits >> 23 & 15)) << 23);
        xs.extend([a, a, moderate(a)].map(f32::from_bits));
        ys.extend([b, near | b & 0x7f_ffff, moderate(b)].map(f32::from_bits));
    }
    (xs, ys)
}

#[test]
fn functions_of_two_numbers_keep_their_promise() {
    let ((xs, ys), backends) = (pairs(), backends());
    let mut broken = Vec::new();
    for op in Binary::ALL {
        let promise = op.ulp().unwrap_or(0.5);
        let results = agreed(&two(*op), &[Arg::from(&xs), Arg::from(&ys)], &backends, xs.len());
        let mut worst = Worst::new();
        for ((x, y), result) in xs.iter().zip(&ys).zip(results) {
            worst.see(&[*x, *y], result, op.apply(f64::from(*x), f64::from(*y)));
        }
        println!("{:>10}: {worst}", op.name());
        if worst.ulp > promise {
            broken.push(format!("{} promises {promise}: {worst}", op.name()));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What a shader promises, in ULP, where it promises anything: on normal numbers, for a normal result.
#[cfg(feature = "gpu")]
const GPU_ULP: f64 = crossover::bound::FUNCTION_ULP;

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_keeps_its_promise() {
    let gpu = match common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let judged =
        |x: f64| x == 0.0 || (x.abs() >= 2.0 * f64::from(f32::MIN_POSITIVE) && x.abs() <= f64::from(f32::MAX) / 2.0);
    let mut broken = Vec::new();
    let mut judge = |name: &str, at: &mut dyn Iterator<Item = (Vec<f32>, f32, f64)>| {
        let mut worst = Worst::new();
        for (at, result, oracle) in at {
            if at.iter().all(|x| judged(f64::from(*x))) && judged(oracle) && distance(result, oracle) > worst.ulp {
                worst = Worst { ulp: distance(result, oracle), at, result, oracle };
            }
        }
        println!("{name:>10}: {worst}");
        if worst.ulp > GPU_ULP {
            broken.push(format!("{name}: {worst}"));
        }
    };
    let inputs = strided();
    for op in Unary::ALL.iter().filter(|op| op.ulp().is_some()) {
        let results = run(&gpu, &one(*op), &[Arg::from(&inputs)], inputs.len());
        let each = |(x, result): (&f32, f32)| (vec![*x], result, op.apply(f64::from(*x)));
        judge(op.name(), &mut inputs.iter().zip(results).map(each));
    }
    let (xs, ys) = pairs();
    for op in Binary::ALL.iter().filter(|op| op.ulp().is_some()) {
        let results = run(&gpu, &two(*op), &[Arg::from(&xs), Arg::from(&ys)], xs.len());
        let each =
            |((x, y), result): ((&f32, &f32), f32)| (vec![*x, *y], result, op.apply(f64::from(*x), f64::from(*y)));
        judge(op.name(), &mut xs.iter().zip(&ys).zip(results).map(each));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
