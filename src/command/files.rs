//! The files that a sweep writes.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use crossover::sweep::{Report, json, page, plot, roofline};

use super::Stop;

/// The rows, as they come.
pub const CSV: &str = "sweep.csv";
/// The report: so far while the sweep goes on, and at its end.
pub const JSON: &str = "sweep.json";
/// All of them, in the order they are written.
pub const NAMES: [&str; 7] = [CSV, JSON, "sweep.svg", "sweep.png", "roofline.svg", "roofline.png", "sweep.html"];

/// Makes sure that the files can be written, before anything is measured, and opens the first.
pub fn open_folder(out: &Path) -> Result<File, Stop> {
    let refused = |path: &Path, error: io::Error| {
        let path = path.display();
        Stop::mistake(format_args!("{path} cannot be written ({error}); name another folder with --out"))
    };
    fs::create_dir_all(out).map_err(|error| refused(out, error))?;
    for name in NAMES {
        let path = out.join(name);
        if path.exists() {
            OpenOptions::new().write(true).open(&path).map_err(|error| refused(&path, error))?;
        }
    }
    let csv = out.join(CSV);
    File::create(&csv).map_err(|error| refused(&csv, error))
}

/// Writes the report beside its place first, so that whoever is killed meanwhile leaves the last one whole.
pub fn write_json(report: &Report, path: &Path) -> io::Result<()> {
    let part = path.with_extension("json.part");
    json::write(report, io::BufWriter::new(File::create(&part)?))?;
    fs::rename(part, path)
}

/// Writes what is written at the end; the rows are there already.
pub fn write(report: &Report, out: &Path) -> Result<(), Stop> {
    let [_, json, svg, png, roof_svg, roof_png, html] = NAMES.map(|name| out.join(name));
    let named = |path: &Path, written: io::Result<()>| {
        written.map_err(|error| Stop::failure(format_args!("{}: {error}", path.display())))
    };
    named(&json, write_json(report, &json))?;
    named(&svg, plot::svg(report, &svg))?;
    named(&png, plot::png(report, &png))?;
    named(&roof_svg, roofline::svg(report, &roof_svg))?;
    named(&roof_png, roofline::png(report, &roof_png))?;
    let command = typed();
    named(&html, File::create(&html).and_then(|file| page::write(report, Some(&command), io::BufWriter::new(file))))
}

/// The command as it was typed: a shell that reads it again does the same.
fn typed() -> String {
    let words = std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("crossover".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word in quotes, if a shell would take it for something else without.
fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(each);
    let safe = !word.is_empty() && word.chars().all(plain);
    if safe { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
