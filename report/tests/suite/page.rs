//! The page of a sweep in a browser, used as a reader would: pointed at, switched, sorted, narrow and wide.
//!
//! Without a browser there is nothing to see; under `CROSSOVER_REQUIRE_BROWSER=1` that is a failure.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crossover::sweep::{Analysis, Axis, Regime, Vary};
use crossover::{Kind, Sweep, Workload};
use crossover_report::page;

/// What uses the page, and says what is wrong.
const CHECK: &str = include_str!("page/check.js");
/// Far more than a browser takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Chromium: the one that `CROSSOVER_BROWSER` names, or the first on the path.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CROSSOVER_BROWSER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

/// What the page is after its scripts and the check have run.
fn opened(browser: &Path, folder: &Path, page: &str) -> String {
    let (file, dump) = (folder.join("page.html"), folder.join("dump.html"));
    fs::write(&file, page).unwrap();
    let flags =
        ["--headless", "--disable-gpu", "--no-sandbox", "--window-size=1280,900", "--virtual-time-budget=20000"];
    let mut child = Command::new(browser)
        .args(flags)
        .args([format!("--user-data-dir={}", folder.join("profile").display()), "--dump-dom".to_owned()])
        .arg(format!("file://{}", file.display()))
        .stdout(File::create(&dump).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{} has not ended after {PATIENCE:?}", browser.display());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    fs::read_to_string(dump).unwrap()
}

/// What the check says of a page: `right`, or what is not.
fn outcome(browser: &Path, folder: &Path, page: &str) -> String {
    // First of all, so that it hears of every error.
    let checked = page.replacen("<style>", &format!("<script>{CHECK}</script>\n<style>"), 1);
    let dom = opened(browser, folder, &checked);
    let outcome = dom.split_once("data-outcome=\"").and_then(|(_, rest)| rest.split_once('"'));
    outcome.map_or_else(|| "the check did not end".to_owned(), |(outcome, _)| outcome.to_owned())
}

/// The page of a short sweep.
fn page_of(sweep: Sweep) -> String {
    let mut bytes = Vec::new();
    let report = sweep.trials(3).run();
    page::write(&report, &Analysis::of(&report), Some("crossover sweep"), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_reader_finds_everything_right() {
    let Some(browser) = browser() else {
        let required = std::env::var("CROSSOVER_REQUIRE_BROWSER").as_deref() == Ok("1");
        assert!(!required, "there is no chromium, chromium-browser or google-chrome; name one with CROSSOVER_BROWSER");
        return println!("skipped: there is no browser");
    };
    let folder = tempfile::tempdir().unwrap();
    let formula = Workload::parse("where(x < 1, x, 0.01*y)").unwrap();
    let sweep = [Kind::Loop, Kind::Simd, Kind::Threads].into_iter().fold(Sweep::new(), Sweep::open);
    let sweep = sweep.workloads(["poly".parse().unwrap(), formula]).sizes("100,1000,10000".parse().unwrap());
    let page = page_of(sweep);
    assert_eq!(outcome(&browser, folder.path(), &page), "right");

    for (axis, values) in [(Axis::Threads, "1,2,4"), (Axis::Chunk, "512,8192")] {
        let vary = Vary::new(axis, Some(values.parse().unwrap()), Some(10_000)).unwrap();
        let contenders = vary.contenders(Kind::Threads, &[Regime::Host, Regime::Fresh]).unwrap();
        let sweep = contenders.into_iter().fold(Sweep::new().vary(vary), Sweep::contender);
        let page = page_of(sweep.workloads(["poly", "axpy"].map(|name| name.parse().unwrap())));
        assert_eq!(outcome(&browser, folder.path(), &page), "right", "{axis}");
    }

    // A check that cannot fail says nothing: a label too far to the left, and a script that breaks off.
    let clipped = page.replace("class=\"caption\" x=\"24\"", "class=\"caption\" x=\"-24\"");
    assert!(outcome(&browser, folder.path(), &clipped).contains("is cut off"));
    let broken = page.replacen("sortable();\n", "sortible();\n", 1);
    let said = outcome(&browser, folder.path(), &broken);
    assert!(said.contains("sortible is not defined") && said.contains("the plots do not answer"), "{said}");
}
