//! What every CPU backend runs on: instruction sets and their lanes, the loops that feed them, and the interpreter.
//!
//! [`lanes`] is the trait of an instruction set's operations, `portable` and `x86` implement it, and [`isa`] chooses an
//! implementation at run time. [`drive`] loops over a formula that rustc has compiled, and [`interpreter`] over a program.
//! [`reduce`] reduces the results to one number, by [`columns`]. [`code`] is the interface of a kernel's code; [`compiled`] is a
//! formula's. Only `portable` names `wide`.
#![allow(unsafe_code, reason = "intrinsics, and the loop that feeds them from raw pointers")]

pub(crate) mod code;
pub(crate) mod columns;
pub(crate) mod compiled;
pub(crate) mod drive;
pub(crate) mod interpreter;
pub(crate) mod isa;
pub(crate) mod lanes;
pub(crate) mod part;
mod portable;
pub(crate) mod reduce;
#[cfg(target_arch = "x86_64")]
mod x86;
