//! Names for shell completion.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use crossover::sweep::{Axis, Regime};
use crossover::{Isa, Kind, Workload};

/// A parser that accepts any text, with the known names for shell completion. It rejects none, because the later look-up has
/// better error messages.
#[derive(Clone)]
pub struct Names(Vec<&'static str>);

impl Names {
    /// Returns the names of the backends.
    pub fn backends() -> Self {
        Names(Kind::ALL.map(Kind::name).to_vec())
    }

    /// Returns the names of the data paths.
    pub fn regimes() -> Self {
        Names(Regime::ALL.map(Regime::name).to_vec())
    }

    /// Returns the names of the instruction sets of simd and threads.
    pub fn isas() -> Self {
        Names(Isa::ALL.into_iter().filter(|isa| *isa != Isa::Scalar).map(Isa::name).collect())
    }

    /// Returns the names of the axes other than the number of elements.
    pub fn axes() -> Self {
        Names(Axis::ALL.into_iter().filter(|axis| *axis != Axis::Elements).map(Axis::name).collect())
    }

    /// Returns the names of the built-in workloads.
    pub fn workloads() -> Self {
        Names(Workload::NAMES.to_vec())
    }
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}
