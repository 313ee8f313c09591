//! Writing the mathematical functions as WGSL, by running them once on symbols.
//!
//! As [`trace`](crate::formula::trace) does for a formula, but a level below: the symbols here are also words, and what they write
//! down is WGSL itself, a line for each operation. A formula's symbols write a function down as one operation.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use crate::kernel::wgsl::literal;
use crate::num::bits::{Bits, Rare, Single, Word};
use crate::num::operator::{
    BinaryFunction, BinaryOperator, CompareOperator, TernaryOperator, TestOperator, UnaryFunction, UnaryOperator,
};
use crate::num::operator::{binary, compare, ternary, unary};
use crate::num::{Mask, Num};

/// The exact remainder, by hand: it loops.
const MODULO: &str = include_str!("../../../shaders/modulo.wgsl");

thread_local! {
    /// The functions being written, the innermost last. A constant of a symbol comes from nowhere, so that the symbols
    /// cannot bring along where they are written down.
    static TAPES: RefCell<Vec<Tape>> = const { RefCell::new(Vec::new()) };
}

/// WGSL functions by name, with whatever each of them calls.
pub(crate) type Functions = BTreeMap<&'static str, String>;

/// One function being written.
#[derive(Default)]
struct Tape {
    lines: Vec<Line>,
    seen: HashMap<String, u32>,
    calls: Functions,
}

/// What one value is, and what it is made of.
struct Line {
    statement: Statement,
    operands: Vec<u32>,
}

enum Statement {
    /// Written wherever it is used: a constant, or a parameter.
    Inline(String),
    /// `let` it be an expression.
    Let(String),
    /// A value, and an expression instead of it where a condition holds.
    Unless { usual: u32, condition: u32, call: String },
}

impl Tape {
    fn name(&self, value: u32) -> String {
        match &self.lines[value as usize].statement {
            Statement::Inline(text) => text.clone(),
            _ => format!("t{value}"),
        }
    }

    fn push(&mut self, key: String, statement: Statement, operands: &[u32]) -> u32 {
        let next = self.lines.len() as u32;
        *self.seen.entry(key).or_insert_with(|| {
            self.lines.push(Line { statement, operands: operands.to_vec() });
            next
        })
    }

    /// The lines that `result` needs, and its return.
    fn body(&self, result: u32) -> String {
        let mut needed = vec![false; self.lines.len()];
        needed[result as usize] = true;
        for index in (0..self.lines.len()).rev().filter(|index| *index <= result as usize) {
            if needed[index] {
                self.lines[index].operands.iter().for_each(|operand| needed[*operand as usize] = true);
            }
        }
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate().filter(|(index, _)| needed[*index]) {
            _ = match &line.statement {
                Statement::Inline(_) => Ok(()),
                Statement::Let(expression) => writeln!(text, "    let t{index} = {expression};"),
                Statement::Unless { usual, condition, call } => {
                    let (usual, condition) = (self.name(*usual), self.name(*condition));
                    writeln!(
                        text,
                        "    var t{index} = {usual};\n    if {condition} {{\n        t{index} = {call};\n    }}"
                    )
                }
            };
        }
        _ = writeln!(text, "    return {};", self.name(result));
        text
    }
}

/// Writes something down in the innermost function.
fn on_tape<T>(write: impl FnOnce(&mut Tape) -> T) -> T {
    TAPES.with_borrow_mut(|tapes| match tapes.last_mut() {
        Some(tape) => write(tape),
        None => unreachable!("a sketch outside of a function"),
    })
}

fn inline(text: String) -> u32 {
    on_tape(|tape| tape.push(text.clone(), Statement::Inline(text), &[]))
}

/// An expression of values, which take the places `{0}`, `{1}`, …
fn expression(template: &str, operands: &[u32]) -> u32 {
    on_tape(|tape| {
        let mut text = template.to_owned();
        for (position, operand) in operands.iter().enumerate() {
            text = text.replace(&format!("{{{position}}}"), &tape.name(*operand));
        }
        tape.push(text.clone(), Statement::Let(text), operands)
    })
}

#[cfg(test)]
thread_local! {
    /// How many functions this thread has written.
    pub(crate) static WRITTEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Writes a function of these parameters, and takes over the ones that it calls.
fn write(name: &'static str, parameters: &[&str], body: impl FnOnce() -> Sketch) -> Functions {
    #[cfg(test)]
    WRITTEN.set(WRITTEN.get() + 1);
    TAPES.with_borrow_mut(|tapes| tapes.push(Tape::default()));
    let result = body();
    let tape = TAPES.with_borrow_mut(Vec::pop).unwrap_or_default();
    let parameters: Vec<_> = parameters.iter().map(|parameter| format!("{parameter}: f32")).collect();
    let text = format!("fn {name}({}) -> f32 {{\n{}}}\n", parameters.join(", "), tape.body(result.0));
    let mut functions = tape.calls;
    functions.insert(name, text);
    functions
}

/// The WGSL function of an operator on one number. NaN is its own, whatever the shader's arithmetic makes of it.
pub(crate) fn unary<F: UnaryFunction>(name: &'static str) -> Functions {
    write(name, &["x"], || {
        let x = Sketch(inline("x".to_owned()));
        F::lanes(x).or_nan(x)
    })
}

/// The WGSL function of an operator on two numbers.
pub(crate) fn binary<F: BinaryFunction>(name: &'static str) -> Functions {
    write(name, &["x", "y"], || F::lanes(Sketch(inline("x".to_owned())), Sketch(inline("y".to_owned()))))
}

/// A number of a function being written.
#[derive(Clone, Copy)]
pub(crate) struct Sketch(u32);

/// A word of a function being written.
#[derive(Clone, Copy)]
pub(crate) struct SketchWord(u32);

/// A condition of a function being written.
#[derive(Clone, Copy)]
pub(crate) struct SketchMask(u32);

macro_rules! infix {
    ($($type:ident $trait:ident $method:ident $template:literal;)+) => {$(
        impl $trait for $type {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                $type(expression($template, &[self.0, other.0]))
            }
        }
    )+};
}

infix! {
    Sketch Add add "{0} + {1}";
    Sketch Sub sub "{0} - {1}";
    Sketch Mul mul "{0} * {1}";
    Sketch Div div "{0} / {1}";
    SketchWord Add add "{0} + {1}";
    SketchWord Sub sub "{0} - {1}";
    SketchWord BitAnd bitand "{0} & {1}";
    SketchWord BitOr bitor "{0} | {1}";
    SketchWord BitXor bitxor "{0} ^ {1}";
    SketchMask BitAnd bitand "{0} & {1}";
    SketchMask BitOr bitor "{0} | {1}";
}

impl Neg for Sketch {
    type Output = Self;
    fn neg(self) -> Self {
        Sketch(expression("-{0}", &[self.0]))
    }
}

impl Not for SketchMask {
    type Output = Self;
    fn not(self) -> Self {
        SketchMask(expression("!{0}", &[self.0]))
    }
}

impl Mask for SketchMask {}

/// Writes the required methods of [`Num`] as the operators that they are.
macro_rules! required {
    (unary $($unary:ident $unary_op:ident),+; binary $($binary:ident $binary_op:ident),+; compare $($compare:ident $compare_op:ident),+) => {
        $(fn $unary(self) -> Self {
            self.unary::<unary::$unary_op>()
        })+
        $(fn $binary(self, other: Self) -> Self {
            self.binary::<binary::$binary_op>(other)
        })+
        $(fn $compare(self, other: Self) -> SketchMask {
            self.compare::<compare::$compare_op>(other)
        })+
    };
}

impl Num for Sketch {
    type Mask = SketchMask;

    fn constant(value: impl Into<f64>) -> Self {
        Sketch(inline(literal(f32::constant(value))))
    }

    required! {
        unary abs Abs, sqrt Sqrt, floor Floor, round Round;
        binary min Min, max Max;
        compare lt Lt, le Le, gt Gt, ge Ge, eq Eq, ne Ne
    }

    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.ternary::<ternary::MulAdd>(factor, addend)
    }
    fn select(mask: SketchMask, yes: Self, no: Self) -> Self {
        Sketch(expression("select({2}, {1}, {0})", &[mask.0, yes.0, no.0]))
    }
    fn unary_function<F: UnaryFunction>(self) -> Self {
        F::lanes(self)
    }
    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        F::lanes(self, other)
    }
    fn unary<O: UnaryOperator>(self) -> Self {
        Sketch(expression(O::OPERATOR.wgsl(), &[self.0]))
    }
    fn binary<O: BinaryOperator>(self, other: Self) -> Self {
        Sketch(expression(O::OPERATOR.wgsl(), &[self.0, other.0]))
    }
    fn ternary<O: TernaryOperator>(self, second: Self, third: Self) -> Self {
        Sketch(expression(O::OPERATOR.wgsl(), &[self.0, second.0, third.0]))
    }
    fn compare<O: CompareOperator>(self, other: Self) -> SketchMask {
        SketchMask(expression(O::OPERATOR.wgsl(), &[self.0, other.0]))
    }
    fn test<O: TestOperator>(self) -> SketchMask {
        SketchMask(expression(O::OPERATOR.wgsl(), &[self.0]))
    }
}

impl Word for SketchWord {
    type Mask = SketchMask;

    fn constant(word: u32) -> Self {
        SketchWord(inline(format!("{word:#x}u")))
    }
    fn shl(self, count: u32) -> Self {
        SketchWord(expression(&format!("{{0}} << {count}u"), &[self.0]))
    }
    fn shr(self, count: u32) -> Self {
        SketchWord(expression(&format!("{{0}} >> {count}u"), &[self.0]))
    }
    fn sar(self, count: u32) -> Self {
        SketchWord(expression(&format!("bitcast<u32>(bitcast<i32>({{0}}) >> {count}u)"), &[self.0]))
    }
    fn eq(self, other: Self) -> SketchMask {
        SketchMask(expression("{0} == {1}", &[self.0, other.0]))
    }
    fn lt(self, other: Self) -> SketchMask {
        SketchMask(expression("bitcast<i32>({0}) < bitcast<i32>({1})", &[self.0, other.0]))
    }
    fn select(mask: SketchMask, yes: Self, no: Self) -> Self {
        SketchWord(expression("select({2}, {1}, {0})", &[mask.0, yes.0, no.0]))
    }
}

impl Bits for Sketch {
    type Word = SketchWord;

    const FUSES: bool = false;

    fn or_nan(self, operand: Self) -> Self {
        on_tape(|tape| {
            let text = format!("special_or({}, special_nan({}))", tape.name(self.0), tape.name(operand.0));
            Sketch(tape.push(text.clone(), Statement::Inline(text), &[self.0, operand.0]))
        })
    }
    fn opaque(self) -> Self {
        Sketch(expression("bitcast<f32>(bitcast<u32>({0}) | params.zero)", &[self.0]))
    }
    fn to_bits(self) -> SketchWord {
        SketchWord(expression("bitcast<u32>({0})", &[self.0]))
    }
    fn from_bits(bits: SketchWord) -> Self {
        Sketch(expression("bitcast<f32>({0})", &[bits.0]))
    }
    fn to_word(self) -> SketchWord {
        SketchWord(expression("bitcast<u32>(i32({0}))", &[self.0]))
    }
    fn from_word(word: SketchWord) -> Self {
        Sketch(expression("f32(bitcast<i32>({0}))", &[word.0]))
    }
    fn any(_mask: SketchMask) -> bool {
        true
    }
    fn within(self, low: f32, high: f32) -> Self {
        Sketch(expression(&format!("clamp({{0}}, {}, {})", literal(low), literal(high)), &[self.0]))
    }
    fn modulo(self, other: Self) -> Self {
        on_tape(|tape| tape.calls.insert("exact_modulo", MODULO.to_owned()));
        Sketch(expression("exact_modulo({0}, {1})", &[self.0, other.0]))
    }
    fn rare<R: Rare>(self, mask: SketchMask, usual: Self) -> Self {
        let functions = write(R::NAME, &["x"], || R::one(Sketch(inline("x".to_owned()))));
        on_tape(|tape| {
            tape.calls.extend(functions);
            let call = format!("{}({})", R::NAME, tape.name(self.0));
            let key = format!("{call} where {} else {}", tape.name(mask.0), tape.name(usual.0));
            let statement = Statement::Unless { usual: usual.0, condition: mask.0, call };
            Sketch(tape.push(key, statement, &[self.0, mask.0, usual.0]))
        })
    }
}

impl Single for Sketch {
    fn product(a: SketchWord, b: SketchWord) -> SketchWord {
        SketchWord(expression("{0} * {1}", &[a.0, b.0]))
    }
    fn shift_left(word: SketchWord, count: SketchWord) -> SketchWord {
        SketchWord(expression("{0} << {1}", &[word.0, count.0]))
    }
    fn shift_right(word: SketchWord, count: SketchWord) -> SketchWord {
        SketchWord(expression("{0} >> {1}", &[word.0, count.0]))
    }
}
