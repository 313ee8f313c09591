//! The mathematical functions, written once over [`Bits`]: for the loop, every instruction set and WGSL.
//!
//! No function branches on data, but for a slow path that is entered where any lane needs it, and a quick one for whole
//! exponents. Where a polynomial's
//! coefficients are said to be fitted, `fit.py` beside this file made them.

mod erf;
pub(crate) mod exact;
mod exp;
mod hyperbolic;
mod inverse;
mod log;
mod pair;
mod power;
mod trig;

use crate::num::bits::Bits;
pub(crate) use erf::{erf, erfc};
pub(crate) use exact::{fmod, nextafter, remainder, with_sign};
pub(crate) use exp::{exp, exp2, expm1, sigmoid};
pub(crate) use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub(crate) use inverse::{acos, asin, atan, atan2};
pub(crate) use log::{ln, ln_1p, log2, log10, logaddexp, logaddexp_oracle};
use pair::Pair;
pub(crate) use power::{cbrt, hypot, powf};
pub(crate) use trig::{cos, sin, tan};

/// A whole number, below 2²² in size.
#[derive(Clone, Copy)]
struct Whole<B: Bits> {
    number: B,
    /// Its last 22 bits are the number's as two's complement; those above are anything.
    word: B::Word,
}

impl<B: Bits> Whole<B> {
    /// The one nearest to `x · factor`, or nearly so: in a tie, or next to one, it may be the other neighbour.
    ///
    /// A number of the size of 1.5 · 2²³ has no place for a fraction, so that adding it rounds, and leaves the whole number
    /// in the last bits (J.-M. Muller, *Elementary Functions*, 3rd ed., chapter 11). A shader may see through it.
    #[inline(always)]
    fn nearest(x: B, factor: f64) -> Self {
        let factor = B::constant(factor);
        if !B::FUSES {
            let number = (x * factor).round();
            return Whole { number, word: number.to_word() };
        }
        let shift = B::constant(12_582_912);
        let shifted = x.mul_add(factor, shift);
        Whole { number: shifted - shift, word: shifted.to_bits() }
    }
}

/// c₀ + c₁ x + c₂ x² + …, by Horner's rule.
#[inline(always)]
fn polynomial<B: Bits, const N: usize>(x: B, coefficients: [f32; N]) -> B {
    let mut sum = B::constant(coefficients[N - 1]);
    for coefficient in coefficients.into_iter().rev().skip(1) {
        sum = sum.mul_add(x, B::constant(coefficient));
    }
    sum
}

/// x + x³ P(x²), for the odd functions near 0.
#[inline(always)]
fn odd<B: Bits, const N: usize>(x: B, coefficients: [f32; N]) -> B {
    let square = x * x;
    (x * square).mul_add(polynomial(square, coefficients), x)
}
