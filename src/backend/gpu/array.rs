//! Arrays in the device's memory.

use std::sync::mpsc;

use super::Gpu;
use crate::error::{Error, Result};

/// An array of `f32` in the memory of a GPU. Cloning it gives another handle to the same memory.
#[derive(Clone, Debug)]
pub struct DeviceArray {
    buffer: wgpu::Buffer,
    len: usize,
}

impl DeviceArray {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The buffer that holds it.
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }
}

/// The value of one input of a kernel on the device: an array there, or one number for all elements.
#[derive(Clone, Copy, Debug)]
pub enum DeviceArg<'a> {
    /// An element for each element of the output.
    Array(&'a DeviceArray),
    /// The same number for every element.
    Scalar(f32),
}

impl DeviceArg<'_> {
    /// The length of the array; a scalar has none.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            DeviceArg::Array(array) => Some(array.len()),
            DeviceArg::Scalar(_) => None,
        }
    }
}

impl<'a> From<&'a DeviceArray> for DeviceArg<'a> {
    fn from(array: &'a DeviceArray) -> Self {
        DeviceArg::Array(array)
    }
}

impl From<f32> for DeviceArg<'_> {
    fn from(value: f32) -> Self {
        DeviceArg::Scalar(value)
    }
}

impl Gpu {
    /// An array of zeros.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if it does not fit one buffer of the device, [`Error::OutOfMemory`] if there is no room left.
    pub fn empty(&self, len: usize) -> Result<DeviceArray> {
        use wgpu::BufferUsages as Use;
        let buffer = self.buffer(len, Use::STORAGE | Use::COPY_SRC | Use::COPY_DST)?;
        Ok(DeviceArray { buffer, len })
    }

    /// A copy of an array of the host.
    ///
    /// # Errors
    ///
    /// As [`empty`](Gpu::empty).
    pub fn upload(&self, from: &[f32]) -> Result<DeviceArray> {
        let array = self.empty(from.len())?;
        self.write(&array, from)?;
        Ok(array)
    }

    /// Copies an array of the device to the host. It waits for everything that was submitted before.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the two are not of one length, and what may go wrong on the device.
    pub fn download(&self, from: &DeviceArray, to: &mut [f32]) -> Result<()> {
        if from.len != to.len() {
            return Err(Error::Length {
                kernel: "download".to_owned(),
                input: "the device's array".to_owned(),
                expected: to.len(),
                found: from.len,
            });
        }
        if to.is_empty() {
            return Ok(());
        }
        let readback = self.buffer(to.len(), wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ)?;
        let submission = self.scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(&from.buffer, 0, &readback, 0, bytes(to.len()));
            self.queue().submit([encoder.finish()])
        })?;
        self.read(&readback, submission, to)
    }

    /// Writes the beginning of an array.
    pub(super) fn write(&self, array: &DeviceArray, from: &[f32]) -> Result<()> {
        self.scoped(|_| self.queue().write_buffer(&array.buffer, 0, bytemuck::cast_slice(from)))
    }

    /// A buffer with room for `len` numbers. It is never empty, since an empty one cannot be bound.
    pub(super) fn buffer(&self, len: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let size = bytes(len.max(1));
        let limit = self.limits().max_buffer_size;
        if size > limit {
            return Err(Error::TooLarge {
                what: format!("an array of {len} elements on the GPU, in bytes,"),
                needed: size,
                limit,
                remedy: "run it from the host, which sends it in chunks, or in parts".to_owned(),
            });
        }
        let descriptor = wgpu::BufferDescriptor { label: Some("crossover"), size, usage, mapped_at_creation: false };
        self.scoped(|device| device.create_buffer(&descriptor))
    }

    /// Waits for a submission, then copies the beginning of a mappable buffer to the host.
    pub(super) fn read(&self, buffer: &wgpu::Buffer, submission: wgpu::SubmissionIndex, to: &mut [f32]) -> Result<()> {
        let (sender, receiver) = mpsc::channel();
        let range = 0..bytes(to.len());
        self.scoped(|_| {
            buffer.map_async(wgpu::MapMode::Read, range.clone(), move |result| _ = sender.send(result));
        })?;
        self.wait(submission)?;
        let failed = |error: &dyn std::fmt::Display| Error::Device { message: format!("reading back: {error}") };
        match receiver.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(failed(&error)),
            Err(gone) => return Err(failed(&gone)),
        }
        let mapped = buffer.get_mapped_range(range).map_err(|error| failed(&error))?;
        to.copy_from_slice(bytemuck::cast_slice(&mapped));
        drop(mapped);
        buffer.unmap();
        Ok(())
    }
}

/// The size of `len` numbers.
pub(super) fn bytes(len: usize) -> u64 {
    len as u64 * size_of::<f32>() as u64
}
