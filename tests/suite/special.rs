//! The special cases of the mathematical functions, on every CPU backend and on GPUs.

use crate::common::functions::{backends, one, two};
use crate::common::{bits, run};
use crossover::program::{Binary, Unary};
use crossover::{Arg, Arithmetic, Kernel};

const INF: f32 = f32::INFINITY;
const NAN: f32 = f32::NAN;

/// For each operator, operands and results.
type Cases<Op, Case> = &'static [(Op, &'static [Case])];

/// Special cases of C99, annex F (but for the diagonals of `atan2`, which are rounded: `tests/suite/functions.rs` has them),
/// and of IEEE 754 for the functions that C does not have: operands and the result.
#[rustfmt::skip]
const SPECIAL_ONE: Cases<Unary, (f32, f32)> = {
    use std::f32::consts::{FRAC_PI_2, PI};
    &[
        (Unary::Exp, &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (100.0, INF), (-200.0, 0.0), (NAN, NAN)]),
        (Unary::Exp2, &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (128.0, INF), (-149.0, f32::from_bits(1)),
            (-151.0, 0.0), (10.0, 1024.0), (NAN, NAN)]),
        (Unary::Expm1, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN)]),
        (Unary::Ln, &[(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (-1.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
        (Unary::Log2, &[(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (8.0, 3.0), (f32::from_bits(1), -149.0), (-1.0, NAN),
            (INF, INF), (NAN, NAN)]),
        (Unary::Log10, &[(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (1000.0, 3.0), (-1.0, NAN), (INF, INF), (NAN, NAN)]),
        (Unary::Log1p, &[(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (-1.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
        (Unary::Sin, &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
        (Unary::Cos, &[(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
        (Unary::Tan, &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
        (Unary::Arcsin, &[(0.0, 0.0), (-0.0, -0.0), (1.0, FRAC_PI_2), (1.5, NAN), (-INF, NAN), (NAN, NAN)]),
        (Unary::Arccos, &[(1.0, 0.0), (0.0, FRAC_PI_2), (-1.0, PI), (1.5, NAN), (INF, NAN), (NAN, NAN)]),
        (Unary::Arctan, &[(0.0, 0.0), (-0.0, -0.0), (INF, FRAC_PI_2), (-INF, -FRAC_PI_2), (NAN, NAN)]),
        (Unary::Sinh, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Cosh, &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (NAN, NAN)]),
        (Unary::Tanh, &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN)]),
        (Unary::Arcsinh, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Arccosh, &[(1.0, 0.0), (0.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)]),
        (Unary::Arctanh, &[(0.0, 0.0), (-0.0, -0.0), (1.0, INF), (-1.0, -INF), (1.5, NAN), (INF, NAN), (NAN, NAN)]),
        (Unary::Cbrt, &[(0.0, 0.0), (-0.0, -0.0), (27.0, 3.0), (-8.0, -2.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Square, &[(0.0, 0.0), (-0.0, 0.0), (-3.0, 9.0), (1e20, INF), (-INF, INF), (NAN, NAN)]),
        (Unary::Recip, &[(0.0, INF), (-0.0, -INF), (4.0, 0.25), (INF, 0.0), (-INF, -0.0), (NAN, NAN)]),
        // As numpy has them of `f32`.
        (Unary::Deg2rad, &[(0.0, 0.0), (-0.0, -0.0), (1.0, 0.017_453_292), (180.0, PI), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Rad2deg, &[(0.0, 0.0), (-0.0, -0.0), (1.0, 57.295_776), (PI, 180.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Sigmoid, &[(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (20.0, 1.0), (-110.0, 0.0),
            (-103.0, f32::from_bits(1)), (NAN, NAN)]),
        (Unary::Erf, &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (5.0, 1.0), (f32::from_bits(1), f32::from_bits(1)), (NAN, NAN)]),
        (Unary::Erfc, &[(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0), (11.0, 0.0), (-5.0, 2.0), (NAN, NAN)]),
        (Unary::Round, &[(0.5, 0.0), (-0.5, -0.0), (1.5, 2.0), (2.5, 2.0), (-0.0, -0.0), (0.499_999_97, 0.0),
            (8_388_609.0, 8_388_609.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Floor, &[(-0.0, -0.0), (0.5, 0.0), (-0.5, -1.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Ceil, &[(-0.0, -0.0), (-0.5, -0.0), (0.5, 1.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Trunc, &[(-0.0, -0.0), (-0.5, -0.0), (0.5, 0.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
        (Unary::Sign, &[(0.0, 0.0), (-0.0, 0.0), (-3.0, -1.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN)]),
        (Unary::Neg, &[(0.0, -0.0), (-0.0, 0.0), (INF, -INF), (NAN, NAN)]),
        (Unary::Abs, &[(-0.0, 0.0), (-INF, INF), (NAN, NAN)]),
        (Unary::Sqrt, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-1.0, NAN), (NAN, NAN)]),
        (Unary::Rsqrt, &[(0.0, INF), (INF, 0.0), (-1.0, NAN), (NAN, NAN)]),
    ]
};

#[rustfmt::skip]
const SPECIAL_TWO: Cases<Binary, (f32, f32, f32)> = {
    use std::f32::consts::{FRAC_PI_2, PI};
    const TINY: f32 = f32::from_bits(1);
    &[
        (Binary::Add, &[(-0.0, -0.0, -0.0), (-0.0, 0.0, 0.0), (INF, 1.0, INF), (INF, -INF, NAN), (NAN, 1.0, NAN),
            (1.0, NAN, NAN), (NAN, INF, NAN)]),
        (Binary::Sub, &[(-0.0, 0.0, -0.0), (0.0, 0.0, 0.0), (1.0, INF, -INF), (INF, INF, NAN), (NAN, NAN, NAN)]),
        (Binary::Mul, &[(-0.0, 1.0, -0.0), (-0.0, -1.0, 0.0), (INF, -2.0, -INF), (INF, 0.0, NAN), (0.0, NAN, NAN)]),
        (Binary::Div, &[(0.0, -1.0, -0.0), (1.0, -INF, -0.0), (1.0, -0.0, -INF), (INF, -2.0, -INF), (0.0, 0.0, NAN),
            (INF, INF, NAN), (0.0, NAN, NAN), (NAN, INF, NAN)]),
        (Binary::Min, &[(0.0, -0.0, -0.0), (-0.0, 0.0, -0.0), (INF, -INF, -INF), (NAN, -INF, NAN), (-INF, NAN, NAN)]),
        (Binary::Max, &[(0.0, -0.0, 0.0), (-0.0, 0.0, 0.0), (INF, -INF, INF), (NAN, INF, NAN), (INF, NAN, NAN)]),
        (Binary::Power, &[(0.0, -3.0, INF), (-0.0, -3.0, -INF), (-0.0, -2.0, INF), (-0.0, -INF, INF), (-0.0, 3.0, -0.0),
            (-0.0, 2.0, 0.0), (-1.0, INF, 1.0), (-1.0, -INF, 1.0), (1.0, NAN, 1.0), (1.0, INF, 1.0), (NAN, 0.0, 1.0),
            (INF, -0.0, 1.0), (-2.0, 0.5, NAN), (0.5, -INF, INF), (2.0, -INF, 0.0), (0.5, INF, 0.0), (2.0, INF, INF),
            (-INF, -3.0, -0.0), (-INF, -2.0, 0.0), (-INF, 3.0, -INF), (-INF, 2.0, INF), (INF, -1.0, 0.0), (INF, 1.0, INF),
            (-INF, 0.5, INF), (-0.0, 0.5, 0.0), (2.0, 10.0, 1024.0), (-3.0, 3.0, -27.0), (NAN, 1.0, NAN), (2.0, NAN, NAN)]),
        (Binary::Hypot, &[(INF, NAN, INF), (NAN, -INF, INF), (3.0, -4.0, 5.0), (0.0, -0.0, 0.0), (NAN, 1.0, NAN),
            (f32::MAX, f32::MAX, INF), (TINY, 0.0, TINY)]),
        (Binary::Arctan2, &[(0.0, 0.0, 0.0), (-0.0, 0.0, -0.0), (0.0, -0.0, PI), (-0.0, -0.0, -PI), (0.0, 1.0, 0.0),
            (-0.0, -1.0, -PI), (0.0, -1.0, PI), (1.0, 0.0, FRAC_PI_2), (-1.0, -0.0, -FRAC_PI_2), (1.0, INF, 0.0),
            (-1.0, INF, -0.0), (1.0, -INF, PI), (INF, 1.0, FRAC_PI_2), (-INF, 1.0, -FRAC_PI_2),
            (NAN, 1.0, NAN), (1.0, NAN, NAN)]),
        (Binary::Fmod, &[(0.0, 3.0, 0.0), (-0.0, 3.0, -0.0), (INF, 1.0, NAN), (1.0, 0.0, NAN), (5.0, INF, 5.0),
            (-5.0, 3.0, -2.0), (5.0, -3.0, 2.0), (-6.0, 3.0, -0.0), (NAN, 1.0, NAN), (1.0, NAN, NAN), (3e38, TINY, 0.0)]),
        (Binary::Remainder, &[(-5.0, 3.0, 1.0), (5.0, -3.0, -1.0), (-6.0, 3.0, 0.0), (6.0, -3.0, -0.0), (-1.0, INF, INF),
            (1.0, INF, 1.0), (1.0, 0.0, NAN), (INF, 1.0, NAN), (1.0, NAN, NAN)]),
        (Binary::Copysign, &[(3.0, -0.0, -3.0), (-3.0, 0.0, 3.0), (INF, -1.0, -INF), (NAN, 1.0, NAN), (-1.0, NAN, 1.0)]),
        (Binary::Heaviside, &[(0.0, 0.5, 0.5), (-0.0, 0.5, 0.5), (0.0, -0.0, -0.0), (0.0, NAN, NAN), (1.0, NAN, 1.0), (-TINY, NAN, 0.0),
            (TINY, 0.0, 1.0), (INF, 0.5, 1.0), (-INF, 0.5, 0.0), (NAN, 1.0, NAN)]),
        (Binary::Logaddexp, &[(0.0, 0.0, std::f32::consts::LN_2), (INF, INF, INF), (-INF, -INF, -INF), (INF, -INF, INF), (-INF, INF, INF), (-INF, 3.0, 3.0),
            (3.0, -INF, 3.0), (f32::MAX, f32::MAX, f32::MAX), (1e30, -1e30, 1e30), (NAN, INF, NAN), (-INF, NAN, NAN), (NAN, 1.0, NAN)]),
        (Binary::Nextafter, &[(0.0, 1.0, TINY), (0.0, -1.0, -TINY), (TINY, 0.0, 0.0), (-TINY, 0.0, -0.0), (0.0, -0.0, -0.0),
            (1.0, INF, 1.0 + f32::EPSILON), (f32::MAX, INF, INF), (INF, 0.0, f32::MAX), (NAN, 1.0, NAN), (1.0, NAN, NAN)]),
    ]
};

#[test]
fn special_cases_are_those_of_the_standards() {
    for backend in backends() {
        let check = |kernel: Kernel, args: &[f32], wanted: f32| {
            let args: Vec<_> = args.iter().map(|x| Arg::from(*x)).collect();
            let result = run(&*backend, &kernel, &args, 1)[0];
            let who = backend.info();
            assert_eq!(
                bits(result),
                bits(wanted),
                "{} of {args:?} on {who}: {result:e}, not {wanted:e}",
                kernel.name()
            );
        };
        for (op, cases) in SPECIAL_ONE {
            cases.iter().for_each(|(x, wanted)| check(one(*op), &[*x], *wanted));
        }
        for (op, cases) in SPECIAL_TWO {
            cases.iter().for_each(|(x, y, wanted)| check(two(*op), &[*x, *y], *wanted));
        }
    }
}

/// Whether a shader's result is the one wanted: NaN, an infinity and a zero are the very ones.
#[cfg(feature = "gpu")]
fn is_wanted(result: f32, wanted: f32) -> bool {
    if wanted.is_normal() {
        return crossover::ulp::distance(result, f64::from(wanted)) <= crossover::bound::FUNCTION_ULP;
    }
    bits(result) == bits(wanted)
}

/// All but those with subnormals, which a shader may flush.
#[cfg(feature = "gpu")]
#[test]
fn special_cases_are_those_of_the_standards_on_every_gpu() {
    for subject in [crate::common::gpu::opened(), crate::common::gpu::borrowed(), crate::common::gpu::stingy()] {
        let backend = match subject {
            Ok(backend) => backend,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let check = |kernel: Kernel, columns: &[Vec<f32>], wanted: &[f32]| {
            let args: Vec<_> = columns.iter().map(Arg::from).collect();
            let results = run(&*backend, &kernel, &args, wanted.len());
            for (index, (result, wanted)) in results.iter().zip(wanted).enumerate() {
                let at: Vec<_> = columns.iter().map(|column| column[index]).collect();
                let subnormal = at.iter().chain([wanted]).any(|x| x.is_subnormal());
                let (name, who) = (kernel.name(), backend.info());
                assert!(
                    subnormal || is_wanted(*result, *wanted),
                    "{name} of {at:?} on {who}: {result:e}, not {wanted:e}"
                );
            }
        };
        for (op, cases) in SPECIAL_ONE {
            let (x, wanted): (Vec<_>, Vec<_>) = cases.iter().copied().unzip();
            check(one(*op), &[x], &wanted);
        }
        for (op, cases) in SPECIAL_TWO {
            let column = |of: fn(&(f32, f32, f32)) -> f32| cases.iter().map(of).collect::<Vec<_>>();
            check(two(*op), &[column(|case| case.0), column(|case| case.1)], &column(|case| case.2));
        }
    }
}

/// A shader's compiler may take `abs` of the constant −0 for −0: the sign is set by bits.
#[cfg(feature = "gpu")]
#[test]
fn a_constant_zero_has_the_sign_that_it_is_given_on_a_gpu() {
    let gpu = match crate::common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    for (text, size) in [("copysign(-0.0, x)", 0.0), ("copysign(0.0, x)", 0.0), ("copysign(-2.0, x)", 2.0_f32)] {
        let result = run(&gpu, &Kernel::parse(text).unwrap(), &[Arg::from(&[NAN, 1.0, -1.0, INF, -INF])], 5);
        let wanted = [size, size, -size, size, -size];
        assert_eq!(result.iter().copied().map(bits).collect::<Vec<_>>(), wanted.map(bits), "{text}: {result:?}");
    }
}

/// Which of two zeros is chosen is open where the comparison is: the sum is `y` where it is rounded to it.
#[test]
fn a_selection_that_is_open_admits_zeros_of_both_signs() {
    let kernel = Kernel::parse("where(x + y >= y, 0.0, -0.0)").unwrap();
    let (x, y) = ([-1e-9, -1.0], [1.0, 1.0]);
    let bounds = kernel.bounds(Arithmetic::Ieee, &[Arg::from(&x), Arg::from(&y)], 2).unwrap();
    assert!(bounds[0].admits(0.0) && bounds[0].admits(-0.0), "{:?}", bounds[0]);
    assert!(!bounds[1].admits(0.0) && bounds[1].admits(-0.0), "{:?}", bounds[1]);
}

/// A quotient that was rounded, and a remainder that is a tie: the two errors together leave nothing of the bound.
#[test]
fn a_remainder_that_is_a_tie_is_within_its_bound() {
    let kernel = Kernel::parse("x / 5.820567 % 5.820567").unwrap();
    let x = [-3.999_962];
    let bound = kernel.bounds(Arithmetic::Ieee, &[Arg::from(&x)], 1).unwrap()[0];
    for backend in backends() {
        let result = run(&*backend, &kernel, &[Arg::from(&x)], 1)[0];
        assert!(bound.admits(result), "{result:e} is not within {:e} of {:e}", bound.bound, bound.value);
    }
}

/// The square of the divisor and a little more, which is lost when it is rounded: the remainder may be anything.
#[test]
fn a_remainder_at_a_whole_quotient_admits_both_sides() {
    let kernel = Kernel::parse("fma(y, y, x) % y").unwrap();
    let (x, y) = ([3.937_5], [-16_777_216.0]);
    let args = [Arg::from(&y), Arg::from(&x)];
    let bound = kernel.bounds(Arithmetic::Ieee, &args, 1).unwrap()[0];
    for backend in backends() {
        let result = run(&*backend, &kernel, &args, 1)[0];
        assert!(bound.admits(result), "{result:e} is not within {:e} of {:e}", bound.bound, bound.value);
    }
}
