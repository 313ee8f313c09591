//! A GPU: its [`Link`], and the memory and compiled shaders that it keeps.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::fault::Faults;
use super::link::Link;
use super::memory::{Allocation, GpuMemory, Pool, class};
use super::pipeline::{Pipeline, Pipelines};
use crate::backend::{CHUNK, Device};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::wgsl::Shape;

/// A GPU that runs kernels. Cloning it is cheap, and the clones share the device.
#[derive(Clone, Debug)]
pub struct Gpu {
    inner: Arc<Inner>,
    /// Shared by clones, but for those with a chunk of their own.
    chunk: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Inner {
    link: Link,
    about: Device,
    /// Whether the host may map any buffer, since the device shares its memory.
    shares_memory: bool,
    pool: Arc<Pool>,
    pipelines: Pipelines,
    /// The memory that kernels keep between runs.
    idles: Mutex<Vec<Weak<dyn Release>>>,
    /// The buffer that is bound in place of an array for a scalar input.
    placeholder: OnceLock<Allocation>,
}

impl Gpu {
    pub(super) fn new(device: wgpu::Device, queue: wgpu::Queue, faults: Arc<Faults>) -> Gpu {
        let about = device.adapter_info();
        let inner = Inner {
            shares_memory: device.features().contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS) && shares(&about),
            about: describe(&about),
            link: Link::new(device, queue, faults),
            pool: Arc::default(),
            pipelines: Pipelines::default(),
            idles: Mutex::default(),
            placeholder: OnceLock::new(),
        };
        Gpu { inner: Arc::new(inner), chunk: Arc::new(AtomicUsize::new(CHUNK)) }
    }

    pub(super) fn link(&self) -> &Link {
        &self.inner.link
    }

    pub(super) fn about(&self) -> &Device {
        &self.inner.about
    }

    /// Returns the device, as `wgpu` knows it.
    pub fn device(&self) -> &wgpu::Device {
        self.link().device()
    }

    /// Returns the device's queue.
    pub fn queue(&self) -> &wgpu::Queue {
        self.link().queue()
    }

    /// Sets the maximum number of elements of the host's arrays that are sent to the device at a time, 2 Mi by default. The
    /// device's limits may lower it. Several such chunks are in flight at once.
    pub fn set_chunk(&self, elements: usize) {
        self.chunk.store(elements.max(1), Ordering::Relaxed);
        self.empty_idles();
    }

    /// Returns the same device with a [chunk](Gpu::set_chunk) of its own: what is set here is not set there, and what was set
    /// there stays. Kernels of both may run interleaved, each with its own memory for streaming.
    pub fn with_chunk(&self, elements: usize) -> Gpu {
        Gpu { inner: self.inner.clone(), chunk: Arc::new(AtomicUsize::new(elements.max(1))) }
    }

    pub(super) fn chunk(&self) -> usize {
        self.chunk.load(Ordering::Relaxed)
    }

    /// Sets for how long a call waits for the device before it fails with [`Error::Timeout`](crate::Error::Timeout); none,
    /// the default, is for as long as it takes.
    pub fn set_timeout(&self, timeout: Option<Duration>) {
        self.link().set_timeout(timeout);
    }

    pub(super) fn limits(&self) -> &wgpu::Limits {
        self.link().limits()
    }

    /// Returns the step in which a binding may begin, in bytes.
    pub(super) fn alignment(&self) -> u64 {
        u64::from(self.limits().min_storage_buffer_offset_alignment)
    }

    pub(super) fn shares_memory(&self) -> bool {
        self.inner.shares_memory
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.inner.pool
    }

    pub(super) fn placeholder(&self) -> Result<&Allocation> {
        if let Some(placeholder) = self.inner.placeholder.get() {
            return Ok(placeholder);
        }
        let new = self.allocate(1, wgpu::BufferUsages::STORAGE)?;
        Ok(self.inner.placeholder.get_or_init(|| new))
    }

    /// Returns the shader of a kernel, compiled now or earlier.
    pub(super) fn pipeline(&self, kernel: &Kernel, shape: &Shape) -> Result<Pipeline> {
        self.inner.pipelines.get(self.link(), kernel, shape)
    }

    #[cfg(test)]
    pub(super) fn pipelines_kept(&self) -> usize {
        self.inner.pipelines.len()
    }

    /// Remembers memory that is kept between runs, to empty it when memory runs short.
    pub(super) fn remember(&self, idle: Weak<dyn Release>) {
        let mut all = self.inner.idles.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|idle| idle.strong_count() > 0);
        all.push(idle);
    }

    /// Releases the memory that kernels keep between runs.
    fn empty_idles(&self) {
        let all = self.inner.idles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter().filter_map(Weak::upgrade).for_each(|idle| idle.release());
    }

    /// Returns how much of the device's memory this GPU and its clones use at present.
    ///
    /// Memory of the host application and of the driver is not counted.
    pub fn memory(&self) -> GpuMemory {
        self.pool().memory()
    }

    /// Returns cached memory and compiled kernels to the driver.
    pub fn trim(&self) {
        self.empty_idles();
        self.inner.pipelines.clear();
        self.pool().trim();
        // The driver frees it when the device is polled next.
        _ = self.link().poll(wgpu::PollType::Poll);
    }

    /// Sets the maximum number of bytes of the device's memory that may be allocated at a time; `None` is no limit. With a low
    /// limit, runs on arrays of the host use smaller chunks.
    ///
    /// Memory that is already in use stays allocated.
    pub fn set_limit(&self, bytes: Option<u64>) {
        self.pool().set_limit(bytes);
    }

    /// Returns a buffer with room for this many bytes at least.
    pub(super) fn allocate(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<Allocation> {
        let limit = self.limits().max_buffer_size;
        if bytes > limit {
            return Err(Error::TooLarge {
                what: format!("an array of {} elements on the GPU, in bytes,", bytes / size_of::<f32>() as u64),
                needed: bytes,
                limit,
                remedy: "run it from the host, which sends it in chunks, or in parts".to_owned(),
            });
        }
        let (pool, size) = (self.pool(), class(bytes).min(limit));
        let idle = match pool.take(size, usage) {
            // What kernels keep between runs makes room for what is needed now.
            Err(_) => {
                self.empty_idles();
                pool.take(size, usage)?
            }
            Ok(idle) => idle,
        };
        let (buffer, size) = match idle {
            Some(idle) => (idle.buffer, idle.size),
            None => (self.create(size, usage).inspect_err(|_| pool.put(None, size))?, size),
        };
        Ok(Allocation::pooled(self.link().identity().clone(), buffer, pool, size))
    }

    /// Allocates a buffer; if there is no memory left, once more after the cache was emptied.
    fn create(&self, size: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let descriptor = wgpu::BufferDescriptor { label: Some("crossover"), size, usage, mapped_at_creation: false };
        let create = || self.link().scoped(|device| device.create_buffer(&descriptor));
        match create() {
            Err(Error::OutOfMemory { .. }) => {
                self.trim();
                create()
            }
            other => other,
        }
    }
}

/// Memory of the device that is kept between runs.
pub(super) trait Release: fmt::Debug + Send + Sync {
    /// Frees it.
    fn release(&self);
}

/// Returns whether a device works in the host's own memory.
pub(super) fn shares(info: &wgpu::AdapterInfo) -> bool {
    matches!(info.device_type, wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::Cpu)
}

/// Describes a device by what its driver reports.
fn describe(info: &wgpu::AdapterInfo) -> Device {
    let driver = format!("{} {}", info.driver, info.driver_info);
    Device {
        name: info.name.clone(),
        driver: driver.trim().to_owned(),
        api: info.backend.to_string(),
        software: info.device_type == wgpu::DeviceType::Cpu,
    }
}
