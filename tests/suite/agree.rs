//! Every backend, the same suite: CPU backends agree bit for bit, a GPU is within its bound.

use std::sync::LazyLock;

use crate::common::{LENGTHS, Reference, SPICY, Subject, args, assert_right, run, spicy_inputs};
use crossover::parse::Function;
use crossover::{Arg, Error, Isa, Kernel, Reduction, Workload};

/// Subscribes a backend to the suite.
macro_rules! suite {
    ($($(#[$meta:meta])* $name:ident: $subject:expr;)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            #[test]
            fn agrees_on_every_workload_and_length() {
                with($subject, super::agrees_on_every_workload_and_length);
            }
            #[test]
            fn takes_numbers_for_arrays() {
                with($subject, super::takes_numbers_for_arrays);
            }
            #[test]
            fn runs_in_place() {
                with($subject, super::runs_in_place);
            }
            #[test]
            fn runs_again_with_other_lengths() {
                with($subject, super::runs_again_with_other_lengths);
            }
            #[test]
            fn every_operator_agrees_over_spicy_arguments() {
                with($subject, super::every_operator_agrees_over_spicy_arguments);
            }
            #[test]
            fn folds_agree() {
                with($subject, super::folds_agree);
            }
            #[test]
            fn folds_keep_nan_infinities_and_zeros() {
                with($subject, super::folds_keep_nan_infinities_and_zeros);
            }
            #[test]
            fn folds_numbers_and_nothing() {
                with($subject, super::folds_numbers_and_nothing);
            }
            #[test]
            fn folds_as_numpy_does() {
                with($subject, super::folds_as_numpy_does);
            }
            #[test]
            fn refuses_inputs_that_do_not_fit() {
                with($subject, super::refuses_inputs_that_do_not_fit);
            }
        }
    )+};
}

suite! {
    plain_loop: crate::common::plain_loop();
    simd_wide: crate::common::simd(Isa::Wide);
    #[cfg(target_arch = "x86_64")]
    simd_avx2: crate::common::simd(Isa::Avx2);
    #[cfg(target_arch = "x86_64")]
    simd_avx512: crate::common::simd(Isa::Avx512);
    one_thread: crate::common::threads(1);
    three_threads: crate::common::threads(3);
    auto: crate::common::auto();
    #[cfg(feature = "gpu")]
    gpu: crate::common::gpu::opened();
    #[cfg(feature = "gpu")]
    gpu_borrowed: crate::common::gpu::borrowed();
    #[cfg(feature = "gpu")]
    gpu_stingy: crate::common::gpu::stingy();
    #[cfg(feature = "gpu")]
    auto_with_gpu: crate::common::gpu::auto();
}

fn with(subject: Subject, test: fn(&dyn crossover::Backend)) {
    match subject {
        Ok(backend) => test(&*backend),
        Err(reason) => println!("skipped: {reason}"),
    }
}

/// Which of a workload's inputs are numbers.
fn scalars(workload: &Workload) -> Vec<bool> {
    workload.data(0, 0).args(0).iter().map(|arg| arg.len().is_none()).collect()
}

type Case = (Workload, Vec<Vec<f32>>, Reference);

/// Each workload on spicy numbers, and what its results are judged by. Made once, for the longest of the lengths: the
/// numbers for fewer elements are the first of those for more.
static REFERENCES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let longest = LENGTHS[LENGTHS.len() - 1];
    let each = |workload: Workload| {
        let inputs = spicy_inputs(&workload, longest);
        let reference = Reference::new(&workload.kernel, &args(&inputs, &scalars(&workload)), longest);
        (workload, inputs, reference)
    };
    let written = TEXTS.iter().map(|text| Workload::parse(text).unwrap());
    Workload::all().into_iter().chain(written).map(each).collect()
});

/// Formulas for the interpreter: alone, fused, with conditions, constants and more registers than a few.
const TEXTS: [&str; 6] = [
    "x",
    "x + x**2 + x**3",
    "where(x > y, sqrt(x), -y**3) / (1 + abs(x))",
    "(x > 0) & ~(y < x) | isnan(y)",
    "clip(x, -1, 1)*sign(y) - fma(x, y, floor(x))*ceil(y) + min(x, y)*max(x, 0.5)",
    "((x+1)*(y+2) - (x+3)*(y+4)) * ((x+5)*(y+6) - (x+7)*(y+8)) + (x-y)*((x-1)*(y-2) + (x-3)*(y-4))",
];

/// Every sign and every function of the language, each in a formula of its own.
fn operators() -> Vec<String> {
    let signs = ["+", "-", "*", "/", "%", "**", "<", "<=", ">", ">=", "==", "!="];
    let mut texts: Vec<String> = signs.iter().map(|sign| format!("x {sign} y")).collect();
    texts.extend(["-x", "(x > y) & (y > z)", "(x > y) | (y > z)", "~(x > y)", "where(x > y, y, z)"].map(str::to_owned));
    let functions = Function::all().filter(|function| !matches!(function, Function::Where | Function::Reduction(_)));
    texts.extend(functions.map(|function| {
        let arguments = &"x, y, z"[..3 * function.arguments() - 2];
        format!("{}({arguments})", function.names()[0])
    }));
    texts.extend(REWRITABLE.map(str::to_owned));
    texts
}

/// What a compiler that assumes NaN away, or takes −0 for 0, may rewrite into something else.
const REWRITABLE: [&str; 20] = [
    "x - x",
    "x*0",
    "0/x",
    "x/x",
    "(x + y) - x",
    "x*y/x",
    "x != x",
    "x - x == 0",
    "where(x*0 == 0, 1, 2)",
    "~(x > y)",
    "~(x <= y) | ~(x >= y)",
    "where(x < y, x, y)",
    "where(x > y, x, y)",
    "(x >= 0)*y",
    "maximum(x*0, y)",
    "exp(x - x)",
    "sign(x - x)",
    "clip(x, -1, 1) + 0*y",
    "maximum(x, 0)",
    "minimum(-0.0, abs(x))",
];

/// Each operator on every spicy number with every other one, and what its results are judged by.
static OPERATORS: LazyLock<Vec<(Kernel, Reference)>> = LazyLock::new(|| {
    let [x, y, z] = &spicy_triples();
    let each = |text: String| {
        let kernel = Kernel::parse(&text).unwrap();
        let reference = Reference::new(&kernel, &named(&kernel, x, y, z), x.len());
        (kernel, reference)
    };
    operators().into_iter().map(each).collect()
});

/// Every spicy number with every other one, and a third beside each pair.
fn spicy_triples() -> [Vec<f32>; 3] {
    let pairs = SPICY.iter().flat_map(|x| SPICY.iter().map(move |y| (*x, *y)));
    let (x, y): (Vec<f32>, Vec<f32>) = pairs.unzip();
    let z = (0..x.len()).map(|index| SPICY[index * 7 % SPICY.len()]).collect();
    [x, y, z]
}

/// The arguments of a kernel whose inputs are some of x, y and z.
fn named<'a>(kernel: &Kernel, x: &'a [f32], y: &'a [f32], z: &'a [f32]) -> Vec<Arg<'a>> {
    let array = |name: &String| match name.as_str() {
        "x" => Arg::from(x),
        "y" => Arg::from(y),
        _ => Arg::from(z),
    };
    kernel.inputs().iter().map(array).collect()
}

fn every_operator_agrees_over_spicy_arguments(backend: &dyn crossover::Backend) {
    let [x, y, z] = &spicy_triples();
    for (kernel, reference) in &*OPERATORS {
        let result = run(backend, kernel, &named(kernel, x, y, z), x.len());
        reference.judge(&backend.info(), &result);
    }
}

/// Reduces of tame numbers at every length, and what their results are judged by.
static FOLDS: LazyLock<Vec<(Kernel, Vec<Reference>)>> = LazyLock::new(|| {
    let texts = [
        "sum(x + x**2 + x**3)",
        "mean(x*x)",
        "min(x)",
        "max(x*x - x)",
        "prod(1 + x/100000)",
        "std(x*x)",
        "var(1000 + x)",
        "any(x > 3)",
        "all(x + 5)",
        "argmin(x)",
        "argmax(x*x - x)",
        "nansum(where(x > 1, nan, x))",
        "nanmin(where(x < 0, nan, x))",
        "nanmax(where(x > 0, nan, x))",
    ];
    let compiled = "poly".parse::<Workload>().unwrap().kernel.with_reduction(Some(Reduction::Sum));
    let kernels = texts.iter().map(|text| Kernel::parse(text).unwrap()).chain([compiled]);
    let data = tame();
    let each = |kernel: Kernel| {
        let lengths = LENGTHS.iter().filter(|len| **len > 0);
        let references = lengths.map(|len| Reference::new(&kernel, &[Arg::from(&data[..*len])], *len)).collect();
        (kernel, references)
    };
    kernels.map(each).collect()
});

/// Standard normal numbers, as many as the longest of the lengths.
fn tame() -> Vec<f32> {
    let longest = LENGTHS[LENGTHS.len() - 1];
    let poly: Workload = "poly".parse().unwrap();
    let data = poly.data(longest, 11);
    let arg = data.args(longest)[0];
    (0..longest).map(|index| arg.at(index).as_f32()).collect()
}

fn folds_agree(backend: &dyn crossover::Backend) {
    let data = tame();
    for (kernel, references) in &*FOLDS {
        let mut prepared = backend.prepare(kernel).unwrap();
        for (reference, len) in references.iter().zip(LENGTHS.iter().filter(|len| **len > 0)) {
            let mut out = [f32::NAN];
            prepared.run(&[Arg::from(&data[..*len])], &mut out).unwrap();
            reference.judge(&backend.info(), &out);
        }
    }
}

fn folds_keep_nan_infinities_and_zeros(backend: &dyn crossover::Backend) {
    let plain = tame();
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    for fold in ["sum", "mean", "min", "max", "prod"] {
        let kernel = Kernel::parse(&format!("{fold}(x)")).unwrap();
        for (len, at) in [(1, 0), (2, 1), (3, 0), (5000, 0), (5000, 2047), (5000, 4999), (70_001, 69_000)] {
            for special in [[nan; 2], [inf; 2], [-inf; 2], [inf, -inf], [nan, inf], [-inf, nan]] {
                // The product of many of the others is within range.
                let mut x: Vec<f32> = plain[..len].iter().map(|x| 1.0 + x / 1e5).collect();
                x[len / 2] = special[1];
                x[at] = special[0];
                let args = [Arg::from(&x)];
                Reference::new(&kernel, &args, len).judge(&backend.info(), &run(backend, &kernel, &args, 1));
            }
        }
    }
    for (fold, zeros) in [("min", [0.0, -0.0, 0.0]), ("max", [-0.0, 0.0, -0.0]), ("max", [-0.0; 3])] {
        let (kernel, args) = (Kernel::parse(&format!("{fold}(x)")).unwrap(), [Arg::from(&zeros)]);
        Reference::new(&kernel, &args, 3).judge(&backend.info(), &run(backend, &kernel, &args, 1));
    }
}

fn folds_numbers_and_nothing(backend: &dyn crossover::Backend) {
    let run = |text: &str, inputs: &[Arg<'_>]| {
        let mut out = [f32::NAN];
        backend.run(&Kernel::parse(text).unwrap(), inputs, &mut out).map(|()| out[0])
    };
    let nothing = Arg::from(&[0.0_f32; 0]);
    assert_eq!(run("sum(x)", &[nothing]).unwrap(), 0.0);
    assert_eq!(run("prod(x)", &[nothing]).unwrap(), 1.0);
    assert!(run("mean(x)", &[nothing]).unwrap().is_nan());
    assert!(matches!(run("min(x)", &[nothing]), Err(Error::Empty { fold: "min" })));
    for (text, expected) in [("any(x)", 0.0), ("all(x)", 1.0), ("nansum(x)", 0.0)] {
        assert_eq!(run(text, &[nothing]).unwrap(), expected, "{text}");
    }
    assert!(run("var(x)", &[nothing]).unwrap().is_nan() && run("std(x)", &[nothing]).unwrap().is_nan());
    for text in ["argmin(x)", "argmax(x)", "nanmin(x)", "nanmax(x)"] {
        assert!(matches!(run(text, &[nothing]), Err(Error::Empty { fold }) if text.starts_with(fold)), "{text}");
    }
    assert_eq!(run("argmax(a*b)", &[Arg::from(2.0), Arg::from(3.0)]).unwrap(), 0.0);
    assert_eq!(run("var(a)", &[Arg::from(2.0)]).unwrap(), 0.0);
    assert_eq!(run("sum(a*x)", &[Arg::from(2.0), Arg::from(&[1.0, 2.0, 3.0])]).unwrap(), 12.0);
    assert_eq!(run("max(a*b)", &[Arg::from(2.0), Arg::from(3.0)]).unwrap(), 6.0);
    assert_eq!(run("sum(x > 1)", &[Arg::from(&[1.0, 2.0, 3.0])]).unwrap(), 2.0);
    assert!(matches!(run("sum(x*y)", &[Arg::from(&[1.0]), Arg::from(&[1.0, 2.0])]), Err(Error::Length { .. })));
    let sum = Kernel::parse("sum(x)").unwrap();
    let mut two = [0.0; 2];
    let refused = backend.run(&sum, &[Arg::from(&[1.0])], &mut two);
    assert!(matches!(refused, Err(Error::ReductionOutput { found: 2, .. })));
    for (kernel, output) in [(&sum, 0), (&Kernel::parse("2*x").unwrap(), 1)] {
        let refused = backend.run(kernel, &[Arg::Output(output)], &mut two[..1]);
        assert!(matches!(refused, Err(Error::Invalid { what: "input", .. })), "{refused:?}");
    }
}

/// A fold, the usual number, the other ones at their places, and the result.
type Folded<'a> = (&'a str, f32, &'a [(usize, f32)], f32);

/// What numpy gives for `len` numbers, all `usual` but for those at some places.
fn folds_as_numpy_does(backend: &dyn crossover::Backend) {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for len in [7, 65, 2049, 70_001] {
        // An early place, one in the middle of a row, and the last.
        let [a, b, c] = [len / 7, len / 2, len - 1];
        let (first, last, count) = (a as f32, c as f32, len as f32);
        let cases: &[Folded<'_>] = &[
            ("any(x)", 0.0, &[(b, -0.0)], 0.0),
            ("any(x)", 0.0, &[(c, nan)], 1.0),
            ("any(x)", -0.0, &[(b, -1e-3)], 1.0),
            ("all(x)", 1.0, &[(b, nan)], 1.0),
            ("all(x)", nan, &[], 1.0),
            ("all(x)", 1.0, &[(c, -0.0)], 0.0),
            ("all(x)", nan, &[(a, 0.0)], 0.0),
            ("nansum(x)", nan, &[], 0.0),
            ("nansum(x)", 1.0, &[(a, nan), (c, nan)], count - 2.0),
            ("nansum(x)", 0.0, &[(a, inf), (b, -inf)], nan),
            ("nanmin(x)", nan, &[], nan),
            ("nanmin(x)", nan, &[(b, inf)], inf),
            ("nanmin(x)", 1.0, &[(a, nan), (c, -2.0)], -2.0),
            ("nanmax(x)", nan, &[], nan),
            ("nanmax(x)", nan, &[(b, -inf)], -inf),
            ("nanmax(x)", -1.0, &[(a, nan), (c, 2.0)], 2.0),
            ("argmin(x)", 1.0, &[], 0.0),
            ("argmin(x)", inf, &[], 0.0),
            ("argmin(x)", 1.0, &[(a, -0.0), (b, 0.0), (c, -0.0)], first),
            ("argmin(x)", 1.0, &[(a, -inf), (c, nan)], last),
            ("argmin(x)", 1.0, &[(a, nan), (b, -inf), (c, nan)], first),
            ("argmin(x)", nan, &[(0, 1.0)], 1.0),
            ("argmax(x)", -inf, &[], 0.0),
            ("argmax(x)", 1.0, &[(a, 3.0), (c, 3.0)], first),
            ("argmax(x)", 1.0, &[(b, 2.0), (c, 3.0)], last),
            ("argmax(x)", 1.0, &[(a, inf), (c, nan)], last),
            ("var(x)", 0.1, &[], 0.0),
            ("std(x)", 3e30, &[], 0.0),
            ("var(x)", 1.0, &[(b, nan)], nan),
            ("std(x)", 1.0, &[(c, nan)], nan),
            ("var(x)", 1.0, &[(a, inf)], nan),
            ("std(x)", 1.0, &[(c, -inf)], nan),
        ];
        for (text, usual, others, expected) in cases {
            let mut x = vec![*usual; len];
            others.iter().for_each(|(place, other)| x[*place] = *other);
            let found = run(backend, &Kernel::parse(text).unwrap(), &[Arg::from(&x)], 1)[0];
            assert_eq!(
                crate::common::bits(found),
                crate::common::bits(*expected),
                "{text} of {len} {usual}, {others:?}"
            );
        }
    }
}

fn agrees_on_every_workload_and_length(backend: &dyn crossover::Backend) {
    for (workload, inputs, reference) in &*REFERENCES {
        let args = args(inputs, &scalars(workload));
        for len in LENGTHS {
            let args: Vec<_> = args.iter().map(|arg| arg.part(0, len)).collect();
            reference.judge(&backend.info(), &run(backend, &workload.kernel, &args, len));
        }
    }
}

fn takes_numbers_for_arrays(backend: &dyn crossover::Backend) {
    let workload: Workload = "axpy".parse().unwrap();
    let inputs: Vec<_> = [2.5, -1.5, 0.1].map(|x| vec![x; 1000]).into();
    let mut prepared = backend.prepare(&workload.kernel).unwrap();
    for mask in 0..8_usize {
        let args = args(&inputs, &[mask & 1 > 0, mask & 2 > 0, mask & 4 > 0]);
        let mut out = vec![f32::NAN; 1000];
        prepared.run(&args, &mut out).unwrap();
        assert_right(backend, &workload.kernel, &args, &out);
    }
}

fn runs_in_place(backend: &dyn crossover::Backend) {
    for (name, len) in [("poly", 1), ("poly", 1000), ("poly", 70_001), ("axpy", 17), ("axpy", 200_003)] {
        let workload: Workload = name.parse().unwrap();
        let data = workload.data(len, 3);
        let mut args = data.args(len);
        // The first input of axpy is its number; the output takes its place, so it has to be an array here.
        let first: Vec<f32> = (0..len).map(|index| args[0].at(index).as_f32()).collect();
        args[0] = Arg::from(&first);
        let expected = run(backend, &workload.kernel, &args, len);
        let mut in_place = first.clone();
        args[0] = Arg::Output(0);
        backend.prepare(&workload.kernel).unwrap().run(&args, &mut in_place).unwrap();
        assert_eq!(in_place, expected, "{} of {len} on {}", name, backend.info());
    }
}

fn runs_again_with_other_lengths(backend: &dyn crossover::Backend) {
    let workload: Workload = "poly".parse().unwrap();
    let data = workload.data(100_000, 5);
    let mut prepared = backend.prepare(&workload.kernel).unwrap();
    for len in [10, 100_000, 1000, 0, 70_000, 1] {
        let mut out = vec![f32::NAN; len];
        prepared.run(&data.args(len), &mut out).unwrap();
        assert_right(backend, &workload.kernel, &data.args(len), &out);
    }
}

fn refuses_inputs_that_do_not_fit(backend: &dyn crossover::Backend) {
    let workload: Workload = "axpy".parse().unwrap();
    let mut prepared = backend.prepare(&workload.kernel).unwrap();
    let (long, short) = ([1.0; 10], [1.0; 9]);
    let mut out = [-7.0; 10];
    let count = prepared.run(&[Arg::from(1.0), Arg::from(&long)], &mut out).unwrap_err();
    assert!(matches!(count, Error::InputCount { expected: 3, found: 2, .. }), "{count}");
    let length = prepared.run(&[Arg::from(1.0), Arg::from(&long), Arg::from(&short)], &mut out).unwrap_err();
    assert!(matches!(&length, Error::Length { input, expected: 10, found: 9, .. } if input == "y"), "{length}");
    assert!(prepared.run(&[Arg::Output(0), Arg::from(&short), Arg::from(0.0)], &mut out).is_err());
    assert_eq!(out, [-7.0; 10], "a refused run writes nothing");
    prepared.run(&[Arg::from(1.0), Arg::from(&long), Arg::from(0.0)], &mut out).unwrap();
    assert_eq!(out, [1.0; 10]);
}

/// `poly` is well conditioned: besides its bound, a GPU keeps it within 4 ULP, unless a subnormal is flushed.
#[cfg(feature = "gpu")]
#[test]
fn gpu_keeps_poly_within_4_ulp() {
    let gpu = match crate::common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let workload: Workload = "poly".parse().unwrap();
    let len = 1_000_003;
    let inputs = spicy_inputs(&workload, len);
    let args = args(&inputs, &[false]);
    let result = run(&gpu, &workload.kernel, &args, len);
    let bounds = workload.kernel.bounds(crossover::Arithmetic::Wgsl, &args, len).unwrap();
    let mut worst = (0.0, 0);
    for (index, bound) in bounds.iter().enumerate() {
        if bound.is_finite() && bound.value.abs() >= f64::from(f32::MIN_POSITIVE) {
            let ulp = crossover::ulp::distance(result[index], bound.value);
            if ulp > worst.0 {
                worst = (ulp, index);
            }
        }
    }
    println!("worst of poly on the GPU: {:.3} ULP at {:e}", worst.0, inputs[0][worst.1]);
    assert!(worst.0 <= 4.0, "{:.3} ULP at {:e}", worst.0, inputs[0][worst.1]);
}
