//! The error function and its complement.
//!
//! Near 0 both are a fitted polynomial. For larger x, the complement is exp(−x²) times a function that varies slowly with
//! 1 / (1 + x/2), which is fitted too (M. M. Shepherd and J. G. Laframboise, *Chebyshev approximation of
//! (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞*, Mathematics of Computation 36, 1981). The square and that function are double
//! words, because an error of the square would grow with it. The error function is so close to 1 there that one exponential
//! of a polynomial is exact enough.

use super::exp::{Reduced, exp_product, reduce, slope};
use super::{DoubleWord, polynomial, with_sign};
use crate::num::bits::{Bits, power_of_two};

/// erf √z / √z − 1 for z ≤ 1: the function is accurate to 2⁻²⁹.
const ERF: [f32; 7] =
    [0.128_379_17, -0.376_126_26, 0.112_835_79, -0.026_853_347, 0.005_187_162, -0.000_799_785_3, 7.806_903e-5];

/// −ln erfc x for x from 1 to 3.95: erfc is accurate to 2⁻²⁹ absolute.
const LN_ERFC: [f32; 7] =
    [0.000_353_719_3, 1.127_04, 0.638_225_7, 0.103_037_42, -0.021_805_383, 0.002_939_64, -0.000_185_579_77];

/// 8 (1 + x/2) exp(x²) erfc x at 1 / (1 + x/2) = [`MIDDLE`], for x from 0.65 to 10.2: 24 bits and the remainder.
const AT_MIDDLE: [f64; 2] = [3.7599127292633057, -1.169829850766746e-07];
/// Roughly the middle of the range of 1 / (1 + x/2).
const MIDDLE: f64 = 0.4375;
/// The coefficients of the powers of 1 / (1 + x/2) − [`MIDDLE`]: the function is accurate to 2⁻²⁷.
const FROM_MIDDLE: [f32; 8] =
    [4.953_284_7, 4.222_83, 1.474_201_9, -1.075_496_6, -1.076_535_7, 0.530_095_1, 0.654_457_87, -0.450_719_68];

/// Computes the error function, 2/√π times the integral of exp(−t²) from 0 to `x`.
#[inline(always)]
pub(crate) fn erf<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    let small = x.mul_add(polynomial(x * x, ERF), x);
    // At 3.92 or more it rounds to 1.
    let Reduced { whole, rest } = reduce(-polynomial(size.at_most(4.0), LN_ERFC));
    let power = slope(rest).mul_add(rest, one);
    let large = (-power_of_two::<B>(whole.word)).mul_add(power, one);
    with_sign(B::select(size.lt(one), small, large), x)
}

/// Computes 1 minus the error function, without cancellation where that is near 1.
#[inline(always)]
pub(crate) fn erfc<B: Bits>(x: B) -> B {
    let (size, one) = (x.abs(), B::constant(1));
    let near = DoubleWord::sum(one, -x);
    let small = near.high + (-x).mul_add(polynomial(x * x, ERF), near.low);
    // At 10.1 or more it is 0.
    let beyond = erfc_beyond(size.at_most(10.5));
    let large = B::select(x.lt(B::constant(0)), B::constant(2) - beyond, beyond);
    B::select(size.lt(B::constant(0.65)), small, large)
}

/// Computes the complement for `x` from 0.65 to 10.5.
#[inline(always)]
fn erfc_beyond<B: Bits>(x: B) -> B {
    let inverse = DoubleWord::new(B::constant(1)).over(DoubleWord::sum_of_any(B::constant(1), x * B::constant(0.5)));
    let from_middle = inverse.high - B::constant(MIDDLE);
    let product = DoubleWord::product(from_middle, polynomial(from_middle, FROM_MIDDLE));
    let sum = DoubleWord::sum(B::constant(AT_MIDDLE[0]), product.high);
    let slow = sum.plus(inverse.low.mul_add(B::constant(FROM_MIDDLE[0]), product.low + B::constant(AT_MIDDLE[1])));
    let square = DoubleWord::product(x, x);
    let (result, whole) = exp_product(slow.times_pair(inverse), DoubleWord { high: -square.high, low: -square.low });
    result.scale(whole - B::constant(3))
}
