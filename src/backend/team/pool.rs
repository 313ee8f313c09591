//! Where a crew's helpers come from: the threads of a rayon pool, as far as the system starts them.

use std::io;
use std::panic::catch_unwind;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

/// The most threads that a pool of its own may be asked to have.
pub(crate) const MOST_THREADS: usize = 1024;

const FORKED: &str = "1 thread, as this process was forked from the one that has the others; `Threads::with_threads` starts \
                      threads here";

/// A rayon pool.
pub(in crate::backend) struct Pool {
    /// None for rayon's global one, and for none at all.
    own: Option<ThreadPool>,
    threads: usize,
    /// The process that started them.
    process: u32,
    limitation: Option<String>,
}

static GLOBAL: OnceLock<Pool> = OnceLock::new();

impl Pool {
    /// Starts a pool with this many threads; 0 is one for each core.
    pub(in crate::backend) fn own(threads: usize) -> Result<Self> {
        if threads > MOST_THREADS {
            return Err(Error::Invalid {
                what: "threads",
                given: threads.to_string(),
                expected: format!("give 1 to {MOST_THREADS} threads, or 0 for one per core"),
            });
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| Error::Unavailable {
            what: format!("a pool of {threads} threads"),
            reason: error.to_string(),
            remedy: "ask for fewer threads".to_owned(),
        })?;
        let mut here = Pool::here(pool.current_num_threads(), None);
        here.own = Some(pool);
        Ok(here)
    }

    /// Returns the global pool of this process, with this many threads.
    fn here(threads: usize, limitation: Option<String>) -> Self {
        Pool { own: None, threads, process: std::process::id(), limitation }
    }

    /// Returns rayon's global pool, which is started here if nothing has started it. Where the system does not start its
    /// threads, it has fewer, or only the caller's, and a [limitation](Pool::present).
    pub(super) fn global() -> &'static Self {
        GLOBAL.get_or_init(|| {
            let asked = asked();
            let (places, error) = start(asked, &mut spawn);
            match error {
                // Of what the system gives, half is left to the rest of the program.
                Some(error) => Pool::of(&places[..places.len() / 2], Some((asked, error))),
                None => Pool::of(&places, None),
            }
        })
    }

    /// Makes rayon's global pool of threads that wait for their place in it, unless it is there already.
    fn of(places: &[Sender<ThreadBuilder>], stopped: Option<(usize, io::Error)>) -> Self {
        let threads = places.len().max(1);
        let limitation = stopped.map(|(asked, error)| limitation(threads, asked, &error));
        if limitation.is_some() && threads == 1 {
            // A global pool that fails to start fails for good, for the whole program: better none.
            return Pool::here(threads, limitation);
        }
        let builder = ThreadPoolBuilder::new().num_threads(threads);
        let place = |thread: ThreadBuilder| {
            places[thread.index()].send(thread).map_err(|_| io::Error::other("a thread has ended before it began"))
        };
        if builder.spawn_handler(place).build_global().is_ok() {
            return Pool::here(threads, limitation);
        }
        // The program has started it itself, or tried to: then rayon panics.
        match catch_unwind(rayon::current_num_threads) {
            Ok(threads) => Pool::here(threads, None),
            Err(_) => {
                let limitation = Some("1 thread: the program's attempt to start rayon's global pool failed".to_owned());
                Pool::here(1, limitation)
            }
        }
    }

    /// Returns the global pool if it was asked for before.
    pub(super) fn started() -> Option<&'static Self> {
        GLOBAL.get()
    }

    /// Returns how many threads share a job, the caller's included.
    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    /// Returns how many threads there are now, and why there are fewer than there should be, if there are. As
    /// [`threads`](Pool::threads), with a look at whether this is a fork.
    pub(super) fn present(&self) -> (usize, Option<String>) {
        if self.threads > 1 && self.is_forked() {
            return (1, Some(FORKED.to_owned()));
        }
        (self.threads, self.limitation.clone())
    }

    /// Returns whether this is one of the threads of this pool; for the global one, of any pool.
    pub(super) fn is_inside(&self) -> bool {
        match &self.own {
            Some(pool) => pool.current_thread_index().is_some(),
            None => rayon::current_thread_index().is_some(),
        }
    }

    /// Returns whether this process is a fork of the one that started the threads, and so has none of them.
    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Runs `job` on a thread of the pool, which has one besides the caller's.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        match &self.own {
            Some(pool) => pool.spawn(job),
            None => rayon::spawn(job),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // To end threads that are not there may wait for them.
        if self.own.is_some() && self.is_forked() {
            std::mem::forget(self.own.take());
        }
    }
}

/// Returns how many threads rayon's global pool has by default.
fn asked() -> usize {
    let said = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
    said.filter(|threads| *threads > 0).unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Starts this many threads, or as many as the system does, and returns where each waits for its place in a pool, and the
/// error that stopped it. A thread whose sender is dropped ends.
fn start(
    threads: usize,
    spawn: &mut dyn FnMut(Receiver<ThreadBuilder>) -> io::Result<()>,
) -> (Vec<Sender<ThreadBuilder>>, Option<io::Error>) {
    let mut places = Vec::new();
    while places.len() < threads {
        let (place, waiting) = channel();
        if let Err(error) = spawn(waiting) {
            return (places, Some(error));
        }
        places.push(place);
    }
    (places, None)
}

fn spawn(place: Receiver<ThreadBuilder>) -> io::Result<()> {
    let thread = thread::Builder::new().spawn(move || {
        if let Ok(thread) = place.recv() {
            thread.run();
        }
    });
    thread.map(drop)
}

fn limitation(threads: usize, asked: usize, error: &io::Error) -> String {
    format!(
        "{threads} of {asked} threads, as the system starts no more ({error}); raise the limit on processes (`ulimit -u`, \
         a container's pids limit)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_the_system_does_not_start_are_done_without() {
        let refused = || io::Error::from(io::ErrorKind::WouldBlock);
        for allowed in 0..4 {
            let (mut waiting, mut left) = (Vec::new(), allowed);
            let (places, error) = start(8, &mut |place| {
                left = usize::checked_sub(left, 1).ok_or_else(refused)?;
                waiting.push(place);
                Ok(())
            });
            assert_eq!((places.len(), error.map(|error| error.kind())), (allowed, Some(io::ErrorKind::WouldBlock)));
            // Threads that get no place end.
            drop(places);
            assert!(waiting.iter().all(|place| place.recv().is_err()));
        }
        let (places, error) = start(3, &mut spawn);
        assert!(places.len() == 3 && error.is_none());
        // Nothing is asked of rayon where there would be no helper.
        let alone = Pool::of(&places[..0], Some((8, refused())));
        assert_eq!(alone.threads(), 1);
        let why = alone.present().1.unwrap();
        assert!(why.starts_with("1 of 8 threads") && why.contains("ulimit -u"), "{why}");
    }
}
