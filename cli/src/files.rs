//! The files of a sweep. Measurements are never replaced by fewer.
//!
//! While a sweep runs, its report so far is `sweep.partial.json`. At the end all files are written under temporary names, and
//! then renamed. An earlier report with measurements that the new one lacks is kept as a backup, and only a complete sweep
//! replaces it.

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
/// All files, in the order of messages.
pub const NAMES: [&str; 7] = [CSV, JSON, "sweep.svg", "sweep.png", "roofline.svg", "roofline.png", "sweep.html"];
/// The report so far, while the sweep runs and after it was stopped.
const PARTIAL: &str = "sweep.partial.json";

/// Returns the backup of a report.
fn backup_of(path: &Path) -> PathBuf {
    path.with_extension("json.bak")
}

/// The folder that a sweep writes to.
pub struct Folder {
    path: PathBuf,
    /// The folders that were created for it, the deepest first.
    made: Vec<PathBuf>,
    /// Whether the report so far in the folder is this sweep's, and so may be replaced.
    ours: bool,
}

/// The result of writing a sweep's files.
pub enum Written {
    /// All files are written; an earlier report with other measurements is kept in this file.
    All(Option<PathBuf>),
    /// An earlier report with other measurements stays; the new one is in this file.
    Beside(PathBuf),
    /// Nothing was measured or written.
    Nothing,
}

impl Folder {
    /// Creates the folder and checks, before anything is measured, that the files can be written.
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

    /// Writes the report so far.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then an earlier file stays.
    pub fn note(&mut self, report: &Report, analysis: &Analysis) -> Result<(), Stop> {
        let path = self.path.join(PARTIAL);
        if !self.ours {
            keep(&path, report)?;
        }
        place(&path, |to| json::write(report, analysis, to)).map_err(|error| full(&path, &error))?;
        self.ours = true;
        Ok(())
    }

    /// Writes all files of a report that has `news`, measurements of this sweep. A cancelled one does not replace another with
    /// more measurements.
    ///
    /// # Errors
    ///
    /// If they cannot be written, with the place of the measurements; then earlier files stay.
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
        // It has nothing that the report lacks; if it cannot be removed, the next sweep detects that.
        let _ = fs::remove_file(partial);
        Ok(Written::All(backup))
    }

    /// Writes every file under a temporary name, the report first.
    fn drafts(&self, report: &Report, analysis: &Analysis) -> Result<Vec<(&'static str, Draft)>, Stop> {
        let mut drafts = Vec::new();
        for name in [JSON].into_iter().chain(NAMES.into_iter().filter(|name| *name != JSON)) {
            let draft = Draft::write(&self.path.join(name), |to| write(name, report, analysis, to));
            drafts.push((name, draft.map_err(|error| self.unfinished(name, &error))?));
        }
        Ok(drafts)
    }

    /// Returns the error for a file that cannot be written after the measurements.
    fn unfinished(&self, name: &str, error: &io::Error) -> Stop {
        let (name, partial) = (self.path.join(name), self.path.join(PARTIAL));
        Stop::failure(format_args!(
            "{} cannot be written ({error}); the measurements are in {}: free some space, and write the files with {}",
            name.display(),
            partial.display(),
            resuming(&self.path)
        ))
    }

    /// Removes the folders that were created, if they are empty.
    fn leave(&self) {
        for folder in &self.made {
            // A folder that is not empty stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Returns the command that resumes the sweep in a folder.
pub fn resuming(folder: &Path) -> String {
    format!("`crossover sweep --resume {}`", quoted(&folder.to_string_lossy()))
}

/// Reads the report to resume: that of a stopped sweep, unless the complete one has all its measurements.
///
/// # Errors
///
/// If there is none, or it cannot be read: the file and the reason.
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

/// Reads the report to add to: that of the last complete sweep, or of a stopped sweep that was adding to it.
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

/// Returns whether a report has every measurement of another.
fn has_all(report: &Report, other: &Report) -> bool {
    other.measurements.iter().all(|each| report.measurements.contains(each))
}

/// Returns whether a report has all measurements of a file, so that replacing the file loses nothing.
fn replaces(report: &Report, path: &Path) -> bool {
    match read(path) {
        Ok(earlier) => has_all(report, &earlier),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Backs up the file that a report is about to replace, if the report lacks some of its measurements, and returns the backup. A
/// stopped sweep does not replace a backup with more measurements.
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

/// Writes the content of a file.
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

/// Returns the error for a file that cannot be written during the sweep.
fn full(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::failure(format_args!(
        "{path} cannot be written ({error}); free some space, or name another folder with --out"
    ))
}

/// Returns the error for a place that is not writable.
fn unwritable(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::mistake(format_args!("{path} cannot be written ({error}); name another folder with --out"))
}

/// Formats a command so that a shell can read it again.
fn typed(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Quotes a word where a shell needs it. The crate `shlex` quotes every comma and equals sign, too.
fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(each);
    let safe = !word.is_empty() && word.chars().all(plain);
    if safe { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
