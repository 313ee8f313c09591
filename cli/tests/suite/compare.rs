//! `crossover compare` from outside: what it says of two files, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A sweep's file: `poly` on simd at a thousand and a million elements, five trials each, this many times slower than others.
fn sweep(slower: [f64; 2]) -> Value {
    let measurement = |(elements, slower): (f64, f64)| {
        let seconds = |noise: f64| elements * 1e-9 * slower * noise;
        let [q05, q50, q95] = [0.99, 1.0, 1.01].map(seconds);
        let samples = [1.0, 0.99, 1.01, 0.995, 1.03].map(seconds);
        json!({
            "workload": "poly", "backend": "simd", "regime": "host", "elements": elements as usize, "trials": 5, "runs": 100,
            "seconds": {"q05": q05, "q50": q50, "q95": q95},
            "samples": samples,
            "ns_per_element": q50 * 1e9 / elements, "gb_per_s": 8e-9 * elements / q50, "max_ulp": 1.5,
        })
    };
    let environment = json!({
        "cpu": "abacus", "isa": "avx2", "threads": 2, "adapter": null, "driver": null, "api": null, "software": null,
        "os": "Linux", "version": "0.1.0", "profile": "release",
    });
    let measurements: Vec<_> = [1e3, 1e6].into_iter().zip(slower).map(measurement).collect();
    json!({
        "schema": 1, "environment": environment, "measurements": measurements,
        "missing": [], "failures": [], "cancelled": false,
    })
}

fn compare(folder: &Path, old: &Value, new: &Value, options: &[&str]) -> Output {
    for (name, file) in [("old.json", old), ("new.json", new)] {
        fs::write(folder.join(name), file.to_string()).unwrap();
    }
    run(folder, &[&["compare", "old.json", "new.json"], options].concat())
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossover")).current_dir(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_same_times_are_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare(folder.path(), &sweep([1.0, 1.0]), &sweep([1.005, 1.0]), &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert_eq!(text(&output.stdout), "2 of 2 measurements are the same within noise\n");
}

#[test]
fn a_regression_ends_with_status_1_and_a_smaller_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (sweep([1.0, 1.0]), sweep([1.3, 0.5]));
    let output = compare(folder.path(), &old, &new, &[]);
    let (table, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{table}{said}");
    assert_eq!(said, "crossover: 1 measurement(s) are slower by more than 10 %\n");
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{table}");
    assert!(lines[1].starts_with("poly      simd") && lines[1].ends_with("1.30  regression"), "{table}");
    assert!(lines[1].contains(" 1.3") && lines[2].ends_with("0.500  faster"), "{table}");

    let output = compare(folder.path(), &old, &new, &["--threshold", "1.5"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(text(&output.stdout).contains("1.30  slower\n"));
}

#[test]
fn what_a_busy_machine_may_have_done_ends_with_status_0_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let noted = |slower: f64, times: f64| {
        let mut report = sweep([slower, 1.0]);
        for each in report["measurements"].as_array_mut().unwrap() {
            let slow = |by: f64| 1e-5 * by * if each["elements"] == 1000 { times } else { 1.0 };
            let seconds = [1.0, 1.01, 1.0, 1.02, 1.01].map(slow);
            each["reference"] = json!({"threads": 1, "seconds": seconds});
        }
        report
    };
    let output = compare(folder.path(), &noted(1.0, 1.0), &noted(1.5, 1.6), &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let expected = "1 of 2 measurements are the same within noise\n\
                    1 differ, perhaps because of other load: it slowed a fixed reference task down\n\
                    \x20 by up to 1.01 times in old.json and 1.61 times in new.json; measure again\n\
                    \x20 while nothing else runs\n";
    assert_eq!(text(&output.stdout), expected);
    // On a calm machine it is a regression.
    let output = compare(folder.path(), &noted(1.0, 1.0), &noted(1.5, 1.0), &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["regressions"], &json["unsure"]), (Some(1), &1.into(), &json!([])));
}

#[test]
fn the_comparison_is_also_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare(folder.path(), &sweep([1.0, 1.0]), &sweep([1.3, 1.0]), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["regressions"], &json["unchanged"], &json["threshold"]), (&1.into(), &1.into(), &1.1.into()));
    let change = &json["changes"][0];
    assert_eq!(
        (&change["workload"], &change["backend"], &change["elements"]),
        (&"poly".into(), &"simd".into(), &1000.into())
    );
    assert!((change["ratio"].as_f64().unwrap() - 1.3).abs() < 1e-9, "{change}");
    let [low, middle, high] = ["low", "middle", "high"].map(|name| change["new"][name].as_f64().unwrap());
    assert!(low < middle && middle < high && low > change["old"]["high"].as_f64().unwrap(), "{change}");
}

#[test]
fn another_machine_and_what_is_only_in_one_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mut old, mut new) = (sweep([1.0, 1.0]), sweep([1.0, 1.0]));
    new["environment"]["cpu"] = "slide rule".into();
    old["measurements"][0]["elements"] = 500.into();
    let output = compare(folder.path(), &old, &new, &[]);
    assert_eq!(output.status.code(), Some(0));
    let expected = "not the same cpu: abacus, now slide rule\n\
                    1 of 1 measurements are the same within noise\n\
                    1 only in old.json, the first poly on simd at 500 elements\n\
                    1 only in new.json, the first poly on simd at 1000 elements\n";
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn what_fails_now_ends_with_status_1() {
    let folder = tempfile::tempdir().unwrap();
    let (old, mut new) = (sweep([1.0, 1.0]), sweep([1.0, 1.0]));
    new["measurements"].as_array_mut().unwrap().remove(1);
    new["failures"] = json!([{
        "workload": "poly", "backend": "simd", "regime": "host", "elements": 1_000_000, "reason": "wrong", "mismatch": null,
    }]);
    let output = compare(folder.path(), &old, &new, &[]);
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(1), "crossover: 1 measurement(s) fail now\n".to_owned())
    );
    assert!(text(&output.stdout).contains("fails now: poly on simd at 1000000 elements: wrong\n"));
}

#[test]
fn misuse_and_what_cannot_be_read_end_with_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let good = sweep([1.0, 1.0]);
    compare(folder.path(), &good, &good, &[]);
    let mut elsewhere = good.clone();
    for each in elsewhere["measurements"].as_array_mut().unwrap() {
        each["workload"] = "axpy".into();
    }
    let mut later = good.clone();
    later["schema"] = 2.into();
    for (name, file) in [("axpy.json", elsewhere.to_string()), ("later.json", later.to_string())] {
        fs::write(folder.path().join(name), file).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "nothing of the kind").unwrap();
    let cases = [
        (&["old.json", "none.json"][..], "none.json: "),
        (&["notes.txt", "new.json"], "notes.txt: not a report"),
        (&["old.json", "later.json"], "later.json: a report of schema 2, and this version reads schema 1"),
        (&["old.json", "axpy.json"], "old.json (2 measurements) and axpy.json (2) have none in common"),
        (&["old.json"], "NEW.json"),
        (&["old.json", "new.json", "--threshold", "0.9"], "write a number of 1 or more"),
        (&["old.json", "new.json", "--threshold", "nan"], "write a number of 1 or more"),
    ];
    for (arguments, expected) in cases {
        let output = run(folder.path(), &[&["compare"], arguments].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
