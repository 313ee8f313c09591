//! Where a kernel can run, behind one object-safe trait, chosen at run time.
//!
//! [`Kind`] names a backend and opens it. [`Backend::prepare`] does what needs doing once for a kernel: compile, allocate.
//! [`run`](Prepared::run_outputs) does the work, any number of times.

pub mod auto;
pub mod memory;
mod open;
mod serial;
mod team;
pub(crate) mod threads;
mod tuner;

#[cfg(feature = "gpu")]
pub mod gpu;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use crate::kernel::cpu::isa::Isa;
pub use open::open;
pub(crate) use serial::FAR;
pub use serial::{Loop, Simd};
pub use threads::Threads;

use crate::error::{Result, names};
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;
use crate::kernel::arg::{Arg, Outputs};
use crate::kernel::view::Out;
use crate::oracle::rounding::Arithmetic;

/// Elements that are sent to a GPU at a time, 8 MiB: enough to hide the cost of a submission, and few enough for several
/// chunks of an array to be on their way.
pub(crate) const CHUNK: usize = 1 << 21;

/// Something that runs kernels.
pub trait Backend: Send + Sync {
    /// Returns what it is and what it found.
    fn info(&self) -> Info;

    /// Makes a kernel ready to run: compiles it and allocates what it needs.
    ///
    /// # Errors
    ///
    /// On a GPU, if the device cannot hold the kernel: too many inputs, no memory, a lost device.
    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>>;
}

impl<'b> dyn Backend + 'b {
    /// Prepares and runs a kernel once.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Backend::prepare) and [`run`](Prepared::run_outputs).
    pub fn run(&self, kernel: &Kernel, inputs: &[Arg<'_>], outputs: impl Outputs) -> Result<()> {
        self.prepare(kernel)?.run(inputs, outputs)
    }
}

/// Defines `run` for the backends of this crate, so that callers need no trait.
macro_rules! runs {
    ($($backend:ty),+) => {$(
        impl $backend {
            /// Prepares and runs a kernel once.
            ///
            /// # Errors
            ///
            /// As [`prepare`](Backend::prepare) and [`run`](Prepared::run_outputs).
            pub fn run(&self, kernel: &Kernel, inputs: &[Arg<'_>], outputs: impl Outputs) -> Result<()> {
                let backend: &dyn Backend = self;
                backend.run(kernel, inputs, outputs)
            }
        }
    )+};
}

runs!(Loop, Simd, Threads, auto::Auto);
#[cfg(feature = "gpu")]
runs!(gpu::Gpu);

/// A shared backend is one, too.
impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn info(&self) -> Info {
        (**self).info()
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        (**self).prepare(kernel)
    }
}

/// A kernel that is ready to run.
///
/// A backend implements [`launch`](Prepared::launch); callers use [`run`](Prepared::run_outputs), which checks the arguments
/// first.
pub trait Prepared: Send {
    /// Returns the kernel that was prepared.
    fn kernel(&self) -> &Kernel;

    /// Computes the outputs from arguments that fit the kernel. There is at least one element.
    ///
    /// # Errors
    ///
    /// Any device error.
    ///
    /// # Panics
    ///
    /// If the arguments do not fit.
    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()>;

    /// Checks the arguments and computes the outputs: `run`, a method of `dyn Prepared`, for a list of outputs.
    ///
    /// # Errors
    ///
    /// The errors of [`Kernel::check`] if the arrays do not fit, [`Error::Empty`](crate::Error::Empty) for the minimum or
    /// maximum of no elements; on a GPU also any device error.
    fn run_outputs(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        if self.kernel().check(inputs, outputs)? == 0 {
            return nothing(self.kernel().reduction(), outputs);
        }
        self.launch(inputs, outputs)
    }

    /// Returns the number of elements of its outputs, starting at the first, that a run that failed had written before it
    /// did, or `None` if that is unknown.
    fn written(&self) -> Option<usize> {
        None
    }

    /// Returns the times of the stages of the last run, where they are known.
    fn stages(&self) -> &[Stage] {
        &[]
    }
}

impl<'p> dyn Prepared + 'p {
    /// Computes one element of the output for each element of the inputs; for a reduction, the one element of the output from
    /// all of them. Empty arrays are allowed. [`Arg::Output`] makes a run in place.
    ///
    /// # Errors
    ///
    /// The errors of [`Kernel::check`] if the arrays do not fit, [`Error::Empty`](crate::Error::Empty) for the minimum or
    /// maximum of no elements; on a GPU also any device error.
    #[inline(always)]
    pub fn run(&mut self, inputs: &[Arg<'_>], outputs: impl Outputs) -> Result<()> {
        outputs.lend(|outputs| self.run_outputs(inputs, outputs))
    }
}

/// Writes the outputs for no elements.
#[cold]
fn nothing(fold: Option<Reduction>, outputs: &mut [Out<'_>]) -> Result<()> {
    if let Some(fold) = fold {
        let empty = fold.empty()?;
        outputs.iter_mut().for_each(|out| out.floats().fill(empty));
    }
    Ok(())
}

/// A part of a run and the time it took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage {
    /// `upload`, `compute` or `download`.
    pub name: &'static str,
    /// How long it took: on the host's clock, or what a device computed, on its own clock if it has one.
    pub time: Duration,
}

/// What a backend is, what it can do, and what it found. Backends outside of this crate start from [`Info::new`].
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Info {
    /// The name, which identifies the backend in decisions and reports.
    pub kind: Kind,
    /// Where it needs arrays to be while a kernel runs.
    pub memory: Memory,
    /// Whose arithmetic its results come from.
    pub arithmetic: Arithmetic,
    /// Whether it chooses among other backends.
    pub chooses: bool,
    /// The instruction set of its lanes, on the CPU.
    pub isa: Option<Isa>,
    /// The number of threads that work, on the CPU.
    pub threads: Option<usize>,
    /// The GPU, on a GPU.
    pub device: Option<Device>,
    /// Why it has fewer threads than it should have, if it has.
    pub limitation: Option<String>,
}

/// A memory in which arrays are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// The host's.
    Host,
    /// A device's: arrays of the host are copied to it and back.
    Device,
}

/// A GPU, as its driver calls it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// The adapter's name.
    pub name: String,
    /// The driver's name and version.
    pub driver: String,
    /// The interface it is reached through, such as `vulkan`.
    pub api: String,
    /// Whether it is a software rasterizer. Its results are right; its speed says nothing about a GPU.
    pub software: bool,
}

impl Info {
    /// Creates the info of a backend that works in the host's memory and rounds as IEEE 754 does.
    ///
    /// ```
    /// use crossover::{Info, Kind};
    ///
    /// let mut info = Info::new(Kind::named("blocks"));
    /// info.threads = Some(4);
    /// assert_eq!(info.to_string(), "blocks (4 threads)");
    /// ```
    pub fn new(kind: Kind) -> Self {
        Info {
            kind,
            memory: Memory::Host,
            arithmetic: Arithmetic::Ieee,
            chooses: false,
            isa: None,
            threads: None,
            device: None,
            limitation: None,
        }
    }

    fn cpu(kind: Kind, isa: Isa, threads: usize) -> Self {
        Info { isa: Some(isa), threads: Some(threads), ..Info::new(kind) }
    }

    /// Returns whether it computes several elements at a time, in lanes.
    pub fn has_lanes(&self) -> bool {
        self.isa.is_some_and(|isa| isa != Isa::Scalar)
    }

    /// Returns whether it is a software rasterizer: its results are right, its speed says nothing about a GPU.
    pub fn is_software(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.software)
    }
}

/// One line, such as `threads (avx512, 2 threads)`.
impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.isa.map(|isa| isa.to_string()));
        parts.extend(self.threads.map(|n| format!("{n} thread{}", if n == 1 { "" } else { "s" })));
        if let Some(device) = &self.device {
            parts.push(device.to_string());
        }
        write!(f, "{}", self.kind)?;
        if !parts.is_empty() {
            write!(f, " ({})", parts.join(", "))?;
        }
        self.limitation.as_ref().map_or(Ok(()), |limitation| write!(f, ": {limitation}"))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.name, self.driver, self.api)?;
        if self.software { write!(f, ", software") } else { Ok(()) }
    }
}

/// Returns the processor's name, where it is known.
#[cfg(feature = "profile")]
pub(crate) fn processor() -> Option<String> {
    let mut system = sysinfo::System::new();
    system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
    let name = system.cpus().first()?.brand().trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// Returns the processor's name, where it is known: not without the feature `profile`.
#[cfg(not(feature = "profile"))]
pub(crate) fn processor() -> Option<String> {
    None
}

/// A backend's name. Those of this crate can be opened by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A plain loop, one number at a time: the baseline of the others.
    Loop,
    /// SIMD, on the caller's thread.
    Simd,
    /// SIMD on all cores.
    Threads,
    /// A WGSL compute shader.
    Gpu,
    /// The one of the others that a model of this machine predicts to be the fastest for each run: see [`auto`].
    Auto,
    /// A backend outside of this crate, by its [name](Kind::named).
    Other(&'static str),
}

names! {
    Kind is "backend": Loop "loop", Simd "simd", Threads "threads", Gpu "gpu", Auto "auto"; Kind::Other(name) => name
}

impl Kind {
    /// The environment variable that names the backend where the program does not.
    pub const ENV: &str = "CROSSOVER_BACKEND";

    /// Returns the backend of a name: that of this crate, if there is one, else another. Each other name that is used takes
    /// memory until the process ends.
    pub fn named(name: &str) -> Kind {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) {
            return kind;
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Kind::Other(known);
        }
        let name: &'static str = name.to_owned().leak();
        names.insert(name);
        Kind::Other(name)
    }

    /// Returns the backend named by the argument, else by the environment variable [`CROSSOVER_BACKEND`](Kind::ENV), else the
    /// default: `threads`, which for short arrays stays on the caller's thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown) if this crate has no such backend.
    pub fn choose(argument: Option<&str>) -> Result<Kind> {
        match (argument, std::env::var(Kind::ENV)) {
            (Some(name), _) => name.parse(),
            (None, Ok(name)) if !name.is_empty() => name.parse(),
            (None, Err(std::env::VarError::NotUnicode(name))) => name.to_string_lossy().parse(),
            (None, _) => Ok(Kind::Threads),
        }
    }
}

#[cfg(feature = "profile")]
impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(feature = "profile")]
impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Kind::named(&name))
    }
}
