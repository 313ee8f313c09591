//! A caller and its helpers, who share the blocks of one job after the other.
//!
//! 1. The caller puts its job on the board and begins with the first blocks itself.
//! 2. Helpers run on the threads of a rayon pool. One that is awake sees the job, joins, and takes blocks until none is left:
//!    first those of its own part of the array, which lie in its core's cache from the last job, then those of others.
//! 3. The caller, out of blocks, closes the job and waits for the helpers that have joined. Those that have not, no longer
//!    can, so that nobody waits for a thread to wake up.
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

use self::parts::{Homes, PARTS, Parts};
use self::pool::Pool;
use self::state::State;

/// How long a helper without work stays awake.
pub(super) const AWAKE: Duration = Duration::from_micros(200);

/// Looks at the board between two at the clock and at the pool's other work.
const LOOKS: u32 = 64;

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

    /// How many threads share a job: the caller is one of them.
    pub(super) fn threads(&self) -> usize {
        if self.own.is_none() && rayon::current_thread_index().is_some() {
            return rayon::current_num_threads();
        }
        self.pool().threads()
    }

    /// Returns why there are fewer threads than there should be, if there are.
    pub(super) fn limitation(&self) -> Option<String> {
        self.pool().limitation()
    }

    /// Whether this is one of the pool's threads.
    pub(super) fn is_inside(&self) -> bool {
        match &self.own {
            Some(pool) => pool.is_inside(),
            None => rayon::current_thread_index().is_some(),
        }
    }

    /// Calls `body` where rayon's own methods use the pool's threads.
    pub(super) fn install<R: Send>(&self, body: impl FnOnce() -> R + Send) -> R {
        match &self.own {
            Some(pool) => pool.install(body),
            None => body(),
        }
    }

    /// Whether a helper is awake.
    pub(super) fn is_awake(&self) -> bool {
        self.board.awake.load(Ordering::Relaxed) > 0
    }

    /// Calls `body` once for each block of `data`, with the number of its first element and the block: on the caller's
    /// thread and those of helpers. Gives how many helped; nothing, having done nothing, if another caller's job is on the
    /// board.
    ///
    /// # Panics
    ///
    /// If `body` does. Every thread has left it then.
    pub(super) fn share<T: Send>(
        &self,
        data: &mut [T],
        block: usize,
        body: &(dyn Fn(usize, &mut [T]) + Sync),
    ) -> Option<usize> {
        let _turn = match self.board.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let (len, blocks) = (data.len(), data.len().div_ceil(block));
        let threads = self.threads().min(blocks);
        let all = Shared(data.as_mut_ptr());
        let cut = |index: usize| {
            let all = &all;
            let from = index * block;
            // SAFETY: `Parts` gives each number below `blocks` once, so that this block is nobody else's; it lies within
            // `data`, which is borrowed mutably until `run` returns, and by then nobody takes blocks any longer.
            let part = unsafe { std::slice::from_raw_parts_mut(all.0.add(from), block.min(len - from)) };
            body(from, part);
        };
        self.board.parts.deal(blocks, threads.min(PARTS));
        self.wake(threads - 1);
        Some(self.board.run(threads - 1, &|home| self.board.parts.take(home, &cut)))
    }

    /// Sees to it that so many helpers are awake, or soon will be.
    fn wake(&self, wanted: usize) {
        let missing = wanted.saturating_sub(self.board.awake.load(Ordering::Relaxed));
        if missing == 0 {
            return;
        }
        self.board.awake.fetch_add(missing, Ordering::Relaxed);
        let board = self.board.clone();
        self.pool().spawn(move || help(&board, missing - 1));
    }
}

/// A pointer that threads share.
struct Shared<T>(*mut T);

// SAFETY: it is used to make slices that do not overlap, of elements that may be sent to other threads.
unsafe impl<T: Send> Sync for Shared<T> {}

thread_local! {
    /// Whether this thread is a helper.
    static HELPS: Cell<bool> = const { Cell::new(false) };
}

/// What a helper does: it wakes the `others` that are still missing, and then looks out for jobs.
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

/// Where a caller leaves its job.
#[derive(Default)]
struct Board {
    /// Held by the caller whose job it is.
    turn: Mutex<()>,
    state: State,
    /// How many may join.
    room: AtomicUsize,
    /// The job, while it is open or helpers are at it.
    job: Mutex<Option<&'static Job>>,
    /// What a helper's part of the job panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// How many helpers are awake or being woken.
    awake: AtomicUsize,
    homes: Homes,
    parts: Parts,
}

impl Board {
    /// Runs a job on this thread and on helpers, as many as there is room for. Gives how many helped. Only the holder of the
    /// turn calls it.
    fn run(&self, room: usize, job: &(dyn Fn(usize) + Sync)) -> usize {
        // SAFETY: the lifetime is made longer than it is. Helpers call the job between joining and finishing; `Closing`
        // returns, or lets a panic out, only after those that joined have finished and when no other can join. So nobody
        // has the job when `run` ends, and until then it is borrowed.
        let lasting = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static Job>(job) };
        *lock(&self.job) = Some(lasting);
        // Of a job whose caller had a panic of its own.
        *lock(&self.panic) = None;
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
        let job = *lock(&self.job);
        if let Some(Err(panic)) = job.map(|job| catch_unwind(AssertUnwindSafe(|| job(home)))) {
            *lock(&self.panic) = Some(panic);
        }
        self.state.finish();
    }
}

/// What is locked here is only ever replaced as a whole, so that a panic leaves it in order.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the job when the caller is done with it, be it by a panic. To close it twice does no harm.
struct Closing<'a>(&'a Board);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state.close();
        *lock(&self.0.job) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew(threads: usize) -> Crew {
        Crew::new(Some(Pool::own(threads).unwrap()))
    }

    #[test]
    fn every_block_is_done_once() {
        let crew = crew(3);
        for len in [1, 2, 63, 64, 65, 1000, 4096] {
            // Asleep at first, and awake from then on.
            for block in [1, 7, 64, 5000, 7, 7, 7] {
                let mut data = vec![0_u32; len];
                let shared = crew.share(&mut data, block, &|from, part| {
                    assert!(from % block == 0 && (part.len() == block || from + part.len() == len));
                    part.iter_mut().for_each(|count| *count += 1);
                });
                assert!(shared.is_some() && data.iter().all(|count| *count == 1), "{len} in blocks of {block}");
            }
        }
    }

    #[test]
    fn one_caller_at_a_time_has_the_crew() {
        let (crew, busy) = (crew(2), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let mut data = [0_u32; 100];
                        if crew.share(&mut data, 10, &|_, part| part.iter_mut().for_each(|count| *count += 1)).is_some()
                        {
                            assert_eq!(data, [1; 100]);
                        } else {
                            assert_eq!(data, [0; 100]);
                            busy.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        println!("busy {} of 8000 times", busy.into_inner());
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_crew_goes_on() {
        let crew = crew(2);
        for _ in 0..50 {
            let mut data = [0_u32; 64];
            let panics = |from: usize, _: &mut [u32]| assert!(from != 40, "block 40");
            let caught = catch_unwind(AssertUnwindSafe(|| crew.share(&mut data, 1, &panics)));
            let message = caught.unwrap_err();
            assert_eq!(message.downcast_ref::<&str>(), Some(&"block 40"));
            assert!(crew.share(&mut data, 1, &|_, part| part[0] += 1).is_some());
            assert_eq!(data, [1; 64]);
        }
    }
}
