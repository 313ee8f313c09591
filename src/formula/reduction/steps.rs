//! The steps of a reduction as operations: what the shader is written from, and operations are counted by.

use super::Reduction;
use super::states::State;
use crate::formula::inst::Inst;
use crate::formula::program::{Op, Value};
use crate::formula::tape::Tape;
use crate::formula::trace::Symbol;
use crate::num::Num;

/// Operations, and those of them that are the results. Input `n` is the step's operand number `n`.
pub(crate) struct Step {
    pub(crate) insts: Vec<Inst>,
    pub(crate) results: Vec<Value>,
}

impl Step {
    fn new(step: impl for<'t> FnOnce(&'t Tape) -> Vec<Symbol<'t>>) -> Step {
        let tape = Tape::default();
        let results = step(&tape).into_iter().map(|symbol| tape.value(symbol)).collect();
        Step { results, insts: tape.into_insts() }
    }
}

impl Reduction {
    /// Returns the steps: the state of an element and its index; the state of the planes of two; the result of the planes of
    /// one and the number of elements.
    pub(crate) fn steps(self) -> [Step; 3] {
        let planes = self.planes();
        [
            Step::new(|tape| self.lift(tape.input(0), tape.input(1))[..planes].to_vec()),
            Step::new(|tape| self.merge(state(tape, 0, planes), state(tape, planes, planes))[..planes].to_vec()),
            Step::new(|tape| vec![self.conclude(state(tape, 0, planes), tape.input(planes))]),
        ]
    }

    /// Returns the number of operations to add one element, as [`Program::flops`](crate::Program::flops) counts them.
    pub(crate) fn flops(self) -> usize {
        let [lift, merge, _] = self.steps();
        let flops = |inst: &Inst| if let Inst::Op(op) = inst { Op::flops(op) } else { None };
        lift.insts.iter().chain(&merge.insts).filter_map(flops).sum()
    }
}

fn state(tape: &Tape, from: usize, planes: usize) -> State<Symbol<'_>> {
    let plane = |plane| if plane < planes { tape.input(from + plane) } else { Symbol::constant(0) };
    std::array::from_fn(plane)
}
