//! What is wrong with a formula's text, and where.

use std::fmt;
use std::ops::Range;

/// Why a text is not a formula. Its `Display` has the message, the line that it is about and, below that, carets; its `Debug`
/// is the same, for a `main` that returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseError {
    message: String,
    /// Where in the text, in bytes.
    at: Range<usize>,
    /// The part of the text that is shown, on one line, and where in it the carets go, in characters.
    shown: String,
    carets: Range<usize>,
}

/// Characters that are shown before and after the place, of a long line.
const AROUND: usize = 36;

impl ParseError {
    pub(crate) fn new(text: &str, at: Range<usize>, message: impl Into<String>) -> Self {
        let line_start = text[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[at.start..].find('\n').map_or(text.len(), |newline| at.start + newline);
        let before = &text[line_start..at.start];
        let skipped = before.chars().count().saturating_sub(AROUND);
        let width = text[at.start..at.end.min(line_end)].chars().count().clamp(1, AROUND);
        let mut after = text[at.start..line_end].chars();
        let mut shown: String = if skipped > 0 { "…".to_owned() } else { String::new() };
        shown.extend(before.chars().skip(skipped));
        let from = shown.chars().count();
        shown.extend(after.by_ref().take(width + AROUND));
        if after.next().is_some() {
            shown.push('…');
        }
        // A tab is as wide as the terminal likes; the carets need to know.
        let shown = shown.replace(|c: char| c.is_control(), " ");
        ParseError { message: message.into(), at, shown, carets: from..from + width }
    }

    /// What is wrong, on one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the text it is, in bytes. Empty where something is missing.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (indent, carets) = (" ".repeat(self.carets.start), "^".repeat(self.carets.len()));
        write!(f, "{}\n  {}\n  {indent}{carets}", self.message, self.shown)
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ParseError {}
