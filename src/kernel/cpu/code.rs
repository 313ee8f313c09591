//! A kernel's code for the CPU.

use crate::kernel::arg::Arg;
use crate::kernel::cpu::columns::Columns;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::part::Part;

/// A kernel's code for the CPU, for each instruction set.
pub(crate) trait CpuCode: Send + Sync {
    /// Computes the results for the elements of a part.
    ///
    /// # Panics
    ///
    /// If the number of arguments is not that of the inputs, or an array ends before the part.
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], part: &Part<'_>, stores: Stores);

    /// Adds the sums of whole leaves, `(from, leaves)`, to the columns of a reduction, keeping partial sums in registers.
    /// Returns `false`, having done nothing, where the results have to be stored first.
    fn sum(&self, isa: Checked, inputs: &[Arg<'_>], part: (usize, usize), columns: &mut Columns) -> bool;

    /// Returns whether it is interpreted, rather than compiled for the kernel.
    fn is_interpreted(&self) -> bool {
        false
    }
}
