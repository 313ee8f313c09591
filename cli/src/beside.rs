//! Files that are written under a temporary name and renamed when complete, so that an earlier file stays until then.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The maximum number of links to follow, as on Linux.
const MAX_LINKS: usize = 40;

/// A complete file under a temporary name. It is removed if it is dropped.
pub struct Draft {
    file: NamedTempFile,
    target: PathBuf,
}

impl Draft {
    /// Writes a file in the folder of `path`, and syncs it. If `path` is a link, its target is used, even if it does not exist.
    ///
    /// # Errors
    ///
    /// If it cannot be written completely, or if `path` is something else than a writable, regular file.
    pub fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Draft> {
        let (target, there) = resolved(path)?;
        let file = self::file(&target, there.as_ref())?;
        let mut to = BufWriter::new(file.as_file());
        content(&mut to)?;
        to.flush()?;
        drop(to);
        file.as_file().sync_all()?;
        Ok(Draft { file, target })
    }

    /// Renames the file to its target, and replaces an earlier file.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed; then an earlier file stays.
    pub fn place(self) -> io::Result<()> {
        let Draft { file, target } = self;
        file.persist(&target).map_err(|error| error.error)?;
        // Makes the name survive a loss of power. An error does not matter: some file systems cannot sync a folder.
        #[cfg(unix)]
        let _ = File::open(folder(&target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// Checks that a file can be written there, as far as that can be known before.
///
/// # Errors
///
/// If `path` is something else than a writable, regular file, or its folder is not writable. Nothing is opened: a pipe would
/// wait for a reader.
pub fn check(path: &Path) -> io::Result<()> {
    file(&resolved(path)?.0, None).map(drop)
}

/// Checks that a path, if it exists, is a regular file, so that reading it terminates.
///
/// # Errors
///
/// If it is something else, or if its metadata cannot be read.
pub fn regular(path: &Path) -> io::Result<()> {
    resolved(path).map(drop)
}

/// Resolves links, and returns the file and its metadata if it exists.
///
/// # Errors
///
/// If it is something else than a writable, regular file, or if its metadata cannot be read.
pub fn resolved(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(there) if there.is_symlink() => target = folder(&target).join(fs::read_link(&target)?),
            Ok(there) if there.is_dir() => return Err(refused("it is a folder")),
            Ok(there) if !there.is_file() => return Err(refused("it is not a regular file")),
            Ok(there) if there.permissions().readonly() => return Err(refused("it is read-only")),
            Ok(there) => return Ok((target, Some(there))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((target, None)),
            Err(error) => return Err(error),
        }
    }
    Err(refused("it is a link that leads to itself"))
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates an empty file of an unpredictable name in the folder of `target`, with the owner and the permissions of `like` or,
/// without it, of a new file.
///
/// # Errors
///
/// If the file cannot be created.
pub fn file(target: &Path, like: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".crossover-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Minus the user's umask: tempfile's default is for secrets.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder(target)).map_err(|error| {
        // The system's error alone, without the useless name of the temporary file.
        let system = error.get_ref().and_then(|named| named.source()?.downcast_ref::<io::Error>()?.raw_os_error());
        system.map_or(error, io::Error::from_raw_os_error)
    })?;
    like.map_or(Ok(()), |like| dress(file.as_file(), like))?;
    Ok(file)
}

/// Sets a file's permissions, and its owner where that is allowed, to those of another.
fn dress(file: &File, like: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // A user may give a file to one of their groups; to another user, only root may.
        let _ = fchown(file, Some(like.uid()), Some(like.gid())).or_else(|_| fchown(file, None, Some(like.gid())));
    }
    file.set_permissions(like.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|each| each.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_there_stays_until_all_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.txt");
        fs::write(&path, "old").unwrap();
        let broken = Draft::write(&path, |to| {
            to.write_all(b"new")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(broken.err().unwrap().to_string(), "the disk is full");
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), names(folder.path())),
            ("old".to_owned(), vec!["kept.txt".to_owned()])
        );
        let draft = Draft::write(&path, |to| to.write_all(b"new")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), names(folder.path()).len()), ("old".to_owned(), 2));
        draft.place().unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), names(folder.path()).len()), ("new".to_owned(), 1));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        fs::write(at("deep/old"), "old").unwrap();
        fs::set_permissions(at("deep/old"), fs::Permissions::from_mode(0o640)).unwrap();
        let owner = fs::metadata(at("deep/old")).unwrap().uid();
        symlink("deep/old", at("link")).unwrap();
        symlink("deep/new", at("dangling")).unwrap();
        for name in ["link", "dangling"] {
            Draft::write(&at(name), |to| to.write_all(b"new")).unwrap().place().unwrap();
            assert!(fs::symlink_metadata(at(name)).unwrap().is_symlink(), "{name} is no link any more");
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "new");
        }
        let found = fs::metadata(at("deep/old")).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o640, owner));
        assert_eq!(names(&at("deep")), ["new", "old"]);
        symlink("round", at("round")).unwrap();
        assert!(check(&at("round")).unwrap_err().to_string().contains("leads to itself"));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path()).unwrap_err().to_string(), "it is a folder");
        assert!(check(&folder.path().join("none/file")).is_err());
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(check(&path).is_ok());
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(check(&path).unwrap_err().to_string(), "it is read-only");
        assert_eq!(names(folder.path()), ["file"]);
    }
}
