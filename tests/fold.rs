//! Folds: the same bits whatever runs them, and as accurate as promised on numbers that cancel.

use crossover::bound::Bound;
use crossover::{Arg, Arithmetic, Fold, Isa, Kernel, Loop, Simd, Threads};
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
        assert_eq!(Fold::depth(len), depth, "{len}");
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
        let promised = f64::from(Fold::depth(x.len())) * 2.0_f64.powi(-24) * total;
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
    for text in ["sum(x)", "mean(x)", "prod(1 + x/1000)", "min(x)"] {
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
    for text in ["sum(x)", "mean(x)", "max(x)"] {
        let kernel = Kernel::parse(text).unwrap();
        let whole = fold(&Loop, &kernel, &x);
        let way = kernel.fold().unwrap();
        let each = kernel.with_fold(Some(way.of_parts()));
        for chunks in [1, 2, 8] {
            let parts: Vec<f32> = x.chunks(chunks * Fold::CHUNK).map(|part| fold(&Simd::new(), &each, part)).collect();
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
