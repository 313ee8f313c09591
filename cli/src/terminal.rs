//! The output of a running sweep.

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

/// The minimum interval between writes of the report so far, as a multiple of the last write's duration: writing takes at most
/// a twentieth of the time.
const MIN_INTERVAL_PER_WRITE: u32 = 20;

/// Shows a sweep, writes the report so far, and stops it after an interruption.
pub struct Terminal {
    bar: ProgressBar,
    table: Table,
    /// Whether the table's head has not been written yet.
    fresh: bool,
    /// The measurements at the present size or degree: the fastest is known when all are complete.
    waiting: Vec<Measurement>,
    /// Whether the table is printed.
    read: bool,
    folder: Folder,
    /// Whether the next measurements are this sweep's own, and their number.
    begun: bool,
    measured: usize,
    /// The time and duration of the last write of the report so far.
    written: Option<(Instant, Duration)>,
    interrupted: Arc<AtomicBool>,
    /// The error of a write, which stops the sweep.
    pub broken: Option<String>,
}

impl Terminal {
    /// Prints the table over `axis` if it is `read`, and a progress bar if it is `watched`. Writes the report so far to the
    /// folder.
    pub fn new(read: bool, watched: bool, axis: Axis, folder: Folder, interrupted: Arc<AtomicBool>) -> Self {
        let bar = screen::bar(watched, "{bar:32} {pos}/{len}, {eta} left");
        let (table, waiting, begun, measured) = (Table::over(axis), Vec::new(), false, 0);
        let (written, broken) = (None, None);
        Terminal { bar, table, fresh: true, waiting, read, folder, begun, measured, written, interrupted, broken }
    }

    /// Writes the files of a finished sweep.
    pub fn write(&mut self, report: &Report, analysis: &Analysis) -> Result<Written, Stop> {
        self.folder.finish(report, analysis, self.measured > 0)
    }

    /// Prints the remaining rows, and removes the progress bar.
    pub fn finish(&mut self) {
        self.show();
        self.bar.finish_and_clear();
    }

    /// Prints the rows of the last size or degree, with the shortest time emphasised.
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

    /// Writes a line to standard output. A closed pipe is ignored, so that the sweep can write its files.
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

    /// Writes a line to standard error, even if quiet.
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
        if self.measured == 0 || self.written.is_some_and(|(when, took)| when.elapsed() < took * MIN_INTERVAL_PER_WRITE)
        {
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
        // A resumed sweep reports many sizes at once.
        // Chunk sizes and numbers of threads share a round, of which one is the fastest.
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
