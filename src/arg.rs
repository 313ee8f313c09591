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
/// anew on any backend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'a, T = f32> {
    /// An element for each element of the output.
    Array(&'a [T]),
    /// The same number for every element.
    Scalar(T),
}

impl<'a, T> From<&'a [T]> for Arg<'a, T> {
    fn from(array: &'a [T]) -> Self {
        Arg::Array(array)
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for Arg<'a, T> {
    fn from(array: &'a [T; N]) -> Self {
        Arg::Array(array)
    }
}

impl<'a, T> From<&'a Vec<T>> for Arg<'a, T> {
    fn from(array: &'a Vec<T>) -> Self {
        Arg::Array(array)
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
