//! Reducing the results of a chunk to one number on lanes, in the order that [`crate::formula::reduction`] defines.
//!
//! A part of a chunk is reduced in its columns, to [`Rows`] of states; those of a chunk's parts, in order, to one state.

use std::cell::RefCell;

use super::code::CpuCode;
use super::columns::{Columns, EMPTY, Rows, load, store};
use super::isa::Checked;
use super::lanes::{Lanes, Stores, Task};
use super::part::Targets;
use crate::formula::reduction::states::{Reducer, State};
use crate::formula::reduction::{LEAF, ROW, Reduction, ones, with_reducer};
use crate::kernel::arg::Arg;

/// The numbers of the columns.
const COLUMNS: [f32; ROW] = {
    let mut all = [0.0; ROW];
    let mut column = 0;
    while column < ROW {
        all[column] = column as f32;
        column += 1;
    }
    all
};

/// The number of results that are computed before they are reduced: 8 KiB, which stay in a first-level cache, and enough for
/// the cost of a call not to matter.
const BLOCK: usize = 4 * LEAF;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch { results: [0.0; BLOCK], columns: Columns::NEW }) };
}

/// Memory that a thread keeps for its next reduction: a short one takes less time than clearing memory does.
struct Scratch {
    results: [f32; BLOCK],
    columns: Columns,
}

/// Reduces the results for `len` elements starting at `from`, at least one and at most a chunk, to rows. Of several parts of a
/// chunk, all but the last have the same power of two times [`LEAF`] elements, and the last no more.
pub(crate) fn part(
    code: &dyn CpuCode,
    isa: Checked,
    fold: Reduction,
    inputs: &[Arg<'_>],
    (from, len): (usize, usize),
    rows: &mut Rows,
) {
    SCRATCH.with_borrow_mut(|Scratch { results, columns }| {
        columns.leaves = 0;
        let fused =
            len >= LEAF && fold.of_parts() == Reduction::Sum && code.sum(isa, inputs, (from, len / LEAF), columns);
        for start in (if fused { len / LEAF * LEAF } else { 0 }..len).step_by(BLOCK) {
            let block = BLOCK.min(len - start);
            code.apply(isa, inputs, &Targets::of(&mut results[..block], from + start).whole(), Stores::Plain);
            isa.dispatch(With { fold, task: Push { columns, results, len: block, from: from + start } });
        }
        isa.dispatch(With { fold, task: Combine { columns, rows } });
    });
}

/// Reduces the rows of a chunk's parts to one state.
pub(crate) fn finish(isa: Checked, fold: Reduction, parts: &mut [Rows]) -> State<f32> {
    let [only] = parts else {
        return SCRATCH.with_borrow_mut(|Scratch { columns, .. }| {
            columns.leaves = 0;
            isa.dispatch(With { fold, task: Join { columns, parts } });
            let mut rows = EMPTY;
            isa.dispatch(With { fold, task: Combine { columns, rows: &mut rows } });
            isa.dispatch(With { fold, task: Halve { rows: &mut rows } })
        });
    };
    isa.dispatch(With { fold, task: Halve { rows: only } })
}

/// A task on lanes, before its reduction is known as a type.
trait Folding {
    type Output;
    fn run<L: Lanes, R: Reducer>(self) -> Self::Output;
}

/// A task with its reduction.
struct With<F> {
    fold: Reduction,
    task: F,
}

impl<F: Folding> Task for With<F> {
    type Output = F::Output;

    #[inline(always)]
    fn run<L: Lanes>(self) -> F::Output {
        with_reducer!(self.fold, R => self.task.run::<L, R>())
    }
}

/// Adds the leaves of a block: the first `len` of the results, which are those of the elements starting at `from`. Only the last
/// leaf of a part may be short.
struct Push<'a> {
    columns: &'a mut Columns,
    results: &'a [f32; BLOCK],
    len: usize,
    from: usize,
}

impl Folding for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes, R: Reducer>(self) {
        for start in (0..self.len).step_by(LEAF) {
            let len = LEAF.min(self.len - start);
            push_leaf::<L, R>(self.columns, &self.results[start..start + LEAF], len, self.from + start);
        }
    }
}

/// Reduces the rows of a leaf, of which `len` elements are there.
#[inline(always)]
fn push_leaf<L: Lanes, R: Reducer>(columns: &mut Columns, leaf: &[f32], len: usize, from: usize) {
    let (first, others) = leaf.split_at(ROW);
    let (whole, rest) = ((len / ROW).saturating_sub(1), len % ROW);
    for column in (0..ROW).step_by(L::WIDTH) {
        let mut all = lift::<L, R>(first, column, from);
        if len < ROW {
            all = present::<L, R>(all, column, rest);
        }
        let mut rows = others.chunks_exact(ROW);
        for (index, row) in rows.by_ref().take(whole).enumerate() {
            L::step();
            all = R::merge(all, lift::<L, R>(row, column, from + (index + 1) * ROW));
        }
        if let Some(row) = rows.next().filter(|_| len > ROW && rest > 0) {
            let row = lift::<L, R>(row, column, from + len - rest);
            all = R::merge(all, present::<L, R>(row, column, rest));
        }
        columns.push::<L, R>(column, all);
    }
    columns.count();
}

/// Returns the states of the row of a leaf that begins with element `from`, starting at a column.
#[inline(always)]
fn lift<L: Lanes, R: Reducer>(row: &[f32], column: usize, from: usize) -> State<L> {
    let index = L::load(&COLUMNS[column..]) + L::splat(from as f32);
    R::lift(L::load(&row[column..]), index)
}

/// Returns the states of the first `len` columns, and the neutral state for those that are missing from the last row.
#[inline(always)]
fn present<L: Lanes, R: Reducer>(state: State<L>, column: usize, len: usize) -> State<L> {
    let there = L::load(&COLUMNS[column..]).lt(L::splat(len as f32));
    let mut all = R::IDENTITY.map(L::splat);
    for plane in 0..R::PLANES {
        all[plane] = L::select(there, state[plane], all[plane]);
    }
    all
}

/// Adds the rows of a chunk's parts as leaves are added.
struct Join<'a> {
    columns: &'a mut Columns,
    parts: &'a [Rows],
}

impl Folding for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes, R: Reducer>(self) {
        for rows in self.parts {
            for column in (0..ROW).step_by(L::WIDTH) {
                L::step();
                self.columns.push::<L, R>(column, load::<L, R>(rows, column));
            }
            self.columns.count();
        }
    }
}

/// Combines the trees, from the last to the first, to one for each column.
struct Combine<'a> {
    columns: &'a Columns,
    rows: &'a mut Rows,
}

impl Folding for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes, R: Reducer>(self) {
        let Columns { leaves, complete } = self.columns;
        let mut there = ones(*leaves);
        let last = there.next().map_or(&EMPTY, |digit| &complete[digit]);
        self.rows[..R::PLANES].copy_from_slice(&last[..R::PLANES]);
        for digit in there {
            for column in (0..ROW).step_by(L::WIDTH) {
                L::step();
                let right = load::<L, R>(self.rows, column);
                store::<L, R>(R::merge(load::<L, R>(&complete[digit], column), right), self.rows, column);
            }
        }
    }
}

/// Halves the columns until one state is left.
struct Halve<'a> {
    rows: &'a mut Rows,
}

impl Folding for Halve<'_> {
    type Output = State<f32>;

    #[inline(always)]
    fn run<L: Lanes, R: Reducer>(self) -> State<f32> {
        // On one lane the compiler would unroll this, and widen what it has unrolled, if it knew how far it goes.
        let mut half = if L::WIDTH == 1 { std::hint::black_box(ROW / 2) } else { ROW / 2 };
        while half > 0 {
            if half >= L::WIDTH {
                halve::<L, R>(self.rows, half);
            } else {
                halve::<f32, R>(self.rows, half);
            }
            half /= 2;
        }
        load::<f32, R>(self.rows, 0)
    }
}

/// Combines each of the first columns with the one that lies `half` behind it.
#[inline(always)]
fn halve<L: Lanes, R: Reducer>(rows: &mut Rows, half: usize) {
    for column in (0..half).step_by(L::WIDTH) {
        L::step();
        let (left, right) = (load::<L, R>(rows, column), load::<L, R>(rows, column + half));
        store::<L, R>(R::merge(left, right), rows, column);
    }
}
