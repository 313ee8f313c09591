//! The code of a formula that was compiled by rustc.

use super::code::CpuCode;
use super::columns::Columns;
use super::drive;
use super::isa::Checked;
use super::lanes::Stores;
use super::part::Part;
use crate::formula::Formula;
use crate::kernel::arg::Arg;

/// A formula, as code.
pub(crate) struct Compiled<F, const N: usize>(pub(crate) F);

impl<F: Formula<N>, const N: usize> CpuCode for Compiled<F, N> {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], part: &Part<'_>, stores: Stores) {
        drive::over(&self.0, isa, inputs, part, stores);
    }

    fn sum(&self, isa: Checked, inputs: &[Arg<'_>], part: (usize, usize), columns: &mut Columns) -> bool {
        drive::sum(&self.0, isa, inputs, part, columns)
    }
}
