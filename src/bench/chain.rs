//! What shows how much can be computed: kernels that read and write next to nothing for what they compute.
//!
//! Each comes with `mul_add` and without, as one of the two keeps a unit busy: where there is no instruction for it, `mul_add` is
//! slow.

use crate::formula::Formula;
use crate::kernel::Kernel;
use crate::num::Num;

/// Products and sums, each of which waits for the one before: as one `mul_add` or, if not `FUSED`, as two operations.
pub(super) struct Chain<const FUSED: bool> {
    /// Not known to the compiler, which would unroll them for each instruction set.
    pub(super) steps: usize,
}

impl<const FUSED: bool> Formula<1> for Chain<FUSED> {
    #[inline(always)]
    fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
        let mut y = x;
        for _ in 0..self.steps {
            y = step::<T, FUSED>(y, x);
        }
        y
    }
}

/// The same, but few of them, one after the other in the code: a loop would take one cycle for each step.
struct Short<const FUSED: bool>;

impl<const FUSED: bool> Formula<1> for Short<FUSED> {
    #[inline(always)]
    fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
        let mut y = x;
        for _ in 0..FEW {
            y = step::<T, FUSED>(y, x);
        }
        y
    }
}

/// Computes y ← x·y + 1/2, which stays near where it is.
#[inline(always)]
fn step<T: Num, const FUSED: bool>(y: T, x: T) -> T {
    let half = T::constant(0.5);
    if FUSED { y.mul_add(x, half) } else { y * x + half }
}

/// Steps that lanes take. A block of them is as many chains side by side as hide how long a step takes.
pub(super) const MANY: usize = 512;
/// Steps that a loop takes. The processor begins with the next elements meanwhile: so few that it sees far enough to hide
/// how long a step takes, and so many that reading and writing do not count. Several chains in one element would not do: the
/// compiler computes them on lanes.
pub(super) const FEW: usize = 8;

/// Returns the kernels for a loop.
pub(super) fn of_loop() -> [Kernel; 2] {
    [Kernel::new("short", Short::<true>), Kernel::new("short", Short::<false>)]
}

/// Returns the kernels for lanes.
pub(super) fn of_lanes() -> [Kernel; 2] {
    long(MANY)
}

/// Returns the kernels for a GPU, whose shaders have every step in full: fewer of them.
pub(super) fn of_device() -> [Kernel; 2] {
    long(MANY / 4)
}

fn long(steps: usize) -> [Kernel; 2] {
    [Kernel::new("chain", Chain::<true> { steps }), Kernel::new("chain", Chain::<false> { steps })]
}
