//! The binary tree that combines the leaves of a chunk, and the chunks.

use super::Reduction;
use super::states::{PLANES, State};
use crate::error::Result;

/// Combines states, pushed in order, as the leaves of the tree described in the [module](super).
pub(crate) struct Tree {
    fold: Reduction,
    leaves: usize,
    /// The complete trees so far: one of 2ᵏ leaves for each bit `k` that is set in the number of leaves.
    complete: [State<f32>; usize::BITS as usize],
}

impl Tree {
    pub(crate) fn new(fold: Reduction) -> Self {
        Tree { fold, leaves: 0, complete: [[0.0; PLANES]; usize::BITS as usize] }
    }

    pub(crate) fn push(&mut self, leaf: State<f32>) {
        let carried = self.leaves.trailing_ones() as usize;
        let trees = self.complete[..carried].iter();
        self.complete[carried] = trees.fold(leaf, |right, left| self.fold.merge(*left, right));
        self.leaves += 1;
    }

    /// Writes the result for `len` elements, which has the reduction's [width](Reduction::width).
    pub(crate) fn finish(&self, len: usize, out: &mut [f32]) -> Result<()> {
        let there = ones(self.leaves);
        let all = there.map(|digit| self.complete[digit]).reduce(|right, left| self.fold.merge(left, right));
        match all {
            None => out.fill(self.fold.empty()?),
            Some(all) => self.fold.write(all, len, out),
        }
        Ok(())
    }
}

/// Returns the indices of the bits that are set, lowest first.
#[inline(always)]
pub(crate) fn ones(count: usize) -> impl Iterator<Item = usize> {
    let without_lowest = |left: &usize| Some(left & (left - 1)).filter(|left| *left > 0);
    std::iter::successors(Some(count).filter(|count| *count > 0), without_lowest)
        .map(|left| left.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Combines leaves as the module's text describes.
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
            let joined = Reduction::Sum.join(&leaves[..len], len).unwrap();
            assert_eq!(joined.to_bits(), by_definition(&leaves[..len]).to_bits(), "{len} leaves");
        }
    }

    #[test]
    fn parts_of_a_power_of_two_join_to_the_whole() {
        let leaves: Vec<f32> = (1..=100).map(|n| 1.0 / n as f32).collect();
        let whole = Reduction::Sum.join(&leaves, 100).unwrap();
        for part in [1, 2, 8, 64, 128] {
            let parts: Vec<f32> =
                leaves.chunks(part).map(|part| Reduction::Sum.join(part, part.len()).unwrap()).collect();
            assert_eq!(Reduction::Sum.join(&parts, 100).unwrap().to_bits(), whole.to_bits(), "parts of {part}");
        }
    }
}
