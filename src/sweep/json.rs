//! The report for other programs.

use std::io;

use super::Report;

/// The version of the file's form. It grows when a field changes its meaning or goes; new fields do not count.
pub const SCHEMA: u32 = 1;

#[derive(serde::Serialize)]
struct File<'a> {
    schema: u32,
    #[serde(flatten)]
    report: &'a Report,
}

/// The report as JSON that is not yet a text.
pub(super) fn value(report: &Report) -> io::Result<serde_json::Value> {
    Ok(serde_json::to_value(File { schema: SCHEMA, report })?)
}

/// Writes the report as JSON: `{"schema":1,"environment":{…},"measurements":[…],…}`. What is not a finite number is `null`.
///
/// # Errors
///
/// What the writer says.
pub fn write(report: &Report, mut to: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut to, &File { schema: SCHEMA, report })?;
    writeln!(to)?;
    to.flush()
}
