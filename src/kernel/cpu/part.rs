//! The outputs of a run, which threads write by ranges of elements.

use std::marker::PhantomData;
use std::ops::Range;

use crate::kernel::view::Out;

/// Elements that several threads can work on at a time, each on ranges of its own.
///
/// # Safety
///
/// Parts of ranges that do not overlap may be used by several threads at a time.
pub(crate) unsafe trait Divide: Sync {
    /// The elements of a range.
    type Part;

    /// Returns the number of elements.
    fn len(&self) -> usize;

    /// Returns the part of a range.
    ///
    /// # Safety
    ///
    /// The range is within the elements, and no other part that exists at the same time has one of them.
    unsafe fn part(&self, range: Range<usize>) -> Self::Part;
}

/// Returns the function that calls `body` with the block of a number.
///
/// # Safety
///
/// It is called at most once with each number, all below the count of blocks, so that no two parts have an element in common.
pub(crate) unsafe fn cut<D: Divide>(data: D, block: usize, body: impl Fn(D::Part) + Sync) -> impl Fn(usize) + Sync {
    let len = data.len();
    move |index| {
        let from = index * block;
        // SAFETY: the caller gives each number once; the last part ends with the elements.
        body(unsafe { data.part(from..len.min(from + block)) });
    }
}

/// The outputs of a run, borrowed mutably.
pub(crate) struct Targets<'a> {
    /// Where element 0 of the first output would be, and of the others.
    first: *mut f32,
    others: Vec<*mut f32>,
    /// The number of the first element.
    from: usize,
    len: usize,
    borrow: PhantomData<&'a mut [f32]>,
}

// SAFETY: a pointer is used only by the owner of a part, for its elements, which are `f32`s, and no two parts have the same.
unsafe impl Sync for Targets<'_> {}

impl<'a> Targets<'a> {
    /// Creates the targets for outputs of the same length.
    #[inline(always)]
    pub(crate) fn new(outputs: &'a mut [Out<'_>]) -> Self {
        match outputs {
            [out] => Targets::of(out.floats(), 0),
            _ => Targets::of_several(outputs),
        }
    }

    #[cold]
    fn of_several(outputs: &'a mut [Out<'_>]) -> Self {
        let len = outputs.iter().map(Out::len).min().unwrap_or(0);
        let mut all = outputs.iter_mut().map(|out| out.floats().as_mut_ptr());
        let first = all.next().unwrap_or(std::ptr::null_mut());
        Targets { first, others: all.collect(), from: 0, len, borrow: PhantomData }
    }

    /// Creates the target for the results of the elements starting at `from`.
    #[inline(always)]
    pub(crate) fn of(results: &'a mut [f32], from: usize) -> Self {
        let first = results.as_mut_ptr().wrapping_sub(from);
        Targets { first, others: Vec::new(), from, len: results.len(), borrow: PhantomData }
    }

    #[inline(always)]
    fn cut(&self, start: usize, len: usize) -> Part<'_> {
        Part { targets: self, first: self.first.wrapping_add(start), start, len }
    }

    /// Returns all elements as one part.
    #[inline(always)]
    pub(crate) fn whole(&mut self) -> Part<'_> {
        self.cut(self.from, self.len)
    }
}

// SAFETY: the elements are `f32`s, and a part is made only of those of its range.
unsafe impl<'t> Divide for &'t Targets<'_> {
    type Part = Part<'t>;

    fn len(&self) -> usize {
        self.len
    }

    unsafe fn part(&self, range: Range<usize>) -> Part<'t> {
        assert!(range.start <= range.end && range.end <= self.len);
        self.cut(self.from + range.start, range.len())
    }
}

/// A range of a run's elements and the exclusive right to write their results.
pub(crate) struct Part<'a> {
    targets: &'a Targets<'a>,
    /// Of the first output; most kernels have no other.
    first: *mut f32,
    start: usize,
    len: usize,
}

impl Part<'_> {
    /// Returns the number of the first element.
    #[inline(always)]
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Returns the number of elements.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the pointer to the first element's result in an output. It is valid for reads and writes of
    /// [`len`](Part::len) elements for as long as the part exists.
    ///
    /// # Panics
    ///
    /// If there is no such output.
    #[inline(always)]
    pub(crate) fn pointer(&self, output: usize) -> *mut f32 {
        match output {
            0 => self.first,
            _ => self.targets.others[output - 1].wrapping_add(self.start),
        }
    }
}

/// A slice whose elements threads work on.
pub(crate) struct Slices<'a, T> {
    first: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

impl<'a, T> From<&'a mut [T]> for Slices<'a, T> {
    fn from(slice: &'a mut [T]) -> Self {
        Slices { first: slice.as_mut_ptr(), len: slice.len(), borrow: PhantomData }
    }
}

// SAFETY: only parts are made of it, which do not overlap, of elements that may be sent to other threads.
unsafe impl<T: Send> Sync for Slices<'_, T> {}

// SAFETY: as above.
unsafe impl<'s, T: Send> Divide for &'s Slices<'_, T> {
    type Part = (usize, &'s mut [T]);

    fn len(&self) -> usize {
        self.len
    }

    unsafe fn part(&self, range: Range<usize>) -> (usize, &'s mut [T]) {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: the range is within the slice, which is borrowed mutably for as long as this exists, and the caller promises
        // that no other part has one of its elements.
        (range.start, unsafe { std::slice::from_raw_parts_mut(self.first.add(range.start), range.len()) })
    }
}
