//! Sine, cosine and tangent.
//!
//! The argument is reduced to at most π/4: below 2¹⁷ by subtracting multiples of π/2, which is stored in three parts (Cody
//! and Waite's reduction, with fused products, as in J.-M. Muller et al., *Handbook of Floating-Point Arithmetic*, 2nd ed.,
//! section 11.2); at 2¹⁷ or more by multiplying with the significant bits of 2/π (M. Payne and R. Hanek, *Radian reduction
//! for trigonometric functions*, SIGNUM Newsletter 18, 1983). The polynomials are fitted.

use super::{DoubleWord, Whole, polynomial};
use crate::num::bits::{Bits, Rare, Single, Word};

/// (1 − sin √z / √z) / z for z ≤ 0.64: the sine is accurate to 2⁻²⁷.
const SIN: [f32; 3] = [0.166_666_54, -0.008_332_095, 0.000_195_055_4];

/// (cos √z − 1 + z/2) / z² for z ≤ 0.64: the cosine is accurate to 2⁻³².
const COS: [f32; 3] = [0.041_666_64, -0.001_388_713, 2.441_208_6e-5];

/// π/2, in parts of 24 bits, all positive: [`reduce`] needs that for the sign of a zero.
const PI_2: [f64; 3] = [1.570796251296997, 7.549789415861596e-08, 5.390302953474238e-15];

/// The limit of the fast reduction.
const FAST_REDUCTION_LIMIT: f32 = 131_072.0;

/// π/2, in parts; the first three have few enough bits that their multiples up to 2⁸ are exact.
const PI_2_SHORT: [f64; 4] = [1.570770263671875, 2.6063062250614166e-05, 6.077094383272197e-11, 6.123233995736766e-17];

/// The limit of the fast reduction without fused products.
const UNFUSED_REDUCTION_LIMIT: f32 = 256.0;

/// The fractional bits of 2/π, after 32 zeros.
const TWO_OVER_PI: [u32; 8] =
    [0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];

/// An angle: a number of right angles, of which the lowest two bits are used, and a rest of at most half a right angle.
struct Turn<B: Bits> {
    rights: B::Word,
    rest: DoubleWord<B>,
}

/// Reduces an angle below the limit. Where products are fused, it keeps the sign of a zero: −0 gives −0 as `high` and `low`,
/// +0 gives +0 and −0.
#[inline(always)]
fn reduce<B: Bits>(x: B) -> Turn<B> {
    let Whole { number: whole, word: rights } = Whole::nearest(x, std::f64::consts::FRAC_2_PI);
    if !B::FUSES {
        // All but the last product are exact, and so are the first two differences.
        let first = x - whole * B::constant(PI_2_SHORT[0]);
        let second = first - whole * B::constant(PI_2_SHORT[1]);
        let third = DoubleWord::sum_of_any(second, -(whole * B::constant(PI_2_SHORT[2])));
        let rest = third.plus(-(whole * B::constant(PI_2_SHORT[3]))).settled();
        return Turn { rights, rest };
    }
    // Exact: a multiple of the ULP of either, and below 1.
    let first = (-whole).mul_add(B::constant(PI_2[0]), x);
    let second = DoubleWord::product(whole, B::constant(PI_2[1]));
    let high = first - second.high;
    let excess = second.low + (second.high - (first - high));
    Turn { rights, rest: DoubleWord { high, low: -whole.mul_add(B::constant(PI_2[2]), excess) } }
}

/// Returns the high word of the product of two words, the first below 2²⁴.
fn high_product<S: Single>(a: S::Word, b: S::Word) -> S::Word {
    let (low, product) = (S::Word::constant(0xffff), S::product);
    let (a_high, a_low, b_high, b_low) = (a.shr(16), a & low, b.shr(16), b & low);
    let middle = product(a_high, b_low) + product(a_low, b_low).shr(16);
    let other = product(a_low, b_high) + (middle & low);
    product(a_high, b_high) + middle.shr(16) + other.shr(16)
}

/// Returns 96 bits of 2/π, starting at a bit of the table.
fn window<S: Single>(place: S::Word) -> [S::Word; 3] {
    let word = S::Word::constant;
    let (index, shift) = (place.shr(5), place & word(31));
    let at = |offset: usize| {
        let mut found = word(TWO_OVER_PI[offset]);
        for first in 1..5 {
            found = S::Word::select(index.eq(word(first)), word(TWO_OVER_PI[first as usize + offset]), found);
        }
        found
    };
    let words = [at(0), at(1), at(2), at(3)];
    // A shift by 32 is not allowed, so the shift is split.
    let joined = |k: usize| S::shift_left(words[k], shift) | S::shift_right(words[k + 1].shr(1), word(31) - shift);
    [joined(0), joined(1), joined(2)]
}

/// Reduces any finite angle of 1 or more. The significand is multiplied by the bits of 2/π that affect the lowest two bits of
/// the number of right angles and 62 fractional bits; the omitted bits are below 2⁻⁷⁰ of a right angle, and no f32 is nearer
/// to a multiple of it than 2⁻³⁰.
fn reduce_huge<S: Single>(x: S) -> Turn<S> {
    let word = S::Word::constant;
    let bits = x.to_bits();
    let significand = (bits & word(0x7f_ffff)) | word(0x80_0000);
    let place = (bits.shr(23) & word(0xff)) - word(120);
    let [first, second, third] = window::<S>(place);
    let below = S::product(significand, second);
    let low = below + high_product::<S>(significand, third);
    // Compared as unsigned words.
    let top = word(1 << 31);
    let carry = S::Word::select((low ^ top).lt(below ^ top), word(1), word(0));
    let high = S::product(significand, first) + high_product::<S>(significand, second) + carry;
    let rights = (high + word(1 << 29)).shr(30);
    let whole = high - rights.shl(30);
    let near = S::from_word(whole);
    let rest = S::from_word(whole - near.to_word());
    let rest = S::from_word(low.shr(1)).mul_add(S::constant(2.0_f64.powi(-31)), rest);
    let unit = 2.0_f64.powi(-30);
    let right_angle = DoubleWord { high: S::constant(PI_2[0] * unit), low: S::constant(PI_2[1] * unit) };
    let rest = DoubleWord::sum(near, rest).times_pair(right_angle).settled();
    let negative = bits.lt(word(0));
    let signed = |part: S| S::select(negative, -part, part);
    let rights = S::Word::select(negative, word(0) - rights, rights);
    Turn { rights, rest: DoubleWord { high: signed(rest.high), low: signed(rest.low) } }
}

impl<B: Bits> Turn<B> {
    /// Computes the sine and the cosine of the rest.
    #[inline(always)]
    fn sine_and_cosine(&self) -> (DoubleWord<B>, DoubleWord<B>) {
        let (DoubleWord { high, low }, one) = (self.rest, B::constant(1));
        let square = high * high;
        // Subtracted, not added: for −0 it is +0.
        let excess = (high * square).mul_add(polynomial(square, SIN), -low);
        // The first product is exact, and so is the difference.
        let half = B::constant(-0.5);
        let near = square.mul_add(half, one).opaque();
        let near_low = square.mul_add(half, one - near);
        let beyond = (square * square).mul_add(polynomial(square, COS), (-high).mul_add(low, near_low));
        (DoubleWord::sum(high, -excess), DoubleWord::sum(near, beyond))
    }

    /// Returns whether the number of right angles is odd.
    #[inline(always)]
    fn is_odd(&self) -> B::Mask {
        (self.rights & B::Word::constant(1)).eq(B::Word::constant(1))
    }

    /// Computes the sine of the angle plus `ahead` right angles.
    #[inline(always)]
    fn sine(self, ahead: u32) -> B {
        let turn = Turn { rights: self.rights + B::Word::constant(ahead), ..self };
        let (sine, cosine) = turn.sine_and_cosine();
        let size = B::select(turn.is_odd(), cosine.high, sine.high);
        let sign = (turn.rights & B::Word::constant(2)).shl(30);
        B::from_bits(size.to_bits() ^ sign)
    }

    /// Computes the tangent.
    #[inline(always)]
    fn tangent(self) -> B {
        let (sine, cosine) = self.sine_and_cosine();
        let odd = self.is_odd();
        let over = DoubleWord::select(odd, cosine, sine);
        let quotient = over.over(DoubleWord::select(odd, sine, cosine)).value();
        B::select(odd, -quotient, quotient)
    }
}

/// A function of an angle.
trait OfTurn: Rare + Sized {
    /// Computes the function of a reduced angle.
    fn of<B: Bits>(turn: Turn<B>) -> B;

    /// Computes the function; out of line for large angles.
    #[inline(always)]
    fn compute<B: Bits>(x: B) -> B {
        let limit = if B::FUSES { FAST_REDUCTION_LIMIT } else { UNFUSED_REDUCTION_LIMIT };
        let huge = !x.abs().lt(B::constant(limit));
        x.rare::<Self>(huge, Self::of(reduce(x)))
    }
}

macro_rules! functions {
    ($($(#[$about:meta])+ $name:ident $shader:literal |$turn:ident| $value:expr;)+) => {$(
        $(#[$about])+
        struct $name;

        impl OfTurn for $name {
            #[inline(always)]
            fn of<B: Bits>($turn: Turn<B>) -> B {
                $value
            }
        }

        impl Rare for $name {
            const NAME: &'static str = $shader;

            fn one<S: Single>(x: S) -> S {
                S::select(x.is_finite(), Self::of(reduce_huge(x)), S::constant(f64::NAN))
            }
        }
    )+};
}

functions! {
    /// The sine.
    Sine "huge_sin" |turn| turn.sine(0);
    /// The cosine.
    Cosine "huge_cos" |turn| turn.sine(1);
    /// The tangent.
    Tangent "huge_tan" |turn| turn.tangent();
}

/// Computes the sine of an angle in radians.
#[inline(always)]
pub(crate) fn sin<B: Bits>(x: B) -> B {
    let sine = Sine::compute(x);
    // Where products are not fused, the reduction loses the sign of a zero.
    if B::FUSES { sine } else { B::select(x.eq(B::constant(0)), x, sine) }
}

/// Computes the cosine of an angle in radians.
#[inline(always)]
pub(crate) fn cos<B: Bits>(x: B) -> B {
    Cosine::compute(x)
}

/// Computes the tangent of an angle in radians.
#[inline(always)]
pub(crate) fn tan<B: Bits>(x: B) -> B {
    B::select(x.eq(B::constant(0)), x, Tangent::compute(x))
}
