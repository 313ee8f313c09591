//! Stands in for `Kernel::registers` until the library has it.

use crossover::Kernel;
use crossover::program::Op;

pub trait Registers {
    /// How many blocks the interpreter keeps: one for each input and constant, and for each other operation one that no
    /// later operation reads any more, if there is one.
    fn registers(&self) -> usize;
}

impl Registers for Kernel {
    fn registers(&self) -> usize {
        let ops = self.program().ops();
        let filled = |op: &Op| matches!(op, Op::Input(_) | Op::Constant(_));
        let mut last_use = vec![0; ops.len()];
        for (index, op) in ops.iter().enumerate() {
            op.operands().for_each(|value| last_use[value.index()] = index);
        }
        let (mut registers, mut free) = (0, 0);
        for (index, op) in ops.iter().enumerate() {
            if filled(op) || free == 0 {
                registers += 1
            } else {
                free -= 1
            }
            let mut last: Vec<usize> = op.operands().map(|value| value.index()).collect();
            last.retain(|value| last_use[*value] == index && !filled(&ops[*value]));
            last.sort_unstable();
            last.dedup();
            free += last.len();
        }
        registers
    }
}
