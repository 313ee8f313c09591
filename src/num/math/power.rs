//! Roots and powers.

use super::exp::exp2_pair;
use super::{DoubleWord, polynomial, with_sign};
use crate::num::bits::{Bits, Word, power_of_two};

/// Computes the cube root: for a number between 1 and 8 by its inverse's, from a third of the bits in two steps of the series
/// of (1 − c)^(−⅓), and by one last step with an exact remainder.
#[inline(always)]
pub(crate) fn cbrt<B: Bits>(x: B) -> B {
    let size = x.abs();
    let subnormal = size.lt(B::constant(f32::MIN_POSITIVE));
    let bits = B::select(subnormal, size * B::constant(16_777_216), size).to_bits();
    let exponent = bits.shr(23) - B::Word::select(subnormal, B::Word::constant(127 + 24), B::Word::constant(127));
    let thirds = (B::from_word(exponent) * B::constant(1.0 / 3.0) + B::constant(0.01)).floor().to_word();
    let own = B::Word::select(subnormal, B::Word::constant(24), B::Word::constant(0)) + thirds + thirds + thirds;
    let a = B::from_bits(bits - own.shl(23));
    let root = cbrt_of(a) * power_of_two(thirds);
    let usual = size.gt(B::constant(0)) & size.lt(B::constant(f32::INFINITY));
    B::select(usual, with_sign(root, x), x)
}

/// Computes the cube root of a number between 1 and 8.
#[inline(always)]
fn cbrt_of<B: Bits>(a: B) -> B {
    let third = B::constant(1.0 / 3.0);
    // A constant minus a third of the bits approximates the bits of the inverse root (J. F. Blinn, *Floating-point tricks*,
    // IEEE Computer Graphics and Applications, 1997). That third is large enough to be an integer as a float.
    let guess = B::Word::constant(0x54a2_1d2a) - (B::from_word(a.to_bits()) * third).to_word();
    let mut inverse = B::from_bits(guess);
    for _ in 0..2 {
        let cube = inverse * inverse * inverse;
        let c = (-a).mul_add(cube, B::constant(1));
        let step = c.mul_add(B::constant(2.0 / 9.0), third);
        inverse = (inverse * c).mul_add(step, inverse);
    }
    let square = inverse * inverse;
    let root = a * square;
    let cube = DoubleWord::product(root, root).times(root);
    let rest = (a - cube.high) - cube.low;
    (rest * square).mul_add(third, root)
}

/// Returns the constant 2 to the power of `exponent`.
#[inline(always)]
fn power_of<B: Bits>(exponent: i32) -> B {
    B::constant(f32::from_bits(((127 + exponent) as u32) << 23))
}

/// Computes the length of the hypotenuse, √(x² + y²).
#[inline(always)]
pub(crate) fn hypot<B: Bits>(x: B, y: B) -> B {
    let (a, b, infinity) = (x.abs(), y.abs(), B::constant(f32::INFINITY));
    let shorter = a.lt(b);
    let (long, short) = (B::select(shorter, b, a), B::select(shorter, a, b));
    // Scaled so that squares neither overflow nor lose digits.
    let (huge, tiny) = (long.gt(power_of(60)), long.lt(power_of(-50)));
    let one = B::constant(1);
    let scale = B::select(huge, power_of(-70), B::select(tiny, power_of(100), one));
    let back = B::select(huge, power_of(70), B::select(tiny, power_of(-100), one));
    let (long, short) = (long * scale, short * scale);
    let length = long.mul_add(long, short * short).sqrt() * back;
    B::select(x.is_inf() | y.is_inf(), infinity, length.or_nan(x).or_nan(y))
}

/// (artanh √z / √z − 1 − z/3) / z² for z ≤ 0.0295: the function is accurate to 2⁻⁴³.
const ATANH: [f32; 4] = [0.199_999_99, 0.142_859_86, 0.110_898_66, 0.097_781_42];

/// A third: 24 bits and the remainder.
const THIRD: [f64; 2] = [0.333_333_343_267_440_8, -9.934_107_462_565_104e-9];
/// 1 / ln 2, likewise.
const LOG2_E: [f64; 2] = [1.442_695_021_629_333_5, 1.925_963_033_500_011e-8];

/// Computes the logarithm to base 2 of a positive normal number, minus `extra`, to about 40 bits, by artanh (f / (2 + f)).
#[inline(always)]
fn log2_pair<B: Bits>(x: B, extra: B) -> DoubleWord<B> {
    let (factor, twos) = super::log::split(x);
    let f = factor - B::constant(1);
    let s = DoubleWord::new(f).over(DoubleWord::sum(B::constant(2), f));
    let z = DoubleWord::product(s.high, s.high).plus((s.high + s.high) * s.low);
    let third = z.times_pair(DoubleWord::constant(THIRD));
    let beyond = DoubleWord::sum(third.high, z.high * z.high * polynomial(z.high, ATANH)).plus(third.low);
    let more = s.times_pair(beyond);
    let half = DoubleWord::sum(s.high, more.high).plus(s.low + more.low);
    let ln = DoubleWord { high: half.high + half.high, low: half.low + half.low };
    let own = ln.times_pair(DoubleWord::constant(LOG2_E));
    DoubleWord::sum(B::from_word(twos) - extra, own.high).plus(own.low).settled()
}

/// Computes 2 to the power of `y · log`.
#[inline(always)]
fn power<B: Bits>(log: DoubleWord<B>, y: B) -> B {
    let product = log.times(y);
    // An infinite product has no remainder.
    let finite = product.high.abs().lt(B::constant(1000));
    exp2_pair(DoubleWord { high: product.high, low: B::select(finite, product.low, B::constant(0)) })
}

/// The largest integer exponent, of either sign, for which a power is computed by products.
const PRODUCT_EXPONENT_MAX: u32 = 64;

/// Computes `x` to the power of `y`, with the special cases of C99, annex F.9.4.4: by products for a normal number and a small
/// integer exponent, else by the logarithm.
#[inline(always)]
pub(crate) fn powf<B: Bits>(x: B, y: B) -> B {
    let whole = y.floor().eq(y);
    // Without fused products, exact remainders cost more than the logarithm.
    if !B::FUSES || !B::any(whole) {
        return power_by_logarithm(x, y);
    }
    let size = x.abs();
    let normal = size.ge(B::constant(f32::MIN_POSITIVE)) & size.lt(B::constant(f32::INFINITY));
    let short = whole & normal & y.abs().le(B::constant(PRODUCT_EXPONENT_MAX));
    let product = if B::any(short) { power_by_products(x, B::select(short, y, B::constant(0))) } else { x };
    if !B::any(!short) {
        return product;
    }
    B::select(short, product, power_by_logarithm(x, y))
}

/// Computes a normal `x` to the power of an integer `y` of at most [`PRODUCT_EXPONENT_MAX`] in absolute value: by squaring,
/// from the exponent's leading bit down, with the remainder of each product (S. Graillat, *Accurate floating-point product
/// and exponentiation*, IEEE Transactions on Computers, 2009). That leaves one rounding, and a second one for subnormals.
#[inline(always)]
fn power_by_products<B: Bits>(x: B, y: B) -> B {
    let (one, times) = (B::constant(1), y.abs().to_word());
    // The factor's powers can neither overflow nor be subnormal.
    let (factor, twos) = super::log::split(x.abs());
    let mut power = DoubleWord::new(one);
    let mut begun = false;
    for digit in (0..=PRODUCT_EXPONENT_MAX.ilog2()).rev() {
        if begun {
            power = power.squared();
        }
        let digit = B::Word::constant(1 << digit);
        let set = (times & digit).eq(digit);
        if B::any(set) {
            power = DoubleWord::select(set, power.times(factor), power);
            begun = true;
        }
    }
    let inverse = y.lt(B::constant(0));
    if B::any(inverse) {
        power = DoubleWord::select(inverse, DoubleWord::new(one).over(power), power);
    }
    let (result, more) = super::log::split(power.value());
    // Beyond these limits, scaling gives 0 or infinity.
    let twos = B::from_word(twos).mul_add(y, B::from_word(more)).within(-200.0, 200.0);
    let sign = times.shl(31) & x.to_bits();
    B::from_bits(result.scale(twos).to_bits() ^ (sign & B::Word::constant(1 << 31)))
}

/// Computes `x` to the power of `y` for any two numbers.
#[inline(always)]
fn power_by_logarithm<B: Bits>(x: B, y: B) -> B {
    let (zero, one, infinity) = (B::constant(0), B::constant(1), B::constant(f32::INFINITY));
    let least = B::constant(f32::MIN_POSITIVE);
    let usual = x.ge(least) & x.lt(infinity) & y.abs().lt(infinity);
    // A shader's comparisons may treat NaN as a number.
    let usual = if B::FUSES { usual } else { usual & !(x.is_nan() | y.is_nan()) };
    let result = power(log2_pair(x, zero), y);
    if !B::any(!usual) {
        return result;
    }
    let size = x.abs();
    let subnormal = size.lt(least);
    let scaled = B::select(subnormal, size * B::constant(16_777_216), size);
    let log = log2_pair(scaled, B::select(subnormal, B::constant(24), zero));
    let of_size = B::select(size.eq(one), one, power(log, y));
    let of_zero = B::select(y.lt(zero), infinity, zero);
    let of_infinity = B::select(y.lt(zero), zero, infinity);
    let of_size = B::select(size.eq(zero), of_zero, B::select(size.eq(infinity), of_infinity, of_size));
    let half = y * B::constant(0.5);
    let (whole, odd) = (y.floor().eq(y), half.floor().ne(half));
    let signed = B::select(whole & odd, with_sign(of_size, x), of_size);
    let nowhere = (x.lt(zero) & size.lt(infinity) & !whole) | x.is_nan() | y.is_nan();
    let special = B::select(nowhere, B::constant(f64::NAN), signed);
    let special = B::select(x.eq(one) | y.eq(zero), one, special);
    B::select(usual, result, special)
}
