//! What a sweep varies, if not how many elements there are: the size of a chunk, the number of threads, or the work for
//! each element.
//!
//! An [`Axis`] is what is varied, a [`Varied`] is one value on it, and [`Vary`] is what a sweep is asked for: the axis, the
//! values, and the one size at which all of them are measured. The values of a chunk and of threads are contenders of
//! their own, which are interleaved in one round; those of the intensity are workloads of their own.

#[cfg(test)]
mod tests;

use super::contenders;
#[cfg(feature = "gpu")]
use crate::backend::gpu::Gpu;
use crate::backend::threads::MOST_THREADS;
use crate::backend::{Backend, Info, Kind, Threads};
use crate::bench::axis::{Axis, Varied};
use crate::bench::contender::{Contender, Host, Runner};
use crate::bench::regime::Regime;
use crate::bench::sizes::Sizes;
use crate::bench::workload::{Horner, Workload};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// The smallest and the largest chunk that is measured unless others are asked for, as powers of two.
const CHUNKS: (u32, u32) = (12, 22);

impl Axis {
    /// Returns how many elements the arrays have, unless another number is asked for: enough for the largest chunks to be
    /// several, enough for threads to be worth it and to have to share the memory, and few enough for hundreds of operations
    /// each.
    fn usual_elements(self) -> usize {
        match self {
            Axis::Chunk => 1 << 24,
            Axis::Threads => 10_000_000,
            Axis::Elements | Axis::Intensity => 1_000_000,
        }
    }

    /// Returns the values that are measured unless others are asked for.
    fn usual(self, elements: usize) -> Vec<usize> {
        let powers = |first: u32, last: u32| (first..=last).map(|power| 1_usize << power);
        match self {
            Axis::Elements => vec![elements],
            Axis::Chunk => {
                let fitting: Vec<_> = powers(CHUNKS.0, CHUNKS.1).filter(|chunk| *chunk <= elements).collect();
                if fitting.is_empty() { vec![elements] } else { fitting }
            }
            Axis::Threads => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
                // One by one while they are few.
                let some = (1..=cores).filter(|n| cores <= 8 || n.is_power_of_two());
                some.chain([cores]).collect()
            }
            Axis::Intensity => powers(0, 8).collect(),
        }
    }
}

/// What to vary instead of the number of elements: an axis, its values, and how many elements there are.
///
/// ```
/// use crossover::Kind;
/// use crossover::sweep::{Axis, Sweep, Vary};
///
/// let vary = Vary::new(Axis::Threads, Some("1,2".parse()?), Some(100_000))?;
/// let report = Sweep::new().vary(vary).open(Kind::Threads).trials(3).run();
/// for each in &report.measurements {
///     println!("{} threads: {:?} of what they could", each.x(), report.efficiency(each));
/// }
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vary {
    axis: Axis,
    values: Sizes,
    /// The one size.
    sizes: Sizes,
}

impl Vary {
    /// Creates the variation over these values, or the axis' usual ones: chunks of 4096 elements to 4 Mi, in powers of two;
    /// from one thread to as many as there are cores; degrees from 1 to 256, in powers of two. Over arrays of this many
    /// elements, or of the usual 16 Mi for chunks, 10⁷ for threads and 10⁶ for degrees.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for [`Axis::Elements`], which are a sweep's [sizes](super::Sweep::sizes), and for values that cannot
    /// be: a chunk of more elements than there are, more than 1024 threads, a degree of more than 256.
    pub fn new(axis: Axis, values: Option<Sizes>, elements: Option<usize>) -> Result<Self> {
        let sizes = Sizes::new([elements.unwrap_or(axis.usual_elements())])?;
        let elements = sizes.largest();
        let values = match values {
            Some(values) => values,
            None => Sizes::new(axis.usual(elements))?,
        };
        let refused = |given: usize, expected: String| {
            Err(Error::Invalid { what: axis.counts(), given: given.to_string(), expected })
        };
        match (axis, values.largest()) {
            (Axis::Elements, _) => Err(Error::Invalid {
                what: "axis",
                given: axis.to_string(),
                expected: "the number of elements varies when nothing else does; give --sizes instead".to_owned(),
            }),
            (Axis::Chunk, most) if most > elements => refused(
                most,
                format!("the arrays have {elements} elements; give chunks of as many at most, or larger --sizes"),
            ),
            (Axis::Threads, most) if most > MOST_THREADS => refused(most, format!("give 1 to {MOST_THREADS} threads")),
            (Axis::Intensity, most) if most > Horner::MAX_DEGREE => {
                refused(most, format!("give degrees from 1 to {}", Horner::MAX_DEGREE))
            }
            _ => Ok(Vary { axis, values, sizes }),
        }
    }

    /// Returns what is varied.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// Returns the values, ascending.
    pub fn values(&self) -> impl Iterator<Item = usize> {
        self.values.iter()
    }

    /// Returns how many elements the arrays have at all of them.
    pub fn elements(&self) -> usize {
        self.sizes.largest()
    }

    pub(super) fn sizes(&self) -> Sizes {
        self.sizes.clone()
    }

    /// Polynomials of each degree, if that is what is varied.
    pub(super) fn workloads(&self) -> Option<Vec<(Workload, Option<Varied>)>> {
        let polynomial = |degree| Some((Workload::horner(degree)?.renamed("horner"), Some(Varied::Intensity(degree))));
        (self.axis == Axis::Intensity).then(|| self.values().filter_map(polynomial).collect())
    }

    /// Returns a backend with its defaults at each of the values, under those of these regimes that it has; once under each if
    /// the values are workloads.
    ///
    /// # Errors
    ///
    /// As [`Kind::open`]; and [`Error::Invalid`] if the backend has nothing of the kind to vary.
    pub fn contenders(&self, kind: Kind, regimes: &[Regime]) -> Result<Vec<Box<dyn Contender>>> {
        match (self.axis, kind) {
            (Axis::Intensity | Axis::Elements, _) => contenders(kind, regimes),
            (_, Kind::Threads) => self.threads(&Threads::new(), regimes),
            #[cfg(feature = "gpu")]
            (Axis::Chunk, Kind::Gpu) => self.gpu(&Gpu::open()?, regimes),
            // Why it is not in this build.
            #[cfg(not(feature = "gpu"))]
            (Axis::Chunk, Kind::Gpu) => contenders(kind, regimes),
            _ => Err(self.idle(kind)),
        }
    }

    /// Returns a backend of threads, with whatever instruction set it has, at each of the values.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the system does not start as many threads; [`Error::Invalid`] if the axis is none of
    /// theirs.
    pub fn threads(&self, threads: &Threads, regimes: &[Regime]) -> Result<Vec<Box<dyn Contender>>> {
        let at = |value: usize| -> Result<(Box<dyn Backend>, Varied)> {
            Ok(match self.axis {
                Axis::Chunk => (Box::new(threads.clone().with_block(value)?), Varied::Chunk(value)),
                Axis::Threads => (Box::new(threads.resized(value)?), Varied::Threads(value)),
                Axis::Elements | Axis::Intensity => return Err(self.idle(Kind::Threads)),
            })
        };
        self.each(regimes, at)
    }

    /// Returns a GPU with each of the chunks.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the axis is none of a GPU's.
    #[cfg(feature = "gpu")]
    pub fn gpu(&self, gpu: &Gpu, regimes: &[Regime]) -> Result<Vec<Box<dyn Contender>>> {
        match self.axis {
            Axis::Chunk => self.each(regimes, |value| Ok((Box::new(gpu.with_chunk(value)), Varied::Chunk(value)))),
            _ => Err(self.idle(Kind::Gpu)),
        }
    }

    fn each(
        &self,
        regimes: &[Regime],
        at: impl Fn(usize) -> Result<(Box<dyn Backend>, Varied)>,
    ) -> Result<Vec<Box<dyn Contender>>> {
        let mut all: Vec<Box<dyn Contender>> = Vec::new();
        for value in self.values() {
            let (backend, varied) = at(value)?;
            let hosts = Host::under(backend, regimes).into_iter();
            all.extend(hosts.map(|contender| -> Box<dyn Contender> { Box::new(At { contender, varied }) }));
        }
        Ok(all)
    }

    /// Returns that a backend has nothing of the kind.
    fn idle(&self, kind: Kind) -> Error {
        let has = |kind: &Kind| Regime::ALL.into_iter().any(|regime| self.axis.is_of(*kind, regime));
        let having: Vec<_> = Kind::ALL.into_iter().filter(has).map(Kind::name).collect();
        Error::Invalid {
            what: "backend",
            given: kind.to_string(),
            expected: format!("it has no {} to vary; ask for {}", self.axis, having.join(" or ")),
        }
    }
}

/// A contender at a value of an axis.
struct At {
    contender: Box<dyn Contender>,
    varied: Varied,
}

impl Contender for At {
    fn info(&self) -> Info {
        self.contender.info()
    }

    fn regime(&self) -> Regime {
        self.contender.regime()
    }

    fn varied(&self) -> Option<Varied> {
        Some(self.varied)
    }

    fn prepare<'a>(&'a self, kernel: &Kernel, args: &[Arg<'a>], len: usize) -> Result<Box<dyn Runner + 'a>> {
        self.contender.prepare(kernel, args, len)
    }
}
