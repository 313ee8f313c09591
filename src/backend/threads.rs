//! The `threads` backend: the SIMD body over fixed chunks, on all cores.

use std::sync::Arc;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::simd::isa::Checked;
use super::{Backend, Info, Isa, Kind, Prepared, simd};
use crate::arg::{Arg, elements};
use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::kernel::Kernel;

/// Elements in a chunk, 256 KiB. Waking another thread from outside its pool costs 6 to 7 µs, in which one thread does
/// about 2e5 elements of a light formula: two chunks are the least that is worth it, so a chunk is half of that, rounded
/// down to a power of two.
const CHUNK: usize = Fold::CHUNK;

/// Runs kernels with SIMD on several threads. An array of one chunk (65 536 elements) or less stays on the caller's.
#[derive(Clone, Debug)]
pub struct Threads {
    isa: Checked,
    /// Its own pool, or none for rayon's global one.
    pool: Option<Arc<ThreadPool>>,
}

impl Threads {
    /// On rayon's global pool: a thread for each core, or as many as `RAYON_NUM_THREADS` says.
    pub fn new() -> Self {
        Threads { isa: Checked::widest(), pool: None }
    }

    /// On a pool of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the system does not start as many threads.
    pub fn with_threads(threads: usize) -> Result<Self> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| Error::Unavailable {
            what: format!("a pool of {threads} threads"),
            reason: error.to_string(),
            remedy: "ask for fewer threads".to_owned(),
        })?;
        Ok(Threads { isa: Checked::widest(), pool: Some(Arc::new(pool)) })
    }

    /// The same, on a certain instruction set.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the machine does not have it.
    pub fn with_isa(self, isa: Isa) -> Result<Self> {
        Ok(Threads { isa: isa.check()?, ..self })
    }
}

impl Default for Threads {
    fn default() -> Self {
        Threads::new()
    }
}

impl Backend for Threads {
    fn info(&self) -> Info {
        let threads = match &self.pool {
            Some(pool) => pool.current_num_threads(),
            None => rayon::current_num_threads(),
        };
        Info::cpu(Kind::Threads, self.isa.isa(), threads)
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnThreads { kernel: kernel.clone(), threads: self.clone() }))
    }
}

/// A kernel that runs on several threads.
struct OnThreads {
    kernel: Kernel,
    threads: Threads,
}

impl OnThreads {
    /// Calls `body(from, part)` for each chunk of `data`, on the threads if there is more than one.
    fn spread(&self, data: &mut [f32], body: impl Fn(usize, &mut [f32]) + Sync + Send) {
        if data.len() <= CHUNK {
            return body(0, data);
        }
        let mut all = || {
            let chunks = data.par_chunks_mut(CHUNK).enumerate();
            chunks.for_each(|(index, part)| body(index * CHUNK, part));
        };
        self.install(&mut all);
    }

    /// Calls `all` on the threads of the pool.
    fn install<R: Send>(&self, all: impl FnOnce() -> R + Send) -> R {
        match &self.threads.pool {
            Some(pool) => pool.install(all),
            None => all(),
        }
    }

    /// Folds all elements: the chunks on the threads, then what they gave.
    fn fold(&self, fold: Fold, inputs: &[Arg<'_>]) -> Result<f32> {
        let (bodies, isa, len) = (self.kernel.bodies(), self.threads.isa, elements(inputs));
        let chunk = |scratch: &mut Vec<f32>, from: usize| {
            simd::fold::chunk(bodies, isa, fold, inputs, (from, CHUNK.min(len - from)), scratch)
        };
        if len <= CHUNK {
            return fold.join(&[chunk(&mut Vec::new(), 0)], len);
        }
        let starts = (0..len.div_ceil(CHUNK)).into_par_iter().map(|index| index * CHUNK);
        let parts: Vec<f32> = self.install(|| starts.map_init(Vec::new, chunk).collect());
        fold.join(&parts, len)
    }
}

impl Prepared for OnThreads {
    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn launch(&mut self, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        let (bodies, isa) = (self.kernel.bodies(), self.threads.isa);
        if let Some(fold) = self.kernel.fold() {
            out[0] = self.fold(fold, inputs)?;
            return Ok(());
        }
        self.spread(out, |from, out| bodies.apply(isa, inputs, from, out));
        Ok(())
    }

    fn launch_in_place(&mut self, data: &mut [f32], rest: &[Arg<'_>]) -> Result<()> {
        let (bodies, isa) = (self.kernel.bodies(), self.threads.isa);
        self.spread(data, |from, data| bodies.apply_in_place(isa, data, rest, from));
        Ok(())
    }
}
