//! Reusable memory for outputs.
//!
//! The system allocates, clears and maps each page of a new array when it is first written. At ten million elements or more
//! this takes several times as long as computing the numbers. So reuse the output; or, where each result is passed on, take
//! it from a [`Pool`]: the memory of a dropped array returns to the pool, and the next array of its size is mapped already.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

use crate::error::{Error, Result};
use crate::kernel::arg::Arg;
use crate::kernel::view::Out;

/// The size of a huge page; the memory of large arrays is a multiple of it.
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// A pool of reusable arrays.
///
/// A clone is another handle to the same pool, and may be used on another thread.
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
///     // Dropped here, and reused in the next iteration.
/// }
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Pool {
    free: Arc<Mutex<Vec<MmapMut>>>,
}

impl Pool {
    /// Creates an empty pool.
    pub fn new() -> Self {
        Pool::default()
    }

    /// Returns an array of `len` elements, aligned to a page. It contains zeros, or the elements of an earlier array.
    ///
    /// Arrays of 2 MiB or more use huge pages where the system has them (on Linux, unless
    /// `/sys/kernel/mm/transparent_hugepage/enabled` is `never`): one page is mapped instead of 512.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if the system does not have enough memory.
    pub fn array(&self, len: usize) -> Result<HostArray> {
        let memory = match self.take(len) {
            Some(memory) => memory,
            None => map(len)?,
        };
        Ok(HostArray { memory: Some(memory), len, pool: self.clone() })
    }

    /// Takes the smallest free memory for `len` elements that is at most twice as large as needed.
    fn take(&self, len: usize) -> Option<MmapMut> {
        let (bytes, mut free) = (bytes(len)?, self.free());
        let fits = |memory: &&MmapMut| memory.len() >= bytes && memory.len() / 2 <= bytes;
        let best = free.iter().filter(fits).map(|memory| memory.len()).min()?;
        let index = free.iter().position(|memory| memory.len() == best)?;
        Some(free.swap_remove(index))
    }

    /// Returns the number of idle bytes.
    pub fn cached(&self) -> usize {
        self.free().iter().map(|memory| memory.len()).sum()
    }

    /// Returns the idle memory to the system.
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

/// Returns the size of the memory for `len` elements in bytes, in whole huge pages for a large array.
fn bytes(len: usize) -> Option<usize> {
    let bytes = len.max(1).checked_mul(size_of::<f32>())?;
    match bytes < HUGE_PAGE_BYTES {
        true => bytes.checked_next_power_of_two(),
        false => bytes.checked_next_multiple_of(HUGE_PAGE_BYTES),
    }
}

fn map(len: usize) -> Result<MmapMut> {
    let failed = |reason: String| Error::TooLarge {
        what: format!("an array of {len} elements, in bytes ({reason})"),
        needed: (len as u64).saturating_mul(size_of::<f32>() as u64),
        limit: isize::MAX as u64,
        remedy: "free memory, or run over parts of the array".to_owned(),
    };
    let bytes = bytes(len).ok_or_else(|| failed("more than the address space".to_owned()))?;
    let memory = MmapMut::map_anon(bytes).map_err(|error| failed(error.to_string()))?;
    #[cfg(target_os = "linux")]
    if bytes >= HUGE_PAGE_BYTES {
        // A hint: without huge pages, only the first use is slower.
        let _ = memory.advise(memmap2::Advice::HugePage);
    }
    Ok(memory)
}

/// An array of `f32` from a [`Pool`], to which its memory returns when it is dropped. Dereferences to a slice.
pub struct HostArray {
    /// `Some` until the array is dropped.
    memory: Option<MmapMut>,
    len: usize,
    pool: Pool,
}

impl<'a> From<&'a mut HostArray> for Out<'a> {
    fn from(array: &'a mut HostArray) -> Self {
        (&mut array[..]).into()
    }
}

impl<'a> From<&'a HostArray> for Arg<'a> {
    fn from(array: &'a HostArray) -> Self {
        (&array[..]).into()
    }
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
