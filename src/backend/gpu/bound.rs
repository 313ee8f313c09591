//! Kernels with their arrays, ready to be put into a command encoder.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::array::{DeviceArg, DeviceArray};
use super::compiled::Compiled;
use super::fault::captured;
use super::layout::{self, Layout, group};
use super::memory::Allocation;
use super::params::{self, Work};
use super::pipeline::Pipeline;
use super::poller::Waiting;
use super::timer::Timer;
use crate::error::{Error, Result};
use crate::formula::reduction::Reduction;

/// A kernel with its arrays, ready to run: cheap to run again and again. Clones share its arrays and numbers.
#[derive(Clone, Debug)]
pub struct BoundKernel {
    core: Arc<Compiled>,
    pipeline: Pipeline,
    join: Option<Pipeline>,
    layout: Layout,
    /// All memory that a run uses.
    memory: Vec<Arc<Allocation>>,
    params: Arc<Allocation>,
    /// The number of elements that were bound.
    len: usize,
    dispatches: Vec<Dispatch>,
    /// What the output of no elements is filled with, if there are none but the output has one.
    nothing: Option<(DeviceArray, f32)>,
    /// Whether a reduction ends on the device, or its state is left to the host.
    concludes: bool,
    /// The parameters: the number of elements, and the value of each scalar input.
    said: Arc<Mutex<Said>>,
}

#[derive(Clone, PartialEq, Debug)]
struct Said {
    len: usize,
    numbers: Vec<Option<f32>>,
}

/// One dispatch. An elementwise kernel has one for each part of the arrays that can be bound at once. A reduction has the same,
/// which leave a state per workgroup, and then one for each level at which these are reduced further.
#[derive(Clone, Debug)]
struct Dispatch {
    group: wgpu::BindGroup,
    /// Which part, or which level.
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Part(usize),
    Level(usize),
}

impl BoundKernel {
    pub(super) fn new(
        core: &Arc<Compiled>,
        inputs: &[DeviceArg<'_>],
        out: &DeviceArray,
        concludes: bool,
    ) -> Result<Self> {
        let (gpu, fold) = (&core.gpu, core.kernel.reduction());
        // A state has another length than the result.
        let out_len = if concludes || fold.is_none() { out.len() } else { core.kernel.output_len(out.len()) };
        let len = core.kernel.check_lengths(inputs.iter().map(DeviceArg::len), out_len)?;
        layout::check_owns(gpu, &core.kernel, inputs, out)?;
        let layout = Layout::new(core, inputs, out)?;
        let nothing = match fold {
            Some(fold) if len == 0 => Some((out.clone(), fold.empty()?)),
            _ => None,
        };
        let counts = counts(core, len);
        let (parts, levels) = (len.div_ceil(core.part()), counts.len() - 1);
        let (pipeline, join) = (core.pipeline(&layout.shape)?, core.join()?);
        let size = (parts + levels).max(1) * params::stride(core);
        let params = gpu.allocate(size as u64, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)?;
        // Where each level's results go: a buffer of their own, or for the last the output.
        let mut results =
            counts[1..].iter().map(|count| gpu.empty(*count * planes(core))).collect::<Result<Vec<_>>>()?;
        results.push(out.clone());
        let mut dispatches = Vec::with_capacity(parts + levels);
        for part in 0..parts {
            let params = params::window(core, params.buffer(), part);
            let from = part * core.part();
            let elements = from..from + share(core, part, len);
            let group = layout.bind(core, &pipeline, params, inputs, &results[0], elements)?;
            dispatches.push(Dispatch { group, role: Role::Part(part) });
        }
        for (level, pipeline) in (1..=levels).zip(std::iter::repeat(join.as_ref().unwrap_or(&pipeline))) {
            let params = params::window(core, params.buffer(), parts + level - 1);
            let (to, from) = (layout::whole(gpu, &results[level]), layout::whole(gpu, &results[level - 1]));
            let group = group(gpu, "join", pipeline, [(0, params), (1, to), (2, from)].into())?;
            dispatches.push(Dispatch { group, role: Role::Level(level) });
        }
        let arrays = inputs.iter().filter_map(DeviceArg::array).chain(&results);
        let memory = arrays.map(|array| array.memory().clone()).collect();
        let said = Arc::new(Mutex::new(Said { len: usize::MAX, numbers: Vec::new() }));
        let params = Arc::new(params);
        let core = core.clone();
        let bound =
            BoundKernel { core, pipeline, join, layout, memory, params, len, dispatches, nothing, concludes, said };
        bound.set(inputs, len)?;
        Ok(bound)
    }

    /// Returns the work of a dispatch for `len` elements, which is nothing if other dispatches cover all of them.
    fn work(&self, dispatch: &Dispatch, len: usize) -> Work {
        let core = &self.core;
        let last = self.dispatches.last().map(|last| last.role) == Some(dispatch.role);
        let ends = self.concludes && last && core.kernel.output_len(len) == 1;
        let count = if ends { len as f32 } else { 0.0 };
        // The last writes the output, and what a reduction leaves before, it leaves in arrays of its own.
        let start = if last || core.kernel.reduction().is_none() { self.layout.start as usize } else { 0 };
        match dispatch.role {
            Role::Part(part) => {
                let folded = core.kernel.reduction().is_some();
                let first = if folded { part * core.part().div_ceil(core.share(1)) * planes(core) } else { 0 };
                Work {
                    len: share(core, part, len),
                    first: start + first,
                    count,
                    base: part * core.part(),
                    joins: false,
                }
            }
            // With fewer elements than were bound, the last levels have one number to pass on.
            Role::Level(level) => {
                let len = counts(core, len).get(level).copied().unwrap_or(1);
                Work { len, first: start, count, base: 0, joins: true }
            }
        }
    }

    /// Sets the scalar inputs and the number of elements to compute, starting at the first; at most the number that was bound.
    pub(super) fn set(&self, inputs: &[DeviceArg<'_>], len: usize) -> Result<()> {
        let bits = |number: Option<f32>| number.map(f32::to_bits);
        self.exchange(|said| {
            let numbers = inputs.iter().map(|arg| bits(arg.number()));
            let same = said.len == len && said.numbers.iter().map(|number| bits(*number)).eq(numbers);
            Ok((!same).then(|| Said { len, numbers: inputs.iter().map(DeviceArg::number).collect() }))
        })
    }

    /// Sets new values for scalar inputs, by the inputs' names.
    ///
    /// They apply to everything that is submitted afterwards, including commands that are already encoded. Two runs with
    /// different numbers in one submission therefore need a bound kernel each. Several threads may set different inputs at the
    /// same time.
    ///
    /// ```no_run
    /// # let gpu = crossover::Gpu::open()?;
    /// # let (x, out) = (gpu.empty(8)?, gpu.empty(8)?);
    /// let kernel = gpu.compile(&crossover::Kernel::parse("a*x + b")?)?;
    /// let bound = kernel.bind(&[1.0.into(), (&x).into(), 0.0.into()], &out)?;
    /// bound.set_numbers(&[("a", 2.0), ("b", 0.5)])?;
    /// bound.run()?;
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if no number was bound to an input of that name, and any device error.
    pub fn set_numbers(&self, numbers: &[(&str, f32)]) -> Result<()> {
        let names = self.core.kernel.inputs();
        self.exchange(|said| {
            let mut new = said.clone();
            for (name, value) in numbers {
                let bound = names.iter().position(|input| input == name).and_then(|index| new.numbers[index].as_mut());
                let Some(number) = bound else {
                    let expected =
                        format!("kernel `{}` has no number bound to it, but an array or nothing", self.core.title);
                    return Err(Error::Invalid { what: "input", given: (*name).to_owned(), expected });
                };
                *number = *value;
            }
            Ok(Some(new))
        })
    }

    /// Makes new parameters of the present ones and writes them for the device, unless there are none. Nothing is changed in
    /// between, since another thread may exchange other numbers at the same time.
    fn exchange(&self, change: impl FnOnce(&Said) -> Result<Option<Said>>) -> Result<()> {
        let gpu = &self.core.gpu;
        gpu.link().check_faults()?;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(new) = change(&said)? else { return Ok(()) };
        let words = self.words(&new);
        let write = |_: &_| gpu.queue().write_buffer(self.params.buffer(), 0, bytemuck::cast_slice(&words));
        let ((), error) = captured(gpu.device(), write);
        if error.is_none() {
            *said = new;
        }
        // An error is explained without the lock: the device is then polled, and may call back the host.
        drop(said);
        if let Some(error) = error {
            return Err(gpu.link().explain(error));
        }
        self.nothing.as_ref().map_or(Ok(()), |(out, value)| gpu.write(out, &[*value]))
    }

    /// Returns the parameters of all dispatches, as the device reads them.
    fn words(&self, new: &Said) -> Vec<u32> {
        let core = &self.core;
        let stride = params::stride(core) / size_of::<u32>();
        let mut words = vec![0_u32; stride * self.dispatches.len()];
        for (dispatch, words) in self.dispatches.iter().zip(words.chunks_mut(stride)) {
            let work = self.work(dispatch, new.len);
            let (columns, _) = core.workgroups(work.len, self.layout.shape.width());
            params::write(core, words, &work, columns, &new.numbers, &self.layout);
        }
        words
    }

    /// Encodes the work for the first `len` elements, without submitting it.
    pub(super) fn encode_part(&self, encoder: &mut wgpu::CommandEncoder, len: usize, timer: Option<&Timer>) {
        let core = &self.core;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(&core.title),
            timestamp_writes: timer.map(Timer::writes),
        });
        for dispatch in &self.dispatches {
            let work = self.work(dispatch, len);
            if work.len == 0 {
                continue;
            }
            pass.set_pipeline(&self.join.as_ref().filter(|_| work.joins).unwrap_or(&self.pipeline).pipeline);
            pass.set_bind_group(0, &dispatch.group, &[]);
            let (columns, rows) = core.workgroups(work.len, self.layout.shape.width());
            pass.dispatch_workgroups(columns, rows, 1);
        }
        drop(pass);
        if let Some(timer) = timer {
            timer.encode(encoder);
        }
    }

    /// Encodes a run into a command encoder of the host application, without submitting it. Commands run in order, so that a
    /// kernel may read what an earlier one writes. Its numbers are those at the time of submission: see
    /// [`set_numbers`](BoundKernel::set_numbers).
    ///
    /// The encoder must be of the kernel's own device: `wgpu` does not say which device an encoder is of, so that this cannot
    /// be checked here.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        // It is unknown when the host submits it, and whether the arrays are still there then.
        self.memory.iter().chain([&self.params]).for_each(|memory| memory.spend());
        self.encode_part(encoder, self.len, None);
    }

    fn submit(&self, timer: Option<&mut Timer>) -> Result<wgpu::SubmissionIndex> {
        let gpu = &self.core.gpu;
        gpu.link().scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            self.encode_part(&mut encoder, self.len, timer.as_deref());
            let submission = gpu.queue().submit([encoder.finish()]);
            timer.into_iter().for_each(Timer::ask);
            submission
        })
    }

    /// Submits a run without waiting for it. What is submitted later, such as a download, runs after it.
    ///
    /// # Errors
    ///
    /// Any device error.
    pub(crate) fn launch(&self) -> Result<()> {
        self.submit(None).map(drop)
    }

    /// Runs it and waits until the device is done.
    ///
    /// # Errors
    ///
    /// Any device error.
    pub fn run(&self) -> Result<()> {
        let submission = self.submit(None)?;
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: self.core.gpu.link().timeout() };
        self.core.gpu.link().poll(wait)
    }

    /// Runs it without blocking the thread: any executor can drive the future. The run is submitted when the future is first
    /// polled, and completes even if the future is dropped after that.
    ///
    /// # Errors
    ///
    /// Any device error.
    pub async fn run_async(&self) -> Result<()> {
        let gpu = &self.core.gpu;
        let submission = self.submit(None)?;
        gpu.link().arrival(gpu.link().work_done(), Some(&submission), Waiting::Async).await
    }

    /// Runs it as [`run`](BoundKernel::run) does, and returns how long the device took, on its own clock: nothing if it has
    /// none, or was opened without the feature [`TIMESTAMP_QUERY`](wgpu::Features::TIMESTAMP_QUERY).
    ///
    /// # Errors
    ///
    /// Any device error.
    pub fn time(&self) -> Result<Option<Duration>> {
        let Some(mut timer) = Timer::new(&self.core.gpu)? else {
            return self.run().map(|()| None);
        };
        let submission = self.submit(Some(&mut timer))?;
        pollster::block_on(timer.read(Some(&submission), Waiting::Blocking)).map(Some)
    }
}

/// Returns the size of the state that a dispatch of a reduction leaves for each of its workgroups, in numbers.
fn planes(core: &Compiled) -> usize {
    core.kernel.reduction().map_or(1, Reduction::planes)
}

/// Returns how many of `len` elements dispatch number `part` does: none once they are all done.
fn share(core: &Compiled, part: usize, len: usize) -> usize {
    core.part().min(len.saturating_sub(part * core.part()))
}

/// Returns how many numbers each level of a reduction begins with: the elements, then what the workgroups of the level before
/// leave, down to the level that leaves one. Elementwise there is one level.
fn counts(core: &Compiled, len: usize) -> Vec<usize> {
    let mut counts = vec![len];
    if core.kernel.reduction().is_none() {
        return counts;
    }
    let shares = |len: usize| len.div_ceil(core.share(1));
    let parts = len / core.part();
    let mut left = parts * shares(core.part()) + shares(len - parts * core.part());
    while left > 1 {
        counts.push(left);
        left = shares(left);
    }
    counts
}
