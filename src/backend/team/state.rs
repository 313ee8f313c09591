//! The state of a job, shared by a caller and its helpers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Looks at the board between two at the clock and at the pool's other work.
pub(super) const LOOKS: u32 = 64;

/// In one word: the number of the job, whether it is open, how many helpers have joined, and how many of these have finished.
#[derive(Default)]
pub(super) struct State(AtomicU64);

const FINISHED: u64 = 1;
const JOINED: u64 = 1 << 16;
const OPEN: u64 = 1 << 32;
const NUMBER: u64 = 1 << 33;

impl State {
    /// Returns the number of the last job.
    pub(super) fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / NUMBER
    }

    /// Opens the next job: who joins it sees all that was written before.
    pub(super) fn open(&self) {
        let next = self.number().wrapping_add(1);
        self.0.store(next.wrapping_mul(NUMBER) | OPEN, Ordering::Release);
    }

    /// Joins the job that is open, unless it is the one of the number `done`, or full. Returns its number.
    pub(super) fn join(&self, done: u64, room: &AtomicUsize) -> Option<u64> {
        let state = self.0.load(Ordering::Acquire);
        let (number, joined) = (state / NUMBER, state % OPEN / JOINED);
        // The room is that of this job as long as the state stays the same.
        if number == done || state & OPEN == 0 || joined as usize >= room.load(Ordering::Relaxed) {
            return None;
        }
        let joined = self.0.compare_exchange(state, state + JOINED, Ordering::AcqRel, Ordering::Relaxed);
        joined.is_ok().then_some(number)
    }

    /// Leaves the job: the caller sees all that was written before.
    pub(super) fn finish(&self) {
        self.0.fetch_add(FINISHED, Ordering::Release);
    }

    /// Closes the job, and waits for those that have joined it. Returns how many there were.
    pub(super) fn close(&self) -> usize {
        let mut state = self.0.fetch_and(!OPEN, Ordering::AcqRel) & !OPEN;
        let mut looks = 0;
        while state % OPEN / JOINED != state % JOINED {
            looks += 1;
            // The wait is as long as a block at most, unless a helper's core is given to another thread.
            if looks % LOOKS == 0 {
                std::thread::yield_now()
            } else {
                std::hint::spin_loop()
            }
            state = self.0.load(Ordering::Acquire);
        }
        (state % JOINED) as usize
    }
}
