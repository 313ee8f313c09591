//! Text into tokens.

use std::fmt;
use std::ops::Range;

use super::ParseError;

/// The smallest piece of a formula's text that means something.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Token<'t> {
    Number(f32),
    Name(&'t str),
    /// An operator, a parenthesis or a comma.
    Sign(&'t str),
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(value) => write!(f, "the number {value}"),
            Token::Name(name) => write!(f, "the name `{name}`"),
            Token::Sign(sign) => write!(f, "`{sign}`"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// The signs of the language; a longer one before those that it begins with.
const SIGNS: [&str; 18] =
    ["**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "<", ">", "&", "|", "~", "(", ")", ","];

/// Signs of other languages, and what is written here instead; a longer one before those that it begins with.
const FOREIGN: [(&str, &str); 9] = [
    ("&&", "write & between conditions"),
    ("||", "write | between conditions"),
    ("//", "write floor(a / b)"),
    ("^", "write ** for a power"),
    ("!", "write ~ for the opposite of a condition"),
    ("=", "write == to compare"),
    ("[", "only parentheses group"),
    (".", "functions go by their bare names"),
    ("{", "only parentheses group"),
];

/// The token at `from` or after the blanks there, and where it is.
pub(super) fn next(text: &str, from: usize) -> Result<(Token<'_>, Range<usize>), ParseError> {
    let start = from + text[from..].find(|c: char| !c.is_whitespace()).unwrap_or(text.len() - from);
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else {
        return Ok((Token::End, start..start));
    };
    let upto = |len: usize| start..start + len;
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        let len = number_length(rest.as_bytes());
        return Ok((Token::Number(number(text, upto(len))?), upto(len)));
    }
    if first.is_alphabetic() || first == '_' {
        let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return Ok((Token::Name(&rest[..len]), upto(len)));
    }
    let comparison = rest.starts_with("!=") || rest.starts_with("==");
    if let Some((sign, instead)) = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign) && !comparison) {
        return Err(ParseError::new(text, upto(sign.len()), format!("`{sign}` has no meaning here; {instead}")));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(&rest[..sign.len()]), upto(sign.len()))),
        None => Err(ParseError::new(
            text,
            upto(first.len_utf8()),
            format!("`{}` has no meaning here", first.escape_debug()),
        )),
    }
}

/// How many bytes belong to the number that the text begins with: digits, perhaps with underscores between them, a point,
/// an exponent.
fn number_length(text: &[u8]) -> usize {
    let digits = |mut at: usize| {
        while text.get(at).is_some_and(|c| c.is_ascii_digit() || *c == b'_') {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        // Without digits after it, it is not an exponent but a name, and an error of its own.
        if text.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// The nearest `f32` to a number. One that is too large for that is a mistake rather than an infinity.
fn number(text: &str, at: Range<usize>) -> Result<f32, ParseError> {
    let digits = text[at.clone()].replace('_', "");
    match digits.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => {
            let message = format!("{digits} is above the largest f32, {:e}; write inf for an infinity", f32::MAX);
            Err(ParseError::new(text, at, message))
        }
        Err(_) => Err(ParseError::new(text, at, format!("{digits} is not a number"))),
    }
}
