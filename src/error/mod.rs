//! What can go wrong, as values. Every message names the thing, the numbers on both sides and the remedy.

pub(crate) mod parse;

use std::fmt;

use crate::text::{nearest, shortened};
pub use parse::ParseError;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done, and what to do about it. Its `Debug` is its `Display`, so that a `main` that returns it
/// prints what a person can read.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A backend, device or instruction set that this machine or build does not have.
    #[error("{what} is not available: {reason}; {remedy}")]
    Unavailable {
        /// What was asked for, such as `the gpu backend`.
        what: String,
        /// Why it is not there.
        reason: String,
        /// What would bring it.
        remedy: String,
    },
    /// A name that is not on the list.
    #[error("unknown {what} `{}`{}; known: {}", shortened(.given), did_you_mean(.nearest), .known.join(", "))]
    Unknown {
        /// What kind of name it is, such as `backend`.
        what: &'static str,
        /// The name that was given.
        given: String,
        /// Every name that would have been understood.
        known: Vec<&'static str>,
        /// The known name nearest to the given one, where one is near.
        nearest: Option<&'static str>,
    },
    /// A value that cannot be used, such as a size that is not a whole number.
    #[error("{what} `{}` cannot be used: {expected}", shortened(.given))]
    Invalid {
        /// What it was given for, such as `size`.
        what: &'static str,
        /// What was given.
        given: String,
        /// What is understood.
        expected: String,
    },
    /// An earlier sweep that this one cannot go on with.
    #[error("the earlier sweep cannot be gone on with: {reason}; {remedy}")]
    Earlier {
        /// What keeps it, with what there was and what there is.
        reason: String,
        /// What to do instead.
        remedy: String,
    },
    /// A text that is not a formula.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// The least or the greatest of no elements.
    #[error("the {fold} of no elements is not a number; give it at least one element")]
    Empty {
        /// The fold, such as `min`.
        fold: &'static str,
    },
    /// A kernel was given too few or too many inputs.
    #[error("kernel `{kernel}` takes {expected} input(s) ({names}), but {found} were given")]
    InputCount {
        /// The kernel's name.
        kernel: String,
        /// The names of its inputs, in order.
        names: String,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// An input is given by a name that the kernel does not have.
    #[error("kernel `{kernel}` has no input `{input}`{}; its inputs: {names}", did_you_mean(.nearest))]
    UnknownInput {
        /// The kernel's name.
        kernel: String,
        /// The name that was given.
        input: String,
        /// The names of its inputs, in order.
        names: String,
        /// The name nearest to the given one, where one is near.
        nearest: Option<String>,
    },
    /// An input is given twice by its name.
    #[error("kernel `{kernel}`: input `{input}` is given twice; give it once")]
    RepeatedInput {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
    },
    /// An input is not given.
    #[error("kernel `{kernel}`: nothing is given for input `{input}`; its inputs: {names}")]
    MissingInput {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
        /// The names of its inputs, in order.
        names: String,
    },
    /// The output of a fold has not one element.
    #[error(
        "kernel `{kernel}` makes one number of all elements, but the output has {found} elements; \
         call `run` with an output of one element"
    )]
    FoldOutput {
        /// The kernel's name.
        kernel: String,
        /// The output's length in elements.
        found: usize,
    },
    /// An input array is not as long as the output, or for a fold, as the others.
    #[error(
        "kernel `{kernel}`: input `{input}` has {found} elements where the other arrays have {expected}; \
         give arrays of one length, or a single value to use it for every element"
    )]
    Length {
        /// The kernel's name.
        kernel: String,
        /// The input's name.
        input: String,
        /// The length of the others in elements.
        expected: usize,
        /// The input's length in elements.
        found: usize,
    },
    /// More than a limit allows.
    #[error("{what} needs {needed}, but the limit is {limit}; {remedy}")]
    TooLarge {
        /// What is too large, with its unit.
        what: String,
        /// How much it needs.
        needed: u64,
        /// How much there may be.
        limit: u64,
        /// What to do instead.
        remedy: String,
    },
    /// A part of an array that does not lie within it.
    #[error("{start}..{end} does not lie within {what}, which has {len} elements; ask for a part of them")]
    Range {
        /// What it was to be a part of.
        what: String,
        /// Where it was to begin, in elements.
        start: usize,
        /// Where it was to end.
        end: usize,
        /// How many elements there are.
        len: usize,
    },
    /// An input shares some of its elements, but not all, with the output.
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
    /// A buffer was not made for what it is to be used for.
    #[error("a buffer cannot be {purpose}: it was made without the usage {missing}; add that where it is created")]
    Usage {
        /// What it was to be used for.
        purpose: &'static str,
        /// The usages that it lacks.
        missing: String,
    },
    /// An array is in the memory of another GPU device than the one that is to use it.
    #[error(
        "{what} is in the memory of another `Gpu` ({device}) than the one that uses it ({expected}); use the `Gpu` that \
         made the array, or upload its elements to this one with `Gpu::upload`"
    )]
    OtherDevice {
        /// The array, such as "kernel `poly`: input `x`".
        what: String,
        /// The name of the device that the array is on.
        device: String,
        /// The name of the device that was to use it.
        expected: String,
    },
    /// The device took longer than a call may wait.
    #[error("the GPU was not done after {limit:?}; give it less work at a time, or more time with `Gpu::set_timeout`")]
    Timeout {
        /// How long it was waited for.
        limit: std::time::Duration,
    },
    /// The device has not enough memory left.
    #[error("the GPU is out of memory ({message}); run smaller arrays, or free what holds its memory")]
    OutOfMemory {
        /// The driver's words.
        message: String,
    },
    /// The device is gone: unplugged, reset by its driver, or destroyed.
    #[error("the GPU device was lost ({reason}); open the gpu backend again")]
    DeviceLost {
        /// The driver's words.
        reason: String,
    },
    /// The generated shader was refused: a bug of this crate.
    #[error("the shader of kernel `{kernel}` was refused; please report it with the shader: {message}\n{wgsl}")]
    Shader {
        /// The kernel's name.
        kernel: String,
        /// What the shader compiler said.
        message: String,
        /// The whole shader.
        wgsl: String,
    },
    /// The device refused a command for another reason.
    #[error("the GPU refused a command: {message}; run it on another backend, and please report it")]
    Device {
        /// The driver's words.
        message: String,
    },
}

impl Error {
    /// An [`Error::Unknown`] that suggests the nearest of the known names.
    pub(crate) fn unknown(what: &'static str, given: &str, known: Vec<&'static str>) -> Self {
        let nearest = nearest(given, known.iter().copied());
        Error::Unknown { what, given: given.to_owned(), known, nearest }
    }
}

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
