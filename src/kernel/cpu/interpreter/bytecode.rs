//! The bytecode of the block interpreter: a program's passes, and the register of each result.
//!
//! * Each operation is one pass over its operands on full-width lanes. Where the only use of a sum, difference or product
//!   is another one, or that of a comparison is a choice, the two are one pass; each still rounds on its own.
//! * A register that no later pass reads is written again by the next, so that a long program needs few of them.
//! * Inputs are read and the result is written where they are.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::formula::program::{Binary, Op, Program, Value};
use crate::kernel::cpu::interpreter::pass::{Action, Inner, Outer, REPEATS, Step};

/// The passes of a program.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The plan's number, which is unique in the process.
    pub(crate) number: u64,
    pub(crate) inputs: usize,
    pub(crate) constants: Vec<f32>,
    pub(crate) registers: usize,
    /// Numbers in a register: as many as the cache holds for each array and register.
    pub(crate) block: usize,
    pub(crate) steps: Vec<Step>,
}

/// The number of bytes that the blocks of a plan's arrays and registers fill together: half of the smallest first-level cache, so
/// that the next blocks can be prefetched into the other half.
const CACHE: usize = 24 << 10;

/// Counts the plans.
static PLANS: AtomicU64 = AtomicU64::new(0);

impl Plan {
    pub(crate) fn new(program: &Program) -> Self {
        let passes = passes(program.ops());
        let (inputs, ops) = (program.inputs().len(), program.ops());
        let mut constants = Vec::new();
        let mut last_use = vec![0; ops.len()];
        for (index, pass) in passes.iter().enumerate() {
            pass.operands.iter().for_each(|value| last_use[value.index()] = index);
        }
        // Registers are counted from 0 until it is known how many places come before them.
        let mut registers = Registers::default();
        let mut place = vec![Home::Nowhere; ops.len()];
        for (home, op) in place.iter_mut().zip(ops) {
            match op {
                Op::Input(input) => *home = Home::Fixed(*input),
                Op::Constant(constant) => {
                    *home = Home::Fixed(inputs + constants.len());
                    constants.push(constant.as_f32());
                }
                _ => {}
            }
        }
        let mut steps = Vec::with_capacity(passes.len());
        for (index, pass) in passes.iter().enumerate() {
            let from: Vec<Home> = pass.operands.iter().map(|value| place[value.index()]).collect();
            for value in pass.operands.iter().filter(|value| last_use[value.index()] == index) {
                // Freed before the result gets one: a pass reads before it writes, so it may write where it reads.
                registers.free(std::mem::replace(&mut place[value.index()], Home::Nowhere));
            }
            let to = if index + 1 == passes.len() { Home::Output } else { registers.take() };
            place[pass.value.index()] = to;
            steps.push((pass.action, from, to));
        }
        let first = inputs + constants.len();
        let locate = |home: Home| match home {
            Home::Fixed(at) => at,
            Home::Register(register) => first + register,
            Home::Output => first + registers.count,
            Home::Nowhere => unreachable!("a pass reads what an earlier one has computed"),
        };
        let steps = steps.into_iter().map(|(action, operands, to)| {
            let mut from = [locate(to); 4];
            from.iter_mut().zip(operands).for_each(|(from, home)| *from = locate(home));
            Step { pass: action.pass(), from, to: locate(to) }
        });
        let arrays = inputs + registers.count + 1;
        Plan {
            number: 1 + PLANS.fetch_add(1, Ordering::Relaxed),
            inputs,
            constants,
            registers: registers.count,
            block: (CACHE / size_of::<f32>() / arrays).max(REPEATS) / REPEATS * REPEATS,
            steps: steps.collect(),
        }
    }

    /// Returns the cost of each pass of a program, as an operator's name and the number of sums, differences or products that are
    /// fused with it.
    pub(crate) fn costs(program: &Program) -> Vec<(&'static str, usize)> {
        let cost = |pass: &Pass| match pass.action {
            Action::Copy => ("copy", 0),
            Action::Square => (Binary::Mul.name(), 0),
            Action::Fused(..) => (Binary::Add.name(), 1),
            Action::Both(..) => (Binary::Add.name(), 2),
            Action::Choose(_) => ("select", 1),
            _ => (program.ops()[pass.value.index()].name(), 0),
        };
        passes(program.ops()).iter().map(cost).collect()
    }

    /// Returns the maximum length of a block: a remainder up to it is one block rather than two.
    pub(crate) fn longest(&self) -> usize {
        2 * self.block
    }

    /// Returns the output's place.
    pub(crate) fn out(&self) -> usize {
        self.inputs + self.constants.len() + self.registers
    }
}

/// Where a value is while it is needed.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Nowhere,
    /// An input or a constant.
    Fixed(usize),
    Register(usize),
    Output,
}

/// The registers that are in use and those that are free again.
#[derive(Default)]
struct Registers {
    count: usize,
    free: Vec<usize>,
}

impl Registers {
    fn take(&mut self) -> Home {
        Home::Register(self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        }))
    }

    fn free(&mut self, home: Home) {
        if let Home::Register(register) = home {
            self.free.push(register);
        }
    }
}

/// One pass before its operands have places.
struct Pass {
    action: Action,
    operands: Vec<Value>,
    /// The value that it computes.
    value: Value,
}

/// Returns the passes of a program's operations, pairs of them fused.
fn passes(ops: &[Op]) -> Vec<Pass> {
    let mut uses = vec![0_u32; ops.len()];
    ops.iter().flat_map(Op::operands).for_each(|value| uses[value.index()] += 1);
    let mut absorbed = vec![false; ops.len()];
    let mut passes = Vec::with_capacity(ops.len());
    // From the last to the first, so that a pass has its choice of operands before they have had theirs.
    for (index, op) in ops.iter().enumerate().rev() {
        if absorbed[index] {
            continue;
        }
        let alone = |value: Value| uses[value.index()] == 1 && !absorbed[value.index()];
        let (action, operands) = match fused(op, ops, alone) {
            Some((inner, action, operands)) => {
                inner.iter().for_each(|value| absorbed[value.index()] = true);
                (action, operands)
            }
            None => match action(op) {
                Some(action) => (action, op.operands().collect()),
                // Inputs and constants are there already, unless one is all there is.
                None if ops.len() > 1 => continue,
                None => (Action::Copy, vec![Value(index as u32)]),
            },
        };
        passes.push(Pass { action, operands, value: Value(index as u32) });
    }
    passes.reverse();
    passes
}

/// Returns the pass of an operation alone.
fn action(op: &Op) -> Option<Action> {
    Some(match *op {
        Op::Input(_) | Op::Constant(_) => return None,
        Op::Unary(op, _) => Action::Unary(op),
        Op::Binary(Binary::Mul, a, b) if a == b => Action::Square,
        Op::Binary(op, ..) => Action::Binary(op),
        Op::Ternary(op, ..) => Action::Ternary(op),
        Op::Compare(op, ..) => Action::Compare(op),
        Op::Test(op, _) => Action::Test(op),
        Op::Logic(op, ..) => Action::Logic(op),
        Op::Not(_) => Action::Not,
        Op::Select(..) => Action::Select,
    })
}

/// Returns the pass of an operation together with those that compute its operands, where that is possible: these operands, and
/// the pass.
fn fused(op: &Op, ops: &[Op], alone: impl Fn(Value) -> bool) -> Option<(Vec<Value>, Action, Vec<Value>)> {
    match *op {
        Op::Select(condition, yes, no) if alone(condition) => match ops[condition.index()] {
            Op::Compare(op, a, b) => Some((vec![condition], Action::Choose(op), vec![a, b, yes, no])),
            _ => None,
        },
        Op::Binary(op, a, b) => {
            let outer = simple(op)?;
            let inner = |value: Value| match ops[value.index()] {
                Op::Binary(op, a, b) if alone(value) => simple(op).map(|op| (op, a, b)),
                _ => None,
            };
            // Sums and products are the same from either side.
            let (right, left) = match outer {
                Inner::Add => (Outer::Add, Outer::Add),
                Inner::Mul => (Outer::Mul, Outer::Mul),
                Inner::Sub => (Outer::Sub, Outer::From),
            };
            match (inner(a), inner(b)) {
                (Some((l, c, d)), Some((r, e, f))) => Some((vec![a, b], Action::Both(outer, l, r), vec![c, d, e, f])),
                (None, Some((op, c, d))) => Some((vec![b], Action::Fused(right, op), vec![a, c, d])),
                (Some((op, c, d)), None) => Some((vec![a], Action::Fused(left, op), vec![b, c, d])),
                (None, None) => None,
            }
        }
        _ => None,
    }
}

/// Returns the operation as one that is fused, if it is cheap enough.
fn simple(op: Binary) -> Option<Inner> {
    match op {
        Binary::Add => Some(Inner::Add),
        Binary::Sub => Some(Inner::Sub),
        Binary::Mul => Some(Inner::Mul),
        _ => None,
    }
}
