//! Applies operators and functions to operands, and reports mistakes in their types and numbers.

use std::ops::Range;

use super::ParseError;
use super::function::{Function, named};
use crate::formula::program::{Binary, Compare, Logic};
use crate::formula::reduction::Reduction;
use crate::formula::trace::{Condition, Symbol};
use crate::num::Num;

/// The largest exponent for which a power is a product.
pub const LARGEST_EXPONENT: u32 = 4;

/// The value of an expression.
#[derive(Clone, Copy)]
pub(super) enum Typed<'p> {
    Number(Symbol<'p>),
    Condition(Condition<'p>),
    /// An input that may be a number or a condition.
    Open(Symbol<'p>),
    /// A reduction, which must be the outermost operation.
    Folded(Reduction, Symbol<'p>),
}

/// An expression that has been read, and its position.
pub(super) struct Operand<'p> {
    pub(super) typed: Typed<'p>,
    pub(super) at: Range<usize>,
    /// The last operand of a comparison without parentheses, with which a chained comparison continues.
    pub(super) last: Option<Symbol<'p>>,
}

/// Converts a number to a condition: whether it is not 0.
pub(super) fn as_condition(number: Symbol<'_>) -> Condition<'_> {
    number.ne(Symbol::constant(0))
}

/// Converts a condition to a number.
pub(super) fn as_number(condition: Condition<'_>) -> Symbol<'_> {
    Symbol::select(condition, Symbol::constant(1), Symbol::constant(0))
}

impl<'p> Operand<'p> {
    pub(super) fn new(typed: Typed<'p>, at: Range<usize>) -> Self {
        Operand { typed, at, last: None }
    }

    fn number(&self, text: &str) -> Result<Symbol<'p>, ParseError> {
        match self.typed {
            Typed::Number(symbol) | Typed::Open(symbol) => Ok(symbol),
            Typed::Condition(condition) => Ok(as_number(condition)),
            Typed::Folded(fold, _) => {
                let message = format!("{fold} must be the outermost operation, around the whole formula");
                Err(ParseError::new(text, self.at.clone(), message))
            }
        }
    }

    fn condition(&self, text: &str, user: &str) -> Result<Condition<'p>, ParseError> {
        match self.typed {
            Typed::Condition(condition) => Ok(condition),
            Typed::Open(symbol) => Ok(as_condition(symbol)),
            Typed::Number(_) => {
                let message = format!("{user} needs a condition, such as (x > 0), but this is a number");
                Err(ParseError::new(text, self.at.clone(), message))
            }
            Typed::Folded(..) => self.number(text).map(|_| unreachable!("a fold is no number")),
        }
    }
}

/// What is begun and not yet ended.
#[derive(Clone, Copy)]
pub(super) enum Pending<'t> {
    Prefix(Prefix),
    Infix(Infix),
    Group,
    /// A call of a function by this name, with this many arguments read before this one.
    Call(&'t str, usize),
}

/// An operator before its operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Plus,
    Minus,
    /// `~`
    Not,
    /// `not`, which binds less tightly than a comparison.
    NotWord,
}

impl Prefix {
    pub(super) fn of(sign: &str) -> Option<Prefix> {
        match sign {
            "+" => Some(Prefix::Plus),
            "-" => Some(Prefix::Minus),
            "~" => Some(Prefix::Not),
            "not" => Some(Prefix::NotWord),
            _ => None,
        }
    }

    /// Returns the precedence, in Python's order.
    fn precedence(self) -> u8 {
        if self == Prefix::NotWord { 3 } else { 9 }
    }

    /// Returns whether it may follow a pending operator: `not` may not follow one of higher precedence.
    pub(super) fn may_follow(self, pending: Pending<'_>) -> bool {
        match pending {
            Pending::Prefix(earlier) => self.precedence() >= earlier.precedence(),
            Pending::Infix(earlier) => self != Prefix::NotWord || self.precedence() > earlier.precedence(),
            Pending::Group | Pending::Call(..) => true,
        }
    }

    pub(super) fn apply<'p>(
        self,
        text: &str,
        at: Range<usize>,
        operand: Operand<'p>,
    ) -> Result<Operand<'p>, ParseError> {
        let typed = match self {
            Prefix::Plus => Typed::Number(operand.number(text)?),
            Prefix::Minus => Typed::Number(-operand.number(text)?),
            Prefix::Not => Typed::Condition(!operand.condition(text, "~")?),
            Prefix::NotWord => Typed::Condition(!operand.condition(text, "`not`")?),
        };
        Ok(Operand::new(typed, at.start..operand.at.end))
    }
}

/// An operator between its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Binary(Binary),
    FloorDivide,
    Power,
    Compare(Compare),
    /// `&` and `|`
    Logic(Logic),
    /// `and` and `or`, which bind less tightly than a comparison.
    Word(Logic),
}

impl Infix {
    pub(super) fn of(sign: &str) -> Option<Infix> {
        Some(match sign {
            "+" => Infix::Binary(Binary::Add),
            "-" => Infix::Binary(Binary::Sub),
            "*" => Infix::Binary(Binary::Mul),
            "/" => Infix::Binary(Binary::Div),
            "%" => Infix::Binary(Binary::Remainder),
            "//" => Infix::FloorDivide,
            "**" => Infix::Power,
            "<" => Infix::Compare(Compare::Lt),
            "<=" => Infix::Compare(Compare::Le),
            ">" => Infix::Compare(Compare::Gt),
            ">=" => Infix::Compare(Compare::Ge),
            "==" => Infix::Compare(Compare::Eq),
            "!=" => Infix::Compare(Compare::Ne),
            "&" => Infix::Logic(Logic::And),
            "|" => Infix::Logic(Logic::Or),
            "and" => Infix::Word(Logic::And),
            "or" => Infix::Word(Logic::Or),
            _ => return None,
        })
    }

    /// Returns the precedence, in Python's order.
    fn precedence(self) -> u8 {
        match self {
            Infix::Word(Logic::Or) => 1,
            Infix::Word(Logic::And) => 2,
            Infix::Compare(_) => 4,
            Infix::Logic(Logic::Or) => 5,
            Infix::Logic(Logic::And) => 6,
            Infix::Binary(Binary::Add | Binary::Sub) => 7,
            Infix::Binary(_) | Infix::FloorDivide => 8,
            Infix::Power => 10,
        }
    }

    /// Returns whether a pending operator is applied first: it has a higher precedence, or the same and is left-associative.
    pub(super) fn waits_for(self, pending: Pending<'_>) -> bool {
        match pending {
            Pending::Prefix(earlier) => earlier.precedence() > self.precedence(),
            Pending::Infix(Infix::Power) if self == Infix::Power => false,
            Pending::Infix(earlier) => earlier.precedence() >= self.precedence(),
            Pending::Group | Pending::Call(..) => false,
        }
    }

    pub(super) fn apply<'p>(self, text: &str, a: Operand<'p>, b: Operand<'p>) -> Result<Operand<'p>, ParseError> {
        let at = a.at.start..b.at.end;
        let typed = match self {
            Infix::Binary(op) => Typed::Number(op.apply(a.number(text)?, b.number(text)?)),
            Infix::Power => Typed::Number(power(a.number(text)?, b.number(text)?)),
            Infix::FloorDivide => Typed::Number(floor_divide(a.number(text)?, b.number(text)?)),
            Infix::Compare(op) => {
                let last = b.number(text)?;
                let condition = match a.last {
                    // As in Python, a < b < c is (a < b) and (b < c).
                    Some(middle) => a.condition(text, "a comparison")? & op.apply(middle, last),
                    None => op.apply(a.number(text)?, last),
                };
                return Ok(Operand { typed: Typed::Condition(condition), at, last: Some(last) });
            }
            Infix::Logic(op) | Infix::Word(op) => {
                let user = match self {
                    Infix::Logic(Logic::And) => "& has a higher precedence than a comparison and",
                    Infix::Logic(Logic::Or) => "| has a higher precedence than a comparison and",
                    _ if op == Logic::And => "`and`",
                    _ => "`or`",
                };
                let (a, b) = (a.condition(text, user)?, b.condition(text, user)?);
                Typed::Condition(if op == Logic::And { a & b } else { a | b })
            }
        };
        Ok(Operand::new(typed, at))
    }
}

/// Computes `a // b`: the floor of the exact quotient, as in Python and numpy; the quotient itself for a divisor of 0.
///
/// `floor(a / b)` would be 1 too large where the quotient is rounded up to an integer, as for `1 // 0.1`. So the remainder is
/// subtracted first, which leaves an integer multiple of the divisor.
fn floor_divide<'p>(a: Symbol<'p>, b: Symbol<'p>) -> Symbol<'p> {
    let (zero, one) = (Symbol::constant(0), Symbol::constant(1));
    let (quotient, rest) = (a / b, a.fmod(b));
    let below = (rest.lt(zero) & b.gt(zero)) | (rest.gt(zero) & b.lt(zero));
    let whole = ((a - rest) / b).round() - Symbol::select(below, one, zero);
    let signed = Symbol::select(whole.eq(zero), zero.copysign(quotient), whole);
    Symbol::select(b.eq(zero), quotient, signed)
}

/// Computes `base ** exponent`: by products and quotients for a constant integer exponent that keeps them within two ULP, and
/// by the square root for ½, as numpy.
fn power<'p>(base: Symbol<'p>, exponent: Symbol<'p>) -> Symbol<'p> {
    let square = || base * base;
    match exponent.known() {
        // Repeated division does not overflow, unlike the inverse of a power.
        Some(-3.0) => Symbol::constant(1) / base / base / base,
        Some(-2.0) => Symbol::constant(1) / base / base,
        Some(-1.0) => Symbol::constant(1) / base,
        Some(0.0) => Symbol::constant(1),
        Some(0.5) => base.sqrt(),
        Some(1.0) => base,
        Some(2.0) => square(),
        Some(3.0) => square() * base,
        Some(4.0) => square() * square(),
        _ => base.powf(exponent),
    }
}

/// Applies an existing function.
pub(super) fn call<'p>(
    text: &str,
    name: &str,
    at: Range<usize>,
    arguments: &[Operand<'p>],
) -> Result<Operand<'p>, ParseError> {
    let Some(function) = named(name).iter().find(|function| function.arguments() == arguments.len()) else {
        return Err(ParseError::new(text, at, arguments_wanted(name, arguments.len())));
    };
    let number = |index: usize| arguments[index].number(text);
    let typed = match *function {
        Function::Unary(op) => Typed::Number(op.apply(number(0)?)),
        Function::Binary(op) => Typed::Number(op.apply(number(0)?, number(1)?)),
        Function::Ternary(op) => Typed::Number(op.apply(number(0)?, number(1)?, number(2)?)),
        Function::Test(op) => Typed::Condition(op.apply(number(0)?)),
        Function::Where => {
            let condition = arguments[0].condition(text, "where")?;
            match (arguments[1].typed, arguments[2].typed) {
                (Typed::Condition(yes), Typed::Condition(no)) => {
                    Typed::Condition((condition & yes) | (!condition & no))
                }
                _ => Typed::Number(Symbol::select(condition, number(1)?, number(2)?)),
            }
        }
        Function::Reduction(fold) => Typed::Folded(fold, number(0)?),
    };
    Ok(Operand::new(typed, at))
}

/// Returns the message for a wrong number of arguments.
pub(super) fn arguments_wanted(name: &str, given: usize) -> String {
    let wanted: Vec<_> = named(name).iter().map(|function| function.arguments().to_string()).collect();
    let plural = if wanted == ["1"] { "" } else { "s" };
    format!("`{name}` takes {} argument{plural}, found {given}", wanted.join(" or "))
}
