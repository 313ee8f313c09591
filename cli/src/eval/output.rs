//! Writes the result: to a temporary file that is renamed when complete, so that a failure does not change the target; or
//! directly to a pipe, a device or standard output.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use npyz::{DType, TypeStr, WriteOptions, WriterBuilder};
use tempfile::NamedTempFile;

use super::layout::Layout;
use crate::{Stop, beside};

/// The path of the temporary file, if any, to be removed if the process ends early.
#[derive(Clone, Default)]
pub struct Scratch(Arc<Mutex<Option<PathBuf>>>);

impl Scratch {
    /// Removes the temporary file, if there is one.
    pub fn remove(&self) {
        if let Some(path) = self.lock().take() {
            // Ignores an error: the process is about to end.
            let _ = fs::remove_file(path);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The destination of the result.
pub struct Output {
    /// The name in messages: the path, or `standard output`.
    name: String,
    to: To,
    /// The header until it is written, with the first elements: a stream gets nothing from a run that fails before.
    header: Vec<u8>,
    /// The bytes of conditions.
    bytes: Vec<u8>,
}

enum To {
    Stdout(io::Stdout),
    /// A device or a pipe.
    Straight(File),
    Beside {
        file: NamedTempFile,
        target: PathBuf,
        scratch: Scratch,
    },
}

impl Output {
    /// Opens standard output for `-`, else the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written there.
    pub fn open(path: &Path, layout: &Layout, condition: bool, scratch: &Scratch) -> Result<Output, Stop> {
        let mut output = if path == Path::new("-") {
            if io::stdout().is_terminal() {
                return Err(Stop::mistake(
                    "standard output is a terminal, which cannot show the bytes of an .npy file; name a file with --out, \
                     redirect the output to a program or a file, or omit --out to print the result",
                ));
            }
            Output::stdout()
        } else {
            Output::file(path, scratch)?
        };
        output.header = header(layout, condition).map_err(|error| refused(&output.name, error))?;
        Ok(output)
    }

    fn file(path: &Path, scratch: &Scratch) -> Result<Output, Stop> {
        let name = path.display().to_string();
        let refused = |what: &dyn Display| cannot(&name, what);
        if name.ends_with(std::path::is_separator) {
            return Err(refused(&"it is a folder"));
        }
        let straight = fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
        let to = if straight {
            To::Straight(OpenOptions::new().write(true).open(path).map_err(|error| refused(&error))?)
        } else {
            // Resolves links: a rename would replace a link.
            let (target, there) = beside::resolved(path).map_err(|error| refused(&error))?;
            let file = beside::file(&target, there.as_ref()).map_err(|error| refused(&error))?;
            *scratch.lock() = Some(file.path().to_owned());
            To::Beside { file, target, scratch: scratch.clone() }
        };
        Ok(Output::new(name, to))
    }

    /// Opens standard output.
    pub fn stdout() -> Output {
        Output::new("standard output".to_owned(), To::Stdout(io::stdout()))
    }

    fn new(name: String, to: To) -> Output {
        Output { name, to, header: Vec::new(), bytes: Vec::new() }
    }

    /// Writes bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or the reader has closed the pipe.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let to: &mut dyn Write = match &mut self.to {
            To::Stdout(to) => to,
            To::Straight(to) => to,
            To::Beside { file, .. } => file,
        };
        let header = std::mem::take(&mut self.header);
        to.write_all(&header).and_then(|()| to.write_all(bytes)).map_err(|error| refused(&self.name, error))
    }

    /// Writes elements as little-endian float32.
    ///
    /// # Errors
    ///
    /// As [`write`](Output::write).
    pub fn write_numbers(&mut self, values: &mut [f32]) -> Result<(), Stop> {
        // A no-op on a little-endian machine.
        values.iter_mut().for_each(|value| *value = f32::from_bits(value.to_bits().to_le()));
        self.write(bytemuck::cast_slice(values))
    }

    /// Writes elements that are 1 or 0 as numpy's bool.
    ///
    /// # Errors
    ///
    /// As [`write`](Output::write).
    pub fn write_conditions(&mut self, values: &[f32]) -> Result<(), Stop> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        bytes.extend(values.iter().map(|value| u8::from(*value != 0.0)));
        let written = self.write(&bytes);
        self.bytes = bytes;
        written
    }

    /// Flushes the result, and renames the temporary file.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<(), Stop> {
        self.write(&[])?;
        let Output { name, to, .. } = self;
        let done = match to {
            To::Stdout(mut to) => to.flush(),
            To::Straight(mut to) => to.flush(),
            To::Beside { file, target, scratch } => {
                // Locked until it is renamed: the file is either removed or complete.
                let mut path = scratch.lock();
                // Synced before the rename: else a loss of power could leave the name without the elements.
                let synced = file.as_file().sync_all();
                let done = synced.and_then(|()| file.persist(target).map(drop).map_err(|error| error.error));
                *path = None;
                done
            }
        };
        done.map_err(|error| refused(&name, error))
    }
}

fn refused(name: &str, error: io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::unread(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Stop::mistake(format_args!(
            "{name} cannot be written ({error}); free some space, or name another file with --out"
        )),
        _ => cannot(name, &error),
    }
}

fn cannot(name: &str, what: &dyn Display) -> Stop {
    Stop::mistake(format_args!("{name} cannot be written ({what}); name another file with --out"))
}

fn header(layout: &Layout, condition: bool) -> io::Result<Vec<u8>> {
    let name = if condition { "|b1" } else { "<f4" };
    let kind: TypeStr = name.parse().map_err(|error| io::Error::other(format!("{error}")))?;
    let mut bytes = Vec::new();
    WriteOptions::new_header_only()
        .dtype(DType::Plain(kind))
        .shape(&layout.shape)
        .order(layout.order)
        .writer(&mut bytes)
        .write_header_only()?;
    Ok(bytes)
}
