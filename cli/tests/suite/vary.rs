//! Chunks, threads and degrees, which the command measures from end to end.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The command in a folder, with nothing of this process's settings.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).args(arguments).env_remove("CROSSOVER_BACKEND").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A tiny sweep that has to succeed: its table and its report.
fn swept(folder: &Path, arguments: &[&str]) -> (String, Value) {
    let output = run(folder, &[&["sweep", "--trials", "3"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    let json = fs::read(folder.join("sweep/sweep.json")).unwrap();
    (text(&output.stdout), serde_json::from_slice(&json).unwrap())
}

/// Backend and value of each measurement.
fn places(json: &Value, name: &str) -> Vec<(String, u64)> {
    let place = |each: &Value| (each["backend"].as_str().unwrap().to_owned(), each["varied"][name].as_u64().unwrap());
    json["measurements"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn threads_are_measured_with_their_efficiency() {
    let folder = tempfile::tempdir().unwrap();
    let (table, json) = swept(folder.path(), &["axpy", "--vary", "threads=1,2", "--sizes", "5000"]);
    assert_eq!((&json["axis"], &json["environment"]["threads"]), (&"threads".into(), &2.into()));
    assert_eq!(places(&json, "threads"), [("threads".to_owned(), 1), ("threads".to_owned(), 2)]);
    assert!(table.contains("time against threads, 5000 elements\n"), "{table}");
    let row = table.lines().find(|line| line.starts_with("axpy ")).unwrap();
    assert!(table.contains(" efficiency ") && row.contains(" 100\u{a0}% "), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80 || line.starts_with("written")), "{table}");
    let csv = fs::read_to_string(folder.path().join("sweep/sweep.csv")).unwrap();
    assert!(csv.lines().next().unwrap().ends_with(",varied") && csv.trim_end().ends_with(",2"), "{csv}");
    for (file, told) in
        [("sweep.svg", "Time against threads, 5000 elements"), ("sweep.html", "over the number of threads")]
    {
        assert!(fs::read_to_string(folder.path().join("sweep").join(file)).unwrap().contains(told), "{file}");
    }
    // It continues, with what it has.
    let (_, more) = swept(folder.path(), &["axpy", "--vary", "threads=1,2,3", "--sizes", "5000", "--resume"]);
    assert_eq!(places(&more, "threads").len(), 3);
    assert_eq!(more["measurements"][1], json["measurements"][1]);
}

#[test]
fn chunks_are_measured_on_threads_and_on_a_gpu() {
    let folder = tempfile::tempdir().unwrap();
    let threads = ["--vary", "chunk=1000,4096", "--sizes", "1e4", "--backends", "threads", "--threads", "2"];
    let (table, json) = swept(folder.path(), &threads);
    assert_eq!(places(&json, "chunk"), [("threads".to_owned(), 1000), ("threads".to_owned(), 4096)]);
    assert!(table.contains("time against chunk, 10000 elements\n") && !table.contains("× loop"), "{table}");
    #[cfg(feature = "gpu")]
    {
        if let Err(reason) = crossover::Gpu::open() {
            let required = std::env::var("CROSSOVER_REQUIRE_GPU").as_deref() == Ok("1");
            assert!(!required, "CROSSOVER_REQUIRE_GPU is set, but: {reason}");
            return println!("skipped: {reason}");
        }
        let (_, json) = swept(folder.path(), &["--vary", "chunk=1000,4096", "--sizes", "1e4"]);
        let order = [("threads", 1000), ("gpu", 1000), ("threads", 4096), ("gpu", 4096)];
        assert_eq!(places(&json, "chunk"), order.map(|(name, value)| (name.to_owned(), value)));
    }
}

#[test]
fn degrees_are_measured_on_every_backend() {
    let folder = tempfile::tempdir().unwrap();
    let (table, json) =
        swept(folder.path(), &["--vary", "intensity=1,16", "--sizes", "1000", "--backends", "loop,simd"]);
    assert!(json["measurements"].as_array().unwrap().iter().all(|each| each["workload"] == "horner"), "{json}");
    let order = [("loop", 1), ("simd", 1), ("loop", 16), ("simd", 16)];
    assert_eq!(places(&json, "intensity"), order.map(|(name, value)| (name.to_owned(), value)));
    assert!(table.contains("time against degree, 1000 elements\n") && table.contains("× loop"), "{table}");
    for degree in ["horner0", "horner257"] {
        let said = text(&run(folder.path(), &["sweep", degree]).stderr);
        assert!(said.contains("write horner1 to horner256"), "{said}");
    }
    let plain = swept(folder.path(), &["horner3", "--sizes", "100", "--backends", "loop"]).1;
    assert_eq!((&plain["axis"], &plain["measurements"][0]["varied"]), (&"elements".into(), &Value::Null));
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["--vary", "thread"][..], "unknown axis `thread` (did you mean `threads`?)"),
        (&["--vary", "elements"], "give --sizes instead"),
        (
            &["--vary", "threads", "--sizes", "10,20,30"],
            "--sizes `3 sizes` cannot be used: --vary threads measures at 1 size",
        ),
        (&["--vary", "threads=two"], "threads `two` cannot be used: write a whole number"),
        (&["--vary", "threads", "--threads", "2"], "--threads `2` cannot be used: --vary threads sets it"),
        (&["--vary", "threads", "--backends", "loop"], "backend `loop` cannot be used: it has no threads to vary"),
        (&["--vary", "threads", "--regimes", "resident"], "no backend can vary threads with it; use host or fresh"),
        (&["--vary", "chunk", "--regimes", "fresh", "--backends", "gpu"], "add threads to --backends"),
        (&["--vary", "chunk=2000", "--sizes", "1000"], "chunk `2000` cannot be used: the arrays have 1000 elements"),
        (&["--vary", "intensity=300"], "degree `300` cannot be used: give degrees from 1 to 256"),
        (&["--vary", "intensity", "axpy"], "workload `axpy` cannot be used: --vary intensity sets it"),
        (&["--vary", "intensity", "--expr", "2*x"], "workload `2*x` cannot be used"),
    ] {
        let output = run(folder.path(), &[&["sweep"], arguments].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn sweeps_over_different_axes_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |out: &str, arguments: &[&str]| {
        let all = [
            &["sweep", "--trials", "3", "--quiet", "--out", out, "--sizes", "100", "--backends", "threads"],
            arguments,
        ];
        assert_eq!(run(folder.path(), &all.concat()).status.code(), Some(0));
    };
    sweep("plain", &[]);
    sweep("threads", &["--vary", "threads=1,2"]);
    let compare = |old: &str, new: &str| {
        run(folder.path(), &["compare", &format!("{old}/sweep.json"), &format!("{new}/sweep.json")])
    };
    let output = compare("threads", "plain");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("threads/sweep.json varies threads and plain/sweep.json varies elements"), "{said}");
    assert!(said.contains("measure the new one with --vary threads"), "{said}");
    let output = compare("threads", "threads");
    let told = text(&output.stdout);
    assert!(told.contains("2 of 2 measurements are the same"), "{told}");
}

#[test]
fn a_shell_completes_what_varies() {
    let folder = tempfile::tempdir().unwrap();
    let script = text(&run(folder.path(), &["completions", "bash"]).stdout);
    assert!(script.contains("\"chunk threads intensity\""), "the names are not completed");
}
