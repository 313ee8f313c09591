//! The loop that every CPU backend runs: a formula over arrays, a block of lanes at a time.

use super::isa::Checked;
use super::lanes::{Lanes, Task};
use crate::arg::Arg;
use crate::formula::Formula;

/// Computes `out[i] = formula(inputs[..][from + i])` on an instruction set.
///
/// # Panics
///
/// If there are not `N` inputs, or an array ends before `from + out.len()`.
#[inline]
pub(crate) fn over<F: Formula<N>, const N: usize>(
    formula: &F,
    isa: Checked,
    inputs: &[Arg<'_>],
    from: usize,
    out: &mut [f32],
) {
    assert_eq!(inputs.len(), N, "a body is given the inputs of its kernel");
    let sources = std::array::from_fn(|k| Source::new(&inputs[k], from, out.len()));
    isa.dispatch(&Drive { formula, sources, out: out.as_mut_ptr(), len: out.len() });
}

/// Computes `data[i] = formula(data[i], rest[..][from + i])` on an instruction set.
///
/// # Panics
///
/// If `rest` does not have `N - 1` inputs, or an array ends before `from + data.len()`.
#[inline]
pub(crate) fn in_place<F: Formula<N>, const N: usize>(
    formula: &F,
    isa: Checked,
    data: &mut [f32],
    rest: &[Arg<'_>],
    from: usize,
) {
    assert_eq!(rest.len() + 1, N, "a body is given the inputs of its kernel");
    let (out, len) = (data.as_mut_ptr(), data.len());
    let sources = std::array::from_fn(|k| match k {
        0 => Source::Array(out),
        _ => Source::new(&rest[k - 1], from, len),
    });
    isa.dispatch(&Drive { formula, sources, out, len });
}

/// Where an input's numbers come from.
#[derive(Clone, Copy)]
enum Source {
    /// From memory: as many as the loop's length. They may be the output's own.
    Array(*const f32),
    /// The same one for each element.
    Scalar(f32),
}

impl Source {
    fn new(arg: &Arg<'_>, from: usize, len: usize) -> Self {
        match arg {
            Arg::Array(array) => Source::Array(array[from..from + len].as_ptr()),
            Arg::Scalar(value) => Source::Scalar(*value),
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

/// By reference: copying the loop's description right after it was written stalls a short run for longer than it takes.
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

impl<F: Formula<N>, const N: usize> Drive<'_, F, N> {
    #[inline(always)]
    fn walk<L: Lanes, const SCALARS: bool>(&self) {
        let mut at = 0;
        // SAFETY: each step stays below `len`, as the loop conditions say.
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

    /// One set of lanes: the `count` elements from `at` on.
    ///
    /// # Safety
    ///
    /// `at + count` is at most `len`.
    #[inline(always)]
    unsafe fn step<L: Lanes, const SCALARS: bool>(&self, at: usize, count: usize) {
        L::step();
        let mut x = [L::splat(0.0); N];
        for (x, source) in x.iter_mut().zip(self.sources) {
            *x = match source {
                Source::Scalar(value) if SCALARS => L::splat(value),
                Source::Array(array) => {
                    // SAFETY: a source has `len` numbers, and the caller keeps within them. The slice is read and gone
                    // before anything is written, so it may be the output's own.
                    let from = unsafe { std::slice::from_raw_parts(array.add(at), count) };
                    if count == L::WIDTH { L::load(from) } else { L::load_part(from) }
                }
                // SAFETY: `run` passes `SCALARS` unless every source is an array.
                Source::Scalar(_) => unsafe { std::hint::unreachable_unchecked() },
            };
        }
        let result = self.formula.eval(x);
        // SAFETY: the output has `len` numbers and is borrowed mutably for as long as this loop runs; the slices of the
        // inputs are gone.
        let out = unsafe { std::slice::from_raw_parts_mut(self.out.add(at), count) };
        if count == L::WIDTH { result.store(out) } else { result.store_part(out) }
    }
}
