//! What runs of a kernel on the CPU.

use crate::formula::Formula;
use crate::kernel::arg::Arg;
use crate::kernel::cpu::drive;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::reduce::Columns;
use crate::num::Element;

/// What a kernel does on the CPU, for each instruction set.
pub(crate) trait Bodies<T: Element>: Send + Sync {
    /// `out[i] = formula(inputs[..][from + i])`
    fn apply(&self, isa: Checked, inputs: &[Arg<'_, T>], from: usize, out: &mut [T], stores: Stores);

    /// `data[i] = formula(data[i], rest[..][from + i])`
    fn apply_in_place(&self, isa: Checked, data: &mut [T], rest: &[Arg<'_, T>], from: usize);

    /// Adds the sums of as many whole leaves from an element on to the columns of a fold, and gives whether it did.
    fn sum(&self, isa: Checked, inputs: &[Arg<'_, T>], part: (usize, usize), columns: &mut Columns) -> bool;

    /// Whether passes over blocks compute it, rather than code of its own.
    fn is_interpreted(&self) -> bool {
        false
    }
}

/// The bodies of a formula that the compiler knows.
pub(crate) struct Compiled<F, const N: usize>(pub(crate) F);

impl<F: Formula<N>, const N: usize> Bodies<f32> for Compiled<F, N> {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], from: usize, out: &mut [f32], stores: Stores) {
        drive::over(&self.0, isa, inputs, from, out, stores);
    }

    fn apply_in_place(&self, isa: Checked, data: &mut [f32], rest: &[Arg<'_>], from: usize) {
        drive::in_place(&self.0, isa, data, rest, from);
    }

    fn sum(&self, isa: Checked, inputs: &[Arg<'_>], part: (usize, usize), columns: &mut Columns) -> bool {
        drive::sum(&self.0, isa, inputs, part, columns)
    }
}
