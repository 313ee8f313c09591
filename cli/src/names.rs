//! Names that a shell completes.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use crossover::sweep::{Axis, Regime};
use crossover::{Isa, Kind, Workload};

/// Takes any text, and tells a shell the names that there are. It refuses none: whoever looks the name up says better what
/// was wrong with it, and what was meant.
#[derive(Clone)]
pub struct Names(Vec<&'static str>);

impl Names {
    /// The backends.
    pub fn backends() -> Self {
        Names(Kind::ALL.map(Kind::name).to_vec())
    }

    /// The regimes of a sweep.
    pub fn regimes() -> Self {
        Names(Regime::ALL.map(Regime::name).to_vec())
    }

    /// The instruction sets of simd and threads, so not the loop's.
    pub fn isas() -> Self {
        Names(Isa::ALL.into_iter().filter(|isa| *isa != Isa::Scalar).map(Isa::name).collect())
    }

    /// What a sweep varies instead of the number of elements.
    pub fn axes() -> Self {
        Names(Axis::ALL.into_iter().filter(|axis| *axis != Axis::Elements).map(Axis::name).collect())
    }

    /// The built-in workloads.
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
