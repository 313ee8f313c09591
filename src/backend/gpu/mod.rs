//! The `gpu` backend: the formula as a compute shader, through `wgpu`. This is the one place that names it.
//!
//! In order: [`Gpu`] is a device, opened here or borrowed from a host application; a [`DeviceArray`] is memory on it, from a
//! pool or the host's own; a [`GpuKernel`] is a kernel compiled for it; a [`BoundKernel`] is a kernel with its arrays, ready
//! to be put into a command encoder; `stream` runs arrays of the host through all of these, in chunks. Whatever waits for
//! the device can wait on the caller's thread or as a future.

mod array;
mod bound;
mod fault;
mod identity;
mod kernel;
mod layout;
mod memory;
mod open;
mod params;
mod pipeline;
mod slot;
mod stream;
mod timer;
mod wait;
mod window;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

pub use array::{DeviceArg, DeviceArray};
pub use bound::BoundKernel;
pub use kernel::GpuKernel;
pub use memory::GpuMemory;

use self::fault::Faults;
use self::identity::Identity;
use self::memory::{Allocation, Pool};
use self::pipeline::Pipelines;
use self::stream::Idle;
use self::wait::Poller;
use super::{Backend, CHUNK, Device, Info, Kind, Prepared};
use crate::error::Result;
use crate::kernel::Kernel;

/// A GPU that runs kernels. Cloning it is cheap, and the clones share the device.
#[derive(Clone, Debug)]
pub struct Gpu {
    inner: Arc<Inner>,
    /// Shared by clones, but for those with a chunk of their own.
    chunk: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    identity: Identity,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    about: Device,
    /// Whether the host may map any buffer, since the device shares its memory.
    shares_memory: bool,
    faults: Arc<Faults>,
    pool: Arc<Pool>,
    poller: Arc<Poller>,
    pipelines: Mutex<Pipelines>,
    /// What kernels keep between runs.
    idles: Mutex<Vec<Weak<Idle>>>,
    /// What is bound in place of an array for an input that is a number.
    placeholder: OnceLock<Allocation>,
    /// In nanoseconds; 0 for none.
    timeout: AtomicU64,
}

impl Gpu {
    /// Opens the most powerful GPU of this machine, with all that it can do. A program that plays a GPU on the CPU is taken
    /// only if there is nothing else.
    ///
    /// The environment variables `WGPU_BACKEND` (such as `vulkan`) and `WGPU_ADAPTER_NAME` (a part of the name) narrow the
    /// choice.
    ///
    /// On Linux without a window system, a layer of Mesa's Vulkan drivers may write "XDG_RUNTIME_DIR is invalid or not set" to
    /// standard error, since `wgpu` enables the extensions for windows in any case. The environment variable
    /// `NODEVICE_SELECT=1` turns that layer off; the command `crossover` sets it for itself.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) with what was found if there is none.
    pub fn open() -> Result<Gpu> {
        open::open()
    }

    /// Works on a device that a host application has opened, with whatever features and limits it has: see
    /// [`required`](Gpu::required) for what serves best.
    ///
    /// Nothing of the host's changes: no handler is installed, and dropping this leaves the device as it was. Since only the
    /// host's handlers hear of a lost device, it is noticed here when the next call fails.
    ///
    /// The `Gpu`s that are made of one device share its arrays. An array of any other device is refused with
    /// [`Error::OtherDevice`](crate::Error::OtherDevice).
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Gpu {
        Self::new(device, queue, Arc::default())
    }

    fn new(device: wgpu::Device, queue: wgpu::Queue, faults: Arc<Faults>) -> Gpu {
        let about = device.adapter_info();
        let inner = Inner {
            limits: device.limits(),
            shares_memory: device.features().contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS) && open::shares(&about),
            identity: Identity::new(device.clone(), about.name.clone()),
            about: open::about(&about),
            device,
            queue,
            faults,
            pool: Arc::default(),
            poller: Arc::default(),
            pipelines: Mutex::default(),
            idles: Mutex::default(),
            placeholder: OnceLock::new(),
            timeout: AtomicU64::new(0),
        };
        Gpu { inner: Arc::new(inner), chunk: Arc::new(AtomicUsize::new(CHUNK)) }
    }

    /// The device, as `wgpu` knows it.
    pub fn device(&self) -> &wgpu::Device {
        &self.inner.device
    }

    /// The device's queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.inner.queue
    }

    /// Compiles a kernel, to run it on arrays that are on the device.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`](crate::Error::TooLarge) if it has more inputs than the device can bind, and what may go wrong on the device.
    pub fn compile(&self, kernel: &Kernel) -> Result<GpuKernel> {
        GpuKernel::new(self, kernel)
    }

    /// Sets how many elements of the host's arrays are sent to the device at a time: at most, since its limits may be lower.
    /// 2 Mi by default. Several such chunks are on their way at once.
    pub fn set_chunk(&self, elements: usize) {
        self.chunk.store(elements.max(1), Ordering::Relaxed);
        self.empty_idles();
    }

    /// The same device with a [chunk](Gpu::set_chunk) of its own: what is set here is not set there, and what was set there
    /// stays. So kernels of both may take turns, each with the memory that it streams through.
    pub fn with_chunk(&self, elements: usize) -> Gpu {
        Gpu { inner: self.inner.clone(), chunk: Arc::new(AtomicUsize::new(elements.max(1))) }
    }

    fn chunk(&self) -> usize {
        self.chunk.load(Ordering::Relaxed)
    }

    /// Sets for how long a call waits for the device before it fails with [`Error::Timeout`](crate::Error::Timeout); none,
    /// the default, is for as long as it takes.
    pub fn set_timeout(&self, timeout: Option<Duration>) {
        let nanoseconds = timeout.map_or(0, |timeout| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX).max(1));
        self.inner.timeout.store(nanoseconds, Ordering::Relaxed);
    }

    fn timeout(&self) -> Option<Duration> {
        match self.inner.timeout.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }

    fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    fn limits(&self) -> &wgpu::Limits {
        &self.inner.limits
    }

    /// The step in which a binding may begin, in bytes.
    fn alignment(&self) -> u64 {
        u64::from(self.limits().min_storage_buffer_offset_alignment)
    }

    fn shares_memory(&self) -> bool {
        self.inner.shares_memory
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.inner.pool
    }

    fn poller(&self) -> &Arc<Poller> {
        &self.inner.poller
    }

    fn pipelines(&self) -> &Mutex<Pipelines> {
        &self.inner.pipelines
    }

    fn idles(&self) -> &Mutex<Vec<Weak<Idle>>> {
        &self.inner.idles
    }

    fn placeholder(&self) -> Result<&Allocation> {
        if let Some(placeholder) = self.inner.placeholder.get() {
            return Ok(placeholder);
        }
        let new = self.allocate(1, wgpu::BufferUsages::STORAGE)?;
        Ok(self.inner.placeholder.get_or_init(|| new))
    }
}

impl Backend for Gpu {
    fn info(&self) -> Info {
        Info { kind: Kind::Gpu, isa: None, threads: None, device: Some(self.inner.about.clone()), limitation: None }
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(stream::OnGpu::new(self, kernel)?))
    }
}
