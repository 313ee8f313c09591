//! Where a contender's arrays are: on the host, on the device, or both.

use crate::backend::{Kind, Memory};
use crate::error::names;
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;

/// Where a contender's arrays are while the clock runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Regime {
    /// Array in, array out, in host memory, the same output for each run: on a GPU, upload and download are part of the
    /// time.
    Host,
    /// As `Host` on a CPU, but each run allocates its output anew and frees that of the run before, as a program does that
    /// writes `a = f(x)`: the time has the allocator and the page faults in it.
    Fresh,
    /// From host memory to the device, and the output stays there.
    Compute,
    /// On the device before and after.
    Resident,
    /// On the device before, and one number comes back to the host: the workload's reduction, or the sum of its results if it
    /// has none.
    Scalar,
}

names!(Regime is "regime": Host "host", Fresh "fresh", Compute "compute", Resident "resident", Scalar "scalar");

impl Regime {
    /// Those that are measured unless others are asked for: all but `Fresh`, whose series lie on those of `Host` until the
    /// outputs are large.
    pub const USUAL: [Regime; 4] = [Regime::Host, Regime::Compute, Regime::Resident, Regime::Scalar];

    /// Returns whether backends in a memory can be measured under it: all from host to host, those of the host with a fresh
    /// output, and those of a device with arrays on it.
    pub fn is_in(self, memory: Memory) -> bool {
        match self {
            Regime::Host => true,
            Regime::Fresh => memory == Memory::Host,
            Regime::Compute | Regime::Resident | Regime::Scalar => memory == Memory::Device,
        }
    }

    /// Returns whether a backend of this crate, which need not be open, can be measured under it.
    pub fn is_of(self, kind: Kind) -> bool {
        self.is_in(if kind == Kind::Gpu { Memory::Device } else { Memory::Host })
    }

    /// Returns what is run of a kernel under it: for `Scalar` the kernel with a reduction, else the kernel itself.
    pub(crate) fn kernel(self, kernel: &Kernel) -> Kernel {
        match (self, kernel.reduction()) {
            (Regime::Scalar, None) => kernel.with_reduction(Some(Reduction::Sum)),
            _ => kernel.clone(),
        }
    }
}
