//! What the user sees of a sweep while it goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossover::sweep::{Analysis, Axis, Environment, Failure, Measurement, Missing, Observer, Report, Varied};
use crossover_report::table::Table;
use indicatif::ProgressBar;

use super::files::{Folder, Written};
use super::screen::{self, FASTEST, HEAD, styled};
use super::{Stop, interrupt};

/// The report so far is not written again before so many times as long as that took last have passed: so the writing never
/// takes more than a twentieth of the time.
const REST: u32 = 20;

/// Shows a sweep, writes the report so far down, and stops it when asked to.
pub struct Terminal {
    bar: ProgressBar,
    table: Table,
    /// Whether the table's head is still to be written.
    fresh: bool,
    /// What was measured at one size, or degree: whose time is the least is known when all are there.
    waiting: Vec<Measurement>,
    /// Whether somebody reads the table.
    read: bool,
    folder: Folder,
    /// Whether what is heard of from now on is measured by this sweep, and how much of it was.
    begun: bool,
    measured: usize,
    /// When the report so far was last written, and how long that took.
    written: Option<(Instant, Duration)>,
    interrupted: Arc<AtomicBool>,
    /// What went wrong in writing. The sweep stops then.
    pub broken: Option<String>,
}

impl Terminal {
    /// Shows the table over `axis` if it is `read`, and how far the sweep is if it is `watched`. Writes the report so far to the
    /// folder.
    pub fn new(read: bool, watched: bool, axis: Axis, folder: Folder, interrupted: Arc<AtomicBool>) -> Self {
        let bar = screen::bar(watched, "{bar:32} {pos}/{len}, {eta} left");
        let (table, waiting, begun, measured) = (Table::over(axis), Vec::new(), false, 0);
        let (written, broken) = (None, None);
        Terminal { bar, table, fresh: true, waiting, read, folder, begun, measured, written, interrupted, broken }
    }

    /// Writes the files of a sweep that has ended.
    pub fn write(&mut self, report: &Report, analysis: &Analysis) -> Result<Written, Stop> {
        self.folder.finish(report, analysis, self.measured > 0)
    }

    /// Shows what is left, and takes the progress bar away.
    pub fn finish(&mut self) {
        self.show();
        self.bar.finish_and_clear();
    }

    /// Writes the rows of the size, or degree, that was measured last, the least time emphasised.
    fn show(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(first) = waiting.first()
            && std::mem::take(&mut self.fresh)
        {
            let head = self.table.head(first.elements);
            head.lines().for_each(|line| self.say(&styled(HEAD, line)));
        }
        let least = waiting.iter().map(|each| each.seconds.q50).fold(f64::INFINITY, f64::min);
        for each in &waiting {
            let fastest = waiting.len() > 1 && each.seconds.q50 == least;
            let row = match fastest {
                true => self.table.row_with(each, |time| styled(FASTEST, time)),
                false => self.table.row(each),
            };
            self.say(&row);
        }
    }

    /// Writes a line to standard output. If its reader has gone, the sweep goes on without: the files are still to come.
    pub fn say(&mut self, line: &str) {
        if !self.read {
            return;
        }
        match self.bar.suspend(|| screen::write(line)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.read = false,
            Err(error) => self.broken = Some(format!("standard output: {error}")),
        }
    }

    /// Writes a line to standard error, also if quiet: what is missing or wrong is never passed over.
    pub fn warn(&self, line: &str) {
        self.bar.suspend(|| screen::warn(line));
    }
}

impl Observer for Terminal {
    fn begun(&mut self, environment: &Environment) {
        interrupt::reached("begun");
        for line in [environment.processor(), environment.gpu()].iter().flatten() {
            self.say(line);
        }
    }

    fn missing(&mut self, missing: &Missing) {
        self.warn(&format!("measuring without {}: {}", missing.backend, missing.reason));
    }

    fn so_far(&mut self, report: &Report) {
        self.show();
        self.begun = true;
        if self.measured == 0 || self.written.is_some_and(|(when, took)| when.elapsed() < took * REST) {
            return;
        }
        let start = Instant::now();
        if let Err(stop) = self.folder.note(report, &Analysis::of(report)) {
            self.broken = Some(stop.message);
        }
        self.written = Some((Instant::now(), start.elapsed()));
        interrupt::reached("noted");
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn measured(&mut self, measurement: &Measurement) {
        if self.begun {
            self.measured += 1;
            interrupt::reached(&format!("measured {}", self.measured));
        }
        // Of a sweep that goes on, many sizes are heard at once.
        // Chunks, and numbers of threads, are in one round, and one of them is the fastest.
        let degree = |each: &Measurement| each.varied.filter(|varied| matches!(varied, Varied::Intensity(_)));
        let at = |each: &Measurement| (each.workload.clone(), each.elements, degree(each));
        if self.waiting.last().is_some_and(|last| at(last) != at(measurement)) {
            self.show();
        }
        self.waiting.push(measurement.clone());
    }

    fn failed(&mut self, failure: &Failure) {
        self.warn(&format!("no time for {failure}"));
    }

    fn cancelled(&mut self) -> bool {
        self.broken.is_some() || self.interrupted.load(Ordering::Relaxed)
    }
}
