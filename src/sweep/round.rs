//! One workload at one size: every contender is prepared, verified and timed.

use std::ops::ControlFlow;
use std::time::Duration;

use super::load::{self, ReferenceWork};
use super::observer::{Observer, Progress};
use super::reference::Reference;
use super::report::{Failure, Measurement, Place, Report};
use super::settings::Sweep;
use super::verify::{Mismatch, Oracle};
use crate::bench::axis::{Axis, Varied};
use crate::bench::ceiling::Ceilings;
use crate::bench::contender::Contender;
use crate::bench::interleave::interleave;
use crate::bench::quantiles::Quantiles;
use crate::bench::sampler::{Sampled, Sampler};
use crate::bench::workload::{Data, Workload};
use crate::error::{Error, Result};

/// The least time that a sample takes: far above what a clock, an interrupt or a cold start may add.
pub(super) const LEAST_SAMPLE: Duration = Duration::from_millis(20);

/// What the contenders are measured at.
pub(super) struct Round<'a> {
    pub sweep: &'a Sweep,
    pub workload: &'a Workload,
    pub data: &'a Data,
    pub oracle: Result<&'a Oracle, &'a Error>,
    pub len: usize,
    /// What is different about the workload, if that is what is varied.
    pub varied: Option<Varied>,
    pub sampler: Sampler<'a>,
    pub reference: &'a ReferenceWork<'a>,
}

/// A contender that has been verified.
struct Entry<'a> {
    contender: &'a dyn Contender,
    sampled: Sampled<'a>,
    /// Seconds from preparing the kernel to the end of the first run.
    first: f64,
    max_ulp: f64,
    /// Seconds that the reference took before each sample.
    reference: Reference,
    /// What went wrong in a trial.
    broke: Option<Error>,
}

/// Returns what a contender is measured at, with a workload of which this is varied.
pub(super) fn place(contender: &dyn Contender, workload: &Workload, varied: Option<Varied>, elements: usize) -> Place {
    let (backend, regime) = (contender.info().kind, contender.regime());
    let varied = varied.or(contender.varied());
    Place { workload: workload.name().to_owned(), backend, regime, elements, varied }
}

/// Why a contender gets no time.
enum Defeat {
    Broke(Error),
    Wrong(Mismatch),
}

impl From<Error> for Defeat {
    fn from(error: Error) -> Self {
        Defeat::Broke(error)
    }
}

impl<'a> Round<'a> {
    /// Measures every contender. If the observer cancels, those that are not finished are left out.
    pub fn run(&self, report: &mut Report, progress: &mut Progress, observer: &mut dyn Observer) {
        let trials = self.sweep.trials;
        let mut entries = Vec::new();
        // What an earlier sweep has measured.
        let places = self.sweep.contenders.iter().map(|contender| self.place(&**contender));
        let kept: Vec<_> = places.filter(|place| report.has(place)).collect();
        for contender in &self.sweep.contenders {
            if observer.cancelled() {
                return;
            }
            if kept.contains(&self.place(&**contender)) {
                progress.advance(1 + trials, observer);
                continue;
            }
            match self.enter(&**contender) {
                Ok(entry) => {
                    entries.push(entry);
                    progress.advance(1, observer);
                }
                Err(defeat) => {
                    self.fail(&**contender, defeat, report, observer);
                    progress.advance(1 + trials, observer);
                }
            }
        }
        let flow = interleave(
            &mut entries,
            |round, _| round < trials,
            |entry| {
                if observer.cancelled() {
                    return ControlFlow::Break(());
                }
                self.sample(entry);
                progress.advance(1, observer);
                ControlFlow::Continue(())
            },
        );
        if flow.is_break() {
            return;
        }
        // From value to value; they were measured at the same time.
        entries.sort_by_key(|entry| entry.contender.varied());
        for entry in entries {
            match entry.broke {
                Some(error) => self.fail(entry.contender, Defeat::Broke(error), report, observer),
                None => {
                    let measurement = self.measurement(&entry, report.ceilings.as_ref());
                    observer.measured(&measurement);
                    report.measurements.push(measurement);
                }
            }
        }
    }

    fn place(&self, contender: &dyn Contender) -> Place {
        place(contender, self.workload, self.varied, self.len)
    }

    /// Returns that a contender has a value on the sweep's axis, if that is not the elements'.
    fn check(&self, place: &Place) -> Result<()> {
        let axis = |varied: Option<Varied>| varied.map_or(Axis::Elements, Varied::axis);
        if axis(place.varied) == self.sweep.axis() {
            return Ok(());
        }
        Err(Error::Invalid {
            what: "contender",
            given: place.backend.to_string(),
            expected: format!(
                "this sweep varies {}, and the contender {}; add one that says its value on that axis",
                self.sweep.axis(),
                axis(place.varied)
            ),
        })
    }

    /// Prepares a contender, verifies it and finds how many runs make a sample.
    fn enter<'s>(&'s self, contender: &'s dyn Contender) -> Result<Entry<'s>, Defeat> {
        self.check(&self.place(contender))?;
        let oracle = self.oracle.map_err(Clone::clone)?;
        let kernel = contender.regime().kernel(&self.workload.kernel);
        let mut runner = contender.prepare(&kernel, &self.data.args(self.len), self.len)?;
        let first = self.sampler.sample(&mut *runner, 1)?;
        let verdict = oracle.judge(contender.info().arithmetic, kernel.reduction(), runner.output()?, self.len);
        let max_ulp = verdict.map_err(Defeat::Wrong)?;
        let sampled = Sampled::new(runner, &self.sampler)?;
        let reference = Reference { threads: load::threads(&contender.info()), seconds: Vec::new() };
        Ok(Entry { contender, sampled, first, max_ulp, reference, broke: None })
    }

    fn sample(&self, entry: &mut Entry<'_>) {
        if entry.broke.is_some() {
            return;
        }
        entry.reference.seconds.extend(self.reference.sample(entry.reference.threads));
        entry.broke = entry.sampled.sample(&self.sampler).err();
    }

    fn measurement(&self, entry: &Entry<'_>, ceilings: Option<&Ceilings>) -> Measurement {
        let Sampled { samples, times, .. } = &entry.sampled;
        let seconds = Quantiles::without_slowest(samples);
        let ns_per_element = seconds.q50 * 1e9 / self.len as f64;
        let kernel = entry.contender.regime().kernel(&self.workload.kernel);
        let measured = Workload { kernel, ..self.workload.clone() };
        let Place { workload, backend, regime, elements, varied } = self.place(entry.contender);
        let bound = ceilings.and_then(|all| all.bound_seconds(&measured, backend, regime, self.len));
        Measurement {
            workload,
            backend,
            regime,
            elements,
            trials: samples.len(),
            runs: *times,
            seconds,
            samples: samples.clone(),
            reference: (!entry.reference.seconds.is_empty()).then(|| entry.reference.clone()),
            ns_per_element,
            gb_per_s: measured.bytes_per_element() as f64 / ns_per_element,
            max_ulp: entry.max_ulp,
            first_seconds: Some(entry.first),
            gflop_per_s: measured.flops_per_element().map(|flops| flops as f64 / ns_per_element),
            of_ceiling: bound.map(|bound| bound / seconds.q50).filter(|part| part.is_finite()),
            varied,
        }
    }

    fn fail(&self, contender: &dyn Contender, defeat: Defeat, report: &mut Report, observer: &mut dyn Observer) {
        let (reason, mismatch) = match defeat {
            Defeat::Broke(error) => (error.to_string(), None),
            Defeat::Wrong(mismatch) => (mismatch.to_string(), Some(mismatch)),
        };
        let Place { workload, backend, regime, elements, varied } = self.place(contender);
        let failure = Failure { workload, backend, regime, elements, reason, mismatch, varied };
        observer.failed(&failure);
        report.failures.push(failure);
    }
}
