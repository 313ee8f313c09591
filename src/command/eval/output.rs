//! Writing the result: to a temporary file beside the target that takes its name when whole, so that a failure leaves the
//! target as it was; or straight to a pipe, a device or standard output, where nothing can be taken back.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use npyz::{DType, TypeStr, WriteOptions, WriterBuilder};
use tempfile::NamedTempFile;

use super::layout::Layout;
use crate::command::Stop;

/// The path of the temporary file while there is one, for whoever has to remove it when the process ends early.
#[derive(Clone, Default)]
pub struct Scratch(Arc<Mutex<Option<PathBuf>>>);

impl Scratch {
    /// Removes the temporary file, if there is one.
    pub fn remove(&self) {
        if let Some(path) = self.lock().take() {
            // The process is about to end; if the file cannot be removed, nothing more can be done.
            let _ = fs::remove_file(path);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the result is written.
pub struct Output {
    /// For messages: the path, or `standard output`.
    name: String,
    to: To,
    /// The header until it is written: with the first elements, so that a stream gets nothing of a run that fails before.
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
                     send the output to a program or a file, or leave --out away to print the result",
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
        let there = match fs::metadata(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(refused(&error)),
        };
        if there.as_ref().is_some_and(fs::Metadata::is_dir) || name.ends_with(std::path::is_separator) {
            return Err(refused(&"it is a folder"));
        }
        if there.as_ref().is_some_and(|there| there.permissions().readonly()) {
            return Err(refused(&"it is read-only"));
        }
        let to = match there {
            Some(there) if !there.is_file() => {
                To::Straight(OpenOptions::new().write(true).open(path).map_err(|error| refused(&error))?)
            }
            there => {
                // Through a link to the file itself: a rename would replace the link.
                let target = followed(path).map_err(|error| refused(&error))?;
                let file = beside(&target, there).map_err(|error| refused(&error))?;
                *scratch.lock() = Some(file.path().to_owned());
                To::Beside { file, target, scratch: scratch.clone() }
            }
        };
        Ok(Output::new(name, to))
    }

    /// Standard output.
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
    /// If it cannot be written, or nobody reads it any more.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let to: &mut dyn Write = match &mut self.to {
            To::Stdout(to) => to,
            To::Straight(to) => to,
            To::Beside { file, .. } => file,
        };
        let header = std::mem::take(&mut self.header);
        to.write_all(&header).and_then(|()| to.write_all(bytes)).map_err(|error| refused(&self.name, error))
    }

    /// Writes elements, least significant byte first.
    ///
    /// # Errors
    ///
    /// As [`write`](Output::write).
    pub fn write_numbers(&mut self, values: &mut [f32]) -> Result<(), Stop> {
        // Nothing to do where the machine's own order is the file's.
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

    /// Gives the result its name.
    ///
    /// # Errors
    ///
    /// If it cannot be written after all.
    pub fn finish(mut self) -> Result<(), Stop> {
        self.write(&[])?;
        let Output { name, to, .. } = self;
        let done = match to {
            To::Stdout(mut to) => to.flush(),
            To::Straight(mut to) => to.flush(),
            To::Beside { file, target, scratch } => {
                // Locked until it has its name: it is either removed or whole.
                let mut path = scratch.lock();
                // On the disk before it has its name: else a power cut could leave the name and not the elements.
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
            "{name} cannot be written ({error}); make room, or name another place with --out"
        )),
        _ => cannot(name, &error),
    }
}

fn cannot(name: &str, what: &dyn Display) -> Stop {
    Stop::mistake(format_args!("{name} cannot be written ({what}); name another file with --out"))
}

/// The file that a path leads to by its links, be it there or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            // Where the link's text is relative, it is from the link's folder on; `join` takes an absolute one as it is.
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            // It is no link, or there is nothing.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("it is a link that leads to itself"))
}

/// A temporary file in the folder of `target`, with the permissions and the owner of the file there or of a new one.
fn beside(target: &Path, there: Option<fs::Metadata>) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".crossover-").suffix(".npy.part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the user's umask: tempfile's own choice is for secrets.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(there) = there {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            // Only the superuser may give a file away; for others the file is theirs from now on, as the help says.
            let _ = fchown(file.as_file(), Some(there.uid()), Some(there.gid()));
        }
        // After the owner, since a change of it takes permissions away.
        file.as_file().set_permissions(there.permissions())?;
    }
    Ok(file)
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
