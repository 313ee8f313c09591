//! Every form of two reports: those that a test of `crossover` makes with contenders that move a clock of their own, and keeps
//! in the folder `golden`.
//!
//! After a change that is meant, write the folder anew and read the difference:
//!
//! ```sh
//! CROSSOVER_GOLDEN=write cargo test golden
//! git diff report/tests/golden
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crossover::sweep::{Analysis, Report};
use crossover_report::table::{self, Table};
use crossover_report::{csv, json, plot, roofline};

/// The reports and what their files are called, as they were before any test writes.
static REPORTS: LazyLock<[(&str, Report); 2]> = LazyLock::new(|| {
    ["sweep", "threads"].map(|name| (name, json::read(&fs::read(path(&format!("{name}.json"))).unwrap()[..]).unwrap()))
});

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// What is kept in the file of that name; or it is written anew, if the environment says so.
fn kept(name: &str, found: &str) -> String {
    let path = path(name);
    if std::env::var_os("CROSSOVER_GOLDEN").is_some_and(|what| what == "write") {
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
    for (name, report) in &*REPORTS {
        let mut bytes = Vec::new();
        csv::write(report, &Analysis::of(report), &mut bytes).unwrap();
        check(&format!("{name}.csv"), &String::from_utf8(bytes).unwrap());
    }
}

#[test]
fn the_table_is_as_it_was() {
    for ((_, report), name) in REPORTS.iter().zip(["table.txt", "threads.txt"]) {
        let analysis = Analysis::of(report);
        let mut table = Table::over(report.axis);
        let mut lines = vec![table.head(report.measurements[0].elements)];
        lines.extend(report.measurements.iter().map(|measurement| table.row(measurement)));
        lines.extend(table::first_calls(report));
        lines.extend(table::of_ceiling(report));
        lines.extend(analysis.crossovers.iter().map(ToString::to_string));
        lines.extend(report.failures.iter().map(ToString::to_string));
        lines.extend(analysis.warnings.iter().map(ToString::to_string));
        check(name, &(lines.join("\n") + "\n"));
    }
}

#[test]
fn the_json_is_as_it_was_and_reads_back() {
    for (name, report) in &*REPORTS {
        let mut bytes = Vec::new();
        json::write(report, &Analysis::of(report), &mut bytes).unwrap();
        let found = String::from_utf8(bytes).unwrap();
        let parse = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let kept = kept(&format!("{name}.json"), &found);
        assert!(alike(&parse(&found), &parse(&kept)), "golden/{name}.json is another than\n{found}");
        let back = json::read(kept.as_bytes()).unwrap();
        let (back, analysis) = (Analysis::of(&back), Analysis::of(report));
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
    for ((_, report), name) in REPORTS.iter().zip(["picture.txt", "threads_picture.txt"]) {
        check(name, &parts(&plot::svg_text(report, &Analysis::of(report))));
    }
    check("roofline.txt", &parts(&roofline::svg_text(&REPORTS[0].1)));
}

/// The number of each element of a picture by its class, and its texts.
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
    // Where each is may change with the fonts; their numbers, and what is written, do not.
    parts.retain(|name, _| !name.starts_with('/') && *name != "text");
    let parts = parts.into_iter().map(|(name, count)| format!("{count} {name}\n"));
    parts.collect::<String>() + &texts.join("\n") + "\n"
}
