//! The hyperbolic functions and their inverses: by exponentials and logarithms, and near 0 by fitted polynomials.

use super::exp::{Reduced, half_exp, reduce, slope};
use super::log::ln_pair;
use super::{Pair, odd, with_sign};
use crate::num::bits::{Bits, power_of_two};

/// (sinh √z / √z − 1) / z for z ≤ 1: the sine is right to 2⁻³¹.
const SINH: [f32; 4] = [0.166_666_67, 0.008_333_310_5, 0.000_198_428_96, 2.782_213_2e-6];

/// (tanh √z / √z − 1) / z for z ≤ 1: the tangent is right to 2⁻²⁷.
const TANH: [f32; 7] =
    [-0.333_332_96, 0.133_323_46, -0.053_879_846, 0.021_486_675, -0.007_946_009, 0.002_301_219_4, -0.000_358_392_5];

/// (arsinh √z / √z − 1) / z for z ≤ ¼: the function is right to 2⁻³³.
const ASINH: [f32; 6] = [-0.166_666_66, 0.074_999_07, -0.044_616_09, 0.030_033_441, -0.020_048_872, 0.009_255_348];

/// (artanh √z / √z − 1) / z for z ≤ ¼: the function is right to 2⁻³².
const ATANH: [f32; 7] =
    [0.333_333_37, 0.199_996_22, 0.142_978_15, 0.109_293_98, 0.105_245_15, 0.016_957_572, 0.185_143_34];

/// From here on 1 is nothing beside x².
const LARGE: f32 = 8192.0;

/// The hyperbolic sine.
#[inline(always)]
pub(crate) fn sinh<B: Bits>(x: B) -> B {
    let size = x.abs();
    let half = half_exp(size);
    let large = with_sign(half - B::constant(0.25) / half, x);
    B::select(size.lt(B::constant(1)), odd(x, SINH), large)
}

/// The hyperbolic cosine.
#[inline(always)]
pub(crate) fn cosh<B: Bits>(x: B) -> B {
    let half = half_exp(x.abs());
    half + B::constant(0.25) / half
}

/// The hyperbolic tangent: from 1 on, 1 − 2 / (e²ˣ + 1), where the quotient is at most a quarter and so are its errors.
#[inline(always)]
pub(crate) fn tanh<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    let small = odd(size, TANH);
    // From 9.02 on it is rounded to 1.
    let size_or_less = size.at_most(10.0);
    let Reduced { whole, rest } = reduce(size_or_less + size_or_less);
    // Neither this product nor, as far as it matters, this sum rounds: the divisor is rounded but once.
    let power = power_of_two::<B>(whole.word);
    let divisor = (power * rest).mul_add(slope(rest), power + one);
    let large = one - B::constant(2) / divisor;
    with_sign(B::select(size.lt(one), small, large), x)
}

/// Where a logarithm is of `x` itself and of one doubling: `large`, or else of `sum`.
#[inline(always)]
fn ln_of_sum<B: Bits>(x: B, sum: Pair<B>) -> B {
    let (large, zero) = (x.gt(B::constant(LARGE)), B::constant(0));
    let more = Pair { high: B::select(large, x, sum.high), low: B::select(large, zero, sum.low) };
    ln_pair(more, B::select(large, B::constant(1), zero))
}

/// The inverse hyperbolic sine: ln(|x| + √(x² + 1)).
#[inline(always)]
pub(crate) fn asinh<B: Bits>(x: B) -> B {
    let size = x.abs();
    let square = Pair::product(size, size);
    let root = Pair::sum_of_any(square.high, B::constant(1)).plus(square.low).sqrt();
    let sum = Pair::sum_of_any(size, root.high).plus(root.low);
    let result = B::select(size.lt(B::constant(0.5)), odd(size, ASINH), ln_of_sum(size, sum));
    B::select(size.lt(B::constant(f32::INFINITY)), with_sign(result, x), x)
}

/// The inverse hyperbolic cosine: ln(1 + t + √(2t + t²)) where x is 1 + t.
#[inline(always)]
pub(crate) fn acosh<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    let t = x - one;
    let square = Pair::product(t, t);
    let root = Pair::sum_of_any(t + t, square.high).plus(square.low).sqrt();
    let beyond = Pair::sum_of_any(t, root.high).plus(root.low).settled();
    let result = ln_of_sum(x, Pair::sum_of_any(one, beyond.high).plus(beyond.low));
    let outside = B::select(x.gt(one), x, B::constant(f64::NAN));
    B::select(x.ge(one) & x.lt(B::constant(f32::INFINITY)), result, outside)
}

/// The inverse hyperbolic tangent: half of ln((1 + x) / (1 − x)).
#[inline(always)]
pub(crate) fn atanh<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    // From a half on, the difference is exact.
    let quotient = Pair::sum(one, size).over(Pair::new(one - size));
    let large = with_sign(ln_pair(quotient, B::constant(0)) * B::constant(0.5), x);
    let result = B::select(size.lt(B::constant(0.5)), odd(x, ATANH), large);
    let pole = with_sign(B::constant(f64::INFINITY), x);
    let outside = B::select(size.eq(one), pole, B::constant(f64::NAN));
    B::select(size.lt(one), result, outside)
}
