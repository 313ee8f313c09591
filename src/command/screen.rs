//! What a person sees.

use std::io::{self, Write};

use super::Stop;

/// Writes to standard output.
pub fn say(text: &str) -> Result<(), Stop> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::unread()),
        written => written.map_err(|error| Stop::failure(format_args!("standard output: {error}"))),
    }
}
