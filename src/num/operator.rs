//! The operators, each in one row of one table.
//!
//! A row has the operator's documentation, its name as an enum's variant and as a method of [`Num`], its names in a
//! formula's text (numpy's first, then the aliases), its WGSL (operands as `{0}`, `{1}`, …) unless it is a function, whose
//! WGSL is traced, and its meaning. From the table come the enums below, the methods of [`Num`], the parser's functions and
//! their help, the interpreter's passes, and the shader.
//!
//! A *required* operator is a method that each kind of number brings along; a *composed* one is made of those, and yet is
//! one operation of a [`Program`](crate::Program). A *function* works on the bits of numbers; its row continues with the
//! meaning over `Bits`, the oracle in `f64`, the most that it may be off in ULP (0 where it is exact), and how an error
//! of its operands [passes](Passing) through it.
//!
//! # Accuracy
//!
#![doc = include_str!("math/ACCURACY.md")]

pub use super::propagation::Passing;
use crate::num::Num;
use crate::num::bits::Bits;

/// π/180 and 180/π as numpy has them: the quotients of the nearest `f32`.
const DEGREE: f32 = std::f32::consts::PI / 180.0;
const RADIAN: f32 = 180.0 / std::f32::consts::PI;

/// Passes the table to another macro, behind what else it is to be given. What the table names `math` is found where the macro
/// is used.
macro_rules! operators {
    ($then:ident $($first:tt)*) => { $then! { $($first)*
        /// Operators on one number.
        Unary UnaryOperator UnaryFunction unary(x) -> T {
            required {
                /// The opposite, `-x`.
                Neg neg [] "-{0}" -x;
                /// The number without its sign.
                Abs abs ["abs", "fabs", "absolute"] "abs({0})" x.abs();
                /// The square root, correctly rounded; NaN below −0.
                Sqrt sqrt ["sqrt"] "sqrt({0})" x.sqrt();
                /// The largest whole number not above it. Keeps −0.
                Floor floor ["floor"] "floor({0})" x.floor();
                /// The nearest whole number, of two equally near ones the even one. Keeps the sign of a zero.
                Round round ["round", "rint", "round_ties_even"] "round({0})" x.round();
            }
            composed {
                /// The least whole number not below it. Keeps −0.
                Ceil ceil ["ceil"] "ceil({0})" -(-x).floor();
                /// The number without the part after the point. Keeps the sign of a zero.
                Trunc trunc ["trunc", "fix"] "trunc({0})" T::select(x.lt(T::constant(0)), x.ceil(), x.floor());
                /// The part after the point, `x - floor(x)`, which rounds to 1 just below 0.
                Fract fract ["fract"] "fract({0})" x - x.floor();
                /// −1, 0 or 1 as it is less than, equal to or greater than 0; NaN stays.
                Sign sign ["sign"] "special_sign({0})"
                    T::select(x.lt(T::constant(0)), T::constant(-1), T::select(x.gt(T::constant(0)), T::constant(1), x.abs()));
                /// One over the square root.
                Rsqrt rsqrt ["rsqrt", "inverseSqrt"] "inverseSqrt({0})" T::constant(1) / x.sqrt();
                /// The square, `x * x`.
                Square square ["square"] "{0} * {0}" x * x;
                /// One over it, `1 / x`.
                Recip recip ["reciprocal", "recip"] "1.0 / {0}" T::constant(1) / x;
                /// An angle in degrees as radians: a product with π/180.
                Deg2rad to_radians ["deg2rad", "radians", "to_radians"] "{0} * 0.017453292"
                    x * T::constant(DEGREE);
                /// An angle in radians as degrees: a product with 180/π.
                Rad2deg to_degrees ["rad2deg", "degrees", "to_degrees"] "{0} * 57.295776"
                    x * T::constant(RADIAN);
            }
            function {
                /// e to the power of it.
                Exp exp ["exp"] x.exp();
                    math::exp(x), x.exp(), 1.0, Monotone;
                /// 2 to the power of it.
                Exp2 exp2 ["exp2"] x.exp2();
                    math::exp2(x), x.exp2(), 1.0, Monotone;
                /// e to the power of it, less 1: near 0 without the loss of digits.
                Expm1 exp_m1 ["expm1", "exp_m1"] x.exp_m1();
                    math::expm1(x), x.exp_m1(), 2.0, Monotone;
                /// The natural logarithm.
                Ln ln ["log", "ln"] x.ln();
                    math::ln(x), x.ln(), 1.0, Monotone;
                /// The logarithm to base 2.
                Log2 log2 ["log2"] x.log2();
                    math::log2(x), x.log2(), 1.0, Monotone;
                /// The logarithm to base 10.
                Log10 log10 ["log10"] x.log10();
                    math::log10(x), x.log10(), 1.0, Monotone;
                /// The natural logarithm of one more than it: near 0 without the loss of digits.
                Log1p ln_1p ["log1p", "ln_1p"] x.ln_1p();
                    math::ln_1p(x), x.ln_1p(), 2.0, Monotone;
                /// The sine of an angle in radians.
                Sin sin ["sin"] x.sin();
                    math::sin(x), x.sin(), 1.0, Wave;
                /// The cosine of an angle in radians.
                Cos cos ["cos"] x.cos();
                    math::cos(x), x.cos(), 1.0, Wave;
                /// The tangent of an angle in radians.
                Tan tan ["tan"] x.tan();
                    math::tan(x), x.tan(), 2.0, Tangent;
                /// The angle in radians, from −π/2 to π/2, that has it for a sine.
                Arcsin asin ["arcsin", "asin"] x.asin();
                    math::asin(x), x.asin(), 2.0, Monotone;
                /// The angle in radians, from 0 to π, that has it for a cosine.
                Arccos acos ["arccos", "acos"] x.acos();
                    math::acos(x), x.acos(), 2.0, Monotone;
                /// The angle in radians, from −π/2 to π/2, that has it for a tangent.
                Arctan atan ["arctan", "atan"] x.atan();
                    math::atan(x), x.atan(), 2.0, Monotone;
                /// The hyperbolic sine.
                Sinh sinh ["sinh"] x.sinh();
                    math::sinh(x), x.sinh(), 2.0, Monotone;
                /// The hyperbolic cosine.
                Cosh cosh ["cosh"] x.cosh();
                    math::cosh(x), x.cosh(), 2.0, Even;
                /// The hyperbolic tangent.
                Tanh tanh ["tanh"] x.tanh();
                    math::tanh(x), x.tanh(), 1.0, Monotone;
                /// The number that has it for a hyperbolic sine.
                Arcsinh asinh ["arcsinh", "asinh"] x.asinh();
                    math::asinh(x), x.asinh(), 2.0, Monotone;
                /// The number, not negative, that has it for a hyperbolic cosine.
                Arccosh acosh ["arccosh", "acosh"] x.acosh();
                    math::acosh(x), x.acosh(), 2.0, Monotone;
                /// The number that has it for a hyperbolic tangent.
                Arctanh atanh ["arctanh", "atanh"] x.atanh();
                    math::atanh(x), x.atanh(), 2.0, Monotone;
                /// The cube root, negative for a negative number.
                Cbrt cbrt ["cbrt"] x.cbrt();
                    math::cbrt(x), x.cbrt(), 1.0, Monotone;
                /// The logistic function, `1 / (1 + exp(-x))`.
                Sigmoid sigmoid ["sigmoid", "expit"] x.sigmoid();
                    math::sigmoid(x), 1.0 / (1.0 + (-x).exp()), 2.0, Monotone;
                /// The error function: 2/√π times the integral of exp(−t²) from 0 to it.
                Erf erf ["erf"] x.erf();
                    math::erf(x), libm::erf(x), 2.0, Monotone;
                /// 1 less the error function, without the loss of digits where that is near 1.
                Erfc erfc ["erfc"] x.erfc();
                    math::erfc(x), libm::erfc(x), 2.0, Monotone;
            }
        }
        /// Operators on two numbers.
        Binary BinaryOperator BinaryFunction binary(x, y) -> T {
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
                Min min ["minimum", "min"] "special_min({0}, {1})" x.min(y);
                /// The greater of two; NaN if either is NaN; +0 is greater than −0.
                Max max ["maximum", "max"] "special_max({0}, {1})" x.max(y);
            }
            composed {
                /// 0 where the first is less than 0, 1 where it is greater, and the second where it is 0; NaN stays.
                Heaviside heaviside ["heaviside"] "special_heaviside({0}, {1})"
                    T::select(x.lt(T::constant(0)), T::constant(0), T::select(x.gt(T::constant(0)), T::constant(1),
                        T::select(x.eq(T::constant(0)), y, x)));
            }
            function {
                /// The first to the power of the second.
                Power powf ["power", "pow", "powf"] x.powf(y);
                    math::powf(x, y), x.powf(y), 2.0, Power;
                /// The length of the hypotenuse, the root of the sum of both squares.
                Hypot hypot ["hypot"] x.hypot(y);
                    math::hypot(x, y), x.hypot(y), 2.0, Length;
                /// The angle in radians, from −π to π, of the point whose ordinate is the first and whose abscissa the second.
                Arctan2 atan2 ["arctan2", "atan2"] x.atan2(y);
                    math::atan2(x, y), x.atan2(y), 2.0, Angle;
                /// The logarithm of the sum of their exponentials, `log(exp(x) + exp(y))`, without overflow. Where the sum is
                /// near 1 and the result near 0, it is as exact as a result of a half would be.
                Logaddexp logaddexp ["logaddexp"] x.logaddexp(y);
                    math::logaddexp(x, y), math::logaddexp_oracle(x, y), 2.0, Rising;
                /// The size of the first with the sign of the second, be that of a zero; NaN counts as positive.
                Copysign copysign ["copysign"] x.copysign(y);
                    math::exact::copysign(x, y), if y.is_nan() { x.abs() } else { x.copysign(y) }, 0.0, Sign;
                /// The number next to the first in the direction of the second; the second where they are equal.
                Nextafter nextafter ["nextafter"] x.nextafter(y);
                    math::nextafter(x, y), math::nextafter(x as f32, y as f32).into(), 0.0, Next;
                /// The remainder of the division that truncates, exact: it has the sign of the first. C's `fmod`.
                Fmod fmod ["fmod"] x.fmod(y);
                    math::fmod(x, y), x % y, 0.0, Modulo;
                /// The remainder of the division that rounds down: it has the sign of the second. Python's `%`.
                Remainder remainder ["remainder", "mod"] x.remainder(y);
                    math::remainder(x, y), math::exact::remainder_of(x % y, y), 0.5, Modulo;
            }
        }
        /// Operators on three numbers.
        Ternary TernaryOperator NoFunction ternary(x, y, z) -> T {
            required {
                /// `x * y + z` with one rounding.
                MulAdd mul_add ["fma", "mul_add"] "fma({0}, {1}, {2})" x.mul_add(y, z);
            }
            composed {
                /// `x`, but no less than `y` and no more than `z`: `minimum(maximum(x, y), z)`.
                Clip clip ["clip", "clamp"] "special_min(special_max({0}, {1}), {2})" x.max(y).min(z);
            }
            function {}
        }
        /// Comparisons of two numbers, which make a condition.
        Compare CompareOperator NoFunction compare(x, y) -> T::Mask {
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
            function {}
        }
        /// Tests of one number, which make a condition.
        Test TestOperator NoFunction test(x) -> T::Mask {
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
            function {}
        }
    } };
}
pub(crate) use operators;

/// Passes to another macro the operators whose meaning needs the bits of their operands: for each group its enum, trait, module
/// and operands, and for each operator its name, method and `{ bits, oracle, ulp, passing }`.
macro_rules! function_rows {
    ($then:ident) => { operators! { function_rows $then => } };
    ($then:ident => $(
        $(#[$about:meta])+
        $enum:ident $operator:ident $function:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
            function {$(
                $(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $meaning:expr;
                $bits:expr, $oracle:expr, $ulp:literal, $passing:ident;
            )*}
        }
    )+) => { $then! {
        $($enum $function $group $args { $($op $method { $bits, $oracle, $ulp, $passing })* })+
    } };
}
pub(crate) use function_rows;

/// An operator whose meaning needs the bits of its one operand.
pub trait UnaryFunction: UnaryOperator {
    /// The most that a result may be off, in ULP.
    const ULP: f64;
    /// How an error of the operand passes.
    const PASSING: Passing;
    /// Computes it.
    fn lanes<B: Bits>(x: B) -> B;
    /// Returns its value in `f64`.
    fn oracle(x: f64) -> f64;
}

/// An operator whose meaning needs the bits of its two operands.
pub trait BinaryFunction: BinaryOperator {
    /// The most that a result may be off, in ULP.
    const ULP: f64;
    /// How errors of the operands pass.
    const PASSING: Passing;
    /// Computes it.
    fn lanes<B: Bits>(x: B, y: B) -> B;
    /// Returns its value in `f64`.
    fn oracle(x: f64, y: f64) -> f64;
}

/// Defines the enum, the trait and the types of each group.
macro_rules! define {
    ($(
        $(#[$about:meta])+
        $enum:ident $operator:ident $function:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
            function {$(
                $(#[doc = $doc:literal])+ $op:ident $method:ident [$($name:literal),*] $meaning:expr;
                $bits:expr, $oracle:expr, $ulp:literal, $passing:ident;
            )*}
        }
    )+) => {
        $(
            define!(@group $(#[$about])+ $enum $operator $group $args -> $out {
                $($required)* $($composed)*
                $($(#[doc = $doc])+ $op $method [$($name),*] (concat!("math_", stringify!($method))) $meaning;)*
            });
            define!(@ulp $enum $function { $($op $ulp)* });
        )+
    };

    (@ulp $enum:ident NoFunction {}) => {};
    (@ulp $enum:ident $function:ident { $($op:ident $ulp:literal)* }) => {
        impl $enum {
            /// Returns the most that a result may be off on a CPU, in ULP, for the functions that have an oracle of their own:
            /// not for the operators that IEEE 754 defines, nor for what is composed of those.
            pub fn ulp(self) -> Option<f64> {
                match self {
                    $($enum::$op => Some($ulp),)*
                    _ => None,
                }
            }
        }
    };

    (@group $(#[$about:meta])+ $enum:ident $operator:ident $group:ident $args:tt -> $out:ty {
        $($(#[doc = $doc:literal])+ $op:ident $method:ident [$($name:literal),*] $wgsl:tt $meaning:expr;)+
    }) => {
        $(#[$about])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum $enum { $($(#[doc = $doc])+ $op,)+ }

        impl $enum {
            /// Every one of them.
            pub const ALL: &[$enum] = &[$($enum::$op),+];

            /// Returns the name, which is that of the method of [`Num`].
            pub fn name(self) -> &'static str {
                match self { $($enum::$op => stringify!($method),)+ }
            }

            /// Returns what it is called in a formula's text: numpy's name, then the aliases. None if it is written as a sign.
            pub fn names(self) -> &'static [&'static str] {
                match self { $($enum::$op => &[$($name),*],)+ }
            }

            /// Returns what it does, in a sentence or two.
            pub fn about(self) -> &'static str {
                match self { $($enum::$op => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Returns the WGSL expression, with `{0}`, `{1}`, … for the operands; of a function, the name of its routine.
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
