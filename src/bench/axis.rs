//! What is different from one measurement of a series to the next: an [`Axis`], and a [`Varied`], one value on it.

use std::fmt;

use super::regime::Regime;
use crate::backend::Kind;
use crate::error::names;
use crate::text::about;

/// What is different from one measurement of a series to the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Axis {
    /// How many elements the arrays have.
    #[default]
    Elements,
    /// How many elements a thread takes at a time, or are sent to a GPU at a time.
    Chunk,
    /// How many threads share the work.
    Threads,
    /// How much is computed for each element: the degree of a polynomial, which has one fused multiplication and addition for
    /// each.
    Intensity,
}

names!(Axis is "axis": Elements "elements", Chunk "chunk", Threads "threads", Intensity "intensity");

impl Axis {
    /// Writes the value at which something begins that lies between two values of the axis: an approximate number of elements,
    /// or the first whole number.
    pub fn from(self, value: f64) -> String {
        match self {
            Axis::Elements | Axis::Chunk => about(value),
            Axis::Threads | Axis::Intensity => format!("{:.0}", value.ceil()),
        }
    }

    /// Returns what its values count, as a table's column is headed: `elements`, `chunk`, `threads` or `degree`.
    pub fn counts(self) -> &'static str {
        match self {
            Axis::Intensity => "degree",
            other => other.name(),
        }
    }

    /// Returns whether a backend has this to vary under a regime.
    pub fn is_of(self, kind: Kind, regime: Regime) -> bool {
        regime.is_of(kind)
            && match self {
                Axis::Elements | Axis::Intensity => true,
                Axis::Chunk => kind == Kind::Threads || (kind == Kind::Gpu && regime == Regime::Host),
                Axis::Threads => kind == Kind::Threads,
            }
    }

    /// Writes a place on the axis: `1e3 elements`, `a chunk of 65536 elements`, `4 threads`, `degree 16`.
    pub fn at(self, number: &str) -> String {
        match self {
            Axis::Elements => format!("{number} elements"),
            Axis::Chunk => format!("a chunk of {number} elements"),
            Axis::Threads => format!("{number} thread{}", if number == "1" { "" } else { "s" }),
            Axis::Intensity => format!("degree {number}"),
        }
    }
}

/// A value on an axis other than the elements'. In a file, `{"threads": 4}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Varied {
    /// The number of elements that are taken, or sent, at a time.
    Chunk(usize),
    /// The number of threads that share the work.
    Threads(usize),
    /// The polynomial has this degree.
    Intensity(usize),
}

impl Varied {
    /// Returns the axis that it is on.
    pub fn axis(self) -> Axis {
        match self {
            Varied::Chunk(_) => Axis::Chunk,
            Varied::Threads(_) => Axis::Threads,
            Varied::Intensity(_) => Axis::Intensity,
        }
    }

    /// Returns the number: of elements, of threads, or the degree.
    pub fn value(self) -> usize {
        match self {
            Varied::Chunk(value) | Varied::Threads(value) | Varied::Intensity(value) => value,
        }
    }
}

/// `chunk of 65536 elements`, `4 threads`, `degree 16`.
impl fmt::Display for Varied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.axis().at(&self.value().to_string()).trim_start_matches("a "))
    }
}
