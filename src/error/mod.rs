//! Errors. Every message names the object, the numbers on both sides and the remedy.

pub(crate) mod parse;

use std::fmt;

use crate::text::{nearest, shortened};
pub use parse::ParseError;

/// The result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The errors of this crate. `Debug` prints the same as `Display`, so that a `main` that returns an error prints a readable
/// message.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A backend, device or instruction set that this machine or build does not have.
    #[error("{what} is not available: {reason}; {remedy}")]
    Unavailable {
        /// What was requested, such as `the gpu backend`.
        what: String,
        /// Why it is not available.
        reason: String,
        /// How to make it available.
        remedy: String,
    },
    /// An unknown name.
    #[error("unknown {what} `{}`{}; known: {}", shortened(.given), did_you_mean(.nearest), .known.join(", "))]
    Unknown {
        /// The kind of name, such as `backend`.
        what: &'static str,
        /// The given name.
        given: String,
        /// All known names.
        known: Vec<&'static str>,
        /// The known name most similar to the given one, if any is similar.
        nearest: Option<&'static str>,
    },
    /// A value that cannot be used, such as a size that is not an integer.
    #[error("{what} `{}` cannot be used: {expected}", shortened(.given))]
    Invalid {
        /// What the value is for, such as `size`.
        what: &'static str,
        /// The given value.
        given: String,
        /// What is expected.
        expected: String,
    },
    /// An earlier sweep that cannot be resumed.
    #[error("the earlier sweep cannot be resumed: {reason}; {remedy}")]
    Earlier {
        /// What prevents it, with the earlier and the present value.
        reason: String,
        /// What to do instead.
        remedy: String,
    },
    /// A text that is not a formula.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// The minimum or maximum of an empty array.
    #[error("the {fold} of no elements is not a number; give it at least one element")]
    Empty {
        /// The reduction, such as `min`.
        fold: &'static str,
    },
    /// Too few or too many inputs for a kernel.
    #[error("kernel `{kernel}` takes {expected} input(s) ({names}), but {found} were given")]
    InputCount {
        /// The kernel's name.
        kernel: String,
        /// The names of its inputs, in order.
        names: String,
        /// The number of inputs that it takes.
        expected: usize,
        /// The number of inputs that were given.
        found: usize,
    },
    /// Too few or too many outputs for a kernel.
    #[error("kernel `{kernel}` has {expected} output(s), but {found} were given; give one array per output")]
    OutputCount {
        /// The kernel's name.
        kernel: String,
        /// The number of outputs that it has.
        expected: usize,
        /// The number of outputs that were given.
        found: usize,
    },
    /// An input given by an unknown name.
    #[error("kernel `{kernel}` has no input `{input}`{}; its inputs: {names}", did_you_mean(.nearest))]
    UnknownInput {
        /// The kernel's name.
        kernel: String,
        /// The given name.
        input: String,
        /// The names of its inputs, in order.
        names: String,
        /// The name most similar to the given one, if any is similar.
        nearest: Option<String>,
    },
    /// An input given twice.
    #[error("kernel `{kernel}`: input `{input}` is given twice; give it once")]
    RepeatedInput {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
    },
    /// A missing input.
    #[error("kernel `{kernel}`: nothing is given for input `{input}`; its inputs: {names}")]
    MissingInput {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
        /// The names of its inputs, in order.
        names: String,
    },
    /// The output of a reduction that does not have one element.
    #[error(
        "kernel `{kernel}` reduces all elements to one number, but the output has {found} elements; \
         call `run` with an output of one element"
    )]
    ReductionOutput {
        /// The kernel's name.
        kernel: String,
        /// The output's length in elements.
        found: usize,
    },
    /// An input array whose length differs from the output's or, for a reduction, from the other inputs'.
    #[error(
        "kernel `{kernel}`: input `{input}` has {found} elements where the other arrays have {expected}; \
         give arrays of one length, or a single value to use it for every element"
    )]
    Length {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
        /// The length of the other arrays in elements.
        expected: usize,
        /// The input's length in elements.
        found: usize,
    },
    /// A size above a limit.
    #[error("{what} needs {needed}, but the limit is {limit}; {remedy}")]
    TooLarge {
        /// What is too large, with its unit.
        what: String,
        /// The size that is needed.
        needed: u64,
        /// The limit.
        limit: u64,
        /// What to do instead.
        remedy: String,
    },
    /// A range that is not within its array.
    #[error("{start}..{end} is not within {what}, which has {len} elements; give a range within them")]
    Range {
        /// The array.
        what: String,
        /// The first element of the range.
        start: usize,
        /// The end of the range.
        end: usize,
        /// The number of elements of the array.
        len: usize,
    },
    /// An input that shares some of its elements, but not all, with the output.
    #[error(
        "kernel `{kernel}`: input `{input}` shares some elements with the output, which would be overwritten before they \
         are read; write to another array, or to the whole input"
    )]
    Overlap {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
    },
    /// A buffer without a usage that it needs.
    #[error("a buffer cannot be {purpose}: it was created without the usage {missing}; add that where it is created")]
    Usage {
        /// The intended use.
        purpose: &'static str,
        /// The missing usages.
        missing: String,
    },
    /// An array of another GPU device.
    #[error(
        "{what} is in the memory of another `Gpu` ({device}) than the one that uses it ({expected}); use the `Gpu` that \
         created the array, or upload its elements to this one with `Gpu::upload`"
    )]
    OtherDevice {
        /// The array, such as "kernel `poly`: input `x`".
        what: String,
        /// The name of the device that the array is on.
        device: String,
        /// The name of the device that uses it.
        expected: String,
    },
    /// A call that took longer than the timeout.
    #[error(
        "the GPU did not finish within {limit:?}; give it less work at a time, or more time with `Gpu::set_timeout`"
    )]
    Timeout {
        /// The timeout.
        limit: std::time::Duration,
    },
    /// The device is out of memory.
    #[error("the GPU is out of memory ({message}); run smaller arrays, or free memory on the device")]
    OutOfMemory {
        /// The driver's message.
        message: String,
    },
    /// The device is gone: unplugged, reset by its driver, or destroyed.
    #[error("the GPU device was lost ({reason}); open the gpu backend again")]
    DeviceLost {
        /// The driver's message.
        reason: String,
    },
    /// The generated shader was rejected: a bug in this crate.
    #[error("the shader of kernel `{kernel}` was rejected; please report it with the shader: {message}\n{wgsl}")]
    Shader {
        /// The kernel's name.
        kernel: String,
        /// The shader compiler's message.
        message: String,
        /// The shader's source.
        wgsl: String,
    },
    /// Any other device error.
    #[error("the GPU rejected a command: {message}; run it on another backend, and please report it")]
    Device {
        /// The driver's message.
        message: String,
    },
}

impl Error {
    /// Creates an [`Error::Unknown`] that suggests the most similar known name.
    pub(crate) fn unknown(what: &'static str, given: &str, known: Vec<&'static str>) -> Self {
        let nearest = nearest(given, known.iter().copied());
        Error::Unknown { what, given: given.to_owned(), known, nearest }
    }
}

/// Implements the names of an enum: `ALL`, `name`, `FromStr` and `Display`. What other variants are called may follow.
macro_rules! names {
    ($type:ident is $what:literal: $($variant:ident $name:literal),+ $(; $other:pat => $its_name:expr)?) => {
        impl $type {
            /// All of them that have a name of their own, in ascending order.
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$variant),+];

            /// Returns the name.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                    $($other => $its_name,)?
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(name: &str) -> $crate::error::Result<$type> {
                let found = $type::ALL.into_iter().find(|each| each.name() == name);
                found.ok_or_else(|| $crate::error::Error::unknown($what, name, $type::ALL.map($type::name).to_vec()))
            }
        }
    };
}
pub(crate) use names;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn did_you_mean(nearest: &Option<impl AsRef<str>>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean `{}`?)", name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let near = Error::unknown("backend", "therads", vec!["loop", "threads"]).to_string();
        assert_eq!(near, "unknown backend `therads` (did you mean `threads`?); known: loop, threads");
        let far = Error::unknown("backend", "zzz", vec!["loop", "threads"]).to_string();
        assert_eq!(far, "unknown backend `zzz`; known: loop, threads");
        let long = Error::unknown("backend", &"threads".repeat(1 << 17), vec!["loop", "threads"]).to_string();
        assert!(long.len() < 200, "{long}");
        let long = Error::unknown("backend", &"é".repeat(1 << 20), vec!["loop"]).to_string();
        assert_eq!(long, format!("unknown backend `{}…`; known: loop", "é".repeat(60)));
        let long = Error::Invalid { what: "size", given: "1".repeat(1 << 20), expected: "write less".to_owned() };
        assert!(long.to_string().len() < 200, "{long}");
    }

    #[test]
    fn nothing_is_suggested_that_is_not_near() {
        assert_eq!(nearest("any", ["tanh", "abs"]), None);
        assert_eq!(nearest("mod1", ["mod", "model"]), Some("mod"));
        assert_eq!(nearest("xx", ["x", "y"]), Some("x"));
        assert_eq!(nearest("z", ["x", "y"]), None);
    }

    #[test]
    fn what_a_main_prints_that_returns_an_error_is_readable() {
        let error = crate::Kernel::parse("x + squrt(y)").unwrap_err();
        assert_eq!(
            format!("Error: {error:?}"),
            "Error: there is no function `squrt`; did you mean `sqrt`?\n  x + squrt(y)\n      ^^^^^"
        );
    }
}
