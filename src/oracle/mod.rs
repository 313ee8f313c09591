//! The oracle: numbers that carry their own error bound.
//!
//! A [`Bounded`] has the value of a formula in `f64` and an upper bound on the distance of a correct `f32` result from it.
//! Each operation propagates its operands' bounds and adds its own rounding error: running error analysis, as in N. J.
//! Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, section 3.3. The bound follows from the
//! same formula as the result, so no tolerance is chosen by hand.
//!
//! The error of one operation is given by the [`Model`]: [`Ieee`] for the CPU backends, [`Wgsl`] for a shader.
//!
//! Both models require numpy's NaN, infinities and signs of zeros: [`Ieee`] in all cases, [`Wgsl`] in these:
//!
//! * A NaN operand gives NaN, and compares as unordered.
//! * An infinite operand gives the infinity or number of IEEE 754, except in inf − inf, inf · 0, inf / inf and inf / 0.
//! * A zero has its sign if it is an input or constant, or the result of `-x`, `abs`, `floor`, `ceil`, `trunc`, `round`,
//!   `sign`, `min`, `max`, `clip`, a selection, or a function whose value is exactly 0.
//!
//! WGSL guarantees nothing about a NaN or an infinity that arises in a shader from other numbers (0 / 0, a root of −1, an
//! overflow), nor about the sign of a zero that `+ - * /`, `sqrt`, `mul_add`, `fract` or `rsqrt` produces. Nearly every
//! device gives the CPU's, and the functions propagate them.

mod propagation;
pub(crate) mod reduction;
pub(crate) mod rounding;

use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::num::operator::{BinaryFunction, Passing, UnaryFunction};
use crate::num::ulp::spacing;
use crate::num::{Mask, Num};
pub use crate::oracle::rounding::{Arithmetic, FUNCTION_ULP, Ieee, Model, Wgsl};

/// The unit roundoff of `f32`, half the distance from 1 to the next number, enlarged by 2⁻²⁷ of itself: the oracle is
/// rounded to `f64`, and that rounding may change the later rounding of a fused result to `f32`.
pub(crate) const UNIT: f64 = SLACK / (1 << 24) as f64;
const SLACK: f64 = 1.0 + 1.0 / (1 << 27) as f64;
/// The smallest normal `f32`.
pub(crate) const MIN_NORMAL: f64 = f32::MIN_POSITIVE as f64;
/// Half the smallest subnormal `f32`: the largest rounding error of a subnormal.
pub(crate) const HALF_SUBNORMAL: f64 = f32::from_bits(1) as f64 / 2.0;
/// The smallest number that rounds to infinity in `f32`: halfway between the largest number and the next power of two.
pub(crate) const OVERFLOW: f64 = f32::MAX as f64 + (1_u128 << 103) as f64;

/// The interval of correct results: within `bound` of `value`.
///
/// A NaN or infinite `value` requires the same result; a zero with a `bound` of zero requires a zero of that sign; an
/// infinite `bound` allows any result, because the arithmetic may overflow, cancel or branch either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The formula's value in `f64`.
    pub value: f64,
    /// The largest distance of a correct `f32` result from it.
    pub bound: f64,
}

impl Bound {
    /// Returns whether `result` is correct.
    pub fn admits(&self, result: f32) -> bool {
        if self.bound == f64::INFINITY {
            true
        } else if self.value.is_nan() {
            result.is_nan()
        } else if self.value == 0.0 && self.bound == 0.0 {
            result == 0.0 && result.is_sign_negative() == self.value.is_sign_negative()
        } else {
            let result = f64::from(result);
            result == self.value || (result - self.value).abs() <= self.bound
        }
    }

    /// Returns whether the result must be NaN.
    pub(crate) fn is_nan(&self) -> bool {
        self.value.is_nan() && self.bound == 0.0
    }

    /// Returns whether the result must be infinite.
    pub(crate) fn is_infinite(&self) -> bool {
        self.value.is_infinite() && self.bound == 0.0
    }

    /// Returns whether both the value and the bound are finite.
    pub fn is_finite(&self) -> bool {
        self.value.is_finite() && self.bound.is_finite()
    }
}

/// A number with its running error bound under the model `M`.
#[derive(Clone, Copy, Debug)]
pub struct Bounded<M> {
    at: Bound,
    model: PhantomData<M>,
}

impl<M: Model> Bounded<M> {
    /// Creates an input: exact, except for subnormals that `M` may flush.
    pub fn new(value: f32) -> Self {
        Self::flushed(f64::from(value), 0.0)
    }

    /// Returns the value and the bound on its error.
    pub fn get(self) -> Bound {
        self.at
    }

    fn at(value: f64, bound: f64) -> Self {
        let at = Bound { value, bound };
        Bounded { at, model: PhantomData }
    }

    fn exact(self) -> bool {
        self.at.bound == 0.0
    }

    /// Adds the error of flushing a subnormal to zero.
    fn flushed(value: f64, bound: f64) -> Self {
        let subnormal = !M::IEEE && value != 0.0 && value.abs() - bound < MIN_NORMAL;
        Self::at(value, if subnormal { bound + MIN_NORMAL } else { bound })
    }

    /// Returns a NaN or infinite result: certain if it follows from a NaN or infinite operand. One that arises from other
    /// numbers, as from 0 / 0 or by an overflow, is certain in IEEE 754 alone.
    fn special(value: f64, carried: f64, operands: &[Self]) -> Self {
        let respected = if value.is_nan() {
            operands.iter().any(|operand| operand.at.is_nan())
        } else {
            carried.is_finite() && operands.iter().any(|operand| operand.at.is_infinite())
        };
        let certain = respected || (M::IEEE && carried == 0.0);
        Self::at(value, if certain { 0.0 } else { f64::INFINITY })
    }

    /// Returns the result of an operation with a relative error of up to `units` · 2⁻²⁴, where the operands' errors
    /// contribute `carried`.
    fn rounded(value: f64, carried: f64, units: f64, operands: &[Self]) -> Self {
        if !value.is_finite() {
            return Self::special(value, carried, operands);
        }
        // NaN is 0 · ∞: an unlimited error times a value that may be 0.
        let carried = if carried.is_nan() { f64::INFINITY } else { carried };
        let nearest = value as f32;
        let bound = if M::IEEE && carried == 0.0 && nearest.is_finite() {
            // The f32 operation had the same operands, so it rounded the same value (rounding to f64 first is harmless with
            // 2p + 2 = 50 bits or more; S. A. Figueroa, 1995), fused ones up to UNIT.
            (f64::from(nearest) - value).abs() * SLACK
        } else {
            carried + units * UNIT * (value.abs() + carried) + HALF_SUBNORMAL
        };
        if value.abs() - carried >= OVERFLOW && M::IEEE {
            Self::at(f64::INFINITY.copysign(value), 0.0)
        } else if value.abs() + bound >= OVERFLOW {
            Self::at(value, f64::INFINITY)
        } else {
            Self::flushed(value, bound)
        }
    }

    fn compare(self, other: Self, holds: bool) -> Maybe {
        let apart = (self.at.value - other.at.value).abs() > self.at.bound + other.at.bound;
        Maybe { holds, certain: apart || (self.exact() && other.exact()) || self.at.is_nan() || other.at.is_nan() }
    }

    /// Returns the result of a function with an error of up to `ulp` ULP of the result, or of `least` if that is larger, where
    /// the operands' errors contribute `carried`.
    fn promised(value: f64, carried: f64, (ulp, least): (f64, f64), operands: &[Self]) -> Self {
        let carried = if carried.is_nan() { f64::INFINITY } else { carried };
        let ulp = if M::IEEE || ulp == 0.0 { ulp } else { FUNCTION_ULP };
        if !value.is_finite() {
            return Self::special(value, carried, operands);
        }
        // A zero is exact, and a function gives it the right sign.
        if ulp == 0.0 || (value == 0.0 && carried == 0.0) {
            return Self::flushed(value, carried);
        }
        let bound = carried + ulp * spacing((value.abs() + carried).max(least)) * SLACK;
        if value.abs() - bound >= OVERFLOW && M::IEEE {
            Self::at(f64::INFINITY.copysign(value), 0.0)
        } else if value.abs() + bound >= OVERFLOW {
            Self::at(value, f64::INFINITY)
        } else {
            Self::flushed(value, bound)
        }
    }

    /// Returns the result of a selection: with its own bound, or with one that covers both numbers if either may be chosen.
    fn chosen(self, passed_over: Self, certain: bool) -> Self {
        if certain {
            return self;
        }
        let (value, other) = (self.at.value, passed_over.at.value);
        // Zeros of both signs: a bound of zero would require the sign of the one.
        let opposite = value == other && value.is_sign_negative() != other.is_sign_negative();
        let between = if opposite { f64::MIN_POSITIVE } else { (value - other).abs() };
        let bound = between + self.at.bound.max(passed_over.at.bound);
        Self::at(value, if bound.is_nan() { f64::INFINITY } else { bound })
    }
}

impl<M: Model> Add for Bounded<M> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (a, b) = (self.at, other.at);
        Self::rounded(a.value + b.value, a.bound + b.bound, M::ARITHMETIC, &[self, other])
    }
}

impl<M: Model> Sub for Bounded<M> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

/// The largest factor for which no intermediate result of reordered sums of products can overflow.
const LARGEST_FACTOR: f64 = (1_u128 << 120) as f64;

/// Bounds the distance of a product of two bounded numbers from the product of their values.
fn product_error<M: Model>(a: Bound, b: Bound) -> f64 {
    if !M::IEEE && a.value.abs().max(b.value.abs()) > LARGEST_FACTOR && !a.is_infinite() && !b.is_infinite() {
        return f64::INFINITY;
    }
    let part = |size: f64, error: f64| if error == 0.0 { 0.0 } else { size.abs() * error };
    part(a.value, b.bound) + part(b.value, a.bound) + part(a.bound, b.bound)
}

impl<M: Model> Mul for Bounded<M> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let (a, b) = (self.at, other.at);
        Self::rounded(a.value * b.value, product_error::<M>(a, b), M::ARITHMETIC, &[self, other])
    }
}

impl<M: Model> Div for Bounded<M> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let (a, b) = (self.at, other.at);
        let value = a.value / b.value;
        let least = b.value.abs() - b.bound;
        let carried = if self.exact() && other.exact() && (M::IEEE || b.value != 0.0) {
            0.0
        } else if least > 0.0 {
            (a.bound + value.abs() * b.bound) / least
        } else {
            f64::INFINITY
        };
        Self::rounded(value, carried, M::DIVISION, &[self, other])
    }
}

impl<M: Model> Neg for Bounded<M> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::at(-self.at.value, self.at.bound)
    }
}

impl<M: Model> Num for Bounded<M> {
    type Mask = Maybe;

    /// Rounds the constant to `f32`: the oracle is that of the formula with rounded constants.
    fn constant(value: impl Into<f64>) -> Self {
        Self::new(value.into() as f32)
    }

    fn sqrt(self) -> Self {
        let Bound { value, bound } = self.at;
        let root = value.sqrt();
        if bound == 0.0 {
            return Self::rounded(root, 0.0, M::SQRT, &[self]);
        }
        // The root is NaN if the value may be negative.
        let carried = if value - bound < 0.0 {
            f64::INFINITY
        } else {
            (root - (value - bound).sqrt()).max((value + bound).sqrt() - root)
        };
        Self::rounded(root, carried, M::SQRT, &[self])
    }

    fn abs(self) -> Self {
        Self::at(self.at.value.abs(), self.at.bound)
    }

    fn floor(self) -> Self {
        let Bound { value, bound } = self.at;
        let floor = value.floor();
        if bound == 0.0 || !value.is_finite() {
            return Self::at(floor, bound);
        }
        let spread = ((value + bound).floor() - floor).max(floor - (value - bound).floor());
        Self::at(floor, if spread.is_nan() { f64::INFINITY } else { spread })
    }

    fn round(self) -> Self {
        let Bound { value, bound } = self.at;
        let round = Num::round(value);
        let carried = if bound == 0.0 { 0.0 } else { Passing::Monotone.one(Num::round, self.at) };
        Self::promised(round, carried, (0.0, 0.0), &[self])
    }

    fn unary_function<F: UnaryFunction>(self) -> Self {
        let carried = if self.exact() { 0.0 } else { F::PASSING.one(F::oracle, self.at) };
        Self::promised(F::oracle(self.at.value), carried, (F::ULP, F::PASSING.least()), &[self])
    }

    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        let carried = if self.exact() && other.exact() { 0.0 } else { F::PASSING.two(F::oracle, self.at, other.at) };
        // With another second operand these may be finite: a power with the exponent 0 is 1 even for NaN.
        let depends = matches!(F::PASSING, Passing::Power | Passing::Length | Passing::Sign);
        let certain = !depends || (self.exact() && other.exact());
        let operands = if certain { &[self, other][..] } else { &[] };
        let promise = (F::ULP, F::PASSING.least());
        Self::promised(F::oracle(self.at.value, other.at.value), carried, promise, operands)
    }

    fn min(self, other: Self) -> Self {
        if self.at.value.is_nan() || other.at.value.is_nan() {
            return self + other;
        }
        // The minimum has the bound of the lesser operand if that is certain, else the larger bound of the two. The value is
        // that of `f64`, with the sign of a zero, on which a later division depends.
        let bound = match (Num::lt(self, other), Num::lt(other, self)) {
            (Maybe { holds: true, certain: true }, _) => self.at.bound,
            (_, Maybe { holds: true, certain: true }) => other.at.bound,
            _ => self.at.bound.max(other.at.bound),
        };
        Self::at(Num::min(self.at.value, other.at.value), bound)
    }

    fn max(self, other: Self) -> Self {
        -Num::min(-self, -other)
    }

    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let value = self.at.value.mul_add(factor.at.value, addend.at.value);
        let carried = product_error::<M>(self.at, factor.at) + addend.at.bound;
        let sum = Self::rounded(value, carried, M::ARITHMETIC, &[self, factor, addend]);
        if M::IEEE {
            return sum;
        }
        // If it is not fused, the product is rounded separately, and may overflow or be flushed.
        let product = self * factor;
        let apart = product + addend;
        Self::at(sum.at.value, sum.at.bound.max(apart.at.bound))
    }

    fn lt(self, other: Self) -> Maybe {
        self.compare(other, self.at.value < other.at.value)
    }
    fn le(self, other: Self) -> Maybe {
        self.compare(other, self.at.value <= other.at.value)
    }
    fn gt(self, other: Self) -> Maybe {
        Num::lt(other, self)
    }
    fn ge(self, other: Self) -> Maybe {
        Num::le(other, self)
    }
    fn eq(self, other: Self) -> Maybe {
        self.compare(other, self.at.value == other.at.value)
    }
    fn ne(self, other: Self) -> Maybe {
        !Num::eq(self, other)
    }
    fn select(mask: Maybe, yes: Self, no: Self) -> Self {
        if mask.holds { yes.chosen(no, mask.certain) } else { no.chosen(yes, mask.certain) }
    }
}

/// A truth value, uncertain if the compared numbers are closer to each other than their errors.
#[derive(Clone, Copy, Debug)]
pub struct Maybe {
    holds: bool,
    certain: bool,
}

impl Mask for Maybe {}

impl BitAnd for Maybe {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        let settled = |side: Maybe| side.certain && !side.holds;
        Maybe {
            holds: self.holds && other.holds,
            certain: (self.certain && other.certain) || settled(self) || settled(other),
        }
    }
}

impl BitOr for Maybe {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        !(!self & !other)
    }
}

impl Not for Maybe {
    type Output = Self;
    fn not(self) -> Self {
        Maybe { holds: !self.holds, ..self }
    }
}

#[cfg(test)]
mod tests;
