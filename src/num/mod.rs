//! The arithmetic of formulas.
//!
//! A formula is generic over [`Num`], so the same code runs on a plain `f32`, on SIMD lanes, on `f64`, on numbers that
//! carry their own error bound, and on symbols that record a program. Every implementation guarantees:
//!
//! * `+ - * /` and [`sqrt`](Num::sqrt) are correctly rounded (IEEE 754), never contracted and never reassociated.
//! * [`mul_add`](Num::mul_add) is always fused: one rounding.
//! * [`min`](Num::min) and [`max`](Num::max) are those of IEEE 754-2019 (`minimum`, `maximum`) and of numpy: a NaN on
//!   either side gives NaN, and −0 is less than +0.
//! * The functions, such as [`exp`](Num::exp) or [`atan2`](Num::atan2), are within 1 or 2 units in the last place of the
//!   exact result for all numbers; [`operator`] lists the largest errors found. They are this crate's own:
//!   `x.exp()` of an `f32` outside of a formula is the standard library's, with other bits.
//! * The bit pattern of a NaN is unspecified.
//!
//! On a GPU, the rounding is that of [`Wgsl`](crate::oracle::Wgsl). A NaN or an infinity among the operands gives the CPU's
//! result; WGSL guarantees nothing about those that a shader produces, as from 0 / 0 or by an overflow. See
//! [`bound`](crate::oracle).
//!
//! There is no `PartialOrd`: a comparison returns a [`Mask`], and [`select`](Num::select) chooses by it. So an `if` on
//! data does not compile, and all that compiles can be widened and traced.

pub(crate) mod bits;
pub(crate) mod math;
pub mod operator;
pub(crate) mod propagation;
pub mod types;
pub mod ulp;

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

pub use types::{Scalar, Type};

use crate::num::operator::{
    BinaryFunction, BinaryOperator, CompareOperator, TernaryOperator, TestOperator, UnaryFunction, UnaryOperator,
    binary, operators, ternary, test, unary,
};

/// A truth value, or one per lane.
pub trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {}

impl Mask for bool {}

/// Defines the methods of [`Num`] for the table's composed operators and functions.
macro_rules! composed_methods {
    ($(
        $(#[$about:meta])+
        $enum:ident $operator:ident $function:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
            function {$(
                $(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $meaning:expr;
                $bits:expr, $oracle:expr, $ulp:literal, $passing:ident;
            )*}
        }
    )+) => {
        $(composed_methods!(@$group $($composed)*);)+
        $($(composed_methods!(@function $group $(#[doc = $doc])+ $op $method);)*)+
    };
    (@function unary $(#[doc = $doc:literal])+ $op:ident $method:ident) => {
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self) -> Self {
            self.unary_function::<unary::$op>()
        }
    };
    (@function binary $(#[doc = $doc:literal])+ $op:ident $method:ident) => {
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self, y: Self) -> Self {
            self.binary_function::<binary::$op>(y)
        }
    };
    (@unary $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)*) => {$(
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self) -> Self {
            self.unary::<unary::$op>()
        }
    )*};
    (@binary $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)*) => {$(
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self, y: Self) -> Self {
            self.binary::<binary::$op>(y)
        }
    )*};
    (@ternary $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)*) => {$(
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self, y: Self, z: Self) -> Self {
            self.ternary::<ternary::$op>(y, z)
        }
    )*};
    (@compare $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)*) => {};
    (@test $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)*) => {$(
        $(#[doc = $doc])+
        #[inline(always)]
        fn $method(self) -> Self::Mask {
            self.test::<test::$op>()
        }
    )*};
}

/// A number, or one per lane. The [module](self) lists the guarantees of the operations.
pub trait Num:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The result of a comparison.
    type Mask: Mask;

    /// Returns a constant, rounded to the type's precision: `T::constant(0.5)`, `T::constant(2)`.
    fn constant(value: impl Into<f64>) -> Self;

    /// Returns the correctly rounded square root; NaN below −0.
    fn sqrt(self) -> Self;
    /// Returns the absolute value.
    fn abs(self) -> Self;
    /// Returns the largest integer less than or equal to the number. Keeps −0.
    fn floor(self) -> Self;
    /// Returns the nearest integer, ties to even. Keeps the sign of a zero.
    fn round(self) -> Self;
    /// Returns the lesser of two numbers; NaN if either is NaN; −0 is less than +0.
    fn min(self, other: Self) -> Self;
    /// Returns the greater of two numbers; NaN if either is NaN; +0 is greater than −0.
    fn max(self, other: Self) -> Self;
    /// Computes `self * factor + addend` with one rounding, on every machine.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    /// Returns whether `self < other`; false if either is NaN, as in the next three.
    fn lt(self, other: Self) -> Self::Mask;
    /// Returns whether `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// Returns whether `self > other`.
    fn gt(self, other: Self) -> Self::Mask;
    /// Returns whether `self >= other`.
    fn ge(self, other: Self) -> Self::Mask;
    /// Returns whether `self == other`; false if either is NaN; −0 equals +0.
    fn eq(self, other: Self) -> Self::Mask;
    /// Returns whether `self != other`; true if either is NaN.
    fn ne(self, other: Self) -> Self::Mask;
    /// Returns `yes` where `mask` holds, else `no`. Both are computed.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    operators!(composed_methods);

    /// Applies a unary function that works on bits. The named methods call this and the next.
    #[doc(hidden)]
    fn unary_function<F: UnaryFunction>(self) -> Self;
    #[doc(hidden)]
    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self;

    /// Applies a unary operator as one operation. The named methods call this and the next four.
    #[doc(hidden)]
    #[inline(always)]
    fn unary<O: UnaryOperator>(self) -> Self {
        O::apply(self)
    }
    #[doc(hidden)]
    #[inline(always)]
    fn binary<O: BinaryOperator>(self, other: Self) -> Self {
        O::apply(self, other)
    }
    #[doc(hidden)]
    #[inline(always)]
    fn ternary<O: TernaryOperator>(self, second: Self, third: Self) -> Self {
        O::apply(self, second, third)
    }
    #[doc(hidden)]
    #[inline(always)]
    fn compare<O: CompareOperator>(self, other: Self) -> Self::Mask {
        O::apply(self, other)
    }
    #[doc(hidden)]
    #[inline(always)]
    fn test<O: TestOperator>(self) -> Self::Mask {
        O::apply(self)
    }
}

macro_rules! num_for_float {
    ($float:ident $function:ident) => {
        impl Num for $float {
            type Mask = bool;

            #[inline(always)]
            fn constant(value: impl Into<f64>) -> Self {
                value.into() as $float
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                $float::floor(self)
            }
            #[inline(always)]
            fn round(self) -> Self {
                $float::round_ties_even(self)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other {
                    self
                } else if other < self {
                    other
                } else if self == other {
                    // Equal numbers differ at most in the sign of a zero.
                    $float::from_bits(self.to_bits() | other.to_bits())
                } else {
                    self + other
                }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                -Num::min(-self, -other)
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                $float::mul_add(self, factor, addend)
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn gt(self, other: Self) -> bool {
                self > other
            }
            #[inline(always)]
            fn ge(self, other: Self) -> bool {
                self >= other
            }
            #[inline(always)]
            fn eq(self, other: Self) -> bool {
                self == other
            }
            #[inline(always)]
            fn ne(self, other: Self) -> bool {
                self != other
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn unary_function<F: UnaryFunction>(self) -> Self {
                F::$function(self)
            }
            #[inline(always)]
            fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
                F::$function(self, other)
            }
        }
    };
}

num_for_float!(f32 lanes);
num_for_float!(f64 oracle);

#[cfg(test)]
mod tests {
    use super::Num;

    #[test]
    fn min_and_max_order_the_zeros_and_keep_nan() {
        let bits = |x: f32| x.to_bits();
        assert_eq!(bits(Num::min(0.0_f32, -0.0)), bits(-0.0));
        assert_eq!(bits(Num::min(-0.0_f32, 0.0)), bits(-0.0));
        assert_eq!(bits(Num::max(0.0_f32, -0.0)), bits(0.0));
        assert_eq!(bits(Num::max(-0.0_f32, 0.0)), bits(0.0));
        assert!(Num::min(f32::NAN, 1.0).is_nan() && Num::min(1.0, f32::NAN).is_nan());
        assert!(Num::max(f32::NAN, 1.0).is_nan() && Num::max(1.0, f32::NAN).is_nan());
        assert_eq!(Num::max(f32::NEG_INFINITY, f32::MIN), f32::MIN);
    }
}
