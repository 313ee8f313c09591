//! The exponential functions.
//!
//! The argument is split into a whole number of halvings or doublings and a rest of at most half of one; the rest goes
//! through a polynomial, and the power of two is put back at the end (W. J. Cody and W. Waite, *Software Manual for the
//! Elementary Functions*, Prentice-Hall 1980, chapter 6). What is special is ours: the polynomials' coefficients, fitted
//! to 2⁻²⁸ or better over the rest's interval, and the order of the operations, which keeps 1 apart to the end. Of the errors,
//! the rest's rounding and that of the slope by which it is multiplied come to about a sixth of an ULP each.

use super::{Pair, Whole, polynomial};
use crate::num::bits::{Bits, Word, power_of_two};

/// ln 2: sixteen bits, so that its multiples up to 2⁸ are exact even where products are not fused, and the rest.
const LN_2_SHORT: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_3e-6];
/// ln 2, to 24 bits, and the rest.
const LN_2: [f64; 2] = [0.693_147_182_464_599_6, -1.904_654_212_125_933_6e-9];

/// (eʳ − 1 − r) / r² for |r| ≤ 0.3475: eʳ is right to 2⁻²⁸.
const EXP: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_292, 0.008_368_716, 0.001_381_869_5];

/// The same, so that eʳ − 1 is right to 2⁻²⁶.
const EXPM1: [f32; 5] = [0.499_999_97, 0.166_665_45, 0.041_667_446, 0.008_366_447, 0.001_386_984_1];

/// (2ʳ − 1 − r ln 2) / r² for |r| ≤ 0.5005: 2ʳ is right to 2⁻²⁸.
const EXP2: [f32; 5] = [0.240_226_48, 0.055_503_625, 0.009_618_511, 0.001_339_006_1, 0.000_153_241_27];

/// A number as so many times ln 2 and a rest.
pub(super) struct Reduced<B: Bits> {
    pub whole: Whole<B>,
    pub rest: B,
}

/// `x` less the nearest multiple of ln 2.
#[inline(always)]
pub(super) fn reduce<B: Bits>(x: B) -> Reduced<B> {
    let whole = Whole::nearest(x, std::f64::consts::LOG2_E);
    // Exact, so that the rest's is the only rounding.
    let near = whole.number.mul_add(B::constant(-LN_2_SHORT[0]), x).opaque();
    let rest = whole.number.mul_add(B::constant(-LN_2_SHORT[1]), near);
    Reduced { whole, rest }
}

/// (eʳ − 1) / r for |r| ≤ 0.3475. One fused product by r is left to do, which keeps its rounding out.
#[inline(always)]
pub(super) fn slope<B: Bits>(rest: B) -> B {
    polynomial(rest, EXP).mul_add(rest, B::constant(1))
}

/// e to the power of `x`, without the `whole` doublings, which are given as well.
#[inline(always)]
fn parts<B: Bits>(x: B) -> (B, B) {
    let Reduced { whole, rest } = reduce(x);
    (slope(rest).mul_add(rest, B::constant(1)), whole.number)
}

/// The product of `factor` and e to the power of `x`, both to more than the digits of a number, without the doublings, which
/// are given as well.
#[inline(always)]
pub(super) fn exp_product<B: Bits>(factor: Pair<B>, x: Pair<B>) -> (B, B) {
    let whole = Whole::nearest(x.high, std::f64::consts::LOG2_E).number;
    let near = whole.mul_add(B::constant(-LN_2_SHORT[0]), x.high).opaque();
    let Pair { high: rest, low } = Pair::sum(near, whole * B::constant(-LN_2_SHORT[1])).plus(x.low);
    // eʳ − 1 − r, and with the low part.
    let beyond = rest * rest * polynomial(rest, EXP);
    let beyond = low.mul_add(B::constant(1) + rest + beyond, beyond);
    let linear = Pair::product(factor.high, rest);
    let sum = Pair::sum(factor.high, linear.high);
    let low = factor.low.mul_add(rest, linear.low + factor.low);
    (sum.high + (sum.low + factor.high.mul_add(beyond, low)), whole)
}

/// e to the power of `x`.
#[inline(always)]
pub(crate) fn exp<B: Bits>(x: B) -> B {
    // Beyond these limits the result is 0 or infinite, and scaling makes it so.
    let (power, whole) = parts(x.within(-104.0, 89.0));
    power.scale(whole)
}

/// Half of e to the power of `x`, which overflows only if that half does.
#[inline(always)]
pub(crate) fn half_exp<B: Bits>(x: B) -> B {
    let (power, whole) = parts(x.within(-104.0, 90.0));
    power.scale(whole - B::constant(1))
}

/// 2 to the power of `x`.
#[inline(always)]
pub(crate) fn exp2<B: Bits>(x: B) -> B {
    let x = x.within(-151.0, 129.0);
    let whole = x.round();
    exp2_of(x - whole, B::constant(0)).scale(whole)
}

/// 2 to the power of `r + low`, for |r| at most a half and `low` no more than its rounding.
#[inline(always)]
fn exp2_of<B: Bits>(r: B, low: B) -> B {
    let ln_2 = Pair::constant(LN_2);
    let low = low.mul_add(ln_2.high, r * ln_2.low);
    let tail = (r * r).mul_add(polynomial(r, EXP2), low);
    r.mul_add(ln_2.high, tail) + B::constant(1)
}

/// 2 to the power of a sum of two numbers.
#[inline(always)]
pub(crate) fn exp2_pair<B: Bits>(x: Pair<B>) -> B {
    let high = x.high.within(-151.0, 129.0);
    let whole = high.round();
    let rest = Pair::sum(high - whole, x.low);
    exp2_of(rest.high, rest.low).scale(whole)
}

/// e to the power of `x`, less 1.
#[inline(always)]
pub(crate) fn expm1<B: Bits>(x: B) -> B {
    let Reduced { whole, rest } = reduce(x.within(-18.0, 89.0));
    let tail = (rest * rest).mul_add(polynomial(rest, EXPM1), rest);
    // Half of it, so that the largest power of two is within range.
    let half_power = power_of_two::<B>(whole.word - B::Word::constant(1));
    let half = half_power.mul_add(tail, half_power - B::constant(0.5));
    // A tiny `x` is the result, of whose half a subnormal one would lose a digit; and it keeps its sign.
    B::select(x.abs().lt(B::constant(1e-10)), x, half + half)
}

/// The logistic function, 1 / (1 + e⁻ˣ): with e⁻ˣ as 2ᵏ eʳ, that is 1 / (1 + 2ᵏ eʳ), or where k is positive, 2⁻ᵏ / (2⁻ᵏ + eʳ),
/// so that nothing overflows.
#[inline(always)]
pub(crate) fn sigmoid<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    let Reduced { whole, rest } = reduce((-x).within(-20.0, 105.0));
    let large = whole.number.gt(B::constant(0));
    // Far from 0, where one of the terms is nothing beside the other, its size no longer matters.
    let (size, least) = (whole.number.abs(), B::constant(60));
    let power = power_of_two::<B>(B::Word::constant(0) - B::select(size.lt(least), size, least).to_word());
    let term = B::select(large, rest, rest * power).mul_add(slope(rest), power);
    let quotient = Pair::new(one).over(Pair::sum(one, term)).value();
    quotient.scale(B::select(large, -whole.number, B::constant(0)))
}
