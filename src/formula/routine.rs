//! Traces the functions that programs call, which are written over [`Bits`].

use std::num::Wrapping;
use std::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use crate::formula::inst::{Bitwise, Inst, Integer, MODULO, Routine};
use crate::formula::tape::{Known, Tape};
use crate::formula::trace::{Condition, Symbol};
use crate::num::bits::{Bits, Rare, Single, Word};
use crate::num::operator::{BinaryFunction, UnaryFunction};

/// Returns the routine of a function of one number. NaN gives NaN, whatever a shader's compiler makes of the arithmetic.
pub(crate) fn unary<F: UnaryFunction>() -> Routine {
    routine(1, |[x, _]| F::lanes(x).or_nan(x))
}

/// Returns the routine of a function of two numbers.
pub(crate) fn binary<F: BinaryFunction>() -> Routine {
    routine(2, |[x, y]| F::lanes(x, y))
}

#[cfg(test)]
thread_local! {
    /// The number of routines that this thread has traced.
    pub(crate) static TRACED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn routine(parameters: usize, body: impl for<'t> FnOnce([Symbol<'t>; 2]) -> Symbol<'t>) -> Routine {
    #[cfg(test)]
    TRACED.set(TRACED.get() + 1);
    let tape = Tape::expanding();
    let result = tape.value(body([tape.input(0), tape.input(1)]));
    tape.routine(parameters, result)
}

/// A word of a routine that is traced.
#[derive(Clone, Copy)]
pub struct SymbolWord<'t>(Known<'t, u32>);

impl<'t> SymbolWord<'t> {
    fn with(self, op: Bitwise, now: impl FnOnce(Wrapping<u32>) -> Wrapping<u32>) -> Self {
        SymbolWord(self.0.map(|word| now(Wrapping(word)).0, |word| Inst::Bitwise(op, word)))
    }

    fn integer(
        self,
        op: Integer,
        other: Self,
        now: impl FnOnce(Wrapping<u32>, Wrapping<u32>) -> Wrapping<u32>,
    ) -> Self {
        let now = |a, b| now(Wrapping(a), Wrapping(b)).0;
        SymbolWord(self.0.zip(other.0, now, |a, b| Inst::Integer(op, a, b)))
    }

    fn compare(
        self,
        op: Integer,
        other: Self,
        now: impl FnOnce(Wrapping<u32>, Wrapping<u32>) -> bool,
    ) -> Condition<'t> {
        let now = |a, b| now(Wrapping(a), Wrapping(b));
        Condition(self.0.zip(other.0, now, |a, b| Inst::Integer(op, a, b)))
    }
}

macro_rules! infix {
    ($($trait:ident $method:ident $op:ident),+) => {$(
        impl $trait for SymbolWord<'_> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.integer(Integer::$op, other, $trait::$method)
            }
        }
    )+};
}

infix!(Add add Add, Sub sub Sub, BitAnd bitand And, BitOr bitor Or, BitXor bitxor Xor);

impl<'t> Word for SymbolWord<'t> {
    type Mask = Condition<'t>;

    fn constant(word: u32) -> Self {
        SymbolWord(Known::Now(word))
    }
    fn shl(self, count: u32) -> Self {
        self.with(Bitwise::Left(count), |word| Word::shl(word, count))
    }
    fn shr(self, count: u32) -> Self {
        self.with(Bitwise::Right(count), |word| Word::shr(word, count))
    }
    fn sar(self, count: u32) -> Self {
        self.with(Bitwise::Arithmetic(count), |word| Word::sar(word, count))
    }
    fn eq(self, other: Self) -> Condition<'t> {
        self.compare(Integer::Eq, other, Word::eq)
    }
    fn lt(self, other: Self) -> Condition<'t> {
        self.compare(Integer::Lt, other, Word::lt)
    }
    fn select(mask: Condition<'t>, yes: Self, no: Self) -> Self {
        SymbolWord(Known::select(mask.0, yes.0, no.0))
    }
}

impl<'t> Bits for Symbol<'t> {
    type Word = SymbolWord<'t>;

    const FUSES: bool = false;

    fn or_nan(self, operand: Self) -> Self {
        Symbol(self.0.zip(operand.0, |number, _| number, Inst::OrNan))
    }
    fn opaque(self) -> Self {
        Symbol(self.0.map(|number| number, |number| Inst::Bitwise(Bitwise::Opaque, number)))
    }
    fn to_bits(self) -> SymbolWord<'t> {
        SymbolWord(self.0.map(f32::to_bits, |number| Inst::Bitwise(Bitwise::ToBits, number)))
    }
    fn from_bits(bits: SymbolWord<'t>) -> Self {
        Symbol(bits.0.map(f32::from_bits, |bits| Inst::Bitwise(Bitwise::FromBits, bits)))
    }
    fn to_word(self) -> SymbolWord<'t> {
        SymbolWord(self.0.map(|number| Bits::to_word(number).0, |number| Inst::Bitwise(Bitwise::ToInteger, number)))
    }
    fn from_word(word: SymbolWord<'t>) -> Self {
        Symbol(word.0.map(|word| f32::from_word(Wrapping(word)), |word| Inst::Bitwise(Bitwise::FromInteger, word)))
    }
    fn any(_mask: Condition<'t>) -> bool {
        true
    }
    fn within(self, low: f32, high: f32) -> Self {
        let op = Bitwise::Within(low.into(), high.into());
        Symbol(self.0.map(|number| Bits::within(number, low, high), |number| Inst::Bitwise(op, number)))
    }
    fn modulo(self, other: Self) -> Self {
        Symbol(self.0.zip(other.0, Bits::modulo, |a, b| Inst::Call2(MODULO, a, b)))
    }
    fn rare<R: Rare>(self, mask: Condition<'t>, usual: Self) -> Self {
        match mask.0 {
            Known::Now(true) => R::one(self),
            Known::Now(false) => usual,
            Known::Later(condition, tape) => {
                tape.call(R::NAME, || routine(1, |[x, _]| R::one(x)));
                let inst = Inst::Rare(R::NAME, self.0.on(tape), condition, usual.0.on(tape));
                Symbol(Known::later(tape, inst))
            }
        }
    }
}

impl Single for Symbol<'_> {
    fn product(a: Self::Word, b: Self::Word) -> Self::Word {
        a.integer(Integer::Mul, b, |a, b| a * b)
    }
    fn shift_left(word: Self::Word, count: Self::Word) -> Self::Word {
        word.integer(Integer::Left, count, f32::shift_left)
    }
    fn shift_right(word: Self::Word, count: Self::Word) -> Self::Word {
        word.integer(Integer::Right, count, f32::shift_right)
    }
}
