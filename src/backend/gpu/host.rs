//! The backend: kernels on arrays of the host, which [`stream`](super::stream) takes through the device.

use std::time::Duration;

use super::poller::Waiting;
use super::slot::Times;
use super::stream::{Job, SLOTS, Stream};
use super::{Gpu, GpuKernel};
use crate::backend::{Backend, Info, Kind, Prepared, Stage, nothing};
use crate::error::Result;
use crate::kernel::Kernel;
use crate::kernel::arg::{Arg, elements};

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

/// A kernel that is ready to run on arrays of the host.
struct OnGpu {
    kernel: GpuKernel,
    stages: [Stage; 3],
    written: usize,
}

impl OnGpu {
    fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Self> {
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
