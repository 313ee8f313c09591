//! Decisions on a simulated machine with a GPU, whose times are all known.

use crossover::auto::{Among, Auto, Goal, Origin, Policy, Profile, Residency};
use crossover::sweep::{Case, Contender, Regime, Regret, Sizes};
use crossover::{Backend, Kernel, Kind, Reduction, Workload, formula};

use super::machine::{FakeClock, Simulated, Slowed, Task, all, slowing, truth};

fn boxed(simulated: Vec<Simulated>) -> Vec<Box<dyn Contender>> {
    simulated.into_iter().map(|each| -> Box<dyn Contender> { Box::new(each) }).collect()
}

fn backends(clock: &FakeClock) -> Vec<Box<dyn Backend>> {
    all(clock, Regime::Host).into_iter().map(|each| -> Box<dyn Backend> { Box::new(each) }).collect()
}

/// What a calibration finds out about the machine.
fn calibrated(clock: &FakeClock) -> Profile {
    let mut contenders = boxed(all(clock, Regime::Host));
    contenders.extend(boxed(all(clock, Regime::Resident)).into_iter().filter(|each| each.info().kind == Kind::Gpu));
    Profile::measure(&contenders, clock, &mut ()).unwrap()
}

fn auto(clock: &FakeClock, policy: Policy) -> Auto {
    Auto::of(backends(clock), policy).unwrap().profiled(&calibrated(clock))
}

formula! { fn Exp(x) { x.exp() } }
formula! {
    fn Gelu(x) {
        let inner = (x + x * x * x * T::constant(0.044715)) * T::constant(0.7978845608);
        x * (inner.tanh() + T::constant(1)) * T::constant(0.5)
    }
}
formula! { fn Where(x) { T::select(x.gt(T::constant(0)), x.sqrt(), -(x * x * x)) } }

/// The workloads by which decisions are judged, none of which the calibration runs. All are compiled.
fn workloads() -> Vec<Workload> {
    let poly: Workload = "poly".parse().unwrap();
    let with = |kernel| Workload { kernel, ..poly.clone() };
    let further = [
        with(Kernel::new("exp", Exp)),
        with(Kernel::new("gelu", Gelu)),
        with(Kernel::new("where", Where)),
        with(poly.kernel.with_reduction(Some(Reduction::Sum)).renamed("sum(poly)")),
    ];
    Workload::all().into_iter().chain(further).collect()
}

#[test]
fn regret_is_small_on_the_simulated_machine() {
    for regime in [Regime::Host, Regime::Resident] {
        let clock = FakeClock::default();
        let auto = auto(&clock, Policy::default());
        let sizes: Sizes = "geomspace:100:1e7:6".parse().unwrap();
        let contenders = boxed(all(&clock, regime));
        let all: Vec<Workload> = workloads().into_iter().chain(Workload::random(20, 0).unwrap()).collect();
        let found = Regret::measure(&auto, (&all, &sizes), &contenders, &clock, &mut |_: &Case| true).unwrap();
        let Regret { cases, geomean, p95, .. } = &found;
        let on_gpu = cases.iter().filter(|case| case.best == Kind::Gpu).count();
        println!("{regime}: {} cases, {on_gpu} for the GPU, regret {geomean:.4}, 95 % {p95:.4}", cases.len());
        assert!(*geomean <= 1.05 && *p95 <= 1.25, "{regime}: {geomean} {p95}");
        // Over the bus, only much arithmetic is worth its while; on its own arrays, nearly all.
        let expected = if regime == Regime::Host { 3..30 } else { 100..cases.len() + 1 };
        assert!(expected.contains(&on_gpu), "{regime}: the GPU is the best in {on_gpu} cases");
        assert_eq!(cases.len(), 28 * 6);
    }
}

/// The least length from which `to` takes less time than `from`, by the truth; none up to 10⁹.
fn crossover(kernel: &Kernel, regime: Regime, from: Kind, to: Kind) -> Option<usize> {
    let time = |kind, len| truth(kind, regime, Task::new(kernel, kernel.inputs().len(), len));
    let lengths = (0..1800).map(|step| 10_f64.powf(f64::from(step) / 200.0) as usize);
    let behind = lengths.clone().rfind(|len| time(to, *len) >= time(from, *len) * 0.99);
    behind.map_or(Some(1), |last| lengths.clone().find(|len| *len > last))
}

#[test]
fn crossovers_are_where_they_are() {
    let clock = FakeClock::default();
    let auto = auto(&clock, Policy::default());
    let mut none = 0;
    for workload in workloads() {
        for (residency, regime) in [(Residency::Host, Regime::Host), (Residency::Device, Regime::Resident)] {
            let decision = auto.decide(&workload.kernel, 1_000_000, residency);
            for found in decision.crossovers.iter().filter(|found| found.to == Kind::Gpu) {
                let expected = crossover(&workload.kernel, regime, found.from, found.to);
                let at = |len: usize| {
                    let task = Task::new(&workload.kernel, workload.kernel.inputs().len(), len);
                    truth(found.to, regime, task) / truth(found.from, regime, task)
                };
                let right = match (found.elements, expected) {
                    // At the right place, or where both take as long: lines that are nearly parallel meet anywhere.
                    (Some(found), Some(expected)) => {
                        (0.75..1.34).contains(&(found as f64 / expected as f64)) || (0.8..1.25).contains(&at(found))
                    }
                    (None, None) => true,
                    (Some(found), None) => (0.9..1.1).contains(&at(found)),
                    (None, Some(_)) => (0.9..1.1).contains(&found.closest),
                };
                none += usize::from(found.elements.is_none());
                assert!(right, "{}, {residency}: {found}, and it is {expected:?}", workload.name());
            }
        }
    }
    assert!(none > 3, "the GPU overtakes everywhere but in {none} cases");
}

#[test]
fn a_gpu_never_overtakes_where_the_bus_is_the_limit() {
    let clock = FakeClock::default();
    let auto = auto(&clock, Policy::default());
    let poly: Workload = "poly".parse().unwrap();
    let host = auto.decide(&poly.kernel, 100_000_000, Residency::Host);
    let found = host.crossovers.iter().find(|found| (found.from, found.to) == (Kind::Threads, Kind::Gpu)).unwrap();
    assert!(found.elements.is_none() && found.closest > 1.2, "{found:?}");
    assert!(found.to_string().contains("none in range, closest"), "{found}");
    assert_eq!(host.chosen, Kind::Threads);
    assert!(host.to_string().contains("gpu does not overtake threads: none in range"), "{host}");
    // On the device there is no bus between, and the CPU is behind it.
    assert_eq!(auto.decide(&poly.kernel, 100_000_000, Residency::Device).chosen, Kind::Gpu);
    // And for few elements nothing is worth waiting for.
    assert_eq!(auto.decide(&poly.kernel, 100, Residency::Host).chosen, Kind::Simd);
}

#[test]
fn a_machine_that_goes_on_changing_does_not_settle() {
    let clock = FakeClock::default();
    let mut contenders = boxed(all(&clock, Regime::Host));
    assert!(calibrated(&clock).unsettled().is_empty());
    // The threads get slower all the time, and nothing else does.
    let threads = contenders.iter().position(|each| each.info().kind == Kind::Threads).unwrap();
    contenders[threads] = Box::new(Slowed(all(&clock, Regime::Host).remove(threads), slowing));
    let loops = contenders.iter().position(|each| each.info().kind == Kind::Loop).unwrap();
    contenders[loops] = Box::new(Slowed(all(&clock, Regime::Host).remove(loops), slowing));
    let profile = Profile::measure(&contenders, &clock, &mut ()).unwrap();
    assert!(profile.unsettled().iter().any(|what| what.starts_with("threads: ")), "{:?}", profile.unsettled());
    let auto = Auto::of(backends(&clock), Policy::default()).unwrap().profiled(&profile);
    assert!(auto.source().to_string().contains("it did not settle"), "{}", auto.source());
}

#[test]
fn stages_and_quantiles_are_told() {
    let clock = FakeClock::default();
    let auto = auto(&clock, Policy::default());
    let horner: Workload = "horner256".parse().unwrap();
    let decision = auto.decide(&horner.kernel, 10_000_000, Residency::Host);
    assert_eq!(decision.chosen, Kind::Gpu, "{decision}");
    let gpu = &decision.candidates[0];
    let stages: Vec<&str> = gpu.stages.iter().map(|stage| stage.stage).collect();
    assert_eq!(stages, ["latency", "upload", "kernel", "download"]);
    let upload = gpu.stages[1].time.median;
    assert!((upload / (4e7 / 25e9) - 1.0).abs() < 0.1, "{upload}");
    let predicted = gpu.predicted.unwrap();
    assert!(0.0 < predicted.low && predicted.low < predicted.median && predicted.median < predicted.high);
    let measured = truth(Kind::Gpu, Regime::Host, Task::new(&horner.kernel, 1, 10_000_000));
    assert!((predicted.median / measured - 1.0).abs() < 0.15, "{predicted:?}, it is {measured}");
    let text = decision.to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(auto.source().is_calibrated());
}

#[test]
fn policies_are_kept() {
    let clock = FakeClock::default();
    let horner: Workload = "horner256".parse().unwrap();
    let chosen = |policy: Policy, len| auto(&clock, policy).decide(&horner.kernel, len, Residency::Host).chosen;
    let policy = |goal, among| Policy { goal, among };
    assert_eq!(chosen(Policy::default(), 10_000_000), Kind::Gpu);
    assert_eq!(chosen(Policy::no_gpu(), 10_000_000), Kind::Threads);
    assert_eq!(chosen(Policy::only(Kind::Loop), 10_000_000), Kind::Loop);
    assert_eq!(chosen(policy(Goal::Latency, Among::GpuRequired), 100), Kind::Gpu);
    // With work for all cores, to share one call gains nothing.
    assert_eq!(chosen(policy(Goal::Latency, Among::NoGpu), 100_000), Kind::Threads);
    assert_eq!(chosen(policy(Goal::Throughput, Among::NoGpu), 100_000), Kind::Simd);
}

#[test]
fn a_policy_that_cannot_be_kept_is_an_error() {
    let clock = FakeClock::default();
    let cpu = || -> Vec<Box<dyn Backend>> {
        backends(&clock).into_iter().filter(|each| each.info().kind != Kind::Gpu).collect()
    };
    let required = Policy { among: Among::GpuRequired, ..Policy::default() };
    for policy in [required, Policy::only(Kind::Gpu)] {
        let error = Auto::of(cpu(), policy).unwrap_err().to_string();
        assert!(error.contains("the gpu backend is not available"), "{error}");
    }
    assert!(Auto::of(cpu(), Policy::only(Kind::Auto)).unwrap_err().to_string().contains("loop, simd, threads or gpu"));
}

#[test]
fn estimates_are_called_estimates() {
    let clock = FakeClock::default();
    let auto = Auto::of(backends(&clock), Policy::default()).unwrap();
    let poly: Workload = "poly".parse().unwrap();
    let decision = auto.decide(&poly.kernel, 1000, Residency::Host);
    assert!(matches!(decision.source.cpu, Origin::Estimated { .. }), "{:?}", decision.source);
    let text = decision.to_string();
    assert!(
        text.contains("source: estimates, as this machine was not calibrated; run `crossover calibrate`"),
        "{text}"
    );
    // Without a clock nothing has run.
    assert_eq!(crossover::sweep::Clock::now(&clock), std::time::Duration::ZERO);
}

#[test]
fn numbers_in_place_of_arrays_are_not_moved() {
    let clock = FakeClock::default();
    let auto = auto(&clock, Policy::default());
    let axpy: Workload = "axpy".parse().unwrap();
    let median = |arrays| {
        let decision = auto.decide_with(&axpy.kernel, arrays, 10_000_000, Residency::Host);
        decision.candidates.iter().find(|each| each.kind == Kind::Threads).unwrap().predicted.unwrap().median
    };
    assert!(median(2) < 0.85 * median(3));
    let choices = |arrays| auto.choices_with(&axpy.kernel, arrays, Residency::Host);
    assert_eq!(choices(3), auto.choices(&axpy.kernel, Residency::Host));
    assert_ne!(choices(1), choices(3));
}
