//! Arrays in the device's memory.

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use super::Gpu;
use super::memory::{Allocation, bytes};
use super::poller::Waiting;
use super::window::Window;
use crate::error::{Error, Result};
use crate::kernel::view::Element;
use crate::num::Scalar;

/// Elements that go through one window at a time.
const PIECE: usize = 1 << 21;

/// Elements that `wgpu` copies on its way faster than a window is mapped.
const SHORT: usize = 1 << 16;

/// An array of `f32` in the memory of a GPU, or a part of one. Cloning it gives another handle to the same memory, which is
/// used again when the last is gone.
#[derive(Clone, Debug)]
pub struct DeviceArray {
    memory: Arc<Allocation>,
    /// Where it begins, in elements.
    from: usize,
    len: usize,
}

impl DeviceArray {
    /// Creates an array that begins with a buffer.
    pub(super) fn new(memory: Arc<Allocation>, len: usize) -> Self {
        DeviceArray { memory, from: 0, len }
    }

    /// Returns how many elements it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns a part of it: a handle to the same memory.
    ///
    /// ```no_run
    /// # let gpu = crossover::Gpu::open()?;
    /// let whole = gpu.upload(&[1.0, 2.0, 3.0, 4.0])?;
    /// let mut half = [0.0; 2];
    /// gpu.download(&whole.slice(2..)?, &mut half)?;
    /// assert_eq!(half, [3.0, 4.0]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if it does not lie within.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<DeviceArray> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.len,
        };
        if start > end || end > self.len {
            return Err(Error::Range { what: "the array on the GPU".to_owned(), start, end, len: self.len });
        }
        Ok(DeviceArray { memory: self.memory.clone(), from: self.from + start, len: end - start })
    }

    /// Returns the buffer that holds it, with all that `wgpu` can do with it. The array begins [`offset`](DeviceArray::offset)
    /// bytes after the buffer, which may be longer than the array.
    ///
    /// From here on the buffer is not used for other arrays, even if this one is gone.
    pub fn buffer(&self) -> &wgpu::Buffer {
        self.memory.spend();
        self.memory.buffer()
    }

    /// Returns where it begins in its buffer, in bytes.
    pub fn offset(&self) -> u64 {
        bytes(self.from)
    }

    /// Returns the buffer, for commands that are submitted here.
    pub(super) fn held(&self) -> &wgpu::Buffer {
        self.memory.buffer()
    }

    pub(super) fn memory(&self) -> &Arc<Allocation> {
        &self.memory
    }

    /// Returns where it ends in its buffer, in bytes.
    pub(super) fn end(&self) -> u64 {
        bytes(self.from + self.len)
    }

    /// Returns whether it shares an element with another array.
    pub(super) fn overlaps(&self, other: &DeviceArray) -> bool {
        self.held() == other.held() && self.offset() < other.end() && other.offset() < self.end()
    }

    /// Returns whether it is the same part of the same buffer.
    pub(super) fn is(&self, other: &DeviceArray) -> bool {
        self.held() == other.held() && self.from == other.from && self.len == other.len
    }

    /// Checks that its buffer may be used in such a way.
    pub(super) fn allows(&self, usage: wgpu::BufferUsages, purpose: &'static str) -> Result<()> {
        allows(self.held(), usage, purpose)
    }
}

/// The value of one input of a kernel on the device: an array there, or one number for all elements.
#[derive(Clone, Copy, Debug)]
pub enum DeviceArg<'a> {
    /// An element for each element of the output.
    Array(&'a DeviceArray),
    /// The same value for every element.
    Scalar(Scalar),
}

impl<'a> DeviceArg<'a> {
    /// Returns the length of the array; a scalar has none.
    pub(super) fn len(&self) -> Option<usize> {
        self.array().map(DeviceArray::len)
    }

    /// Returns the array, if it is one.
    pub(super) fn array(&self) -> Option<&'a DeviceArray> {
        match self {
            DeviceArg::Array(array) => Some(array),
            DeviceArg::Scalar(_) => None,
        }
    }

    /// Returns the number, if it is one.
    pub(super) fn number(&self) -> Option<f32> {
        match self {
            DeviceArg::Array(_) => None,
            DeviceArg::Scalar(value) => Some(value.as_f32()),
        }
    }
}

impl<'a> From<&'a DeviceArray> for DeviceArg<'a> {
    fn from(array: &'a DeviceArray) -> Self {
        DeviceArg::Array(array)
    }
}

impl From<Scalar> for DeviceArg<'_> {
    fn from(value: Scalar) -> Self {
        DeviceArg::Scalar(value)
    }
}

impl<T: Element> From<T> for DeviceArg<'_> {
    fn from(value: T) -> Self {
        DeviceArg::Scalar(value.into())
    }
}

impl Gpu {
    /// Returns an array whose elements are whatever its memory held before, until they are written.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if it does not fit one buffer of the device or the [limit](Gpu::set_limit),
    /// [`Error::OutOfMemory`] if there is no room left.
    pub fn empty(&self, len: usize) -> Result<DeviceArray> {
        use wgpu::BufferUsages as Use;
        let memory = self.allocate(bytes(len), Use::STORAGE | Use::COPY_SRC | Use::COPY_DST)?;
        Ok(DeviceArray::new(Arc::new(memory), len))
    }

    /// Returns a copy of an array of the host.
    ///
    /// # Errors
    ///
    /// As [`empty`](Gpu::empty), and any device error.
    pub fn upload(&self, from: &[f32]) -> Result<DeviceArray> {
        let array = self.empty(from.len())?;
        self.write(&array, from)?;
        Ok(array)
    }

    /// Returns a slice of a buffer of the host application's. The buffer stays the host's, which must not map or
    /// destroy it while kernels use it.
    ///
    /// ```no_run
    /// # fn example(gpu: &crossover::Gpu, vertices: &crossover::wgpu::Buffer) -> crossover::Result<()> {
    /// let whole = gpu.borrow(vertices.slice(..))?;
    /// let some = gpu.borrow(vertices.slice(64..128))?;
    /// assert_eq!(some.len(), 16);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if the buffer was not made for [`STORAGE`](wgpu::BufferUsages::STORAGE), [`Error::Invalid`] if the
    /// slice begins or ends within an element, or if the buffer is invalid, destroyed or, as far as `wgpu` knows, of
    /// another device.
    pub fn borrow(&self, slice: wgpu::BufferSlice<'_>) -> Result<DeviceArray> {
        let (buffer, element) = (slice.buffer(), bytes(1));
        allows(buffer, wgpu::BufferUsages::STORAGE, "a kernel's array")?;
        if !slice.offset().is_multiple_of(element) || !slice.size().is_multiple_of(element) {
            return Err(Error::Invalid {
                what: "slice",
                given: format!("{}..{}", slice.offset(), slice.offset() + slice.size()),
                expected: "an array of f32 begins and ends at multiples of 4 bytes".to_owned(),
            });
        }
        self.link().check_buffer(buffer)?;
        let (from, len) = ((slice.offset() / element) as usize, (slice.size() / element) as usize);
        Ok(DeviceArray {
            memory: Arc::new(Allocation::borrowed(self.link().identity().clone(), buffer.clone())),
            from,
            len,
        })
    }

    /// Overwrites an array with one of the host.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the two are not of one length, [`Error::OtherDevice`] if the array is in the memory of another
    /// device, [`Error::Usage`] if it is borrowed from a buffer that cannot be [copied to](wgpu::BufferUsages::COPY_DST), and
    /// any device error.
    pub fn write(&self, to: &DeviceArray, from: &[f32]) -> Result<()> {
        pollster::block_on(self.write_as(to, from, Waiting::Blocking))
    }

    /// Does the same as [`write`](Gpu::write), without blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`write`](Gpu::write).
    pub async fn write_async(&self, to: &DeviceArray, from: &[f32]) -> Result<()> {
        self.write_as(to, from, Waiting::Async).await
    }

    async fn write_as(&self, to: &DeviceArray, from: &[f32], waiting: Waiting) -> Result<()> {
        self.link().check_owns(to.memory(), || "the array to be written".to_owned())?;
        same_length("write", from.len(), to.len)?;
        to.allows(wgpu::BufferUsages::COPY_DST, "an array to be written")?;
        if from.len() <= SHORT {
            return self
                .link()
                .scoped(|_| self.queue().write_buffer(to.held(), to.offset(), bytemuck::cast_slice(from)));
        }
        // While the device copies from one window, the host writes the other.
        let (piece, mode) = (self.piece(from.len()), wgpu::MapMode::Write);
        let mut windows = [Window::staging(self, piece, mode)?, Window::staging(self, piece, mode)?];
        let mut submissions = [None, None];
        for (index, from) in from.chunks(piece).enumerate() {
            let (window, submission) = (&mut windows[index % 2], &mut submissions[index % 2]);
            window.open(submission.as_ref(), waiting).await?;
            window.write(from)?;
            let at = to.offset() + bytes(index * piece);
            *submission = Some(self.link().scoped(|device| {
                let mut encoder = device.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(window.buffer(), 0, to.held(), at, bytes(from.len()));
                let submission = self.queue().submit([encoder.finish()]);
                window.ask();
                submission
            })?);
        }
        Ok(())
    }

    /// Copies an array of the device to the host. It waits for everything that was submitted before.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the two are not of one length, [`Error::OtherDevice`] if the array is in the memory of another
    /// device, [`Error::Usage`] if it is borrowed from a buffer that cannot be [copied from](wgpu::BufferUsages::COPY_SRC), and
    /// any device error.
    pub fn download(&self, from: &DeviceArray, to: &mut [f32]) -> Result<()> {
        pollster::block_on(self.download_as(from, to, Waiting::Blocking))
    }

    /// Does the same as [`download`](Gpu::download), without blocking the thread: any executor can drive it.
    ///
    /// ```no_run
    /// # async fn example() -> crossover::Result<()> {
    /// let gpu = crossover::Gpu::open()?;
    /// let array = gpu.upload(&[1.0, 2.0])?;
    /// let mut copy = [0.0; 2];
    /// gpu.download_async(&array, &mut copy).await?;
    /// assert_eq!(copy, [1.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`download`](Gpu::download).
    pub async fn download_async(&self, from: &DeviceArray, to: &mut [f32]) -> Result<()> {
        self.download_as(from, to, Waiting::Async).await
    }

    /// Returns the number of elements of an array that go through one window: as many as a buffer and the limit of memory allow.
    fn piece(&self, len: usize) -> usize {
        let buffer = (self.limits().max_buffer_size / bytes(1)) as usize;
        let room = (self.pool().room() / bytes(3)) as usize;
        PIECE.min(len).min(buffer).min(room.max(256))
    }

    async fn download_as(&self, from: &DeviceArray, to: &mut [f32], waiting: Waiting) -> Result<()> {
        self.link().check_owns(from.memory(), || "the array to be downloaded".to_owned())?;
        same_length("download", to.len(), from.len)?;
        from.allows(wgpu::BufferUsages::COPY_SRC, "an array to be downloaded")?;
        if to.is_empty() {
            return Ok(());
        }
        let piece = self.piece(to.len());
        let count = to.len().div_ceil(piece).min(2);
        let windows = (0..count).map(|_| Window::staging(self, piece, wgpu::MapMode::Read));
        let mut windows = windows.collect::<Result<Vec<_>>>()?;
        // While the device copies into one window, the host reads the other.
        let mut reads: Vec<_> = to.chunks_mut(piece).map(|part| (part, None)).collect();
        for next in 0..reads.len() + count {
            if let Some((part, submission)) = next.checked_sub(count).and_then(|due| reads.get_mut(due)) {
                let window = &mut windows[next % count];
                window.open(submission.as_ref(), waiting).await?;
                window.read(part)?;
            }
            if let Some((part, submission)) = reads.get_mut(next) {
                let (window, at) = (&mut windows[next % count], from.offset() + bytes(next * piece));
                *submission = Some(self.link().scoped(|device| {
                    let mut encoder = device.create_command_encoder(&Default::default());
                    encoder.copy_buffer_to_buffer(from.held(), at, window.buffer(), 0, bytes(part.len()));
                    let submission = self.queue().submit([encoder.finish()]);
                    window.ask();
                    submission
                })?);
            }
        }
        Ok(())
    }
}

fn same_length(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Length { kernel: what.to_owned(), input: "the device's array".to_owned(), expected, found })
}

/// Checks that a buffer may be used in such a way.
fn allows(buffer: &wgpu::Buffer, usage: wgpu::BufferUsages, purpose: &'static str) -> Result<()> {
    let missing = usage - buffer.usage();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter_names().map(|(name, _)| name).collect();
    Err(Error::Usage { purpose, missing: names.join(" | ") })
}
