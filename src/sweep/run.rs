//! Running a sweep.

use super::load::ReferenceWork;
use super::observer::{Observer, Progress};
use super::report::Report;
use super::round::{self, Round};
use super::settings::Sweep;
use super::verify::Oracle;
use crate::bench::clock::{Clock, SystemClock};
use crate::bench::sampler::Sampler;

impl Sweep {
    /// Measures everything with the system's clock.
    pub fn run(&self) -> Report {
        self.run_with(&SystemClock, &mut ())
    }

    /// Measures everything, reporting to `observer` as it goes.
    ///
    /// What fails does not stop the rest: it is one of the report's failures. Memory is not asked for but taken: compare
    /// [`bytes_needed`](Sweep::bytes_needed) with what there is first, if the sizes are somebody else's choice.
    pub fn run_with(&self, clock: &dyn Clock, observer: &mut dyn Observer) -> Report {
        let mut report = self.begin(observer);
        for missing in &self.missing {
            observer.missing(missing);
        }
        let (subjects, sizes) = (self.subjects(), self.measured_sizes());
        let steps = subjects.len() * sizes.len() * self.contenders.len() * (1 + self.trials);
        let mut progress = Progress { done: 0, total: steps };
        let sampler = Sampler::new(clock, round::LEAST_SAMPLE);
        report.clock_step = Some(sampler.step().as_secs_f64());
        let anew = self.measure_ceilings(&mut report, clock, sampler.step(), observer);
        observer.so_far(&report);
        let reference = &ReferenceWork::new(clock, sampler.step(), &*self.machine);
        for (workload, varied) in &subjects {
            let (largest, varied) = (sizes.largest(), *varied);
            // Its numbers and their bounds may take longer than all else that is left.
            if self.is_kept(&report, workload, varied) {
                self.arrange(&mut report);
                progress.advance(sizes.len() * self.contenders.len() * (1 + self.trials), observer);
                continue;
            }
            let data = workload.data(largest, self.seed);
            let oracle = Oracle::new(workload, &data, largest, &self.arithmetics());
            for len in sizes.iter() {
                let oracle = oracle.as_ref();
                let round = Round { sweep: self, workload, data: &data, oracle, len, varied, sampler, reference };
                round.run(&mut report, &mut progress, observer);
                self.arrange(&mut report);
                if observer.cancelled() {
                    return report;
                }
                observer.so_far(&report);
            }
        }
        if anew {
            self.raise_ceilings(&mut report, clock, sampler.step(), observer);
        }
        report.cancelled = false;
        report
    }
}
