//! What is measured: one way to run a kernel.

use std::fmt;

use crate::arg::Arg;
use crate::backend::{Backend, Info, Kind, Prepared};
use crate::error::Result;
use crate::kernel::Kernel;

/// Where a contender's arrays are while the clock runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Regime {
    /// Array in, array out, in host memory: on a GPU, upload and download are part of the time.
    Host,
    /// On the device before and after.
    Resident,
}

impl Regime {
    /// The name: `host` or `resident`.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Host => "host",
            Regime::Resident => "resident",
        }
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One way to run a kernel: a backend under a regime.
///
/// To measure something new, implement this and add it with [`Sweep::contender`](super::Sweep::contender).
pub trait Contender {
    /// What runs the kernel. It also says by whose arithmetic the output is judged.
    fn info(&self) -> Info;

    /// Where the arrays are while the clock runs.
    fn regime(&self) -> Regime;

    /// Makes everything ready that is not to be timed: compiles the kernel, allocates, moves data to where the regime says.
    ///
    /// `args` fit the kernel, and have `len` elements, which is at least one.
    ///
    /// # Errors
    ///
    /// Whatever keeps the kernel from running; it is recorded, and the other contenders go on.
    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>>;
}

/// A backend with its defaults, in every way that it is measured: from host to host, and a GPU also on resident arrays.
///
/// # Errors
///
/// As [`Kind::open`].
pub fn contenders(kind: Kind) -> Result<Vec<Box<dyn Contender>>> {
    #[cfg(feature = "gpu")]
    if kind == Kind::Gpu {
        let gpu = crate::backend::gpu::Gpu::open()?;
        let resident = super::Resident::new(gpu.clone());
        return Ok(vec![Box::new(Host::new(Box::new(gpu))), Box::new(resident)]);
    }
    Ok(vec![Box::new(Host::new(kind.open()?))])
}

/// A contender with a kernel and its data, ready to be timed.
pub trait Runner {
    /// Runs the kernel once. When it returns, the output is there: a device has been waited for.
    ///
    /// # Errors
    ///
    /// What may go wrong on a device.
    fn run(&mut self) -> Result<()>;

    /// Runs the kernel `times` times; this is what is timed. The default calls [`run`](Runner::run) as often. A device
    /// whose data stays there may launch them all and wait once, if its users would.
    ///
    /// # Errors
    ///
    /// As [`run`](Runner::run).
    fn repeat(&mut self, times: usize) -> Result<()> {
        (0..times).try_for_each(|_| self.run())
    }

    /// The output of the last run, for the verification. Not timed.
    ///
    /// Before the first run it must not already hold right results: fill it with NaN.
    ///
    /// # Errors
    ///
    /// What may go wrong on the way from a device.
    fn output(&mut self) -> Result<&[f32]>;
}

/// A backend under the regime [`Regime::Host`].
pub struct Host {
    backend: Box<dyn Backend>,
}

impl Host {
    /// Measures a backend from arrays in host memory to an array in host memory.
    pub fn new(backend: Box<dyn Backend>) -> Self {
        Host { backend }
    }
}

impl Contender for Host {
    fn info(&self) -> Info {
        self.backend.info()
    }

    fn regime(&self) -> Regime {
        Regime::Host
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        // Filled, so that its pages are there before the clock runs, and with NaN, so that an element that is never written
        // is found out.
        let out = vec![f32::NAN; kernel.output_len(len)];
        Ok(Box::new(OnHost { prepared: self.backend.prepare(kernel)?, args: args.to_vec(), out }))
    }
}

/// A kernel, its inputs and the output that every run reuses.
struct OnHost<'a> {
    prepared: Box<dyn Prepared>,
    args: Vec<Arg<'a>>,
    out: Vec<f32>,
}

impl Runner for OnHost<'_> {
    fn run(&mut self) -> Result<()> {
        self.prepared.run(&self.args, &mut self.out)
    }

    fn output(&mut self) -> Result<&[f32]> {
        Ok(&self.out)
    }
}
