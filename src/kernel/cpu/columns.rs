//! The state of a reduction on lanes: columns, each of which reduces every [`ROW`]th element, as trees of leaves.

use super::lanes::Lanes;
use crate::formula::reduction::states::{PLANES, Reducer, State};
use crate::formula::reduction::{LEAF, ROW, Reduction};

/// One state for each column: a row for each plane.
pub(crate) type Rows = [[f32; ROW]; PLANES];

/// The states of no element.
pub(crate) const EMPTY: Rows = [[0.0; ROW]; PLANES];

/// The number of trees that a chunk can have unfinished at once, and one for the whole chunk.
const LEVELS: usize = (Reduction::CHUNK / LEAF).ilog2() as usize + 1;

/// Returns the states of as many columns starting at `column` as there are lanes.
#[inline(always)]
pub(super) fn load<L: Lanes, R: Reducer>(rows: &Rows, column: usize) -> State<L> {
    let mut state = [L::splat(0.0); PLANES];
    for plane in 0..R::PLANES {
        state[plane] = L::load(&rows[plane][column..]);
    }
    state
}

#[inline(always)]
pub(super) fn store<L: Lanes, R: Reducer>(state: State<L>, rows: &mut Rows, column: usize) {
    for plane in 0..R::PLANES {
        state[plane].store(&mut rows[plane][column..]);
    }
}

/// The columns of a part while it is reduced.
pub(crate) struct Columns {
    pub(super) leaves: usize,
    /// The complete trees so far: one of 2ᵏ leaves for each digit `k` that is 1 in the count of leaves.
    pub(super) complete: [Rows; LEVELS],
}

impl Columns {
    pub(super) const NEW: Columns = Columns { leaves: 0, complete: [EMPTY; LEVELS] };

    /// Takes the columns of the next leaf starting at `column`, as many as there are lanes, and completes the trees that it is
    /// the last leaf of. All columns done, the leaf [counts](Columns::count).
    #[inline(always)]
    pub(crate) fn push<L: Lanes, R: Reducer>(&mut self, column: usize, leaf: State<L>) {
        let carried = self.leaves.trailing_ones() as usize;
        let mut all = leaf;
        for left in &self.complete[..carried] {
            all = R::merge(load::<L, R>(left, column), all);
        }
        store::<L, R>(all, &mut self.complete[carried], column);
    }

    /// Counts a leaf.
    #[inline(always)]
    pub(crate) fn count(&mut self) {
        self.leaves += 1;
    }
}
