//! The block interpreter: a program run pass by pass, each over a block of elements that stays in the cache.
//!
//! [`Plan`] says which passes, and [`blocks`] runs them.

pub(crate) mod blocks;
pub(crate) mod bytecode;
pub(crate) mod pass;

use crate::formula::program::Program;
use crate::kernel::arg::Arg;
use crate::kernel::cpu::code::Bodies;
use crate::kernel::cpu::columns::Columns;
use crate::kernel::cpu::interpreter::bytecode::Plan;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;

/// A program as the body of a kernel.
pub(crate) struct Interpreted {
    plan: Plan,
}

impl Interpreted {
    pub(crate) fn new(program: &Program) -> Self {
        Interpreted { plan: Plan::new(program) }
    }
}

impl Bodies<f32> for Interpreted {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], from: usize, out: &mut [f32], stores: Stores) {
        blocks::over(&self.plan, isa, inputs, from, out, stores);
    }

    fn apply_in_place(&self, isa: Checked, data: &mut [f32], rest: &[Arg<'_>], from: usize) {
        blocks::in_place(&self.plan, isa, data, rest, from);
    }

    /// Its results come in blocks, which are then folded.
    fn sum(&self, _isa: Checked, _inputs: &[Arg<'_>], _part: (usize, usize), _columns: &mut Columns) -> bool {
        false
    }

    fn is_interpreted(&self) -> bool {
        true
    }
}
