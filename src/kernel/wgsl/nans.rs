//! What keeps NaN in a shader, whose compiler may assume that there is none.

use std::fmt::Write;

use crate::formula::inst::Inst;
use crate::formula::program::{Binary, Op, Operation, Ternary, Unary, Value};
use crate::num::Scalar;

/// Returns whether the shader's own arithmetic computes it, a NaN of any operand giving NaN. A compiler may rewrite it, and
/// what it is a part of, into what does not depend on an operand: `x - x` into 0.
pub(super) fn is_arithmetic(inst: &Inst) -> bool {
    match *inst {
        Inst::Op(Op::Unary(op, _)) => op != Unary::Sign,
        Inst::Op(Op::Binary(op, ..)) => !matches!(op, Binary::Min | Binary::Max | Binary::Heaviside),
        Inst::Op(Op::Ternary(op, ..)) => op != Ternary::Clip,
        _ => false,
    }
}

/// What keeps the NaNs of a program's numbers. Where arithmetic ends, in an operation that looks at bits or chooses, the
/// result is made NaN again if a number that it began with is one, by bits.
pub(super) struct Nans {
    /// For each value, the one whose NaNs it has: itself, if it is not arithmetic or has them from several.
    origins: Vec<Option<usize>>,
    /// Whether a variable says which numbers are NaN.
    needed: Vec<bool>,
    /// Whether arithmetic ends here.
    settled: Vec<bool>,
}

impl Nans {
    /// Finds them for operations of which `result`, if any, is read outside.
    pub(super) fn new(insts: &[Inst], result: Option<Value>) -> Self {
        let mut origins: Vec<Option<usize>> = Vec::with_capacity(insts.len());
        for (index, inst) in insts.iter().enumerate() {
            origins.push(match inst {
                Inst::Op(Op::Constant(Scalar::F32(value))) if !value.is_nan() => None,
                inst if is_arithmetic(inst) => match Self::of_operands(&origins, inst)[..] {
                    [] => None,
                    [one] => Some(one),
                    _ => Some(index),
                },
                _ => Some(index),
            });
        }
        let mut nans = Nans { origins, needed: vec![false; insts.len()], settled: vec![false; insts.len()] };
        let mut settle = |value: Value| {
            if let (true, Some(origin)) = (is_arithmetic(&insts[value.index()]), nans.origins[value.index()]) {
                nans.settled[value.index()] = true;
                nans.needed[origin] = true;
            }
        };
        insts.iter().filter(|inst| !is_arithmetic(inst)).flat_map(Operation::operands).for_each(&mut settle);
        result.into_iter().for_each(&mut settle);
        for (index, inst) in insts.iter().enumerate().rev() {
            if nans.needed[index] && is_arithmetic(inst) {
                Self::of_operands(&nans.origins, inst).into_iter().for_each(|origin| nans.needed[origin] = true);
            }
        }
        nans
    }

    /// Returns the values whose NaNs the operands of an operation have.
    fn of_operands(origins: &[Option<usize>], inst: &Inst) -> Vec<usize> {
        let mut found: Vec<_> = inst.operands().filter_map(|value| origins[value.index()]).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Writes what is needed behind a value.
    pub(super) fn write(&self, index: usize, insts: &[Inst], text: &mut String) {
        if self.needed[index] {
            let origins = Self::of_operands(&self.origins, &insts[index]);
            let all: Vec<_> = origins.iter().map(|origin| format!("n{origin}")).collect();
            let nan = if is_arithmetic(&insts[index]) { all.join(" | ") } else { format!("special_nan(v{index})") };
            _ = writeln!(text, "    let n{index} = {nan};");
        }
        if let (true, Some(origin)) = (self.settled[index], self.origins[index]) {
            _ = writeln!(text, "    let s{index} = special_or(v{index}, n{origin});");
        }
    }

    /// Returns the name of a value where arithmetic ends.
    pub(super) fn settled(&self, value: Value) -> String {
        if self.settled[value.index()] { format!("s{}", value.index()) } else { value.to_string() }
    }
}
