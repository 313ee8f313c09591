//! The `threads` backend: SIMD over blocks, on all cores.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use super::serial::{LARGE, OnCaller, stores};
pub(crate) use super::team::pool::MOST_THREADS;
use super::team::pool::Pool;
use super::team::{AWAKE, Crew};
use super::tuner::{Run, Trials, Way};
use super::{Backend, Info, Isa, Kind, Prepared};
use crate::error::{Error, Result};
use crate::formula::reduction::{LEAF, Reduction, Tree};
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;
use crate::kernel::cpu::columns::{EMPTY, Rows};
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::part::{Divide, Slices, Targets};
use crate::kernel::cpu::reduce;
use crate::kernel::view::Out;

/// The maximum number of elements that always stay on the caller's thread: they take less time than the decision would.
const SHORT: usize = 2048;

/// Seconds that a run has to take on one thread for it to wake sleeping helpers, which takes ten microseconds or more.
const WORTH_WAKING: f32 = 40e-6;

/// The number of blocks per thread.
const BLOCKS: usize = 4;
/// The minimum and maximum number of elements of a block.
const LEAST: usize = LEAF;
const MOST: usize = 1 << 18;

/// Runs kernels with SIMD on several threads: the caller's and those of a [rayon](https://docs.rs/rayon) pool.
///
/// The first runs of each size measure whether sharing is faster; short arrays stay on the caller's thread. The threads that
/// help stay awake for a fifth of a millisecond, so that many runs one after the other do not wait for them to wake up. A
/// caller that is itself a thread of the pool shares its work with the others as rayon does.
///
/// The helpers serve one caller at a time. A second caller that runs at the same moment works alone on its own thread. A run
/// never waits for a thread that has not begun to help with it, so that other work of the pool does not delay it.
///
/// A process that was forked has none of its parent's threads: there, a backend whose threads the parent started, and
/// [`Threads::new`] if the parent used it, too, runs on the caller's thread, and [`Info::limitation`] says so.
/// [`with_threads`](Threads::with_threads) starts threads of the fork's own.
#[derive(Clone)]
pub struct Threads {
    isa: Checked,
    crew: Arc<Crew>,
    /// Elements of a block, if that is not to be found from the length.
    block: Option<NonZeroUsize>,
}

impl Threads {
    /// Creates one on rayon's global pool: a thread per core, or the number that `RAYON_NUM_THREADS` gives.
    ///
    /// Where the system does not start as many, there are fewer, or the caller's thread alone, and
    /// [`Info::limitation`] says why.
    pub fn new() -> Self {
        Threads { isa: Checked::widest(), crew: Arc::new(Crew::new(None)), block: None }
    }

    /// Creates one on a pool of its own with this many threads, at most 1024; 0 means one per core.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the system does not start as many threads; [`Error::Invalid`] for more than 1024.
    pub fn with_threads(threads: usize) -> Result<Self> {
        let pool = Pool::own(threads)?;
        Ok(Threads { isa: Checked::widest(), crew: Arc::new(Crew::new(Some(pool))), block: None })
    }

    /// Returns the same, on a certain instruction set.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the CPU does not support it.
    pub fn with_isa(self, isa: Isa) -> Result<Self> {
        Ok(Threads { isa: isa.check()?, ..self })
    }

    /// Returns the same, with this many elements in the block that a thread takes at a time, instead of as many as make four
    /// blocks for each thread. An array of one block, or less, stays on the caller's thread. The results are the same to the
    /// bit.
    ///
    /// A reduction's blocks are powers of two, from 512 elements to 65 536: the least that holds as many.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for 0.
    pub fn with_block(self, elements: usize) -> Result<Self> {
        match NonZeroUsize::new(elements) {
            Some(block) => Ok(Threads { block: Some(block), ..self }),
            None => Err(Error::Invalid {
                what: "block",
                given: elements.to_string(),
                expected: "a thread takes at least 1 element at a time, and some thousands at best".to_owned(),
            }),
        }
    }

    /// Returns the same on a pool of its own with this many threads.
    pub(crate) fn resized(&self, threads: usize) -> Result<Self> {
        Ok(Threads { isa: self.isa, block: self.block, ..Threads::with_threads(threads)? })
    }
}

impl Default for Threads {
    fn default() -> Self {
        Threads::new()
    }
}

impl Backend for Threads {
    fn info(&self) -> Info {
        let (threads, limitation) = self.crew.present();
        Info { limitation, ..Info::cpu(Kind::Threads, self.isa.isa(), threads) }
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(self.ready(kernel)))
    }
}

impl Threads {
    fn ready(&self, kernel: &Kernel) -> OnThreads {
        OnThreads {
            alone: OnCaller::new(kernel, self.isa),
            crew: self.crew.clone(),
            threads: self.crew.threads(),
            block: self.block,
            trials: [Trials::new(), Trials::new()],
            asleep: None,
            rows: Vec::new(),
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("isa", &self.isa).field("threads", &self.crew.threads()).finish()
    }
}

/// A kernel that runs on several threads.
struct OnThreads {
    alone: OnCaller,
    crew: Arc<Crew>,
    /// The number of threads that share a run.
    threads: usize,
    block: Option<NonZeroUsize>,
    /// For each size, whether to stay on the caller's thread or to share; of [large](LARGE) outputs, which are always
    /// shared, how to write them. Those of runs in place are apart.
    trials: [Trials; 2],
    /// The last time at which sharing would have been better, but all helpers were asleep.
    asleep: Option<Instant>,
    /// The states that the parts of an array reduce to.
    rows: Vec<Rows>,
}

/// Calls `body` for every one of `parts`, on all cores.
pub(crate) fn each<T: Send>(parts: &mut [T], body: impl Fn(&mut T) + Send + Sync) {
    static CREW: std::sync::OnceLock<Crew> = std::sync::OnceLock::new();
    let crew = CREW.get_or_init(|| Crew::new(None));
    crew.divide(&Slices::from(parts), 1, |(_, part)| part.iter_mut().for_each(&body));
}

/// Returns the way of a run over this many elements that shares it: the first, which a kernel goes that runs only once, if there
/// is more than a chunk.
fn together(len: usize) -> Way {
    if len <= Reduction::CHUNK { Way::Second } else { Way::First }
}

impl OnThreads {
    /// Returns whether a run is over so few elements, blocks or threads, that it stays on the caller's.
    #[inline(always)]
    fn is_short(&self, len: usize) -> bool {
        len <= SHORT || self.threads == 1 || self.block.is_some_and(|block| len <= block.get())
    }

    /// Returns whether to share a run that would take `seconds` on the caller's thread.
    fn shares(&mut self, run: &Run, seconds: f32) -> bool {
        let together = together(run.len);
        if run.way != together || run.is_trial() || self.crew.is_awake() {
            return run.way == together;
        }
        // It was better with helpers awake. To wake them takes time, which a long run makes up for, or many short ones.
        let now = Instant::now();
        let last = self.asleep.replace(now);
        last.is_some_and(|last| now - last < AWAKE) || seconds > WORTH_WAKING
    }

    /// Returns the number of elements of a block.
    fn block(&self, len: usize) -> usize {
        match self.block {
            Some(block) => block.get(),
            None => len.div_ceil(BLOCKS * self.threads).next_multiple_of(LEAST).min(MOST),
        }
    }

    fn apply(&self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>], stores: Stores) -> bool {
        let (code, isa, targets) = (self.alone.kernel().code(), self.alone.isa(), Targets::new(outputs));
        self.crew.divide(&targets, self.block((&targets).len()), |part| code.apply(isa, inputs, &part, stores))
    }

    /// Reduces all elements: parts of chunks on the threads, then their results.
    fn fold(&mut self, fold: Reduction, inputs: &[Arg<'_>], len: usize, out: &mut [f32]) -> Result<bool> {
        let mut rows = std::mem::take(&mut self.rows);
        let part = self.block(len).clamp(LEAST, Reduction::CHUNK).next_power_of_two();
        rows.resize(len.div_ceil(part), EMPTY);
        let (code, isa) = (self.alone.kernel().code(), self.alone.isa());
        let helped = self.crew.divide(&Slices::from(&mut rows[..]), 1, |(index, row)| {
            let from = index * part;
            reduce::part(code, isa, fold, inputs, (from, part.min(len - from)), &mut row[0]);
        });
        let mut tree = Tree::new(fold);
        for chunk in rows.chunks_mut(Reduction::CHUNK / part) {
            tree.push(reduce::finish(isa, fold, chunk));
        }
        self.rows = rows;
        tree.finish(len, out)?;
        Ok(helped)
    }
}

impl Prepared for OnThreads {
    fn kernel(&self) -> &Kernel {
        self.alone.kernel()
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let fold = self.kernel().reduction();
        let len = self.kernel().elements(inputs, outputs[0].len());
        if self.is_short(len) {
            return self.alone.launch(inputs, outputs);
        }
        let in_place = inputs.iter().any(Arg::is_output);
        let large = len >= LARGE && fold.is_none() && !in_place;
        let trials = &mut self.trials[usize::from(in_place)];
        if !large && trials.settled(len) == Some(together(len).other()) {
            return self.alone.launch(inputs, outputs);
        }
        let (run, seconds) = (trials.begin(len), trials.expected(len, together(len).other()));
        let went = match fold {
            None if large => self.apply(inputs, outputs, stores(len, run.way)),
            _ if !self.shares(&run, seconds) => self.alone.launch(inputs, outputs).map(|()| true)?,
            None if in_place => self.apply(inputs, outputs, Stores::Plain),
            None => self.apply(inputs, outputs, stores(len, Way::Second)),
            Some(fold) => self.fold(fold, inputs, len, outputs[0].floats())?,
        };
        self.trials[usize::from(in_place)].end(run, went);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_as_many_elements_as_asked_for_and_one_alone_stays_on_the_callers_thread() {
        let kernel = Kernel::parse("2*x").unwrap();
        let threads = Threads::with_threads(2).unwrap();
        let (free, asked) = (threads.ready(&kernel), threads.clone().with_block(5000).unwrap().ready(&kernel));
        assert_eq!([free.block(1_000_000), asked.block(1_000_000), asked.block(6000)], [125_440, 5000, 5000]);
        assert_eq!([free.is_short(5000), asked.is_short(5000), asked.is_short(5001)], [false, true, false]);
        let more = threads.with_block(5000).unwrap().resized(3).unwrap().ready(&kernel);
        assert_eq!((more.threads, more.block(1_000_000)), (3, 5000));
    }

    #[test]
    fn callers_do_not_wait_for_a_pool_that_is_busy() {
        use std::sync::{Barrier, mpsc};
        use std::time::Duration;

        let crew = Arc::new(Crew::new(Some(Pool::own(2).unwrap())));
        let release = Arc::new(Barrier::new(4));
        // Both threads of the pool are at other work, and a caller has the crew, all until the end.
        for _ in 0..2 {
            let end = release.clone();
            crew.occupy(move || _ = end.wait());
        }
        let (begun, has_begun) = mpsc::channel();
        let first = std::thread::spawn({
            let (crew, end) = (crew.clone(), release.clone());
            move || {
                crew.divide(&Slices::from(&mut [0][..]), 1, |_| {
                    begun.send(()).unwrap();
                    end.wait();
                })
            }
        });
        has_begun.recv().unwrap();
        let (sender, results) = mpsc::channel();
        for _ in 0..3 {
            let (crew, sender) = (crew.clone(), sender.clone());
            std::thread::spawn(move || {
                let mut data = [0; 100];
                let count = |(_, part): (usize, &mut [i32])| part.iter_mut().for_each(|count| *count += 1);
                let helped = crew.divide(&Slices::from(&mut data[..]), 7, count);
                sender.send((helped, data)).unwrap();
            });
        }
        for _ in 0..3 {
            let (helped, data) = results.recv_timeout(Duration::from_secs(60)).expect("a caller waits");
            assert!(!helped && data == [1; 100]);
        }
        release.wait();
        assert!(!first.join().unwrap());
    }
}
