//! What a kernel is given for an input.

use crate::num::Element;

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

/// The value of one input: an array with an element for each element of the output, or one number for all of them.
///
/// Made from a slice, an array, a vector or a number with `into()`. Exchanging one number for another compiles nothing
/// anew on any backend. Arrays are of `f32`; one of another type does not compile, and the error says so:
///
/// ```compile_fail,E0277
/// let x: Vec<f64> = vec![1.0, 2.0];
/// let input: crossover::Arg<'_> = (&x).into();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'a, T = f32> {
    /// An element for each element of the output.
    Array(&'a [T]),
    /// The same number for every element.
    Scalar(T),
}

/// Which arrays can be the inputs of a kernel that computes with a type: those of that type alone. A trait so that the compiler
/// says what to do with an array of another one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an array of `{S}` cannot be the input of a kernel, which computes with `{Self}`",
    label = "this is an array of `{S}`, and one of `{Self}` is needed",
    note = "inputs are `f32`: a slice, an array or a vector of them, or one number",
    note = "convert an array once, as with `x.iter().map(|&x| x as f32).collect::<Vec<f32>>()`"
)]
pub trait Stored<S>: Sized {
    /// The same slice.
    fn slice(array: &[S]) -> &[Self];
}

impl<T> Stored<T> for T {
    fn slice(array: &[T]) -> &[T] {
        array
    }
}

impl<'a, S, T: Stored<S>> From<&'a [S]> for Arg<'a, T> {
    fn from(array: &'a [S]) -> Self {
        Arg::Array(T::slice(array))
    }
}

impl<'a, S, T: Stored<S>, const N: usize> From<&'a [S; N]> for Arg<'a, T> {
    fn from(array: &'a [S; N]) -> Self {
        Arg::Array(T::slice(array))
    }
}

impl<'a, S, T: Stored<S>> From<&'a Vec<S>> for Arg<'a, T> {
    fn from(array: &'a Vec<S>) -> Self {
        Arg::Array(T::slice(array))
    }
}

impl<T: Element> From<T> for Arg<'_, T> {
    fn from(value: T) -> Self {
        Arg::Scalar(value)
    }
}

impl<T: Element> Arg<'_, T> {
    /// The length of the array; a scalar has none.
    pub fn len(&self) -> Option<usize> {
        match self {
            Arg::Array(array) => Some(array.len()),
            Arg::Scalar(_) => None,
        }
    }

    /// Whether it is an array without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The value for element `index`.
    ///
    /// # Panics
    ///
    /// If an array has no such element.
    pub fn at(&self, index: usize) -> T {
        match self {
            Arg::Array(array) => array[index],
            Arg::Scalar(value) => *value,
        }
    }

    /// The part of it that belongs to `len` elements of the output from `from` on.
    ///
    /// # Panics
    ///
    /// If an array has fewer elements.
    pub fn part(&self, from: usize, len: usize) -> Self {
        match self {
            Arg::Array(array) => Arg::Array(&array[from..from + len]),
            Arg::Scalar(value) => Arg::Scalar(*value),
        }
    }
}

/// How many elements inputs that fit each other have: one, if none of them is an array.
pub(crate) fn elements<T: Element>(inputs: &[Arg<'_, T>]) -> usize {
    inputs.iter().find_map(Arg::len).unwrap_or(1)
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
        assert!(message(kernel.by_name([(long[1..].as_ref(), Arg::Scalar(1.0))]).unwrap_err()).len() < 400);
        assert!(message(kernel.check(&[], 1).unwrap_err()).len() < 400);
    }
}
