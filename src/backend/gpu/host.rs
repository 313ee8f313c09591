//! The backend: kernels on arrays of the host, which [`stream`](super::stream) takes through the device.

use std::time::Duration;

use super::poller::Waiting;
use super::slot::Times;
use super::stream::{SLOTS, Stream};
use super::{Gpu, GpuKernel};
use crate::backend::{Backend, Info, Kind, Memory, Prepared, Stage, nothing};
use crate::error::Result;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;
use crate::kernel::view::Out;
use crate::oracle::rounding::Arithmetic;

impl Backend for Gpu {
    fn info(&self) -> Info {
        Info {
            memory: Memory::Device,
            arithmetic: Arithmetic::Wgsl,
            device: Some(self.about().clone()),
            ..Info::new(Kind::Gpu)
        }
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
    /// As [`run`](Prepared::run_outputs).
    pub async fn run_async(&self, inputs: &[Arg<'_>], out: impl Into<Out<'_>>) -> Result<()> {
        let outputs = &mut [out.into()];
        if self.kernel().check(inputs, outputs)? == 0 {
            return nothing(self.kernel().reduction(), outputs);
        }
        self.drive(inputs, outputs[0].floats(), Waiting::Async, &mut Times::default()).await
    }

    async fn drive(&self, inputs: &[Arg<'_>], out: &mut [f32], waiting: Waiting, times: &mut Times) -> Result<()> {
        let len = self.kernel().elements(inputs, out.len());
        let most = self.core.chunk();
        let wished = (len.div_ceil(most).min(SLOTS), len.next_power_of_two().min(most));
        let mut stream = match self.idle.take(wished) {
            Some(stream) => stream,
            None => Stream::new(&self.core, wished)?,
        };
        stream.run(inputs, out, len, waiting, times).await?;
        // After an error it is unknown what the device still does with it.
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
}

impl Prepared for OnGpu {
    fn kernel(&self) -> &Kernel {
        self.kernel.kernel()
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let mut times = Times::default();
        let done = pollster::block_on(self.kernel.drive(inputs, outputs[0].floats(), Waiting::Blocking, &mut times));
        let each = [times.upload, times.device.unwrap_or(times.waited), times.download];
        self.stages.iter_mut().zip(each).for_each(|(stage, time)| stage.time = time);
        self.written = times.written;
        done
    }

    fn written(&self) -> Option<usize> {
        Some(self.written)
    }

    fn stages(&self) -> &[Stage] {
        &self.stages
    }
}
