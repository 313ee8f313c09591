//! Low-level operations: those of programs, and those on words of which the functions that programs call are made.

use std::collections::BTreeMap;

use crate::formula::program::{Op, Operation, Value};
use crate::num::{Scalar, Type};

/// The routine of the exact remainder, which loops, and so is not made of operations.
pub(crate) const MODULO: &str = "exact_modulo";

/// Operators on two words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Integer {
    /// The wrapping sum.
    Add,
    /// The wrapping difference.
    Sub,
    /// The wrapping product.
    Mul,
    And,
    Or,
    Xor,
    /// A shift to the left by less than 32.
    Left,
    /// A shift to the right by less than 32, filling with zeros.
    Right,
    /// Whether they are equal.
    Eq,
    /// Whether the first is less, as signed integers.
    Lt,
}

/// Operators on one word or number, with constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Bitwise {
    /// The word, shifted to the left.
    Left(u32),
    /// The word, shifted to the right, filling with zeros.
    Right(u32),
    /// The word, shifted to the right, filling with its sign.
    Arithmetic(u32),
    /// The bits of a number.
    ToBits,
    /// The number with these bits.
    FromBits,
    /// A number that is an integer, as a signed word.
    ToInteger,
    /// A signed word as the nearest number.
    FromInteger,
    /// The number, whose origin the shader's compiler must not know.
    Opaque,
    /// The number, clamped to a range.
    Within(Scalar, Scalar),
}

/// A low-level operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Inst {
    /// An operation that programs have. An input is a parameter here.
    Op(Op),
    Integer(Integer, Value, Value),
    Bitwise(Bitwise, Value),
    /// The number, or NaN where the operand that it was computed from is NaN.
    OrNan(Value, Value),
    /// The result of a routine of one number.
    Call(&'static str, Value),
    /// The result of a routine of two numbers.
    Call2(&'static str, Value, Value),
    /// The last operand, or where the second holds, the result of a routine of the first: a slow path.
    Rare(&'static str, Value, Value, Value),
}

impl Operation for Inst {
    fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        let (op, count, own) = match *self {
            Inst::Op(op) => (Some(op), 0, [Value(0); 3]),
            Inst::Bitwise(_, a) | Inst::Call(_, a) => (None, 1, [a; 3]),
            Inst::Integer(_, a, b) | Inst::OrNan(a, b) | Inst::Call2(_, a, b) => (None, 2, [a, b, b]),
            Inst::Rare(_, a, b, c) => (None, 3, [a, b, c]),
        };
        own.into_iter().take(count).chain(op.into_iter().flat_map(|op| op.operands()))
    }

    fn with_operands(self, to: impl Fn(Value) -> Value) -> Self {
        match self {
            Inst::Op(op) => Inst::Op(op.with_operands(to)),
            Inst::Integer(op, a, b) => Inst::Integer(op, to(a), to(b)),
            Inst::Bitwise(op, a) => Inst::Bitwise(op, to(a)),
            Inst::OrNan(a, b) => Inst::OrNan(to(a), to(b)),
            Inst::Call(name, a) => Inst::Call(name, to(a)),
            Inst::Call2(name, a, b) => Inst::Call2(name, to(a), to(b)),
            Inst::Rare(name, a, b, c) => Inst::Rare(name, to(a), to(b), to(c)),
        }
    }

    fn kind(&self, types: &[Type]) -> Type {
        match self {
            Inst::Op(op) => op.kind(types),
            Inst::Integer(Integer::Eq | Integer::Lt, ..) => Type::Bool,
            Inst::Integer(..) => Type::U32,
            Inst::Bitwise(op, _) => match op {
                Bitwise::FromBits | Bitwise::FromInteger | Bitwise::Opaque | Bitwise::Within(..) => Type::F32,
                _ => Type::U32,
            },
            Inst::OrNan(..) | Inst::Call(..) | Inst::Call2(..) | Inst::Rare(..) => Type::F32,
        }
    }
}

/// A function that programs call, as low-level operations.
#[derive(Clone, Debug)]
pub(crate) struct Routine {
    pub(crate) parameters: usize,
    pub(crate) insts: Vec<Inst>,
    pub(crate) result: Value,
    /// The routines of its slow paths.
    pub(crate) calls: Routines,
}

impl Routine {
    /// Returns whether it calls the exact remainder.
    pub(crate) fn calls_modulo(&self) -> bool {
        self.insts.iter().any(|inst| matches!(inst, Inst::Call2(MODULO, ..)))
    }

    /// Returns the number of operations, without those of the routines that it calls.
    pub(crate) fn len(&self) -> usize {
        let is_free = |inst: &&Inst| matches!(inst, Inst::Op(Op::Input(_) | Op::Constant(_)));
        self.insts.iter().filter(|inst| !is_free(inst)).count()
    }
}

/// Routines by name.
pub(crate) type Routines = BTreeMap<&'static str, Routine>;
