//! Where a profile is kept between programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::Profile;
use super::profile::{Adapter, Processor};
use crate::error::{Error, Result};

/// The result of looking for a stored profile.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The path.
    pub path: Option<PathBuf>,
    /// The profile, if it can be used.
    pub profile: Option<Profile>,
    /// Why there is none, or why it cannot be used.
    pub(super) reason: String,
}

impl Stored {
    /// Looks for it at [`Profile::path`], where `crossover calibrate` writes it.
    pub fn find() -> Stored {
        match Profile::path() {
            Some(path) => Stored::read(&path),
            None => Stored { path: None, profile: None, reason: "there is no folder for caches".to_owned() },
        }
    }

    /// Looks for it at a path.
    pub fn read(path: &Path) -> Stored {
        let found = |profile, reason: String| Stored { path: Some(path.to_owned()), profile, reason };
        match fs::read(path) {
            Ok(bytes) => match Profile::parse(&bytes) {
                Ok(profile) => found(Some(profile), String::new()),
                Err(why) => found(None, format!("the profile {} is not used: {why}", path.display())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found(None, "this machine was not calibrated".to_owned())
            }
            Err(error) => found(None, format!("the profile {} cannot be read ({error})", path.display())),
        }
    }

    /// Returns why there is no profile to be used; none if there is one.
    pub fn reason(&self) -> Option<&str> {
        (!self.reason.is_empty()).then_some(&self.reason)
    }
}

impl Profile {
    /// Returns the path of the profile: `crossover/profile.json` in the user's cache directory, which is `$XDG_CACHE_HOME`,
    /// `~/.cache`, or `%LOCALAPPDATA%` on Windows. `None` if there is no such directory.
    pub fn path() -> Option<PathBuf> {
        let folders = etcetera::choose_base_strategy().ok()?;
        Some(folders.cache_dir().join("crossover").join("profile.json"))
    }

    /// Writes it for later programs, replacing the file atomically.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] with what the system says.
    pub fn save(&self, path: &Path) -> Result<()> {
        let refused = |error: io::Error| Error::Unavailable {
            what: format!("the profile {}", path.display()),
            reason: error.to_string(),
            remedy: "make its folder writable, or name another one with XDG_CACHE_HOME".to_owned(),
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| refused(error.into()))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(refused)?;
        }
        // Another program may read it meanwhile, or write it, too.
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| {
            let _ = fs::remove_file(&beside);
            refused(error)
        })
    }

    /// Returns a profile from a file's bytes, or what is wrong with them.
    fn parse(bytes: &[u8]) -> Result<Profile, String> {
        #[derive(serde::Deserialize)]
        struct Head {
            schema: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| format!("it is damaged ({error})"))?;
        if head.schema != Self::SCHEMA {
            return Err(format!("it has the form {}, and this version reads {}", head.schema, Self::SCHEMA));
        }
        let profile: Profile = serde_json::from_slice(bytes).map_err(|error| format!("it is damaged ({error})"))?;
        if profile.is_sound() { Ok(profile) } else { Err("it has figures that cannot have been measured".to_owned()) }
    }

    /// Returns whether its figures can have been measured.
    fn is_sound(&self) -> bool {
        let Processor { scalar, lanes, team, .. } = &self.cpu;
        let cores = [scalar, lanes].into_iter().all(|core| {
            let figures = [core.call, core.pass, core.join, core.simple];
            let sound = figures.iter().chain(core.operators.values()).all(|each| each.is_sound());
            sound && core.copy.is_sound() && core.fold.is_sound()
        });
        let team = team.fork.is_sound()
            && team.speedup.is_sound()
            && team.speedup.low > 0.0
            && team.copy.is_sound()
            && team.fold.is_sound();
        let card = self.gpu.as_ref().is_none_or(|Adapter { card, .. }| {
            let figures = [card.latency, card.submit, card.upload, card.download, card.memory, card.simple];
            figures.iter().all(|each| each.is_sound()) && (0.0..=1.0).contains(&card.overlap) && card.chunk > 0
        });
        cores && team && card
    }
}
