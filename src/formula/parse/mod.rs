//! The parser: the language of formulas.
//!
//! Numbers (`2`, `1e-3`, `1_000`), names, `+ - * / // % **`, unary `-`, comparisons (`< <= > >= == !=`), `& | ~` and
//! `and or not` between conditions, parentheses, functions, and the constants `pi`, `tau`, `e`, `inf`, `nan`, `True` and
//! `False`.
//! Precedence and associativity are Python's: `-x**2` is `-(x**2)`, `2**3**2` is `2**(3**2)`; `&` has a higher precedence
//! than a comparison, and `and` a lower one. [`Function::all`] lists the functions.
//!
//! * Names other than those of constants are inputs. [`parse_with`] takes names that are inputs even where a constant has the
//!   same name, and which of them are conditions.
//! * A condition used as a number is 1 where it holds, else 0. A number is not a condition; write `x != 0`.
//! * Comparisons chain as in Python: `0 < x < 1` is `(0 < x) & (x < 1)`. `and` and `or` compute both sides.
//! * `where(c, a, b)` of two conditions is a condition.
//! * `a // b` is the floor of the exact quotient, as in Python: exact below 2²², within 2 ULP above. Where `b` is 0 it is
//!   `a / b`.
//! * Typographic signs are read: `−`, `×`, `·`, `÷`, `≤`, `≥`, `≠`, `π`, and superscripts, as in `x²` and `10⁻³`, which have a
//!   higher precedence than `**`.
//! * A power with an integer exponent from −3 to [`LARGEST_EXPONENT`] is a product or quotient: `x**3` is `(x*x)*x`, `x**-2` is
//!   `1/x/x`; `x**0.5` is `sqrt(x)`. Any other power is the function `power`. All of them are within 2 ULP.
//! * `%` is numpy's `remainder`: the result has the divisor's sign.
//! * Common subexpressions are computed once, and constants are folded in `f32`; nothing else is rearranged.
//! * A reduction (`sum`, `mean`, `min`, `max`, `prod`, `std`, `var`, `any`, `all`, `argmin`, `argmax`, `nansum`, `nanmin` and
//!   `nanmax` of one argument) must be the outermost operation. `any` and `all` give a condition; NaN counts as true, as in
//!   numpy.
//!
//! The parser has its own stack, as in E. W. Dijkstra's shunting yard (1961), so the nesting depth is unlimited, and its time
//! is linear in the length of the text.

mod apply;
mod function;
mod token;

use std::collections::HashMap;
use std::ops::Range;

pub use crate::error::ParseError;
pub use apply::LARGEST_EXPONENT;
use apply::{Infix, Operand, Pending, Prefix, Typed};
pub use function::Function;
use function::{named, nearest_name};
use token::{Token, next};

use crate::formula::program::{Output, Program};
use crate::formula::tape::Tape;
use crate::formula::trace::Symbol;
use crate::num::Num;
use crate::text::shortened;

/// The maximum length of a formula in bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// The constants by name.
const CONSTANTS: [(&str, f64); 7] = [
    ("pi", std::f64::consts::PI),
    ("π", std::f64::consts::PI),
    ("tau", std::f64::consts::TAU),
    ("τ", std::f64::consts::TAU),
    ("e", std::f64::consts::E),
    ("inf", f64::INFINITY),
    ("nan", f64::NAN),
];

/// The constants that are conditions.
const TRUTHS: [(&str, bool); 2] = [("True", true), ("False", false)];

/// Returns the constant that differs from `name` only in case, if any: `pi` for `PI`.
pub fn constant_like(name: &str) -> Option<&'static str> {
    let numbers = CONSTANTS.iter().map(|(constant, _)| *constant);
    let mut all = numbers.chain(TRUTHS.iter().map(|(constant, _)| *constant));
    all.find(|constant| constant.to_lowercase() == name.to_lowercase())
}

/// An input declared before parsing, and its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input<'a> {
    name: &'a str,
    condition: bool,
}

impl<'a> Input<'a> {
    /// Creates an input that is a number, the default for undeclared names.
    pub const fn number(name: &'a str) -> Self {
        Input { name, condition: false }
    }

    /// Creates an input that is a condition: it holds where the number is not 0, like the bytes of a `bool` array.
    pub const fn condition(name: &'a str) -> Self {
        Input { name, condition: true }
    }
}

/// Parses a formula into a program. Its inputs are in the order of their first use.
///
/// ```
/// let program = crossover::parse::parse("a*x + y")?;
/// assert_eq!(program.inputs(), ["a", "x", "y"]);
/// let wrong = crossover::parse::parse("squrt(x)").unwrap_err();
/// assert_eq!(wrong.message(), "there is no function `squrt`; did you mean `sqrt`?");
/// # Ok::<(), crossover::parse::ParseError>(())
/// ```
///
/// # Errors
///
/// [`ParseError`] if it is not a formula, or longer than [`MAX_LENGTH`].
pub fn parse(text: &str) -> Result<Program, ParseError> {
    parse_with(text, &[])
}

/// Parses a formula in which these names are inputs, even where a constant has the same name. Names that the text does not
/// contain are ignored.
///
/// ```
/// use crossover::parse::{Input, parse, parse_with};
///
/// assert_eq!(parse("m*e")?.inputs(), ["m"]);
/// assert_eq!(parse_with("m*e", &[Input::number("e")])?.inputs(), ["m", "e"]);
/// assert!(parse("valid & (x > 0)").is_err());
/// let both = parse_with("valid & (x > 0)", &[Input::condition("valid")])?;
/// assert_eq!(both.output_type(0), crossover::Type::Bool);
/// # Ok::<(), crossover::parse::ParseError>(())
/// ```
///
/// # Errors
///
/// As [`parse`].
pub fn parse_with(text: &str, inputs: &[Input<'_>]) -> Result<Program, ParseError> {
    let kind = |input: &Input<'_>| if input.condition { Kind::Condition } else { Kind::Number };
    read(text, inputs.iter().map(|input| (input.name, kind(input))).collect(), Kind::Number)
}

/// Returns the names of a formula's inputs in the order of their first use, before it is known which are conditions. `given`
/// names are inputs even where a constant has the same name.
///
/// # Errors
///
/// As [`parse`], except for mistakes in conditions.
pub fn inputs(text: &str, given: &[&str]) -> Result<Vec<String>, ParseError> {
    let program = read(text, given.iter().map(|name| (*name, Kind::Open)).collect(), Kind::Open)?;
    Ok(program.inputs().to_vec())
}

/// The kind of an input.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Condition,
    /// Either, depending on its use.
    Open,
}

/// Parses a text: `given` names are inputs of their kind, other names except constants are of the kind `others`.
fn read(text: &str, given: HashMap<&str, Kind>, others: Kind) -> Result<Program, ParseError> {
    if text.len() > MAX_LENGTH {
        let message = format!("the formula has {} bytes, but at most {MAX_LENGTH} are read; split it", text.len());
        return Err(ParseError::new(text, 0..0, message));
    }
    let tape = Tape::default();
    let mut parser = Parser {
        text,
        tape: &tape,
        at: 0,
        given,
        others,
        inputs: Vec::new(),
        index: HashMap::new(),
        operands: Vec::new(),
        pending: Vec::new(),
    };
    parser.run()?;
    let Some(Operand { typed, .. }) = parser.operands.pop() else { unreachable!("a parser that ends has a result") };
    let inputs = parser.inputs;
    let (value, reduction) = match typed {
        Typed::Number(symbol) | Typed::Open(symbol) => (tape.value(symbol), None),
        Typed::Condition(condition) => (tape.condition_value(condition), None),
        Typed::Folded(fold, symbol) => (tape.value(symbol), Some(fold)),
    };
    Ok(tape.program(inputs, vec![Output { value, reduction }]))
}

struct Parser<'t, 'p> {
    text: &'t str,
    tape: &'p Tape,
    /// Where the next token is looked for.
    at: usize,
    given: HashMap<&'t str, Kind>,
    others: Kind,
    inputs: Vec<String>,
    /// The index of each input.
    index: HashMap<&'t str, usize>,
    operands: Vec<Operand<'p>>,
    pending: Vec<(Pending<'t>, Range<usize>)>,
}

impl<'t, 'p> Parser<'t, 'p> {
    /// Parses the whole text. The result is the last remaining operand.
    fn run(&mut self) -> Result<(), ParseError> {
        loop {
            self.operand()?;
            loop {
                let (token, at) = self.next()?;
                if let Token::Superscript(exponent) = token {
                    self.superscript(exponent, at)?;
                    continue;
                }
                let Token::Sign(sign) = token else {
                    if token == Token::End {
                        return self.end();
                    }
                    return Err(self.no_operator(token, at));
                };
                if let Some(infix) = Infix::of(sign) {
                    self.reduce(|pending| infix.waits_for(pending))?;
                    self.pending.push((Pending::Infix(infix), at));
                    break;
                }
                match sign {
                    ")" => self.close(at)?,
                    "," => {
                        self.comma(at)?;
                        break;
                    }
                    _ => return Err(self.no_operator(token, at)),
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Token<'t>, Range<usize>), ParseError> {
        let (token, at) = next(self.text, self.at)?;
        self.at = at.end;
        Ok((token, at))
    }

    fn error(&self, at: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, at, message)
    }

    /// Parses up to the end of an operand.
    fn operand(&mut self) -> Result<(), ParseError> {
        loop {
            let (token, at) = self.next()?;
            let typed = match token {
                Token::Number(value) => Typed::Number(Symbol::constant(value)),
                Token::Name(name) if matches!(next(self.text, self.at), Ok((Token::Sign("("), _))) => {
                    self.call(name, at)?;
                    continue;
                }
                Token::Name(name) => self.name(name),
                Token::Sign("(") => {
                    self.pending.push((Pending::Group, at));
                    continue;
                }
                Token::Sign(sign) if Prefix::of(sign).is_some() => {
                    Prefix::of(sign).map_or(Ok(()), |prefix| self.prefix(prefix, at))?;
                    continue;
                }
                Token::Sign(_) | Token::Superscript(_) | Token::End => {
                    return Err(self.error(at, format!("expected a number, a name or `(`, found {token}")));
                }
            };
            self.operands.push(Operand::new(typed, at));
            return Ok(());
        }
    }

    /// Begins a prefix operator.
    fn prefix(&mut self, prefix: Prefix, at: Range<usize>) -> Result<(), ParseError> {
        if self.pending.last().is_some_and(|(pending, _)| !prefix.may_follow(*pending)) {
            let message =
                "`not` has a lower precedence than the operator before it; put parentheses around it and its condition";
            return Err(self.error(at, message));
        }
        self.pending.push((Pending::Prefix(prefix), at));
        Ok(())
    }

    /// Raises the last operand to a power.
    fn superscript(&mut self, exponent: f32, at: Range<usize>) -> Result<(), ParseError> {
        let Some(base) = self.operands.pop() else { unreachable!("an exponent follows its operand") };
        let exponent = Operand::new(Typed::Number(Symbol::constant(exponent)), at);
        self.operands.push(Infix::Power.apply(self.text, base, exponent)?);
        Ok(())
    }

    /// Returns a constant or an input.
    fn name(&mut self, name: &'t str) -> Typed<'p> {
        let given = self.given.get(name).copied();
        if given.is_none() {
            if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
                return Typed::Number(Symbol::constant(*value));
            }
            if let Some((_, holds)) = TRUTHS.iter().find(|(constant, _)| *constant == name) {
                return Typed::Condition(apply::as_condition(Symbol::constant(u8::from(*holds))));
            }
        }
        let index = *self.index.entry(name).or_insert_with(|| {
            self.inputs.push(name.to_owned());
            self.inputs.len() - 1
        });
        let symbol = self.tape.input(index);
        match given.unwrap_or(self.others) {
            Kind::Number => Typed::Number(symbol),
            Kind::Condition => Typed::Condition(apply::as_condition(symbol)),
            Kind::Open => Typed::Open(symbol),
        }
    }

    /// Begins a call, at the parenthesis after its name.
    fn call(&mut self, name: &'t str, at: Range<usize>) -> Result<(), ParseError> {
        if named(name).is_empty() {
            let instead = nearest_name(name).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(self.error(at, format!("there is no function `{}`{instead}", shortened(name))));
        }
        self.next()?;
        self.pending.push((Pending::Call(name, 0), at.start..self.at));
        match next(self.text, self.at)? {
            (Token::Sign(")"), end) => Err(self.error(at.start..end.end, apply::arguments_wanted(name, 0))),
            _ => Ok(()),
        }
    }

    /// Applies pending operators, the latest first, as long as they are `ready`.
    fn reduce(&mut self, ready: impl Fn(Pending<'_>) -> bool) -> Result<(), ParseError> {
        while let Some((pending, at)) = self.pending.pop_if(|(pending, _)| ready(*pending)) {
            let Some(last) = self.operands.pop() else { unreachable!("an operator follows its operand") };
            let applied = match pending {
                Pending::Prefix(prefix) => prefix.apply(self.text, at, last),
                Pending::Infix(infix) => {
                    let Some(first) = self.operands.pop() else { unreachable!("an operator stands between operands") };
                    infix.apply(self.text, first, last)
                }
                Pending::Group | Pending::Call(..) => unreachable!("a parenthesis is not ready until it is closed"),
            };
            self.operands.push(applied?);
        }
        Ok(())
    }

    /// Applies all operators up to the innermost open parenthesis.
    fn reduce_group(&mut self) -> Result<(), ParseError> {
        self.reduce(|pending| matches!(pending, Pending::Prefix(_) | Pending::Infix(_)))
    }

    fn close(&mut self, at: Range<usize>) -> Result<(), ParseError> {
        self.reduce_group()?;
        match self.pending.pop() {
            Some((Pending::Call(name, before), call)) => {
                let arguments = self.operands.split_off(self.operands.len() - before - 1);
                let call = call.start..at.end;
                self.operands.push(apply::call(self.text, name, call, &arguments)?);
                Ok(())
            }
            Some((_, open)) => {
                // Messages treat a parenthesised expression as a whole.
                if let Some(operand) = self.operands.last_mut() {
                    *operand = Operand::new(operand.typed, open.start..at.end);
                }
                Ok(())
            }
            None => Err(self.error(at, "this `)` has no opening parenthesis; remove it, or add a `(` before")),
        }
    }

    fn comma(&mut self, at: Range<usize>) -> Result<(), ParseError> {
        self.reduce_group()?;
        match self.pending.last_mut() {
            Some((Pending::Call(_, before), _)) => {
                *before += 1;
                Ok(())
            }
            _ => Err(self.error(at, "a comma separates the arguments of a function, but this is not within a call")),
        }
    }

    fn end(&mut self) -> Result<(), ParseError> {
        self.reduce_group()?;
        match self.pending.last() {
            Some((_, open)) => Err(self.error(open.clone(), "this parenthesis is never closed; add a `)`")),
            None => Ok(()),
        }
    }

    /// Returns the error for a token other than an operator after an operand.
    fn no_operator(&self, token: Token<'_>, at: Range<usize>) -> ParseError {
        let instead = match token {
            Token::Name("if") => "; write where(condition, yes, no)",
            Token::Name(_) | Token::Number(_) | Token::Sign("(") => "; write * to multiply",
            _ => "",
        };
        self.error(at, format!("expected an operator, found {token}{instead}"))
    }
}

#[cfg(test)]
mod tests;
