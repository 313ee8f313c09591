//! Sweeps whose contenders move a clock of their own, so that every figure is known beforehand.

use std::rc::Rc;
use std::time::Duration;

use super::fake::{Fake, FakeClock, Manner, Notes};
use super::*;
use crate::backend::{Backend, Info, Isa, Kind, Loop};
use crate::bench::workload::Workload;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

fn sizes(text: &str) -> Sizes {
    text.parse().unwrap()
}

#[test]
fn short_runs_are_timed_many_at_once_and_long_ones_alone() {
    let clock = FakeClock::default();
    for (micros, least, most) in [(7, 2858, 4000), (24_000, 1, 1)] {
        let fake = Fake::new(&clock, &[micros], Manner::Right);
        let batches = Rc::clone(&fake.batches);
        let report = Sweep::new().contender(Box::new(fake)).sizes(sizes("1000")).run_with(&clock, &mut ());
        let trials = &batches.borrow()[batches.borrow().len() - 5..];
        assert!(trials.iter().all(|times| (least..=most).contains(times)), "{trials:?}");
        let found = &report.measurements[0];
        assert!((found.seconds.q50 - micros as f64 * 1e-6).abs() < 1e-12, "{found:?}");
        assert!((found.ns_per_element - micros as f64).abs() < 1e-9, "{found:?}");
        // One array read and one written: 8 bytes.
        assert!((found.gb_per_s - 8.0 / micros as f64).abs() < 1e-9, "{found:?}");
        assert_eq!((found.trials, found.elements, found.backend), (5, 1000, Kind::named("fake")));
    }
}

#[test]
fn a_coarse_clock_asks_for_longer_samples() {
    struct Coarse(FakeClock);
    impl Clock for Coarse {
        fn now(&self) -> Duration {
            self.0.now()
        }
        fn step(&self) -> Duration {
            Duration::from_millis(1)
        }
    }
    let clock = FakeClock::default();
    let fake = Fake::new(&clock, &[6000], Manner::Right);
    let batches = Rc::clone(&fake.batches);
    Sweep::new().contender(Box::new(fake)).sizes(sizes("10")).run_with(&Coarse(clock), &mut ());
    assert!(batches.borrow().last().unwrap() * 6 >= 1000, "{batches:?}");
}

#[test]
fn the_slowest_trial_is_dropped() {
    let clock = FakeClock::default();
    // One run to verify and two to calibrate, then the trials.
    let fake = Fake::new(&clock, &[24_000, 24_000, 24_000, 25_000, 99_000, 26_000, 27_000, 28_000], Manner::Right);
    let report = Sweep::new().contender(Box::new(fake)).sizes(sizes("10")).run_with(&clock, &mut ());
    let found = report.measurements[0].seconds;
    assert!((found.q50 - 26.5e-3).abs() < 1e-12 && found.q95 < 28e-3, "{found:?}");
    // But it is kept, in its place.
    let samples: Vec<_> = report.measurements[0].samples.iter().map(|seconds| (seconds * 1e6).round()).collect();
    assert_eq!((samples, report.measurements[0].runs), (vec![25e3, 99e3, 26e3, 27e3, 28e3], 1));
}

#[test]
fn the_first_call_is_told_apart() {
    let clock = FakeClock::default();
    let fake = Fake::new(&clock, &[90_000, 24_000, 24_000, 24_000, 24_000, 24_000, 24_000, 24_000], Manner::Right);
    let report = Sweep::new().contender(Box::new(fake)).sizes(sizes("10")).run_with(&clock, &mut ());
    let found = &report.measurements[0];
    assert!((found.first_seconds.unwrap() - 0.09).abs() < 1e-12, "{found:?}");
    assert!((found.seconds.q50 - 0.024).abs() < 1e-12 && found.samples.len() == 5, "{found:?}");
}

#[test]
fn a_kernel_is_prepared_in_the_first_call() {
    // Nothing but the loop, and so slow to prepare that no machine is as slow.
    struct Slow;
    impl Backend for Slow {
        fn info(&self) -> Info {
            Loop.info()
        }
        fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn crate::Prepared>> {
            std::thread::sleep(Duration::from_millis(30));
            Loop.prepare(kernel)
        }
    }
    let host = Host::new(Box::new(Slow));
    let fresh = host.fresh();
    let sweep = Sweep::new().contender(Box::new(host)).contender(Box::new(fresh)).sizes(sizes("10")).trials(1);
    let report = sweep.run();
    assert_eq!((report.failures.len(), report.measurements[1].regime), (0, Regime::Fresh));
    for found in &report.measurements {
        assert!(found.first_seconds.unwrap() >= 0.03 && found.seconds.q50 < 0.03, "{found:?}");
    }
}

#[test]
fn an_output_that_is_never_written_is_found_out_where_zero_is_right() {
    struct Idle;
    struct Prepared(Kernel);
    impl Backend for Idle {
        fn info(&self) -> Info {
            Loop.info()
        }
        fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn crate::Prepared>> {
            Ok(Box::new(Prepared(kernel.clone())))
        }
    }
    impl crate::Prepared for Prepared {
        fn kernel(&self) -> &Kernel {
            &self.0
        }
        fn launch(&mut self, _: &[Arg<'_>], _: &mut [crate::Out<'_>]) -> Result<()> {
            Ok(())
        }
    }
    let host = Host::new(Box::new(Idle));
    let fresh = host.fresh();
    let sweep = Sweep::new().workloads([Workload::parse("0*x").unwrap()]).sizes(sizes("10")).trials(1);
    let report = sweep.contender(Box::new(host)).contender(Box::new(fresh)).run();
    assert_eq!((report.measurements.len(), report.failures.len()), (0, 2));
}

#[test]
fn a_scalar_is_judged_as_the_sum_that_it_is() {
    /// A sum that is off by so much.
    struct Off(f32);
    struct Summed(Vec<f32>);
    impl Contender for Off {
        fn info(&self) -> Info {
            Loop.info()
        }
        fn regime(&self) -> Regime {
            Regime::Scalar
        }
        fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], _: usize) -> Result<Box<dyn Runner + 'a>> {
            let mut out = vec![f32::NAN];
            Loop.run(kernel, args, &mut out)?;
            out[0] += self.0;
            Ok(Box::new(Summed(out)))
        }
    }
    impl Runner for Summed {
        fn run(&mut self) -> Result<()> {
            Ok(())
        }
        fn output(&mut self) -> Result<&[f32]> {
            Ok(&self.0)
        }
    }
    let sum: Workload = Workload::parse("sum(x)").unwrap();
    let sweep = Sweep::new().workloads(["axpy".parse().unwrap(), sum]).sizes(sizes("1000")).trials(1);
    let report = sweep.contender(Box::new(Off(0.0))).contender(Box::new(Off(1.0))).run();
    assert_eq!((report.measurements.len(), report.failures.len()), (2, 2));
    let wrong = report.failures[0].mismatch.unwrap();
    assert_eq!((wrong.index, wrong.wrong, wrong.of), (0, 1, 1));
    // What is read counts, and one number that is written does not: two arrays of axpy, one of the sum.
    let bytes = |found: &Measurement| (found.gb_per_s * found.ns_per_element).round();
    assert_eq!(report.measurements.iter().map(bytes).collect::<Vec<_>>(), [8.0, 4.0]);
}

#[test]
fn the_contenders_take_turns() {
    let clock = FakeClock::default();
    // If one had all its trials before the other, a clock that slows down would not show in both.
    let order = Rc::new(std::cell::RefCell::new(Vec::new()));
    struct Turn(Rc<std::cell::RefCell<Vec<usize>>>, usize, Fake);
    struct Turned<'a>(&'a Turn, Box<dyn Runner + 'a>);
    impl Contender for Turn {
        fn info(&self) -> Info {
            self.2.info()
        }
        fn regime(&self) -> Regime {
            Regime::Resident
        }
        fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
            Ok(Box::new(Turned(self, self.2.prepare(kernel, args, len)?)))
        }
    }
    impl Runner for Turned<'_> {
        fn run(&mut self) -> Result<()> {
            self.0.0.borrow_mut().push(self.0.1);
            self.1.run()
        }
        fn output(&mut self) -> Result<&[f32]> {
            self.1.output()
        }
    }
    let turn = |id| Box::new(Turn(Rc::clone(&order), id, Fake::new(&clock, &[24_000], Manner::Right)));
    let sweep = Sweep::new().contender(turn(1)).contender(turn(2)).sizes(sizes("10")).trials(3);
    let report = sweep.run_with(&clock, &mut ());
    assert_eq!(report.measurements[1].regime, Regime::Resident);
    let order = order.borrow();
    assert_eq!(order[order.len() - 6..], [1, 2, 1, 2, 1, 2]);
}

#[test]
fn a_wrong_output_gets_no_time_and_says_where() {
    let clock = FakeClock::default();
    let mut notes = Notes::default();
    let report = Sweep::new()
        .contender(Box::new(Fake::new(&clock, &[6000], Manner::WrongAtTheEnd)))
        .contender(Box::new(Fake::new(&clock, &[6000], Manner::WritesNothing)))
        .contender(Box::new(Fake::new(&clock, &[6000], Manner::Right)))
        .sizes(sizes("100"))
        .run_with(&clock, &mut notes);
    assert_eq!((report.measurements.len(), notes.measured, notes.failed), (1, 1, 2));
    let one = report.failures[0].mismatch.unwrap();
    assert_eq!((one.index, one.wrong, one.of), (99, 1, 100));
    assert!((f64::from(one.value) - one.oracle - 1e-3).abs() < 1e-5 && one.bound < 1e-4, "{one:?}");
    assert_eq!(report.failures[1].mismatch.unwrap().wrong, 100);
    assert!(report.failures[0].to_string().starts_with("poly on fake at 100 elements: 1 of 100"));
    assert_eq!(notes.progress.last(), Some(&(18, 18)));
}

#[test]
fn a_contender_that_breaks_does_not_stop_the_rest() {
    let clock = FakeClock::default();
    for breaks in [0, 2, 5] {
        let mut notes = Notes::default();
        let report = Sweep::new()
            .contender(Box::new(Fake::new(&clock, &[6000], Manner::BreaksAfter(breaks))))
            .contender(Box::new(Fake::new(&clock, &[6000], Manner::Right)))
            .sizes(sizes("100"))
            .run_with(&clock, &mut notes);
        assert_eq!((report.measurements.len(), report.failures.len()), (1, 1), "after {breaks}");
        assert!(report.failures[0].reason.contains("pulled the cable"), "{:?}", report.failures);
        assert_eq!(notes.progress.last(), Some(&(12, 12)));
    }
}

#[test]
fn cancelling_keeps_what_was_measured() {
    let clock = FakeClock::default();
    let sweep = || {
        let fake = Fake::new(&clock, &[6000], Manner::Right);
        Sweep::new().contender(Box::new(fake)).sizes(sizes("10,20,30"))
    };
    // Six steps a size: in the midst of the second.
    let mut notes = Notes { cancel_at: Some(9), ..Notes::default() };
    let report = sweep().run_with(&clock, &mut notes);
    assert!(report.cancelled);
    assert_eq!(report.measurements.iter().map(|each| each.elements).collect::<Vec<_>>(), [10]);
    assert_eq!(notes.progress.last(), Some(&(9, 18)));
    assert!(!sweep().run_with(&clock, &mut ()).cancelled);
}

#[test]
fn an_output_on_the_host_is_nan_until_it_is_written() {
    let workload: Workload = "poly".parse().unwrap();
    let data = workload.data(10, 0);
    let host = Host::new(Box::new(Loop));
    let mut runner = host.prepare(&workload.kernel, &data.args(10), 10).unwrap();
    assert!(runner.output().unwrap().iter().all(|value| value.is_nan()));
    runner.run().unwrap();
    assert!(runner.output().unwrap().iter().all(|value| value.is_finite()));
}

#[test]
fn a_missing_backend_is_said_to_be_missing() {
    let mut notes = Notes::default();
    let reason = Isa::Avx512.check().err().unwrap_or(Error::DeviceLost { reason: "none here".to_owned() });
    let sweep = Sweep::new().missing(Kind::Gpu, &reason).open(Kind::Loop).sizes(sizes("10"));
    let report = sweep.run_with(&SystemClock, &mut notes);
    assert_eq!(report.missing, [Missing { backend: Kind::Gpu, reason: reason.to_string() }]);
    assert_eq!((notes.missing, report.measurements.len()), (vec![reason.to_string()], 1));
}

#[test]
fn a_workload_that_does_not_fit_its_kernel_fails_and_says_so() {
    let mut workload: Workload = "axpy".parse().unwrap();
    workload.samples.pop();
    let report = Sweep::new().workloads([workload]).open(Kind::Loop).sizes(sizes("10")).run();
    assert!(report.measurements.is_empty());
    assert!(report.failures[0].reason.contains("takes 3 input(s)"), "{:?}", report.failures);
}

#[test]
fn every_cpu_backend_passes_on_every_workload() {
    let kinds = [Kind::Loop, Kind::Simd, Kind::Threads];
    let sweep = kinds.into_iter().fold(Sweep::new(), Sweep::open).workloads(Workload::all());
    let report = sweep.sizes(sizes("1,1001")).trials(1).run();
    assert_eq!(report.failures, []);
    assert_eq!(report.measurements.len(), kinds.len() * 2 * Workload::all().len());
    // Where a·x and y cancel, one rounding is many units of what is left: no bound in ULP for that one.
    let close = |each: &&Measurement| each.max_ulp < 4.0 || each.workload == "axpy";
    assert!(report.measurements.iter().all(|each| close(&each) && each.seconds.q50 > 0.0), "{report:?}");
}
