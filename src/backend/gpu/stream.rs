//! Running on arrays of the host: each chunk is uploaded, computed and downloaded. So an array may be larger than a binding,
//! a dispatch or the device's memory; and while the device works at one chunk, the host copies the next, and the last.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::device::Release;
use super::kernel::Compiled;
use super::poller::Waiting;
use super::slot::Slot;
use super::{Gpu, GpuKernel};
use crate::backend::{Backend, Info, Kind, Prepared, Stage, nothing};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::arg::{Arg, elements};

/// Chunks on their way at a time: one that the host fills, one that the device computes, one that the host reads.
const SLOTS: usize = 3;

/// Elements that a chunk has at least, unless there are fewer, however little memory there is.
const LEAST: usize = 1 << 12;

/// Streams that a kernel keeps between runs.
const KEPT: usize = 4;

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

/// Memory for several chunks at a time.
#[derive(Debug)]
pub(super) struct Stream {
    slots: Vec<Slot>,
    /// Elements of a chunk, and what was wished for: there may not have been as much memory.
    chunk: usize,
    wished: (usize, usize),
}

/// The streams that a kernel does not use at present.
#[derive(Default, Debug)]
pub(super) struct Idle(Mutex<Vec<Stream>>);

impl Idle {
    /// Makes a place for streams between runs, which the GPU empties when memory runs short.
    pub(super) fn of(gpu: &Gpu) -> Arc<Self> {
        let idle = Arc::new(Idle::default());
        let release: Arc<dyn Release> = idle.clone();
        gpu.remember(Arc::downgrade(&release));
        idle
    }

    /// A stream for so many slots of so many elements, if there is one.
    fn take(&self, wished: (usize, usize)) -> Option<Stream> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |stream: &Stream| stream.wished.0 >= wished.0 && stream.wished.1 >= wished.1;
        match streams.iter().rposition(fits) {
            Some(index) => Some(streams.remove(index)),
            None => {
                // The larger one that is to be made takes the place of another, whose memory it may need.
                let other = streams.pop();
                drop(streams);
                drop(other);
                None
            }
        }
    }

    fn put(&self, stream: Stream) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if streams.len() < KEPT {
            streams.push(stream);
        }
    }
}

impl Release for Idle {
    fn release(&self) {
        let streams = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(streams);
    }
}

impl Stream {
    fn new(core: &Arc<Compiled>, wished: (usize, usize)) -> Result<Self> {
        let (slots, mut chunk) = wished;
        loop {
            let made: Result<Vec<_>> = (0..slots).map(|_| Slot::new(core, chunk)).collect();
            match made {
                Err(Error::OutOfMemory { .. } | Error::TooLarge { .. }) if chunk > LEAST => chunk = chunk.div_ceil(2),
                made => return Ok(Stream { slots: made?, chunk, wished }),
            }
        }
    }
}

/// What a run is about.
enum Job<'a> {
    /// An output apart from the inputs.
    Apart(&'a [Arg<'a>], &'a mut [f32]),
    /// An output that is the first input; and the others.
    InPlace(&'a mut [f32], &'a [Arg<'a>]),
}

impl Backend for Gpu {
    fn info(&self) -> Info {
        Info { kind: Kind::Gpu, isa: None, threads: None, device: Some(self.about().clone()), limitation: None }
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnGpu::new(self, kernel)?))
    }
}

impl GpuKernel {
    /// Runs it on arrays of the host, without blocking the thread while the device works: any executor can drive it, and
    /// several jobs may be on their way at a time.
    ///
    /// If the future is dropped before its end, part of the output may have been written.
    ///
    /// ```no_run
    /// # async fn example() -> crossover::Result<()> {
    /// let gpu = crossover::Gpu::open()?;
    /// let double = gpu.compile(&crossover::Kernel::parse("2*x")?)?;
    /// let mut out = [0.0; 3];
    /// double.run_async(&[(&[1.0, 2.0, 3.0]).into()], &mut out).await?;
    /// assert_eq!(out, [2.0, 4.0, 6.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Prepared::run`].
    pub async fn run_async(&self, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        if self.kernel().check(inputs, out.len())? == 0 {
            return nothing(self.kernel().fold(), out);
        }
        self.drive(Job::Apart(inputs, out), Waiting::Async, &mut Times::default()).await
    }

    async fn drive(&self, job: Job<'_>, waiting: Waiting, times: &mut Times) -> Result<()> {
        let len = match &job {
            Job::Apart(inputs, _) if self.kernel().fold().is_some() => elements(inputs),
            Job::Apart(_, data) | Job::InPlace(data, _) => data.len(),
        };
        let most = self.core.chunk();
        let wished = (len.div_ceil(most).min(SLOTS), len.next_power_of_two().min(most));
        let mut stream = match self.idle.take(wished) {
            Some(stream) => stream,
            None => Stream::new(&self.core, wished)?,
        };
        stream.run(job, len, waiting, times).await?;
        // After an error nobody knows what the device still does with it.
        self.idle.put(stream);
        Ok(())
    }
}

impl Stream {
    async fn run(&mut self, job: Job<'_>, len: usize, waiting: Waiting, times: &mut Times) -> Result<()> {
        let (inputs, in_place, out) = match job {
            Job::Apart(inputs, out) => (inputs, false, out),
            Job::InPlace(data, rest) => (rest, true, data),
        };
        let fold = self.slots.first().and_then(|slot| slot.fold());
        let count = len.div_ceil(self.chunk);
        let width = fold.map_or(0, |fold| fold.of_parts().width());
        let mut parts = vec![0.0; count * width];
        let mut results: Vec<&mut [f32]> = match fold {
            Some(_) => parts.chunks_mut(width).collect(),
            None => out.chunks_mut(self.chunk).collect(),
        };
        let slots = self.slots.len().min(count);
        for next in 0..count + slots {
            let slot = &mut self.slots[next % slots];
            if let Some(result) = next.checked_sub(slots).and_then(|due| results.get_mut(due)) {
                slot.receive(result, waiting, times).await?;
                times.written += result.len();
            }
            if let Some(result) = results.get(next) {
                let (from, len) = (next * self.chunk, self.chunk.min(len - next * self.chunk));
                let first = in_place.then_some(Arg::Array(result));
                let args: Vec<_> = first.into_iter().chain(inputs.iter().map(|arg| arg.part(from, len))).collect();
                slot.send(&args, len, waiting, times).await?;
            }
        }
        drop(results);
        if let Some(fold) = fold {
            for (number, part) in parts.chunks_mut(width).enumerate() {
                fold.place(part, number * self.chunk);
            }
            fold.finish(&parts, len, out)?;
        }
        Ok(())
    }
}

/// A kernel that is ready to run on arrays of the host.
pub(super) struct OnGpu {
    kernel: GpuKernel,
    stages: [Stage; 3],
    written: usize,
}

impl OnGpu {
    pub(super) fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Self> {
        let stages = ["upload", "compute", "download"].map(|name| Stage { name, time: Duration::ZERO });
        Ok(OnGpu { kernel: gpu.compile(kernel)?, stages, written: 0 })
    }

    fn drive(&mut self, job: Job<'_>) -> Result<()> {
        let mut times = Times::default();
        let done = pollster::block_on(self.kernel.drive(job, Waiting::Blocking, &mut times));
        let each = [times.upload, times.device.unwrap_or(times.waited), times.download];
        self.stages.iter_mut().zip(each).for_each(|(stage, time)| stage.time = time);
        self.written = times.written;
        done
    }
}

impl Prepared for OnGpu {
    fn kernel(&self) -> &Kernel {
        self.kernel.kernel()
    }

    fn launch(&mut self, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        self.drive(Job::Apart(inputs, out))
    }

    fn launch_in_place(&mut self, data: &mut [f32], rest: &[Arg<'_>]) -> Result<()> {
        self.drive(Job::InPlace(data, rest))
    }

    fn written(&self) -> Option<usize> {
        Some(self.written)
    }

    fn stages(&self) -> &[Stage] {
        &self.stages
    }
}
