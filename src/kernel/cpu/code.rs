//! What runs of a kernel on the CPU.

use crate::kernel::arg::Arg;
use crate::kernel::cpu::columns::Columns;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
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
