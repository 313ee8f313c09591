//! The operators that have a function here, from the table of operators.

use crate::num::bits::Bits;
use crate::num::math;
use crate::num::operator::{BinaryFunction, Passing, UnaryFunction, binary, function_rows, operators, unary};

/// Implements [`UnaryFunction`] and [`BinaryFunction`].
macro_rules! implement {
    ($($enum:ident $function:ident $group:ident $args:tt { $($op:ident $method:ident $row:tt)* })+) => {
        $($(implement!(@one $function $group $op $args $row);)*)+
    };
    (@one $function:ident $group:ident $op:ident ($($x:ident),+) { $bits:expr, $oracle:expr, $ulp:literal, $passing:ident }) => {
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
function_rows!(implement);
