//! What an operator or a function makes of its operands, with the mistakes that only these show.

use std::ops::Range;

use super::ParseError;
use super::Pending;
use super::function::{Function, named};
use crate::fold::Fold;
use crate::num::Num;
use crate::program::{Binary, Compare, Logic};
use crate::trace::{Condition, Symbol};

/// The largest exponent for which a power is written as a product.
pub const LARGEST_EXPONENT: u32 = 4;

/// What an expression gives.
#[derive(Clone, Copy)]
pub(super) enum Typed<'p> {
    Number(Symbol<'p>),
    Condition(Condition<'p>),
    /// All elements in one number: there is nothing more to be done with it.
    Folded(Fold, Symbol<'p>),
}

/// An expression that has been read, and where.
pub(super) struct Operand<'p> {
    pub(super) typed: Typed<'p>,
    pub(super) at: Range<usize>,
    /// Whether it is a comparison without parentheses around it.
    pub(super) bare: bool,
}

/// A condition as a number.
pub(super) fn as_number(condition: Condition<'_>) -> Symbol<'_> {
    Symbol::select(condition, Symbol::constant(1), Symbol::constant(0))
}

impl<'p> Operand<'p> {
    pub(super) fn new(typed: Typed<'p>, at: Range<usize>) -> Self {
        Operand { typed, at, bare: false }
    }

    fn number(&self, text: &str) -> Result<Symbol<'p>, ParseError> {
        match self.typed {
            Typed::Number(symbol) => Ok(symbol),
            Typed::Condition(condition) => Ok(as_number(condition)),
            Typed::Folded(fold, _) => {
                let message = format!("{fold} has to be the outermost operation, around the whole formula");
                Err(ParseError::new(text, self.at.clone(), message))
            }
        }
    }

    fn condition(&self, text: &str, user: &str) -> Result<Condition<'p>, ParseError> {
        match self.typed {
            Typed::Condition(condition) => Ok(condition),
            Typed::Number(_) => {
                let message = format!("{user} needs a condition, such as (x > 0), and this is a number");
                Err(ParseError::new(text, self.at.clone(), message))
            }
            Typed::Folded(..) => self.number(text).map(|_| unreachable!("a fold is no number")),
        }
    }
}

/// An operator before its operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Plus,
    Minus,
    Not,
}

impl Prefix {
    pub(super) fn of(sign: &str) -> Option<Prefix> {
        match sign {
            "+" => Some(Prefix::Plus),
            "-" => Some(Prefix::Minus),
            "~" => Some(Prefix::Not),
            _ => None,
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
        };
        Ok(Operand::new(typed, at.start..operand.at.end))
    }
}

/// An operator between its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Binary(Binary),
    Power,
    Compare(Compare),
    Logic(Logic),
}

impl Infix {
    pub(super) fn of(sign: &str) -> Option<Infix> {
        Some(match sign {
            "+" => Infix::Binary(Binary::Add),
            "-" => Infix::Binary(Binary::Sub),
            "*" => Infix::Binary(Binary::Mul),
            "/" => Infix::Binary(Binary::Div),
            "%" => Infix::Binary(Binary::Remainder),
            "**" => Infix::Power,
            "<" => Infix::Compare(Compare::Lt),
            "<=" => Infix::Compare(Compare::Le),
            ">" => Infix::Compare(Compare::Gt),
            ">=" => Infix::Compare(Compare::Ge),
            "==" => Infix::Compare(Compare::Eq),
            "!=" => Infix::Compare(Compare::Ne),
            "&" => Infix::Logic(Logic::And),
            "|" => Infix::Logic(Logic::Or),
            _ => return None,
        })
    }

    /// How tightly it binds, in Python's order.
    fn precedence(self) -> u8 {
        match self {
            Infix::Compare(_) => 1,
            Infix::Logic(Logic::Or) => 2,
            Infix::Logic(Logic::And) => 3,
            Infix::Binary(Binary::Add | Binary::Sub) => 4,
            Infix::Binary(_) => 5,
            Infix::Power => 7,
        }
    }

    /// Whether what is pending has to be applied before this is: it binds tighter, or as tightly and stands to the left.
    pub(super) fn waits_for(self, pending: Pending<'_>) -> bool {
        /// That of `+`, `-` and `~` before an operand.
        const PREFIX: u8 = 6;
        match pending {
            Pending::Prefix(_) => PREFIX > self.precedence(),
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
            Infix::Compare(op) => {
                // Python's a < b < c means both; numpy refuses it, since there the two would be arrays.
                if a.bare {
                    let message = "comparisons do not chain; write (a < b) & (b < c), or parentheses around the first";
                    return Err(ParseError::new(text, at, message));
                }
                let typed = Typed::Condition(op.apply(a.number(text)?, b.number(text)?));
                return Ok(Operand { typed, at, bare: true });
            }
            Infix::Logic(op) => {
                let user = if op == Logic::And {
                    "& binds tighter than a comparison and"
                } else {
                    "| binds tighter than a comparison and"
                };
                let (a, b) = (a.condition(text, user)?, b.condition(text, user)?);
                Typed::Condition(if op == Logic::And { a & b } else { a | b })
            }
        };
        Ok(Operand::new(typed, at))
    }
}

/// `base ** exponent`: products and quotients for a whole exponent that is known and so small that they stay within two ULP,
/// and numpy's square root for a half.
fn power<'p>(base: Symbol<'p>, exponent: Symbol<'p>) -> Symbol<'p> {
    let square = || base * base;
    match exponent.known() {
        // Divided step by step, a power does not overflow before it is inverted.
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

/// The call of a function that there is.
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
            Typed::Number(Symbol::select(condition, number(1)?, number(2)?))
        }
        Function::Fold(fold) => Typed::Folded(fold, number(0)?),
    };
    Ok(Operand::new(typed, at))
}

/// What to say if a function is given another number of arguments than it takes.
pub(super) fn arguments_wanted(name: &str, given: usize) -> String {
    let wanted: Vec<_> = named(name).iter().map(|function| function.arguments().to_string()).collect();
    let plural = if wanted == ["1"] { "" } else { "s" };
    format!("`{name}` takes {} argument{plural}, found {given}", wanted.join(" or "))
}
