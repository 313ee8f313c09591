//! The inverse trigonometric functions: fitted polynomials, and identities that move every argument near 0.

use super::{DoubleWord, polynomial, with_sign};
use crate::num::bits::{Bits, Word};

/// (arcsin √z / √z − 1) / z for z ≤ ¼: the function is accurate to 2⁻³¹.
const ASIN: [f32; 6] = [0.166_666_6, 0.075_005_22, 0.044_513_375, 0.031_839_09, 0.014_314_85, 0.037_696_82];

/// (arctan √z / √z − 1) / z for z ≤ 1: the function is accurate to 2⁻³¹.
const ATAN: [f32; 10] = [
    -0.333_333_28,
    0.199_997_16,
    -0.142_803_43,
    0.110_612_33,
    -0.088_214_62,
    0.067_636_49,
    -0.044_983_257,
    0.022_777_617,
    -0.007_425_363,
    0.001_134_522_1,
];

/// π/2: 24 bits and the remainder. Twice these are those of π.
const PI_2: [f64; 2] = [1.570_796_370_506_286_6, -4.371_138_828_673_793e-8];

/// An arcsine as the sum of its argument, `root`, and the rest.
struct Arcsine<B> {
    root: B,
    rest: B,
}

/// Computes the arcsine of |x|, or, where |x| is above ½, that of √((1 − |x|) / 2), which is half the arccosine of |x|.
#[inline(always)]
fn arcsine<B: Bits>(size: B, large: B::Mask) -> Arcsine<B> {
    // The difference is exact.
    let square = B::select(large, (B::constant(1) - size) * B::constant(0.5), size * size);
    let root = DoubleWord::new(square).sqrt();
    let high = B::select(large, root.high, size);
    let low = B::select(large, root.low, B::constant(0));
    Arcsine { root: high, rest: (high * square).mul_add(polynomial(square, ASIN), low) }
}

/// Computes the arcsine.
#[inline(always)]
pub(crate) fn asin<B: Bits>(x: B) -> B {
    let size = x.abs();
    let large = size.gt(B::constant(0.5));
    let Arcsine { root, rest } = arcsine(size, large);
    let right = DoubleWord::sum(B::constant(PI_2[0]), -(root + root));
    let from_right = right.high + (right.low + (B::constant(PI_2[1]) - (rest + rest)));
    with_sign(B::select(large, from_right, root + rest), x)
}

/// Computes the arccosine: for |x| above ½ twice the arcsine of √((1 − |x|) / 2), or π minus that; else π/2 minus the arcsine.
#[inline(always)]
pub(crate) fn acos<B: Bits>(x: B) -> B {
    let (size, zero) = (x.abs(), B::constant(0));
    let large = size.gt(B::constant(0.5));
    let Arcsine { root, rest } = arcsine(size, large);
    let half_turns = B::select(large, B::select(x.lt(zero), B::constant(2), zero), B::constant(1));
    let toward = B::select(large, x, -x);
    let (root, rest) = (B::select(large, root + root, root), B::select(large, rest + rest, rest));
    let sum = DoubleWord::sum(half_turns * B::constant(PI_2[0]), with_sign(root, toward));
    // The rest follows the sign of the root, since the series is odd with positive coefficients, except for the root's own
    // rounding error, which may have either sign.
    let signed_rest = B::select(toward.lt(zero), -rest, rest);
    sum.high + (sum.low + half_turns.mul_add(B::constant(PI_2[1]), signed_rest))
}

/// Computes the arctangent.
#[inline(always)]
pub(crate) fn atan<B: Bits>(x: B) -> B {
    let one = B::constant(1);
    // Beyond the limit the result is π/2.
    let size = x.abs().within(0.0, 1e18);
    let steep = size.gt(one);
    let slope = DoubleWord::new(B::select(steep, one, size)).over(DoubleWord::new(B::select(steep, size, one)));
    let angle = Angle::of(slope);
    let right = DoubleWord::sum(B::constant(PI_2[0]), -angle.slope);
    let from_right = right.high + (right.low + (B::constant(PI_2[1]) - angle.rest));
    with_sign(B::select(steep, from_right, angle.slope + angle.rest), x)
}

/// The arctangent of a slope of at most 1, as the sum of the slope and the rest.
struct Angle<B> {
    slope: B,
    rest: B,
}

impl<B: Bits> Angle<B> {
    #[inline(always)]
    fn of(slope: DoubleWord<B>) -> Self {
        let square = slope.high * slope.high;
        Angle { slope: slope.high, rest: (slope.high * square).mul_add(polynomial(square, ATAN), slope.low) }
    }
}

/// Computes the angle of the point (x, y), in −π..=π.
#[inline(always)]
pub(crate) fn atan2<B: Bits>(y: B, x: B) -> B {
    let (zero, one, infinity) = (B::constant(0), B::constant(1), B::constant(f32::INFINITY));
    let (across, up) = (x.abs(), y.abs());
    // If a coordinate is infinite, infinite coordinates count as 1 and finite ones as 0.
    let infinite = across.eq(infinity) | up.eq(infinity);
    let across = B::select(infinite, B::select(across.eq(infinity), one, zero), across);
    let up = B::select(infinite, B::select(up.eq(infinity), one, zero), up);
    let steep = up.gt(across);
    let (least, most) = (B::select(steep, across, up), B::select(steep, up, across));
    let most = B::select(most.eq(zero), one, most);
    // Scaled so that neither an inverse nor a remainder underflows.
    let (down, tiny) = (B::constant(1.0 / 18_446_744_073_709_551_616.0), B::constant(18_446_744_073_709_551_616.0));
    let scale = B::select(most.gt(tiny), down, B::select(most.lt(down), tiny, one));
    let angle = Angle::of(DoubleWord::new(least * scale).over(DoubleWord::new(most * scale)));
    // The number of right angles that the angle is measured from, and the direction.
    let left = x.to_bits().lt(B::Word::constant(0));
    let rights = B::select(steep, one, B::select(left, B::constant(2), zero));
    let back = (steep & !left) | (left & !steep);
    let (slope, rest) = (B::select(back, -angle.slope, angle.slope), B::select(back, -angle.rest, angle.rest));
    let sum = DoubleWord::sum(rights * B::constant(PI_2[0]), slope);
    let result = sum.high + (sum.low + rights.mul_add(B::constant(PI_2[1]), rest));
    B::select(x.is_nan() | y.is_nan(), x + y, with_sign(result, y))
}
