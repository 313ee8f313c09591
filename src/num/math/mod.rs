//! The mathematical functions, written once over [`Bits`] for the loop, every instruction set and WGSL.
//!
//! No function branches on data, except into a slow path that any lane may need, and into a fast one for integer exponents.
//! Fitted coefficients were computed by `fit.py` in this folder.

mod double_word;
mod erf;
pub(crate) mod exact;
mod exp;
mod hyperbolic;
mod inverse;
mod log;
mod power;
mod table;
mod trig;

use crate::num::bits::Bits;
use double_word::DoubleWord;
pub(crate) use erf::{erf, erfc};
pub(crate) use exact::{fmod, nextafter, remainder, with_sign};
pub(crate) use exp::{exp, exp2, expm1, sigmoid};
pub(crate) use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub(crate) use inverse::{acos, asin, atan, atan2};
pub(crate) use log::{ln, ln_1p, log2, log10, logaddexp, logaddexp_oracle};
pub(crate) use power::{cbrt, hypot, powf};
pub(crate) use trig::{cos, sin, tan};

/// An integer of less than 2²² in absolute value.
#[derive(Clone, Copy)]
struct Whole<B: Bits> {
    number: B,
    /// Has the integer in its lowest 22 bits, in two's complement; higher bits are unspecified.
    word: B::Word,
}

impl<B: Bits> Whole<B> {
    /// Returns the integer nearest to `x · factor`; near a tie, possibly the other neighbour.
    ///
    /// Adding 1.5 · 2²³ rounds to an integer and leaves it in the lowest bits (J.-M. Muller, *Elementary Functions*, 3rd ed.,
    /// chapter 11). A shader's compiler may simplify that away, so a shader rounds explicitly.
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

/// Computes c₀ + c₁ x + c₂ x² + … by Horner's rule.
#[inline(always)]
fn polynomial<B: Bits, const N: usize>(x: B, coefficients: [f32; N]) -> B {
    let mut sum = B::constant(coefficients[N - 1]);
    for coefficient in coefficients.into_iter().rev().skip(1) {
        sum = sum.mul_add(x, B::constant(coefficient));
    }
    sum
}

/// Computes x + x³ P(x²), for odd functions near 0.
#[inline(always)]
fn odd<B: Bits, const N: usize>(x: B, coefficients: [f32; N]) -> B {
    let square = x * x;
    (x * square).mul_add(polynomial(square, coefficients), x)
}
