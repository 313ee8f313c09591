//! Terminal output: lines on standard output and standard error, and a progress bar.
//!
//! Colours and progress bars are for terminals. `anstream` removes colours in a file or a pipe, with `NO_COLOR`, and on a dumb
//! terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use crossover::message;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Stop;

/// The style of a table's head.
pub const HEAD: Style = Style::new().bold();
/// The style of the shortest time.
pub const FASTEST: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FAILURE: Style = AnsiColor::Red.on_default().bold();

/// Formats a text in a style.
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

/// Does the same as [`say`], with the raw error.
pub fn write(text: &str) -> io::Result<()> {
    writeln!(anstream::stdout(), "{text}")
}

/// Prints a warning on standard error.
pub fn warn(line: &str) {
    complain(WARNING, line);
}

/// Prints an error on standard error.
pub fn fail(line: &str) {
    complain(FAILURE, line);
}

/// Prints a message on one line, wrapped on a terminal. A message of several lines is printed as it is.
fn complain(style: Style, line: &str) {
    const NAME: &str = "crossover:";
    let mut line = format!("{NAME} {line}");
    if io::stderr().is_terminal() && !line.contains('\n') {
        line = message::wrapped(&line);
    }
    // A closed standard error is ignored.
    let _ = writeln!(anstream::stderr(), "{}", line.replacen(NAME, &styled(style, NAME), 1));
}

/// Creates a progress bar on standard error; a hidden one if it is not `wanted` or cannot be animated.
pub fn bar(wanted: bool, template: &str) -> ProgressBar {
    let target = if wanted && moves() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Returns whether standard error is a terminal that can overwrite a line. A dumb or unknown one would repeat the bar.
pub fn moves() -> bool {
    let able = match std::env::var_os("TERM") {
        Some(name) => !name.is_empty() && name != "dumb",
        None => cfg!(windows),
    };
    able && io::stderr().is_terminal()
}
