//! Going on with an earlier sweep.
//!
//! What the earlier report has under the same settings is kept, and not measured again. contenders are interleaved within one
//! sweep, so that they share its weather; what is kept had another day's. So the machine and the build must be the same, and
//! the seed: other numbers may take another time.

use super::round::place;
use super::{Axis, Contender, Failure, Measurement, Observer, Place, Report, Sweep, Varied, Vary};
use crate::backend::{Info, Isa, Kind};
use crate::bench::environment::{Difference, Environment};
use crate::bench::workload::Workload;
use crate::error::{Error, Result};

impl Sweep {
    /// Goes on with this very sweep where it was stopped, from the report that it left. Call it last, when the workloads,
    /// sizes and contenders are chosen.
    ///
    /// Whatever failed is tried again, and a measurement with another number of trials is made anew.
    ///
    /// # Errors
    ///
    /// [`Error::Earlier`] as for [`append`](Sweep::append), and if the report has a measurement that this sweep would not
    /// make.
    pub fn resume(self, earlier: Report) -> Result<Self> {
        match earlier.measurements.iter().find(|each| !self.plans(&each.place())) {
            None => self.append(earlier),
            Some(other) => Err(Error::Earlier {
                reason: format!("it has {}, which is not asked for now", other.place()),
                remedy: "ask for the same workloads, sizes, backends and regimes, or append to it".to_owned(),
            }),
        }
    }

    /// Measures besides what a report has, and keeps both. Call it last, as [`resume`](Sweep::resume).
    ///
    /// # Errors
    ///
    /// [`Error::Earlier`] if the report comes from another machine or build, from other numbers, or has another axis; or if
    /// this is not the number of elements, another one.
    pub fn append(self, earlier: Report) -> Result<Self> {
        let refused = |reason| {
            let remedy = "begin a sweep of its own, in another place".to_owned();
            Err(Error::Earlier { reason, remedy })
        };
        if earlier.axis != self.axis() {
            return refused(format!("its measurements vary {} and these vary {}", earlier.axis, self.axis()));
        }
        let elements = (earlier.elements(), self.vary.as_ref().map(Vary::elements));
        if let (Some(old), Some(new)) = elements
            && old != new
        {
            return refused(format!("its arrays had {old} elements and have {new} now"));
        }
        let differences = differences(&earlier, &self.infos());
        if let [Difference { what, old, new }, ..] = &differences[..] {
            return refused(format!("its {what} was {old} and is {new} now"));
        }
        match earlier.seed {
            Some(seed) if seed == self.seed => Ok(Sweep { earlier: Some(earlier), ..self }),
            Some(seed) => refused(format!("its seed was {seed} and is {} now", self.seed)),
            None => refused("it does not say its seed".to_owned()),
        }
    }

    /// Returns whether this sweep would measure this.
    fn plans(&self, place: &Place) -> bool {
        let ours = |contender: &dyn Contender, varied: Option<Varied>| {
            let series = (contender.info().kind, contender.regime());
            series == (place.backend, place.regime) && varied.or(contender.varied()) == place.varied
        };
        self.measured_sizes().iter().any(|elements| elements == place.elements)
            && self.subjects().iter().any(|(workload, varied)| {
                workload.name() == place.workload && self.contenders.iter().any(|each| ours(&**each, *varied))
            })
    }

    /// Returns the report to resume, or an empty one.
    pub(super) fn begin(&self, observer: &mut dyn Observer) -> Report {
        let mut report = Report::new(Environment::of(&self.infos()), self.missing.clone());
        report.seed = Some(self.seed);
        report.command.clone_from(&self.command);
        report.axis = self.axis();
        // Until it is at its end. Who is killed on the way leaves a report that says so.
        report.cancelled = true;
        if let Some(earlier) = &self.earlier {
            let kept = |each: &&Measurement| each.trials == self.trials || !self.plans(&each.place());
            report.measurements = earlier.measurements.iter().filter(kept).cloned().collect();
            let failed = |each: &&Failure| !self.plans(&each.place());
            report.failures = earlier.failures.iter().filter(failed).cloned().collect();
            report.environment = joined(&earlier.environment, report.environment);
        }
        observer.begun(&report.environment);
        for measurement in &report.measurements {
            observer.measured(measurement);
        }
        report
    }

    /// Returns whether a report has all that this sweep would measure with a workload.
    pub(super) fn is_kept(&self, report: &Report, workload: &Workload, varied: Option<Varied>) -> bool {
        let kept = |elements| {
            let mut contenders = self.contenders.iter();
            contenders.all(|each| report.has(&place(&**each, workload, varied, elements)))
        };
        self.measured_sizes().iter().all(kept)
    }

    /// Puts the measurements of several sweeps in the order of one: by workload, by size or what else varies, by series.
    pub(super) fn arrange(&self, report: &mut Report) {
        if self.earlier.is_none() {
            return;
        }
        let workloads: Vec<String> = report.workloads().into_iter().map(str::to_owned).collect();
        report.measurements.sort_by_key(|each| {
            let workload = workloads.iter().position(|name| *name == each.workload);
            (workload, each.elements, each.varied, each.backend, each.regime)
        });
    }
}

/// Returns how the machine and the build differ from those of a report, as far as it matters for measurements side by side.
fn differences(earlier: &Report, infos: &[Info]) -> Vec<Difference> {
    // The loop has its own instruction set and thread, whatever the others have; a GPU has neither.
    let lanes = |kind| !matches!(kind, Kind::Loop | Kind::Gpu);
    let many = |kind| !matches!(kind, Kind::Loop | Kind::Gpu | Kind::Simd);
    let both = |has: fn(Kind) -> bool| {
        earlier.measurements.iter().any(|each| has(each.backend)) && infos.iter().any(|info| has(info.kind))
    };
    let matters = |difference: &Difference| match difference.what {
        "isa" => both(lanes),
        // Where their number is what is varied, the greatest of all may grow.
        "threads" => earlier.axis != Axis::Threads && both(many),
        _ => true,
    };
    earlier.environment.differences(&Environment::of(infos)).into_iter().filter(matters).collect()
}

/// Returns what is known of two sweeps' machine together.
fn joined(earlier: &Environment, now: Environment) -> Environment {
    let isa = |environment: &Environment| environment.isa.as_ref().and_then(|isa| isa.parse::<Isa>().ok());
    let isa = isa(earlier).max(isa(&now)).map(|isa| isa.to_string());
    Environment {
        cpu: now.cpu.or_else(|| earlier.cpu.clone()),
        isa,
        threads: earlier.threads.max(now.threads),
        adapter: now.adapter.or_else(|| earlier.adapter.clone()),
        driver: now.driver.or_else(|| earlier.driver.clone()),
        api: now.api.or_else(|| earlier.api.clone()),
        software: now.software.or(earlier.software),
        ..now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sizes;
    use crate::sweep::fake::{Fake, FakeClock, FakeMachine, Manner, Notes};

    fn sizes(text: &str) -> Sizes {
        text.parse().unwrap()
    }

    /// Returns the samples of the measurements that are not the same bits in another report.
    fn new_in(report: &Report, earlier: &Report) -> Vec<usize> {
        let new = report.measurements.iter().filter(|each| !earlier.measurements.contains(each));
        new.map(|each| each.elements).collect()
    }

    #[test]
    fn a_sweep_goes_on_where_it_was_cancelled() {
        let clock = FakeClock::default();
        let sweep = |micros: u64, text: &str| {
            let fake = Fake::new(&clock, &[micros], Manner::Right);
            Sweep::new().contender(Box::new(fake)).sizes(sizes(text))
        };
        let mut notes = Notes { cancel_at: Some(15), ..Notes::default() };
        let part = sweep(6000, "10,20,30").run_with(&clock, &mut notes);
        assert_eq!((part.measurements.len(), part.cancelled), (2, true));

        // What is measured now takes longer, so that it can be distinguished from what is kept.
        let mut notes = Notes::default();
        let whole = sweep(8000, "10,20,30").resume(part.clone()).unwrap().run_with(&clock, &mut notes);
        assert_eq!((new_in(&whole, &part), whole.measurements.len(), whole.cancelled), (vec![30], 3, false));
        assert_eq!((notes.measured, notes.progress.last()), (3, Some(&(18, 18))));

        // Other sizes go in between, other trials replace.
        let more = sweep(9000, "5,25").append(whole.clone()).unwrap().run_with(&clock, &mut ());
        assert_eq!(more.measurements.iter().map(|each| each.elements).collect::<Vec<_>>(), [5, 10, 20, 25, 30]);
        assert_eq!(new_in(&more, &whole), [5, 25]);
        let again = sweep(9000, "20").trials(7).append(more.clone()).unwrap().run_with(&clock, &mut ());
        assert_eq!((new_in(&again, &more), again.measurements.len()), (vec![20], 5));
    }

    #[test]
    fn of_what_is_complete_nothing_is_measured_not_even_the_machine() {
        let clock = FakeClock::default();
        let sweep =
            || Sweep::new().contender(Box::new(Fake::new(&clock, &[6000], Manner::Right))).sizes(sizes("10,20"));
        let whole = sweep().measured_on(FakeMachine::factory(&clock)).run_with(&clock, &mut ());
        assert!(whole.ceilings.is_some());
        let untouched = |_: Option<Isa>| panic!("the machine is measured again");
        let mut notes = Notes::default();
        let again = sweep().measured_on(untouched).resume(whole.clone()).unwrap().run_with(&clock, &mut notes);
        assert_eq!((again.measurements, again.ceilings, again.cancelled), (whole.measurements, whole.ceilings, false));
        assert_eq!((notes.measured, notes.progress.last()), (2, Some(&(12, 12))));
    }

    #[test]
    fn a_cancelled_sweep_that_went_on_keeps_what_it_had() {
        let clock = FakeClock::default();
        let sweep = || Sweep::new().contender(Box::new(Fake::new(&clock, &[6000], Manner::Right)));
        let first = sweep().sizes(sizes("20,30")).run_with(&clock, &mut ());
        let mut notes = Notes { cancel_at: Some(2), ..Notes::default() };
        let again = sweep().sizes(sizes("10,20,30")).resume(first.clone()).unwrap().run_with(&clock, &mut notes);
        assert_eq!((again.measurements, again.cancelled), (first.measurements, true));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let clock = FakeClock::default();
        let sweep = |manner| Sweep::new().contender(Box::new(Fake::new(&clock, &[6000], manner))).sizes(sizes("10"));
        let failed = sweep(Manner::BreaksAfter(0)).run_with(&clock, &mut ());
        assert_eq!((failed.measurements.len(), failed.failures.len()), (0, 1));
        let again = sweep(Manner::Right).resume(failed).unwrap().run_with(&clock, &mut ());
        assert_eq!((again.measurements.len(), again.failures.len()), (1, 0));
    }

    #[test]
    fn another_machine_or_plan_is_refused_and_named() {
        let clock = FakeClock::default();
        let sweep = || Sweep::new().contender(Box::new(Fake::new(&clock, &[6000], Manner::Right))).sizes(sizes("10"));
        let earlier = sweep().run_with(&clock, &mut ());
        let refusal = |change: fn(&mut Report), sweep: Sweep| {
            let mut earlier = earlier.clone();
            change(&mut earlier);
            sweep.resume(earlier).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(refusal(|_| {}, sweep()), "");
        for (change, expected) in [
            ((|it: &mut Report| it.environment.os = "CP/M".to_owned()) as fn(&mut Report), "its os was CP/M and is "),
            (|it| it.environment.isa = Some("abacus".to_owned()), "its isa was abacus and is "),
            (|it| it.seed = Some(3), "its seed was 3 and is 0 now"),
            (|it| it.seed = None, "it does not say its seed"),
            (|it| it.measurements[0].elements = 11, "it has poly on fake at 11 elements, which is not asked for now"),
        ] {
            let said = refusal(change, sweep());
            assert!(said.contains(expected), "{said}");
        }
        // The loop's lanes and threads are its own: beside it, others may have any.
        let alone = Sweep::new().open(Kind::Loop).sizes(sizes("10")).trials(1).run();
        let more = Sweep::new().open(Kind::Threads).sizes(sizes("10")).trials(1).append(alone).unwrap();
        let environment = more.run().environment;
        assert_eq!(environment.isa, Some(Isa::detect().to_string()));
    }

    #[test]
    fn the_report_so_far_is_heard_of_at_each_size() {
        struct Heard(Vec<(usize, bool)>);
        impl Observer for Heard {
            fn so_far(&mut self, report: &Report) {
                self.0.push((report.measurements.len(), report.cancelled));
            }
        }
        let clock = FakeClock::default();
        let sweep = Sweep::new().contender(Box::new(Fake::new(&clock, &[6000], Manner::Right))).sizes(sizes("10,20"));
        let mut heard = Heard(Vec::new());
        assert!(!sweep.run_with(&clock, &mut heard).cancelled);
        assert_eq!(heard.0, [(0, true), (1, true), (2, true)]);
    }
}
