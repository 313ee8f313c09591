//! What a run is given: arguments for the inputs, and outputs.

use super::view::{Element, Out, View};
use crate::num::Scalar;

/// Makes inputs by name: `inputs! { x: &x, limit: 0.5 }`, for [`Kernel::by_name`](crate::Kernel::by_name), which checks the
/// names and puts them into the kernel's order.
///
/// A value is whatever an [`Arg`] can be made from. A name that is no Rust identifier is a string: `inputs! { "größe": &x }`.
#[macro_export]
macro_rules! inputs {
    ($($name:tt : $value:expr),* $(,)?) => {
        [$(($crate::inputs!(@name $name), $crate::Arg::from($value))),*]
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:literal) => { $name };
}

/// The argument for one input.
///
/// Made from a slice, an array, a vector or a number with `into()`. Replacing one number by another requires no
/// recompilation on any backend. Arrays are of `f32`; one of another type does not compile, and the error says so:
///
/// ```compile_fail,E0277
/// let x: Vec<f64> = vec![1.0, 2.0];
/// let input: crossover::Arg<'_> = (&x).into();
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Arg<'a> {
    /// An array with one element per element of the output.
    Array(View<'a>),
    /// One value for every element.
    Scalar(Scalar),
    /// The elements of this output before the run, which overwrites them: the run is in place.
    ///
    /// ```
    /// use crossover::{Arg, Kernel};
    ///
    /// let mut x = [1.0, 2.0];
    /// crossover::open(None)?.run(&Kernel::parse("x*x + y")?, &[Arg::Output(0), 0.5.into()], &mut x)?;
    /// assert_eq!(x, [1.5, 4.5]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    Output(usize),
}

impl<'a, T: Element> From<&'a [T]> for Arg<'a> {
    fn from(array: &'a [T]) -> Self {
        Arg::Array(array.into())
    }
}

impl<'a, T: Element, const N: usize> From<&'a [T; N]> for Arg<'a> {
    fn from(array: &'a [T; N]) -> Self {
        array.as_slice().into()
    }
}

impl<'a, T: Element> From<&'a Vec<T>> for Arg<'a> {
    fn from(array: &'a Vec<T>) -> Self {
        array.as_slice().into()
    }
}

impl From<Scalar> for Arg<'_> {
    fn from(value: Scalar) -> Self {
        Arg::Scalar(value)
    }
}

impl<T: Element> From<T> for Arg<'_> {
    fn from(value: T) -> Self {
        Arg::Scalar(value.into())
    }
}

impl Arg<'_> {
    /// Returns the length of the array, or `None` for anything else.
    #[inline(always)]
    pub fn len(&self) -> Option<usize> {
        match self {
            Arg::Array(array) => Some(array.len()),
            Arg::Scalar(_) | Arg::Output(_) => None,
        }
    }

    /// Returns whether it is an array without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Returns the value for an element.
    ///
    /// # Panics
    ///
    /// If an array has no such element, or for an output.
    pub fn at(&self, index: usize) -> Scalar {
        match self {
            Arg::Array(array) => array.floats()[index].into(),
            Arg::Scalar(value) => *value,
            Arg::Output(output) => panic!("the elements of output {output} are not among the arguments"),
        }
    }

    /// Returns the argument for `len` elements starting at `from`.
    ///
    /// # Panics
    ///
    /// If an array has fewer elements.
    pub fn part(&self, from: usize, len: usize) -> Self {
        match self {
            Arg::Array(array) => Arg::Array(array.range(from..from + len)),
            other => *other,
        }
    }

    /// Returns whether it is the elements of an output.
    #[inline(always)]
    pub(crate) fn is_output(&self) -> bool {
        matches!(self, Arg::Output(_))
    }
}

/// Returns the number of elements that arguments have which fit each other: one if none of them is an array.
pub(crate) fn elements(inputs: &[Arg<'_>]) -> usize {
    inputs.iter().find_map(Arg::len).unwrap_or(1)
}

/// What a run writes: an array for a kernel with one output, or one [`Out`] per output.
pub trait Outputs {
    /// Calls a function with the outputs.
    #[doc(hidden)]
    fn lend<R>(self, run: impl FnOnce(&mut [Out<'_>]) -> R) -> R;
}

impl<'o, O: Into<Out<'o>>> Outputs for O {
    #[inline(always)]
    fn lend<R>(self, run: impl FnOnce(&mut [Out<'_>]) -> R) -> R {
        run(&mut [self.into()])
    }
}

impl Outputs for &mut [Out<'_>] {
    #[inline(always)]
    fn lend<R>(self, run: impl FnOnce(&mut [Out<'_>]) -> R) -> R {
        run(self)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Arg, Backend, Error, Kernel, Loop};

    fn kernel() -> Kernel {
        Kernel::parse("a*x + long_name").unwrap()
    }

    #[test]
    fn inputs_by_name_may_be_in_any_order() {
        let (x, long_name, mut out) = (vec![1.0, 2.0], [10.0, 20.0], [0.0; 2]);
        let by_name = |given| kernel().by_name::<3>(given).unwrap();
        for given in [
            inputs! { a: 3.0, x: &x, long_name: &long_name },
            inputs! { long_name: &long_name, x: &x[..], a: 3.0, },
            inputs! { "x": &x, "long_name": &long_name, "a": 3.0 },
        ] {
            Loop.run(&kernel(), &by_name(given), &mut out).unwrap();
            assert_eq!(out, [13.0, 26.0]);
        }
        Loop.prepare(&kernel()).unwrap().run(&by_name(inputs! { x: 1.0, a: 2.0, long_name: 3.0 }), &mut out).unwrap();
        assert_eq!(out, [5.0; 2]);
        assert_eq!(Kernel::parse("2*pi").unwrap().by_name(inputs! {}).unwrap(), [] as [Arg; 0]);
    }

    #[test]
    fn a_name_that_is_wrong_missing_or_repeated_is_an_error() {
        let message = |error: Error| error.to_string();
        let unknown = kernel().by_name(inputs! { a: 1.0, x: 2.0, log_name: 3.0 }).unwrap_err();
        assert!(matches!(&unknown, Error::UnknownInput { nearest: Some(near), .. } if near == "long_name"));
        assert_eq!(
            message(unknown),
            "kernel `a*x + long_name` has no input `log_name` (did you mean `long_name`?); its inputs: a, x, long_name"
        );
        let far = kernel().by_name(inputs! { a: 1.0, x: 2.0, long_name: 3.0, zzz: 4.0 }).unwrap_err();
        assert_eq!(message(far), "kernel `a*x + long_name` has no input `zzz`; its inputs: a, x, long_name");
        let missing = kernel().by_name(inputs! { a: 1.0, x: 2.0 }).unwrap_err();
        assert!(matches!(&missing, Error::MissingInput { input, .. } if input == "long_name"));
        assert_eq!(
            message(missing),
            "kernel `a*x + long_name`: nothing is given for input `long_name`; its inputs: a, x, long_name"
        );
        let repeated = kernel().by_name(inputs! { a: 1.0, x: 2.0, x: 3.0 }).unwrap_err();
        assert!(matches!(&repeated, Error::RepeatedInput { input, .. } if input == "x"));
        assert_eq!(message(repeated), "kernel `a*x + long_name`: input `x` is given twice; give it once");
        let long = "y".repeat(1 << 19);
        let kernel = Kernel::parse(&long).unwrap();
        for error in [kernel.by_name(inputs! {}), kernel.by_name([])] {
            assert!(message(error.unwrap_err()).len() < 400);
        }
        assert!(message(kernel.by_name([(long[1..].as_ref(), Arg::from(1.0))]).unwrap_err()).len() < 400);
        assert!(message(kernel.check(&[], &[(&mut [0.0]).into()]).unwrap_err()).len() < 400);
    }
}
