//! Memory for outputs that costs nothing the second time.
//!
//! An array that a program makes anew for each result is paid for page by page: the system finds, clears and maps each of
//! its pages when it is first written. From ten million elements on, this takes several times as long as computing the
//! numbers. So keep the output and run into it again; or, where each result is handed on, take it from a [`Pool`]: an array
//! that is dropped goes back there, and the next one of its size is mapped already.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

use crate::error::{Error, Result};

/// Bytes of a huge page, of which the memory of large arrays is a multiple.
const HUGE: usize = 2 << 20;

/// Arrays that are used again.
///
/// Cloning it gives another handle of the same pool, which threads may share.
///
/// ```
/// use crossover::memory::Pool;
/// use crossover::{Kernel, open};
///
/// let mut double = open(None)?.prepare(&Kernel::parse("2*x")?)?;
/// let pool = Pool::new();
/// let x = vec![1.5; 1000];
/// for _ in 0..3 {
///     let mut out = pool.array(x.len())?;
///     double.run(&[(&x).into()], &mut out)?;
///     assert_eq!(out[999], 3.0);
///     // Dropped here, and taken again in the next round.
/// }
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Pool {
    free: Arc<Mutex<Vec<MmapMut>>>,
}

impl Pool {
    /// A pool without memory.
    pub fn new() -> Self {
        Pool::default()
    }

    /// An array of `len` elements, which begins at the start of a page. It holds zeros, or what an earlier array left there.
    ///
    /// From 2 MiB on it asks the system for huge pages, which are mapped 512 times faster than others, where there are any
    /// (on Linux, unless `/sys/kernel/mm/transparent_hugepage/enabled` says never).
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if the system does not have as much memory.
    pub fn array(&self, len: usize) -> Result<HostArray> {
        let memory = match self.take(len) {
            Some(memory) => memory,
            None => map(len)?,
        };
        Ok(HostArray { memory: Some(memory), len, pool: self.clone() })
    }

    /// The smallest free memory for as many elements: none of more than twice their size.
    fn take(&self, len: usize) -> Option<MmapMut> {
        let (bytes, mut free) = (bytes(len)?, self.free());
        let fits = |memory: &&MmapMut| memory.len() >= bytes && memory.len() / 2 <= bytes;
        let best = free.iter().filter(fits).map(|memory| memory.len()).min()?;
        let index = free.iter().position(|memory| memory.len() == best)?;
        Some(free.swap_remove(index))
    }

    /// Bytes that wait to be used again.
    pub fn cached(&self) -> usize {
        self.free().iter().map(|memory| memory.len()).sum()
    }

    /// Gives the memory that waits to be used again back to the system.
    pub fn trim(&self) {
        self.free().clear();
    }

    fn free(&self) -> MutexGuard<'_, Vec<MmapMut>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("cached", &self.cached()).finish()
    }
}

/// The memory for so many elements, in bytes: whole huge pages for a large array.
fn bytes(len: usize) -> Option<usize> {
    let bytes = len.max(1).checked_mul(size_of::<f32>())?;
    if bytes < HUGE { bytes.checked_next_power_of_two() } else { bytes.checked_next_multiple_of(HUGE) }
}

fn map(len: usize) -> Result<MmapMut> {
    let failed = |reason: String| Error::TooLarge {
        what: format!("an array of {len} elements, in bytes ({reason})"),
        needed: (len as u64).saturating_mul(size_of::<f32>() as u64),
        limit: isize::MAX as u64,
        remedy: "free memory, or run over parts of the array".to_owned(),
    };
    let bytes = bytes(len).ok_or_else(|| failed("more than addresses count".to_owned()))?;
    let memory = MmapMut::map_anon(bytes).map_err(|error| failed(error.to_string()))?;
    #[cfg(target_os = "linux")]
    if bytes >= HUGE {
        // A wish: without huge pages it is slower the first time, and that is all.
        let _ = memory.advise(memmap2::Advice::HugePage);
    }
    Ok(memory)
}

/// An array of `f32` from a [`Pool`], to which its memory returns. It is a slice.
pub struct HostArray {
    /// There until it is dropped.
    memory: Option<MmapMut>,
    len: usize,
    pool: Pool,
}

impl Deref for HostArray {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        let memory: &[u8] = self.memory.as_deref().unwrap_or_default();
        &bytemuck::cast_slice(memory)[..self.len]
    }
}

impl DerefMut for HostArray {
    fn deref_mut(&mut self) -> &mut [f32] {
        let memory: &mut [u8] = self.memory.as_deref_mut().unwrap_or_default();
        &mut bytemuck::cast_slice_mut(memory)[..self.len]
    }
}

impl Drop for HostArray {
    fn drop(&mut self) {
        self.pool.free().extend(self.memory.take());
    }
}

impl fmt::Debug for HostArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let pool = Pool::new();
        let first = pool.array(3_000_000).unwrap();
        let start = first.as_ptr();
        assert!(first.len() == 3_000_000 && first.iter().all(|x| *x == 0.0) && start.align_offset(4096) == 0);
        drop(first);
        assert_eq!(pool.cached(), 12 << 20);
        // A little less fits; a quarter would waste the rest, and two at once are two.
        let (mut less, small) = (pool.array(2_900_000).unwrap(), pool.array(700_000).unwrap());
        assert!(less.as_ptr() == start && pool.cached() == 0 && small.as_ptr() != start);
        less[2_899_999] = 1.0;
        drop((less, small));
        assert_eq!(pool.array(700_000).unwrap().len(), 700_000);
        pool.clone().trim();
        assert_eq!(pool.cached(), 0);
    }

    #[test]
    fn memory_of_more_than_twice_the_size_stays_free() {
        for (len, fits) in [(1, false), (700_000, false), (1_048_000, false), (1_600_000, true), (3_000_000, true)] {
            let pool = Pool::new();
            let large = pool.array(3_000_000).unwrap();
            let start = large.as_ptr();
            drop(large);
            let next = pool.array(len).unwrap();
            assert_eq!(next.as_ptr() == start, fits, "12 MiB for {len} elements");
            assert_eq!(pool.cached(), if fits { 0 } else { 12 << 20 }, "{len} elements");
        }
    }

    #[test]
    fn nothing_and_too_much() {
        assert!(Pool::new().array(0).unwrap().is_empty());
        for len in [usize::MAX, usize::MAX / 4, 1 << 60] {
            let error = Pool::new().array(len).unwrap_err();
            assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        }
    }
}
