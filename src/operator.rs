//! The operators, each in one row of one table.
//!
//! A row has the operator's documentation, its name as an enum's variant and as a method of [`Num`], its names in a
//! formula's text (numpy's first, then the aliases), its WGSL (operands as `{0}`, `{1}`, …) and its meaning. From the table
//! come the enums below, the methods of [`Num`], the parser's functions and their help, the interpreter's passes, and the
//! shader.
//!
//! A *required* operator is a method that each kind of number brings along; a *composed* one is made of those, and yet is
//! one operation of a [`Program`](crate::Program).

use crate::num::Num;

/// Passes the table to another macro.
macro_rules! operators {
    ($then:ident) => { $then! {
        /// Operators on one number.
        Unary UnaryOperator unary(x) -> T {
            required {
                /// The opposite, `-x`.
                Neg neg [] "-{0}" -x;
                /// The number without its sign.
                Abs abs ["abs", "fabs", "absolute"] "abs({0})" x.abs();
                /// The square root, correctly rounded; NaN below −0.
                Sqrt sqrt ["sqrt"] "sqrt({0})" x.sqrt();
                /// The largest whole number not above it. Keeps −0.
                Floor floor ["floor"] "floor({0})" x.floor();
            }
            composed {
                /// The least whole number not below it. Keeps −0.
                Ceil ceil ["ceil"] "ceil({0})" -(-x).floor();
                /// The number without the part after the point. Keeps the sign of a zero.
                Trunc trunc ["trunc", "fix"] "trunc({0})" T::select(x.lt(T::constant(0)), x.ceil(), x.floor());
                /// The part after the point, `x - floor(x)`, which rounds to 1 just below 0.
                Fract fract ["fract"] "fract({0})" x - x.floor();
                /// −1, 0 or 1 as it is less than, equal to or greater than 0; NaN stays.
                Sign sign ["sign"] "sign({0})"
                    T::select(x.lt(T::constant(0)), T::constant(-1), T::select(x.gt(T::constant(0)), T::constant(1), x.abs()));
                /// One over the square root.
                Rsqrt rsqrt ["rsqrt", "inverseSqrt"] "inverseSqrt({0})" T::constant(1) / x.sqrt();
            }
        }
        /// Operators on two numbers.
        Binary BinaryOperator binary(x, y) -> T {
            required {
                /// The sum, `x + y`.
                Add add [] "{0} + {1}" x + y;
                /// The difference, `x - y`.
                Sub sub [] "{0} - {1}" x - y;
                /// The product, `x * y`.
                Mul mul [] "{0} * {1}" x * y;
                /// The quotient, `x / y`.
                Div div [] "{0} / {1}" x / y;
                /// The lesser of two; NaN if either is NaN; −0 is less than +0.
                Min min ["minimum", "min"] "min({0}, {1})" x.min(y);
                /// The greater of two; NaN if either is NaN; +0 is greater than −0.
                Max max ["maximum", "max"] "max({0}, {1})" x.max(y);
            }
            composed {}
        }
        /// Operators on three numbers.
        Ternary TernaryOperator ternary(x, y, z) -> T {
            required {
                /// `x * y + z` with one rounding.
                MulAdd mul_add ["fma", "mul_add"] "fma({0}, {1}, {2})" x.mul_add(y, z);
            }
            composed {
                /// `x`, but no less than `y` and no more than `z`: `minimum(maximum(x, y), z)`.
                Clip clip ["clip", "clamp"] "min(max({0}, {1}), {2})" x.max(y).min(z);
            }
        }
        /// Comparisons of two numbers, which make a condition.
        Compare CompareOperator compare(x, y) -> T::Mask {
            required {
                /// Whether `x < y`; false if either is NaN, as are the next four.
                Lt lt [] "{0} < {1}" x.lt(y);
                /// Whether `x <= y`.
                Le le [] "{0} <= {1}" x.le(y);
                /// Whether `x > y`.
                Gt gt [] "{0} > {1}" x.gt(y);
                /// Whether `x >= y`.
                Ge ge [] "{0} >= {1}" x.ge(y);
                /// Whether `x == y`; −0 equals +0.
                Eq eq [] "{0} == {1}" x.eq(y);
                /// Whether `x != y`; true if either is NaN.
                Ne ne [] "{0} != {1}" x.ne(y);
            }
            composed {}
        }
        /// Tests of one number, which make a condition.
        Test TestOperator test(x) -> T::Mask {
            required {}
            composed {
                /// Whether it is not a number.
                IsNan is_nan ["isnan"] "(bitcast<u32>({0}) & 0x7fffffffu) > 0x7f800000u" x.ne(x);
                /// Whether it is an infinity.
                IsInf is_inf ["isinf"] "(bitcast<u32>({0}) & 0x7fffffffu) == 0x7f800000u"
                    x.abs().eq(T::constant(f64::INFINITY));
                /// Whether it is neither an infinity nor NaN.
                IsFinite is_finite ["isfinite"] "(bitcast<u32>({0}) & 0x7fffffffu) < 0x7f800000u"
                    x.abs().lt(T::constant(f64::INFINITY));
            }
        }
    } };
}
pub(crate) use operators;

/// Defines the enum, the trait and the types of each group.
macro_rules! define {
    ($(
        $(#[$about:meta])+
        $enum:ident $operator:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
        }
    )+) => {
        $(define!(@group $(#[$about])+ $enum $operator $group $args -> $out { $($required)* $($composed)* });)+
    };

    (@group $(#[$about:meta])+ $enum:ident $operator:ident $group:ident $args:tt -> $out:ty {
        $($(#[doc = $doc:literal])+ $op:ident $method:ident [$($name:literal),*] $wgsl:literal $meaning:expr;)+
    }) => {
        $(#[$about])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum $enum { $($(#[doc = $doc])+ $op,)+ }

        impl $enum {
            /// Every one of them.
            pub const ALL: &[$enum] = &[$($enum::$op),+];

            /// The name, which is that of the method of [`Num`].
            pub fn name(self) -> &'static str {
                match self { $($enum::$op => stringify!($method),)+ }
            }

            /// What it is called in a formula's text: numpy's name, then the aliases. None if it is written as a sign.
            pub fn names(self) -> &'static [&'static str] {
                match self { $($enum::$op => &[$($name),*],)+ }
            }

            /// What it does, in a sentence or two.
            pub fn about(self) -> &'static str {
                match self { $($enum::$op => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The WGSL expression, with `{0}`, `{1}`, … for the operands.
            pub(crate) fn wgsl(self) -> &'static str {
                match self { $($enum::$op => $wgsl,)+ }
            }
        }

        define!(@trait $enum $operator $args -> $out);
        define!(@apply $enum $group $args $args -> $out { $($op)+ });

        /// The operators of the group as types, for code that is compiled for each of them.
        pub mod $group {
            use super::*;
            $(
                $(#[doc = $doc])+
                #[derive(Clone, Copy, Debug)]
                pub struct $op;

                define!(@impl $enum $operator $op $args -> $out { $meaning });
            )+
        }
    };

    (@trait $enum:ident $operator:ident ($($x:ident),+) -> $out:ty) => {
        /// An operator as a type.
        pub trait $operator: Copy {
            /// Which one it is.
            const OPERATOR: $enum;
            /// Computes it, from the operators that it is composed of, if it is.
            fn apply<T: Num>($($x: T),+) -> $out;
        }
    };

    (@apply $enum:ident $group:ident ($($x:ident),+) $args:tt -> $out:ty { $($op:ident)+ }) => {
        impl $enum {
            /// Computes it, as one operation.
            #[inline(always)]
            pub fn apply<T: Num>(self, $($x: T),+) -> $out {
                match self { $($enum::$op => T::$group::<$group::$op>$args,)+ }
            }
        }
    };

    (@impl $enum:ident $operator:ident $op:ident ($($x:ident),+) -> $out:ty { $meaning:expr }) => {
        impl $operator for $op {
            const OPERATOR: $enum = $enum::$op;

            #[inline(always)]
            fn apply<T: Num>($($x: T),+) -> $out {
                $meaning
            }
        }
    };
}

operators!(define);
