//! The whole path, from contenders that move a clock of their own to the reports that `crossover-report` writes in every form.
//!
//! What comes out is kept in the folder `report/tests/golden`. After a change that is meant, write it anew and read the
//! difference:
//!
//! ```sh
//! CROSSOVER_GOLDEN=write cargo test golden
//! git diff report/tests/golden
//! ```

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::costs::Costs;
use super::fake::{Fake, FakeClock, FakeMachine, Manner};
use super::*;
use crate::backend::Kind;

/// Returns a loop, SIMD, threads, and a software rasterizer; and a contender that writes nothing.
fn report() -> Report {
    let clock = FakeClock::default();
    // What the first call takes longer and the fixed cost in nanoseconds, and picoseconds an element.
    let costs = [
        (Kind::Loop, Regime::Host, 0, 20, 800),
        (Kind::Simd, Regime::Host, 300, 30, 100),
        (Kind::Simd, Regime::Fresh, 300, 130, 400),
        (Kind::Threads, Regime::Host, 50_000, 1200, 55),
        (Kind::Gpu, Regime::Host, 31_000_000, 40_000, 450),
        (Kind::Gpu, Regime::Compute, 30_000, 28_000, 300),
        (Kind::Gpu, Regime::Resident, 30_000, 15_000, 60),
        (Kind::Gpu, Regime::Scalar, 45_000_000, 22_000, 40),
    ];
    let mut sweep = Sweep::new().sizes("1e3,1e4,1e5".parse().unwrap());
    for (kind, regime, first, fixed, each) in costs {
        sweep =
            sweep.contender(Box::new(Costs { clock: clock.clone(), kind, regime, first, fixed, each, varied: None }));
    }
    let broken = Fake::of(&clock, Kind::Simd, &[6000], Manner::WritesNothing);
    let sweep = sweep.contender(Box::new(broken)).measured_on(FakeMachine::factory(&clock));
    let report = sweep.run_with(&clock, &mut ());
    Report { environment: environment(), ..report }
}

/// Threads from one to four, which wait for each other more and more.
fn threads() -> Report {
    let clock = FakeClock::default();
    let vary = Vary::new(Axis::Threads, Some("1,2,4".parse().unwrap()), Some(100_000)).unwrap();
    let mut sweep = Sweep::new().vary(vary);
    for regime in [Regime::Host, Regime::Fresh] {
        for n in [1, 2, 4] {
            let (kind, varied) = (Kind::Threads, Some(Varied::Threads(n as usize)));
            let (first, fixed, each) = (50_000, 1000 * n, (if regime == Regime::Fresh { 800 } else { 400 }) / n);
            sweep = sweep.contender(Box::new(Costs { clock: clock.clone(), kind, regime, first, fixed, each, varied }));
        }
    }
    Report { environment: environment(), ..sweep.run_with(&clock, &mut ()) }
}

fn environment() -> Environment {
    Environment {
        cpu: Some("Abacus 9".to_owned()),
        isa: Some("avx2".to_owned()),
        threads: Some(4),
        widest: Some("avx2".to_owned()),
        cores: Some(4),
        adapter: Some("a painter".to_owned()),
        driver: Some("1.0".to_owned()),
        api: Some("vulkan".to_owned()),
        software: Some(true),
        os: "CP/M 2.2 z80".to_owned(),
        version: "0.0.0".to_owned(),
        profile: "release".to_owned(),
    }
}

/// Returns the reports, and what their files are called.
fn reports() -> [(&'static str, Report); 2] {
    [("sweep", report()), ("threads", threads())]
}

#[test]
fn the_reports_are_as_they_were() {
    for (name, report) in reports() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("report/tests/golden/{name}.json"));
        if std::env::var_os("CROSSOVER_GOLDEN").is_some_and(|what| what == "write") {
            // What follows from the measurements is added by the tests of `crossover-report`.
            let mut value = serde_json::to_value(&report).unwrap();
            value["schema"] = Value::from(1);
            fs::write(&path, value.to_string()).unwrap();
        }
        let kept: Report = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let remedy = "if that is meant, write it anew with CROSSOVER_GOLDEN=write";
        // As values, in which NaN equals itself.
        let [found, kept] = [report, kept].map(|each| serde_json::to_value(each).unwrap());
        assert_eq!(found, kept, "{} is another; {remedy}", path.display());
    }
}
