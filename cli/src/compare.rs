//! `crossover compare`: what changed from one sweep to another.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use crossover::message;
use crossover::sweep::{Axis, Comparison, Report};
use crossover_report::{json, table};

use super::{Stop, files};

#[derive(Args)]
pub struct Options {
    /// The earlier sweep.json, or its folder
    #[arg(value_name = "OLD.json", value_hint = ValueHint::AnyPath)]
    old: PathBuf,
    /// The new sweep.json, or its folder
    #[arg(value_name = "NEW.json", value_hint = ValueHint::AnyPath)]
    new: PathBuf,
    /// The slowdown that counts as a regression, which ends the command with status 1
    #[arg(long, value_name = "RATIO", default_value = "1.1", value_parser = ratio)]
    threshold: f64,
    /// Write JSON instead of a table
    #[arg(long)]
    json: bool,
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (1.0..f64::INFINITY).contains(&ratio) => Ok(ratio),
        _ => Err("write a number of 1 or more, such as 1.1 for 10 % slower".to_owned()),
    }
}

/// Compares two reports. A regression is a failure, so that a script can detect it.
pub fn run(options: &Options) -> Result<(), Stop> {
    let (old, new) = (read(&options.old)?, read(&options.new)?);
    same_axis(options, [&old, &new])?;
    let (axis, found) = (new.axis, Comparison::of(&old, &new));
    let names = [&options.old, &options.new].map(|path| path.display().to_string());
    if found.shared() == 0 {
        let [old, new] = &names;
        return Err(Stop::mistake(format_args!(
            "{old} ({} measurements) and {new} ({}) have none in common; measure the same workloads and sizes",
            found.only_old.len(),
            found.only_new.len()
        )));
    }
    let mut to = io::stdout().lock();
    let written =
        if options.json { as_json(&found, options, &mut to) } else { as_table(&found, axis, options, &names, &mut to) };
    match written {
        // The reader has closed the pipe, but the status still matters to a script.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.map_err(|error| Stop::mistake(format_args!("standard output: {error}")))?,
    }
    verdict(&found, options.threshold)
}

fn read(path: &Path) -> Result<Report, Stop> {
    let path = if path.is_dir() { &path.join(files::JSON) } else { path };
    let read = File::open(path).and_then(json::read);
    read.map_err(|error| Stop::mistake(format_args!("{}: {error}", path.display())))
}

/// Checks that both reports vary the same axis.
fn same_axis(options: &Options, [old, new]: [&Report; 2]) -> Result<(), Stop> {
    if old.axis == new.axis {
        return Ok(());
    }
    let remedy = match old.axis {
        Axis::Elements => "without --vary".to_owned(),
        axis => format!("with --vary {axis}"),
    };
    Err(Stop::mistake(format_args!(
        "{} varies {} and {} varies {}; compare sweeps that vary the same: measure the new one {remedy}",
        options.old.display(),
        old.axis,
        options.new.display(),
        new.axis
    )))
}

fn verdict(found: &Comparison, threshold: f64) -> Result<(), Stop> {
    let slower = found.regressions(threshold).count();
    let percent = (threshold - 1.0) * 100.0;
    match (slower, found.broken.len()) {
        (0, 0) => Ok(()),
        (0, broken) => Err(Stop::failure(format_args!("{broken} measurement(s) fail now"))),
        (slower, 0) => {
            Err(Stop::failure(format_args!("{slower} measurement(s) are slower by more than {percent:.0} %")))
        }
        (slower, broken) => Err(Stop::failure(format_args!(
            "{slower} measurement(s) are slower by more than {percent:.0} %, and {broken} fail now"
        ))),
    }
}

/// Returns the sentence about differences that other load may have caused.
fn unsure(found: &Comparison, names: &[String; 2]) -> String {
    let times = found.slowdown.iter().zip(names);
    let times: Vec<_> = times.filter_map(|(times, name)| Some(format!("{:.2} times in {name}", (*times)?))).collect();
    format!(
        "{} differ, perhaps because of other load: it slowed a fixed reference task down by up to {}; \
         measure again while nothing else runs",
        found.unsure.len(),
        times.join(" and "),
    )
}

fn as_json(found: &Comparison, options: &Options, mut to: impl Write) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Told<'a> {
        threshold: f64,
        regressions: usize,
        #[serde(flatten)]
        found: &'a Comparison,
    }

    let regressions = found.regressions(options.threshold).count();
    serde_json::to_writer_pretty(&mut to, &Told { threshold: options.threshold, regressions, found })?;
    writeln!(to)
}

fn as_table(
    found: &Comparison,
    axis: Axis,
    options: &Options,
    names: &[String; 2],
    mut to: impl Write,
) -> io::Result<()> {
    for line in table::changes(&found.changes, axis, options.threshold) {
        writeln!(to, "{line}")?;
    }
    let mut say = |line: &str| writeln!(to, "{}", message::wrapped(line));
    for difference in &found.environment {
        say(&format!("not the same {difference}"))?;
    }
    for failure in &found.broken {
        say(&format!("fails now: {failure}"))?;
    }
    let shared = found.shared();
    say(&format!("{} of {shared} measurements are the same within noise", found.unchanged))?;
    if !found.unsure.is_empty() {
        say(&unsure(found, names))?;
    }
    if found.unknown > 0 {
        say(&format!("{} have too few trials to tell; measure with --trials 5 or more", found.unknown))?;
    }
    for (places, name) in [&found.only_old, &found.only_new].into_iter().zip(names) {
        if let Some(first) = places.first() {
            say(&format!("{} only in {name}, the first {first}", places.len()))?;
        }
    }
    Ok(())
}
