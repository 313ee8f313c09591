//! The files of a sweep: what was measured is never replaced by less.
//!
//! While a sweep goes on, its report so far is `sweep.partial.json`. At the end every file is written beside its place, and when
//! all are whole, they take their places. An earlier report that has something which the new one has not is kept as a backup,
//! and only a sweep that came to its end takes its place.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crossover::sweep::{Analysis, Report};
use crossover_report::{csv, json, page, plot, roofline};

use super::beside::{self, Draft};
use super::{Stop, interrupt};

/// The rows.
const CSV: &str = "sweep.csv";
/// The report.
pub const JSON: &str = "sweep.json";
/// All of them, in the order they are named.
pub const NAMES: [&str; 7] = [CSV, JSON, "sweep.svg", "sweep.png", "roofline.svg", "roofline.png", "sweep.html"];
/// The report so far, while the sweep goes on and if it was stopped.
const PARTIAL: &str = "sweep.partial.json";

/// The file that keeps what another file of reports had before.
fn backup_of(path: &Path) -> PathBuf {
    path.with_extension("json.bak")
}

/// The folder that a sweep writes to.
pub struct Folder {
    path: PathBuf,
    /// The folders that were made for it, the deepest first.
    made: Vec<PathBuf>,
    /// Whether the report so far in the folder is this sweep's, so that it may be replaced.
    ours: bool,
}

/// What became of a sweep's files.
pub enum Written {
    /// All of them are there; and the report that was there before, if it has what the new one has not, in a file of this name.
    All(Option<PathBuf>),
    /// An earlier report has what this one has not, and stays; this one is in a file of this name.
    Beside(PathBuf),
    /// Nothing was measured, and nothing written.
    Nothing,
}

impl Folder {
    /// Makes sure, before anything is measured, that the files can be written.
    pub fn open(path: &Path) -> Result<Self, Stop> {
        let missing = path.ancestors().take_while(|each| !each.as_os_str().is_empty() && !each.exists());
        let made = missing.map(Path::to_owned).collect();
        let folder = Folder { path: path.to_owned(), made, ours: false };
        fs::create_dir_all(path).map_err(|error| unwritable(path, &error))?;
        let partial = path.join(PARTIAL);
        let reports = [backup_of(&path.join(JSON)), backup_of(&partial), partial];
        for file in NAMES.map(|name| path.join(name)).iter().chain(&reports) {
            beside::check(file).map_err(|error| {
                folder.leave();
                unwritable(file, &error)
            })?;
        }
        Ok(folder)
    }

    /// Writes the report so far down.
    ///
    /// # Errors
    ///
    /// If it cannot be written: a sentence. What was there before is there still.
    pub fn note(&mut self, report: &Report, analysis: &Analysis) -> Result<(), Stop> {
        let path = self.path.join(PARTIAL);
        if !self.ours {
            keep(&path, report)?;
        }
        place(&path, |to| json::write(report, analysis, to)).map_err(|error| full(&path, &error))?;
        self.ours = true;
        Ok(())
    }

    /// Writes all files of a report that has `news`: something that was measured in this sweep. One that was cancelled does not
    /// replace another that has more.
    ///
    /// # Errors
    ///
    /// If they cannot be written: a sentence that says where what was measured is. The files that were there before are there
    /// still.
    pub fn finish(&mut self, report: &Report, analysis: &Analysis, news: bool) -> Result<Written, Stop> {
        if report.cancelled && !news {
            self.leave();
            return Ok(Written::Nothing);
        }
        self.note(report, analysis)?;
        let (path, partial) = (self.path.join(JSON), self.path.join(PARTIAL));
        if report.cancelled && !replaces(report, &path) {
            return Ok(Written::Beside(partial));
        }
        let drafts = self.drafts(report, analysis)?;
        interrupt::reached("written");
        let backup = keep(&path, report)?;
        for (name, draft) in drafts {
            draft.place().map_err(|error| self.unfinished(name, &error))?;
            interrupt::reached(name);
        }
        // It has nothing that the report has not. Where it stays, the next sweep finds that out.
        let _ = fs::remove_file(partial);
        Ok(Written::All(backup))
    }

    /// Every file, written but without its name, the report first.
    fn drafts(&self, report: &Report, analysis: &Analysis) -> Result<Vec<(&'static str, Draft)>, Stop> {
        let mut drafts = Vec::new();
        for name in [JSON].into_iter().chain(NAMES.into_iter().filter(|name| *name != JSON)) {
            let draft = Draft::write(&self.path.join(name), |to| write(name, report, analysis, to));
            drafts.push((name, draft.map_err(|error| self.unfinished(name, &error))?));
        }
        Ok(drafts)
    }

    /// That a file cannot be written after all was measured.
    fn unfinished(&self, name: &str, error: &io::Error) -> Stop {
        let (name, partial) = (self.path.join(name), self.path.join(PARTIAL));
        Stop::failure(format_args!(
            "{} cannot be written ({error}); what was measured is in {}: make room, and write the files with {}",
            name.display(),
            partial.display(),
            resuming(&self.path)
        ))
    }

    /// Removes the folders that were made, if there is nothing in them.
    fn leave(&self) {
        for folder in &self.made {
            // What has something in it stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The command that resumes the sweep in a folder.
pub fn resuming(folder: &Path) -> String {
    format!("`crossover sweep --resume {}`", quoted(&folder.to_string_lossy()))
}

/// Reads the report to go on with: that of a sweep that was stopped, unless the other has all of it.
///
/// # Errors
///
/// If there is none, or it cannot be read: which file, and why.
pub fn stopped(folder: &Path) -> Result<(PathBuf, Report), (PathBuf, io::Error)> {
    let [path, partial] = [JSON, PARTIAL].map(|name| folder.join(name));
    match (read(&path), read(&partial)) {
        (Ok(whole), Ok(part)) if has_all(&whole, &part) => Ok((path, whole)),
        (_, Ok(part)) => Ok((partial, part)),
        (Ok(whole), Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok((path, whole)),
        (Err(error), Err(other)) if other.kind() == io::ErrorKind::NotFound => Err((path, error)),
        (_, Err(error)) => Err((partial, error)),
    }
}

/// Reads the report to add to: that of the last sweep that came to its end, or the one of a sweep that was to add to it and was
/// stopped.
///
/// # Errors
///
/// As [`stopped`].
pub fn finished(folder: &Path) -> Result<(PathBuf, Report), (PathBuf, io::Error)> {
    let [path, partial] = [JSON, PARTIAL].map(|name| folder.join(name));
    match (read(&path), read(&partial)) {
        (Ok(whole), Ok(part)) if has_all(&part, &whole) => Ok((partial, part)),
        (Err(error), Ok(part)) if error.kind() == io::ErrorKind::NotFound => Ok((partial, part)),
        (Ok(whole), _) => Ok((path, whole)),
        (Err(error), _) => Err((path, error)),
    }
}

fn read(path: &Path) -> io::Result<Report> {
    beside::regular(path)?;
    json::read(File::open(path)?)
}

/// Whether a report has every measurement of another.
fn has_all(report: &Report, other: &Report) -> bool {
    other.measurements.iter().all(|each| report.measurements.contains(each))
}

/// Whether a report has all that the file has, so that nothing is lost if it takes its place.
fn replaces(report: &Report, path: &Path) -> bool {
    match read(path) {
        Ok(earlier) => has_all(report, &earlier),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Keeps what a report is about to replace, if the report has not all of it, and says where. A sweep that was stopped does not
/// replace a backup that has more.
fn keep(path: &Path, report: &Report) -> Result<Option<PathBuf>, Stop> {
    if replaces(report, path) {
        return Ok(None);
    }
    let backup = backup_of(path);
    if let (Ok(earlier), Ok(kept)) = (read(path), read(&backup))
        && earlier.cancelled
        && kept.measurements.len() > earlier.measurements.len()
    {
        return Ok(None);
    }
    let copied = fs::read(path).and_then(|bytes| place(&backup, |to| to.write_all(&bytes)));
    copied.map_err(|error| full(&backup, &error))?;
    Ok(Some(backup))
}

fn place(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    Draft::write(path, content)?.place()
}

/// Writes one of the files.
fn write(name: &str, report: &Report, analysis: &Analysis, to: &mut dyn Write) -> io::Result<()> {
    match name {
        CSV => csv::write(report, analysis, to),
        JSON => json::write(report, analysis, to),
        "sweep.svg" => to.write_all(plot::svg_text(report, analysis).as_bytes()),
        "sweep.png" => plot::png(report, analysis, to),
        "roofline.svg" => to.write_all(roofline::svg_text(report).as_bytes()),
        "roofline.png" => roofline::png(report, to),
        _ => page::write(report, analysis, Some(&typed(&report.command)), to),
    }
}

/// That a file could not be written on the way.
fn full(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::failure(format_args!("{path} cannot be written ({error}); make room, or name another folder with --out"))
}

/// That nothing can be written there.
fn unwritable(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::mistake(format_args!("{path} cannot be written ({error}); name another folder with --out"))
}

/// A command as it is typed: a shell that reads it again does the same.
fn typed(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word in quotes, if a shell would take it for something else without.
fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(each);
    let safe = !word.is_empty() && word.chars().all(plain);
    if safe { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
