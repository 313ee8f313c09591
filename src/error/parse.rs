//! Errors in the text of a formula.

use std::fmt;
use std::ops::Range;

/// A mistake in the text of a formula. `Display` prints the message, the line with the mistake and carets below it; `Debug`
/// prints the same, for a `main` that returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseError {
    message: String,
    /// The range of the mistake, in bytes.
    at: Range<usize>,
    /// The excerpt that is shown, on one line, and the position of the carets in it, in characters.
    shown: String,
    carets: Range<usize>,
}

/// The number of characters of a long line that are shown before and after the mistake.
const CONTEXT_CHARS: usize = 36;

impl ParseError {
    pub(crate) fn new(text: &str, at: Range<usize>, message: impl Into<String>) -> Self {
        let line_start = text[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[at.start..].find('\n').map_or(text.len(), |newline| at.start + newline);
        let before = &text[line_start..at.start];
        let skipped = before.chars().count().saturating_sub(CONTEXT_CHARS);
        let width = text[at.start..at.end.min(line_end)].chars().count().clamp(1, CONTEXT_CHARS);
        let mut after = text[at.start..line_end].chars();
        let mut shown: String = if skipped > 0 { "…".to_owned() } else { String::new() };
        shown.extend(before.chars().skip(skipped));
        let from = shown.chars().count();
        shown.extend(after.by_ref().take(width + CONTEXT_CHARS));
        if after.next().is_some() {
            shown.push('…');
        }
        // The width of a tab depends on the terminal, which would misplace the carets.
        let shown = shown.replace(|c: char| c.is_control(), " ");
        ParseError { message: message.into(), at, shown, carets: from..from + width }
    }

    /// Returns the message, on one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the range of the mistake in the text, in bytes; empty where something is missing.
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
