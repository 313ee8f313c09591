//! What the user sees of a sweep while it goes.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossover::sweep::csv::Rows;
use crossover::sweep::table::Table;
use crossover::sweep::{Environment, Failure, Measurement, Missing, Observer, Report};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::sweep::{FILES, write_json};

/// The report so far is not written again before so many times as long as that took last have passed: so the writing never
/// takes more than a twentieth of the time.
const REST: u32 = 20;

/// Shows a sweep, writes its rows down, and stops it when asked to.
pub struct Terminal {
    quiet: bool,
    bar: ProgressBar,
    table: Table,
    /// Whether the table's head is still to be written.
    fresh: bool,
    /// Whether somebody reads the table.
    read: bool,
    rows: Rows<File>,
    out: PathBuf,
    /// When the report so far was last written, and how long that took.
    written: Option<(Instant, Duration)>,
    interrupted: Arc<AtomicBool>,
    /// What went wrong in writing. The sweep stops then.
    pub broken: Option<String>,
}

impl Terminal {
    /// Shows the sweep unless `quiet`, and writes its rows to `rows`, the first file of the folder `out`, and the report so
    /// far to the second.
    pub fn new(quiet: bool, rows: File, out: &Path, interrupted: Arc<AtomicBool>) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len}, {eta} left") {
            bar.set_style(style);
        }
        let (table, rows, out) = (Table::default(), Rows::new(rows), out.to_owned());
        Terminal { quiet, bar, table, fresh: true, read: true, rows, out, written: None, interrupted, broken: None }
    }

    /// Takes the progress bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Writes a line to standard output. If its reader has gone, the sweep goes on without: the files are still to come.
    pub fn say(&mut self, line: &str) {
        if self.quiet || !self.read {
            return;
        }
        match self.bar.suspend(|| writeln!(io::stdout(), "{line}")) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.read = false,
            Err(error) => self.broken = Some(format!("standard output: {error}")),
        }
    }

    /// Writes a line to standard error, also if quiet: what is missing or wrong is never passed over.
    pub fn warn(&self, line: &str) {
        // If standard error is closed, the report still says it.
        let _ = self.bar.suspend(|| writeln!(io::stderr(), "crossover: {line}"));
    }
}

impl Observer for Terminal {
    fn begun(&mut self, environment: &Environment) {
        for line in [environment.processor(), environment.gpu()].iter().flatten() {
            self.say(line);
        }
    }

    fn missing(&mut self, missing: &Missing) {
        self.warn(&format!("measuring without {}: {}", missing.backend, missing.reason));
    }

    fn so_far(&mut self, report: &Report) {
        if self.written.is_some_and(|(when, took)| when.elapsed() < took * REST) {
            return;
        }
        let (start, path) = (Instant::now(), self.out.join(FILES[1]));
        if let Err(error) = write_json(report, &path) {
            self.broken = Some(format!("{}: {error}", path.display()));
        }
        self.written = Some((Instant::now(), start.elapsed()));
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn measured(&mut self, measurement: &Measurement) {
        if let Err(error) = self.rows.write(measurement) {
            self.broken = Some(format!("{}: {error}", self.out.join(FILES[0]).display()));
        }
        if std::mem::take(&mut self.fresh) {
            self.say(&Table::head());
        }
        let row = self.table.row(measurement);
        self.say(&row);
    }

    fn failed(&mut self, failure: &Failure) {
        self.warn(&format!("no time for {failure}"));
    }

    fn cancelled(&mut self) -> bool {
        self.broken.is_some() || self.interrupted.load(Ordering::Relaxed)
    }
}
