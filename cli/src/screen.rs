//! What a person sees: lines on standard output and standard error, and a bar while work goes on.
//!
//! Colour and what moves are for a terminal. `anstream` takes the colour out where none is wanted: in a file or a pipe, with
//! `NO_COLOR`, on a dumb terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use crossover::message;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Stop;

/// The names of a table's columns.
pub const HEAD: Style = Style::new().bold();
/// The least of several times.
pub const FASTEST: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FAILURE: Style = AnsiColor::Red.on_default().bold();

/// A text in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes a line to standard output.
pub fn say(text: &str) -> Result<(), Stop> {
    match write(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::unread()),
        written => written.map_err(|error| Stop::failure(format_args!("standard output: {error}"))),
    }
}

/// As [`say`], for who minds otherwise what goes wrong.
pub fn write(text: &str) -> io::Result<()> {
    writeln!(anstream::stdout(), "{text}")
}

/// Says on standard error what is to be minded.
pub fn warn(line: &str) {
    complain(WARNING, line);
}

/// Says on standard error what ends the command.
pub fn fail(line: &str) {
    complain(FAILURE, line);
}

/// A message is a line for programs; a terminal gets it as wide as all else. One of several lines is laid out already.
fn complain(style: Style, line: &str) {
    const NAME: &str = "crossover:";
    let mut line = format!("{NAME} {line}");
    if io::stderr().is_terminal() && !line.contains('\n') {
        line = message::wrapped(&line);
    }
    // If standard error is closed, there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{}", line.replacen(NAME, &styled(style, NAME), 1));
}

/// A bar on standard error as the template says, or none: if it is not `wanted`, or nobody would see it move.
pub fn bar(wanted: bool, template: &str) -> ProgressBar {
    let target = if wanted && moves() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Whether standard error is a terminal that can go back in a line: a dumb one, or one that does not say, would show a bar
/// again and again.
pub fn moves() -> bool {
    let able = match std::env::var_os("TERM") {
        Some(name) => !name.is_empty() && name != "dumb",
        None => cfg!(windows),
    };
    able && io::stderr().is_terminal()
}
