//! Warnings: reasons to distrust a sweep's figures, and remedies.

use std::fmt;

use super::report::{Measurement, Report};
use crate::bench::quantiles::{Quantiles, quantile};

use crate::backend::{Isa, Kind};
use crate::text::{short, time};

/// The fewest trials whose noise can be distinguished from a change.
const TRIALS: usize = 5;
/// From what spread on a measurement is noisy: its 95 % quantile over its 5 % quantile.
pub(super) const SPREAD: f64 = 1.25;
/// How many measurements of a sweep may be noisy, in each and in ten: no machine is quiet all the time.
pub(super) const NOISY: (usize, usize) = (2, 10);
/// The fewest steps of the clock that a sample lasts: then reading it adds a hundredth at most.
const STEPS: f64 = 100.0;
/// From what drift on the machine gets slower: the later trials' median over the earlier ones', by the median measurement.
const DRIFT: f64 = 1.03;
/// In how many of the measurements the later trials must be slower, for it not to be chance: four fifths of eight or more,
/// which a fair coin does in less than 4 of 100 tries.
const SLOWER: (f64, usize) = (0.8, 8);

/// A reason to distrust a sweep's figures. Its text has the cause, the numbers and the remedy.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(tag = "warning", rename_all = "snake_case"))]
pub enum Warning {
    /// This crate was built without optimisations.
    DebugBuild,
    /// The GPU is a software rasterizer.
    SoftwareGpu {
        /// The adapter's name.
        adapter: String,
    },
    /// The SIMD backends do not use the widest instruction set that the machine has.
    NarrowIsa {
        /// What they use.
        isa: String,
        /// The widest there is.
        widest: String,
    },
    /// More threads than cores.
    ManyThreads {
        /// How many threads work.
        threads: usize,
        /// How many cores this process may use.
        cores: usize,
    },
    /// Results that are wrong, and so have no time.
    Wrong {
        /// How many measurements.
        results: usize,
        /// The first of them.
        first: String,
    },
    /// Too few trials to distinguish noise from a change.
    FewTrials {
        /// The least number of trials of a measurement.
        trials: usize,
        /// How many measurements have fewer than five.
        measurements: usize,
    },
    /// Trials of the same run that differ by much.
    Noisy {
        /// How many measurements.
        measurements: usize,
        /// Of how many.
        of: usize,
        /// The greatest of their spreads: the 95 % quantile over the 5 % quantile.
        spread: f64,
        /// Which measurement that is.
        worst: String,
    },
    /// Something else ran on the machine while it was measured.
    Busy {
        /// How many times longer than at its best a fixed piece of work took beside the measurements, at most.
        times: f64,
        /// Beside how many measurements it took longer.
        measurements: usize,
        /// Of how many.
        of: usize,
    },
    /// The machine's ceilings may be too low.
    LowCeilings {
        /// How many rates were reached only once or twice, however often they were tried.
        rates: usize,
        /// How many measurements are above their ceiling.
        measurements: usize,
        /// The greatest part of a ceiling.
        part: f64,
    },
    /// Later trials take longer than earlier ones.
    Throttling {
        /// How many times longer, by the median measurement.
        times: f64,
        /// In how many measurements.
        measurements: usize,
        /// Of how many.
        of: usize,
    },
    /// Samples hardly longer than the clock's step.
    CoarseClock {
        /// How many measurements.
        measurements: usize,
        /// The shortest sample, in seconds.
        sample: f64,
        /// The clock's step, in seconds.
        step: f64,
    },
}

/// Returns the [warnings](super::Analysis::warnings) about a report.
pub(super) fn all(report: &Report) -> Vec<Warning> {
    let all = [
        report.debug_build(),
        report.software_gpu(),
        report.narrow_isa(),
        report.many_threads(),
        report.wrong(),
        report.few_trials(),
        report.noisy(),
        report.busy(),
        report.low_ceilings(),
        report.throttling(),
        report.coarse_clock(),
    ];
    all.into_iter().flatten().collect()
}

impl Report {
    fn debug_build(&self) -> Option<Warning> {
        (self.environment.profile == "debug").then_some(Warning::DebugBuild)
    }

    fn software_gpu(&self) -> Option<Warning> {
        let adapter = self.environment.adapter.clone().unwrap_or_default();
        (self.environment.software == Some(true)).then_some(Warning::SoftwareGpu { adapter })
    }

    fn narrow_isa(&self) -> Option<Warning> {
        // The loop has no lanes to widen.
        let lanes = self.measurements.iter().any(|each| !matches!(each.backend, Kind::Loop | Kind::Gpu));
        let isa: Isa = self.environment.isa.as_ref()?.parse().ok()?;
        let widest: Isa = self.environment.widest.as_ref()?.parse().ok()?;
        let narrow = Warning::NarrowIsa { isa: isa.to_string(), widest: widest.to_string() };
        (lanes && isa < widest).then_some(narrow)
    }

    fn many_threads(&self) -> Option<Warning> {
        let (threads, cores) = (self.environment.threads?, self.environment.cores?);
        (threads > cores).then_some(Warning::ManyThreads { threads, cores })
    }

    fn wrong(&self) -> Option<Warning> {
        let mut wrong = self.failures.iter().filter(|failure| failure.mismatch.is_some());
        let first = wrong.next()?;
        Some(Warning::Wrong { results: 1 + wrong.count(), first: first.place().to_string() })
    }

    fn few_trials(&self) -> Option<Warning> {
        let few = || self.measurements.iter().map(|each| each.trials).filter(|trials| *trials < TRIALS);
        Some(Warning::FewTrials { trials: few().min()?, measurements: few().count() })
    }

    fn noisy(&self) -> Option<Warning> {
        let spread = |each: &Measurement| each.seconds.q95 / each.seconds.q05;
        let noisy = || self.measurements.iter().filter(|each| spread(each) > SPREAD);
        let (measurements, of) = (noisy().count(), self.measurements.len());
        if measurements <= NOISY.0.max(of / NOISY.1) {
            return None;
        }
        let worst = noisy().max_by(|a, b| spread(a).total_cmp(&spread(b)))?;
        Some(Warning::Noisy { measurements, of, spread: spread(worst), worst: worst.place().to_string() })
    }

    fn throttling(&self) -> Option<Warning> {
        let mut drifts: Vec<f64> = self.measurements.iter().filter_map(drift).collect();
        let (of, measurements) = (drifts.len(), drifts.iter().filter(|drift| **drift > 1.0).count());
        if of < SLOWER.1 || (measurements as f64) < SLOWER.0 * of as f64 {
            return None;
        }
        drifts.sort_unstable_by(f64::total_cmp);
        let times = quantile(&drifts, 0.5);
        (times > DRIFT).then_some(Warning::Throttling { times, measurements, of })
    }

    fn coarse_clock(&self) -> Option<Warning> {
        let step = self.clock_step?;
        let sample = |each: &Measurement| each.runs as f64 * each.samples.iter().copied().fold(f64::INFINITY, f64::min);
        let noted = self.measurements.iter().filter(|each| each.runs > 0).map(sample);
        let short: Vec<_> = noted.filter(|sample| *sample < STEPS * step).collect();
        let shortest = short.iter().copied().min_by(f64::total_cmp)?;
        Some(Warning::CoarseClock { measurements: short.len(), sample: shortest, step })
    }
}

/// Returns how many times longer the later half of the trials took than the earlier half; a trial in the middle is in neither.
fn drift(measurement: &Measurement) -> Option<f64> {
    let samples = &measurement.samples;
    let half = samples.len() / 2;
    if half < 2 {
        return None;
    }
    let median = |part: &[f64]| Quantiles::without_slowest(part).q50;
    let drift = median(&samples[samples.len() - half..]) / median(&samples[..half]);
    drift.is_finite().then_some(drift)
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::DebugBuild => write!(
                f,
                "this is a debug build, many times slower than it could be; build with --release, or run `cargo sweep`"
            ),
            Warning::SoftwareGpu { adapter } => write!(
                f,
                "the GPU `{adapter}` is a software rasterizer: its results are right, its speed says nothing about a GPU; \
                 install a GPU's driver, or leave it out with --backends"
            ),
            Warning::NarrowIsa { isa, widest } => {
                write!(f, "simd and threads ran on {isa}, but this machine has {widest}; leave out --isa to use it")
            }
            Warning::ManyThreads { threads, cores } => write!(
                f,
                "{threads} threads share {cores} core(s) and wait for each other; use at most {cores}, with --threads or \
                 --vary threads"
            ),
            Warning::Wrong { results, first } => write!(
                f,
                "{results} result(s) were wrong and have no time, the first {first}; leave out that backend, update the \
                 driver if it is a GPU, and please report it"
            ),
            Warning::FewTrials { trials, measurements } => write!(
                f,
                "{measurements} measurement(s) have only {trials} trial(s), too few to estimate their noise; use --trials \
                 {TRIALS} or more"
            ),
            Warning::Noisy { measurements, of, spread, worst } => write!(
                f,
                "{measurements} of {of} measurements are noisy, the worst {worst}, whose slow trials take {} times as long \
                 as its fast ones; stop other programs, or use more --trials",
                short(*spread)
            ),
            Warning::Busy { times, measurements, of } => write!(
                f,
                "other programs ran on this machine: beside {measurements} of {of} measurements a fixed piece of work took \
                 longer than at its best, up to {} times; stop them and measure again",
                short(*times)
            ),
            Warning::LowCeilings { rates, measurements, part } => write!(
                f,
                "the ceilings may be too low: {rates} of the machine's rates were reached only once or twice, and \
                 {measurements} measurement(s) were above their ceiling, the best at {:.0} % of it; measure again on an idle \
                 machine",
                part * 100.0
            ),
            Warning::Throttling { times, measurements, of } => write!(
                f,
                "the machine became slower during the sweep: in {measurements} of {of} measurements later trials took \
                 longer, by {} times in the median; let it cool, connect it to mains power, or fix its clock frequency",
                short(*times)
            ),
            Warning::CoarseClock { measurements, sample, step } => write!(
                f,
                "the clock's step of {} is too coarse for {measurements} measurement(s), whose samples take {}; measure \
                 larger sizes",
                time(*step),
                time(*sample)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::simulated::{Curve, measured, simulated};
    use crate::sweep::{Failure, Mismatch, Regime};

    const SIMD: Curve = Curve { backend: Kind::Simd, fixed: 50e-9, each: 1e-9 };

    /// Returns a sweep that nothing is wrong with.
    fn sound() -> Report {
        let mut report = simulated(&[SIMD], "geomspace:1000:1e6:10", 5, 0.02, 1);
        report.environment.isa = Some("avx2".to_owned());
        report.environment.widest = Some("avx2".to_owned());
        report.environment.threads = Some(2);
        report.environment.cores = Some(2);
        report.environment.profile = "release".to_owned();
        report.environment.software = Some(false);
        report.clock_step = Some(30e-9);
        report
    }

    /// Returns the one warning that a change brings.
    fn warned(change: impl Fn(&mut Report)) -> (Warning, String) {
        let mut report = sound();
        change(&mut report);
        let [warning] = &all(&report)[..] else { panic!("{:?}", all(&report)) };
        (warning.clone(), warning.to_string())
    }

    #[test]
    fn a_sound_sweep_has_no_warning() {
        assert_eq!(all(&sound()), []);
        assert_eq!(all(&Report::new(Default::default(), Vec::new())), []);
    }

    #[test]
    fn a_debug_build_is_named() {
        let (_, said) = warned(|report| report.environment.profile = "debug".to_owned());
        assert!(said.contains("--release"), "{said}");
    }

    #[test]
    fn a_software_gpu_is_named() {
        let (_, said) = warned(|report| {
            report.environment.adapter = Some("llvmpipe".to_owned());
            report.environment.software = Some(true);
        });
        assert!(said.contains("`llvmpipe`") && said.contains("--backends"), "{said}");
    }

    #[test]
    fn a_narrow_instruction_set_is_named_unless_only_the_loop_runs() {
        let (_, said) = warned(|report| report.environment.widest = Some("avx512".to_owned()));
        assert!(said.contains("on avx2") && said.contains("has avx512") && said.contains("--isa"), "{said}");
        let mut report = simulated(&[Curve { backend: Kind::Loop, ..SIMD }], "1000", 5, 0.0, 0);
        report.environment.isa = Some("scalar".to_owned());
        report.environment.widest = Some("avx512".to_owned());
        assert_eq!(all(&report), []);
    }

    #[test]
    fn more_threads_than_cores_are_named() {
        let (_, said) = warned(|report| report.environment.threads = Some(8));
        assert!(
            said.contains("8 threads share 2 core(s)") && said.contains("use at most 2, with --threads or --vary"),
            "{said}"
        );
    }

    #[test]
    fn wrong_results_are_named_and_other_failures_are_not() {
        let mismatch = Mismatch { index: 0, value: 1.0, oracle: 2.0, bound: 0.1, wrong: 1, of: 1 };
        let failure = Failure {
            workload: "poly".to_owned(),
            backend: Kind::Gpu,
            regime: Regime::Resident,
            elements: 1000,
            reason: "somebody pulled the cable".to_owned(),
            mismatch: None,
            varied: None,
        };
        let wrong = Failure { mismatch: Some(mismatch), elements: 2000, ..failure.clone() };
        let (warning, said) = warned(|report| report.failures = vec![failure.clone(), wrong.clone(), wrong.clone()]);
        let first = "poly on gpu resident at 2000 elements".to_owned();
        assert_eq!(warning, Warning::Wrong { results: 2, first });
        assert!(said.contains("report it"), "{said}");
    }

    #[test]
    fn too_few_trials_are_named() {
        let (warning, said) = warned(|report| {
            for elements in [1000, 2000] {
                report.measurements.push(measured(Kind::Loop, elements, vec![1e-3; 4]));
            }
            report.measurements.push(measured(Kind::Loop, 3000, vec![1e-3; 3]));
        });
        assert_eq!(warning, Warning::FewTrials { trials: 3, measurements: 3 });
        assert!(said.contains("--trials 5"), "{said}");
    }

    #[test]
    fn a_noisy_machine_is_named_and_a_noisy_moment_is_not() {
        let noise = |report: &mut Report, count: usize| {
            for each in &mut report.measurements[..count] {
                let middle = each.seconds.q50;
                *each = measured(each.backend, each.elements, [0.9, 1.0, 2.0, 1.0, 2.0].map(|by| by * middle).to_vec());
            }
        };
        let mut report = sound();
        noise(&mut report, 2);
        assert_eq!(all(&report), []);
        let (warning, said) = warned(|report| noise(report, 3));
        let Warning::Noisy { measurements: 3, of: 10, spread, .. } = warning else { panic!("{said}") };
        assert!((1.8..2.3).contains(&spread) && said.contains("the worst poly on simd at "), "{said}");
    }

    #[test]
    fn a_machine_that_gets_slower_is_named() {
        let (warning, said) = warned(|report| {
            for each in &mut report.measurements {
                for (index, seconds) in each.samples.iter_mut().enumerate() {
                    *seconds *= 1.0 + 0.04 * index as f64;
                }
            }
        });
        let Warning::Throttling { times, measurements, of: 10 } = warning else { panic!("{said}") };
        assert!((1.08..1.18).contains(&times) && measurements >= 8 && said.contains("cool"), "{said}");
    }

    #[test]
    fn samples_near_the_clocks_step_are_named() {
        let (warning, said) = warned(|report| report.clock_step = Some(1e-3 / 50.0));
        let Warning::CoarseClock { measurements, sample, .. } = warning else { panic!("{said}") };
        assert!(measurements >= 1 && sample < 2e-3 && said.contains("step of 20.0 µs"), "{said}");
    }
}
