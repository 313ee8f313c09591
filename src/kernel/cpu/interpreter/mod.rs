//! The block interpreter: a program run pass by pass, each over a block of elements that stays in the cache.
//!
//! [`Plan`] says which passes, and [`blocks`] runs them.

pub(crate) mod blocks;
pub(crate) mod bytecode;
pub(crate) mod pass;

use crate::formula::program::Program;
use crate::kernel::arg::Arg;
use crate::kernel::cpu::code::CpuCode;
use crate::kernel::cpu::columns::Columns;
use crate::kernel::cpu::interpreter::bytecode::Plan;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::part::Part;

/// A program as CPU code.
pub(crate) struct Interpreted {
    plan: Plan,
}

impl Interpreted {
    pub(crate) fn new(program: &Program) -> Self {
        Interpreted { plan: Plan::new(program) }
    }
}

impl CpuCode for Interpreted {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], part: &Part<'_>, stores: Stores) {
        blocks::over(&self.plan, isa, inputs, part, stores);
    }

    /// Returns `false`: the results come in blocks, which are then reduced.
    fn sum(&self, _isa: Checked, _inputs: &[Arg<'_>], _part: (usize, usize), _columns: &mut Columns) -> bool {
        false
    }

    fn is_interpreted(&self) -> bool {
        true
    }
}
