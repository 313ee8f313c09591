//! Reductions: one number computed from all elements of a result.
//!
//! The order in which a reduction combines its elements depends on their number alone, so every CPU backend, on any
//! instruction set and any number of threads, gives the same bits:
//!
//! 1. Elements are taken in rows of 64, and eight rows make a leaf, in which each column is combined from the top down.
//! 2. The leaves of a chunk of [`Reduction::CHUNK`] elements are combined, column by column, as those of a binary tree: a node's
//!    left side is the largest complete tree that leaves something for the right one.
//! 3. The columns are halved until one number is left: column `k` is combined with column `k + half`.
//! 4. The numbers of the chunks are combined in a tree like that of the leaves.
//!
//! So no element takes part in more than [`Reduction::depth`] roundings, which grows with the logarithm of the number, and the
//! error of a sum is at most depth · 2⁻²⁴ · Σ|x| (to first order): pairwise summation, as in N. J. Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, section 4.2. A GPU uses another order, with the same bound.
//!
//! A NaN among the elements makes a sum, mean, min, max, prod, std and var NaN, and an infinity gives numpy's result; on a GPU,
//! too, except for infinities that [arise there](crate::oracle) by an overflow.

pub(crate) mod states;
mod steps;
mod tree;

use std::fmt;

use states::{PLANES, Reducer, State};
pub(crate) use steps::Step;
pub(crate) use tree::{Tree, ones};

use crate::error::{Error, Result};
use crate::num::Num;

/// Elements in a row: enough independent chains to use all adders of a core, and a multiple of every register's lanes.
pub(crate) const ROW: usize = 64;
/// Elements in a leaf.
pub(crate) const LEAF: usize = 8 * ROW;

/// A reduction of all elements to one number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Reduction {
    /// The sum; 0 for no elements.
    Sum,
    /// The arithmetic mean; NaN for no elements.
    Mean,
    /// The minimum; NaN if any element is NaN; an error for no elements.
    Min,
    /// The maximum; NaN if any element is NaN; an error for no elements.
    Max,
    /// The product; 1 for no elements.
    Prod,
    /// The standard deviation, the square root of the [variance](Reduction::Var); NaN for no elements.
    Std,
    /// The variance, the mean of the squared distances from the mean; NaN for no elements.
    Var,
    /// 1 if any element is not 0, as NaN is not; else 0.
    Any,
    /// 0 if any element is 0; else 1.
    All,
    /// The index of the first minimum, or of the first NaN; an error for no elements, or for more than
    /// [`MOST_INDICES`](Reduction::MOST_INDICES).
    ArgMin,
    /// The index of the first maximum, as [`ArgMin`](Reduction::ArgMin).
    ArgMax,
    /// The sum of the elements that are not NaN; 0 for no elements.
    NanSum,
    /// The minimum of the elements that are not NaN; NaN if all are NaN; an error for no elements.
    NanMin,
    /// The maximum of the elements that are not NaN; NaN if all are NaN; an error for no elements.
    NanMax,
    /// The partial result for [`Std`](Reduction::Std) and [`Var`](Reduction::Var), in four numbers: the count, the mean, the
    /// mean's rounding error, and the sum of the squared distances from the mean.
    Moments,
    /// The partial result for [`ArgMin`](Reduction::ArgMin), in two numbers: the minimum and its index in the part.
    MinAt,
    /// The partial result for [`ArgMax`](Reduction::ArgMax), in two numbers: the maximum and its index in the part.
    MaxAt,
}

/// Evaluates an expression in which a name is bound to the type of a reduction's [`Reducer`].
macro_rules! with_reducer {
    ($fold:expr, $name:ident => $then:expr) => {{
        use $crate::formula::reduction::{Reduction, states as of};
        macro_rules! with {
            ($type:ty) => {{
                type $name = $type;
                $then
            }};
        }
        match $fold {
            Reduction::Sum | Reduction::Mean => with!(of::Sum),
            Reduction::Min => with!(of::Min),
            Reduction::Max => with!(of::Max),
            Reduction::Prod => with!(of::Prod),
            Reduction::Std | Reduction::Var | Reduction::Moments => with!(of::Moments),
            Reduction::Any => with!(of::Any),
            Reduction::All => with!(of::All),
            Reduction::ArgMin | Reduction::MinAt => with!(of::At<false>),
            Reduction::ArgMax | Reduction::MaxAt => with!(of::At<true>),
            Reduction::NanSum => with!(of::NanSum),
            Reduction::NanMin => with!(of::NanMin),
            Reduction::NanMax => with!(of::NanMax),
        }
    }};
}

pub(crate) use with_reducer;

impl Reduction {
    /// The reductions that give one number.
    pub const ALL: [Reduction; 14] = [
        Reduction::Sum,
        Reduction::Mean,
        Reduction::Min,
        Reduction::Max,
        Reduction::Prod,
        Reduction::Std,
        Reduction::Var,
        Reduction::Any,
        Reduction::All,
        Reduction::ArgMin,
        Reduction::ArgMax,
        Reduction::NanSum,
        Reduction::NanMin,
        Reduction::NanMax,
    ];

    /// Elements in a chunk. Arrays that are reduced in parts, to be [joined](Reduction::join), are split at multiples of it.
    pub const CHUNK: usize = 1 << 16;

    /// The maximum number of elements for [`ArgMin`](Reduction::ArgMin) and [`ArgMax`](Reduction::ArgMax): an index is an
    /// `f32`, which holds every integer up to 2²⁴.
    pub const MOST_INDICES: usize = 1 << 24;

    /// Returns the names in a formula's text: numpy's, then the aliases. The names of [partial results](Reduction::of_parts)
    /// appear in messages only.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Reduction::Sum => &["sum"],
            Reduction::Mean => &["mean"],
            Reduction::Min => &["min", "amin"],
            Reduction::Max => &["max", "amax"],
            Reduction::Prod => &["prod"],
            Reduction::Std => &["std"],
            Reduction::Var => &["var"],
            Reduction::Any => &["any"],
            Reduction::All => &["all"],
            Reduction::ArgMin => &["argmin"],
            Reduction::ArgMax => &["argmax"],
            Reduction::NanSum => &["nansum"],
            Reduction::NanMin => &["nanmin"],
            Reduction::NanMax => &["nanmax"],
            Reduction::Moments => &["moments"],
            Reduction::MinAt => &["minat"],
            Reduction::MaxAt => &["maxat"],
        }
    }

    /// Returns a description in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Reduction::Sum => "The sum of all elements; 0 for no elements.",
            Reduction::Mean => "The mean of all elements; NaN for no elements.",
            Reduction::Min => "The minimum of all elements; NaN if any is NaN.",
            Reduction::Max => "The maximum of all elements; NaN if any is NaN.",
            Reduction::Prod => "The product of all elements; 1 for no elements.",
            Reduction::Std => "The standard deviation of all elements (ddof=0); NaN for no elements.",
            Reduction::Var => "The variance of all elements (ddof=0); NaN for no elements.",
            Reduction::Any => "Whether any element is not 0; NaN is not 0.",
            Reduction::All => "Whether no element is 0; NaN is not 0.",
            Reduction::ArgMin => "The index of the first minimum, or of the first NaN.",
            Reduction::ArgMax => "The index of the first maximum, or of the first NaN.",
            Reduction::NanSum => "The sum of the elements that are not NaN; 0 for no elements.",
            Reduction::NanMin => "The minimum of the elements that are not NaN; NaN if all are NaN.",
            Reduction::NanMax => "The maximum of the elements that are not NaN; NaN if all are NaN.",
            Reduction::Moments => {
                "The count, the mean in two numbers, and the sum of the squared distances from the mean."
            }
            Reduction::MinAt => "The minimum of all elements and its index.",
            Reduction::MaxAt => "The maximum of all elements and its index.",
        }
    }

    /// Returns the number of values in the result: one, except for some [partial results](Reduction::of_parts).
    pub fn width(self) -> usize {
        match self {
            Reduction::Moments | Reduction::MinAt | Reduction::MaxAt => self.planes(),
            _ => 1,
        }
    }

    /// Returns whether a NaN among the elements makes the result NaN.
    pub(crate) fn keeps_nan(self) -> bool {
        matches!(
            self,
            Reduction::Sum
                | Reduction::Mean
                | Reduction::Min
                | Reduction::Max
                | Reduction::Prod
                | Reduction::Std
                | Reduction::Var
        )
    }

    /// Returns whether the result is a condition: 1 where it holds, else 0.
    pub fn is_condition(self) -> bool {
        matches!(self, Reduction::Any | Reduction::All)
    }

    /// Returns the reduction for parts of an array, whose results [`join`](Reduction::join) combines: the sum for the mean, a
    /// reduction to several numbers for the variance, the standard deviation and the indices, and the same one otherwise.
    pub fn of_parts(self) -> Reduction {
        match self {
            Reduction::Mean => Reduction::Sum,
            Reduction::Std | Reduction::Var => Reduction::Moments,
            Reduction::ArgMin => Reduction::MinAt,
            Reduction::ArgMax => Reduction::MaxAt,
            _ => self,
        }
    }

    /// Shifts the index in the result for a part that begins at element `from`, as [`join`](Reduction::join) expects. Other
    /// results do not change.
    pub fn place(self, part: &mut [f32], from: usize) {
        if let (Reduction::MinAt | Reduction::MaxAt, [_, index, ..]) = (self.of_parts(), part) {
            *index += from as f32;
        }
    }

    /// Computes the result for an array of `len` elements from the results of its [parts](Reduction::of_parts), in order, each at
    /// its [place](Reduction::place). The bits are those of a run over the whole array if all parts but the last have the same
    /// power of two times [`CHUNK`](Reduction::CHUNK) elements, and the last no more. Returns the first of several numbers.
    ///
    /// ```
    /// use crossover::{Reduction, Kernel};
    ///
    /// let x: Vec<f32> = (0..100_000).map(|n| n as f32).collect();
    /// let backend = crossover::open(Some("simd"))?;
    /// let part = Kernel::parse("var(x)")?.with_reduction(Some(Reduction::Var.of_parts()));
    /// let mut parts = vec![0.0; 2 * Reduction::Var.of_parts().width()];
    /// let (first, second) = parts.split_at_mut(Reduction::Var.of_parts().width());
    /// backend.run(&part, &[(&x[..Reduction::CHUNK]).into()], first)?;
    /// backend.run(&part, &[(&x[Reduction::CHUNK..]).into()], second)?;
    ///
    /// let mut whole = [0.0];
    /// backend.run(&Kernel::parse("var(x)")?, &[(&x).into()], &mut whole)?;
    /// assert_eq!(Reduction::Var.join(&parts, x.len())?, whole[0]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] for the minimum or maximum of no elements, and the errors of [`check`](Reduction::check).
    pub fn join(self, parts: &[f32], len: usize) -> Result<f32> {
        let mut result = [0.0; PLANES];
        self.finish(parts, len, &mut result[..self.width()])?;
        Ok(result[0])
    }

    /// Does the same as [`join`](Reduction::join) for all numbers of the result.
    pub(crate) fn finish(self, parts: &[f32], len: usize, out: &mut [f32]) -> Result<()> {
        self.check(len)?;
        let mut tree = Tree::new(self);
        for part in parts.chunks(self.of_parts().width()) {
            let mut state = [0.0; PLANES];
            state[..part.len()].copy_from_slice(part);
            tree.push(state);
        }
        tree.finish(len, out)
    }

    /// Checks that the result for `len` elements can be represented.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if it is an index and there are more than [`MOST_INDICES`](Reduction::MOST_INDICES) elements.
    #[inline(always)]
    pub fn check(self, len: usize) -> Result<()> {
        match self.of_parts() {
            Reduction::MinAt | Reduction::MaxAt if len > Self::MOST_INDICES => Err(self.too_many(len)),
            _ => Ok(()),
        }
    }

    #[cold]
    fn too_many(self, len: usize) -> Error {
        Error::TooLarge {
            what: format!("{self}, whose index is an f32, in elements,"),
            needed: len as u64,
            limit: Self::MOST_INDICES as u64,
            remedy: "run it over parts of the array, and compare their minimum or maximum".to_owned(),
        }
    }

    /// Returns the maximum number of roundings that an element takes part in, for `len` elements.
    pub fn depth(len: usize) -> u32 {
        let tree = |leaves: usize| leaves.next_power_of_two().ilog2();
        let rows = (LEAF / ROW - 1) as u32;
        rows + tree(Self::CHUNK / LEAF) + ROW.ilog2() + tree(len.div_ceil(Self::CHUNK).max(1))
    }

    /// Returns the number of values in a state.
    pub(crate) fn planes(self) -> usize {
        with_reducer!(self, R => R::PLANES)
    }

    /// Returns the identity: merging it changes no state.
    pub(crate) fn identity(self) -> State<f32> {
        with_reducer!(self, R => R::IDENTITY)
    }

    /// Returns the state of one element.
    pub(crate) fn lift<T: Num>(self, x: T, index: T) -> State<T> {
        with_reducer!(self, R => R::lift(x, index))
    }

    /// Merges two states.
    pub(crate) fn merge<T: Num>(self, a: State<T>, b: State<T>) -> State<T> {
        with_reducer!(self, R => R::merge(a, b))
    }

    /// Returns the result for no elements.
    pub(crate) fn empty(self) -> Result<f32> {
        match self {
            Reduction::Sum | Reduction::NanSum | Reduction::Any | Reduction::Moments => Ok(0.0),
            Reduction::Mean | Reduction::Std | Reduction::Var => Ok(f32::NAN),
            Reduction::Prod | Reduction::All => Ok(1.0),
            Reduction::Min | Reduction::Max | Reduction::ArgMin | Reduction::ArgMax => {
                Err(Error::Empty { fold: self.names()[0] })
            }
            Reduction::NanMin | Reduction::NanMax | Reduction::MinAt | Reduction::MaxAt => {
                Err(Error::Empty { fold: self.names()[0] })
            }
        }
    }

    /// Writes the result for `len` elements, of the reduction's [width](Reduction::width), from their state.
    pub(crate) fn write(self, all: State<f32>, len: usize, out: &mut [f32]) {
        match self.width() {
            // Rounded once, because the count may not be an f32.
            1 => out[0] = self.conclude(all.map(f64::from), len as f64) as f32,
            width => out.copy_from_slice(&all[..width]),
        }
    }

    /// Returns the result of one number from the state of one or more elements.
    pub(crate) fn conclude<T: Num>(self, all: State<T>, count: T) -> T {
        // If the mean is infinite or NaN, the variance is NaN.
        let variance = || T::select(all[1].is_finite(), all[3] / count, T::constant(f64::NAN));
        match self {
            Reduction::Mean => all[0] / count,
            Reduction::Var => variance(),
            Reduction::Std => variance().sqrt(),
            Reduction::ArgMin | Reduction::ArgMax => all[1],
            _ => all[0],
        }
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.names()[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count is no f32: rounded to one before the division, it would make a mean of 1.
    #[test]
    fn a_mean_is_rounded_once() {
        let mean = Reduction::Mean.join(&[16_777_216.0], (1 << 24) + 1).unwrap();
        assert_eq!(mean.to_bits(), 1.0_f32.next_down().to_bits(), "{mean:?}");
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_least() {
        assert_eq!(Reduction::Sum.join(&[], 0).unwrap(), 0.0);
        assert_eq!(Reduction::Prod.join(&[], 0).unwrap(), 1.0);
        assert!(Reduction::Mean.join(&[], 0).unwrap().is_nan());
        assert!(matches!(Reduction::Min.join(&[], 0), Err(Error::Empty { fold: "min" })));
    }
}
