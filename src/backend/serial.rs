//! The backends on the caller's thread: `loop`, one number at a time, and `simd`, on full-width lanes.

use super::tuner::{Trials, Way};
use super::{Backend, Info, Isa, Kind, Prepared};
use crate::error::{Error, Result};
use crate::formula::reduction::{Reduction, Tree};
use crate::kernel::Kernel;
use crate::kernel::arg::{Arg, elements};
use crate::kernel::cpu::columns::EMPTY;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::part::Targets;
use crate::kernel::cpu::reduce;
use crate::kernel::view::Out;

/// Runs kernels as a plain loop that the compiler does not widen: what the others are measured against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loop;

impl Backend for Loop {
    fn info(&self) -> Info {
        Info::cpu(Kind::Loop, Isa::Scalar, 1)
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnCaller::new(kernel, Checked::SCALAR)))
    }
}

/// Runs kernels with SIMD, on the caller's thread.
#[derive(Clone, Copy, Debug)]
pub struct Simd {
    isa: Checked,
}

impl Simd {
    /// Creates one with the widest instruction set of this machine.
    pub fn new() -> Self {
        Simd { isa: Checked::widest() }
    }

    /// Creates one with a certain instruction set, for tests and comparisons.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the CPU does not support it, or if it is [`Isa::Scalar`], which is the `loop` backend's.
    pub fn with_isa(isa: Isa) -> Result<Self> {
        if isa == Isa::Scalar {
            return Err(Error::Unavailable {
                what: "the instruction set scalar".to_owned(),
                reason: "the simd backend works on lanes".to_owned(),
                remedy: "open the loop backend for one number at a time".to_owned(),
            });
        }
        Ok(Simd { isa: isa.check()? })
    }

    /// Returns the instruction set.
    pub fn isa(&self) -> Isa {
        self.isa.isa()
    }
}

impl Default for Simd {
    fn default() -> Self {
        Simd::new()
    }
}

impl Backend for Simd {
    fn info(&self) -> Info {
        Info::cpu(Kind::Simd, self.isa(), 1)
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnCaller::new(kernel, self.isa)))
    }
}

/// A kernel that runs on the caller's thread.
pub(super) struct OnCaller {
    kernel: Kernel,
    isa: Checked,
    /// Whether [large](LARGE) outputs are better written with streaming stores (the first way) or plain ones.
    stores: Trials,
}

/// The minimum number of elements of an output that may be written with streaming stores: 16 MiB. Below, the next reader loses
/// more than the run gains: including that read, four million elements took 0.81 times as long, a million 1.25 times.
pub(super) const LARGE: usize = 1 << 22;

/// The minimum number of elements for prefetching: arrays of half a mebibyte each, which the nearer caches do not hold.
pub(crate) const FAR: usize = 1 << 17;

/// Returns how an output of `len` elements is written, if in trials `way` was better.
pub(super) fn stores(len: usize, way: Way) -> Stores {
    match way {
        _ if len < FAR => Stores::Plain,
        Way::First if len >= LARGE => Stores::Streaming,
        _ => Stores::Ahead,
    }
}

impl OnCaller {
    pub(super) fn new(kernel: &Kernel, isa: Checked) -> Self {
        OnCaller { kernel: kernel.clone(), isa, stores: Trials::new() }
    }

    /// Returns the instruction set.
    pub(super) fn isa(&self) -> Checked {
        self.isa
    }

    /// Reduces all elements. Apart from the other runs, which are short at times and do without its stack.
    #[inline(never)]
    pub(super) fn fold(&self, fold: Reduction, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        let (code, len) = (self.kernel.code(), elements(inputs));
        let mut rows = [EMPTY];
        let mut chunk = |from| {
            reduce::part(code, self.isa, fold, inputs, (from, Reduction::CHUNK.min(len - from)), &mut rows[0]);
            reduce::finish(self.isa, fold, &mut rows)
        };
        if len <= Reduction::CHUNK {
            // Clearing a tree takes a while, for a short run.
            fold.write(chunk(0), len, out);
            return Ok(());
        }
        let mut tree = Tree::new(fold);
        (0..len).step_by(Reduction::CHUNK).for_each(|from| tree.push(chunk(from)));
        tree.finish(len, out)
    }
}

impl Prepared for OnCaller {
    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let (code, isa) = (self.kernel.code(), self.isa);
        if let Some(fold) = self.kernel.reduction() {
            return self.fold(fold, inputs, outputs[0].floats());
        }
        let mut targets = Targets::new(outputs);
        let part = targets.whole();
        let len = part.len();
        if inputs.iter().any(Arg::is_output) {
            // The cache has what is written: it has just been read.
            code.apply(isa, inputs, &part, Stores::Plain);
        } else if len < LARGE || !isa.streams() {
            code.apply(isa, inputs, &part, stores(len, Way::Second));
        } else {
            let run = self.stores.begin(len);
            code.apply(isa, inputs, &part, stores(len, run.way));
            self.stores.end(run, true);
        }
        Ok(())
    }
}
