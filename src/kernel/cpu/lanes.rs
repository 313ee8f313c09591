//! The operations that an instruction set provides: a [`Num`] of several lanes.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::formula::reduction::ROW;
use crate::num::bits::{Bits, Rare};
use crate::num::operator::{BinaryFunction, UnaryFunction};
use crate::num::{Mask, Num};

/// Numbers that fill one register, or a few: `WIDTH` of them.
pub(crate) trait Lanes: Num {
    /// The number of lanes.
    const WIDTH: usize;

    /// Several of them, whose results do not wait for each other, to hide the latency of an operation.
    type Block: Lanes;

    /// Fewer of them, for a last block that is not full.
    type Pair: Lanes;

    /// As many as a [row](crate::formula::reduction::ROW) of a reduction has.
    type Row: Lanes;

    /// Whether a block holds more than this does: there is nothing to compile for one that does not.
    const BLOCKS: bool = <Self::Block as Lanes>::WIDTH > Self::WIDTH;

    /// Returns the first `WIDTH` numbers of a slice.
    ///
    /// # Panics
    ///
    /// If the slice is shorter.
    fn load(from: &[f32]) -> Self;

    /// Writes all lanes to the start of a slice.
    ///
    /// # Panics
    ///
    /// If the slice is shorter than `WIDTH`.
    fn store(self, to: &mut [f32]);

    /// Returns the numbers of a slice shorter than `WIDTH`; the other lanes are unspecified.
    #[inline(always)]
    fn load_part(from: &[f32]) -> Self {
        let mut all = [0.0; WIDEST];
        all[..from.len()].copy_from_slice(from);
        Self::load(&all)
    }

    /// Writes as many lanes as a slice shorter than `WIDTH` has room for.
    #[inline(always)]
    fn store_part(self, to: &mut [f32]) {
        let mut all = [0.0; WIDEST];
        self.store(&mut all);
        to.copy_from_slice(&all[..to.len()]);
    }

    /// Returns the same number in every lane.
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self::constant(value)
    }

    /// Marks a step of a loop over such lanes.
    #[inline(always)]
    fn step() {}

    /// Whether [`stream`](Lanes::stream) goes past the caches.
    const STREAMS: bool = false;

    /// Writes all lanes to the start of a slice, past the caches: they are neither read first nor kept. Between such stores
    /// and a reader of what they wrote, on another thread, there must be a [`fence`](Lanes::fence).
    ///
    /// # Panics
    ///
    /// As [`store`](Lanes::store), or if the slice does not begin where a register of memory does: at a multiple of its
    /// size.
    #[inline(always)]
    fn stream(self, to: &mut [f32]) {
        self.store(to);
    }

    /// Waits until what [`stream`](Lanes::stream) wrote can be seen by other threads.
    #[inline(always)]
    fn fence() {}

    /// Prefetches `WIDTH` numbers starting at `at`, which may be any address.
    #[inline(always)]
    fn prefetch(_at: *const f32) {}
}

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stores {
    /// Plain stores.
    Plain,
    /// Plain stores, with inputs and output prefetched: for arrays beyond the first-level and second-level caches.
    Ahead,
    /// Streaming stores, which bypass the caches: for an output that is larger than they are.
    Streaming,
}

/// Numbers in a cache line of 64 bytes.
pub(crate) const LINE: usize = 16;

/// Returns the distance from `at` to the next start of a cache line, in numbers.
#[inline(always)]
pub(crate) fn misaligned(at: *const f32) -> usize {
    // A pointer that never gets there is somewhere in a line.
    at.align_offset(LINE * size_of::<f32>()) % LINE
}

/// The prefetch distance, in elements. Distances from 256 to 2 048 differed little; the hardware's own prefetching ends at a page
/// (1 024).
pub(crate) const AHEAD: usize = 1024;

/// A task that runs on the lanes of any instruction set.
///
/// Implementations mark `run` `#[inline(always)]`: it is compiled anew for each instruction set, inside a function that may
/// use it.
pub(crate) trait Task {
    /// The result of the task.
    type Output;
    /// Runs the task on the lanes `L`.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// The most lanes that one register holds.
const WIDEST: usize = 16;

/// The plain loop: one lane. `black_box` keeps the compiler from widening the loop, at no cost in instructions.
impl Lanes for f32 {
    const WIDTH: usize = 1;
    type Block = f32;
    type Pair = f32;
    type Row = Block<f32, ROW>;

    #[inline(always)]
    fn load(from: &[f32]) -> f32 {
        from[0]
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        to[0] = self;
    }

    #[inline(always)]
    fn step() {
        std::hint::black_box(());
    }
}

/// Implements [`Bits::rare`] for lanes: each lane on its own.
#[inline(always)]
pub(super) fn rare<R: Rare, L: Lanes + Bits>(x: L, mask: L::Mask, usual: L) -> L {
    if !L::any(mask) {
        return usual;
    }
    let mut all = [0.0; WIDEST];
    x.store(&mut all);
    each(R::one::<f32>, &mut all[..L::WIDTH]);
    L::select(mask, L::load(&all), usual)
}

/// Applies a function to each number. Not inlined, and not compiled for every instruction set: only arrays are passed.
#[cold]
#[inline(never)]
fn each(function: fn(f32) -> f32, all: &mut [f32]) {
    for x in all {
        *x = function(*x);
    }
}

/// Implements [`Bits::modulo`] for lanes. As long as the quotient is below 2²³, its whole part is right or one too large, and the
/// remainder it leaves is exact: a multiple of the lesser operand's last place, and no larger than `y`.
#[inline(always)]
pub(super) fn modulo<L: Lanes + Bits>(x: L, y: L) -> L {
    let (a, b) = (x.abs(), y.abs());
    let quotient = a / b;
    let rest = (-quotient.floor()).mul_add(b, a);
    let rest = L::select(rest.lt(L::splat(0.0)), rest + b, rest);
    let usual = crate::num::math::with_sign(rest, x);
    let easy = quotient.lt(L::splat(8_388_608.0)) & b.lt(L::splat(f32::INFINITY));
    if !L::any(!easy) {
        return usual;
    }
    let (mut all, mut by) = ([0.0; WIDEST], [0.0; WIDEST]);
    x.store(&mut all);
    y.store(&mut by);
    each_modulo(&mut all[..L::WIDTH], &by);
    L::load(&all)
}

#[cold]
#[inline(never)]
fn each_modulo(all: &mut [f32], by: &[f32]) {
    for (x, y) in all.iter_mut().zip(by) {
        *x %= y;
    }
}

/// `K` registers of lanes, worked on together.
#[derive(Clone, Copy)]
pub(crate) struct Block<L, const K: usize>([L; K]);

impl<L: Copy, const K: usize> Block<L, K> {
    #[inline(always)]
    fn map(self, f: impl Fn(L) -> L) -> Self {
        let mut all = self.0;
        for lanes in &mut all {
            *lanes = f(*lanes);
        }
        Block(all)
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(L, L) -> L) -> Self {
        let mut all = self.0;
        for (lanes, other) in all.iter_mut().zip(other.0) {
            *lanes = f(*lanes, other);
        }
        Block(all)
    }
}

impl<L: Num, const K: usize> Block<L, K> {
    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(L, L) -> L::Mask) -> Block<L::Mask, K> {
        // Plain loops, here and below: `std::array::from_fn` is not always inlined.
        let mut all = [f(self.0[0], other.0[0]); K];
        for (mask, (lanes, other)) in all.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            *mask = f(lanes, other);
        }
        Block(all)
    }
}

macro_rules! block_operator {
    ($($trait:ident $method:ident),+) => {$(
        impl<L: Copy + $trait<Output = L>, const K: usize> $trait for Block<L, K> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, #[inline(always)] |a, b| a.$method(b))
            }
        }
    )+};
}

block_operator!(Add add, Sub sub, Mul mul, Div div, BitAnd bitand, BitOr bitor);

impl<L: Num, const K: usize> Neg for Block<L, K> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(
            #[inline(always)]
            |a| -a,
        )
    }
}

impl<M: Mask, const K: usize> Not for Block<M, K> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self.map(
            #[inline(always)]
            |a| !a,
        )
    }
}

impl<M: Mask, const K: usize> Mask for Block<M, K> {}

/// Passes each method on to the registers of a block.
macro_rules! block_methods {
    (map: $($unary:ident),+; zip: $($binary:ident),+; compare: $($compare:ident),+) => {
        $(#[inline(always)]
        fn $unary(self) -> Self {
            self.map(#[inline(always)] |a| a.$unary())
        })+
        $(#[inline(always)]
        fn $binary(self, other: Self) -> Self {
            self.zip(other, #[inline(always)] |a, b| a.$binary(b))
        })+
        $(#[inline(always)]
        fn $compare(self, other: Self) -> Self::Mask {
            self.compare(other, #[inline(always)] |a, b| a.$compare(b))
        })+
    };
}

impl<L: Num, const K: usize> Num for Block<L, K> {
    type Mask = Block<L::Mask, K>;

    block_methods!(map: sqrt, abs, floor, round; zip: min, max; compare: lt, le, gt, ge, eq, ne);

    #[inline(always)]
    fn constant(value: impl Into<f64>) -> Self {
        Block([L::constant(value); K])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let mut all = self.0;
        for (lanes, (factor, addend)) in all.iter_mut().zip(factor.0.into_iter().zip(addend.0)) {
            *lanes = lanes.mul_add(factor, addend);
        }
        Block(all)
    }

    /// Register by register: a function needs too many of them to be computed on the whole block at once.
    #[inline(always)]
    fn unary_function<F: UnaryFunction>(self) -> Self {
        self.map(
            #[inline(always)]
            |a| a.unary_function::<F>(),
        )
    }

    #[inline(always)]
    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        self.zip(
            other,
            #[inline(always)]
            |a, b| a.binary_function::<F>(b),
        )
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        let mut all = no.0;
        for (lanes, (mask, yes)) in all.iter_mut().zip(mask.0.into_iter().zip(yes.0)) {
            *lanes = L::select(mask, yes, *lanes);
        }
        Block(all)
    }
}

impl<L: Lanes, const K: usize> Lanes for Block<L, K> {
    const WIDTH: usize = K * L::WIDTH;
    type Block = Self;
    type Pair = Self;
    type Row = Self;

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..Self::WIDTH];
        let mut all = [L::load(from); K];
        for k in 1..K {
            all[k] = L::load(&from[k * L::WIDTH..]);
        }
        Block(all)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..Self::WIDTH];
        for (k, lanes) in self.0.into_iter().enumerate() {
            lanes.store(&mut to[k * L::WIDTH..]);
        }
    }

    const STREAMS: bool = L::STREAMS;

    #[inline(always)]
    fn stream(self, to: &mut [f32]) {
        let to = &mut to[..Self::WIDTH];
        for (k, lanes) in self.0.into_iter().enumerate() {
            lanes.stream(&mut to[k * L::WIDTH..]);
        }
    }

    #[inline(always)]
    fn fence() {
        L::fence();
    }

    #[inline(always)]
    fn prefetch(at: *const f32) {
        for k in 0..K {
            L::prefetch(at.wrapping_add(k * L::WIDTH));
        }
    }
}
