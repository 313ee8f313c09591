//! Folds: one number from all elements of a result.
//!
//! The order in which a fold combines its elements depends on their count alone, so every CPU backend, on any instruction
//! set and any number of threads, gives the same bits:
//!
//! 1. Elements are taken in rows of 64, and eight rows make a leaf, in which each column is combined from the top down.
//! 2. The leaves of a chunk of [`Fold::CHUNK`] elements are combined, column by column, as those of a binary tree: a node's
//!    left side is the largest complete tree that leaves something for the right one.
//! 3. The columns are halved until one number is left: column `k` is combined with column `k + half`.
//! 4. The numbers of the chunks are combined in a tree like that of the leaves.
//!
//! So no element is part of more than [`Fold::depth`] roundings, which grows with the logarithm of the count, and a sum is
//! off by at most depth · 2⁻²⁴ · Σ|x| (to first order): pairwise summation, as in N. J. Higham, *Accuracy and Stability of
//! Numerical Algorithms*, 2nd ed., SIAM 2002, section 4.2. A GPU has an order of its own, under the same bound.
//!
//! A NaN among the elements makes every fold NaN, and an infinity is in the result as in numpy's: on a GPU, too, but for what
//! [arises there](crate::bound) by an overflow.

mod bound;

use std::fmt;

pub(crate) use bound::bound;

use crate::error::{Error, Result};
use crate::program::Binary;

/// Elements in a row: independent chains enough to keep a core's adders busy, and a whole number of every register's lanes.
pub(crate) const ROW: usize = 64;
/// Elements in a leaf.
pub(crate) const LEAF: usize = 8 * ROW;

/// What makes one number of all elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Fold {
    /// Their sum; 0 if there are none.
    Sum,
    /// Their sum over their count; NaN if there are none.
    Mean,
    /// The least; NaN if any is NaN; an error if there are none.
    Min,
    /// The greatest; NaN if any is NaN; an error if there are none.
    Max,
    /// Their product; 1 if there are none.
    Prod,
}

impl Fold {
    /// Every one of them.
    pub const ALL: [Fold; 5] = [Fold::Sum, Fold::Mean, Fold::Min, Fold::Max, Fold::Prod];

    /// Elements in a chunk. What is folded in parts, to be [joined](Fold::join), is cut at multiples of it.
    pub const CHUNK: usize = 1 << 16;

    /// What it is called in a formula's text: numpy's name, then the aliases.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Fold::Sum => &["sum"],
            Fold::Mean => &["mean"],
            Fold::Min => &["min", "amin"],
            Fold::Max => &["max", "amax"],
            Fold::Prod => &["prod"],
        }
    }

    /// What it does, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Fold::Sum => "The sum of all elements; 0 if there are none.",
            Fold::Mean => "The mean of all elements; NaN if there are none.",
            Fold::Min => "The least of all elements; NaN if any is NaN.",
            Fold::Max => "The greatest of all elements; NaN if any is NaN.",
            Fold::Prod => "The product of all elements; 1 if there are none.",
        }
    }

    /// The fold for the parts of an array, whose results [`join`](Fold::join) joins: the sum for the mean, and the fold itself
    /// for every other.
    pub fn of_parts(self) -> Fold {
        if self == Fold::Mean { Fold::Sum } else { self }
    }

    /// The result for an array of `len` elements from the results of its parts, in order: the bits that a run over the whole
    /// array gives, if all parts but the last have the same power of two times [`CHUNK`](Fold::CHUNK) elements, and the last
    /// no more.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] for the least or greatest of no elements.
    pub fn join(self, parts: &[f32], len: usize) -> Result<f32> {
        let mut tree = Tree::new(self);
        parts.iter().for_each(|part| tree.push(*part));
        tree.finish(len)
    }

    /// How many roundings an element is part of at most, in a fold of `len`.
    pub fn depth(len: usize) -> u32 {
        let tree = |leaves: usize| leaves.next_power_of_two().ilog2();
        let rows = (LEAF / ROW - 1) as u32;
        rows + tree(Self::CHUNK / LEAF) + ROW.ilog2() + tree(len.div_ceil(Self::CHUNK).max(1))
    }

    /// What combines two elements.
    pub(crate) fn operator(self) -> Binary {
        match self {
            Fold::Sum | Fold::Mean => Binary::Add,
            Fold::Min => Binary::Min,
            Fold::Max => Binary::Max,
            Fold::Prod => Binary::Mul,
        }
    }

    /// What changes no element when combined with it, −0 included.
    pub(crate) fn identity(self) -> f32 {
        match self {
            Fold::Sum | Fold::Mean => -0.0,
            Fold::Min => f32::INFINITY,
            Fold::Max => f32::NEG_INFINITY,
            Fold::Prod => 1.0,
        }
    }

    /// The result for no elements.
    pub(crate) fn empty(self) -> Result<f32> {
        match self {
            Fold::Sum => Ok(0.0),
            Fold::Mean => Ok(f32::NAN),
            Fold::Prod => Ok(1.0),
            Fold::Min | Fold::Max => Err(Error::Empty { fold: self.names()[0] }),
        }
    }

    /// The result, from that of [`of_parts`](Fold::of_parts) over all of one or more elements.
    pub(crate) fn conclude(self, all: f32, len: usize) -> f32 {
        match self {
            // The quotient is rounded once, as the count need not be an f32.
            Fold::Mean => (f64::from(all) / len as f64) as f32,
            _ => all,
        }
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.names()[0])
    }
}

/// Combines what it is given, in order, as the leaves of the tree that the [module](self) describes.
pub(crate) struct Tree {
    fold: Fold,
    leaves: usize,
    /// The complete trees so far: one of 2ᵏ leaves for each digit `k` that is 1 in the count of leaves.
    complete: [f32; usize::BITS as usize],
}

impl Tree {
    pub(crate) fn new(fold: Fold) -> Self {
        Tree { fold, leaves: 0, complete: [0.0; usize::BITS as usize] }
    }

    pub(crate) fn push(&mut self, leaf: f32) {
        let op = self.fold.operator();
        let carried = self.leaves.trailing_ones() as usize;
        self.complete[carried] = self.complete[..carried].iter().fold(leaf, |right, left| op.apply(*left, right));
        self.leaves += 1;
    }

    /// The result for `len` elements.
    pub(crate) fn finish(&self, len: usize) -> Result<f32> {
        let op = self.fold.operator();
        let there = ones(self.leaves);
        let all = there.map(|digit| self.complete[digit]).reduce(|right, left| op.apply(left, right));
        all.map_or_else(|| self.fold.empty(), |all| Ok(self.fold.conclude(all, len)))
    }
}

/// The digits that are 1, from the lowest on.
#[inline(always)]
pub(crate) fn ones(count: usize) -> impl Iterator<Item = usize> {
    let without_lowest = |left: &usize| Some(left & (left - 1)).filter(|left| *left > 0);
    std::iter::successors(Some(count).filter(|count| *count > 0), without_lowest)
        .map(|left| left.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as the module's text describes it.
    fn by_definition(leaves: &[f32]) -> f32 {
        match leaves {
            [leaf] => *leaf,
            _ => {
                let left = leaves.len().next_power_of_two() / 2;
                by_definition(&leaves[..left]) + by_definition(&leaves[left..])
            }
        }
    }

    #[test]
    fn the_tree_is_that_of_the_definition() {
        let leaves: Vec<f32> = (1..=300).map(|n| 1.0 / n as f32).collect();
        for len in 1..=leaves.len() {
            let joined = Fold::Sum.join(&leaves[..len], len).unwrap();
            assert_eq!(joined.to_bits(), by_definition(&leaves[..len]).to_bits(), "{len} leaves");
        }
    }

    #[test]
    fn parts_of_a_power_of_two_join_to_the_whole() {
        let leaves: Vec<f32> = (1..=100).map(|n| 1.0 / n as f32).collect();
        let whole = Fold::Sum.join(&leaves, 100).unwrap();
        for part in [1, 2, 8, 64, 128] {
            let parts: Vec<f32> = leaves.chunks(part).map(|part| Fold::Sum.join(part, part.len()).unwrap()).collect();
            assert_eq!(Fold::Sum.join(&parts, 100).unwrap().to_bits(), whole.to_bits(), "parts of {part}");
        }
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_least() {
        assert_eq!(Fold::Sum.join(&[], 0).unwrap(), 0.0);
        assert_eq!(Fold::Prod.join(&[], 0).unwrap(), 1.0);
        assert!(Fold::Mean.join(&[], 0).unwrap().is_nan());
        assert!(matches!(Fold::Min.join(&[], 0), Err(Error::Empty { fold: "min" })));
    }
}
