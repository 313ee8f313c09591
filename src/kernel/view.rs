//! Arrays whose element type is a value.

use std::fmt;
use std::ops::Range;

use crate::num::{Scalar, Type};

/// The elements of a [`View`], by type.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Elements<'a> {
    F32(&'a [f32]),
}

/// The elements of an [`Out`], by type.
#[derive(Debug)]
enum ElementsMut<'a> {
    F32(&'a mut [f32]),
}

/// A borrowed array, whose element type is a value. Made from a slice, an array or a vector with `into()`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View<'a>(Elements<'a>);

/// An array that a run writes, whose element type is a value. Made from a slice, an array or a vector with `into()`.
#[derive(Debug)]
pub struct Out<'a>(ElementsMut<'a>);

/// The types of arrays' elements: `f32`. Sealed, so that others can follow.
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` cannot be the input or output of a kernel",
    label = "the elements are `{Self}`, and `f32` is needed",
    note = "inputs are `f32`: a slice, an array or a vector of them, or one number",
    note = "convert an array once, as with `x.iter().map(|&x| x as f32).collect::<Vec<f32>>()`"
)]
pub trait Element:
    bytemuck::Pod + Default + PartialEq + fmt::Debug + Send + Sync + Into<Scalar> + erased::Erase
{
    /// The type, as a value.
    const TYPE: Type;
}

impl Element for f32 {
    const TYPE: Type = Type::F32;
}

mod erased {
    use super::{Elements, ElementsMut, Out, View};

    /// Erases an element type, and recovers it.
    pub trait Erase: Sized {
        fn view(slice: &[Self]) -> View<'_>;
        fn slice<'a>(view: &View<'a>) -> Option<&'a [Self]>;
        fn out(slice: &mut [Self]) -> Out<'_>;
        fn slice_mut<'a>(out: &'a mut Out<'_>) -> Option<&'a mut [Self]>;
    }

    impl Erase for f32 {
        fn view(slice: &[f32]) -> View<'_> {
            View(Elements::F32(slice))
        }

        #[inline(always)]
        fn slice<'a>(view: &View<'a>) -> Option<&'a [f32]> {
            let Elements::F32(slice) = view.0;
            Some(slice)
        }

        fn out(slice: &mut [f32]) -> Out<'_> {
            Out(ElementsMut::F32(slice))
        }

        #[inline(always)]
        fn slice_mut<'a>(out: &'a mut Out<'_>) -> Option<&'a mut [f32]> {
            let ElementsMut::F32(slice) = &mut out.0;
            Some(slice)
        }
    }
}

impl<'a> View<'a> {
    /// Returns the number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        let Elements::F32(slice) = self.0;
        slice.len()
    }

    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the type of the elements.
    pub fn kind(&self) -> Type {
        let Elements::F32(_) = self.0;
        Type::F32
    }

    /// Returns the elements, or `None` if they are of another type.
    #[inline(always)]
    pub fn as_slice<T: Element>(&self) -> Option<&'a [T]> {
        T::slice(self)
    }

    /// Returns the elements of a kernel's input.
    #[inline(always)]
    pub(crate) fn floats(&self) -> &'a [f32] {
        let Elements::F32(slice) = self.0;
        slice
    }

    /// Returns the elements in a range.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn range(&self, range: Range<usize>) -> View<'a> {
        let Elements::F32(slice) = self.0;
        View(Elements::F32(&slice[range]))
    }
}

impl Out<'_> {
    /// Returns the number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        let ElementsMut::F32(slice) = &self.0;
        slice.len()
    }

    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the type of the elements.
    pub fn kind(&self) -> Type {
        let ElementsMut::F32(_) = &self.0;
        Type::F32
    }

    /// Returns the elements, or `None` if they are of another type.
    pub fn as_mut_slice<T: Element>(&mut self) -> Option<&mut [T]> {
        T::slice_mut(self)
    }

    /// Returns the elements of a kernel's output.
    #[inline(always)]
    pub(crate) fn floats(&mut self) -> &mut [f32] {
        let ElementsMut::F32(slice) = &mut self.0;
        slice
    }

    /// Borrows the elements in a range.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn range(&mut self, range: Range<usize>) -> Out<'_> {
        let ElementsMut::F32(slice) = &mut self.0;
        Out(ElementsMut::F32(&mut slice[range]))
    }
}

impl<'a, T: Element> From<&'a [T]> for View<'a> {
    fn from(slice: &'a [T]) -> Self {
        T::view(slice)
    }
}

impl<'a, T: Element> From<&'a mut [T]> for Out<'a> {
    fn from(slice: &'a mut [T]) -> Self {
        T::out(slice)
    }
}

impl<'a, T: Element, const N: usize> From<&'a mut [T; N]> for Out<'a> {
    fn from(array: &'a mut [T; N]) -> Self {
        array.as_mut_slice().into()
    }
}

impl<'a, T: Element> From<&'a mut Vec<T>> for Out<'a> {
    fn from(vector: &'a mut Vec<T>) -> Self {
        vector.as_mut_slice().into()
    }
}
