//! Traces formulas: runs them on symbols to get their programs.
//!
//! A [`Symbol`] is a [`Num`] that computes nothing: each operation on it is recorded. Running a formula once on symbols
//! therefore yields the operations that it would do on numbers, as a [`Program`]. Operations on constants alone are done at
//! once, in `f32`, so that they give the bits that they would give at run time.
//!
//! The same symbols have bits, so that the functions that programs call are traced, too.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::formula::Formula;
use crate::formula::inst::Inst;
use crate::formula::program::{Logic, Op, Output, Program, Value};
use crate::formula::tape::{Known, Tape};
use crate::num::operator::{
    BinaryFunction, BinaryOperator, CompareOperator, TernaryOperator, TestOperator, UnaryFunction, UnaryOperator,
};
use crate::num::operator::{binary, compare, ternary, unary};
use crate::num::{Mask, Num};

/// Returns the program of a formula.
pub fn trace<F: Formula<N>, const N: usize>(formula: &F) -> Program {
    let tape = Tape::default();
    let value = tape.value(formula.eval(std::array::from_fn(|index| tape.input(index))));
    tape.program(formula.inputs(), vec![Output { value, reduction: None }])
}

impl Tape {
    /// Returns the element of an input.
    pub(crate) fn input(&self, index: usize) -> Symbol<'_> {
        Symbol(Known::later(self, Inst::Op(Op::Input(index))))
    }

    /// Returns the value of a symbol, which for a constant is only now recorded.
    pub(crate) fn value(&self, symbol: Symbol<'_>) -> Value {
        symbol.0.on(self)
    }

    /// Does the same as [`value`](Tape::value) for a condition.
    pub(crate) fn condition_value(&self, condition: Condition<'_>) -> Value {
        condition.0.on(self)
    }
}

/// A number of a program that is traced.
#[derive(Clone, Copy)]
pub struct Symbol<'t>(pub(super) Known<'t, f32>);

/// A condition of a program that is traced.
#[derive(Clone, Copy)]
pub struct Condition<'t>(pub(super) Known<'t, bool>);

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
    /// Returns the value, if it is known before the program runs.
    pub(crate) fn known(self) -> Option<f32> {
        self.0.now()
    }
}

/// Defines the required methods of [`Num`] as the operators that they are.
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
        Symbol(Known::select(mask.0, yes.0, no.0))
    }

    fn unary_function<F: UnaryFunction>(self) -> Self {
        match self.0 {
            Known::Later(_, tape) if tape.expands() => F::lanes(self),
            _ => self.unary::<F>(),
        }
    }

    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Known::Later(_, tape), _) | (_, Known::Later(_, tape)) if tape.expands() => F::lanes(self, other),
            _ => self.binary::<F>(other),
        }
    }

    fn unary<O: UnaryOperator>(self) -> Self {
        Symbol(self.0.map(|a| a.unary::<O>(), |a| Inst::Op(Op::Unary(O::OPERATOR, a))))
    }

    fn binary<O: BinaryOperator>(self, other: Self) -> Self {
        Symbol(self.0.zip(other.0, |a, b| a.binary::<O>(b), |a, b| Inst::Op(Op::Binary(O::OPERATOR, a, b))))
    }

    fn ternary<O: TernaryOperator>(self, second: Self, third: Self) -> Self {
        let inst = |[a, b, c]: [Value; 3]| Inst::Op(Op::Ternary(O::OPERATOR, a, b, c));
        Symbol(Known::zip3([self.0, second.0, third.0], |[a, b, c]| a.ternary::<O>(b, c), inst))
    }

    fn compare<O: CompareOperator>(self, other: Self) -> Condition<'t> {
        let inst = |a, b| Inst::Op(Op::Compare(O::OPERATOR, a, b));
        Condition(self.0.zip(other.0, |a, b| a.compare::<O>(b), inst))
    }

    fn test<O: TestOperator>(self) -> Condition<'t> {
        Condition(self.0.map(|a| a.test::<O>(), |a| Inst::Op(Op::Test(O::OPERATOR, a))))
    }
}

impl Mask for Condition<'_> {}

impl BitAnd for Condition<'_> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Condition(self.0.zip(other.0, |a, b| a & b, |a, b| Inst::Op(Op::Logic(Logic::And, a, b))))
    }
}

impl BitOr for Condition<'_> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Condition(self.0.zip(other.0, |a, b| a | b, |a, b| Inst::Op(Op::Logic(Logic::Or, a, b))))
    }
}

impl Not for Condition<'_> {
    type Output = Self;
    fn not(self) -> Self {
        Condition(self.0.map(|a| !a, |a| Inst::Op(Op::Not(a))))
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
