//! Windows between the host and the device: buffers that the host can map.

use std::sync::Arc;

use futures_channel::oneshot;

use super::Gpu;
use super::memory::{Allocation, bytes};
use super::poller::Waiting;
use crate::backend::threads;
use crate::error::{Error, Result};

/// Bytes from which a copy is made on all cores, and those of each part of it.
const WORTH_SHARING: usize = 1 << 20;
const PART: usize = 1 << 18;

/// A buffer that the host reads or writes while it is mapped, and the device while it is not.
#[derive(Debug)]
pub(super) struct Window {
    gpu: Gpu,
    memory: Arc<Allocation>,
    mode: wgpu::MapMode,
    mapping: Mapping,
}

type Mapped = Result<(), wgpu::BufferAsyncError>;

#[derive(Debug)]
enum Mapping {
    /// The device may use it.
    Not,
    /// It will be mapped when the device is done with what was submitted.
    Asked(oneshot::Receiver<Mapped>),
    /// It is waited for. A future that is dropped then takes the window with it.
    Due,
    Is,
}

impl Window {
    /// Creates a window onto a buffer whose usages allow it.
    pub(super) fn new(gpu: &Gpu, memory: Arc<Allocation>, mode: wgpu::MapMode) -> Self {
        Window { gpu: gpu.clone(), memory, mode, mapping: Mapping::Not }
    }

    /// Creates a buffer of its own through which the host sends, or receives, this many elements.
    pub(super) fn staging(gpu: &Gpu, len: usize, mode: wgpu::MapMode) -> Result<Self> {
        use wgpu::BufferUsages as Use;
        let usage = match mode {
            wgpu::MapMode::Read => Use::MAP_READ | Use::COPY_DST,
            wgpu::MapMode::Write => Use::MAP_WRITE | Use::COPY_SRC,
        };
        Ok(Self::new(gpu, Arc::new(gpu.allocate(bytes(len), usage)?), mode))
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        self.memory.buffer()
    }

    /// Asks for it to be mapped as soon as the device is done with it. Called within an error scope.
    pub(super) fn ask(&mut self) {
        if matches!(self.mapping, Mapping::Not) {
            let (sender, receiver) = oneshot::channel();
            self.buffer().map_async(self.mode, .., move |result| _ = sender.send(result));
            self.mapping = Mapping::Asked(receiver);
        }
    }

    /// Waits until it is mapped: after a submission, or if none is given, after the last.
    pub(super) async fn open(&mut self, submission: Option<&wgpu::SubmissionIndex>, waiting: Waiting) -> Result<()> {
        let gpu = self.gpu.clone();
        if matches!(self.mapping, Mapping::Not) {
            gpu.link().scoped(|_| self.ask())?;
        }
        if let Mapping::Asked(receiver) = std::mem::replace(&mut self.mapping, Mapping::Due) {
            let mapped = gpu.link().arrival(receiver, submission, waiting).await?;
            mapped.map_err(|_| gpu.link().gone("it maps no buffer".to_owned()))?;
        }
        self.mapping = Mapping::Is;
        Ok(())
    }

    /// Returns it back to the device. An answer that is still due is not waited for.
    pub(super) fn close(&mut self) {
        match std::mem::replace(&mut self.mapping, Mapping::Not) {
            Mapping::Not => return,
            Mapping::Is => {}
            // Another thread that polls the device may be about to map it, whatever is said here: the next user of the
            // buffer would find it mapped.
            Mapping::Asked(mut receiver) => {
                if !matches!(receiver.try_recv(), Ok(Some(Ok(())))) {
                    self.memory.spend();
                }
            }
            Mapping::Due => self.memory.spend(),
        }
        // Within a scope, since a host's handler need not hear that a lost device refuses.
        _ = self.gpu.link().scoped(|_| self.buffer().unmap());
    }

    /// Returns what is mapped can be reached, unless its device was lost in the meantime.
    fn out_of_reach(&self, error: &dyn std::fmt::Display) -> Error {
        self.gpu.link().gone(format!("a mapped buffer is out of reach: {error}"))
    }

    /// Writes its beginning, and closes it. It is open.
    pub(super) fn write(&mut self, from: &[f32]) -> Result<()> {
        let view = self.buffer().get_mapped_range_mut(..bytes(from.len()));
        let mut view = view.map_err(|error| self.out_of_reach(&error))?;
        let (from, mut to): (&[u8], _) = (bytemuck::cast_slice(from), view.slice(..));
        if from.len() < WORTH_SHARING {
            to.copy_from_slice(from);
        } else {
            let ((chunks, mut rest), (from, tail)) = (to.into_chunks::<PART>(), from.as_chunks::<PART>());
            // Each is taken out where it is written, since to write to it is to use it up.
            let mut parts: Vec<_> = chunks.into_iter().map(Some).zip(from).collect();
            threads::each(&mut parts, |(to, from)| {
                if let Some(to) = to.take() {
                    wgpu::WriteOnly::<[u8]>::from(to).copy_from_slice(*from);
                }
            });
            rest.copy_from_slice(tail);
        }
        drop(view);
        self.close();
        Ok(())
    }

    /// Reads its beginning, and closes it. It is open.
    pub(super) fn read<T: bytemuck::Pod>(&mut self, to: &mut [T]) -> Result<()> {
        let to: &mut [u8] = bytemuck::cast_slice_mut(to);
        let view = self.buffer().get_mapped_range(..to.len() as u64);
        let view = view.map_err(|error| self.out_of_reach(&error))?;
        let from: &[u8] = &view;
        if from.len() < WORTH_SHARING {
            to.copy_from_slice(from);
        } else {
            let mut parts: Vec<_> = to.chunks_mut(PART).zip(from.chunks(PART)).collect();
            threads::each(&mut parts, |(to, from)| to.copy_from_slice(from));
        }
        drop(view);
        self.close();
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // Its buffer may be used again.
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes a window of a new GPU in some state, and returns how many of its buffers the pool then has for others.
    fn cached(closes: impl FnOnce(Window)) -> Option<usize> {
        let gpu = match Gpu::open() {
            Ok(gpu) => gpu,
            Err(error) if std::env::var("CROSSOVER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
            Err(error) => {
                println!("skipped: {error}");
                return None;
            }
        };
        closes(Window::staging(&gpu, 100, wgpu::MapMode::Read).unwrap());
        let memory = gpu.memory();
        assert_eq!((memory.buffers_made, memory.buffers_in_use), (1, 0), "{memory:?}");
        // Whatever comes next can be used: it is not mapped, and does not become so.
        let mut next = Window::staging(&gpu, 100, wgpu::MapMode::Read).unwrap();
        gpu.link().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        gpu.link()
            .scoped(|device| {
                let mut encoder = device.create_command_encoder(&Default::default());
                encoder.clear_buffer(next.buffer(), 0, None);
                gpu.queue().submit([encoder.finish()]);
            })
            .unwrap();
        pollster::block_on(next.open(None, Waiting::Blocking)).unwrap();
        next.read(&mut [1.0_f32; 100]).unwrap();
        Some(memory.buffers_cached)
    }

    #[test]
    fn a_buffer_that_may_still_be_mapped_is_not_used_again() {
        // Mapped, or asked for and answered, it is unmapped and another's. While it is asked for, another thread that polls
        // the device may have it in hand.
        let asked = |mut window: Window| {
            let gpu = window.gpu.clone();
            gpu.link().scoped(|_| window.ask()).unwrap();
        };
        // As a future leaves it that is dropped while it waits for the mapping.
        let due = |mut window: Window| {
            let gpu = window.gpu.clone();
            gpu.link().scoped(|_| window.ask()).unwrap();
            window.mapping = Mapping::Due;
        };
        let open = |mut window: Window| pollster::block_on(window.open(None, Waiting::Blocking)).unwrap();
        let answered = |mut window: Window| {
            let gpu = window.gpu.clone();
            gpu.link().scoped(|_| window.ask()).unwrap();
            gpu.link().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        };
        assert!(cached(asked).is_none_or(|buffers| buffers == 0));
        assert!(cached(due).is_none_or(|buffers| buffers == 0));
        assert!(cached(answered).is_none_or(|buffers| buffers == 1));
        assert!(cached(open).is_none_or(|buffers| buffers == 1));
        assert!(cached(drop).is_none_or(|buffers| buffers == 1));
    }
}
