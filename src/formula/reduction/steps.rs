//! The steps of a fold as operations: what the shader is written from, and operations are counted by.

use super::Fold;
use super::states::State;
use crate::formula::program::{Op, Value};
use crate::formula::trace::{Symbol, Tape};
use crate::num::Num;

/// Operations, and those of them that are the results. Input `n` is the step's operand number `n`.
pub(crate) struct Step {
    pub(crate) ops: Vec<Op>,
    pub(crate) results: Vec<Value>,
}

impl Step {
    fn new(step: impl for<'t> FnOnce(&'t Tape) -> Vec<Symbol<'t>>) -> Step {
        let tape = Tape::default();
        let results = step(&tape).into_iter().map(|symbol| tape.value(symbol)).collect();
        Step { results, ops: tape.into_ops() }
    }
}

impl Fold {
    /// The state of an element and its index.
    pub(crate) fn lift_step(self) -> Step {
        Step::new(|tape| self.lift(tape.input(0), tape.input(1))[..self.planes()].to_vec())
    }

    /// The state of the planes of two.
    pub(crate) fn merge_step(self) -> Step {
        let planes = self.planes();
        Step::new(|tape| self.merge(state(tape, 0, planes), state(tape, planes, planes))[..planes].to_vec())
    }

    /// The result of the planes of one, and how many elements there are.
    pub(crate) fn conclude_step(self) -> Step {
        let planes = self.planes();
        Step::new(|tape| vec![self.conclude(state(tape, 0, planes), tape.input(planes))])
    }

    /// How many operations adding one element takes, as [`Program::flops`](crate::Program::flops) counts them.
    pub(crate) fn flops(self) -> usize {
        let steps = [self.lift_step(), self.merge_step()];
        steps.iter().flat_map(|step| &step.ops).filter_map(Op::flops).sum()
    }
}

fn state(tape: &Tape, from: usize, planes: usize) -> State<Symbol<'_>> {
    let plane = |plane| if plane < planes { tape.input(from + plane) } else { Symbol::constant(0) };
    std::array::from_fn(plane)
}
