//! Memory for one chunk of the host's arrays on its way through the device.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::array::{DeviceArg, DeviceArray};
use super::compiled::Compiled;
use super::memory::bytes;
use super::poller::Waiting;
use super::timer::Timer;
use super::window::Window;
use super::{BoundKernel, Gpu};
use crate::error::Result;
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;

/// Elements from which it is worth it to ask the device how long it took.
const WORTH_TIMING: usize = 1 << 16;

/// What the parts of a run took, and how far it got.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Times {
    pub(super) upload: Duration,
    /// What the host waited for the device, and what the device says that it computed, if it has a clock.
    pub(super) waited: Duration,
    pub(super) device: Option<Duration>,
    pub(super) download: Duration,
    /// Elements of the output that are written.
    pub(super) written: usize,
}

/// The inputs and the output of a chunk.
#[derive(Debug)]
pub(super) struct Slot {
    core: Arc<Compiled>,
    inputs: Vec<Ferry>,
    out: Ferry,
    /// The kernel bound to these arrays, and which of its inputs are arrays.
    bound: Option<(BoundKernel, Vec<bool>)>,
    timer: Option<Timer>,
    /// What the device works at, and whether it takes the time.
    submission: Option<(wgpu::SubmissionIndex, bool)>,
}

/// An array on the device and the host's window onto it. Where the two share their memory, the window is the array's own
/// buffer; else there is a copy.
#[derive(Debug)]
struct Ferry {
    array: DeviceArray,
    window: Window,
    copies: bool,
}

impl Ferry {
    fn new(gpu: &Gpu, len: usize, mode: wgpu::MapMode) -> Result<Self> {
        use wgpu::BufferUsages as Use;
        if !gpu.shares_memory() {
            return Ok(Ferry { array: gpu.empty(len)?, window: Window::staging(gpu, len, mode)?, copies: true });
        }
        let map = if mode == wgpu::MapMode::Read { Use::MAP_READ } else { Use::MAP_WRITE };
        let memory = Arc::new(gpu.allocate(bytes(len), Use::STORAGE | map)?);
        let window = Window::new(gpu, memory.clone(), mode);
        Ok(Ferry { array: DeviceArray::new(memory, len), window, copies: false })
    }

    fn to_device(&self, encoder: &mut wgpu::CommandEncoder, len: usize) {
        if self.copies {
            encoder.copy_buffer_to_buffer(self.window.buffer(), 0, self.array.held(), 0, bytes(len));
        }
    }

    fn to_host(&self, encoder: &mut wgpu::CommandEncoder, len: usize) {
        if self.copies {
            encoder.copy_buffer_to_buffer(self.array.held(), 0, self.window.buffer(), 0, bytes(len));
        }
    }
}

/// Returns how many numbers a chunk of this many elements leaves: for a reduction, those of a part.
fn results(kernel: &Kernel, len: usize) -> usize {
    kernel.reduction().map_or(len, |fold| fold.of_parts().width())
}

impl Slot {
    /// Allocates the buffers for chunks of up to `len` elements.
    pub(super) fn new(core: &Arc<Compiled>, len: usize) -> Result<Self> {
        let inputs = core.kernel.inputs().iter().map(|_| Ferry::new(&core.gpu, len, wgpu::MapMode::Write));
        Ok(Slot {
            inputs: inputs.collect::<Result<_>>()?,
            out: Ferry::new(&core.gpu, results(&core.kernel, len), wgpu::MapMode::Read)?,
            core: core.clone(),
            bound: None,
            timer: if len >= WORTH_TIMING { Timer::new(&core.gpu)? } else { None },
            submission: None,
        })
    }

    /// Returns what the results of the chunks are reduced by.
    pub(super) fn reduction(&self) -> Option<Reduction> {
        self.core.kernel.reduction()
    }

    /// Sends a chunk of `len` elements, and the kernel after it.
    pub(super) async fn send(
        &mut self,
        inputs: &[Arg<'_>],
        len: usize,
        waiting: Waiting,
        times: &mut Times,
    ) -> Result<()> {
        let start = Instant::now();
        for (ferry, arg) in self.inputs.iter_mut().zip(inputs) {
            if let Arg::Array(from) = arg {
                // The last submission that used it is done, since its result was received.
                ferry.window.open(None, waiting).await?;
                ferry.window.write(from.floats())?;
            }
        }
        self.bind(inputs, len)?;
        let Some((bound, _)) = &self.bound else { unreachable!("`bind` has made it") };
        let (timer, gpu) = (self.timer.as_mut().filter(|_| len >= WORTH_TIMING), &self.core.gpu);
        let results = results(&self.core.kernel, len);
        let timed = timer.is_some();
        let submission = gpu.link().scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            let sent = self.inputs.iter_mut().zip(inputs).filter(|(_, arg)| arg.len().is_some());
            let sent: Vec<_> = sent.map(|(ferry, _)| ferry).collect();
            sent.iter().for_each(|ferry| ferry.to_device(&mut encoder, len));
            bound.encode_part(&mut encoder, len, timer.as_deref());
            self.out.to_host(&mut encoder, results);
            let submission = gpu.queue().submit([encoder.finish()]);
            // To be answered when it is done: first the result, then the inputs, for the next chunk.
            timer.into_iter().for_each(Timer::ask);
            self.out.window.ask();
            sent.into_iter().for_each(|ferry| ferry.window.ask());
            submission
        })?;
        self.submission = Some((submission, timed));
        times.upload += start.elapsed();
        Ok(())
    }

    /// Binds the kernel to the arrays, unless it is, and sets the numbers and how many elements there are.
    fn bind(&mut self, inputs: &[Arg<'_>], len: usize) -> Result<()> {
        let mut args = Vec::with_capacity(inputs.len());
        for (ferry, arg) in self.inputs.iter().zip(inputs) {
            args.push(match arg {
                Arg::Scalar(value) => DeviceArg::Scalar(*value),
                Arg::Array(_) | Arg::Output(_) => DeviceArg::Array(&ferry.array),
            });
        }
        let arrays = || inputs.iter().map(|arg| arg.len().is_some());
        match &self.bound {
            Some((bound, same)) if same.iter().copied().eq(arrays()) => bound.set(&args, len)?,
            _ => {
                // The host joins the states of several chunks.
                let bound = BoundKernel::new(&self.core, &args, &self.out.array, false)?;
                bound.set(&args, len)?;
                self.bound = Some((bound, arrays().collect()));
            }
        }
        Ok(())
    }

    /// Waits for the result of the chunk and copies it to the host.
    pub(super) async fn receive(&mut self, to: &mut [f32], waiting: Waiting, times: &mut Times) -> Result<()> {
        let start = Instant::now();
        let (submission, timed) = match self.submission.take() {
            Some((submission, timed)) => (Some(submission), timed),
            None => (None, false),
        };
        self.out.window.open(submission.as_ref(), waiting).await?;
        times.waited += start.elapsed();
        if let Some(timer) = self.timer.as_mut().filter(|_| timed) {
            *times.device.get_or_insert_default() += timer.read(submission.as_ref(), waiting).await?;
        }
        let start = Instant::now();
        self.out.window.read(to)?;
        times.download += start.elapsed();
        Ok(())
    }
}
