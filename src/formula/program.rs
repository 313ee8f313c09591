//! A formula as data: operations in the order in which they are computed, each naming its operands.
//!
//! A [`Program`] is in static single assignment form: every operation makes one new value, and its operands come before
//! it. It is made by [`trace`](crate::formula::trace) and read by the shader writer and the block interpreter.

use std::collections::HashMap;
use std::fmt;

use crate::formula::reduction::Fold;
use crate::num::Num;
pub use crate::num::operator::{Binary, Compare, Ternary, Test, Unary};

/// The value that operation number `n` of a program makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Value(pub(crate) u32);

impl Value {
    /// The position in [`Program::ops`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// Operators on two conditions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Logic {
    /// `a & b`
    And,
    /// `a | b`
    Or,
}

/// A constant, told apart by its bits: −0 is not +0, and a NaN is itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Constant(u32);

impl Constant {
    /// The constant with this value.
    pub fn new(value: f32) -> Self {
        Constant(value.to_bits())
    }

    /// Its value.
    pub fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// One operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// The element of input number `n`.
    Input(usize),
    /// A constant.
    Constant(Constant),
    /// A number from one number.
    Unary(Unary, Value),
    /// A number from two.
    Binary(Binary, Value, Value),
    /// A number from three.
    Ternary(Ternary, Value, Value, Value),
    /// A condition from two numbers.
    Compare(Compare, Value, Value),
    /// A condition from one number.
    Test(Test, Value),
    /// A condition from two conditions.
    Logic(Logic, Value, Value),
    /// The opposite of a condition.
    Not(Value),
    /// The second operand where the first, a condition, holds; else the third.
    Select(Value, Value, Value),
}

impl Op {
    /// The values it needs, in order.
    pub fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        let (count, all) = match *self {
            Op::Input(_) | Op::Constant(_) => (0, [Value(0); 3]),
            Op::Unary(_, a) | Op::Test(_, a) | Op::Not(a) => (1, [a; 3]),
            Op::Binary(_, a, b) | Op::Compare(_, a, b) | Op::Logic(_, a, b) => (2, [a, b, b]),
            Op::Ternary(_, a, b, c) | Op::Select(a, b, c) => (3, [a, b, c]),
        };
        all.into_iter().take(count)
    }

    /// The operator's name.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Constant(_) => "constant",
            Op::Unary(op, ..) => op.name(),
            Op::Binary(op, ..) => op.name(),
            Op::Ternary(op, ..) => op.name(),
            Op::Compare(op, ..) => op.name(),
            Op::Test(op, ..) => op.name(),
            Op::Logic(Logic::And, ..) => "and",
            Op::Logic(Logic::Or, ..) => "or",
            Op::Not(_) => "not",
            Op::Select(..) => "select",
        }
    }

    /// How many operations on numbers it is, as [`Program::flops`] counts them.
    pub(crate) fn flops(&self) -> Option<usize> {
        Some(match self {
            Op::Input(_) | Op::Constant(_) | Op::Logic(..) | Op::Not(_) | Op::Select(..) => 0,
            Op::Compare(..) | Op::Test(..) => 1,
            Op::Unary(Unary::Neg | Unary::Abs, _) => 0,
            Op::Unary(Unary::Sqrt | Unary::Floor | Unary::Round | Unary::Ceil, _) => 1,
            Op::Unary(Unary::Square | Unary::Recip | Unary::Deg2rad | Unary::Rad2deg, _) => 1,
            Op::Unary(Unary::Fract | Unary::Sign | Unary::Rsqrt, _) => 2,
            Op::Unary(Unary::Trunc, _) => 3,
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Min | Binary::Max, ..) => 1,
            Op::Ternary(Ternary::MulAdd | Ternary::Clip, ..) => 2,
            Op::Unary(..) | Op::Binary(..) => return None,
        })
    }

    /// The same operation on other values.
    fn with_operands(self, to: impl Fn(Value) -> Value) -> Self {
        match self {
            Op::Input(_) | Op::Constant(_) => self,
            Op::Unary(op, a) => Op::Unary(op, to(a)),
            Op::Test(op, a) => Op::Test(op, to(a)),
            Op::Not(a) => Op::Not(to(a)),
            Op::Binary(op, a, b) => Op::Binary(op, to(a), to(b)),
            Op::Compare(op, a, b) => Op::Compare(op, to(a), to(b)),
            Op::Logic(op, a, b) => Op::Logic(op, to(a), to(b)),
            Op::Ternary(op, a, b, c) => Op::Ternary(op, to(a), to(b), to(c)),
            Op::Select(a, b, c) => Op::Select(to(a), to(b), to(c)),
        }
    }
}

/// A formula as a list of operations.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Program {
    inputs: Vec<String>,
    ops: Vec<Op>,
    fold: Option<Fold>,
    condition: bool,
}

impl Program {
    /// The names of the inputs, in order. An input need not be used.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// The operations; operands come before what uses them, every operation is used, and the last one is the result.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// How many operations a run computes for each element: one for each of `+ - * /`, `sqrt`, `min`, `max`, each rounding to
    /// a whole number and each comparison or test, two for a `mul_add`, and as many as it takes for what is made of these,
    /// such as `clip`, or adding an element to a fold: one for a sum. Negating, taking the absolute value, logic and `select` are free.
    ///
    /// None if it has a function such as `exp` or `sin`: how many operations that takes depends on the machine.
    pub fn flops(&self) -> Option<usize> {
        let fold = self.fold.map_or(0, Fold::flops);
        self.ops.iter().map(Op::flops).try_fold(fold, |sum, flops| Some(sum + flops?))
    }

    /// What makes one number of the results for all elements, if anything does.
    pub fn fold(&self) -> Option<Fold> {
        self.fold
    }

    /// The same with another fold, or without one.
    pub fn with_fold(self, fold: Option<Fold>) -> Self {
        Program { fold, ..self }
    }

    /// Whether the result is a condition, which is 1 where it holds and 0 where it does not.
    pub fn is_condition(&self) -> bool {
        self.fold.map_or(self.condition, Fold::is_condition)
    }

    pub(crate) fn with_condition(self, condition: bool) -> Self {
        Program { condition, ..self }
    }

    /// The result's value: the last.
    pub fn result(&self) -> Value {
        Value(self.ops.len() as u32 - 1)
    }

    /// Computes the result for one element, or for as many as `T` has lanes. `inputs` has one number for each of
    /// [`inputs`](Program::inputs).
    ///
    /// # Panics
    ///
    /// If `inputs` is shorter than that.
    pub fn eval<T: Num>(&self, inputs: &[T]) -> T {
        self.eval_in(&mut Vec::with_capacity(self.ops.len()), inputs)
    }

    /// Computes as [`eval`](Program::eval) does, with memory for the values that callers keep from one element to the next.
    pub(crate) fn eval_in<T: Num>(&self, values: &mut Vec<Computed<T>>, inputs: &[T]) -> T {
        values.clear();
        for op in &self.ops {
            let number = |value: Value| values[value.index()].number();
            let mask = |value: Value| values[value.index()].mask();
            let computed = match *op {
                Op::Input(index) => Computed::Number(inputs[index]),
                Op::Constant(value) => Computed::Number(T::constant(value.get())),
                Op::Unary(op, a) => Computed::Number(op.apply(number(a))),
                Op::Binary(op, a, b) => Computed::Number(op.apply(number(a), number(b))),
                Op::Ternary(op, a, b, c) => Computed::Number(op.apply(number(a), number(b), number(c))),
                Op::Compare(op, a, b) => Computed::Mask(op.apply(number(a), number(b))),
                Op::Test(op, a) => Computed::Mask(op.apply(number(a))),
                Op::Logic(Logic::And, a, b) => Computed::Mask(mask(a) & mask(b)),
                Op::Logic(Logic::Or, a, b) => Computed::Mask(mask(a) | mask(b)),
                Op::Not(a) => Computed::Mask(!mask(a)),
                Op::Select(c, a, b) => Computed::Number(T::select(mask(c), number(a), number(b))),
            };
            values.push(computed);
        }
        values[self.result().index()].number()
    }
}

/// A value while a program is evaluated: a number or a condition.
#[derive(Clone, Copy)]
pub(crate) enum Computed<T: Num> {
    Number(T),
    Mask(T::Mask),
}

impl<T: Num> Computed<T> {
    fn number(self) -> T {
        match self {
            Computed::Number(number) => number,
            Computed::Mask(_) => unreachable!("a program uses a condition as a number"),
        }
    }

    fn mask(self) -> T::Mask {
        match self {
            Computed::Mask(mask) => mask,
            Computed::Number(_) => unreachable!("a program uses a number as a condition"),
        }
    }
}

/// Collects the operations of a program, each one once.
#[derive(Default)]
pub(crate) struct Builder {
    ops: Vec<Op>,
    seen: HashMap<Op, Value>,
}

impl Builder {
    /// The value of an operation: the earlier one if it has been computed already.
    pub(crate) fn push(&mut self, op: Op) -> Value {
        let next = Value(self.ops.len() as u32);
        *self.seen.entry(op).or_insert_with(|| {
            self.ops.push(op);
            next
        })
    }

    /// All operations.
    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    /// The program that computes `result`, without the operations that it does not need.
    pub(crate) fn finish(self, inputs: Vec<String>, result: Value) -> Program {
        let mut needed = vec![false; result.index() + 1];
        needed[result.index()] = true;
        for index in (0..=result.index()).rev() {
            if needed[index] {
                self.ops[index].operands().for_each(|value| needed[value.index()] = true);
            }
        }
        let mut renamed = Vec::with_capacity(needed.len());
        let mut ops = Vec::new();
        for (op, needed) in self.ops.into_iter().zip(needed) {
            renamed.push(Value(ops.len() as u32));
            if needed {
                ops.push(op.with_operands(|value| renamed[value.index()]));
            }
        }
        Program { inputs, ops, fold: None, condition: false }
    }
}

/// The operations, one a line, as in `v2 = mul v0 v1`.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, op) in self.ops.iter().enumerate() {
            write!(f, "v{index} = {}", op.name())?;
            match op {
                Op::Input(input) => write!(f, " {}", self.inputs[*input])?,
                Op::Constant(value) => write!(f, " {:?}", value.get())?,
                _ => op.operands().try_for_each(|value| write!(f, " {value}"))?,
            }
            writeln!(f)?;
        }
        if let Some(fold) = self.fold {
            writeln!(f, "{fold} {}", self.result())?;
        }
        Ok(())
    }
}
