//! The logarithms.
//!
//! The number's bits are split into a power of two and a factor 1 + f; the factor's logarithm is f − f²/2 + f³ P(f), with P
//! fitted. Only the terms after f are rounded before the last addition, which keeps the result within an ULP. The method is
//! that of K. C. Ng's *C Mathematical Library* (fdlibm, 1993), without its division.

use super::{DoubleWord, polynomial};
use crate::num::Num;
use crate::num::bits::{Bits, Word, power_of_two};

/// (ln(1 + f) − f + f²/2) / f³ for 1 + f between √½ and √2: ln(1 + f) is accurate to 2⁻³⁰.
const LN: [f32; 9] = [
    0.333_333_13,
    -0.250_000_1,
    0.200_020_72,
    -0.166_679_89,
    0.142_203_58,
    -0.124_062_34,
    0.118_835_49,
    -0.116_700_99,
    0.067_492_716,
];

/// ln 2: sixteen bits, so that its multiples up to 2⁸ are exact, and the remainder.
const LN_2: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_3e-6];
/// log₁₀ 2, likewise.
const LOG10_2: [f64; 2] = [0.301_033_020_019_531_25, -3.024_355_550_054_786e-6];
/// 1 / ln 2: 24 bits and the remainder.
const LOG2_E: [f64; 2] = [1.442_695_021_629_333_5, 1.925_963_033_500_011e-8];
/// 1 / ln 10, likewise.
const LOG10_E: [f64; 2] = [0.434_294_492_006_301_9, -1.010_304_995_219_257_8e-8];

/// The bits of √½, rounded down: factors are between this and twice this.
pub(crate) const SQRT_HALF_BITS: u32 = 0x3f35_04f3;

/// The terms of a logarithm, `twos · ln 2 + high + low`.
pub(crate) struct Parts<B> {
    twos: B,
    high: B,
    low: B,
}

/// Splits a positive normal number into a factor between √½ and √2 and an exponent of two.
#[inline(always)]
pub(crate) fn split<B: Bits>(x: B) -> (B, B::Word) {
    let bits = x.to_bits();
    let twos = (bits - B::Word::constant(SQRT_HALF_BITS)).sar(23);
    (B::from_bits(bits - twos.shl(23)), twos)
}

/// Computes ln(1 + f) − f.
#[inline(always)]
fn beyond<B: Bits>(f: B) -> B {
    let square = f * f;
    square.mul_add(B::constant(-0.5), square * f * polynomial(f, LN))
}

/// Computes the terms of the logarithm of a positive normal number.
#[inline(always)]
fn parts<B: Bits>(x: B) -> Parts<B> {
    let (factor, twos) = split(x);
    let f = factor - B::constant(1);
    Parts { twos: B::from_word(twos), high: f, low: beyond(f) }
}

/// Adds the terms of a natural logarithm.
#[inline(always)]
fn natural<B: Bits>(parts: Parts<B>) -> B {
    // A multiple of ln 2 that is not zero exceeds the rest.
    let large = parts.twos * B::constant(LN_2[0]);
    let sum = DoubleWord::sum(large, parts.high);
    sum.high + (sum.low + parts.twos.mul_add(B::constant(LN_2[1]), parts.low))
}

/// The base of a logarithm.
#[derive(Clone, Copy)]
enum Base {
    E,
    Two,
    Ten,
}

impl Base {
    /// Adds the terms of a logarithm to this base.
    #[inline(always)]
    fn of<B: Bits>(self, parts: Parts<B>) -> B {
        let ([two, two_low], [e, e_low]) = match self {
            Base::E => return natural(parts),
            Base::Two => ([1.0, 0.0], LOG2_E),
            Base::Ten => (LOG10_2, LOG10_E),
        };
        // Without the rounding error of f², log2 would be off by up to 1.05 ULP.
        let square = DoubleWord::product(parts.high, parts.high);
        let squared = B::constant(-0.5 * e) * square.low;
        let e = B::constant(e);
        let product = DoubleWord::product(parts.high, e);
        let sum = DoubleWord::sum(parts.twos * B::constant(two), product.high);
        let low = parts.high.mul_add(B::constant(e_low), parts.low.mul_add(e, product.low + squared));
        sum.high + (sum.low + parts.twos.mul_add(B::constant(two_low), low))
    }

    /// Computes the logarithm: by its terms for positive numbers, and with the special cases of C99.
    #[inline(always)]
    fn logarithm<B: Bits>(self, x: B) -> B {
        let normal = x.ge(B::constant(f32::MIN_POSITIVE)) & x.lt(B::constant(f32::INFINITY));
        let result = self.of(parts(x));
        if !B::any(!normal) {
            return result;
        }
        // A factor of 2²⁵ makes a subnormal number normal.
        let zero = B::constant(0);
        let subnormal = x.lt(B::constant(f32::MIN_POSITIVE)) & x.gt(zero);
        let doubled = parts(x * B::constant(33_554_432));
        let small = self.of(Parts { twos: doubled.twos - B::constant(25), ..doubled });
        let nan = B::constant(f64::NAN);
        let special = B::select(x.eq(zero), B::constant(f64::NEG_INFINITY), B::select(x.gt(zero), x, nan));
        B::select(normal, result, B::select(subnormal, small, special))
    }
}

/// Computes the natural logarithm.
#[inline(always)]
pub(crate) fn ln<B: Bits>(x: B) -> B {
    Base::E.logarithm(x)
}

/// Computes the logarithm to base 2.
#[inline(always)]
pub(crate) fn log2<B: Bits>(x: B) -> B {
    Base::Two.logarithm(x)
}

/// Computes the logarithm to base 10.
#[inline(always)]
pub(crate) fn log10<B: Bits>(x: B) -> B {
    Base::Ten.logarithm(x)
}

/// Computes the natural logarithm of `more` times 2 to the power of `twos`, for a positive `more`.
#[inline(always)]
pub(crate) fn ln_pair<B: Bits>(more: DoubleWord<B>, twos: B) -> B {
    let (factor, own) = split(more.high);
    // The low part is scaled like the high one; it is negligible long before the limit.
    let limit = B::Word::constant(100);
    let scale = power_of_two::<B>(B::Word::constant(0) - B::Word::select(own.lt(limit), own, limit));
    let f = more.low.mul_add(scale, factor - B::constant(1));
    natural(Parts { twos: B::from_word(own) + twos, high: f, low: beyond(f) })
}

/// Computes the natural logarithm of 1 + x.
#[inline(always)]
pub(crate) fn ln_1p<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    let sum = DoubleWord::sum_of_any(one, x);
    let result = ln_pair(sum, B::constant(0));
    // A tiny `x` is the result, with its sign.
    let result = B::select(x.abs().lt(B::constant(1e-10)), x, result);
    let usual = x.gt(-one) & x.lt(B::constant(f32::INFINITY));
    let special = B::select(x.eq(-one), B::constant(f64::NEG_INFINITY), B::select(x.gt(one), x, B::constant(f64::NAN)));
    B::select(usual, result, special)
}

/// Computes ln(eˣ + eʸ) as max(x, y) + ln(1 + e⁻ᵈ) with d = |x − y|.
#[inline(always)]
pub(crate) fn logaddexp<B: Bits>(x: B, y: B) -> B {
    let apart = B::select(x.eq(y), B::constant(0), (x - y).abs());
    let sum = DoubleWord::sum(B::constant(1), super::exp(-apart));
    x.max(y) + ln_pair(sum, B::constant(0))
}

/// Computes the same in `f64`, for the oracle.
pub(crate) fn logaddexp_oracle(x: f64, y: f64) -> f64 {
    let apart = if x == y { 0.0 } else { (x - y).abs() };
    Num::max(x, y) + (-apart).exp().ln_1p()
}
