//! Text to program: the language of formulas.
//!
//! Numbers (`2`, `1e-3`, `1_000`), names, `+ - * / % **`, unary `-`, comparisons (`< <= > >= == !=`), `& | ~` between
//! conditions, parentheses, functions, and the constants `pi`, `tau`, `e`, `inf` and `nan`. Precedence and associativity are
//! Python's: `-x**2` is `-(x**2)`, `2**3**2` is `2**(3**2)`, and `&` binds tighter than a comparison. A name that is no
//! constant is an input. [`Function::all`] has the functions.
//!
//! * A condition used as a number is 1 where it holds and 0 where it does not.
//! * A power with a whole exponent from −3 to [`LARGEST_EXPONENT`] is a product or quotients: `x**3` is `(x*x)*x`, `x**-2` is
//!   `1/x/x`; `x**0.5` is `sqrt(x)`. Any other power is the function `power`. All of them are within 2 ULP.
//! * `%` is numpy's `remainder`: the result has the divisor's sign.
//! * Common subexpressions are computed once and constants are folded, in `f32`; nothing else is rearranged.
//! * A fold (`sum`, `mean`, `min`, `max` and `prod` of one argument) is the outermost operation.
//!
//! The parser keeps what is pending on a stack of its own, as in E. W. Dijkstra's shunting yard (1961), so that no nesting
//! is too deep, and its time is linear in the text.

mod apply;
pub(crate) mod error;
mod function;
mod token;

use std::collections::HashMap;
use std::ops::Range;

pub use apply::LARGEST_EXPONENT;
use apply::{Infix, Operand, Prefix, Typed};
pub use error::ParseError;
pub use function::Function;
use function::{named, nearest_name};
use token::{Token, next};

use crate::num::Num;
use crate::program::Program;
use crate::trace::{Symbol, Tape};

/// The longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// The constants by name.
const CONSTANTS: [(&str, f64); 5] = [
    ("pi", std::f64::consts::PI),
    ("tau", std::f64::consts::TAU),
    ("e", std::f64::consts::E),
    ("inf", f64::INFINITY),
    ("nan", f64::NAN),
];

/// The program of a formula's text. Its inputs are in the order of their first use.
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
    if text.len() > MAX_LENGTH {
        let message = format!("the formula has {} bytes, but at most {MAX_LENGTH} are read; split it", text.len());
        return Err(ParseError::new(text, 0..0, message));
    }
    let tape = Tape::default();
    let mut parser = Parser {
        text,
        tape: &tape,
        at: 0,
        inputs: Vec::new(),
        index: HashMap::new(),
        operands: Vec::new(),
        pending: Vec::new(),
    };
    parser.run()?;
    let Some(Operand { typed, .. }) = parser.operands.pop() else { unreachable!("a parser that ends has a result") };
    let inputs = parser.inputs;
    let (result, condition, fold) = match typed {
        Typed::Number(symbol) => (symbol, false, None),
        Typed::Condition(condition) => (apply::as_number(condition), true, None),
        Typed::Folded(fold, symbol) => (symbol, false, Some(fold)),
    };
    let result = tape.value(result);
    Ok(tape.finish(inputs, result).with_condition(condition).with_fold(fold))
}

/// What is begun and not yet ended.
#[derive(Clone, Copy)]
enum Pending<'t> {
    Prefix(Prefix),
    Infix(Infix),
    Group,
    /// A call of a function by this name, with so many arguments read before this one.
    Call(&'t str, usize),
}

struct Parser<'t, 'p> {
    text: &'t str,
    tape: &'p Tape,
    /// Where the next token is looked for.
    at: usize,
    inputs: Vec<String>,
    /// The number of each input.
    index: HashMap<&'t str, usize>,
    operands: Vec<Operand<'p>>,
    pending: Vec<(Pending<'t>, Range<usize>)>,
}

impl<'t, 'p> Parser<'t, 'p> {
    /// Reads the whole text. The result is the one operand that is left.
    fn run(&mut self) -> Result<(), ParseError> {
        loop {
            self.operand()?;
            loop {
                let (token, at) = self.next()?;
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

    /// Reads up to the end of a number or a name that stands for one.
    fn operand(&mut self) -> Result<(), ParseError> {
        loop {
            let (token, at) = self.next()?;
            let typed = match token {
                Token::Number(value) => Typed::Number(Symbol::constant(value)),
                Token::Name(name) if matches!(next(self.text, self.at), Ok((Token::Sign("("), _))) => {
                    self.call(name, at)?;
                    continue;
                }
                Token::Name("not") => return Err(self.error(at, "write ~ for the opposite of a condition")),
                Token::Name(name) => Typed::Number(self.name(name)),
                Token::Sign("(") => {
                    self.pending.push((Pending::Group, at));
                    continue;
                }
                Token::Sign(sign) if Prefix::of(sign).is_some() => {
                    self.pending.extend(Prefix::of(sign).map(|prefix| (Pending::Prefix(prefix), at)));
                    continue;
                }
                Token::Sign(_) | Token::End => {
                    return Err(self.error(at, format!("expected a number, a name or `(`, found {token}")));
                }
            };
            self.operands.push(Operand::new(typed, at));
            return Ok(());
        }
    }

    /// A constant or an input.
    fn name(&mut self, name: &'t str) -> Symbol<'p> {
        if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
            return Symbol::constant(*value);
        }
        let index = *self.index.entry(name).or_insert_with(|| {
            self.inputs.push(name.to_owned());
            self.inputs.len() - 1
        });
        self.tape.input(index)
    }

    /// Begins a call: the name has been read, the parenthesis comes next.
    fn call(&mut self, name: &'t str, at: Range<usize>) -> Result<(), ParseError> {
        if named(name).is_empty() {
            let instead = nearest_name(name).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(self.error(at, format!("there is no function `{name}`{instead}")));
        }
        self.next()?;
        self.pending.push((Pending::Call(name, 0), at.start..self.at));
        match next(self.text, self.at)? {
            (Token::Sign(")"), end) => Err(self.error(at.start..end.end, apply::arguments_wanted(name, 0))),
            _ => Ok(()),
        }
    }

    /// Applies what was pending, from the latest back, as long as `ready` says so.
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

    /// Everything up to the innermost parenthesis that is open.
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
                // What is in parentheses is one thing to whoever reads it.
                if let Some(operand) = self.operands.last_mut() {
                    *operand = Operand::new(operand.typed, open.start..at.end);
                }
                Ok(())
            }
            None => Err(self.error(at, "this `)` closes nothing; remove it, or open a parenthesis before")),
        }
    }

    fn comma(&mut self, at: Range<usize>) -> Result<(), ParseError> {
        self.reduce_group()?;
        match self.pending.last_mut() {
            Some((Pending::Call(_, before), _)) => {
                *before += 1;
                Ok(())
            }
            _ => Err(self.error(at, "a comma stands between the arguments of a function, and none is open here")),
        }
    }

    fn end(&mut self) -> Result<(), ParseError> {
        self.reduce_group()?;
        match self.pending.last() {
            Some((_, open)) => Err(self.error(open.clone(), "this parenthesis is never closed; add a `)`")),
            None => Ok(()),
        }
    }

    /// What is wrong if something else than an operator follows an operand.
    fn no_operator(&self, token: Token<'_>, at: Range<usize>) -> ParseError {
        let instead = match token {
            Token::Name("and") => "; write & between conditions",
            Token::Name("or") => "; write | between conditions",
            Token::Name("if") => "; write where(condition, yes, no)",
            Token::Name(_) | Token::Number(_) | Token::Sign("(") => "; write * to multiply",
            _ => "",
        };
        self.error(at, format!("expected an operator, found {token}{instead}"))
    }
}

#[cfg(test)]
mod tests;
