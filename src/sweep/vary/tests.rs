//! Sweeps over chunks, threads and degrees whose every figure is known beforehand.

use super::*;
use crate::sweep::fake::{Fake, FakeClock, Manner, Notes};
use crate::sweep::simulated::known;
use crate::sweep::{Environment, Found, Place, Report, Sweep, Warning};

fn sizes(text: &str) -> Sizes {
    text.parse().unwrap()
}

fn vary(axis: Axis, values: &str, elements: usize) -> Vary {
    Vary::new(axis, Some(sizes(values)), Some(elements)).unwrap()
}

/// Returns a contender at a value that moves the clock by this many microseconds a run.
fn at(clock: &FakeClock, varied: Varied, micros: u64) -> Box<dyn Contender> {
    Box::new(At { contender: Box::new(Fake::new(clock, &[micros], Manner::Right)), varied })
}

#[test]
fn an_axis_has_a_name_and_each_backend_its_axes() {
    for axis in Axis::ALL {
        assert_eq!(axis.name().parse::<Axis>().ok(), Some(axis));
    }
    let error = "thread".parse::<Axis>().unwrap_err().to_string();
    assert!(error.contains("unknown axis `thread` (did you mean `threads`?)"), "{error}");
    let having = |axis: Axis| {
        let all = Kind::ALL.into_iter().flat_map(|kind| Regime::ALL.map(|regime| (kind, regime)));
        all.filter(|(kind, regime)| axis.is_of(*kind, *regime)).collect::<Vec<_>>()
    };
    let threads = [(Kind::Threads, Regime::Host), (Kind::Threads, Regime::Fresh)];
    assert_eq!(having(Axis::Threads), threads);
    assert_eq!(having(Axis::Chunk), [threads[0], threads[1], (Kind::Gpu, Regime::Host)]);
    assert_eq!(having(Axis::Intensity), having(Axis::Elements));
}

#[test]
fn the_usual_values_fit_the_size_and_the_machine() {
    let usual = |axis, elements| Vary::new(axis, None, elements).unwrap();
    let chunks = usual(Axis::Chunk, None);
    assert_eq!((chunks.elements(), chunks.values().min(), chunks.values().max()), (1 << 24, Some(4096), Some(1 << 22)));
    assert!(usual(Axis::Chunk, Some(10_000)).values().eq([4096, 8192]));
    assert!(usual(Axis::Chunk, Some(100)).values().eq([100]));
    assert!(usual(Axis::Intensity, None).values().eq([1, 2, 4, 8, 16, 32, 64, 128, 256]));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = usual(Axis::Threads, None).values().collect();
    assert_eq!((threads[0], threads.last()), (1, Some(&cores)));
}

#[test]
fn what_cannot_be_varied_is_refused_with_what_can() {
    let refusal =
        |axis, values: &str, elements| Vary::new(axis, Some(sizes(values)), elements).unwrap_err().to_string();
    for (said, numbers) in [
        (refusal(Axis::Elements, "10", None), ["axis `elements`", "--sizes"]),
        (refusal(Axis::Chunk, "10,2000", Some(1000)), ["chunk `2000`", "have 1000 elements"]),
        (refusal(Axis::Threads, "1,2000", None), ["threads `2000`", "1 to 1024"]),
        (refusal(Axis::Intensity, "1,257", None), ["degree `257`", "1 to 256"]),
    ] {
        assert!(numbers.iter().all(|number| said.contains(number)), "{said}");
    }
    assert!(Vary::new(Axis::Chunk, None, Some(0)).is_err());
    let said = vary(Axis::Threads, "1", 10).contenders(Kind::Loop, &Regime::ALL).err().unwrap().to_string();
    assert!(said.contains("`loop`") && said.contains("no threads to vary; ask for threads"), "{said}");
    let report = Sweep::new().vary(vary(Axis::Threads, "1", 10)).open(Kind::Simd).run();
    assert!(report.missing[0].reason.contains("no threads to vary"), "{:?}", report.missing);
    // What every backend means is every one that has it.
    let sweep = Sweep::new().vary(vary(Axis::Threads, "1,2", 10)).every_backend();
    assert_eq!(sweep.infos().iter().map(|info| info.kind).collect::<Vec<_>>(), [Kind::Threads; 2]);
}

#[test]
fn the_values_take_turns_and_are_told_in_order() {
    let clock = FakeClock::default();
    let contenders = [(4, 24_000), (1, 80_000), (2, 40_000)];
    let batches: Vec<_> =
        contenders.iter().map(|(n, micros)| (*n, Fake::new(&clock, &[*micros], Manner::Right))).collect();
    let heard: Vec<_> = batches.iter().map(|(_, fake)| fake.batches.clone()).collect();
    let sweep = Sweep::new().vary(vary(Axis::Threads, "1,2,4", 100)).trials(3);
    let add = |sweep: Sweep, (n, fake): (usize, Fake)| {
        sweep.contender(Box::new(At { contender: Box::new(fake), varied: Varied::Threads(n) }))
    };
    let report = batches.into_iter().fold(sweep, add).run_with(&clock, &mut ());
    assert_eq!(report.axis, Axis::Threads);
    let told: Vec<_> = report.measurements.iter().map(|each| (each.x(), each.elements)).collect();
    assert_eq!(told, [(1, 100), (2, 100), (4, 100)]);
    // One verification, two to calibrate, three trials: each value had them all in the one round.
    assert!(heard.iter().all(|batches| batches.borrow().len() == 6), "{heard:?}");
    let efficiency: Vec<_> = report.measurements.iter().map(|each| report.efficiency(each).unwrap()).collect();
    assert!((efficiency[1] - 1.0).abs() < 1e-9 && (efficiency[2] - 80.0 / 96.0).abs() < 1e-9, "{efficiency:?}");
}

#[test]
fn efficiency_is_the_share_of_what_threads_could() {
    let mut report = known(Axis::Threads, 1000, &[(Kind::Threads, &[(1, 8.0), (2, 5.0), (8, 2.0)])]);
    let of = |report: &Report| report.measurements.iter().map(|each| report.efficiency(each)).collect::<Vec<_>>();
    assert_eq!(of(&report), [Some(1.0), Some(0.8), Some(0.5)]);
    // One series is not measured by another's one thread.
    report.measurements[2].regime = Regime::Fresh;
    assert_eq!(of(&report)[2], None);
    report.measurements.remove(0);
    assert_eq!(of(&report), [None, None]);
    let report = known(Axis::Chunk, 1000, &[(Kind::Threads, &[(1, 8.0), (2, 5.0)])]);
    assert_eq!(of(&report), [None, None]);
}

#[test]
fn a_contender_without_a_value_on_the_axis_gets_no_time() {
    let clock = FakeClock::default();
    let plain = || Box::new(Fake::new(&clock, &[6000], Manner::Right));
    let sweep = Sweep::new().vary(vary(Axis::Chunk, "8", 10)).contender(plain());
    let report = sweep.contender(at(&clock, Varied::Threads(2), 6000)).run_with(&clock, &mut ());
    assert_eq!((report.measurements.len(), report.failures.len()), (0, 2));
    let said = report.failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(said.contains("varies chunk, and the contender elements"), "{said}");
    assert!(said.contains("10 elements, 2 threads: ") && said.contains("the contender threads"), "{said}");
    // Nor does one with a value where nothing but the size varies.
    let sweep = Sweep::new().sizes(sizes("10")).contender(at(&clock, Varied::Threads(2), 6000));
    assert_eq!(sweep.run_with(&clock, &mut ()).failures.len(), 1);
}

#[test]
fn polynomials_of_each_degree_are_one_workload() {
    let clock = FakeClock::default();
    let contender = Box::new(Fake::new(&clock, &[6000], Manner::Right));
    let sweep = Sweep::new().vary(vary(Axis::Intensity, "1,16,256", 10)).contender(contender);
    let report = sweep.run_with(&clock, &mut ());
    assert_eq!(report.failures, []);
    let told: Vec<_> = report.measurements.iter().map(|each| (each.workload.as_str(), each.x())).collect();
    assert_eq!(told, [("horner", 1), ("horner", 16), ("horner", 256)]);
    assert_eq!(report.measurements[1].place().to_string(), "horner on fake at 10 elements, degree 16");
}

#[test]
fn the_crossover_over_the_degree_is_where_it_is_known_to_be() {
    // 1 µs a degree against 20 µs and half of that: the same at 40.
    let degrees = [1, 2, 4, 8, 16, 32, 64, 128, 256];
    let line = |fixed: f64, each: f64| degrees.map(|degree| (degree, fixed + each * degree as f64));
    let (simd, threads) = (line(0.0, 1e-6), line(20e-6, 0.5e-6));
    let report = known(Axis::Intensity, 1000, &[(Kind::Simd, &simd), (Kind::Threads, &threads)]);
    let all = crate::sweep::Analysis::of(&report).crossovers;
    let Found::Overtakes { at } = all[0].found else { panic!("{all:?}") };
    assert!(all.len() == 1 && at.low <= 40.0 + 1e-9 && 40.0 - 1e-9 <= at.high && at.high / at.low < 1.2, "{at:?}");
    let said = all[0].to_string();
    assert!(said.starts_with("poly: threads overtakes simd from degree ") && !said.contains("elements"), "{said}");
    // Never ahead, and level: in the axis' words, too.
    let slower = simd.map(|(degree, time)| (degree, 1.5 * time));
    let said = |second: &[(usize, f64)], axis| {
        crate::sweep::Analysis::of(&known(axis, 1000, &[(Kind::Simd, &simd), (Kind::Threads, second)])).crossovers[0]
            .to_string()
    };
    assert_eq!(
        said(&slower, Axis::Intensity),
        "poly: simd stays ahead of threads, by 1.50 times at the closest, degree 1"
    );
    assert!(said(&simd, Axis::Intensity).contains(" tie from degree 1 on, within"));
    assert!(said(&simd, Axis::Chunk).contains(" tie from a chunk of 1 elements on, within"));
    assert!(said(&simd, Axis::Threads).contains(" tie from 1 thread on, within"));
}

#[test]
fn work_that_takes_longer_is_not_waiting_for_memory() {
    // 80 MB, and a rate that falls with the degree: at another size it would be memory that both wait for.
    let times = [(1, 10e-3), (16, 10e-3), (256, 100e-3)];
    let report = known(Axis::Intensity, 10_000_000, &[(Kind::Simd, &times), (Kind::Threads, &times)]);
    let Found::Tie { memory_gb_per_s, .. } = crate::sweep::Analysis::of(&report).crossovers[0].found else {
        panic!("no tie")
    };
    assert_eq!(memory_gb_per_s, None);
}

#[test]
fn a_varied_sweep_goes_on_and_knows_its_axis_and_size() {
    let clock = FakeClock::default();
    let sweep = |axis, elements, values: &[usize], micros| {
        let list = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let sweep = Sweep::new().vary(vary(axis, &list, elements));
        values.iter().fold(sweep, |sweep, n| sweep.contender(at(&clock, Varied::Threads(*n), micros)))
    };
    let first = sweep(Axis::Threads, 100, &[1, 4], 6000).run_with(&clock, &mut ());
    let mut notes = Notes::default();
    let whole = sweep(Axis::Threads, 100, &[1, 2, 4], 8000).resume(first.clone()).unwrap().run_with(&clock, &mut notes);
    assert_eq!(whole.measurements.iter().map(|each| each.x()).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(
        [0, 2].map(|index| whole.measurements[index].clone()),
        [0, 1].map(|index| first.measurements[index].clone())
    );
    assert_eq!(notes.measured, 3);
    let refused = |sweep: Sweep, earlier: &Report| sweep.append(earlier.clone()).err().unwrap().to_string();
    let said = refused(sweep(Axis::Chunk, 100, &[1], 6000), &first);
    assert!(said.contains("its measurements vary threads and these vary chunk"), "{said}");
    let said = refused(sweep(Axis::Threads, 200, &[1], 6000), &first);
    assert!(said.contains("its arrays had 100 elements and have 200 now"), "{said}");
    let said = sweep(Axis::Threads, 100, &[1], 6000).resume(whole).err().unwrap().to_string();
    assert!(said.contains("100 elements, 2 threads, which is not asked for now"), "{said}");
    // Its degrees are found again, too.
    let degrees = |list: &str| {
        let contender = Box::new(Fake::new(&clock, &[6000], Manner::Right));
        Sweep::new().vary(vary(Axis::Intensity, list, 100)).contender(contender)
    };
    let first = degrees("1,4").run_with(&clock, &mut ());
    let more = degrees("1,2,4").resume(first.clone()).unwrap().run_with(&clock, &mut ());
    assert_eq!(more.measurements.iter().map(|each| each.x()).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(more.measurements[2], first.measurements[1]);
}

#[test]
fn more_threads_may_be_appended_and_are_no_other_machine() {
    let one = |values: &str| Sweep::new().vary(vary(Axis::Threads, values, 10)).open(Kind::Threads).trials(1);
    let first = one("1").run();
    let both = one("2").append(first).unwrap().run();
    assert_eq!((both.measurements.len(), both.environment.threads), (2, Some(2)));
}

#[test]
fn threads_up_to_the_cores_are_no_reason_to_warn() {
    let mut report = known(Axis::Threads, 1000, &[(Kind::Threads, &[(1, 8.0), (2, 5.0)])]);
    report.environment = Environment { threads: Some(2), cores: Some(2), ..Environment::default() };
    assert_eq!(crate::sweep::Analysis::of(&report).warnings, []);
    report.environment.threads = Some(4);
    let warnings = crate::sweep::Analysis::of(&report).warnings;
    assert_eq!(warnings, [Warning::ManyThreads { threads: 4, cores: 2 }]);
    assert!(warnings[0].to_string().contains("--vary threads"), "{}", warnings[0]);
}

#[test]
fn a_place_says_its_value() {
    let place = |varied| Place {
        workload: "poly".to_owned(),
        backend: Kind::Threads,
        regime: Regime::Host,
        elements: 1000,
        varied: Some(varied),
    };
    assert_eq!(place(Varied::Threads(32)).to_string(), "poly on threads at 1000 elements, 32 threads");
    let chunk = place(Varied::Chunk(65_536)).to_string();
    assert_eq!(chunk, "poly on threads at 1000 elements, chunk of 65536 elements");
}
