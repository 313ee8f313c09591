//! Opening a backend by its name.

use super::auto::Auto;
#[cfg(feature = "gpu")]
use super::gpu::Gpu;
use super::serial::{Loop, Simd};
use super::threads::Threads;
use super::{Backend, Kind};
use crate::error::{Error, Result};

impl Kind {
    /// Opens the backend with its defaults: the widest instruction set, all cores, the most powerful GPU; for `auto`, all of
    /// these, and what `crossover calibrate` found out about them.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] with the reason if this machine, or this build, does not have it.
    pub fn open(self) -> Result<Box<dyn Backend>> {
        match self {
            Kind::Loop => Ok(Box::new(Loop)),
            Kind::Simd => Ok(Box::new(Simd::new())),
            Kind::Threads => Ok(Box::new(Threads::new())),
            Kind::Auto => Ok(Box::new(Auto::open()?)),
            #[cfg(feature = "gpu")]
            Kind::Gpu => Ok(Box::new(Gpu::open()?)),
            Kind::Other(name) => Err(Error::Unavailable {
                what: format!("the backend `{name}`"),
                reason: "it is not part of this crate".to_owned(),
                remedy: "create it where it is defined".to_owned(),
            }),
            #[cfg(not(feature = "gpu"))]
            Kind::Gpu => Err(Error::Unavailable {
                what: "the gpu backend".to_owned(),
                reason: "this build is without the feature `gpu`".to_owned(),
                remedy: "build with the default features".to_owned(),
            }),
        }
    }
}

/// Opens the backend that [`Kind::choose`] chooses.
///
/// # Errors
///
/// As [`Kind::choose`] and [`Kind::open`].
pub fn open(argument: Option<&str>) -> Result<Box<dyn Backend>> {
    Kind::choose(argument)?.open()
}
