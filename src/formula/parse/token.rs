//! The tokenizer.

use std::fmt;
use std::ops::Range;

use super::ParseError;
use crate::text::shortened;

/// A token of a formula's text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Token<'t> {
    Number(f32),
    Name(&'t str),
    /// An operator, a parenthesis or a comma, in ASCII; also `and`, `or` and `not`.
    Sign(&'static str),
    /// An integer in superscript, as in `x²`.
    Superscript(f32),
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(value) => write!(f, "the number {value}"),
            Token::Name(name) => write!(f, "the name `{}`", shortened(name)),
            Token::Sign(sign) => write!(f, "`{sign}`"),
            Token::Superscript(value) => write!(f, "the exponent {value}"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// The signs of the language; a longer one before its prefixes.
const SIGNS: [&str; 19] =
    ["**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "<", ">", "&", "|", "~", "(", ")", ","];

/// The words that are signs.
const WORDS: [&str; 3] = ["and", "or", "not"];

/// Typographic signs and their ASCII form, for text copied from a page.
const PRINTED: [(char, &str); 9] =
    [('−', "-"), ('×', "*"), ('·', "*"), ('⋅', "*"), ('∗', "*"), ('÷', "/"), ('≤', "<="), ('≥', ">="), ('≠', "!=")];

/// The superscript digits in order, and the superscript minus.
const SUPERSCRIPTS: [char; 11] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁻'];

/// Signs of other languages and their replacements; a longer one before its prefixes.
const FOREIGN: [(&str, &str); 9] = [
    ("&&", "write & between conditions"),
    ("||", "write | between conditions"),
    ("^", "write ** for a power"),
    ("!", "write ~ for the opposite of a condition"),
    ("=", "write == to compare"),
    ("?", "write where(condition, yes, no)"),
    ("[", "only parentheses group"),
    (".", "write functions without a module name"),
    ("{", "only parentheses group"),
];

/// Returns the next token, starting at byte `from`, and its range.
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
        // Superscript digits count as numeric, but `x²` is a power.
        let ends = |c: char| (!c.is_alphanumeric() && c != '_') || SUPERSCRIPTS.contains(&c);
        let len = rest.find(ends).unwrap_or(rest.len());
        let name = &rest[..len];
        let token = WORDS.iter().find(|word| **word == name).map_or(Token::Name(name), |word| Token::Sign(word));
        return Ok((token, upto(len)));
    }
    if SUPERSCRIPTS.contains(&first) {
        let len = rest.find(|c: char| !SUPERSCRIPTS.contains(&c)).unwrap_or(rest.len());
        return Ok((Token::Superscript(superscript(text, upto(len))?), upto(len)));
    }
    if let Some((printed, sign)) = PRINTED.iter().find(|(printed, _)| *printed == first) {
        return Ok((Token::Sign(sign), upto(printed.len_utf8())));
    }
    let comparison = rest.starts_with("!=") || rest.starts_with("==");
    if let Some((sign, instead)) = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign) && !comparison) {
        return Err(ParseError::new(text, upto(sign.len()), format!("`{sign}` has no meaning here; {instead}")));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), upto(sign.len()))),
        None => Err(ParseError::new(
            text,
            upto(first.len_utf8()),
            format!("`{}` has no meaning here", first.escape_debug()),
        )),
    }
}

/// Returns the length in bytes of the number at the start of a text: digits with optional underscores, a point, an exponent.
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
        // Without digits after it, it is a name instead of an exponent.
        if text.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// Rounds a number to `f32`. One that is too large is an error, not an infinity.
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

/// Parses a superscript number.
fn superscript(text: &str, at: Range<usize>) -> Result<f32, ParseError> {
    let place = |c: char| SUPERSCRIPTS.iter().position(|known| *known == c).unwrap_or_default();
    let digits: String = text[at.clone()].chars().map(|c| b"0123456789-"[place(c)] as char).collect();
    match digits.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(ParseError::new(text, at, "this is not an exponent; write an integer, such as x² or x**2")),
    }
}
