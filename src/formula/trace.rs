//! Running a formula on symbols to get its program.
//!
//! A [`Symbol`] is a [`Num`] that computes nothing: each operation on it is written down. Running a formula once on
//! symbols therefore yields the operations that it would do on numbers, as a [`Program`]. Operations on constants alone are
//! done at once, in `f32`, so that they give the bits that they would give at run time.

use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::formula::Formula;
use crate::formula::program::{Builder, Compare, Constant, Logic, Op, Program, Value};
use crate::num::operator::{
    BinaryFunction, BinaryOperator, CompareOperator, TernaryOperator, TestOperator, UnaryFunction, UnaryOperator,
};
use crate::num::operator::{binary, compare, ternary, unary};
use crate::num::{Mask, Num};

/// The program of a formula.
pub fn trace<F: Formula<N>, const N: usize>(formula: &F) -> Program {
    let tape = Tape::default();
    let result = tape.value(formula.eval(std::array::from_fn(|index| tape.input(index))));
    tape.finish(formula.inputs(), result)
}

/// Where the operations on symbols are written down.
#[derive(Default)]
pub(crate) struct Tape {
    builder: RefCell<Builder>,
}

impl Tape {
    fn push(&self, op: Op) -> Value {
        self.builder.borrow_mut().push(op)
    }

    fn number(&self, op: Op) -> Symbol<'_> {
        Symbol(Known::Later(self.push(op), self))
    }

    fn condition(&self, op: Op) -> Condition<'_> {
        Condition(Known::Later(self.push(op), self))
    }

    /// The element of an input.
    pub(crate) fn input(&self, index: usize) -> Symbol<'_> {
        self.number(Op::Input(index))
    }

    /// The program that computes a value.
    pub(crate) fn finish(self, inputs: Vec<String>, result: Value) -> Program {
        self.builder.into_inner().finish(inputs, result)
    }

    /// All operations that were written down.
    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.builder.into_inner().into_ops()
    }

    /// The value of a symbol, which for a constant is only now written down.
    pub(crate) fn value(&self, symbol: Symbol<'_>) -> Value {
        match symbol.0 {
            Known::Now(constant) => self.push(Op::Constant(Constant::new(constant))),
            Known::Later(value, _) => value,
        }
    }

    /// As [`value`](Tape::value), for a condition: there is no constant one, so a comparison of constants is written.
    fn condition_value(&self, condition: Condition<'_>) -> Value {
        match condition.0 {
            Known::Now(holds) => {
                let zero = self.push(Op::Constant(Constant::new(0.0)));
                let compare = if holds { Compare::Eq } else { Compare::Ne };
                self.push(Op::Compare(compare, zero, zero))
            }
            Known::Later(value, _) => value,
        }
    }
}

/// Something known while tracing, or only when the program runs.
#[derive(Clone, Copy)]
enum Known<'t, T> {
    Now(T),
    Later(Value, &'t Tape),
}

/// A number of a program being written.
#[derive(Clone, Copy)]
pub struct Symbol<'t>(Known<'t, f32>);

/// A condition of a program being written.
#[derive(Clone, Copy)]
pub struct Condition<'t>(Known<'t, bool>);

macro_rules! infix {
    ($($trait:ident $method:ident),+) => {$(
        impl $trait for Symbol<'_> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.binary::<binary::$trait>(other)
            }
        }
    )+};
}

infix!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Symbol<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary::<unary::Neg>()
    }
}

impl Symbol<'_> {
    /// Its value, if that is known before the program runs.
    pub(crate) fn known(self) -> Option<f32> {
        match self.0 {
            Known::Now(value) => Some(value),
            Known::Later(..) => None,
        }
    }
}

/// Writes the required methods of [`Num`] down as the operators that they are.
macro_rules! required {
    (unary $($unary:ident $unary_op:ident),+; binary $($binary:ident $binary_op:ident),+; compare $($compare:ident $compare_op:ident),+) => {
        $(fn $unary(self) -> Self {
            self.unary::<unary::$unary_op>()
        })+
        $(fn $binary(self, other: Self) -> Self {
            self.binary::<binary::$binary_op>(other)
        })+
        $(fn $compare(self, other: Self) -> Condition<'t> {
            self.compare::<compare::$compare_op>(other)
        })+
    };
}

impl<'t> Num for Symbol<'t> {
    type Mask = Condition<'t>;

    fn constant(value: impl Into<f64>) -> Self {
        Symbol(Known::Now(f32::constant(value)))
    }

    required! {
        unary abs Abs, sqrt Sqrt, floor Floor, round Round;
        binary min Min, max Max;
        compare lt Lt, le Le, gt Gt, ge Ge, eq Eq, ne Ne
    }

    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.ternary::<ternary::MulAdd>(factor, addend)
    }

    fn select(mask: Condition<'t>, yes: Self, no: Self) -> Self {
        match mask.0 {
            Known::Now(holds) => {
                if holds {
                    yes
                } else {
                    no
                }
            }
            Known::Later(condition, tape) => tape.number(Op::Select(condition, tape.value(yes), tape.value(no))),
        }
    }

    fn unary_function<F: UnaryFunction>(self) -> Self {
        self.unary::<F>()
    }

    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        self.binary::<F>(other)
    }

    fn unary<O: UnaryOperator>(self) -> Self {
        match self.0 {
            Known::Now(a) => Symbol(Known::Now(a.unary::<O>())),
            Known::Later(a, tape) => tape.number(Op::Unary(O::OPERATOR, a)),
        }
    }

    fn binary<O: BinaryOperator>(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Known::Now(a), Known::Now(b)) => Symbol(Known::Now(a.binary::<O>(b))),
            (Known::Later(_, tape), _) | (_, Known::Later(_, tape)) => {
                tape.number(Op::Binary(O::OPERATOR, tape.value(self), tape.value(other)))
            }
        }
    }

    fn ternary<O: TernaryOperator>(self, second: Self, third: Self) -> Self {
        match (self.0, second.0, third.0) {
            (Known::Now(a), Known::Now(b), Known::Now(c)) => Symbol(Known::Now(a.ternary::<O>(b, c))),
            (Known::Later(_, tape), ..) | (_, Known::Later(_, tape), _) | (.., Known::Later(_, tape)) => {
                tape.number(Op::Ternary(O::OPERATOR, tape.value(self), tape.value(second), tape.value(third)))
            }
        }
    }

    fn compare<O: CompareOperator>(self, other: Self) -> Condition<'t> {
        match (self.0, other.0) {
            (Known::Now(a), Known::Now(b)) => Condition(Known::Now(a.compare::<O>(b))),
            (Known::Later(_, tape), _) | (_, Known::Later(_, tape)) => {
                tape.condition(Op::Compare(O::OPERATOR, tape.value(self), tape.value(other)))
            }
        }
    }

    fn test<O: TestOperator>(self) -> Condition<'t> {
        match self.0 {
            Known::Now(a) => Condition(Known::Now(a.test::<O>())),
            Known::Later(a, tape) => tape.condition(Op::Test(O::OPERATOR, a)),
        }
    }
}

impl Mask for Condition<'_> {}

impl Condition<'_> {
    fn logic(self, op: Logic, other: Self, now: fn(bool, bool) -> bool) -> Self {
        match (self.0, other.0) {
            (Known::Now(a), Known::Now(b)) => Condition(Known::Now(now(a, b))),
            (Known::Later(_, tape), _) | (_, Known::Later(_, tape)) => {
                tape.condition(Op::Logic(op, tape.condition_value(self), tape.condition_value(other)))
            }
        }
    }
}

impl BitAnd for Condition<'_> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.logic(Logic::And, other, |a, b| a & b)
    }
}

impl BitOr for Condition<'_> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.logic(Logic::Or, other, |a, b| a | b)
    }
}

impl Not for Condition<'_> {
    type Output = Self;
    fn not(self) -> Self {
        match self.0 {
            Known::Now(holds) => Condition(Known::Now(!holds)),
            Known::Later(condition, tape) => tape.condition(Op::Not(condition)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula;

    formula! { fn Cubic(x) { x + x * x + x * x * x } }
    formula! { fn Folded(x) { T::constant(2) * T::constant(3) + x * (T::constant(1) - T::constant(1)) } }
    formula! { fn Wasteful(x, y) { let _unused = y.sqrt(); x } }

    #[test]
    fn a_common_subexpression_is_computed_once() {
        let text = trace(&Cubic).to_string();
        assert_eq!(text, "v0 = input x\nv1 = mul v0 v0\nv2 = add v0 v1\nv3 = mul v1 v0\nv4 = add v2 v3\n");
    }

    #[test]
    fn constants_fold_and_nothing_else_is_simplified() {
        let text = trace(&Folded).to_string();
        assert_eq!(text, "v0 = input x\nv1 = constant 0.0\nv2 = mul v0 v1\nv3 = constant 6.0\nv4 = add v3 v2\n");
    }

    #[test]
    fn what_is_not_used_is_left_out() {
        let program = trace(&Wasteful);
        assert_eq!(program.to_string(), "v0 = input x\n");
        assert_eq!(program.inputs(), ["x", "y"]);
    }
}
