//! The operators that have a function here, from the table of operators.

use crate::num::bits::Bits;
use crate::num::math;
use crate::num::operator::{BinaryFunction, Passing, UnaryFunction, binary, operators, unary};

/// Implements [`UnaryFunction`] and [`BinaryFunction`] for the operators that the table gives a function.
macro_rules! functions {
    ($(
        $(#[$about:meta])+
        $enum:ident $operator:ident $function:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
            function {$(
                $(#[doc = $doc:literal])+ $op:ident $method:ident [$($name:literal),*] $wgsl:literal $meaning:expr;
                $bits:expr, $oracle:expr, $ulp:literal, $passing:ident;
            )*}
        }
    )+) => { $($(functions!(@function $function $group $op $args { $bits, $oracle, $ulp, $passing });)*)+ };

    (@function $function:ident $group:ident $op:ident ($($x:ident),+) { $bits:expr, $oracle:expr, $ulp:literal, $passing:ident }) => {
        impl $function for $group::$op {
            const ULP: f64 = $ulp;
            const PASSING: Passing = Passing::$passing;

            #[inline(always)]
            fn lanes<B: Bits>($($x: B),+) -> B {
                $bits
            }

            fn oracle($($x: f64),+) -> f64 {
                $oracle
            }
        }
    };
}
operators!(functions);
