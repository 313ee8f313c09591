//! Types as values: of the elements of arrays, and of what a program computes.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Defines the types, a row each: the name, Rust's type, and the bits of a value.
macro_rules! types {
    ($($(#[doc = $doc:literal])+ $type:ident $rust:ident $name:literal |$value:ident| $bits:expr;)+) => {
        /// The type of a value.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Type { $($(#[doc = $doc])+ $type,)+ }

        impl Type {
            /// Every type.
            pub const ALL: &[Type] = &[$(Type::$type),+];

            /// Returns the name, which is numpy's.
            pub fn name(self) -> &'static str {
                match self { $(Type::$type => $name,)+ }
            }
        }

        /// A value with its type. Two are equal if their types and bits are: −0 is not +0, and a NaN equals itself.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum Scalar { $($(#[doc = $doc])+ $type($rust),)+ }

        impl Scalar {
            /// Returns the type.
            pub fn kind(self) -> Type {
                match self { $(Scalar::$type(_) => Type::$type,)+ }
            }

            /// Returns the bits, the lowest first.
            fn bits(self) -> u64 {
                match self { $(Scalar::$type($value) => $bits,)+ }
            }
        }

        $(impl From<$rust> for Scalar {
            fn from(value: $rust) -> Self {
                Scalar::$type(value)
            }
        })+
    };
}

types! {
    /// A number of IEEE 754's binary32.
    F32 f32 "float32" |value| value.to_bits().into();
    /// A word: the bits of a number, in the functions that programs call.
    U32 u32 "uint32" |value| value.into();
    /// A condition.
    Bool bool "bool" |value| value.into();
}

impl Scalar {
    /// Returns the value as an `f32`, to which it is rounded; a condition is 1 if it holds, else 0.
    #[inline(always)]
    pub fn as_f32(self) -> f32 {
        match self {
            Scalar::F32(number) => number,
            Scalar::U32(word) => word as f32,
            Scalar::Bool(holds) => f32::from(u8::from(holds)),
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        (self.kind(), self.bits()) == (other.kind(), other.bits())
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.kind(), self.bits()).hash(state);
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::F32(value) => write!(f, "{value:?}"),
            Scalar::U32(value) => write!(f, "{value:#x}"),
            Scalar::Bool(value) => write!(f, "{value}"),
        }
    }
}
