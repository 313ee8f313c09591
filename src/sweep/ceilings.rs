//! When a sweep measures its ceilings, when once more, and whether they may be too low.

use std::time::Duration;

use crate::bench::axis::{Axis, Varied};
use crate::bench::ceiling::{ABOVE, Ceilings, Subject, measure};
use crate::bench::clock::Clock;
use crate::bench::workload::Workload;
use crate::sweep::observer::Observer;
use crate::sweep::report::{Measurement, Report};
use crate::sweep::settings::Sweep;
use crate::sweep::warning::{NOISY, Warning};

impl Sweep {
    /// Measures what the machine allows, and returns whether it measured. A resumed sweep keeps what was found before, also if
    /// nothing is left to measure.
    pub(in crate::sweep) fn measure_ceilings(
        &self,
        report: &mut Report,
        clock: &dyn Clock,
        step: Duration,
        observer: &mut dyn Observer,
    ) -> bool {
        // One thread and all of them have a ceiling, and what is between has none.
        if self.axis() == Axis::Threads {
            return false;
        }
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.ceilings.as_ref());
        if earlier.is_some() && self.subjects().iter().all(|(workload, varied)| self.is_kept(report, workload, *varied))
        {
            report.ceilings = earlier.cloned();
            return false;
        }
        let now = self.ceilings(clock, step, observer);
        report.ceilings = match (earlier, now) {
            (Some(earlier), Some(now)) => Some(Ceilings::joined(earlier, now)),
            (earlier, now) => now.or_else(|| earlier.cloned()),
        };
        true
    }

    fn ceilings(&self, clock: &dyn Clock, step: Duration, observer: &mut dyn Observer) -> Option<Ceilings> {
        let isa = self.infos().iter().filter(|info| info.has_lanes()).filter_map(|info| info.isa).max();
        let bytes = self.subjects().iter().map(|(workload, _)| workload.bytes_per_element()).max().unwrap_or(0);
        let elements = self.measured_sizes().largest();
        let subject = Subject { contenders: &self.contenders, elements, bytes: bytes.saturating_mul(elements) };
        measure(&subject, &mut *(self.machine)(isa), clock, step, || observer.cancelled())
    }

    /// Measures the ceilings again if a measurement is above its own: the machine was busy when they were measured.
    pub(in crate::sweep) fn raise_ceilings(
        &self,
        report: &mut Report,
        clock: &dyn Clock,
        step: Duration,
        observer: &mut dyn Observer,
    ) {
        let above = |each: &Measurement| each.of_ceiling.is_some_and(|part| part > ABOVE);
        if !report.measurements.iter().any(above) {
            return;
        }
        let Some(again) = self.ceilings(clock, step, observer) else { return };
        let Some(raised) = report.ceilings.take().map(|before| before.raised(&again)) else { return };
        let subjects = self.subjects();
        for each in &mut report.measurements {
            // A part that is there stays, if what it was a part of is not known any more.
            let of = |(workload, varied): &&(Workload, Option<Varied>)| {
                workload.name() == each.workload && varied.is_none_or(|varied| each.varied == Some(varied))
            };
            let Some((workload, _)) = subjects.iter().find(of) else { continue };
            let bound = raised.bound_seconds(workload, each.backend, each.regime, each.elements);
            each.of_ceiling = bound.map(|bound| bound / each.seconds.q50).filter(|part| part.is_finite());
        }
        report.ceilings = Some(raised);
    }
}

impl Report {
    /// Returns whether the ceilings may be too low: rates that were not reached again, or a measurement above its ceiling.
    pub(in crate::sweep) fn low_ceilings(&self) -> Option<Warning> {
        let rates = self.ceilings.as_ref()?.unconfirmed.len();
        let parts = self.measurements.iter().filter_map(|each| each.of_ceiling);
        let above = parts.clone().filter(|part| *part > ABOVE).count();
        let part = parts.max_by(f64::total_cmp).unwrap_or(0.0);
        (rates > NOISY.0 || above > 0).then_some(Warning::LowCeilings { rates, measurements: above, part })
    }
}

#[cfg(test)]
mod tests;
