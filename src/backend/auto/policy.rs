//! What is asked of a decision.

use std::fmt;

use crate::backend::{Info, Kind, Memory};
use crate::error::Result;

/// The memory that holds the arrays before and after a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Residency {
    /// The host's memory: a run on a GPU includes upload and download.
    #[default]
    Host,
    /// The GPU's memory: a run on a CPU includes download and upload.
    Device,
}

impl fmt::Display for Residency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Residency::Host => "host",
            Residency::Device => "device",
        })
    }
}

/// The objective of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Goal {
    /// The time from a call to its result, for calls one after the other.
    #[default]
    Latency,
    /// The time that a call occupies its busiest resource, for many concurrent calls: a core's arithmetic, the memory, the
    /// bus or the GPU. Waiting is free then, and sharing a call gains nothing, since the other cores have calls of their own.
    Throughput,
}

/// The candidates of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Among {
    /// All backends; of GPUs, only hardware.
    #[default]
    All,
    /// All, software rasterizers included.
    Software,
    /// All but a GPU, which is not opened.
    NoGpu,
    /// A hardware GPU; otherwise an error.
    GpuRequired,
    /// This backend; otherwise an error. A GPU may be a software rasterizer.
    Only(Kind),
}

/// The objective and the candidates of a decision.
///
/// ```
/// use crossover::auto::{Among, Auto, Goal, Policy};
///
/// let policy = Policy { goal: Goal::Throughput, among: Among::NoGpu };
/// let auto = Auto::with(policy)?;
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Policy {
    /// The objective.
    pub goal: Goal,
    /// The candidates.
    pub among: Among,
}

impl Policy {
    /// Returns the policy that requires one backend.
    pub fn only(kind: Kind) -> Self {
        Policy { among: Among::Only(kind), ..Policy::default() }
    }

    /// Returns the policy that excludes GPUs.
    pub fn no_gpu() -> Self {
        Policy { among: Among::NoGpu, ..Policy::default() }
    }

    /// Returns whether a GPU is to be looked for.
    pub(super) fn asks_for_gpu(self) -> bool {
        match self.among {
            Among::NoGpu => false,
            Among::Only(kind) => kind == Kind::Gpu,
            Among::All | Among::Software | Among::GpuRequired => true,
        }
    }

    /// Returns whether nothing else will do if what is chosen fails.
    pub(super) fn insists(self) -> bool {
        matches!(self.among, Among::GpuRequired | Among::Only(_))
    }

    /// Returns why a backend may not be chosen, if it may not.
    pub(super) fn excludes(self, info: &Info) -> Option<&'static str> {
        let on_device = info.memory == Memory::Device;
        match self.among {
            Among::Only(only) if only != info.kind => Some("another backend was asked for"),
            Among::NoGpu if on_device => Some("no GPU was asked for"),
            Among::GpuRequired if !on_device => Some("a GPU was asked for"),
            Among::All | Among::GpuRequired if info.is_software() => Some("it is a software rasterizer"),
            _ => None,
        }
    }
}

/// Checks that a policy names a backend that can be decided for.
pub(super) fn check(policy: Policy) -> Result<()> {
    match policy.among {
        Among::Only(Kind::Auto) => Err(crate::error::Error::Invalid {
            what: "backend",
            given: Kind::Auto.to_string(),
            expected: "a decision is for loop, simd, threads or gpu".to_owned(),
        }),
        _ => Ok(()),
    }
}
