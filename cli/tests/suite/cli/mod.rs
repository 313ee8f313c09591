//! The command from outside: what it writes, what it says, and how it ends.

mod kept;
mod recorded;
mod resume;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The command in an empty folder, with nothing of this process's settings.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).args(arguments).env_remove("CROSSOVER_BACKEND").env("RUST_BACKTRACE", "1");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What is said on standard error, but for the advice about the machine and the build, which a test cannot choose.
fn complaints(stderr: &[u8]) -> String {
    text(stderr).lines().filter(|line| !line.starts_with("crossover: warning: ")).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const CPU: [&str; 2] = ["--backends", "loop,simd,threads"];
const TINY: [&str; 4] = ["--sizes", "100,1000", "--trials", "2"];

fn tiny_sweep(folder: &Path) -> Output {
    run(folder, &[&["sweep", "poly", "axpy"], &CPU[..], &TINY[..]].concat())
}

#[test]
fn a_sweep_writes_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let output = tiny_sweep(folder.path());
    assert_eq!((output.status.code(), complaints(&output.stderr)), (Some(0), String::new()));
    let out = folder.path().join("sweep");
    assert_eq!(
        names(&out),
        ["roofline.png", "roofline.svg", "sweep.csv", "sweep.html", "sweep.json", "sweep.png", "sweep.svg"]
    );

    let table = text(&output.stdout);
    // The machine, the head, two workloads at two sizes on three backends, each one's first call and how near it
    // comes to what the machine allows, and where the files are.
    let sentences = table.lines().filter(|line| !line.starts_with("  "));
    assert_eq!(sentences.count(), 2 + 2 * 2 * 3 + 2 + 2 + 1, "{table}");
    assert!(
        table.contains("\npoly: the first call takes ")
            && table.contains("\naxpy: the first")
            && table.contains("\naxpy at 1000 elements: loop "),
        "{table}"
    );
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let csv = fs::read_to_string(out.join("sweep.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 2 * 2 * 3, "{csv}");
    assert!(fs::read(out.join("sweep.png")).unwrap().starts_with(b"\x89PNG"));
    let svg = fs::read_to_string(out.join("sweep.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("threads") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(">ceiling ("), "{svg}");
    let roofline = fs::read_to_string(out.join("roofline.svg")).unwrap();
    assert!(roofline.lines().any(|line| line.contains("Gflop/s") && line.contains("1 thread: ")), "{roofline}");
    assert!(fs::read(out.join("roofline.png")).unwrap().starts_with(b"\x89PNG"));
    let page = fs::read_to_string(out.join("sweep.html")).unwrap();
    assert!(page.contains(&roofline["<svg".len()..]), "the page has another roofline");
    assert!(page.contains(&svg["<svg".len()..]), "the page without its script has another picture");
    assert!(
        page.contains("<code>crossover sweep poly axpy --backends loop,simd,threads --sizes 100,1000 --trials 2</")
    );
}

#[test]
fn a_sweep_tells_where_one_backend_overtakes_another() {
    let folder = tempfile::tempdir().unwrap();
    // Far enough apart to hold on any machine: SIMD is faster than the plain loop at either size.
    let output = run(folder.path(), &["sweep", "--backends", "loop,simd", "--sizes", "1000,8000", "--trials", "3"]);
    assert_eq!(output.status.code(), Some(0));
    let told = text(&output.stdout);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let (_, after) = told.split_once("Crossover points, at 95 % confidence:\n").unwrap();
    assert!(after.starts_with("poly: simd stays ahead of loop, by "), "{told}");
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    let [crossover] = &json["crossovers"].as_array().unwrap()[..] else { panic!("{json}") };
    assert_eq!((&crossover["workload"], &crossover["found"]), (&"poly".into(), &"ahead".into()));
    assert_eq!((&crossover["faster"]["backend"], &crossover["slower"]["regime"]), (&"simd".into(), &"host".into()));
    assert!(crossover["times"].as_f64().unwrap() > 1.0, "{crossover}");
}

#[test]
fn what_makes_figures_unsure_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    // More threads than any machine that runs this has cores; the narrowest lanes; too few trials.
    let arguments = ["sweep", "--backends", "threads", "--threads", "1024", "--isa", "wide", "--quiet"];
    let output = run(folder.path(), &[&arguments[..], &["--sizes", "100", "--trials", "2"]].concat());
    assert_eq!((output.status.code(), complaints(&output.stderr)), (Some(0), String::new()));
    let said = text(&output.stderr);
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    let warnings = json["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), said.lines().count(), "{said}");
    let named = |name: &str| warnings.iter().find(|warning| warning["warning"] == name).unwrap();
    assert_eq!((&named("many_threads")["threads"], &named("few_trials")["trials"]), (&1024.into(), &2.into()));
    for warning in warnings {
        assert!(said.contains(warning["message"].as_str().unwrap()), "{warning} is not in {said}");
    }
    let wider = json["environment"]["widest"] != "wide";
    assert_eq!(warnings.iter().any(|warning| warning["warning"] == "narrow_isa"), wider, "{said}");
}

#[test]
fn the_json_has_the_schema_that_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    tiny_sweep(folder.path());
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], 1);
    let environment = json["environment"].as_object().unwrap();
    for name in
        ["cpu", "isa", "threads", "adapter", "driver", "software", "os", "version", "profile", "cores", "widest"]
    {
        assert!(environment.contains_key(name), "{name} is not in {environment:?}");
    }
    assert_eq!(environment["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(environment["profile"], if cfg!(debug_assertions) { "debug" } else { "release" });
    let measurements = json["measurements"].as_array().unwrap();
    assert_eq!(measurements.len(), 12);
    for measurement in measurements {
        let mut keys: Vec<_> = measurement.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let promised = ["backend", "elements", "first_seconds", "gb_per_s", "gflop_per_s", "max_ulp", "ns_per_element"];
        let others =
            ["of_ceiling", "reference", "regime", "runs", "samples", "seconds", "trials", "varied", "workload"];
        assert_eq!(keys, [&promised[..], &others].concat());
        assert!(measurement["of_ceiling"].as_f64().unwrap() > 0.0);
        assert!(measurement["first_seconds"].as_f64().unwrap() > 0.0);
        assert_eq!(measurement["samples"].as_array().unwrap().len(), 2);
        assert!(["loop", "simd", "threads"].contains(&measurement["backend"].as_str().unwrap()));
        assert_eq!((&measurement["regime"], &measurement["trials"]), (&"host".into(), &2.into()));
        let seconds = &measurement["seconds"];
        let [q05, q50, q95] = ["q05", "q50", "q95"].map(|name| seconds[name].as_f64().unwrap());
        assert!(0.0 < q05 && q05 <= q50 && q50 <= q95, "{seconds}");
        let nanoseconds = q50 * 1e9 / measurement["elements"].as_f64().unwrap();
        assert!((measurement["ns_per_element"].as_f64().unwrap() / nanoseconds - 1.0).abs() < 1e-9);
        let bytes = if measurement["workload"] == "axpy" { 12.0 } else { 8.0 };
        assert!((measurement["gb_per_s"].as_f64().unwrap() * nanoseconds / bytes - 1.0).abs() < 1e-9);
        let operations = if measurement["workload"] == "axpy" { 2.0 } else { 4.0 };
        assert!((measurement["gflop_per_s"].as_f64().unwrap() * nanoseconds / operations - 1.0).abs() < 1e-9);
    }
    let cpu = json["ceilings"]["cpu"].as_array().unwrap();
    assert!(cpu[0]["threads"] == 1 && cpu[0]["scalar_gflop_per_s"].as_f64().unwrap() > 0.0, "{cpu:?}");
    for memory in cpu.iter().flat_map(|cpu| cpu["memory"].as_array().unwrap()) {
        assert!(memory["bytes"].as_u64().unwrap() >= 16 << 10 && memory["copy"].as_f64().unwrap() > 0.0, "{memory}");
    }
}

#[test]
fn the_users_mistakes_are_named_in_a_line_and_leave_nothing_behind() {
    let cases = [
        (&["sweep", "pol"][..], "unknown workload `pol` (did you mean `poly`?)"),
        (&["sweep", "--backends", "therads"], "did you mean `threads`"),
        (&["sweep", "--regimes", "hots"], "unknown regime `hots` (did you mean `host`?)"),
        (
            &["sweep", "--backends", "loop", "--regimes", "host,scalar"],
            "`scalar` cannot be used: none of these backends",
        ),
        (&["sweep", "--isa", "avx5"], "unknown instruction set `avx5`"),
        (&["sweep", "--backends", "simd", "--isa", "scalar"], "open the loop backend"),
        (&["sweep", "--sizes", "0"], "size `0` cannot be used"),
        (&["sweep", "--sizes", "100,1.5"], "size `1.5` cannot be used"),
        (&["sweep", "--sizes", "geomspace:1:2"], "geomspace:a:b:k"),
        (&["sweep", "--sizes", "1e15", "--backends", "loop"], "needs 24000000000000000, but the limit is "),
    ];
    for (arguments, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let output = run(folder.path(), arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{arguments:?}");
    }
    for arguments in [&["sweep", "--threads", "0"][..], &["sweep", "--trials", "0"], &["swep"], &[]] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_measuring() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("taken"), "mine").unwrap();
    fs::create_dir_all(folder.path().join("odd/sweep.png")).unwrap();
    for out in ["taken", "taken/deeper", "odd"] {
        let output = run(folder.path(), &["sweep", "--backends", "loop", "--out", out]);
        let message = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{out}: {message}");
        assert!(
            message.contains(out) && message.contains("cannot be written") && message.contains("--out"),
            "{message}"
        );
    }
    assert_eq!(fs::read_to_string(folder.path().join("taken")).unwrap(), "mine");
    assert_eq!(names(&folder.path().join("odd")), ["sweep.png"]);
}

#[test]
fn the_environment_variable_names_the_backends_unless_the_option_does() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |backends: &[&str], out: &str| {
        let mut command = command(folder.path(), &[&["sweep", "--out", out], backends, &TINY[..]].concat());
        assert!(command.env("CROSSOVER_BACKEND", "simd").output().unwrap().status.success());
        let csv = fs::read_to_string(folder.path().join(out).join("sweep.csv")).unwrap();
        csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&[], "a"), ["simd", "simd"]);
    assert_eq!(rows(&["--backends", "threads,loop,loop"], "b"), ["loop", "threads", "loop", "threads"]);

    let mut command = command(folder.path(), &["sweep"]);
    let output = command.env("CROSSOVER_BACKEND", "abacus").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("unknown backend `abacus`"));
}

#[test]
fn an_instruction_set_can_be_forced() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["sweep", "--quiet", "--backends", "simd,threads", "--isa", "wide", "--threads", "1"];
    let output = run(folder.path(), &[&arguments[..], &TINY[..]].concat());
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), String::new()));
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    assert_eq!((&json["environment"]["isa"], &json["environment"]["threads"]), (&"wide".into(), &1.into()));
}

#[test]
fn devices_lists_every_backend_and_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["devices"]);
    let listed = text(&output.stdout);
    // Standard error is the GPU driver's to write on.
    assert_eq!(output.status.code(), Some(0));
    for name in ["loop (scalar", "simd (", "threads (", "gpu", "wide", "avx2", "avx512"] {
        assert!(listed.contains(name), "{name} is not in {listed}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn no_window_system_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    // As in a container: no window system, and no setting that would keep a driver from asking for one.
    let mut command = command(folder.path(), &["devices"]);
    command.env_clear().env("HOME", folder.path());
    for name in ["PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for word in ["XDG_RUNTIME_DIR", "DISPLAY", "wayland", "EGL", "X11"] {
        assert!(!said.to_lowercase().contains(&word.to_lowercase()), "{said}");
    }
}

#[test]
fn a_reader_who_leaves_early_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), &[&["sweep"], &CPU[..], &TINY[..]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut message = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut message).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaints(&message)), (Some(0), String::new()));
    assert_eq!(names(&folder.path().join("sweep")).len(), 7);
}

#[test]
fn a_gpu_is_missed_aloud_and_demanded_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    // A machine may have a GPU, but none of that name.
    let run = |arguments: &[&str]| {
        command(folder.path(), arguments).env("WGPU_ADAPTER_NAME", "no such adapter").output().unwrap()
    };
    let output = run(&[&["sweep"], &TINY[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("measuring without gpu: the gpu backend is not available"));
    // What came of each interface.
    #[cfg(target_os = "linux")]
    assert!(["vulkan: ", "vulkan found none"].iter().any(|told| text(&output.stderr).contains(told)));
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    assert_eq!(json["missing"][0]["backend"], "gpu");

    for demand in [["--backends", "loop,gpu"], ["--regimes", "host,scalar"]] {
        let output = run(&[&["sweep", "--out", "b"], &demand[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{demand:?}");
        assert!(text(&output.stderr).contains("the gpu backend is not available"), "{demand:?}");
    }
    assert_eq!(names(folder.path()), ["sweep"]);
}

/// Under `CROSSOVER_REQUIRE_GPU=1` a missing GPU fails the other tests; here it only means less to look at.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_is_measured_under_four_regimes() {
    if let Err(reason) = crossover::Gpu::open() {
        return println!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[&["sweep", "--backends", "loop,gpu"], &TINY[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    let name = |value: &'_ Value| value.as_str().unwrap().to_owned();
    let series: Vec<_> =
        json["measurements"].as_array().unwrap().iter().map(|m| (name(&m["backend"]), name(&m["regime"]))).collect();
    let series: Vec<_> = series.iter().map(|(backend, regime)| (backend.as_str(), regime.as_str())).collect();
    let ways = ["host", "compute", "resident", "scalar"].map(|regime| ("gpu", regime));
    assert_eq!(series[..5], [&[("loop", "host")], &ways[..]].concat());
    let firsts = json["measurements"].as_array().unwrap().iter().map(|each| each["first_seconds"].as_f64());
    assert!(firsts.into_iter().all(|first| first.unwrap() > 0.0), "{json}");
    assert!(!json["environment"]["adapter"].as_str().unwrap().is_empty());
}

#[test]
fn a_sweep_measures_a_formula_of_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let formulas = ["--expr", "where(x > 0, x, 0.01*y)", "--expr", "sum(x*y)"];
    let output = run(folder.path(), &[&["sweep"], &formulas[..], &CPU[..], &TINY[..]].concat());
    assert_eq!((output.status.code(), complaints(&output.stderr)), (Some(0), String::new()));
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("sweep/sweep.json")).unwrap()).unwrap();
    let names: Vec<_> = json["measurements"].as_array().unwrap().iter().map(|each| each["workload"].clone()).collect();
    assert_eq!(names.len(), 2 * 2 * 3);
    assert!(names.contains(&"where(x > 0, x, 0.01*y)".into()) && names.contains(&"sum(x*y)".into()), "{names:?}");
    assert_eq!(json["failures"].as_array().unwrap().len(), 0);
    let page = fs::read_to_string(folder.path().join("sweep/sweep.html")).unwrap();
    assert!(page.contains("--expr &#39;where(x &gt; 0, x, 0.01*y)&#39; --expr &#39;sum(x*y)&#39;"));

    let wrong = run(folder.path(), &["sweep", "--expr", "squrt(x)"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = text(&wrong.stderr);
    assert_eq!(said, "crossover: there is no function `squrt`; did you mean `sqrt`?\n  squrt(x)\n  ^^^^^\n");
}
