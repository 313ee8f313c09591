//! Kernels with their arrays, ready to be put into a command encoder.

use super::Gpu;
use super::array::{DeviceArg, DeviceArray, bytes};
use super::kernel::GpuKernel;
use crate::error::Result;

/// Words of parameters for each input: see `Input` in the shaders.
const INPUT: usize = 4;

/// A kernel with its arrays, ready to run: cheap to run again and again.
#[derive(Clone, Debug)]
pub struct BoundKernel {
    kernel: GpuKernel,
    params: wgpu::Buffer,
    /// How many elements were bound.
    len: usize,
    dispatches: Vec<Dispatch>,
    /// What the output of no elements is filled with, if there are none but the output has one.
    nothing: Option<(DeviceArray, f32)>,
}

/// One dispatch. Elementwise there is one for each part of the arrays that can be bound at once. A fold has as many, which
/// leave a number for each workgroup, and then one for each level at which these are folded further.
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

/// What a dispatch does for a certain number of elements.
#[derive(Clone, Copy)]
struct Work {
    len: usize,
    /// Where the first result goes.
    first: usize,
    /// What the result is divided by; 0 if by nothing.
    divisor: f32,
}

impl GpuKernel {
    /// Binds arrays of the device to the kernel's inputs and output: what a run needs, made once. The output of a fold has
    /// one element.
    ///
    /// The output must not be one of the inputs too.
    ///
    /// # Errors
    ///
    /// What [`Kernel::check`](crate::Kernel::check) finds if the arrays do not fit, [`Error::Empty`](crate::Error::Empty) for
    /// the least or greatest of no elements, and what may go wrong on the device.
    pub fn bind(&self, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<BoundKernel> {
        BoundKernel::new(self, inputs, out)
    }
}

impl BoundKernel {
    fn new(kernel: &GpuKernel, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<Self> {
        let len = kernel.kernel().check_lengths(inputs.iter().map(DeviceArg::len), out.len())?;
        let gpu = kernel.gpu();
        let nothing = match kernel.kernel().fold() {
            Some(fold) if len == 0 => Some((out.clone(), fold.empty()?)),
            _ => None,
        };
        let counts = counts(kernel, len);
        let parts = len.div_ceil(kernel.part());
        let levels = counts.len() - 1;
        let size = (parts + levels) * params_stride(kernel) / size_of::<f32>();
        let params = gpu.buffer(size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)?;
        // Where each level's results go: a buffer of their own, or for the last the output.
        let mut results = counts[1..].iter().map(|count| gpu.empty(*count)).collect::<Result<Vec<_>>>()?;
        results.push(out.clone());
        let mut dispatches = Vec::with_capacity(parts + levels);
        for part in 0..parts {
            let group = bind_part(kernel, inputs, &results[0], window_of(kernel, &params, part), part, len)?;
            dispatches.push(Dispatch { group, role: Role::Part(part) });
        }
        for level in 1..=levels {
            let pipeline = kernel.join.as_ref().unwrap_or(&kernel.pipeline);
            let params = window_of(kernel, &params, parts + level - 1);
            let resources = vec![params, whole(&results[level]), whole(&results[level - 1])];
            dispatches.push(Dispatch { group: group(gpu, "join", pipeline, resources)?, role: Role::Level(level) });
        }
        let bound = BoundKernel { kernel: kernel.clone(), params, len, dispatches, nothing };
        bound.set(inputs, len)?;
        Ok(bound)
    }

    /// What a dispatch does if there are `len` elements: nothing if these are all done by others.
    fn work(&self, dispatch: &Dispatch, len: usize) -> Work {
        let kernel = &self.kernel;
        let counts = counts(kernel, len);
        let last = self.dispatches.last().map(|last| last.role) == Some(dispatch.role);
        let mean = kernel.kernel().fold() == Some(crate::Fold::Mean);
        let divisor = if mean && last { len as f32 } else { 0.0 };
        match dispatch.role {
            Role::Part(part) => {
                let folded = kernel.kernel().fold().is_some();
                let first = if folded { part * kernel.part().div_ceil(kernel.workgroup_share()) } else { 0 };
                Work { len: kernel.share(part, len), first, divisor }
            }
            // With fewer elements than were bound, the last levels have one number to pass on.
            Role::Level(level) => Work { len: counts.get(level).copied().unwrap_or(1), first: 0, divisor },
        }
    }

    /// Sets the numbers among the inputs and how many elements are computed, from the first on: no more than were bound.
    pub(super) fn set(&self, inputs: &[DeviceArg<'_>], len: usize) -> Result<()> {
        let kernel = &self.kernel;
        let stride = params_stride(kernel) / size_of::<u32>();
        let mut params = vec![0_u32; stride * self.dispatches.len()];
        for (dispatch, params) in self.dispatches.iter().zip(params.chunks_mut(stride)) {
            let work = self.work(dispatch, len);
            let (columns, _) = kernel.workgroups(work.len);
            let folded = kernel.kernel().fold().is_some();
            params[0] = work.len as u32;
            params[1] = if folded { columns } else { columns * kernel.workgroup };
            if folded {
                params[3] = work.first as u32;
                params[4] = work.divisor.to_bits();
            }
            let (_, each) = params.split_at_mut(header(kernel));
            if let Role::Level(_) = dispatch.role {
                each[0] = u32::MAX;
                continue;
            }
            for (input, arg) in each.chunks_mut(INPUT).zip(inputs) {
                match arg {
                    DeviceArg::Array(_) => input[0] = u32::MAX,
                    DeviceArg::Scalar(value) => input[1] = value.to_bits(),
                }
            }
        }
        let gpu = kernel.gpu();
        gpu.scoped(|_| gpu.queue().write_buffer(&self.params, 0, bytemuck::cast_slice(&params)))?;
        match &self.nothing {
            Some((out, value)) => gpu.write(out, &[*value]),
            None => Ok(()),
        }
    }

    /// Puts the first `len` elements' work into a command encoder, submitting nothing.
    pub(super) fn encode_part(&self, encoder: &mut wgpu::CommandEncoder, len: usize) {
        let kernel = &self.kernel;
        let mut pass = encoder
            .begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(&kernel.title), timestamp_writes: None });
        for dispatch in &self.dispatches {
            let work = self.work(dispatch, len);
            if work.len == 0 {
                continue;
            }
            let joins = matches!(dispatch.role, Role::Level(_));
            pass.set_pipeline(kernel.join.as_ref().filter(|_| joins).unwrap_or(&kernel.pipeline));
            pass.set_bind_group(0, &dispatch.group, &[]);
            let (columns, rows) = kernel.workgroups(work.len);
            pass.dispatch_workgroups(columns, rows, 1);
        }
    }

    /// Puts a run into a command encoder of the host's, submitting nothing.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        self.encode_part(encoder, self.len);
    }

    /// Runs it and waits until the device is done.
    ///
    /// # Errors
    ///
    /// What may go wrong on the device.
    pub fn run(&self) -> Result<()> {
        let gpu = self.kernel.gpu();
        let submission = gpu.scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            self.encode(&mut encoder);
            gpu.queue().submit([encoder.finish()])
        })?;
        gpu.wait(submission)
    }
}

/// How many numbers each level of a fold begins with: the elements, then what the workgroups of the level before leave,
/// down to the level that leaves one. Elementwise there is one level.
fn counts(kernel: &GpuKernel, len: usize) -> Vec<usize> {
    let mut counts = vec![len];
    if kernel.join.is_none() {
        return counts;
    }
    let shares = |len: usize| len.div_ceil(kernel.workgroup_share());
    let parts = len / kernel.part();
    let mut left = parts * shares(kernel.part()) + shares(len - parts * kernel.part());
    while left > 1 {
        counts.push(left);
        left = shares(left);
    }
    counts
}

/// The bindings of a part of the arrays.
fn bind_part(
    kernel: &GpuKernel,
    inputs: &[DeviceArg<'_>],
    out: &DeviceArray,
    params: wgpu::BindingResource<'_>,
    part: usize,
    len: usize,
) -> Result<wgpu::BindGroup> {
    let (from, len) = (part * kernel.part(), kernel.share(part, len));
    let result = if kernel.join.is_some() { whole(out) } else { window(out.buffer(), bytes(from), bytes(len)) };
    let mut resources = vec![params, result];
    resources.extend(inputs.iter().map(|arg| match arg {
        DeviceArg::Array(array) => window(array.buffer(), bytes(from), bytes(len)),
        DeviceArg::Scalar(_) => whole(&kernel.placeholder),
    }));
    group(kernel.gpu(), &kernel.title, &kernel.pipeline, resources)
}

fn group(
    gpu: &Gpu,
    label: &str,
    pipeline: &wgpu::ComputePipeline,
    resources: Vec<wgpu::BindingResource<'_>>,
) -> Result<wgpu::BindGroup> {
    let entries: Vec<_> =
        (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
    let layout = pipeline.get_bind_group_layout(0);
    let descriptor = wgpu::BindGroupDescriptor { label: Some(label), layout: &layout, entries: &entries };
    gpu.scoped(|device| device.create_bind_group(&descriptor))
}

/// A part of a buffer, to be bound.
fn window(buffer: &wgpu::Buffer, offset: u64, size: u64) -> wgpu::BindingResource<'_> {
    let size = wgpu::BufferSize::new(size);
    wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size })
}

/// A whole array, to be bound.
fn whole(array: &DeviceArray) -> wgpu::BindingResource<'_> {
    window(array.buffer(), 0, bytes(array.len().max(1)))
}

/// The parameters of a dispatch, to be bound.
fn window_of<'a>(kernel: &GpuKernel, params: &'a wgpu::Buffer, dispatch: usize) -> wgpu::BindingResource<'a> {
    let stride = params_stride(kernel) as u64;
    window(params, dispatch as u64 * stride, stride)
}

/// Words of parameters before those of the inputs: see `Params` in the shaders.
fn header(kernel: &GpuKernel) -> usize {
    if kernel.join.is_some() { 8 } else { 4 }
}

/// The distance in bytes between the parameters of one dispatch and the next.
fn params_stride(kernel: &GpuKernel) -> usize {
    let size = size_of::<u32>() * (header(kernel) + INPUT * kernel.kernel().inputs().len().max(1));
    size.next_multiple_of(kernel.gpu().limits().min_uniform_buffer_offset_alignment as usize)
}
