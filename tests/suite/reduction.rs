//! Reduces: the same bits whatever runs them, and as accurate as promised on numbers that cancel.

use crossover::bound::Bound;
use crossover::{Arg, Arithmetic, Backend, Error, Isa, Kernel, Loop, Reduction, Simd, Threads};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

fn normal(len: usize, seed: u128) -> Vec<f32> {
    StandardNormal.sample_iter(&mut Pcg64Mcg::new(seed)).take(len).collect()
}

fn fold(backend: &dyn crossover::Backend, kernel: &Kernel, x: &[f32]) -> f32 {
    let mut out = [f32::NAN];
    backend.run(kernel, &[Arg::from(x)], &mut out).unwrap();
    out[0]
}

/// Numbers of which nearly all cancel: the condition number of their sum is above 10⁸.
fn cancelling(len: usize) -> Vec<f32> {
    let mut x: Vec<f32> = normal(len / 2, 5).iter().map(|x| x * 1e8).collect();
    let opposite: Vec<f32> = x.iter().rev().map(|x| -x).collect();
    x.extend(opposite);
    x.extend(normal(1000, 6));
    x
}

/// Seven roundings down a leaf's column, seven up a chunk's tree of 128 leaves, six over the columns; then the chunks' tree.
#[test]
fn the_depth_is_that_of_the_order() {
    for (len, depth) in [(1, 20), (65_536, 20), (65_537, 21), (131_073, 22), (100_000_000, 31)] {
        assert_eq!(Reduction::depth(len), depth, "{len}");
    }
}

#[test]
fn a_sum_of_numbers_that_cancel_is_within_the_bound() {
    for len in [1000, 70_000, 1_000_000] {
        let x = cancelling(len);
        let sum = Kernel::parse("sum(x)").unwrap();
        let Bound { value, bound } = sum.bounds(Arithmetic::Ieee, &[Arg::from(&x)], x.len()).unwrap()[0];
        let total: f64 = x.iter().map(|x| f64::from(x.abs())).sum();
        // The bound is the one that is documented.
        let promised = f64::from(Reduction::depth(x.len())) * 2.0_f64.powi(-24) * total;
        assert!((bound / promised - 1.0).abs() < 1e-3, "{bound} for {promised}");
        let found = f64::from(fold(&Simd::new(), &sum, &x));
        assert!((found - value).abs() <= bound, "{len}: {found} is not within {bound} of {value}");
        assert!(total / value.abs() > 1e5, "the numbers hardly cancel: {value} of {total}");
    }
}

#[test]
fn a_long_sum_is_far_better_than_one_after_the_other() {
    let x: Vec<f32> = normal(4_000_000, 9).iter().map(|x| x.abs()).collect();
    let exact: f64 = x.iter().map(|x| f64::from(*x)).sum();
    let ours = (f64::from(fold(&Simd::new(), &Kernel::parse("sum(x)").unwrap(), &x)) - exact).abs();
    let naive = (f64::from(x.iter().sum::<f32>()) - exact).abs();
    assert!(ours * 100.0 < naive, "ours is {ours} off, one after the other {naive}");
}

#[test]
fn the_bits_depend_on_the_length_alone() {
    let new = ["var(x)", "std(x)", "any(x > 4)", "all(x)", "argmin(x)", "argmax(x)"];
    let nan = ["nansum(where(x > 1, nan, x))", "nanmin(sqrt(x))", "nanmax(sqrt(-x))"];
    for text in ["sum(x)", "mean(x)", "prod(1 + x/1000)", "min(x)"].into_iter().chain(new).chain(nan) {
        let kernel = Kernel::parse(text).unwrap();
        for len in [1, 64, 65, 511, 513, 2048, 2049, 65_535, 65_537, 200_000, 300_001] {
            let x = normal(len, 3);
            let expected = fold(&Loop, &kernel, &x).to_bits();
            for isa in Isa::available().filter(|isa| *isa != Isa::Scalar) {
                assert_eq!(fold(&Simd::with_isa(isa).unwrap(), &kernel, &x).to_bits(), expected, "{text} {len} {isa}");
            }
            for threads in [1, 2, 3, 7] {
                let threads = Threads::with_threads(threads).unwrap();
                assert_eq!(fold(&threads, &kernel, &x).to_bits(), expected, "{text} {len}");
            }
        }
    }
}

#[test]
fn parts_join_to_the_whole() {
    let x = normal(1_000_003, 4);
    let new = [
        "var(x)",
        "std(x)",
        "any(x > 9)",
        "all(x)",
        "argmin(x)",
        "argmax(-abs(x))",
        "nansum(sqrt(x))",
        "nanmax(-sqrt(x))",
    ];
    for text in ["sum(x)", "mean(x)", "max(x)"].into_iter().chain(new) {
        let kernel = Kernel::parse(text).unwrap();
        let whole = fold(&Loop, &kernel, &x);
        let way = kernel.reduction().unwrap();
        let each = kernel.with_reduction(Some(way.of_parts()));
        for chunks in [1, 2, 8] {
            let size = chunks * Reduction::CHUNK;
            let mut parts = vec![f32::NAN; x.len().div_ceil(size) * each.output_len(size)];
            for (index, part) in parts.chunks_mut(each.output_len(size)).enumerate() {
                let x = &x[index * size..x.len().min((index + 1) * size)];
                Simd::new().run(&each, &[Arg::from(x)], &mut *part).unwrap();
                way.place(part, index * size);
            }
            assert_eq!(way.join(&parts, x.len()).unwrap().to_bits(), whole.to_bits(), "{text} in {chunks}");
        }
    }
}

#[test]
fn the_least_and_the_greatest_keep_nan_and_order_the_zeros() {
    let least = |x: &[f32]| fold(&Simd::new(), &Kernel::parse("min(x)").unwrap(), x);
    let greatest = |x: &[f32]| fold(&Simd::new(), &Kernel::parse("max(x)").unwrap(), x);
    let mut x = vec![1.0; 1000];
    x[700] = f32::NAN;
    assert!(least(&x).is_nan() && greatest(&x).is_nan());
    assert_eq!(least(&[0.0, -0.0, 0.0]).to_bits(), (-0.0_f32).to_bits());
    assert_eq!(greatest(&[-0.0, 0.0, -0.0]).to_bits(), 0.0_f32.to_bits());
    assert_eq!(least(&[f32::INFINITY; 3]), f32::INFINITY);
    let sum = |x: &[f32]| fold(&Simd::new(), &Kernel::parse("sum(x)").unwrap(), x);
    assert_eq!(sum(&[-0.0, -0.0]).to_bits(), (-0.0_f32).to_bits());
    assert!(sum(&[f32::INFINITY, 1.0, f32::NEG_INFINITY]).is_nan());
}

/// In f64, and in two passes over distances from the first, which are exact.
fn variance(x: &[f32]) -> f64 {
    let apart = || x.iter().map(|each| f64::from(*each) - f64::from(x[0]));
    let mean = apart().sum::<f64>() / x.len() as f64;
    apart().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64
}

/// The mean is 0 to ten million times the standard deviation, down to where neighbouring numbers are further apart than that.
#[test]
fn a_variance_loses_nothing_to_a_large_mean() {
    for (mean, len) in [(0.0, 1000), (1.0, 77), (1e3, 100_000), (-1e5, 1_000_003), (1e7, 300_000)] {
        let x: Vec<f32> = normal(len, 21).iter().map(|x| x + mean).collect();
        for (text, exact) in [("var(x)", variance(&x)), ("std(x)", variance(&x).sqrt())] {
            let kernel = Kernel::parse(text).unwrap();
            let found = f64::from(fold(&Simd::new(), &kernel, &x));
            let off = (found - exact).abs() / exact;
            assert!(off < 4e-7, "{text} of {len} around {mean}: {found} is {off:e} off {exact}");
            let Bound { value, bound } = kernel.bounds(Arithmetic::Ieee, &[Arg::from(&x)], x.len()).unwrap()[0];
            assert!((value - exact).abs() <= 1e-10 * exact, "{text}: the oracle has {value}, not {exact}");
            assert!(bound < 2e-4 * exact && (found - value).abs() <= bound, "{text}: {found}, {value} within {bound}");
        }
    }
}

#[test]
fn a_variance_of_extremes() {
    let var = |x: &[f32]| fold(&Simd::new(), &Kernel::parse("var(x)").unwrap(), x);
    let std = |x: &[f32]| fold(&Simd::new(), &Kernel::parse("std(x)").unwrap(), x);
    assert_eq!(var(&[0.1; 3000]).to_bits(), 0.0_f32.to_bits());
    assert_eq!(var(&[f32::MAX; 3000]), 0.0);
    assert_eq!((var(&[1.0, 2.0, 3.0, 4.0]), std(&[0.0, 2.0])), (1.25, 1.0));
    // One that lies far away, first or last.
    let mut x = vec![0.0; 100_000];
    x[0] = 1e6;
    let expected = variance(&x) as f32;
    assert!((var(&x) / expected - 1.0).abs() < 1e-6, "{} {expected}", var(&x));
    x.reverse();
    assert!((var(&x) / expected - 1.0).abs() < 1e-6, "{} {expected}", var(&x));
}

#[test]
fn an_index_is_exact_or_refused() {
    let mut x = vec![1.0; Reduction::MOST_INDICES + 1];
    let most = Reduction::MOST_INDICES - 1;
    (x[most - 1], x[most]) = (0.5, 2.0);
    for backend in [&Simd::new() as &dyn Backend, &Threads::with_threads(3).unwrap()] {
        for (text, index) in [("argmin(x)", most - 1), ("argmax(x)", most)] {
            let kernel = Kernel::parse(text).unwrap();
            assert_eq!(fold(backend, &kernel, &x[..=most]), index as f32);
            let refused = backend.run(&kernel, &[Arg::from(&x)], &mut [0.0]).unwrap_err();
            assert!(matches!(refused, Error::TooLarge { needed: 16_777_217, limit: 16_777_216, .. }), "{refused}");
            assert!(refused.to_string().starts_with(&text[..6]), "{refused}");
        }
    }
    assert!(matches!(Reduction::ArgMin.join(&[1.0, 0.0], 1 << 25), Err(Error::TooLarge { .. })));
}

/// What may be the least by the elements' own errors is all that is admitted.
#[test]
fn an_index_is_judged_by_what_its_elements_may_be() {
    let bound = |text: &str, x: &[f32]| {
        Kernel::parse(text).unwrap().bounds(Arithmetic::Ieee, &[Arg::from(x)], x.len()).unwrap()[0]
    };
    let x = [3.0, 1.0, 2.0, 1.0];
    assert_eq!(bound("argmin(x)", &x), Bound { value: 1.0, bound: 0.0 });
    assert_eq!(bound("argmax(x)", &[3.0, f32::NAN, 9.0, f32::NAN]), Bound { value: 1.0, bound: 0.0 });
    // A third of 3, 1 and 2 is rounded, but by less than they are apart; of numbers that are equal, rounding may part any.
    assert_eq!(bound("argmin(x/3)", &[3.0, 1.0, 2.0]), Bound { value: 1.0, bound: 0.0 });
    assert_eq!(bound("argmin(x/3*3)", &[2.0, 1.0, 1.0, 1.0, 5.0]), Bound { value: 1.0, bound: 2.0 });
    assert_eq!(bound("any(x)", &[0.0, 1e-30]), Bound { value: 1.0, bound: 0.0 });
    assert_eq!(bound("all(x/3*3 - 1)", &[5.0, 1.0]).bound, 1.0);
}
