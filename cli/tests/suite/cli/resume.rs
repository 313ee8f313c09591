//! Sweeps that end before their time, and sweeps that continue.

use super::*;

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_keeps_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    // Twenty sizes of a fifth of a second each: time enough to be interrupted after the first.
    let arguments = ["sweep", "--backends", "loop", "--sizes", "geomspace:10:1000:20", "--trials", "40"];
    let mut command = command(folder.path(), &arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.path().join("sweep/sweep.partial.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("the measurements are in sweep"));
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    assert_eq!(json["cancelled"], true);
    assert!((1..20).contains(&json["measurements"].as_array().unwrap().len()));
    assert_eq!(names(&folder.path().join("sweep")).len(), 7);
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[cfg(unix)]
#[test]
fn a_killed_sweep_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["sweep", "--backends", "loop,simd", "--sizes", "geomspace:10:1000:20", "--trials", "6"];
    let mut child = command(folder.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let json = folder.path().join("sweep/sweep.json");
    let measured = |file: &Value| file["measurements"].as_array().unwrap().clone();
    let partial = folder.path().join("sweep/sweep.partial.json");
    while !partial.exists() || measured(&read(&partial)).len() < 4 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Unlike an interruption, this leaves it no time to tidy up.
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = read(&partial);
    assert_eq!(killed["cancelled"], true);
    assert!((4..40).contains(&measured(&killed).len()));

    let output = run(folder.path(), &[&arguments[..], &["--resume"]].concat());
    assert_eq!((output.status.code(), complaints(&output.stderr)), (Some(0), String::new()));
    let whole = read(&json);
    assert_eq!((whole["cancelled"].clone(), measured(&whole).len()), (false.into(), 40));
    assert_eq!(measured(&whole)[..measured(&killed).len()], measured(&killed)[..], "kept as it was");
    let csv = fs::read_to_string(folder.path().join("sweep/sweep.csv")).unwrap();
    assert_eq!((csv.lines().count(), names(&folder.path().join("sweep")).len()), (1 + 40, 7));
}

#[test]
fn a_sweep_is_appended_to_and_another_settings_sweep_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run(folder.path(), &[&["sweep", "--trials", "2", "--quiet"], arguments].concat());
    let few = ["--backends", "loop,simd", "--sizes", "100,300"];
    assert_eq!(run(&few).status.code(), Some(0));
    let json = folder.path().join("sweep/sweep.json");
    let first = read(&json);

    let output = run(&["axpy", "--backends", "simd", "--sizes", "200", "--append"]);
    assert_eq!((output.status.code(), complaints(&output.stderr)), (Some(0), String::new()));
    assert_eq!(run(&["--backends", "simd", "--sizes", "200", "--append"]).status.code(), Some(0));
    let both = read(&json);
    let elements: Vec<_> = both["measurements"].as_array().unwrap().iter().map(|each| &each["elements"]).collect();
    assert_eq!(elements, [100, 100, 200, 300, 300, 200]);
    assert_eq!(both["measurements"][0], first["measurements"][0]);

    let kept = fs::read(&json).unwrap();
    for (arguments, expected) in [
        (&["--resume", "--backends", "loop,simd", "--sizes", "100"][..], "which is not asked for now"),
        (&["--append", "--backends", "simd", "--seed", "7"], "its seed was 0 and is 7 now"),
        (&["--append", "--out", "elsewhere"], "sweep.json: "),
        (&["--append", "--resume"], "cannot be used with"),
    ] {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let another = fs::read_to_string(&json).unwrap().replacen("\"profile\": \"", "\"profile\": \"pre-", 1);
    fs::write(&json, another).unwrap();
    let said = text(&run(&[&few[..], &["--append"]].concat()).stderr);
    assert!(said.contains("its profile was pre-") && said.contains("--out"), "{said}");
    assert_eq!(fs::read_to_string(&json).unwrap().len(), kept.len() + 4, "a refusal leaves the folder as it was");
    assert_eq!(names(folder.path()), ["sweep"]);
}

#[test]
fn regimes_are_chosen_and_added_to_a_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let few = ["sweep", "--trials", "2", "--quiet", "--backends", "loop,simd", "--sizes", "100,300"];
    let run = |arguments: &[&str]| run(folder.path(), &[&few, arguments].concat());
    let found = || read(&folder.path().join("sweep/sweep.json"))["measurements"].clone();
    let regimes = || -> Vec<Value> { found().as_array().unwrap().iter().map(|each| each["regime"].clone()).collect() };
    assert_eq!(run(&["--regimes", "fresh"]).status.code(), Some(0));
    assert_eq!(regimes(), ["fresh"; 4]);
    assert_eq!(run(&["--append"]).status.code(), Some(0));
    assert_eq!(regimes(), ["host", "fresh", "host", "fresh", "host", "fresh", "host", "fresh"]);

    let both = found();
    assert_eq!(run(&["--resume", "--regimes", "fresh,host"]).status.code(), Some(0));
    assert_eq!(found(), both, "all was measured already");
    let output = run(&["--resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("it has poly on loop fresh at 100 elements, which is not asked for now"));
}
