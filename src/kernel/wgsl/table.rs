//! The WGSL functions of each operator whose meaning needs the bits of its operands, from the table of operators.

use std::sync::LazyLock;

use super::function::{self, Functions};
use crate::num::operator::{Binary, Unary, binary, operators, unary};

/// Defines `functions` for each group of the table that has operators of this sort.
macro_rules! tables {
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
    )+) => { $(tables!(@group $enum $function $group { $($op $method)* });)+ };

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
operators!(tables);
