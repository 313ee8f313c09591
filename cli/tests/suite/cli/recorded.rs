//! What a sweep's file says of the command that made it, and folders in the place of files.

use super::*;

fn report(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[cfg(debug_assertions)]
#[test]
fn a_folder_is_all_that_a_stopped_sweep_needs_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["sweep", "axpy", "--expr", "x - 0.5*y", "--sizes", "10,20", "--trials", "2", "--out", "a b"];
    let mut stopped = command(folder.path(), &arguments);
    // What the environment says is a part of the settings.
    stopped.envs([("CROSSOVER_BACKEND", "simd"), ("CROSSOVER_TEST_INTERRUPT_AT", "measured 1")]);
    let output = stopped.output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("`crossover sweep --resume 'a b'` measures the rest"));
    let json = folder.path().join("a b/sweep.json");
    let part = report(&json);
    let words: Vec<_> = part["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words, [&["crossover", "sweep", "--backends", "simd"], &arguments[1..]].concat());

    let output = run(folder.path(), &["sweep", "--resume", "a b"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let whole = report(&json);
    let measured = |report: &Value| report["measurements"].as_array().unwrap().clone();
    assert_eq!((measured(&whole).len(), &measured(&whole)[..1]), (4, &measured(&part)[..]));
    assert!(measured(&whole).iter().all(|each| each["backend"] == "simd" && each["trials"] == 2), "{whole}");
    assert_eq!(whole["command"], part["command"]);
    let page = fs::read_to_string(folder.path().join("a b/sweep.html")).unwrap();
    assert!(page.contains("--expr &#39;x - 0.5*y&#39; --sizes 10,20"), "the page has another command");

    // Again, with the folder named in the other way, and after something was added.
    let output =
        run(folder.path(), &["sweep", "poly", "--backends", "simd", "--sizes", "10", "--append", "--out", "a b"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = run(folder.path(), &["sweep", "--resume", "--out", "a b"]);
    assert_eq!((output.status.code(), measured(&report(&json)).len()), (Some(0), 5), "{}", text(&output.stderr));
    let output = run(folder.path(), &["sweep", "--resume", "a b", "--out", "elsewhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("name two folders"), "{}", text(&output.stderr));

    let mut foreign = report(&json);
    foreign["command"] = serde_json::json!(["crossover", "sweep", "--size", "10"]);
    fs::write(&json, foreign.to_string()).unwrap();
    let output = run(folder.path(), &["sweep", "--resume", "a b"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a b/sweep.json: its command cannot be read (error: unexpected argument"));
}

#[test]
fn folders_are_compared_by_their_reports() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--backends", "loop", "--sizes", "100", "--trials", "2", "--quiet"];
    for out in ["old", "new"] {
        assert!(run(folder.path(), &[&["sweep", "--out", out], &settings[..]].concat()).status.success());
    }
    let files = run(folder.path(), &["compare", "old/sweep.json", "new/sweep.json", "--threshold", "1000"]);
    let folders = run(folder.path(), &["compare", "old", "new", "--threshold", "1000"]);
    assert_eq!((folders.status.code(), text(&folders.stdout)), (Some(0), text(&files.stdout)));
    fs::create_dir(folder.path().join("empty")).unwrap();
    let output = run(folder.path(), &["compare", "old", "empty"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("empty/sweep.json: "), "{}", text(&output.stderr));
}

#[test]
fn devices_are_json_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["devices", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = json["backends"].as_array().unwrap().iter().map(|each| each["name"].clone()).collect();
    assert_eq!(names, ["loop", "simd", "threads", "gpu", "auto"]);
    for backend in json["backends"].as_array().unwrap() {
        let available = backend["available"].as_bool().unwrap();
        assert_eq!(available, backend["reason"].is_null(), "{backend}");
        assert!(!available || backend["threads"].is_u64() || backend["device"]["name"].is_string(), "{backend}");
    }
    let sets = json["instruction_sets"].as_array().unwrap();
    let chosen: Vec<_> = sets.iter().filter(|each| each["chosen"] == true).collect();
    assert_eq!((chosen.len(), &chosen[0]["name"]), (1, &json["environment"]["widest"]));
    assert!(json["auto"]["source"].is_string() && json["environment"]["os"].is_string(), "{json}");

    let mut none = command(folder.path(), &["devices", "--json"]);
    let json: Value = serde_json::from_slice(&none.env("WGPU_ADAPTER_NAME", "none").output().unwrap().stdout).unwrap();
    assert_eq!(json["backends"][3]["available"], false);
    assert!(json["backends"][3]["reason"].as_str().unwrap().contains("is not available"), "{json}");
}

/// Asks for a name of a million characters.
fn named(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:.40?}");
    text(&output.stderr)
}

#[test]
fn a_misspelt_workload_is_named_by_explain_too() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["sweep", "ploy"][..], &["regret", "ploy"], &["explain", "ploy"]] {
        let said = named(arguments);
        assert!(said.contains("unknown workload `ploy` (did you mean `poly`?); known: poly, axpy"), "{said}");
    }
    assert!(named(&["explain", "horner999"]).contains("degree `999` cannot be used"));
    for formula in ["x", "(ploy)", "ploy + 1", "velocity", "horner16"] {
        let output = run(folder.path(), &["explain", formula, "--elements", "100", "--no-gpu"]);
        assert_eq!(output.status.code(), Some(0), "{formula}: {}", text(&output.stderr));
    }
}

#[test]
fn a_very_long_name_makes_a_short_message() {
    // Less than what a system takes for one word of a command.
    let long = "ploy".repeat(25_000);
    for arguments in [
        &["sweep", &long][..],
        &["regret", &long],
        &["sweep", "--backends", &long],
        &["sweep", "--sizes", &long],
        &["explain", "x", "--numbers", &long],
        &["sweep", "--vary", "threads", &long],
    ] {
        let said = named(arguments);
        assert!(said.len() < 1000 && said.contains('…'), "{arguments:.30?}: {said:.2000}");
    }
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["explain", &long, "--no-gpu"][..], &["explain", &long, "--elements", "10", "--no-gpu"]] {
        let told = text(&run(folder.path(), arguments).stdout);
        assert!(!told.is_empty() && told.len() < 4000, "{arguments:.30?}: {told:.2000}");
    }
}

/// A report may come from anywhere; what is drawn of it comes to an end.
#[cfg(target_os = "linux")]
#[test]
fn a_report_with_the_greatest_and_least_numbers_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        run(folder.path(), &["sweep", "--backends", "loop,simd", "--sizes", "10", "--trials", "2"]).status.success()
    );
    let json = folder.path().join("sweep/sweep.json");
    let mut foreign = report(&json);
    foreign["ceilings"]["cpu"][0]["gflop_per_s"] = 1.7e308.into();
    foreign["ceilings"]["cpu"][0]["scalar_gflop_per_s"] = 1e-307.into();
    foreign["measurements"][0]["seconds"]["q95"] = 1.7e308.into();
    fs::write(&json, foreign.to_string()).unwrap();
    let words = ["60", env!("CARGO_BIN_EXE_crossover"), "sweep", "--resume", "sweep", "--quiet"];
    let output = Command::new("timeout").args(words).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let picture = fs::read_to_string(folder.path().join("sweep/roofline.svg")).unwrap();
    assert!(picture.contains(">10²") && !picture.contains("NaN"), "{picture}");
}

/// A pipe among the names of the output blocks a process that opens it.
#[cfg(target_os = "linux")]
#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    for name in ["sweep.csv", "sweep.json", "sweep.partial.json", "sweep.png", "sweep.json.bak"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("sweep");
        fs::create_dir(&out).unwrap();
        let made = Command::new("mkfifo").arg(out.join(name)).status().unwrap();
        assert!(made.success());
        for more in [&[][..], &["--append"], &["--resume"]] {
            // What waits for somebody to open the other end is killed, and fails.
            let words =
                [&["20", env!("CARGO_BIN_EXE_crossover"), "sweep", "--backends", "loop"], &TINY[..], more].concat();
            let mut limited = Command::new("timeout");
            let output = limited.args(words).current_dir(folder.path()).output().unwrap();
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name} {more:?}: {said}");
            // What there is to resume is looked for first.
            let told = said.contains(&format!("sweep/{name} cannot be written (it is not a regular file)"));
            assert!(told || !more.is_empty(), "{name} {more:?}: {said}");
        }
        assert_eq!(names(&out), [name]);
    }
}
