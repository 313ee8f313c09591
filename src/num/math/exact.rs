//! Functions with no rounding error, or with one rounding.

use crate::num::Num;
use crate::num::bits::{Bits, Word};

/// The sign bit.
const SIGN: u32 = 1 << 31;

/// Returns `x` with the sign of `y`; positive if `y` is NaN, whose sign differs between machines.
#[inline(always)]
pub(crate) fn copysign<B: Bits>(x: B, y: B) -> B {
    // Not by `abs`, which with the constant −0 for `x` was −0 in a shader on llvmpipe.
    with_sign(x, B::select(y.is_nan(), B::constant(0), y))
}

/// Returns `x` with the sign bit of `y`.
#[inline(always)]
pub(crate) fn with_sign<B: Bits>(x: B, y: B) -> B {
    let sign = B::Word::constant(SIGN);
    let size = B::Word::constant(!SIGN);
    B::from_bits((x.to_bits() & size) | (y.to_bits() & sign))
}

/// Returns the number next to `x` in the direction of `y`. The bits of consecutive positive numbers differ by 1.
#[inline(always)]
pub(crate) fn nextafter<B: Bits>(x: B, y: B) -> B {
    let (bits, one, zero) = (x.to_bits(), B::Word::constant(1), B::constant(0));
    // The absolute value increases if the direction is that of the sign.
    let outward = (y.gt(x) & x.gt(zero)) | (y.lt(x) & x.lt(zero));
    let next = B::from_bits(B::Word::select(outward, bits + one, bits - one));
    let smallest = with_sign(B::from_bits(one), y);
    let next = B::select(x.eq(zero), smallest, next);
    let next = B::select(x.eq(y), y, next);
    B::select(x.is_nan() | y.is_nan(), x + y, next)
}

/// Computes the exact remainder of `x / y` with the sign of `x`.
#[inline(always)]
pub(crate) fn fmod<B: Bits>(x: B, y: B) -> B {
    x.modulo(y)
}

/// Computes the remainder with the sign of `y`, as in Python and numpy.
#[inline(always)]
pub(crate) fn remainder<B: Bits>(x: B, y: B) -> B {
    let rest = x.modulo(y);
    remainder_of(rest, y).or_nan(rest)
}

/// Converts the remainder with the sign of `x` to that with the sign of `y`.
#[inline(always)]
pub(crate) fn remainder_of<T: Num>(rest: T, y: T) -> T {
    let zero = T::constant(0);
    let other_side = (rest.lt(zero) & y.gt(zero)) | (rest.gt(zero) & y.lt(zero));
    // A zero has the sign of `y`; where the remainder is a number, `y` is not zero.
    let signed_zero = T::select(y.lt(zero), -T::constant(0), T::constant(0));
    T::select(rest.eq(zero), signed_zero, T::select(other_side, rest + y, rest))
}
