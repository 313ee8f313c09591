//! Who hears of a sweep as it goes.

use super::report::{Failure, Measurement, Missing, Report};
use crate::bench::environment::Environment;

/// Hears of a sweep as it goes, and may stop it. Every method does nothing unless written.
pub trait Observer {
    /// Reports that the sweep begins on this machine. Called first.
    fn begun(&mut self, _environment: &Environment) {}

    /// Reports that a backend is missing. Called before anything is measured.
    fn missing(&mut self, _missing: &Missing) {}

    /// Reports that all contenders have been measured at one size, or one degree, of one workload, or nothing yet: the report
    /// so far is whole. Who is afraid of being killed writes it down now. It says that it was [cancelled](Report::cancelled).
    fn so_far(&mut self, _report: &Report) {}

    /// Reports that `done` of `total` steps are done. A step is one contender's verification, or one of its trials.
    fn progress(&mut self, _done: usize, _total: usize) {}

    /// Reports that a contender has been measured at one size. Of a sweep that [continues](super::Sweep::resume), those of the
    /// earlier report are heard first.
    fn measured(&mut self, _measurement: &Measurement) {}

    /// Reports that a contender failed at one size and got no time.
    fn failed(&mut self, _failure: &Failure) {}

    /// Returns whether to stop. Asked between samples; what is measured by then is kept.
    fn cancelled(&mut self) -> bool {
        false
    }
}

/// Hears nothing.
impl Observer for () {}

/// How far the sweep is.
pub(super) struct Progress {
    pub done: usize,
    pub total: usize,
}

impl Progress {
    pub fn advance(&mut self, steps: usize, observer: &mut dyn Observer) {
        self.done += steps;
        observer.progress(self.done, self.total);
    }
}
