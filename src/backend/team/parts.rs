//! Who does which blocks of a job.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The most parts that the blocks of a job are in: no more threads than that have blocks of their own.
pub(super) const PARTS: usize = 64;

/// The parts that helpers begin with: each awake helper has one of its own, as long as there are enough.
#[derive(Default)]
pub(super) struct Homes(AtomicU64);

impl Homes {
    /// Returns the first part that no helper has; part 0 is the caller's, and of those who find none.
    pub(super) fn claim(&self) -> usize {
        let mut taken = self.0.load(Ordering::Relaxed);
        loop {
            let free = taken.trailing_ones();
            if free == u64::BITS {
                return 0;
            }
            match self.0.compare_exchange_weak(taken, taken | 1 << free, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return free as usize + 1,
                Err(now) => taken = now,
            }
        }
    }

    pub(super) fn release(&self, home: usize) {
        if home > 0 {
            self.0.fetch_and(!(1 << (home - 1)), Ordering::Relaxed);
        }
    }
}

/// The blocks that are still to do, in parts.
pub(super) struct Parts {
    count: AtomicUsize,
    each: [Part; PARTS],
}

/// The blocks of a part: the next one and the end. Aligned so that threads at different parts do not share a cache line, nor
/// the pair of lines that processors fetch together.
#[derive(Default)]
#[repr(align(128))]
struct Part {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Default for Parts {
    fn default() -> Self {
        Parts { count: AtomicUsize::new(0), each: std::array::from_fn(|_| Part::default()) }
    }
}

impl Parts {
    /// Makes parts of this many blocks. Only while none is taken.
    pub(super) fn deal(&self, blocks: usize, parts: usize) {
        self.count.store(parts, Ordering::Relaxed);
        for (index, part) in self.each[..parts].iter().enumerate() {
            part.next.store(index * blocks / parts, Ordering::Relaxed);
            part.end.store((index + 1) * blocks / parts, Ordering::Relaxed);
        }
    }

    /// Calls `cut` with the numbers of blocks until there are none left: those of one part, and then of the others.
    pub(super) fn take(&self, home: usize, cut: &dyn Fn(usize)) {
        let parts = self.count.load(Ordering::Relaxed);
        for turn in 0..parts {
            let part = &self.each[(home + turn) % parts];
            let end = part.end.load(Ordering::Relaxed);
            loop {
                let block = part.next.fetch_add(1, Ordering::Relaxed);
                if block >= end {
                    break;
                }
                cut(block);
            }
        }
    }
}
