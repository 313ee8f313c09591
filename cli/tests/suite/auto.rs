//! `crossover calibrate`, `explain` and `regret` from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The command, with a folder of its own for caches.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).args(arguments).env_remove("CROSSOVER_BACKEND").env("XDG_CACHE_HOME", folder);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints, if it ends well.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What it says on standard error, if it ends with status 2.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn a_calibration_is_kept_used_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let explain = || said(folder.path(), &["explain", "poly", "--elements", "1e6", "--no-gpu"]);
    assert!(explain().contains("source: estimates, as this machine was not calibrated; run `crossover calibrate`"));
    let path = folder.path().join("crossover").join("profile.json");
    assert!(!path.exists(), "nothing is measured unasked");

    let calibrated = said(folder.path(), &["calibrate", "--no-gpu"]);
    assert!(calibrated.contains("fork and join") && calibrated.contains("profile.json"), "{calibrated}");
    assert!(calibrated.lines().take(6).all(|line| line.chars().count() <= 80), "{calibrated}");
    assert!(explain().contains("source: calibrated"), "{}", explain());

    // Of another machine: said, not used, and replaced.
    let profile = fs::read_to_string(&path).unwrap();
    let mut changed: Value = serde_json::from_str(&profile).unwrap();
    changed["cpu"]["of"]["threads"] = 999.into();
    fs::write(&path, changed.to_string()).unwrap();
    assert!(explain().contains("source: estimates, as the profile is stale: it is of 999 thread(s)"), "{}", explain());
    let replaced = said(folder.path(), &["calibrate", "--no-gpu"]);
    assert!(replaced.contains("replaced: estimates, as the profile is stale: it is of 999 thread(s)"), "{replaced}");

    // Damaged: the same.
    fs::write(&path, &profile[..profile.len() / 2]).unwrap();
    assert!(explain().contains("is not used: it is damaged"), "{}", explain());
    let replaced = said(folder.path(), &["calibrate", "--no-gpu"]);
    assert!(replaced.contains("replaced: the profile") && replaced.contains("damaged"), "{replaced}");
    assert!(explain().contains("source: calibrated"), "{}", explain());
}

#[test]
fn a_calm_profile_is_not_replaced_by_a_slower_one_unasked() {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), &["calibrate", "--no-gpu"]);
    let path = folder.path().join("crossover").join("profile.json");
    // A machine that was calm and a thousand times as fast.
    let mut profile: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    (profile["slowdown"], profile["unsettled"]) = (1.0.into(), Value::Array(Vec::new()));
    for (core, figure) in [("scalar", "call"), ("scalar", "simple"), ("lanes", "call"), ("lanes", "simple")] {
        profile["cpu"][core][figure] = serde_json::json!({"low": 1e-13, "median": 1e-13, "high": 1e-13});
    }
    fs::write(&path, profile.to_string()).unwrap();
    let output = run(folder.path(), &["calibrate", "--no-gpu"]);
    let why = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{why}");
    assert!(why.contains("stays as it is: the machine took") && why.contains("--force"), "{why}");
    assert_eq!(fs::read_to_string(&path).unwrap(), profile.to_string());
    assert!(said(folder.path(), &["calibrate", "--no-gpu", "--force"]).contains("written to"));
    assert_ne!(fs::read_to_string(&path).unwrap(), profile.to_string());
}

#[test]
fn an_explanation_fits_a_terminal_and_a_program() {
    let folder = tempfile::tempdir().unwrap();
    for formula in ["poly", "x + x**2 + x**3", "sum(exp(-x**2)*sin(x) + where(x > 0, sqrt(x), -x**3))"] {
        for elements in ["1", "1000", "1e7"] {
            let table = said(folder.path(), &["explain", formula, "--elements", elements, "--no-gpu"]);
            assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
            assert_eq!(table.lines().filter(|line| line.starts_with("> ")).count(), 1, "{table}");
        }
    }
    let json =
        said(folder.path(), &["explain", "a*x + y", "--elements", "1e6", "--no-gpu", "--json", "--numbers", "a"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["chosen"], json["candidates"][0]["kind"]);
    assert!(json["candidates"][0]["predicted"]["median"].as_f64().unwrap() > 0.0, "{json}");
    assert!(json["crossovers"].as_array().unwrap().len() == 3, "{json}");

    let range = said(folder.path(), &["explain", "poly", "--elements", "100..1e6", "--no-gpu"]);
    assert!(range.contains("from        100  simd") && range.contains("threads overtakes simd at"), "{range}");
    let json = said(folder.path(), &["explain", "poly", "--elements", "100..1e6", "--no-gpu", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["choices"][0]["from"], &json["choices"][0]["backend"]), (&100.into(), &"simd".into()));
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| refused(folder.path(), arguments);
    assert!(refused(&["explain", "x +"]).contains('^'));
    assert!(refused(&["explain", "poly", "--elements", "0"]).contains("whole number from 1 on"));
    assert!(refused(&["explain", "poly", "--elements", "1e6..1e3"]).contains("ends before it begins"));
    assert!(refused(&["explain", "poly", "--numbers", "b"]).contains("no input `b`; it has x"));
    assert!(refused(&["explain", "poly", "--only", "gpus"]).contains("unknown backend `gpus`"));
    assert!(refused(&["explain", "poly", "--only", "auto"]).contains("loop, simd, threads or gpu"));
    assert!(refused(&["explain", "poly", "--no-gpu", "--software"]).contains("cannot be used with"));
}

#[test]
fn regret_has_the_form_that_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = ["--sizes", "100,1000", "--no-gpu"];
    let json = said(folder.path(), &[&["regret", "poly", "sum(poly)", "--random", "1", "--json"], &sizes[..]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        assert!(case["workload"].is_string() && case["chosen"].is_string() && case["best"].is_string(), "{case}");
        assert!(case["elements"].is_u64() && case["regret"].as_f64().unwrap() >= 1.0, "{case}");
    }
    assert!(["geomean", "p95", "overhead_ns"].iter().all(|name| json[name].is_f64()), "{json}");

    let table = said(folder.path(), &[&["regret", "poly"], &sizes[..]].concat());
    assert!(table.contains("2 cases") && table.contains("geometric mean"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}
