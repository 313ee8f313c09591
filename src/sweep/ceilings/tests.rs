//! Ceilings whose every figure is known, and measuring them by a clock that only a fake machine moves.

use std::time::Duration;

use super::*;
use crate::backend::Kind;
use crate::bench::ceiling::at;
use crate::sweep::fake::{Fake, FakeClock, FakeMachine, Manner, Notes};
use crate::sweep::{Bandwidth, Clock, CpuCeiling, DeviceBandwidth, GpuCeiling, Regime, Report, Sweep, Warning};

fn bandwidth(bytes: usize, copy: f64, streaming_copy: f64, read: f64) -> Bandwidth {
    Bandwidth { bytes, copy: Some(copy), streaming_copy: Some(streaming_copy), read: Some(read) }
}

fn ceilings() -> Ceilings {
    let one = CpuCeiling {
        threads: 1,
        memory: vec![bandwidth(8_000, 100.0, 5.0, 80.0), bandwidth(8_000_000, 10.0, 16.0, 12.5)],
        scalar_gflop_per_s: Some(10.0),
        gflop_per_s: Some(160.0),
    };
    let two = CpuCeiling {
        threads: 2,
        memory: vec![bandwidth(8_000_000, 20.0, 32.0, 25.0)],
        scalar_gflop_per_s: None,
        gflop_per_s: Some(320.0),
    };
    let rate = |regime, gb_per_s| DeviceBandwidth { regime, bytes: 8_000_000, gb_per_s };
    let memory = vec![rate(Regime::Host, 4.0), rate(Regime::Compute, 2.0), rate(Regime::Resident, 500.0)];
    Ceilings {
        cpu: vec![one, two],
        gpu: Some(GpuCeiling { memory, gflop_per_s: Some(1000.0) }),
        unconfirmed: Vec::new(),
    }
}

fn workload(name: &str) -> Workload {
    name.parse().or_else(|_| Workload::parse(name)).unwrap()
}

/// Returns what a million elements take at least, in microseconds.
fn bound(name: &str, backend: Kind, regime: Regime) -> Option<f64> {
    let seconds = ceilings().bound_seconds(&workload(name), backend, regime, 1_000_000)?;
    Some((seconds * 1e9).round() / 1e3)
}

#[test]
fn the_bound_is_the_longer_of_bytes_and_operations() {
    let host = |name, backend| bound(name, backend, Regime::Host);
    // 8 MB at 16 GB/s, the better of both copies; 4 operations an element at 160, one number at a time at 10 Gflop/s.
    assert_eq!(host("poly", Kind::Simd), Some(500.0));
    assert_eq!(host("poly", Kind::Loop), Some(500.0));
    assert_eq!(host("horner16", Kind::Loop), Some(3400.0));
    assert_eq!(host("horner16", Kind::Simd), Some(500.0));
    assert_eq!(host("horner256", Kind::Simd), Some(514e6 / 160e9 * 1e6).map(|it: f64| (it * 1e3).round() / 1e3));
    assert_eq!(host("poly", Kind::Threads), Some(250.0));
    // 12 MB; what is written counts once, and the number not at all.
    assert_eq!(host("axpy", Kind::Simd), Some(750.0));
    // 4 MB that are only read, between 8 kB and 8 MB.
    let rate = 80.0 + (500_f64.ln() / 1000_f64.ln()) * (12.5 - 80.0);
    assert_eq!(host("sum(x)", Kind::Simd), Some((4e6 / rate).round() / 1e3));
    // Under a fresh output too: what it costs is what it loses.
    assert_eq!(bound("poly", Kind::Simd, Regime::Fresh), Some(500.0));
}

#[test]
fn a_gpu_has_a_bound_for_each_regime_and_auto_the_best_there_is() {
    let gpu = |name, regime| bound(name, Kind::Gpu, regime);
    assert_eq!(gpu("poly", Regime::Host), Some(2000.0));
    // What is uploaded: one array of poly, two of axpy.
    assert_eq!((gpu("poly", Regime::Compute), gpu("axpy", Regime::Compute)), (Some(2000.0), Some(4000.0)));
    assert_eq!((gpu("poly", Regime::Resident), gpu("horner256", Regime::Resident)), (Some(16.0), Some(514.0)));
    assert_eq!(gpu("poly", Regime::Scalar), None, "it was not measured");
    // Two threads take 250 µs for the bytes, but 1606 µs for the operations; the GPU takes 2000 µs and 514 µs.
    assert_eq!(
        (bound("poly", Kind::Auto, Regime::Host), bound("horner256", Kind::Auto, Regime::Host)),
        (Some(250.0), Some(1606.25))
    );
}

#[test]
fn what_cannot_be_counted_or_was_not_measured_has_no_bound() {
    assert_eq!(bound("exp(x)", Kind::Simd, Regime::Host), None);
    let nothing = Ceilings::default();
    for kind in Kind::ALL {
        assert_eq!(nothing.bound_seconds(&workload("poly"), kind, Regime::Host, 1000), None);
    }
}

#[test]
fn operations_are_counted_after_tracing() {
    let counts = ["poly", "axpy", "horner16", "horner256"].map(|name| workload(name).flops_per_element());
    assert_eq!(counts, [Some(4), Some(2), Some(34), Some(514)]);
    for (formula, count) in [
        ("x", Some(0)),
        ("-abs(x)", Some(0)),
        ("fma(x, x, 1)/sqrt(x)", Some(4)),
        ("where(x < 1, x, 0.01*x)", Some(2)),
        ("clip(x, 0, 1) - floor(x)", Some(4)),
        ("x*x + x*x", Some(2)),
        ("sum(x*y)", Some(2)),
        ("x + exp(x)", None),
        ("power(x, y)", None),
    ] {
        assert_eq!(workload(formula).flops_per_element(), count, "{formula}");
    }
}

#[test]
fn between_two_sizes_the_rate_is_interpolated() {
    let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?}");
    let points = || vec![(1e6, 10.0), (1e2, 90.0)];
    close(at(points(), 1e4), 50.0);
    close(at(points(), 1e5), 30.0);
    for (bytes, rate) in [(1.0, 90.0), (1e2, 90.0), (1e6, 10.0), (1e9, 10.0), (f64::INFINITY, 10.0)] {
        close(at(points(), bytes), rate);
    }
    // A lower rate with fewer bytes is none that holds.
    close(at(vec![(1e2, 5.0), (1e4, 20.0), (1e6, 10.0)], 1e3), 20.0);
    assert_eq!(at(Vec::new(), 1.0), None);
}

fn measured(kinds: &[Kind], sizes: &str, machine: bool) -> Option<Ceilings> {
    let clock = FakeClock::default();
    let mut sweep = Sweep::new().sizes(sizes.parse().unwrap()).workloads([workload("poly"), workload("axpy")]);
    for kind in kinds {
        sweep = sweep.contender(Box::new(Fake::of(&clock, *kind, &[6000], Manner::Right)));
    }
    if machine {
        sweep = sweep.measured_on(FakeMachine::factory(&clock));
    }
    sweep.trials(1).run_with(&clock, &mut ()).ceilings
}

#[test]
fn a_sweep_measures_the_threads_that_it_has_over_the_bytes_that_it_uses() {
    let found = measured(&[Kind::Loop, Kind::Simd, Kind::Threads], "10,5000", true).unwrap();
    let threads: Vec<_> = found.cpu.iter().map(|each| each.threads).collect();
    assert_eq!(threads, [1, FakeMachine::THREADS]);
    // Three arrays of 5000 numbers.
    let bytes: Vec<_> = found.cpu[0].memory.iter().map(|each| each.bytes).collect();
    assert_eq!(bytes, [16 << 10, 32 << 10, 60_000]);
    let close = |found: Option<f64>, expected: f64| {
        assert!(found.is_some_and(|found| (found / expected - 1.0).abs() < 1e-4), "{found:?}, not {expected}");
    };
    for (cpu, times) in found.cpu.iter().zip([1.0, FakeMachine::THREADS as f64]) {
        // The lanes' copy is the faster one, and the sum of two arrays.
        close(cpu.memory[0].copy, 120.0 * times);
        close(cpu.memory[2].copy, 96.0 * times);
        close(cpu.memory[0].streaming_copy, 20.0 * times);
        close(cpu.memory[0].read, 80.0 * times);
        close(cpu.gflop_per_s, 160.0 * times);
    }
    close(found.cpu[0].scalar_gflop_per_s, 10.0);
    assert_eq!((found.cpu[1].scalar_gflop_per_s, &found.gpu), (None, &None));
    for (kinds, threads) in [(Kind::Loop, 1), (Kind::Simd, 1), (Kind::Auto, FakeMachine::THREADS)] {
        let found = measured(&[kinds], "10", true).unwrap();
        assert_eq!(found.cpu.iter().map(|each| each.threads).collect::<Vec<_>>(), [threads]);
    }
}

#[test]
fn a_clock_that_does_not_see_the_machine_measures_nothing() {
    assert_eq!(measured(&[Kind::Simd], "10", false), None);
    // Nor does it run anybody's contender: once to verify, twice to find out how often, and once to time.
    let clock = FakeClock::default();
    let gpu = Fake::of(&clock, Kind::Gpu, &[24_000], Manner::Right);
    let batches = std::rc::Rc::clone(&gpu.batches);
    Sweep::new().contender(Box::new(gpu)).sizes("10".parse().unwrap()).trials(1).run_with(&clock, &mut ());
    assert_eq!(batches.borrow().len(), 4);
}

#[test]
fn a_measurement_is_told_as_a_part_of_its_bound() {
    let clock = FakeClock::default();
    let fake = Fake::of(&clock, Kind::Simd, &[2], Manner::Right);
    let sweep = Sweep::new().contender(Box::new(fake)).sizes("10000".parse().unwrap());
    let report = sweep.measured_on(FakeMachine::factory(&clock)).run_with(&clock, &mut ());
    let found = &report.measurements[0];
    // 80 kB at 96 GB/s are 0.83 µs, of 2; 40 000 operations in 2 µs.
    let part = found.of_ceiling.unwrap();
    assert!((part / (80.0 / 96.0 / 2.0) - 1.0).abs() < 1e-3, "{part}");
    assert!((found.gflop_per_s.unwrap() - 20.0).abs() < 1e-6, "{found:?}");
}

#[test]
fn a_gpu_that_fails_has_no_ceiling_and_the_sweep_goes_on() {
    let clock = FakeClock::default();
    let gpu = Fake::of(&clock, Kind::Gpu, &[6000], Manner::BreaksAfter(0));
    let sweep = Sweep::new().open(Kind::Loop).contender(Box::new(gpu)).sizes("10".parse().unwrap()).trials(1);
    let report = sweep.measured_on(FakeMachine::factory(&clock)).run_with(&clock, &mut ());
    let found = report.ceilings.unwrap();
    assert_eq!((found.gpu, found.cpu.len(), report.failures.len()), (None, 1, 1));
}

#[test]
fn a_gpu_is_measured_under_each_of_its_regimes() {
    let clock = FakeClock::default();
    let gpu = Fake::of(&clock, Kind::Gpu, &[1000], Manner::Right);
    let sweep = Sweep::new().contender(Box::new(gpu)).sizes("600000".parse().unwrap()).trials(1);
    let report = sweep.measured_on(FakeMachine::factory(&clock)).run_with(&clock, &mut ());
    let found = report.ceilings.unwrap();
    assert_eq!(found.cpu, []);
    let gpu = found.gpu.unwrap();
    // Each run takes a millisecond, whatever it moves: 600 000 elements, and an eighth of them.
    let told: Vec<_> = gpu.memory.iter().map(|each| (each.regime, each.bytes, (each.gb_per_s * 1e3).round())).collect();
    assert_eq!(told, [(Regime::Host, 600_000, 600.0), (Regime::Host, 4_800_000, 4800.0)]);
    assert_eq!(gpu.gflop_per_s, None, "nothing is resident");
}

#[test]
fn two_sweeps_ceilings_are_joined() {
    let (mut earlier, mut now) = (ceilings(), ceilings());
    earlier.cpu[0].memory.push(bandwidth(64_000_000, 9.0, 15.0, 11.0));
    now.cpu.remove(1);
    now.cpu[0].gflop_per_s = Some(170.0);
    now.gpu = None;
    let found = Ceilings::joined(&earlier, now);
    assert_eq!((found.cpu.len(), found.cpu[0].memory.len(), found.cpu[0].gflop_per_s), (2, 3, Some(170.0)));
    assert_eq!((&found.cpu[1], &found.gpu), (&earlier.cpu[1], &earlier.gpu));
}

#[test]
fn whoever_stops_at_once_waits_for_no_ceilings() {
    let clock = FakeClock::default();
    let sweep = Sweep::new().contender(Box::new(Fake::of(&clock, Kind::Loop, &[6000], Manner::Right)));
    let mut notes = Notes { cancel_at: Some(0), ..Notes::default() };
    let report = sweep.measured_on(FakeMachine::factory(&clock)).run_with(&clock, &mut notes);
    assert_eq!((report.ceilings, clock.now() < Duration::from_millis(1)), (None, true));
}

/// Returns a sweep of a contender that takes this many microseconds for 10 000 elements, on a machine that something slows down.
fn busy(micros: u64, slower: fn(Duration) -> f64) -> Report {
    let clock = FakeClock::default();
    let fake = Fake::of(&clock, Kind::Simd, &[micros], Manner::Right);
    let sweep = Sweep::new().contender(Box::new(fake)).sizes("10000".parse().unwrap());
    sweep.measured_on(FakeMachine::slower(&clock, slower)).run_with(&clock, &mut ())
}

/// Returns a number from 0 to 1 for each moment.
fn chance(now: Duration) -> f64 {
    ((now.as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 24)
}

#[test]
fn a_busy_machines_ceilings_are_sampled_until_they_are_confirmed() {
    // One sample of six is undisturbed.
    let report = busy(2, |now| (6.0 * chance(now)).max(1.0));
    let found = report.ceilings.as_ref().unwrap();
    let close = |found: Option<f64>, expected: f64| {
        assert!(found.is_some_and(|found| (found / expected - 1.0).abs() < 0.01), "{found:?}, not {expected}");
    };
    close(found.cpu[0].gflop_per_s, 160.0);
    close(found.cpu[0].scalar_gflop_per_s, 10.0);
    for each in &found.cpu[0].memory {
        close(each.streaming_copy, 20.0);
        close(each.read, 80.0);
    }
    assert_eq!((found.unconfirmed.len(), report.low_ceilings()), (0, None));
}

#[test]
fn ceilings_that_are_never_confirmed_are_named() {
    // Each sample takes twice as long as another one, or a hundred times.
    let report = busy(2, |now| 2_f64.powf(10.0 * chance(now)));
    let found = report.ceilings.as_ref().unwrap();
    assert!(found.unconfirmed.iter().any(|what| what == "reading 16384 bytes with 1 thread"), "{found:?}");
    let warning = report.low_ceilings().unwrap();
    assert!(
        crate::sweep::Analysis::of(&report).warnings.contains(&warning),
        "{:?}",
        crate::sweep::Analysis::of(&report).warnings
    );
    let Warning::LowCeilings { rates, .. } = warning else { panic!("{warning}") };
    assert_eq!(rates, found.unconfirmed.len());
    assert!(warning.to_string().contains("on an idle machine"), "{warning}");
}

#[test]
fn a_measurement_above_its_ceiling_has_it_measured_again() {
    // Half as fast while the ceilings are measured: 80 kB at 48 GB/s are 1.67 µs, of 1.
    let half = |now: Duration| if now < Duration::from_millis(100) { 2.0 } else { 1.0 };
    let report = busy(1, half);
    let part = report.measurements[0].of_ceiling.unwrap();
    assert!((part / (80.0 / 96.0) - 1.0).abs() < 1e-3, "{part}");
    assert_eq!(report.low_ceilings(), None);
    // What is above the ceiling that is measured again is named.
    let report = busy(1, |_| 2.0);
    let warning = report.low_ceilings().unwrap();
    assert!(matches!(warning, Warning::LowCeilings { rates: 0, measurements: 1, .. }), "{warning:?}");
    assert!(warning.to_string().contains("the best at 167 % of it"), "{warning}");
}

#[test]
fn of_two_ceilings_the_higher_one_counts() {
    let (mut one, other) = (ceilings(), ceilings());
    one.cpu[0].gflop_per_s = Some(80.0);
    one.cpu[0].memory[1].read = None;
    one.cpu[1].memory[0].copy = Some(50.0);
    if let Some(gpu) = &mut one.gpu {
        (gpu.memory[0].gb_per_s, gpu.memory[1].gb_per_s) = (1.0, 5.0);
    }
    let found = one.raised(&other);
    assert_eq!((found.cpu[0].gflop_per_s, found.cpu[0].memory[1].read), (Some(160.0), Some(12.5)));
    assert_eq!(found.cpu[1].memory[0].copy, Some(50.0));
    assert_eq!(found.gpu.unwrap().memory.iter().map(|each| each.gb_per_s).collect::<Vec<_>>(), [4.0, 5.0, 500.0]);
}
