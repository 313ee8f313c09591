//! The device's memory: buffers that are used again.
//!
//! A buffer that is no longer held goes back to the pool, and the next one of its kind and about its size comes from
//! there: to make one costs the driver's time, and a page fault for each page. What a buffer held before, its next user must
//! overwrite. On the device this is in order by itself, since one queue does one thing after the other.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::identity::Identity;
use crate::error::{Error, Result};

/// The number of buffers that are cached at most, whatever their size: as many as were ever in use at a time, within these
/// bounds. Each buffer that is asked for is searched for among them.
const CACHED_BUFFERS: RangeInclusive<usize> = 64..=1024;

/// How much of the device's memory a [`Gpu`](crate::Gpu) and its clones have, in bytes and in buffers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct GpuMemory {
    /// Bytes asked of the driver and not given back: those in use and those cached.
    pub allocated: u64,
    /// Bytes that arrays, compiled kernels and prepared ones hold.
    pub in_use: u64,
    /// Bytes that are kept for the next that needs some.
    pub cached: u64,
    /// The most that was ever allocated at a time.
    pub peak: u64,
    /// Buffers that are held.
    pub buffers_in_use: usize,
    /// Buffers that are kept.
    pub buffers_cached: usize,
    /// Buffers that were ever made.
    pub buffers_made: u64,
}

/// Buffers in use are counted, others kept.
#[derive(Default)]
pub(super) struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    memory: GpuMemory,
    /// The most bytes and buffers that were ever in use at a time, which bound what is cached.
    most_in_use: u64,
    most_buffers: usize,
    limit: Option<u64>,
    /// The buffer that was used longest ago comes first.
    idle: VecDeque<Idle>,
}

pub(super) struct Idle {
    pub(super) buffer: wgpu::Buffer,
    pub(super) size: u64,
}

/// A buffer of the pool's, or of the host application's.
pub(super) struct Allocation {
    buffer: wgpu::Buffer,
    /// The device that it is on.
    identity: Identity,
    /// Where it goes back to, and its size as it was counted.
    pool: Option<(Arc<Pool>, u64)>,
    /// Whether the pool may not give it to others: commands that were not submitted here may still use it, or it is mapped.
    spent: AtomicBool,
}

impl Allocation {
    /// Creates a buffer of somebody else's.
    pub(super) fn borrowed(identity: Identity, buffer: wgpu::Buffer) -> Self {
        Allocation { buffer, identity, pool: None, spent: AtomicBool::new(false) }
    }

    /// Creates a buffer of the pool's, which counts `size` bytes for it.
    pub(super) fn pooled(identity: Identity, buffer: wgpu::Buffer, pool: &Arc<Pool>, size: u64) -> Self {
        Allocation { buffer, identity, pool: Some((pool.clone(), size)), spent: AtomicBool::new(false) }
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Keeps the buffer from being used again by others.
    pub(super) fn spend(&self) {
        self.spent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        if let Some((pool, size)) = self.pool.take() {
            let spent = self.spent.load(Ordering::Relaxed);
            pool.put((!spent).then(|| self.buffer.clone()), size);
        }
    }
}

impl std::fmt::Debug for Allocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Allocation").field("size", &self.buffer.size()).field("pooled", &self.pool.is_some()).finish()
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.memory().fmt(f)
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn memory(&self) -> GpuMemory {
        self.state().memory
    }

    pub(super) fn set_limit(&self, limit: Option<u64>) {
        let mut state = self.state();
        state.limit = limit;
        // What is cached counts, too.
        let most = limit.unwrap_or(u64::MAX).saturating_sub(state.memory.in_use);
        state.shrink(most);
    }

    /// Returns how many bytes more may be in use.
    pub(super) fn room(&self) -> u64 {
        let state = self.state();
        state.limit.map_or(u64::MAX, |limit| limit.saturating_sub(state.memory.in_use))
    }

    /// Returns the driver back what is cached.
    pub(super) fn trim(&self) {
        self.state().shrink(0);
    }

    /// Returns a cached buffer of at least `size` bytes, or if there is none, counts a new one of `size`.
    pub(super) fn take(&self, size: u64, usage: wgpu::BufferUsages) -> Result<Option<Idle>> {
        let mut state = self.state();
        let found = state.find(size, usage);
        if found.is_none() {
            state.reserve(size)?;
        }
        Ok(found)
    }

    /// Takes back a buffer, or the count of one that is not to be used again.
    pub(super) fn put(&self, buffer: Option<wgpu::Buffer>, size: u64) {
        let mut state = self.state();
        state.memory.in_use -= size;
        state.memory.buffers_in_use -= 1;
        if let Some(buffer) = buffer {
            state.memory.cached += size;
            state.memory.buffers_cached += 1;
            state.idle.push_back(Idle { buffer, size });
        }
        // As much is kept as was once in use, so that what is needed again and again is there, and no more than twice that is
        // allocated; and nothing above the limit.
        let most = state.limit.unwrap_or(u64::MAX).saturating_sub(state.memory.in_use).min(state.most_in_use);
        state.shrink(most);
        state.count();
    }
}

impl State {
    /// Keeps at most this many bytes, and no more buffers than [`CACHED_BUFFERS`] allows.
    fn shrink(&mut self, most: u64) {
        let buffers = self.most_buffers.clamp(*CACHED_BUFFERS.start(), *CACHED_BUFFERS.end());
        while self.memory.cached > most || self.memory.buffers_cached > buffers {
            let Some(idle) = self.idle.pop_front() else { break };
            self.forget(&idle);
        }
        self.count();
    }

    /// Counts a buffer as no longer cached.
    fn forget(&mut self, idle: &Idle) {
        self.memory.cached -= idle.size;
        self.memory.buffers_cached -= 1;
    }

    fn count(&mut self) {
        let memory = &mut self.memory;
        memory.allocated = memory.in_use + memory.cached;
        memory.peak = memory.peak.max(memory.allocated);
        self.most_in_use = self.most_in_use.max(memory.in_use);
        self.most_buffers = self.most_buffers.max(memory.buffers_in_use);
    }

    /// Counts a buffer as in use.
    fn uses(&mut self, size: u64) {
        self.memory.in_use += size;
        self.memory.buffers_in_use += 1;
        self.count();
    }

    /// Returns the smallest of the buffers that fit and are not much too large.
    fn find(&mut self, size: u64, usage: wgpu::BufferUsages) -> Option<Idle> {
        let fits = |idle: &Idle| idle.buffer.usage() == usage && (size..=size.saturating_mul(2)).contains(&idle.size);
        let fitting = self.idle.iter().enumerate().filter(|(_, idle)| fits(idle));
        let (index, _) = fitting.min_by_key(|(_, idle)| idle.size)?;
        let idle = self.idle.remove(index)?;
        self.forget(&idle);
        self.uses(idle.size);
        Some(idle)
    }

    /// Counts a new buffer as in use, for which what is cached makes room.
    fn reserve(&mut self, size: u64) -> Result<()> {
        if let Some(limit) = self.limit {
            let needed = self.memory.in_use.saturating_add(size);
            if needed > limit {
                return Err(Error::TooLarge {
                    what: "memory on the GPU, in bytes,".to_owned(),
                    needed,
                    limit,
                    remedy: "drop arrays, or raise it with `Gpu::set_limit`".to_owned(),
                });
            }
            self.shrink(limit - needed);
        }
        self.uses(size);
        self.memory.buffers_made += 1;
        Ok(())
    }
}

/// Returns the size of `len` numbers.
pub(super) fn bytes(len: usize) -> u64 {
    len as u64 * size_of::<f32>() as u64
}

/// Returns a part of a buffer, to be bound.
pub(super) fn part(buffer: &wgpu::Buffer, offset: u64, size: u64) -> wgpu::BindingResource<'_> {
    wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(size) })
}

/// Returns the size of the buffer that is made for this many bytes: the next of eight steps between powers of two, so that a
/// buffer serves other sizes, too, and at most an eighth of it is for nothing.
pub(super) fn class(bytes: u64) -> u64 {
    const LEAST: u64 = 256;
    let bytes = bytes.max(LEAST);
    bytes.next_multiple_of((bytes.next_power_of_two() / 16).max(LEAST))
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn a_class_wastes_at_most_an_eighth_of_a_buffer() {
        assert_eq!([0, 1, 256, 257, 4096, 4097].map(class), [256, 256, 256, 512, 4096, 4608]);
        for bytes in (2048..1 << 20).step_by(37) {
            let class = class(bytes);
            assert!(class >= bytes && class - bytes <= bytes / 8, "{bytes} has {class}");
            assert_eq!(class % 256, 0);
        }
    }
}
