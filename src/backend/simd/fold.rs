//! Folding on lanes: one number from the results for a chunk, in the order that [`crate::fold`] gives.
//!
//! A part of a chunk is folded in its columns, to one [`Row`]; the rows of a chunk's parts, in order, to one number.

use std::cell::RefCell;

use super::isa::Checked;
use super::lanes::{Lanes, Stores, Task};
use crate::arg::Arg;
use crate::body::Bodies;
use crate::fold::{Fold, LEAF, ROW, ones};
use crate::operator::{BinaryOperator, binary};
use crate::program::Binary;

/// One number for each column.
pub(crate) type Row = [f32; ROW];

/// Results that are computed before they are folded: 8 KiB, which stay in a first-level cache, and enough to make little of
/// the cost of a call.
const BLOCK: usize = 4 * LEAF;

/// Trees of leaves that a chunk can have open at once, and one for the whole of it.
const LEVELS: usize = (Fold::CHUNK / LEAF).ilog2() as usize + 1;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch { results: [0.0; BLOCK], columns: Columns::NEW }) };
}

/// What a thread keeps for its next fold: a short one takes less time than clearing memory does.
struct Scratch {
    results: [f32; BLOCK],
    columns: Columns,
}

/// Folds the results for `len` elements from `from` on, at least one and at most a chunk, to a row. Of several parts of a
/// chunk, all but the last have the same power of two times [`LEAF`] elements, and the last no more.
pub(crate) fn part(
    bodies: &dyn Bodies<f32>,
    isa: Checked,
    fold: Fold,
    inputs: &[Arg<'_>],
    (from, len): (usize, usize),
    row: &mut Row,
) {
    SCRATCH.with_borrow_mut(|Scratch { results, columns }| {
        columns.leaves = 0;
        let fused =
            len >= LEAF && fold.operator() == Binary::Add && bodies.sum(isa, inputs, (from, len / LEAF), columns);
        for start in (if fused { len / LEAF * LEAF } else { 0 }..len).step_by(BLOCK) {
            let block = BLOCK.min(len - start);
            bodies.apply(isa, inputs, from + start, &mut results[..block], Stores::Plain);
            // Whole rows: what is missing from the last one is made up for by what changes nothing.
            let rows = block.next_multiple_of(ROW);
            results[block..rows].fill(fold.identity());
            isa.dispatch(With { operator: fold.operator(), task: Push { columns, results: &results[..rows] } });
        }
        isa.dispatch(With { operator: fold.operator(), task: Combine { columns, row } });
    });
}

/// Folds the rows of a chunk's parts to one number.
pub(crate) fn finish(isa: Checked, fold: Fold, rows: &mut [Row]) -> f32 {
    let [only] = rows else {
        return SCRATCH.with_borrow_mut(|Scratch { columns, .. }| {
            columns.leaves = 0;
            // A part's row is combined with others as a leaf's is.
            for row in &*rows {
                isa.dispatch(With { operator: fold.operator(), task: Push { columns, results: row } });
            }
            let mut row = [0.0; ROW];
            isa.dispatch(With { operator: fold.operator(), task: Combine { columns, row: &mut row } });
            isa.dispatch(With { operator: fold.operator(), task: Halve { row: &mut row } })
        });
    };
    isa.dispatch(With { operator: fold.operator(), task: Halve { row: only } })
}

/// A task on lanes, before its operator is known as a type.
trait Folding {
    type Output;
    fn run<L: Lanes, O: BinaryOperator>(self) -> Self::Output;
}

/// A task with its operator.
struct With<F> {
    operator: Binary,
    task: F,
}

impl<F: Folding> Task for With<F> {
    type Output = F::Output;

    #[inline(always)]
    fn run<L: Lanes>(self) -> F::Output {
        match self.operator {
            Binary::Min => self.task.run::<L, binary::Min>(),
            Binary::Max => self.task.run::<L, binary::Max>(),
            Binary::Mul => self.task.run::<L, binary::Mul>(),
            _ => self.task.run::<L, binary::Add>(),
        }
    }
}

/// The columns of a part while it is folded.
pub(crate) struct Columns {
    leaves: usize,
    /// The complete trees so far: one of 2ᵏ leaves for each digit `k` that is 1 in the count of leaves.
    complete: [Row; LEVELS],
}

impl Columns {
    const NEW: Columns = Columns { leaves: 0, complete: [[0.0; ROW]; LEVELS] };

    /// Takes the columns of the next leaf from `column` on, as many as there are lanes, and completes the trees that it is
    /// the last leaf of. All columns done, the leaf [counts](Columns::count).
    #[inline(always)]
    pub(crate) fn push<L: Lanes, O: BinaryOperator>(&mut self, column: usize, leaf: L) {
        let carried = self.leaves.trailing_ones() as usize;
        let mut all = leaf;
        for left in &self.complete[..carried] {
            all = O::apply(L::load(&left[column..]), all);
        }
        all.store(&mut self.complete[carried][column..]);
    }

    /// Counts a leaf.
    #[inline(always)]
    pub(crate) fn count(&mut self) {
        self.leaves += 1;
    }
}

/// Adds the leaves of a block, which has whole rows. Only the last leaf of a part may be short.
struct Push<'a> {
    columns: &'a mut Columns,
    results: &'a [f32],
}

impl Folding for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes, O: BinaryOperator>(self) {
        for leaf in self.results.chunks(LEAF) {
            push_leaf::<L, O>(self.columns, leaf);
        }
    }
}

/// Folds the rows of a leaf.
#[inline(always)]
fn push_leaf<L: Lanes, O: BinaryOperator>(columns: &mut Columns, leaf: &[f32]) {
    for column in (0..ROW).step_by(L::WIDTH) {
        let mut all = L::load(&leaf[column..]);
        for row in leaf[ROW..].chunks_exact(ROW) {
            L::step();
            all = O::apply(all, L::load(&row[column..]));
        }
        columns.push::<L, O>(column, all);
    }
    columns.count();
}

/// Combines the trees, from the last to the first, to one row.
struct Combine<'a> {
    columns: &'a Columns,
    row: &'a mut Row,
}

impl Folding for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes, O: BinaryOperator>(self) {
        let Columns { leaves, complete } = self.columns;
        let mut there = ones(*leaves);
        *self.row = there.next().map_or([0.0; ROW], |digit| complete[digit]);
        for digit in there {
            for column in (0..ROW).step_by(L::WIDTH) {
                L::step();
                let right = L::load(&self.row[column..]);
                O::apply(L::load(&complete[digit][column..]), right).store(&mut self.row[column..]);
            }
        }
    }
}

/// Halves the columns until one number is left.
struct Halve<'a> {
    row: &'a mut Row,
}

impl Folding for Halve<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes, O: BinaryOperator>(self) -> f32 {
        // On one lane the compiler would unroll this, and widen what it has unrolled, if it knew how far it goes.
        let mut half = if L::WIDTH == 1 { std::hint::black_box(ROW / 2) } else { ROW / 2 };
        while half > 0 {
            let (left, right) = self.row.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(&right[..half]) {
                L::step();
                *left = O::apply(*left, *right);
            }
            half /= 2;
        }
        self.row[0]
    }
}
