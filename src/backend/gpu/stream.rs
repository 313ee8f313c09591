//! Running on arrays of the host: each chunk is uploaded, computed and downloaded. So an array may be larger than a binding,
//! a dispatch or the device's memory.

use std::time::{Duration, Instant};

use super::array::{DeviceArg, DeviceArray, bytes};
use super::{BoundKernel, Gpu, GpuKernel};
use crate::arg::{Arg, elements};
use crate::backend::{Prepared, Stage};
use crate::error::Result;
use crate::fold::Fold;
use crate::kernel::Kernel;

/// A kernel that is ready to run on arrays of the host.
pub(super) struct OnGpu {
    whole: Kernel,
    /// What runs on each chunk.
    kernel: GpuKernel,
    /// The device's side, made by the first run and kept while it is large enough.
    memory: Option<Memory>,
    stages: [Stage; 3],
}

/// Memory for a chunk.
struct Memory {
    /// How many elements it is for.
    len: usize,
    inputs: Vec<DeviceArray>,
    out: DeviceArray,
    readback: wgpu::Buffer,
    /// The kernel bound to these arrays, and which of its inputs are arrays.
    bound: Option<(BoundKernel, Vec<bool>)>,
}

impl OnGpu {
    pub(super) fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Self> {
        let stages = ["upload", "compute", "download"];
        // A chunk of a fold gives what the host can join.
        let each = gpu.compile(&kernel.with_fold(kernel.fold().map(Fold::of_parts)))?;
        let stages = stages.map(|name| Stage { name, time: Duration::ZERO });
        Ok(OnGpu { whole: kernel.clone(), kernel: each, memory: None, stages })
    }

    /// Folds each chunk on the device, and what they give on the host.
    fn fold(&mut self, fold: Fold, inputs: &[Arg<'_>]) -> Result<f32> {
        let (len, chunk) = (elements(inputs), self.kernel.chunk());
        self.begin(len)?;
        let mut parts = Vec::with_capacity(len.div_ceil(chunk));
        for from in (0..len).step_by(chunk) {
            let count = chunk.min(len - from);
            let args: Vec<_> = inputs.iter().map(|arg| arg.part(from, count)).collect();
            let submission = self.send(&args, count)?;
            let mut part = [0.0];
            self.receive(submission, &mut part)?;
            parts.push(part[0]);
        }
        fold.join(&parts, len)
    }

    /// Makes room for a chunk of `len` elements, if there is not.
    fn reserve(&mut self, len: usize) -> Result<()> {
        if self.memory.as_ref().is_some_and(|memory| memory.len >= len) {
            return Ok(());
        }
        // What there was goes first, so that the two need not both fit.
        self.memory = None;
        let gpu = self.kernel.gpu();
        let len = len.next_power_of_two().min(self.kernel.chunk());
        let results = self.kernel.kernel().output_len(len);
        let inputs = self.kernel.kernel().inputs().iter().map(|_| gpu.empty(len));
        self.memory = Some(Memory {
            len,
            inputs: inputs.collect::<Result<_>>()?,
            out: gpu.empty(results)?,
            readback: gpu.buffer(results, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)?,
            bound: None,
        });
        Ok(())
    }

    fn begin(&mut self, len: usize) -> Result<()> {
        self.stages.iter_mut().for_each(|stage| stage.time = Duration::ZERO);
        self.reserve(len.min(self.kernel.chunk()))
    }

    /// Adds the time since `from` to a stage.
    fn spent(&mut self, stage: usize, from: Instant) {
        self.stages[stage].time += from.elapsed();
    }

    /// Runs one chunk up to the point where the result can be read back.
    fn send(&mut self, inputs: &[Arg<'_>], len: usize) -> Result<wgpu::SubmissionIndex> {
        let start = Instant::now();
        let Some(memory) = &mut self.memory else { unreachable!("`begin` reserves it") };
        let gpu = self.kernel.gpu();
        let mut args = Vec::with_capacity(inputs.len());
        for (array, arg) in memory.inputs.iter().zip(inputs) {
            args.push(match arg {
                Arg::Array(from) => {
                    gpu.write(array, from)?;
                    DeviceArg::Array(array)
                }
                Arg::Scalar(value) => DeviceArg::Scalar(*value),
            });
        }
        let arrays: Vec<_> = args.iter().map(|arg| matches!(arg, DeviceArg::Array(_))).collect();
        let bound = match memory.bound.take() {
            Some((bound, same)) if same == arrays => bound,
            _ => self.kernel.bind(&args, &memory.out)?,
        };
        bound.set(&args, len)?;
        let submission = gpu.scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            bound.encode_part(&mut encoder, len);
            let results = bytes(self.kernel.kernel().output_len(len));
            encoder.copy_buffer_to_buffer(memory.out.buffer(), 0, &memory.readback, 0, results);
            gpu.queue().submit([encoder.finish()])
        })?;
        memory.bound = Some((bound, arrays));
        self.spent(0, start);
        Ok(submission)
    }

    /// Waits for a chunk and copies its result to the host.
    fn receive(&mut self, submission: wgpu::SubmissionIndex, out: &mut [f32]) -> Result<()> {
        let start = Instant::now();
        let Some(memory) = &self.memory else { unreachable!("`begin` reserves it") };
        let gpu = self.kernel.gpu();
        gpu.wait(submission.clone())?;
        let computed = Instant::now();
        gpu.read(&memory.readback, submission, out)?;
        self.stages[1].time += computed - start;
        self.spent(2, computed);
        Ok(())
    }
}

impl Prepared for OnGpu {
    fn kernel(&self) -> &Kernel {
        &self.whole
    }

    fn launch(&mut self, inputs: &[Arg<'_>], out: &mut [f32]) -> Result<()> {
        if let Some(fold) = self.whole.fold() {
            out[0] = self.fold(fold, inputs)?;
            return Ok(());
        }
        self.begin(out.len())?;
        let chunk = self.kernel.chunk();
        for (index, out) in out.chunks_mut(chunk).enumerate() {
            let parts: Vec<_> = inputs.iter().map(|arg| arg.part(index * chunk, out.len())).collect();
            let submission = self.send(&parts, out.len())?;
            self.receive(submission, out)?;
        }
        Ok(())
    }

    fn launch_in_place(&mut self, data: &mut [f32], rest: &[Arg<'_>]) -> Result<()> {
        self.begin(data.len())?;
        let chunk = self.kernel.chunk();
        for (index, data) in data.chunks_mut(chunk).enumerate() {
            let rest = rest.iter().map(|arg| arg.part(index * chunk, data.len()));
            let parts: Vec<_> = std::iter::once(Arg::Array(&*data)).chain(rest).collect();
            let submission = self.send(&parts, data.len())?;
            self.receive(submission, data)?;
        }
        Ok(())
    }

    fn stages(&self) -> &[Stage] {
        &self.stages
    }
}
