//! A caller and its helpers, who share the blocks of one job after the other.
//!
//! 1. The caller puts its job on the board and begins with the first blocks itself.
//! 2. Helpers run on the threads of a rayon pool. One that is awake sees the job, joins, and takes blocks until none is left:
//!    first those of its own part of the array, which lie in its core's cache from the last job, then those of others.
//! 3. The caller, out of blocks, closes the job and waits for the helpers that have joined. Those that have not, no longer
//!    can, so that no caller waits for a thread to wake up.
//!    A caller who finds another's job on the board does not wait either, but works alone: the pool's threads may be busy with
//!    other work, or, after a fork, not be there at all.
//! 4. For a while a helper looks out for the next job (and for other work of its pool); then its thread is the pool's again.
//!
//! A job costs less than a microsecond while helpers are awake; to wake one takes ten times as long.
#![allow(unsafe_code, reason = "threads that outlive a job borrow it, and share one output")]

mod parts;
pub(super) mod pool;
mod state;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use self::parts::{Homes, PARTS, Parts};
use self::pool::Pool;
use self::state::{LOOKS, State};
use crate::kernel::cpu::part::{Divide, cut};

/// The time for which a helper without work stays awake.
pub(super) const AWAKE: Duration = Duration::from_micros(200);

/// Threads that share jobs.
pub(super) struct Crew {
    /// Where the helpers come from: a pool of its own, or none for rayon's global one.
    own: Option<Pool>,
    board: Arc<Board>,
}

impl Crew {
    pub(super) fn new(own: Option<Pool>) -> Self {
        Crew { own, board: Arc::default() }
    }

    fn pool(&self) -> &Pool {
        self.own.as_ref().unwrap_or_else(|| Pool::global())
    }

    /// Returns how many threads share a job: the caller is one of them.
    pub(super) fn threads(&self) -> usize {
        if self.is_on_rayon() { rayon::current_num_threads() } else { self.pool().threads() }
    }

    /// Returns how many threads there are for a caller who asks now, and why there are fewer than there should be, if there
    /// are. Slower than [`threads`](Crew::threads), which a fork does not change.
    pub(super) fn present(&self) -> (usize, Option<String>) {
        if self.is_on_rayon() { (self.threads(), None) } else { self.pool().present() }
    }

    /// Returns whether the caller is on one of the pool's threads, where it shares work as rayon does. A fork of such a
    /// thread has none to share it with.
    pub(super) fn is_inside(&self) -> bool {
        let (inside, pool) = match &self.own {
            Some(pool) => (pool.is_inside(), Some(pool)),
            None => (rayon::current_thread_index().is_some(), Pool::started()),
        };
        inside && !pool.is_some_and(Pool::is_forked)
    }

    /// Returns whether the pool is the one whose thread the caller is on, whichever that is.
    fn is_on_rayon(&self) -> bool {
        self.own.is_none() && rayon::current_thread_index().is_some()
    }

    /// Returns whether a helper is awake.
    pub(super) fn is_awake(&self) -> bool {
        self.board.awake.load(Ordering::Relaxed) > 0
    }

    /// Calls `body` once for each block of elements: on the caller's thread and those of helpers. On a thread of the pool, work
    /// is shared as rayon does; while another caller's job is on the board, the caller works alone, since waiting for a thread
    /// could last for ever. Returns whether any helped.
    ///
    /// # Panics
    ///
    /// If `body` does. Every thread has left it then.
    pub(super) fn divide<D: Divide>(&self, data: D, block: usize, body: impl Fn(D::Part) + Sync + Send) -> bool {
        let blocks = data.len().div_ceil(block);
        // SAFETY: each number below the count of blocks is given once, by `Parts`, by rayon or by the loop.
        let cut = unsafe { cut(data, block, body) };
        if self.is_inside() {
            (0..blocks).into_par_iter().for_each(&cut);
            return true;
        }
        match self.share(blocks, &cut) {
            Some(helpers) => helpers > 0,
            None => {
                (0..blocks).for_each(cut);
                false
            }
        }
    }

    /// Calls `cut` once for each number below `blocks`, on the caller's thread and those of helpers. Returns how many helped, or
    /// `None`, having done nothing, if another caller's job is on the board.
    ///
    /// # Panics
    ///
    /// If `cut` does. Every thread has left it then.
    fn share(&self, blocks: usize, cut: &(dyn Fn(usize) + Sync)) -> Option<usize> {
        let _turn = match self.board.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let threads = self.threads().min(blocks).max(1);
        self.board.parts.deal(blocks, threads.min(PARTS));
        self.wake(threads - 1);
        Some(self.board.run(threads - 1, &|home| self.board.parts.take(home, cut)))
    }

    /// Shares the blocks of an array, as [`divide`](Crew::divide) does if no other caller's job is on the board.
    #[cfg(test)]
    fn share_slice<T: Send>(
        &self,
        data: &mut [T],
        block: usize,
        body: &(dyn Fn(usize, &mut [T]) + Sync),
    ) -> Option<usize> {
        let (blocks, all) = (data.len().div_ceil(block), crate::kernel::cpu::part::Slices::from(data));
        // SAFETY: `share` gives each number once.
        self.share(blocks, &unsafe { cut(&all, block, |(from, part)| body(from, part)) })
    }

    /// Gives the pool other work.
    #[cfg(test)]
    pub(super) fn occupy(&self, work: impl FnOnce() + Send + 'static) {
        self.pool().spawn(work);
    }

    /// Wakes helpers until this many are awake or being woken.
    fn wake(&self, wanted: usize) {
        let missing = wanted.saturating_sub(self.board.awake.load(Ordering::Relaxed));
        // After a fork the helpers that count as awake are gone, too: then the job is done without them.
        if missing == 0 || self.pool().is_forked() {
            return;
        }
        self.board.awake.fetch_add(missing, Ordering::Relaxed);
        let board = self.board.clone();
        self.pool().spawn(move || help(&board, missing - 1));
    }
}

thread_local! {
    /// Whether this thread is a helper.
    static HELPS: Cell<bool> = const { Cell::new(false) };
}

/// Runs a helper, which wakes `others` more and then waits for jobs.
fn help(board: &Arc<Board>, others: usize) {
    if HELPS.get() {
        // A helper that looked for the pool's other work has found another helper, who is wanted on another thread.
        let board = board.clone();
        return rayon::spawn(move || help(&board, others));
    }
    HELPS.set(true);
    // Half of them are woken by the first of these, so that waking many takes few steps one after the other.
    for missing in [others.div_ceil(2), others / 2] {
        if missing > 0 {
            let board = board.clone();
            rayon::spawn(move || help(&board, missing - 1));
        }
    }
    let home = board.homes.claim();
    // The job that it was woken for may be open yet.
    let mut done = board.state.number().wrapping_sub(1);
    let mut since = Instant::now();
    while since.elapsed() < AWAKE {
        let before = done;
        for _ in 0..LOOKS {
            board.join(&mut done, home);
            std::hint::spin_loop();
        }
        if done != before {
            since = Instant::now();
        }
        // The pool may have other work, and the core another thread.
        let _ = rayon::yield_now();
        std::thread::yield_now();
    }
    board.homes.release(home);
    board.awake.fetch_sub(1, Ordering::Relaxed);
    HELPS.set(false);
}

/// A job: it takes the number of the part to begin with.
type Job = dyn Fn(usize) + Sync;

/// The state that a caller shares with its helpers.
#[derive(Default)]
struct Board {
    /// Held by the caller whose job it is.
    turn: Mutex<()>,
    state: State,
    /// The number of helpers that may still join.
    room: AtomicUsize,
    /// The job, while it is open or helpers are at it.
    job: Mutex<Option<&'static Job>>,
    /// The payload of a helper's panic.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// The number of helpers that are awake or being woken.
    awake: AtomicUsize,
    homes: Homes,
    parts: Parts,
}

impl Board {
    /// Runs a job on this thread and on helpers, as many as there is room for. Returns how many helped. Only the holder of the
    /// turn calls it.
    fn run(&self, room: usize, job: &(dyn Fn(usize) + Sync)) -> usize {
        // SAFETY: the lifetime is made longer than it is. Helpers call the job between joining and finishing; `Closing`
        // returns, or lets a panic out, only after those that joined have finished and when no other can join. So nobody
        // has the job when `run` ends, and until then it is borrowed.
        let lasting = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static Job>(job) };
        *lock(&self.job) = Some(lasting);
        // Of a job whose caller had a panic of its own.
        discard(lock(&self.panic).take());
        self.room.store(room, Ordering::Relaxed);
        self.state.open();
        let closing = Closing(self);
        job(0);
        let helpers = self.state.close();
        drop(closing);
        if let Some(panic) = lock(&self.panic).take() {
            resume_unwind(panic);
        }
        helpers
    }

    /// Helps with the open job, if it is another one than that of the number `done`.
    fn join(&self, done: &mut u64, home: usize) {
        let Some(number) = self.state.join(*done, &self.room) else { return };
        *done = number;
        let _finishing = Finishing(self);
        let job = *lock(&self.job);
        if let Some(Err(panic)) = job.map(|job| catch_unwind(AssertUnwindSafe(|| job(home)))) {
            discard(lock(&self.panic).replace(panic));
        }
    }
}

/// Leaves the job when a helper is done with it, whatever happens.
struct Finishing<'a>(&'a Board);

impl Drop for Finishing<'_> {
    fn drop(&mut self) {
        self.0.state.finish();
    }
}

/// Drops the payload of a panic, which may itself panic.
fn discard(panic: Option<Box<dyn Any + Send>>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(another);
    }
}

/// Locks a mutex, poisoned or not: its value is only ever replaced as a whole, so that a panic leaves it valid.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the job when the caller is done with it or panics. Closing it twice has no effect.
struct Closing<'a>(&'a Board);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state.close();
        *lock(&self.0.job) = None;
    }
}

#[cfg(test)]
mod tests;
