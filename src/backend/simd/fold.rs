//! Folding on lanes: one number from the results for a chunk, in the order that [`crate::fold`] gives.

use super::isa::Checked;
use super::lanes::{Lanes, Task};
use crate::arg::Arg;
use crate::body::Bodies;
use crate::fold::{Fold, LEAF, ROW};
use crate::operator::{BinaryOperator, binary};
use crate::program::Binary;

/// Results that are computed before they are folded: 8 KiB, which stay in a first-level cache, and enough to make little of
/// the cost of a call.
const BLOCK: usize = 4 * LEAF;

/// Trees of leaves that a chunk can have open at once, and one for the whole of it.
const LEVELS: usize = (Fold::CHUNK / LEAF).ilog2() as usize + 1;

/// Folds the results for `len` elements from `from` on: at most a chunk, and at least one. `scratch` is memory that is
/// used again from call to call.
pub(crate) fn chunk(
    bodies: &dyn Bodies<f32>,
    isa: Checked,
    fold: Fold,
    inputs: &[Arg<'_>],
    (from, len): (usize, usize),
    scratch: &mut Vec<f32>,
) -> f32 {
    if scratch.len() < len.min(BLOCK) {
        scratch.resize(len.min(BLOCK), 0.0);
    }
    let mut columns = Columns { fold, leaves: 0, complete: [[0.0; ROW]; LEVELS] };
    for start in (0..len).step_by(BLOCK) {
        let block = &mut scratch[..BLOCK.min(len - start)];
        bodies.apply(isa, inputs, from + start, block);
        isa.dispatch(Push { columns: &mut columns, results: block });
    }
    isa.dispatch(Finish { columns: &mut columns })
}

/// The columns of a chunk while it is folded.
struct Columns {
    fold: Fold,
    leaves: usize,
    /// The complete trees so far: one of 2ᵏ leaves for each digit `k` that is 1 in the count of leaves.
    complete: [[f32; ROW]; LEVELS],
}

/// Adds the leaves of a block. Only the last leaf of a chunk may be short.
struct Push<'a> {
    columns: &'a mut Columns,
    results: &'a [f32],
}

impl Task for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        match self.columns.fold.operator() {
            Binary::Min => self.with::<L, binary::Min>(),
            Binary::Max => self.with::<L, binary::Max>(),
            Binary::Mul => self.with::<L, binary::Mul>(),
            _ => self.with::<L, binary::Add>(),
        }
    }
}

impl Push<'_> {
    #[inline(always)]
    fn with<L: Lanes, O: BinaryOperator>(self) {
        let Push { columns, results } = self;
        let mut leaves = results.chunks_exact(LEAF);
        for leaf in &mut leaves {
            columns.push::<L, O>(leaf);
        }
        let rest = leaves.remainder();
        if !rest.is_empty() {
            // Whole rows: what is missing from the last one is made up for by what changes nothing.
            let mut whole = [columns.fold.identity(); LEAF];
            whole[..rest.len()].copy_from_slice(rest);
            columns.push::<L, O>(&whole[..rest.len().next_multiple_of(ROW)]);
        }
    }
}

impl Columns {
    /// Folds the rows of a leaf, and with that the trees of as many leaves that are complete now.
    #[inline(always)]
    fn push<L: Lanes, O: BinaryOperator>(&mut self, leaf: &[f32]) {
        let carried = self.leaves.trailing_ones() as usize;
        for column in (0..ROW).step_by(L::WIDTH) {
            let mut all = L::load(&leaf[column..]);
            for row in leaf[ROW..].chunks_exact(ROW) {
                L::step();
                all = O::apply(all, L::load(&row[column..]));
            }
            for left in &self.complete[..carried] {
                all = O::apply(L::load(&left[column..]), all);
            }
            all.store(&mut self.complete[carried][column..]);
        }
        self.leaves += 1;
    }
}

/// Combines what is left: the trees from the last to the first, then the columns.
struct Finish<'a> {
    columns: &'a mut Columns,
}

impl Task for Finish<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self) -> f32 {
        match self.columns.fold.operator() {
            Binary::Min => self.with::<L, binary::Min>(),
            Binary::Max => self.with::<L, binary::Max>(),
            Binary::Mul => self.with::<L, binary::Mul>(),
            _ => self.with::<L, binary::Add>(),
        }
    }
}

impl Finish<'_> {
    #[inline(always)]
    fn with<L: Lanes, O: BinaryOperator>(self) -> f32 {
        let Columns { leaves, complete, .. } = self.columns;
        let mut there = (0..LEVELS).filter(|digit| *leaves >> digit & 1 == 1);
        let mut all = there.next().map_or([0.0; ROW], |digit| complete[digit]);
        for digit in there {
            for column in (0..ROW).step_by(L::WIDTH) {
                L::step();
                let right = L::load(&all[column..]);
                O::apply(L::load(&complete[digit][column..]), right).store(&mut all[column..]);
            }
        }
        // On one lane the compiler would unroll this, and widen what it has unrolled, if it knew how far it goes.
        let mut half = if L::WIDTH == 1 { std::hint::black_box(ROW / 2) } else { ROW / 2 };
        while half > 0 {
            let (left, right) = all.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(&right[..half]) {
                L::step();
                *left = O::apply(*left, *right);
            }
            half /= 2;
        }
        all[0]
    }
}
