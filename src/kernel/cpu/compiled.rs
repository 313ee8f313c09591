//! The code of a formula that the compiler knows.

use super::code::Bodies;
use super::columns::Columns;
use super::drive;
use super::isa::Checked;
use super::lanes::Stores;
use crate::formula::Formula;
use crate::kernel::arg::Arg;

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
