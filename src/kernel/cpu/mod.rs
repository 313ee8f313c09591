//! What every CPU backend runs on: instruction sets and their lanes, the loops that feed them, and the interpreter.
//!
//! In order: [`lanes`] says what an instruction set offers, `portable` and `x86` offer it, [`isa`] chooses one at run time,
//! [`drive`] loops over a formula that was compiled for it, and [`interpreter`] over one that is data. [`reduce`] makes one
//! number of many, in [`columns`]. [`code`] is what a kernel has of these; [`compiled`] is a formula's.
//! `portable` is the one place that names `wide`.
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
