//! The mathematical functions against their oracles in `f64`: how far off they are, in ULP, on every backend. A part of all
//! numbers in each run of the tests; all of them, and the table of the documentation, by the test that is ignored.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::functions::{backends, one, two};
use crate::common::{SPICY, bits, run};
use crossover::program::{Binary, Unary};
use crossover::ulp::distance;
use crossover::{Arg, Backend, Kernel};

/// The functions of one number, each with what it promises on a CPU, in ULP. Those that IEEE 754 defines are 0 off from
/// their rounded oracle, and so half an ULP; a reciprocal root is a root and a quotient.
fn functions() -> impl Iterator<Item = (Unary, f64)> {
    let promise = |op: Unary| match op {
        Unary::Rsqrt => 2.0,
        _ => op.ulp().unwrap_or(0.5),
    };
    Unary::ALL.iter().map(move |op| (*op, promise(*op)))
}

/// How far off a result is. A zero with the wrong sign is as wrong as can be.
fn off(result: f32, oracle: f64) -> f64 {
    if result == 0.0 && result.is_sign_negative() != oracle.is_sign_negative() && !oracle.is_nan() {
        return f64::INFINITY;
    }
    distance(result, oracle)
}

/// The least result whose own places an error is counted in: below that, as if it were this large.
fn least(op: Binary) -> f64 {
    if op == Binary::Logaddexp { 0.5 } else { 0.0 }
}

/// As [`off`], for a function that has such a least result.
fn off_from(least: f64, result: f32, oracle: f64) -> f64 {
    if oracle.abs() < least {
        (f64::from(result) - oracle).abs() / (least * f64::from(f32::EPSILON))
    } else {
        off(result, oracle)
    }
}

/// The worst error so far, and where.
#[derive(Clone, Debug)]
struct Worst {
    /// What [`least`] says of the function.
    least: f64,
    ulp: f64,
    at: Vec<f32>,
    result: f32,
    oracle: f64,
}

impl Worst {
    fn new() -> Self {
        Worst { least: 0.0, ulp: 0.0, at: Vec::new(), result: 0.0, oracle: 0.0 }
    }

    fn see(&mut self, at: &[f32], result: f32, oracle: f64) {
        // The nearest number is off by half an ULP at most, and an exact one by nothing.
        let is_nearest = result.to_bits() == (oracle as f32).to_bits();
        if is_nearest && (self.ulp >= 0.5 || f64::from(result) == oracle) {
            return;
        }
        let ulp = off_from(self.least, result, oracle);
        if ulp > self.ulp {
            *self = Worst { ulp, at: at.to_vec(), result, oracle, ..*self };
        }
    }

    fn or(self, other: Worst) -> Worst {
        if other.ulp > self.ulp { other } else { self }
    }

    /// The error and where it is, as cells of a table.
    fn cells(&self) -> String {
        let at: Vec<_> = self.at.iter().map(|x| format!("{x:e}")).collect();
        format!("{:.3} | {}", self.ulp, at.join(", "))
    }
}

impl std::fmt::Display for Worst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Worst { ulp, at, result, oracle, .. } = self;
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
        let results = run(&**backend, kernel, inputs, len);
        // Nearly always they are the same NaNs, too; and counting is what the compiler widens.
        if results.iter().zip(&expected).filter(|(result, expected)| result.to_bits() != expected.to_bits()).count()
            == 0
        {
            continue;
        }
        let differs = results.iter().zip(&expected).position(|(result, expected)| bits(*result) != bits(*expected));
        if let Some(index) = differs {
            let at: Vec<_> = inputs.iter().map(|arg| arg.at(index)).collect();
            let (who, name, result, expected) = (backend.info(), kernel.name(), results[index], expected[index]);
            panic!("{name} of {at:?}: {result:e} on {who}, not {expected:e}");
        }
    }
    expected
}

#[test]
fn functions_of_one_number_keep_their_promise() {
    let (inputs, backends) = (strided(), backends());
    for (op, promise) in functions() {
        let results = agreed(&one(op), &[Arg::from(&inputs)], &backends, inputs.len());
        let mut worst = Worst::new();
        for (x, result) in inputs.iter().zip(results) {
            worst.see(&[*x], result, op.apply(f64::from(*x)));
        }
        println!("{:>10}: {worst}", op.name());
        assert!(worst.ulp <= promise, "{} promises {promise}: {worst}", op.name());
    }
}

/// Subnormal numbers of every size, the smallest ones and their neighbours among them.
fn subnormals() -> Vec<f32> {
    let mut all: Vec<u32> = (1..2_000).collect();
    all.extend((0..23).flat_map(|digit| [(1 << digit) - 1, 1 << digit, (1 << digit) + 1]));
    all.extend((1..1 << 23).step_by(1_009));
    all.iter().flat_map(|bits| [f32::from_bits(*bits), -f32::from_bits(*bits)]).filter(|x| *x != 0.0).collect()
}

/// A function that is nearly its argument near 0 must not lose a subnormal one.
#[test]
fn subnormal_arguments_are_not_flushed() {
    let (inputs, backends) = (subnormals(), backends());
    for (op, promise) in functions() {
        let results = agreed(&one(op), &[Arg::from(&inputs)], &backends, inputs.len());
        for (x, result) in inputs.iter().zip(results) {
            let oracle = op.apply(f64::from(*x));
            let lost = result == 0.0 && oracle as f32 != 0.0;
            let ulp = off(result, oracle);
            assert!(!lost && ulp <= promise, "{} of {x:e} is {result:e}, {ulp} ULP from {oracle:e}", op.name());
        }
    }
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
    for op in Binary::ALL {
        let (promise, worst) = (op.ulp().unwrap_or(0.5), walk_pairs(*op));
        assert!(worst.ulp <= promise, "{} promises {promise}: {worst}", op.name());
    }
}

/// The exponents of formulas: those that are products or quotients, powers by products of pairs, and other powers.
const EXPONENTS: [f32; 24] = [
    -100.0, -64.0, -17.0, -7.0, -4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 16.0,
    31.0, 64.0, 65.0, 100.0,
];

/// Numbers whose power is within the range of `f32`, or a little outside.
fn bases(exponent: f32) -> Vec<f32> {
    let mut all = SPICY.to_vec();
    // A base at which the square overflows before it is inverted, and its neighbours.
    all.extend([1.844_682_8e19, 1.844_674_4e19, 4.294_967_3e9, 6.981_463_7e12, 3.2e5]);
    let reach = 152.0 / f64::from(exponent).abs().max(1.0);
    all.extend((0..4_001).map(|k| (reach * (f64::from(k) / 2000.0 - 1.0)).exp2() as f32));
    // All exponents are the same to products that stay within range: so one binade, more densely.
    all.extend((0..4_000).map(|k| f32::from_bits(0x3f80_0000 + k * 2_097)));
    let negative: Vec<_> = all.iter().map(|x| -x).collect();
    all.extend(negative);
    all
}

#[test]
fn powers_of_a_formula_keep_their_promise() {
    let backends = backends();
    for exponent in EXPONENTS {
        let (inputs, kernel) = (bases(exponent), Kernel::parse(&format!("x**{exponent}")).unwrap());
        let results = agreed(&kernel, &[Arg::from(&inputs)], &backends, inputs.len());
        let mut worst = Worst::new();
        for (x, result) in inputs.iter().zip(results) {
            // numpy's power of a half is its square root, which keeps −0 and has no number for −∞.
            let oracle = if exponent == 0.5 { f64::from(*x).sqrt() } else { f64::from(*x).powf(exponent.into()) };
            // Within two places of the largest number, products may round to infinity: to what would be the next one.
            let top = f64::from(f32::MAX) * (1.0 - f64::from(f32::EPSILON));
            if result.is_infinite() && oracle.is_finite() && oracle.abs() > top && exponent != 0.5 {
                continue;
            }
            worst.see(&[*x], result, oracle);
        }
        println!("{:>10}: {worst}", kernel.name());
        let promise = if exponent == 0.5 { 0.5 } else { 2.0 };
        assert!(worst.ulp <= promise, "x**{exponent} promises {promise}: {worst}");
    }
}

/// Exponents that differ from lane to lane give the bits of the same exponent in all of them.
#[test]
fn a_power_does_not_depend_on_the_other_lanes() {
    let (kernel, backends) = (two(Binary::Power), backends());
    let mut pairs = Vec::new();
    for exponent in EXPONENTS {
        pairs.extend(bases(exponent).into_iter().step_by(41).map(|x| (x, exponent)));
    }
    let len = pairs.len();
    // Every 101st one after the other, so that neighbours have different exponents.
    let (xs, ys): (Vec<_>, Vec<_>) = (0..len).map(|k| pairs[k * 101 % len]).unzip();
    let results = agreed(&kernel, &[Arg::from(&xs), Arg::from(&ys)], &backends, len);
    for (index, result) in results.iter().enumerate() {
        for backend in &backends {
            let alone = run(&**backend, &kernel, &[Arg::from(xs[index]), Arg::from(ys[index])], 1)[0];
            assert_eq!(bits(alone), bits(*result), "{} ** {} on {}", xs[index], ys[index], backend.info());
        }
    }
}

/// Every `stride`-th number there is, by its bits: the worst error of a function on the loop, after all instruction sets
/// have given the loop's bits. On all cores.
fn walk(op: Unary, stride: usize) -> Worst {
    // Small enough for the caches, and for memory that is used again.
    const CHUNK: u64 = 1 << 14;
    let chunks = AtomicU64::new(0);
    let walk = || {
        let (kernel, backends, mut worst) = (one(op), backends(), Worst::new());
        loop {
            let first = chunks.fetch_add(1, Ordering::Relaxed) * CHUNK;
            if first > u64::from(u32::MAX) {
                return worst;
            }
            let inputs: Vec<_> =
                (first..first + CHUNK).step_by(stride).map(|bits| f32::from_bits(bits as u32)).collect();
            let results = agreed(&kernel, &[Arg::from(&inputs)], &backends, inputs.len());
            for (x, result) in inputs.iter().zip(results) {
                worst.see(&[*x], result, op.apply(f64::from(*x)));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let worst = std::thread::scope(|scope| {
        let walks: Vec<_> = (0..threads).map(|_| scope.spawn(walk)).collect();
        walks.into_iter().map(|walk| walk.join().unwrap()).fold(Worst::new(), Worst::or)
    });
    println!("{:>10}: {worst}", op.name());
    worst
}

/// The worst error of a function of two numbers over the pairs.
fn walk_pairs(op: Binary) -> Worst {
    let (xs, ys) = pairs();
    let results = agreed(&two(op), &[Arg::from(&xs), Arg::from(&ys)], &backends(), xs.len());
    let mut worst = Worst { least: least(op), ..Worst::new() };
    for ((x, y), result) in xs.iter().zip(&ys).zip(results) {
        worst.see(&[*x, *y], result, op.apply(f64::from(*x), f64::from(*y)));
    }
    println!("{:>10}: {worst}", op.name());
    worst
}

/// Walks all 2³² numbers and writes the table of the documentation:
///
/// ```sh
/// cargo test --release --test suite functions -- --ignored --nocapture
/// ```
///
/// `CROSSOVER_FUNCTIONS=exp,ln` walks only these, and replaces their rows in the table; `CROSSOVER_STRIDE=251` walks each
/// 251st number, and writes no table.
#[test]
#[ignore = "takes an hour or more"]
fn every_number_keeps_its_promise() {
    let only = std::env::var("CROSSOVER_FUNCTIONS").ok();
    let chosen = |name: &str| only.as_ref().is_none_or(|only| only.split(',').any(|one| one == name));
    let stride = std::env::var("CROSSOVER_STRIDE").map_or(1, |stride| stride.parse().unwrap());
    let (gpu, on_gpu) = gpu_errors(&chosen);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/num/math/ACCURACY.md");
    let mut broken = Vec::new();
    let mut row = |name: &'static str, promise: f64, worst: Worst| {
        let shader = on_gpu.iter().find(|(of, _)| *of == name).map_or(" | ".to_owned(), |(_, worst)| worst.cells());
        let row = format!("| `{name}` | {promise} | {} | {shader} |", worst.cells());
        if stride == 1 {
            // Row by row, so that a walk that is stopped leaves what it has found.
            let text = std::fs::read_to_string(path).unwrap();
            std::fs::write(path, with_row(&text, &gpu, name, &row)).unwrap();
        }
        if worst.ulp > promise {
            broken.push(format!("{name} promises {promise}: {worst}"));
        }
    };
    for (op, promise) in functions().filter(|(op, _)| chosen(op.name())) {
        row(op.name(), promise, walk(op, stride));
    }
    for op in Binary::ALL.iter().filter(|op| chosen(op.name())) {
        row(op.name(), op.ulp().unwrap_or(0.5), walk_pairs(*op));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The table of the worst errors with another row for a function; that of a new function comes last.
fn with_row(table: &str, gpu: &str, name: &str, row: &str) -> String {
    let is_row = |line: &&str| line.starts_with("| `");
    let start = format!("| `{name}` ");
    let mut rows: Vec<&str> = table.lines().filter(is_row).collect();
    match rows.iter_mut().find(|line| line.starts_with(&start)) {
        Some(line) => *line = row,
        None => rows.push(row),
    }
    let about = [
        "<!-- Written by tests/suite/functions.rs: see `every_number_keeps_its_promise` there. -->",
        "The worst errors found, in ULP. On the CPU, whose backends all give the same bits: of every `f32`, or of some 300 000",
        "pairs. On a GPU: of some 240 000 numbers of every exponent, or of the same pairs, where operands and result are",
        &format!("normal; the adapter was `{gpu}`. A function promises 4 ULP there, unless it is exact."),
        "",
        "An error of `logaddexp` is counted in the places of a half where the result is less than that.",
        "",
        "| method | promised | CPU | at | GPU | at |",
        "|---|---|---|---|---|---|",
    ];
    about.into_iter().chain(rows).map(|line| format!("{line}\n")).collect()
}

/// The worst errors on the GPU, and its name; without one, nothing.
fn gpu_errors(_chosen: &dyn Fn(&str) -> bool) -> (String, Vec<(&'static str, Worst)>) {
    #[cfg(feature = "gpu")]
    if let Ok(gpu) = crate::common::gpu::open() {
        return (gpu.info().to_string(), walk_gpu(&gpu, _chosen));
    }
    ("none".to_owned(), Vec::new())
}

/// What a shader promises, in ULP, where it promises anything: on normal numbers, for a normal result.
#[cfg(feature = "gpu")]
const GPU_ULP: f64 = crossover::bound::FUNCTION_ULP;

/// Whether a shader promises anything for such an operand or result.
#[cfg(feature = "gpu")]
fn promised(x: f64) -> bool {
    x == 0.0 || (x.abs() >= 2.0 * f64::from(f32::MIN_POSITIVE) && x.abs() <= f64::from(f32::MAX) / 2.0)
}

/// The worst error of each function on a GPU.
#[cfg(feature = "gpu")]
fn walk_gpu(gpu: &crossover::Gpu, chosen: &dyn Fn(&str) -> bool) -> Vec<(&'static str, Worst)> {
    let judge = |name: &'static str, least: f64, each: &mut dyn Iterator<Item = (Vec<f32>, f32, f64)>| {
        let mut worst = Worst { least, ..Worst::new() };
        for (at, result, oracle) in each {
            if !at.iter().all(|x| promised(f64::from(*x))) || !promised(oracle) {
                continue;
            }
            // The sign of a zero is not promised.
            let ulp = if result == 0.0 { distance(result, oracle) } else { off_from(least, result, oracle) };
            if ulp > worst.ulp {
                worst = Worst { ulp, at, result, oracle, ..worst };
            }
        }
        println!("{name:>10}: {worst}");
        (name, worst)
    };
    let (inputs, (xs, ys)) = (strided(), pairs());
    let mut all = Vec::new();
    for op in Unary::ALL.iter().filter(|op| op.ulp().is_some() && chosen(op.name())) {
        let results = run(gpu, &one(*op), &[Arg::from(&inputs)], inputs.len());
        let each = |(x, result): (&f32, f32)| (vec![*x], result, op.apply(f64::from(*x)));
        all.push(judge(op.name(), 0.0, &mut inputs.iter().zip(results).map(each)));
    }
    for op in Binary::ALL.iter().filter(|op| op.ulp().is_some() && chosen(op.name())) {
        let results = run(gpu, &two(*op), &[Arg::from(&xs), Arg::from(&ys)], xs.len());
        let each =
            |((x, y), result): ((&f32, &f32), f32)| (vec![*x, *y], result, op.apply(f64::from(*x), f64::from(*y)));
        all.push(judge(op.name(), least(*op), &mut xs.iter().zip(&ys).zip(results).map(each)));
    }
    all
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_keeps_its_promise() {
    let gpu = match crate::common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let broken: Vec<_> = walk_gpu(&gpu, &|_| true).into_iter().filter(|(_, worst)| worst.ulp > GPU_ULP).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
