//! The tape: the operations that symbols record.

use std::cell::RefCell;

use crate::formula::inst::{Inst, Routine, Routines};
use crate::formula::program::{Builder, Op, Output, Program, Value, pruned};
use crate::num::Scalar;

/// Records the operations on symbols, each one once.
#[derive(Default)]
pub(crate) struct Tape {
    builder: RefCell<Builder<Inst>>,
    /// Whether the functions that are used are recorded as the operations that they are made of.
    expands: bool,
    calls: RefCell<Routines>,
}

impl Tape {
    /// Creates the tape of a routine.
    pub(crate) fn expanding() -> Self {
        Tape { expands: true, ..Tape::default() }
    }

    pub(crate) fn expands(&self) -> bool {
        self.expands
    }

    pub(crate) fn push(&self, inst: Inst) -> Value {
        self.builder.borrow_mut().push(inst)
    }

    /// Adds a routine that is called.
    pub(crate) fn call(&self, name: &'static str, routine: impl FnOnce() -> Routine) {
        self.calls.borrow_mut().entry(name).or_insert_with(routine);
    }

    /// Returns the program that computes the outputs.
    pub(crate) fn program(self, inputs: Vec<String>, outputs: Vec<Output>) -> Program {
        let ops = self.builder.into_inner().into_ops().into_iter().map(|inst| match inst {
            Inst::Op(op) => op,
            _ => unreachable!("formulas have no words"),
        });
        Program::new(inputs, ops.collect(), outputs)
    }

    /// Returns the routine that computes a value.
    pub(crate) fn routine(self, parameters: usize, result: Value) -> Routine {
        let (insts, results) = pruned(self.builder.into_inner().into_ops(), vec![result]);
        Routine { parameters, insts, result: results[0], calls: self.calls.into_inner() }
    }

    /// Returns all operations.
    pub(crate) fn into_insts(self) -> Vec<Inst> {
        self.builder.into_inner().into_ops()
    }
}

/// A value that is known while tracing, or only when the program runs.
#[derive(Clone, Copy)]
pub(crate) enum Known<'t, T> {
    Now(T),
    Later(Value, &'t Tape),
}

impl<'t, T: Copy + Into<Scalar>> Known<'t, T> {
    /// Returns the value that an operation computes.
    pub(crate) fn later(tape: &'t Tape, inst: Inst) -> Self {
        Known::Later(tape.push(inst), tape)
    }

    pub(crate) fn now(self) -> Option<T> {
        match self {
            Known::Now(value) => Some(value),
            Known::Later(..) => None,
        }
    }

    fn tape(self) -> Option<&'t Tape> {
        match self {
            Known::Now(_) => None,
            Known::Later(_, tape) => Some(tape),
        }
    }

    /// Returns the value on a tape. A constant is recorded only now.
    pub(crate) fn on(self, tape: &Tape) -> Value {
        match self {
            Known::Now(constant) => tape.push(Inst::Op(Op::Constant(constant.into()))),
            Known::Later(value, _) => value,
        }
    }

    /// Computes a value from this one, or records the operation.
    pub(crate) fn map<R: Copy + Into<Scalar>>(
        self,
        now: impl FnOnce(T) -> R,
        inst: impl FnOnce(Value) -> Inst,
    ) -> Known<'t, R> {
        match self {
            Known::Now(value) => Known::Now(now(value)),
            Known::Later(value, tape) => Known::later(tape, inst(value)),
        }
    }

    /// Computes a value from this one and another, or records the operation.
    pub(crate) fn zip<U: Copy + Into<Scalar>, R: Copy + Into<Scalar>>(
        self,
        other: Known<'t, U>,
        now: impl FnOnce(T, U) -> R,
        inst: impl FnOnce(Value, Value) -> Inst,
    ) -> Known<'t, R> {
        match (self, other) {
            (Known::Now(a), Known::Now(b)) => Known::Now(now(a, b)),
            (Known::Later(_, tape), _) | (_, Known::Later(_, tape)) => {
                Known::later(tape, inst(self.on(tape), other.on(tape)))
            }
        }
    }

    /// Computes a value from three of a type, or records the operation.
    pub(crate) fn zip3(
        all: [Self; 3],
        now: impl FnOnce([T; 3]) -> T,
        inst: impl FnOnce([Value; 3]) -> Inst,
    ) -> Known<'t, T> {
        match (all.map(Known::now), all.iter().find_map(|known| known.tape())) {
            ([Some(a), Some(b), Some(c)], _) => Known::Now(now([a, b, c])),
            (_, Some(tape)) => Known::later(tape, inst(all.map(|known| known.on(tape)))),
            (_, None) => unreachable!("a value that is not known is on a tape"),
        }
    }

    /// Chooses between two values, or records the choice.
    pub(crate) fn select(mask: Known<'t, bool>, yes: Self, no: Self) -> Self {
        match mask {
            Known::Now(true) => yes,
            Known::Now(false) => no,
            Known::Later(mask, tape) => Known::later(tape, Inst::Op(Op::Select(mask, yes.on(tape), no.on(tape)))),
        }
    }
}
