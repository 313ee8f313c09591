//! The exponential functions.
//!
//! The argument is split into an integer multiple of ln 2 and a remainder of at most half of ln 2; the remainder's
//! exponential is a polynomial, which is scaled by the power of two at the end (W. J. Cody and W. Waite, *Software Manual
//! for the Elementary Functions*, Prentice-Hall 1980, chapter 6). The coefficients, fitted to 2⁻²⁸ or better, are this
//! crate's own, and so is the order of the operations, which adds 1 last. The rounding of the remainder and that of its
//! factor contribute about a sixth of an ULP each.

use super::{DoubleWord, Whole, polynomial};
use crate::num::bits::{Bits, Word, power_of_two};

/// ln 2: sixteen bits, so that its multiples up to 2⁸ are exact even where products are not fused, and the remainder.
const LN_2_SHORT: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_3e-6];
/// ln 2: 24 bits and the remainder.
const LN_2: [f64; 2] = [0.693_147_182_464_599_6, -1.904_654_212_125_933_6e-9];

/// (eʳ − 1 − r) / r² for |r| ≤ 0.3475: eʳ is accurate to 2⁻²⁸.
const EXP: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_292, 0.008_368_716, 0.001_381_869_5];

/// The same, fitted so that eʳ − 1 is accurate to 2⁻²⁶.
const EXPM1: [f32; 5] = [0.499_999_97, 0.166_665_45, 0.041_667_446, 0.008_366_447, 0.001_386_984_1];

/// (2ʳ − 1 − r ln 2) / r² for |r| ≤ 0.5005: 2ʳ is accurate to 2⁻²⁸.
const EXP2: [f32; 5] = [0.240_226_48, 0.055_503_625, 0.009_618_511, 0.001_339_006_1, 0.000_153_241_27];

/// A number as an integer multiple of ln 2 and a remainder.
pub(super) struct Reduced<B: Bits> {
    pub whole: Whole<B>,
    pub rest: B,
}

/// Subtracts the nearest multiple of ln 2 from `x`.
#[inline(always)]
pub(super) fn reduce<B: Bits>(x: B) -> Reduced<B> {
    let whole = Whole::nearest(x, std::f64::consts::LOG2_E);
    // Exact, so only the remainder is rounded.
    let near = whole.number.mul_add(B::constant(-LN_2_SHORT[0]), x).opaque();
    let rest = whole.number.mul_add(B::constant(-LN_2_SHORT[1]), near);
    Reduced { whole, rest }
}

/// Computes (eʳ − 1) / r for |r| ≤ 0.3475. The caller multiplies by r in a fused product, without another rounding.
#[inline(always)]
pub(super) fn slope<B: Bits>(rest: B) -> B {
    polynomial(rest, EXP).mul_add(rest, B::constant(1))
}

/// Returns the factor and the exponent of two whose product is e to the power of `x`.
#[inline(always)]
fn parts<B: Bits>(x: B) -> (B, B) {
    let Reduced { whole, rest } = reduce(x);
    (slope(rest).mul_add(rest, B::constant(1)), whole.number)
}

/// Returns the product of `factor` and e to the power of `x`, both double words, as a factor and an exponent of two.
#[inline(always)]
pub(super) fn exp_product<B: Bits>(factor: DoubleWord<B>, x: DoubleWord<B>) -> (B, B) {
    let whole = Whole::nearest(x.high, std::f64::consts::LOG2_E).number;
    let near = whole.mul_add(B::constant(-LN_2_SHORT[0]), x.high).opaque();
    let DoubleWord { high: rest, low } = DoubleWord::sum(near, whole * B::constant(-LN_2_SHORT[1])).plus(x.low);
    // eʳ − 1 − r, then the same for the sum with the low part.
    let beyond = rest * rest * polynomial(rest, EXP);
    let beyond = low.mul_add(B::constant(1) + rest + beyond, beyond);
    let linear = DoubleWord::product(factor.high, rest);
    let sum = DoubleWord::sum(factor.high, linear.high);
    let low = factor.low.mul_add(rest, linear.low + factor.low);
    (sum.high + (sum.low + factor.high.mul_add(beyond, low)), whole)
}

/// Computes e to the power of `x`.
#[inline(always)]
pub(crate) fn exp<B: Bits>(x: B) -> B {
    // Beyond these limits, scaling gives 0 or infinity.
    let (power, whole) = parts(x.within(-104.0, 89.0));
    power.scale(whole)
}

/// Computes half of e to the power of `x`; overflows only if that half does.
#[inline(always)]
pub(crate) fn half_exp<B: Bits>(x: B) -> B {
    let (power, whole) = parts(x.within(-104.0, 90.0));
    power.scale(whole - B::constant(1))
}

/// Computes 2 to the power of `x`.
#[inline(always)]
pub(crate) fn exp2<B: Bits>(x: B) -> B {
    let x = x.within(-151.0, 129.0);
    let whole = x.round();
    exp2_of(x - whole, B::constant(0)).scale(whole)
}

/// Computes 2 to the power of `r + low`, for |r| of at most a half and a `low` of at most its rounding error.
#[inline(always)]
fn exp2_of<B: Bits>(r: B, low: B) -> B {
    let ln_2 = DoubleWord::constant(LN_2);
    let low = low.mul_add(ln_2.high, r * ln_2.low);
    let tail = (r * r).mul_add(polynomial(r, EXP2), low);
    r.mul_add(ln_2.high, tail) + B::constant(1)
}

/// Computes 2 to the power of a double word.
#[inline(always)]
pub(crate) fn exp2_pair<B: Bits>(x: DoubleWord<B>) -> B {
    let high = x.high.within(-151.0, 129.0);
    let whole = high.round();
    let rest = DoubleWord::sum(high - whole, x.low);
    exp2_of(rest.high, rest.low).scale(whole)
}

/// Computes e to the power of `x`, minus 1.
#[inline(always)]
pub(crate) fn expm1<B: Bits>(x: B) -> B {
    let Reduced { whole, rest } = reduce(x.within(-18.0, 89.0));
    let tail = (rest * rest).mul_add(polynomial(rest, EXPM1), rest);
    // Half the result, so that the largest power of two is within range.
    let half_power = power_of_two::<B>(whole.word - B::Word::constant(1));
    let half = half_power.mul_add(tail, half_power - B::constant(0.5));
    // A tiny `x` is the result, with its sign; the half of a subnormal number would lose a digit.
    B::select(x.abs().lt(B::constant(1e-10)), x, half + half)
}

/// Computes the logistic function, 1 / (1 + e⁻ˣ). With e⁻ˣ = 2ᵏ eʳ, it is 1 / (1 + 2ᵏ eʳ), or, for positive k,
/// 2⁻ᵏ / (2⁻ᵏ + eʳ), which cannot overflow.
#[inline(always)]
pub(crate) fn sigmoid<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    let Reduced { whole, rest } = reduce((-x).within(-20.0, 105.0));
    let large = whole.number.gt(B::constant(0));
    // Far from 0 one term is negligible beside the other, whatever its value.
    let (size, least) = (whole.number.abs(), B::constant(60));
    let power = power_of_two::<B>(B::Word::constant(0) - B::select(size.lt(least), size, least).to_word());
    let term = B::select(large, rest, rest * power).mul_add(slope(rest), power);
    let quotient = DoubleWord::new(one).over(DoubleWord::sum(one, term)).value();
    quotient.scale(B::select(large, -whole.number, B::constant(0)))
}
