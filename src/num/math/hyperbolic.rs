//! The hyperbolic functions and their inverses: exponentials and logarithms, and fitted polynomials near 0.

use super::exp::{Reduced, half_exp, reduce, slope};
use super::log::ln_pair;
use super::{DoubleWord, odd, with_sign};
use crate::num::bits::{Bits, power_of_two};

/// (sinh √z / √z − 1) / z for z ≤ 1: sinh is accurate to 2⁻³¹.
const SINH: [f32; 4] = [0.166_666_67, 0.008_333_310_5, 0.000_198_428_96, 2.782_213_2e-6];

/// (tanh √z / √z − 1) / z for z ≤ 1: tanh is accurate to 2⁻²⁷.
const TANH: [f32; 7] =
    [-0.333_332_96, 0.133_323_46, -0.053_879_846, 0.021_486_675, -0.007_946_009, 0.002_301_219_4, -0.000_358_392_5];

/// (arsinh √z / √z − 1) / z for z ≤ ¼: the function is accurate to 2⁻³³.
const ASINH: [f32; 6] = [-0.166_666_66, 0.074_999_07, -0.044_616_09, 0.030_033_441, -0.020_048_872, 0.009_255_348];

/// (artanh √z / √z − 1) / z for z ≤ ¼: the function is accurate to 2⁻³².
const ATANH: [f32; 7] =
    [0.333_333_37, 0.199_996_22, 0.142_978_15, 0.109_293_98, 0.105_245_15, 0.016_957_572, 0.185_143_34];

/// Above this number, x² + 1 rounds to x².
const ONE_NEGLIGIBLE_ABOVE: f32 = 8192.0;

/// Computes the hyperbolic sine.
#[inline(always)]
pub(crate) fn sinh<B: Bits>(x: B) -> B {
    let size = x.abs();
    let half = half_exp(size);
    let large = with_sign(half - B::constant(0.25) / half, x);
    B::select(size.lt(B::constant(1)), odd(x, SINH), large)
}

/// Computes the hyperbolic cosine.
#[inline(always)]
pub(crate) fn cosh<B: Bits>(x: B) -> B {
    let half = half_exp(x.abs());
    half + B::constant(0.25) / half
}

/// Computes the hyperbolic tangent: at 1 or more as 1 − 2 / (e²ˣ + 1), whose quotient, with its errors, is at most a quarter.
#[inline(always)]
pub(crate) fn tanh<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    let small = odd(size, TANH);
    // At 9.02 or more it rounds to 1.
    let size_or_less = size.at_most(10.0);
    let Reduced { whole, rest } = reduce(size_or_less + size_or_less);
    // The product is exact, and so is the sum where it matters: the divisor is rounded only once.
    let power = power_of_two::<B>(whole.word);
    let divisor = (power * rest).mul_add(slope(rest), power + one);
    let large = one - B::constant(2) / divisor;
    with_sign(B::select(size.lt(one), small, large), x)
}

/// Computes the logarithm of `2 * x` for large `x`, else that of `sum`.
#[inline(always)]
fn ln_of_sum<B: Bits>(x: B, sum: DoubleWord<B>) -> B {
    let (large, zero) = (x.gt(B::constant(ONE_NEGLIGIBLE_ABOVE)), B::constant(0));
    let more = DoubleWord { high: B::select(large, x, sum.high), low: B::select(large, zero, sum.low) };
    ln_pair(more, B::select(large, B::constant(1), zero))
}

/// Computes the inverse hyperbolic sine, ln(|x| + √(x² + 1)).
#[inline(always)]
pub(crate) fn asinh<B: Bits>(x: B) -> B {
    let size = x.abs();
    let square = DoubleWord::product(size, size);
    let root = DoubleWord::sum_of_any(square.high, B::constant(1)).plus(square.low).sqrt();
    let sum = DoubleWord::sum_of_any(size, root.high).plus(root.low);
    let result = B::select(size.lt(B::constant(0.5)), odd(size, ASINH), ln_of_sum(size, sum));
    B::select(size.lt(B::constant(f32::INFINITY)), with_sign(result, x), x)
}

/// Computes the inverse hyperbolic cosine, ln(1 + t + √(2t + t²)) with t = x − 1.
#[inline(always)]
pub(crate) fn acosh<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    let t = x - one;
    let square = DoubleWord::product(t, t);
    let root = DoubleWord::sum_of_any(t + t, square.high).plus(square.low).sqrt();
    let beyond = DoubleWord::sum_of_any(t, root.high).plus(root.low).settled();
    let result = ln_of_sum(x, DoubleWord::sum_of_any(one, beyond.high).plus(beyond.low));
    let outside = B::select(x.gt(one), x, B::constant(f64::NAN));
    B::select(x.ge(one) & x.lt(B::constant(f32::INFINITY)), result, outside)
}

/// Computes the inverse hyperbolic tangent, ½ ln((1 + x) / (1 − x)).
#[inline(always)]
pub(crate) fn atanh<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    // At ½ or more, the difference is exact.
    let quotient = DoubleWord::sum(one, size).over(DoubleWord::new(one - size));
    let large = with_sign(ln_pair(quotient, B::constant(0)) * B::constant(0.5), x);
    let result = B::select(size.lt(B::constant(0.5)), odd(x, ATANH), large);
    let pole = with_sign(B::constant(f64::INFINITY), x);
    let outside = B::select(size.eq(one), pole, B::constant(f64::NAN));
    B::select(size.lt(one), result, outside)
}
