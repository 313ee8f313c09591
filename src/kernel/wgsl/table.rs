//! The WGSL functions of each operator whose meaning needs the bits of its operands, from the table of operators.

use std::sync::LazyLock;

use super::function::{self, Functions};
use crate::num::operator::{Binary, Unary, binary, function_rows, operators, unary};

/// Defines `functions` for each group that has such operators.
macro_rules! define {
    ($($enum:ident $function:ident $group:ident $args:tt { $($op:ident $method:ident $row:tt)* })+) => {
        $(define!(@group $enum $function $group { $($op $method)* });)+
    };
    (@group $enum:ident NoFunction $group:ident {}) => {};
    (@group $enum:ident $function:ident $group:ident { $($op:ident $method:ident)* }) => {
        impl $enum {
            /// Returns the WGSL functions that the operator's expression calls. They are written on first use.
            pub(crate) fn functions(self) -> &'static Functions {
                match self {
                    $($enum::$op => {
                        static WRITTEN: LazyLock<Functions> =
                            LazyLock::new(|| function::$group::<$group::$op>(concat!("math_", stringify!($method))));
                        &WRITTEN
                    })*
                    _ => const { &Functions::new() },
                }
            }
        }
    };
}
function_rows!(define);
