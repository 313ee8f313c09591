//! The instruction sets, and how a task is run on one of them.

use super::lanes::{Lanes, Task};
use super::portable::Portable;
use crate::error::{Error, Result, names};

/// An instruction set that a kernel can run on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Isa {
    /// One number at a time: what the loop backend runs.
    Scalar,
    /// The lanes that every machine of the build's target has, through `wide`: SSE2 in a default x86-64 build, NEON on
    /// 64-bit Arm.
    Wide,
    /// AVX2 with FMA: eight numbers at a time, on x86-64.
    Avx2,
    /// AVX-512F: sixteen numbers at a time, on x86-64.
    Avx512,
}

names!(Isa is "instruction set": Scalar "scalar", Wide "wide", Avx2 "avx2", Avx512 "avx512");

impl Isa {
    /// Returns the widest that this CPU supports.
    pub fn detect() -> Isa {
        let widest = Isa::ALL.into_iter().rev().find(|isa| isa.is_available());
        widest.unwrap_or(Isa::Scalar)
    }

    /// Returns those that this CPU supports, from the narrowest to the widest.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// Returns whether this CPU supports it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Scalar | Isa::Wide => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 => false,
        }
    }

    /// Returns how many numbers it works on at a time.
    pub fn width(self) -> usize {
        match self {
            Isa::Scalar => 1,
            Isa::Wide => Portable::<false>::WIDTH,
            Isa::Avx2 => 8,
            Isa::Avx512 => 16,
        }
    }

    /// Returns proof that this CPU supports it.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the CPU does not support it.
    pub(crate) fn check(self) -> Result<Checked> {
        if self.is_available() {
            return Ok(Checked(self));
        }
        let have: Vec<_> = Isa::available().map(Isa::name).collect();
        Err(Error::Unavailable {
            what: format!("the instruction set {self}"),
            reason: "this processor does not have it".to_owned(),
            remedy: format!("choose one of {}", have.join(", ")),
        })
    }
}

/// Proof that this CPU supports an instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Checked(Isa);

impl Checked {
    /// Every CPU supports it.
    pub(crate) const SCALAR: Checked = Checked(Isa::Scalar);

    /// Returns the widest that this CPU supports.
    pub(crate) fn widest() -> Checked {
        Checked(Isa::detect())
    }

    /// Returns which one it is.
    pub(crate) fn isa(self) -> Isa {
        self.0
    }

    /// Returns whether its lanes have [streaming stores](Lanes::STREAMS).
    pub(crate) fn streams(self) -> bool {
        matches!(self.0, Isa::Avx2 | Isa::Avx512)
    }

    /// Runs a task on the lanes of this instruction set.
    #[inline(always)]
    pub(crate) fn dispatch<K: Task>(self, task: K) -> K::Output {
        match self.0 {
            // SAFETY: the function needs FMA, which has just been found.
            #[cfg(target_arch = "x86_64")]
            Isa::Scalar if is_x86_feature_detected!("fma") => unsafe { super::x86::scalar(task) },
            Isa::Scalar => on::<f32, K>(task),
            Isa::Wide => on::<Portable, K>(task),
            // SAFETY: the functions need AVX2 and FMA, or AVX-512F. A `Checked` of them is made by `Isa::check` and
            // `Checked::widest` alone, which have found them on this machine.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { super::x86::avx2(task) },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { super::x86::avx512(task) },
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 => unreachable!("{} is never available here", self.0),
        }
    }
}

/// Runs a task on lanes that every CPU supports. Not inlined, so that the choice itself is small and can be.
#[inline(never)]
fn on<L: Lanes, K: Task>(task: K) -> K::Output {
    task.run::<L>()
}
