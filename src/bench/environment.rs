//! The machine and the build that a report comes from.

use std::fmt;

use crate::backend::{Info, Isa, processor};

/// The machine and the build that a report comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Environment {
    /// The processor's name, where it is known: only with the feature `profile`.
    pub cpu: Option<String>,
    /// The instruction set of the SIMD contenders, or of the loop if it is alone.
    pub isa: Option<String>,
    /// The most threads that a contender works with.
    pub threads: Option<usize>,
    /// The widest instruction set that the machine has.
    #[cfg_attr(feature = "profile", serde(default))]
    pub widest: Option<String>,
    /// How many cores this process may use.
    #[cfg_attr(feature = "profile", serde(default))]
    pub cores: Option<usize>,
    /// The GPU's name.
    pub adapter: Option<String>,
    /// The GPU's driver.
    pub driver: Option<String>,
    /// The interface that the GPU is reached through, such as `vulkan`.
    pub api: Option<String>,
    /// Whether the GPU is a software rasterizer.
    pub software: Option<bool>,
    /// The operating system, and the architecture that this build is for.
    pub os: String,
    /// This crate's version.
    pub version: String,
    /// `release` or `debug`.
    pub profile: String,
}

impl Environment {
    /// Describes this machine, as far as the contenders and the system report it.
    pub fn of(infos: &[Info]) -> Self {
        let device = infos.iter().find_map(|info| info.device.clone());
        let isa: Option<Isa> = infos.iter().filter_map(|info| info.isa).max();
        Environment {
            cpu: processor(),
            isa: isa.map(|isa| isa.to_string()),
            threads: infos.iter().filter_map(|info| info.threads).max(),
            widest: Some(Isa::detect().to_string()),
            cores: std::thread::available_parallelism().ok().map(usize::from),
            adapter: device.as_ref().map(|device| device.name.clone()),
            driver: device.as_ref().map(|device| device.driver.clone()),
            api: device.as_ref().map(|device| device.api.clone()),
            software: device.as_ref().map(|device| device.software),
            os: format!("{} {}", os(), std::env::consts::ARCH),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        }
    }

    /// Returns how another machine or build differs from this one, in what is known of both.
    pub fn differences(&self, other: &Environment) -> Vec<Difference> {
        let both = self.facts().into_iter().zip(other.facts());
        let differing = both.filter_map(|((what, ours), (_, theirs))| {
            let (old, new) = (ours?, theirs?);
            (old != new).then_some(Difference { what, old, new })
        });
        differing.collect()
    }

    /// Returns everything that is known, by name.
    fn facts(&self) -> [(&'static str, Option<String>); 12] {
        [
            ("cpu", self.cpu.clone()),
            ("isa", self.isa.clone()),
            ("threads", self.threads.map(|threads| threads.to_string())),
            ("widest", self.widest.clone()),
            ("cores", self.cores.map(|cores| cores.to_string())),
            ("adapter", self.adapter.clone()),
            ("driver", self.driver.clone()),
            ("api", self.api.clone()),
            ("software", self.software.map(|software| software.to_string())),
            ("os", Some(self.os.clone())),
            ("version", Some(self.version.clone())),
            ("profile", Some(self.profile.clone())),
        ]
    }

    /// Returns the machine in one line: processor, instruction set, threads, GPU.
    pub fn machine(&self) -> String {
        let parts: Vec<_> = [self.processor(), self.gpu()].into_iter().flatten().collect();
        parts.join(" · ")
    }

    /// Returns the processor's name, the instruction set and the threads, as far as they are known.
    pub fn processor(&self) -> Option<String> {
        let threads = self.threads.map(crate::text::threads);
        let parts: Vec<_> = [self.cpu.clone(), self.isa.clone(), threads].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// Returns the GPU's name, labelled if it is a software rasterizer.
    pub fn gpu(&self) -> Option<String> {
        let software = if self.software == Some(true) { " (software)" } else { "" };
        self.adapter.as_ref().map(|name| format!("{name}{software}"))
    }
}

/// What is not the same about two machines or builds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Difference {
    /// The field's name in [`Environment`].
    pub what: &'static str,
    /// What it was.
    pub old: String,
    /// What it is now.
    pub new: String,
}

/// `threads: 2, now 4`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { what, old, new } = self;
        write!(f, "{what}: {old}, now {new}")
    }
}

#[cfg(feature = "profile")]
fn os() -> String {
    sysinfo::System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned())
}

#[cfg(not(feature = "profile"))]
fn os() -> String {
    std::env::consts::OS.to_owned()
}
