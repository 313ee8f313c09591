//! The loop that every CPU backend runs: a formula over arrays, a block of lanes at a time.

use super::columns::Columns;
use super::isa::{Checked, Isa};
use super::lanes::{AHEAD, Lanes, Stores, Task, misaligned};
use super::part::Part;
use crate::formula::Formula;
use crate::formula::reduction::states::{self, one};
use crate::formula::reduction::{LEAF, ROW};
use crate::kernel::arg::Arg;

/// Computes `out[i] = formula(inputs[..][i])` for the elements of a part, on an instruction set.
///
/// # Panics
///
/// If there are not `N` inputs, or an array ends before the part.
#[inline]
pub(crate) fn over<F: Formula<N>, const N: usize>(
    formula: &F,
    isa: Checked,
    inputs: &[Arg<'_>],
    part: &Part<'_>,
    stores: Stores,
) {
    assert_eq!(inputs.len(), N, "the code is called with one argument per input");
    let mut sources = [Source::Scalar(0.0); N];
    sources.iter_mut().zip(inputs).for_each(|(source, arg)| *source = Source::of(arg, part));
    let drive = Drive { formula, sources, out: part.pointer(0), len: part.len() };
    match stores {
        Stores::Ahead | Stores::Streaming if isa.streams() => far(&drive, isa, stores == Stores::Streaming),
        _ if drive.len >= WORTH_ALIGNING && drive.misaligned() > 0 => aligned(&drive, isa),
        _ => isa.dispatch(&drive),
    }
}

/// The minimum number of elements for which a few are computed first, so that each full-width store of the others lies within
/// one cache line. Loads then do so too, if inputs and output have the same alignment, as arrays of one allocator have.
const WORTH_ALIGNING: usize = 4096;

/// Runs a loop in two parts: up to the first cache line of the output, and from there.
#[inline(never)]
fn aligned<F: Formula<N>, const N: usize>(drive: &Drive<'_, F, N>, isa: Checked) {
    let head = drive.misaligned();
    isa.dispatch(&drive.part(0, head));
    isa.dispatch(&drive.part(head, drive.len));
}

/// Runs a loop over arrays that are far away. Streaming stores go to whole cache lines: plain ones go as far as the first, and
/// after the last.
#[inline(never)]
fn far<F: Formula<N>, const N: usize>(drive: &Drive<'_, F, N>, isa: Checked, streams: bool) {
    let head = drive.misaligned().min(drive.len);
    let tail = head + (drive.len - head) / WHOLE * WHOLE;
    isa.dispatch(&drive.part(0, head));
    isa.dispatch(Far { drive: &drive.part(head, tail), streams });
    isa.dispatch(&drive.part(tail, drive.len));
}

/// The number of elements at which every kind of block is filled several times.
const WHOLE: usize = 128;

/// Sums `leaves` whole leaves starting at `from`, keeping partial sums in registers. Returns `false`, having done nothing, on one
/// lane, where storing the results first costs little beside computing them, and for scalar inputs, which would need a second
/// copy of the loop.
#[inline]
pub(crate) fn sum<F: Formula<N>, const N: usize>(
    formula: &F,
    isa: Checked,
    inputs: &[Arg<'_>],
    (from, leaves): (usize, usize),
    columns: &mut Columns,
) -> bool {
    if isa.isa() == Isa::Scalar || inputs.iter().any(|arg| matches!(arg, Arg::Scalar(_))) {
        return false;
    }
    assert_eq!(inputs.len(), N, "the code is called with one argument per input");
    let len = leaves * LEAF;
    let sources = std::array::from_fn(|k| Source::new(&inputs[k], from, len));
    // Nothing is written.
    let drive = Drive { formula, sources, out: std::ptr::null_mut(), len };
    isa.dispatch(Sum { drive: &drive, columns });
    true
}

/// A loop over whole leaves that adds up what the formula gives.
struct Sum<'f, 'd, F, const N: usize> {
    drive: &'d Drive<'f, F, N>,
    columns: &'d mut Columns,
}

impl<F: Formula<N>, const N: usize> Task for Sum<'_, '_, F, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        assert!(L::WIDTH > 1, "one lane is not asked for it");
        let Sum { drive, columns } = self;
        for leaf in (0..drive.len).step_by(LEAF) {
            // SAFETY: the rows of a leaf are below `len`, a number of whole leaves; every source is an array.
            let mut all = unsafe { drive.eval::<L::Row, false>(leaf, ROW) };
            drive.prefetch::<L::Row>(leaf + AHEAD);
            for row in (leaf + ROW..leaf + LEAF).step_by(ROW) {
                drive.prefetch::<L::Row>(row + AHEAD);
                // SAFETY: as above.
                all = all + unsafe { drive.eval::<L::Row, false>(row, ROW) };
            }
            columns.push::<L::Row, states::Sum>(0, one(all));
            columns.count();
        }
    }
}

/// Where an input's numbers come from.
#[derive(Clone, Copy)]
enum Source {
    /// From memory: as many as the loop's length. They may be the output's own.
    Array(*const f32),
    /// One number, the same for each element.
    Scalar(f32),
}

impl Source {
    #[inline(always)]
    fn of(arg: &Arg<'_>, part: &Part<'_>) -> Self {
        match arg {
            Arg::Output(output) => Source::Array(part.pointer(*output)),
            _ => Source::new(arg, part.start(), part.len()),
        }
    }

    /// # Panics
    ///
    /// For an output, or if an array has fewer elements.
    #[inline(always)]
    fn new(arg: &Arg<'_>, from: usize, len: usize) -> Self {
        match arg {
            Arg::Array(array) => Source::Array(array.floats()[from..from + len].as_ptr()),
            Arg::Scalar(value) => Source::Scalar(value.as_f32()),
            Arg::Output(_) => unreachable!("a reduction is not in place"),
        }
    }
}

/// The loop, before it is known on which lanes it runs.
struct Drive<'f, F, const N: usize> {
    formula: &'f F,
    sources: [Source; N],
    out: *mut f32,
    len: usize,
}

/// Takes the loop by reference: a copy of fields that were just written stalls for longer than a short run takes.
impl<F: Formula<N>, const N: usize> Task for &Drive<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        // Deciding this once leaves the loop of the usual case without a branch.
        if self.sources.iter().all(|source| matches!(source, Source::Array(_))) {
            self.walk::<L, false>();
        } else {
            self.walk::<L, true>();
        }
    }
}

/// A loop over whole blocks of lanes with prefetching, and perhaps with streaming stores.
struct Far<'f, 'd, F, const N: usize> {
    drive: &'d Drive<'f, F, N>,
    streams: bool,
}

impl<F: Formula<N>, const N: usize> Task for Far<'_, '_, F, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        // Where it does not hold there is nothing to compile.
        assert!(L::STREAMS, "an instruction set without streaming stores is not asked for them");
        let Far { drive, streams } = self;
        for at in (0..drive.len).step_by(L::Block::WIDTH) {
            drive.prefetch::<L::Block>(at + AHEAD);
            // SAFETY: `far` has cut the loop to a length that blocks fill, and `eval` expects numbers, too.
            let result: L::Block = unsafe { drive.eval::<L::Block, true>(at, L::Block::WIDTH) };
            // SAFETY: as above, and as in `step`.
            let out = unsafe { std::slice::from_raw_parts_mut(drive.out.add(at), L::Block::WIDTH) };
            if streams {
                result.stream(out);
            } else {
                L::Block::prefetch(drive.out.wrapping_add(at + AHEAD));
                result.store(out);
            }
        }
        if streams {
            L::fence();
        }
    }
}

impl<'f, F: Formula<N>, const N: usize> Drive<'f, F, N> {
    /// Returns the number of elements there are before the first cache line of the output.
    #[inline(always)]
    fn misaligned(&self) -> usize {
        misaligned(self.out)
    }

    /// Returns the loop over the elements from `from` to `to`.
    fn part(&self, from: usize, to: usize) -> Self {
        assert!(from <= to && to <= self.len);
        let sources = self.sources.map(|source| match source {
            Source::Array(array) => Source::Array(array.wrapping_add(from)),
            Source::Scalar(value) => Source::Scalar(value),
        });
        Drive { formula: self.formula, sources, out: self.out.wrapping_add(from), len: to - from }
    }

    #[inline(always)]
    fn prefetch<L: Lanes>(&self, at: usize) {
        for source in &self.sources {
            if let Source::Array(array) = source {
                L::prefetch(array.wrapping_add(at));
            }
        }
    }

    #[inline(always)]
    fn walk<L: Lanes, const SCALARS: bool>(&self) {
        let mut at = 0;
        // SAFETY: each step stays below `len`, as the loop conditions say; `run` says `SCALARS` where there are any.
        if L::BLOCKS {
            while self.len - at >= L::Block::WIDTH {
                unsafe { self.step::<L::Block, SCALARS>(at, L::Block::WIDTH) };
                at += L::Block::WIDTH;
            }
            while self.len - at >= L::Pair::WIDTH {
                unsafe { self.step::<L::Pair, SCALARS>(at, L::Pair::WIDTH) };
                at += L::Pair::WIDTH;
            }
        }
        while at < self.len {
            let count = L::WIDTH.min(self.len - at);
            unsafe { self.step::<L, SCALARS>(at, count) };
            at += count;
        }
    }

    /// Computes one set of lanes: the `count` elements starting at `at`.
    ///
    /// # Safety
    ///
    /// `at + count` is at most `len`, and without `SCALARS` every source is an array.
    #[inline(always)]
    unsafe fn step<L: Lanes, const SCALARS: bool>(&self, at: usize, count: usize) {
        L::step();
        // SAFETY: the caller keeps within the arrays, and says `SCALARS` where there are any.
        let result = unsafe { self.eval::<L, SCALARS>(at, count) };
        // SAFETY: the output has `len` numbers and is borrowed mutably for as long as this loop runs; the slices of the
        // inputs are gone.
        let out = unsafe { std::slice::from_raw_parts_mut(self.out.add(at), count) };
        if count == L::WIDTH { result.store(out) } else { result.store_part(out) }
    }

    /// Returns the formula of the `count` elements starting at `at`.
    ///
    /// # Safety
    ///
    /// `at + count` is at most `len`, and without `SCALARS` every source is an array.
    #[inline(always)]
    unsafe fn eval<L: Lanes, const SCALARS: bool>(&self, at: usize, count: usize) -> L {
        let mut x = [L::splat(0.0); N];
        for (x, source) in x.iter_mut().zip(&self.sources) {
            *x = match *source {
                Source::Scalar(value) if SCALARS => L::splat(value),
                Source::Array(array) => {
                    // SAFETY: a source has `len` numbers, and the caller keeps within them. The slice is read and gone
                    // before anything is written, so it may be the output's own.
                    let from = unsafe { std::slice::from_raw_parts(array.add(at), count) };
                    if count == L::WIDTH { L::load(from) } else { L::load_part(from) }
                }
                // SAFETY: without `SCALARS` the caller has none.
                Source::Scalar(_) => unsafe { std::hint::unreachable_unchecked() },
            };
        }
        self.formula.eval(x)
    }
}
