//! What was measured is never replaced by less: sweeps into a folder that has an earlier one, ended at every point.
//!
//! The points are named in a variable of the environment, which only a build with debug assertions heeds.
#![cfg(debug_assertions)]

use super::*;

/// The files of a folder by name, with what is in them.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    names(folder).into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

fn measurements(path: &Path) -> Vec<Value> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    file["measurements"].as_array().unwrap().clone()
}

const OLD: [&str; 7] = ["sweep", "--backends", "loop", "--sizes", "100,200,300", "--trials", "2"];
const NEW: [&str; 7] = ["sweep", "--backends", "loop", "--sizes", "10,20", "--trials", "2"];

/// A folder with a finished sweep, which has three measurements.
fn finished() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &OLD);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    folder
}

/// Runs a sweep that is interrupted, or killed, at a point.
fn ended(folder: &Path, how: &str, point: &str, arguments: &[&str]) -> Output {
    command(folder, arguments).env(format!("CROSSOVER_TEST_{how}_AT"), point).output().unwrap()
}

#[test]
fn an_interruption_before_anything_is_measured_changes_nothing() {
    let folder = finished();
    let out = folder.path().join("sweep");
    let before = contents(&out);
    for arguments in [&NEW[..], &[&NEW[..], &["--append"]].concat()] {
        let output = ended(folder.path(), "INTERRUPT", "begun", arguments);
        assert_eq!(output.status.code(), Some(130), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("interrupted before anything was measured; sweep is unchanged"));
        assert_eq!(contents(&out), before, "{arguments:?}");
    }
    let output = ended(folder.path(), "INTERRUPT", "begun", &[&NEW[..], &["--out", "a/b"]].concat());
    assert_eq!((output.status.code(), names(folder.path())), (Some(130), vec!["sweep".to_owned()]));
}

#[test]
fn an_interrupted_or_killed_sweep_leaves_an_earlier_one_and_goes_on() {
    for (how, point) in [("INTERRUPT", "measured 1"), ("KILL", "noted")] {
        let folder = finished();
        let out = folder.path().join("sweep");
        let before = contents(&out);
        let output = ended(folder.path(), how, point, &NEW);
        let said = text(&output.stderr);
        if how == "INTERRUPT" {
            assert_eq!(output.status.code(), Some(130), "{said}");
            for told in ["the measurements are in sweep/sweep.partial.json", "earlier sweep in sweep is unchanged"] {
                assert!(said.contains(told), "{said}");
            }
            assert!(said.contains("`crossover sweep --resume sweep` measures the rest"), "{said}");
        }
        assert!(!output.status.success());
        let kept: Vec<_> = contents(&out).into_iter().filter(|(name, _)| name != "sweep.partial.json").collect();
        assert_eq!(kept, before, "{how}");
        let partial = measurements(&out.join("sweep.partial.json"));
        assert_eq!(partial.len(), 1, "{how}");

        // What is added goes to the finished one.
        let output = run(folder.path(), &[&OLD[..5], &["--trials", "2", "--append"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        fs::remove_file(out.join("sweep.json.bak")).unwrap_or_default();
        fs::rename(out.join("sweep.partial.json.bak"), out.join("sweep.partial.json")).unwrap_or_default();
        assert_eq!(measurements(&out.join("sweep.json")).len(), 3);

        let output = run(folder.path(), &[&NEW[..], &["--resume"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("the earlier sweep is kept as sweep/sweep.json.bak"));
        let whole = measurements(&out.join("sweep.json"));
        assert_eq!((whole.len(), &whole[..1]), (2, &partial[..]));
        assert_eq!(measurements(&out.join("sweep.json.bak")).len(), 3, "the earlier one has a backup");
        assert_eq!(names(&out).len(), 8, "{:?}", names(&out));
    }
}

#[test]
fn wherever_a_sweep_is_killed_while_it_replaces_another_all_is_there() {
    let points = ["written", "sweep.json", "sweep.csv", "roofline.png", "sweep.html"];
    for point in points {
        let folder = finished();
        let out = folder.path().join("sweep");
        let old = measurements(&out.join("sweep.json"));
        let output = ended(folder.path(), "KILL", point, &NEW);
        assert!(!output.status.success(), "{point} was not reached");
        let reports = ["sweep.json", "sweep.partial.json", "sweep.json.bak"].map(|name| out.join(name));
        let found: Vec<_> = reports.iter().filter(|path| path.exists()).flat_map(|path| measurements(path)).collect();
        assert!(old.iter().all(|each| found.contains(each)), "{point}: the earlier sweep is lost");
        let partial = measurements(&out.join("sweep.partial.json"));
        assert_eq!(partial.len(), 2, "{point}");

        let output = run(folder.path(), &[&NEW[..], &["--resume"]].concat());
        assert_eq!(output.status.code(), Some(0), "{point}: {}", text(&output.stderr));
        assert_eq!(measurements(&out.join("sweep.json")), partial, "{point}: nothing is measured again");
        assert_eq!(measurements(&out.join("sweep.json.bak")), old, "{point}");
        assert!(!out.join("sweep.partial.json").exists());
    }
}

#[test]
fn a_stopped_sweep_that_is_not_gone_on_with_is_kept_too() {
    let folder = finished();
    let out = folder.path().join("sweep");
    let old = fs::read(out.join("sweep.json")).unwrap();
    let more = [&["sweep", "axpy"], &OLD[1..]].concat();
    ended(folder.path(), "INTERRUPT", "measured 2", &more);
    assert_eq!(measurements(&out.join("sweep.partial.json")).len(), 2);
    // Another new one, which is stopped earlier, and yet another: the one that has the most stays.
    for arguments in [&NEW[..], &[&NEW[..], &["--seed", "7"]].concat()] {
        ended(folder.path(), "KILL", "noted", arguments);
        assert_eq!(measurements(&out.join("sweep.partial.json")).len(), 1);
        let kept = measurements(&out.join("sweep.partial.json.bak"));
        assert_eq!((kept.len(), &kept[0]["workload"]), (2, &"axpy".into()));
    }
    assert_eq!(fs::read(out.join("sweep.json")).unwrap(), old);
}

/// Runs the command where no file may have more than this many blocks of 512 bytes, as on a full disk.
#[cfg(target_os = "linux")]
fn limited(folder: &Path, blocks: usize, arguments: &[&str]) -> Output {
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.current_dir(folder).args(["-c", &limit, env!("CARGO_BIN_EXE_crossover")]).args(arguments);
    shell.env_remove("CROSSOVER_BACKEND").output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_file_can_be_written_whole_the_earlier_ones_stay_whole() {
    let folder = finished();
    let out = folder.path().join("sweep");
    let before = contents(&out);
    // Enough for the report, and not for its pictures.
    let output = limited(folder.path(), 64, &NEW);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let [sentence] = said.lines().filter(|line| !line.contains("warning: ")).collect::<Vec<_>>()[..] else {
        panic!("{said}")
    };
    for told in [
        "sweep.png cannot be written (File too large",
        "are in sweep/sweep.partial.json: free some space",
        "--resume sweep`",
    ] {
        assert!(sentence.contains(told), "{sentence}");
    }
    let kept: Vec<_> = contents(&out).into_iter().filter(|(name, _)| name != "sweep.partial.json").collect();
    assert_eq!(kept, before);
    let partial = measurements(&out.join("sweep.partial.json"));
    assert_eq!(partial.len(), 2);
    let output = run(folder.path(), &[&NEW[..], &["--resume"]].concat());
    assert_eq!((output.status.code(), measurements(&out.join("sweep.json"))), (Some(0), partial));

    // Not enough for anything, in a folder that is not there yet.
    let output = limited(folder.path(), 1, &[&NEW[..], &["--out", "fresh"]].concat());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("fresh/sweep.partial.json cannot be written (File too large"), "{said}");
    assert_eq!(names(&folder.path().join("fresh")), Vec::<String>::new());
}
