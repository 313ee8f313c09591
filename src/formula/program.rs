//! Programs: formulas as data.
//!
//! A [`Program`] is in static single assignment form: each operation computes one new value, which has a type, from values
//! before it. It has a list of outputs, each a value, which may be reduced over all elements. The
//! [tracer](crate::formula::trace) and the [parser](crate::formula::parse) make programs; the block interpreter and the
//! shader writer read them.

use std::collections::HashMap;
use std::fmt;

use crate::formula::reduction::Reduction;
pub use crate::num::operator::{Binary, Compare, Ternary, Test, Unary};
use crate::num::{Num, Scalar, Type};

/// The value that operation number `n` of a program makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Value(pub(crate) u32);

impl Value {
    /// Returns the position in [`Program::ops`].
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

/// One operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// The element of input number `n`.
    Input(usize),
    /// A constant.
    Constant(Scalar),
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

/// An operation in static single assignment form.
pub(crate) trait Operation: Copy + Eq + std::hash::Hash {
    /// Returns the values that it needs, in order.
    fn operands(&self) -> impl Iterator<Item = Value> + use<Self>;

    /// Returns the operation on other values.
    fn with_operands(self, to: impl Fn(Value) -> Value) -> Self;

    /// Returns the type of the value that it computes; `types` are those of the values before it.
    fn kind(&self, types: &[Type]) -> Type;
}

impl Operation for Op {
    fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        Op::operands(self)
    }

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

    fn kind(&self, types: &[Type]) -> Type {
        match *self {
            Op::Constant(value) => value.kind(),
            Op::Compare(..) | Op::Test(..) | Op::Logic(..) | Op::Not(_) => Type::Bool,
            Op::Select(_, yes, _) => types[yes.index()],
            Op::Input(_) | Op::Unary(..) | Op::Binary(..) | Op::Ternary(..) => Type::F32,
        }
    }
}

impl Op {
    /// Returns the values that it needs, in order.
    pub fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        let (count, all) = match *self {
            Op::Input(_) | Op::Constant(_) => (0, [Value(0); 3]),
            Op::Unary(_, a) | Op::Test(_, a) | Op::Not(a) => (1, [a; 3]),
            Op::Binary(_, a, b) | Op::Compare(_, a, b) | Op::Logic(_, a, b) => (2, [a, b, b]),
            Op::Ternary(_, a, b, c) | Op::Select(a, b, c) => (3, [a, b, c]),
        };
        all.into_iter().take(count)
    }

    /// Returns the operator's name.
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

    /// Returns the number of operations on numbers that it counts for in [`Program::flops`].
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
}

/// A result of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Output {
    /// The value for each element.
    pub value: Value,
    /// The reduction of the value over all elements, if there is one. The result then is one number.
    pub reduction: Option<Reduction>,
}

/// A formula as a list of operations.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Program {
    inputs: Vec<String>,
    ops: Vec<Op>,
    types: Vec<Type>,
    outputs: Vec<Output>,
}

impl Program {
    /// Creates the program that computes the outputs, without the operations that they do not need.
    pub(crate) fn new(inputs: Vec<String>, ops: Vec<Op>, mut outputs: Vec<Output>) -> Self {
        let (ops, values) = pruned(ops, outputs.iter().map(|output| output.value).collect());
        outputs.iter_mut().zip(values).for_each(|(output, value)| output.value = value);
        Program { inputs, types: types(&ops), ops, outputs }
    }

    /// Returns the names of the inputs, in order. An input need not be used.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Returns the operations. Operands come before their users, and each operation is needed for an output.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Returns the type of a value.
    ///
    /// # Panics
    ///
    /// If the program has no such value.
    pub fn value_type(&self, value: Value) -> Type {
        self.types[value.index()]
    }

    /// Returns the outputs, of which there is at least one.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Returns the type of an output. A condition is stored as a number: 1 where it holds, else 0.
    ///
    /// # Panics
    ///
    /// If the program has no such output.
    pub fn output_type(&self, output: usize) -> Type {
        let Output { value, reduction } = self.outputs[output];
        match reduction {
            Some(fold) if fold.is_condition() => Type::Bool,
            Some(_) => Type::F32,
            None => self.value_type(value),
        }
    }

    /// Returns the output of a program with one; kernels have one.
    pub(crate) fn output(&self) -> Output {
        self.outputs[0]
    }

    /// Returns the program with the reduction of its output replaced.
    pub(crate) fn with_reduction(mut self, reduction: Option<Reduction>) -> Self {
        self.outputs.iter_mut().for_each(|output| output.reduction = reduction);
        self
    }

    /// Returns the number of floating-point operations for each element: one for each of `+ - * /`, `sqrt`, `min`, `max`,
    /// rounding, comparison and test; two for a `mul_add`; and for composed operators, such as `clip`, and reductions those
    /// of their definitions: one for a sum. Negation, absolute value, logic and `select` count for none.
    ///
    /// Returns `None` for a program with a function such as `exp` or `sin`, whose number of operations depends on the
    /// machine.
    pub fn flops(&self) -> Option<usize> {
        let reductions = self.outputs.iter().filter_map(|output| output.reduction).map(Reduction::flops).sum();
        self.ops.iter().map(Op::flops).try_fold(reductions, |sum, flops| Some(sum + flops?))
    }

    /// Computes each output, before its reduction, for one element, or for one element per lane of `T`. `inputs` has one
    /// number for each of [`inputs`](Program::inputs).
    ///
    /// # Panics
    ///
    /// If `inputs` is shorter than that.
    pub fn eval<T: Num>(&self, inputs: &[T]) -> Vec<T> {
        let mut values = Vec::with_capacity(self.ops.len());
        self.compute(&mut values, inputs);
        self.outputs.iter().map(|output| values[output.value.index()].number()).collect()
    }

    /// Computes all values. `values` is memory that callers keep from one element to the next.
    pub(crate) fn compute<T: Num>(&self, values: &mut Vec<Computed<T>>, inputs: &[T]) {
        values.clear();
        for op in &self.ops {
            let number = |value: Value| values[value.index()].number();
            let mask = |value: Value| values[value.index()].mask();
            let computed = match *op {
                Op::Input(index) => Computed::Number(inputs[index]),
                Op::Constant(value) => Computed::constant(value),
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
    }
}

/// A value while a program is evaluated: a number or a condition.
#[derive(Clone, Copy)]
pub(crate) enum Computed<T: Num> {
    Number(T),
    Mask(T::Mask),
}

impl<T: Num> Computed<T> {
    fn constant(value: Scalar) -> Self {
        match value {
            Scalar::F32(number) => Computed::Number(T::constant(number)),
            Scalar::Bool(holds) => Computed::Mask(T::constant(u8::from(holds)).ne(T::constant(0))),
            Scalar::U32(_) => unreachable!("programs have no words"),
        }
    }

    /// Returns the number; for a condition, 1 where it holds, else 0.
    pub(crate) fn number(self) -> T {
        match self {
            Computed::Number(number) => number,
            Computed::Mask(mask) => T::select(mask, T::constant(1), T::constant(0)),
        }
    }

    fn mask(self) -> T::Mask {
        match self {
            Computed::Mask(mask) => mask,
            Computed::Number(_) => unreachable!("a program uses a number as a condition"),
        }
    }
}

/// Collects operations, each one once.
pub(crate) struct Builder<O> {
    ops: Vec<O>,
    seen: HashMap<O, Value>,
}

impl<O> Default for Builder<O> {
    fn default() -> Self {
        Builder { ops: Vec::new(), seen: HashMap::new() }
    }
}

impl<O: Operation> Builder<O> {
    /// Returns the value of an operation: an earlier one if it has been computed already.
    pub(crate) fn push(&mut self, op: O) -> Value {
        let next = Value(self.ops.len() as u32);
        *self.seen.entry(op).or_insert_with(|| {
            self.ops.push(op);
            next
        })
    }

    /// Returns all operations.
    pub(crate) fn into_ops(self) -> Vec<O> {
        self.ops
    }
}

/// Returns the type of each value.
pub(crate) fn types<O: Operation>(ops: &[O]) -> Vec<Type> {
    let mut types = Vec::with_capacity(ops.len());
    ops.iter().for_each(|op| types.push(op.kind(&types)));
    types
}

/// Removes the operations that the results do not need. Returns the others and the results' new values.
pub(crate) fn pruned<O: Operation>(all: Vec<O>, results: Vec<Value>) -> (Vec<O>, Vec<Value>) {
    let mut needed = vec![false; all.len()];
    results.iter().for_each(|result| needed[result.index()] = true);
    for index in (0..all.len()).rev() {
        if needed[index] {
            all[index].operands().for_each(|value| needed[value.index()] = true);
        }
    }
    let mut renamed = Vec::with_capacity(all.len());
    let mut ops = Vec::new();
    for (op, needed) in all.into_iter().zip(needed) {
        renamed.push(Value(ops.len() as u32));
        if needed {
            ops.push(op.with_operands(|value| renamed[value.index()]));
        }
    }
    (ops, results.into_iter().map(|value| renamed[value.index()]).collect())
}

/// One operation on each line, as in `v2 = mul v0 v1`, then the outputs.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, op) in self.ops.iter().enumerate() {
            write!(f, "v{index} = {}", op.name())?;
            match op {
                Op::Input(input) => write!(f, " {}", self.inputs[*input])?,
                Op::Constant(value) => write!(f, " {value}")?,
                _ => op.operands().try_for_each(|value| write!(f, " {value}"))?,
            }
            writeln!(f)?;
        }
        for Output { value, reduction } in &self.outputs {
            match reduction {
                Some(fold) => writeln!(f, "{fold} {value}")?,
                None if self.outputs.len() > 1 => writeln!(f, "{value}")?,
                None => {}
            }
        }
        Ok(())
    }
}
