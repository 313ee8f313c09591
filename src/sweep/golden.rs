//! The whole path, from contenders that move a clock of their own to every form that a report is written in.
//!
//! What comes out is kept in the folder `golden`. After a change that is meant, write it anew and read the difference:
//!
//! ```sh
//! CROSSOVER_GOLDEN=write cargo test --features cli --lib golden
//! git diff src/sweep/golden
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::fake::{Costs, Fake, FakeClock, FakeMachine, Manner};
use super::table::Table;
use super::*;

/// A loop, SIMD, threads, and a GPU that is a program; and a contender that writes nothing.
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
    let broken = Fake::new(&clock, &[6000], Manner::WritesNothing);
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

/// The reports, and what their files are called.
fn reports() -> [(&'static str, Report); 2] {
    [("sweep", report()), ("threads", threads())]
}

/// What is kept in the file of that name; or it is written anew, if the environment says so.
fn kept(name: &str, found: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sweep/golden").join(name);
    if std::env::var_os("CROSSOVER_GOLDEN").is_some_and(|what| what == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    kept.replace("\r\n", "\n")
}

fn check(name: &str, found: &str) {
    let remedy = "if that is meant, write it anew with CROSSOVER_GOLDEN=write";
    assert_eq!(found, kept(name, found), "golden/{name} is another; {remedy}");
}

#[test]
fn the_rows_are_as_they_were() {
    for (name, report) in reports() {
        let mut bytes = Vec::new();
        csv::write(&report, &Analysis::of(&report), &mut bytes).unwrap();
        check(&format!("{name}.csv"), &String::from_utf8(bytes).unwrap());
    }
}

#[test]
fn the_table_is_as_it_was() {
    for ((_, report), name) in reports().into_iter().zip(["table.txt", "threads.txt"]) {
        let analysis = Analysis::of(&report);
        let mut table = Table::over(report.axis);
        let mut lines = vec![table.head(report.measurements[0].elements)];
        lines.extend(report.measurements.iter().map(|measurement| table.row(measurement)));
        lines.extend(table::first_calls(&report));
        lines.extend(table::of_ceiling(&report));
        lines.extend(analysis.crossovers.iter().map(ToString::to_string));
        lines.extend(report.failures.iter().map(ToString::to_string));
        lines.extend(analysis.warnings.iter().map(ToString::to_string));
        check(name, &(lines.join("\n") + "\n"));
    }
}

#[test]
fn the_json_is_as_it_was_and_reads_back() {
    for (name, report) in reports() {
        let mut bytes = Vec::new();
        json::write(&report, &Analysis::of(&report), &mut bytes).unwrap();
        let found = String::from_utf8(bytes).unwrap();
        let parse = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let kept = kept(&format!("{name}.json"), &found);
        assert!(alike(&parse(&found), &parse(&kept)), "golden/{name}.json is another than\n{found}");
        let back = json::read(kept.as_bytes()).unwrap();
        let (back, analysis) = (Analysis::of(&back), Analysis::of(&report));
        assert_eq!((back.crossovers.len(), back.warnings), (analysis.crossovers.len(), analysis.warnings));
    }
}

/// Whether two files say the same. Logarithms and powers may differ in their last bits from machine to machine.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs(),
            _ => one == other,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && alike(one.1, other.1))
        }
        _ => one == other,
    }
}

#[test]
fn the_pictures_have_the_parts_that_they_had() {
    for ((_, report), name) in reports().into_iter().zip(["picture.txt", "threads_picture.txt"]) {
        check(name, &parts(&plot::svg_text(&report, &Analysis::of(&report))));
    }
    check("roofline.txt", &parts(&roofline::svg_text(&report())));
}

/// How many of each element a picture has by its class, and its texts.
fn parts(picture: &str) -> String {
    let mut parts: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts = Vec::new();
    for line in picture.lines() {
        let (_, tag) = line.split_once('<').unwrap();
        if let Some((_, text)) = line.strip_prefix("<text").and_then(|text| text.split_once('>')) {
            texts.push(text.trim_end_matches("</text>"));
        }
        let (name, rest) = tag.split_once([' ', '>']).unwrap();
        let class = rest.split_once("class=\"").map_or("", |(_, rest)| rest.split_once('"').unwrap().0);
        *parts.entry(format!("{name} {class}").trim_end().to_owned()).or_default() += 1;
    }
    // Where each is may change with the fonts; how many there are, and what is written, does not.
    parts.retain(|name, _| !name.starts_with('/') && *name != "text");
    let parts = parts.into_iter().map(|(name, count)| format!("{count} {name}\n"));
    parts.collect::<String>() + &texts.join("\n") + "\n"
}
