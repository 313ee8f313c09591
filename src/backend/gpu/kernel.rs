//! Kernels on the device: compiled, bound to arrays, put into a command encoder.

use super::Gpu;
use super::array::{DeviceArg, DeviceArray, bytes};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::wgsl;

/// Invocations in a workgroup, where the device allows as many: a multiple of every GPU's subgroup.
const WORKGROUP: u32 = 256;

/// Elements that are sent to the device at a time, 64 MiB: enough to hide the cost of a submission.
const CHUNK: usize = 1 << 24;

/// Words in the parameters before those of the inputs, and in those of each input: see `Params` and `Input` in the shader.
const PARAMS: usize = 4;

/// A kernel compiled for a GPU. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct GpuKernel {
    gpu: Gpu,
    kernel: Kernel,
    pipeline: wgpu::ComputePipeline,
    workgroup: u32,
    /// What is bound in place of an array for an input that is a number.
    placeholder: DeviceArray,
}

impl GpuKernel {
    pub(super) fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Self> {
        let limits = gpu.limits();
        let (needed, limit) = (kernel.inputs().len() + 1, limits.max_storage_buffers_per_shader_stage);
        if needed > limit as usize {
            return Err(Error::TooLarge {
                what: format!("kernel `{}`, in arrays bound at once on the GPU,", kernel.name()),
                needed: needed as u64,
                limit: u64::from(limit),
                remedy: "use fewer inputs, or another backend".to_owned(),
            });
        }
        let workgroup =
            WORKGROUP.min(limits.max_compute_workgroup_size_x).min(limits.max_compute_invocations_per_workgroup);
        let text = wgsl::elementwise(kernel.program(), workgroup);
        let compiled = gpu.scoped(|device| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(kernel.name()),
                source: wgpu::ShaderSource::Wgsl(text.as_str().into()),
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kernel.name()),
                layout: Some(&layout(device, kernel.inputs().len())),
                module: &module,
                entry_point: Some("main"),
                compilation_options: Default::default(),
                cache: None,
            })
        });
        let pipeline = compiled.map_err(|error| match error {
            Error::Device { message } => Error::Shader { kernel: kernel.name().to_owned(), message, wgsl: text },
            other => other,
        })?;
        Ok(GpuKernel { gpu: gpu.clone(), kernel: kernel.clone(), pipeline, workgroup, placeholder: gpu.empty(1)? })
    }

    /// The kernel that was compiled.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The GPU that it was compiled for.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Binds arrays of the device to the kernel's inputs and output: what a run needs, made once.
    ///
    /// The output must not be one of the inputs too.
    ///
    /// # Errors
    ///
    /// [`Error::InputCount`] and [`Error::Length`] if the inputs do not fit, and what may go wrong on the device.
    pub fn bind(&self, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<BoundKernel> {
        self.kernel.check_lengths(inputs.iter().map(DeviceArg::len), out.len())?;
        let parts = out.len().div_ceil(self.part());
        let size = parts * self.params_stride() / size_of::<f32>();
        let params = self.gpu.buffer(size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)?;
        let groups = (0..parts).map(|part| self.bind_part(inputs, out, &params, part));
        let bound =
            BoundKernel { groups: groups.collect::<Result<_>>()?, kernel: self.clone(), params, len: out.len() };
        bound.set(inputs, out.len())?;
        Ok(bound)
    }

    /// The bindings of one dispatch.
    fn bind_part(
        &self,
        inputs: &[DeviceArg<'_>],
        out: &DeviceArray,
        params: &wgpu::Buffer,
        part: usize,
    ) -> Result<wgpu::BindGroup> {
        let (from, len) = (part * self.part(), self.share(part, out.len()));
        let stride = self.params_stride() as u64;
        let mut resources =
            vec![window(params, part as u64 * stride, stride), window(out.buffer(), bytes(from), bytes(len))];
        resources.extend(inputs.iter().map(|arg| match arg {
            DeviceArg::Array(array) => window(array.buffer(), bytes(from), bytes(len)),
            DeviceArg::Scalar(_) => window(self.placeholder.buffer(), 0, bytes(1)),
        }));
        let entries: Vec<_> =
            (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
        self.gpu.scoped(|device| {
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(self.kernel.name()),
                layout: &self.pipeline.get_bind_group_layout(0),
                entries: &entries,
            })
        })
    }

    /// Elements in one dispatch: what one binding may hold, what a rectangle of workgroups may cover, and what a `u32`
    /// may count with room to spare; and a whole number of the steps in which a binding may begin.
    fn part(&self) -> usize {
        let limits = self.gpu.limits();
        let side = u64::from(limits.max_compute_workgroups_per_dimension);
        let binding = limits.max_storage_buffer_binding_size / bytes(1);
        let dispatch = (side * side).saturating_mul(u64::from(self.workgroup));
        let step = (u64::from(limits.min_storage_buffer_offset_alignment) / bytes(1)).max(1);
        let most = binding.min(dispatch).min(1 << 31);
        (most / step * step).max(step) as usize
    }

    /// How many of `len` elements dispatch number `part` does: none once they are all done.
    fn share(&self, part: usize, len: usize) -> usize {
        self.part().min(len.saturating_sub(part * self.part()))
    }

    /// Elements that a buffer and the bindings of one run should not exceed: as many as one dispatch does, but no more than
    /// `CHUNK`.
    pub(super) fn chunk(&self) -> usize {
        let buffer = (self.gpu.limits().max_buffer_size / bytes(1)) as usize;
        self.part().min(buffer).min(CHUNK)
    }

    /// The distance in bytes between the parameters of one dispatch and the next.
    fn params_stride(&self) -> usize {
        let size = PARAMS * size_of::<u32>() * (1 + self.kernel.inputs().len().max(1));
        size.next_multiple_of(self.gpu.limits().min_uniform_buffer_offset_alignment as usize)
    }

    /// The workgroups that cover `len` elements: a row of them, or as many equal rows as are needed.
    fn workgroups(&self, len: usize) -> (u32, u32) {
        let count = (len as u64).div_ceil(u64::from(self.workgroup));
        let rows = count.div_ceil(u64::from(self.gpu.limits().max_compute_workgroups_per_dimension)).max(1);
        // Both are within the dimension's limit, since `len` is at most a part.
        (count.div_ceil(rows) as u32, rows as u32)
    }
}

/// A part of a buffer, to be bound.
fn window(buffer: &wgpu::Buffer, offset: u64, size: u64) -> wgpu::BindingResource<'_> {
    let size = wgpu::BufferSize::new(size);
    wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size })
}

/// The layout of the bindings: the parameters, the output, the inputs. Said in full, since the one that is deduced from a
/// shader lacks the inputs that a formula does not use.
fn layout(device: &wgpu::Device, inputs: usize) -> wgpu::PipelineLayout {
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let types = [wgpu::BufferBindingType::Uniform, storage(false)];
    let types = types.into_iter().chain(std::iter::repeat_n(storage(true), inputs));
    let entries: Vec<_> = (0..)
        .zip(types)
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        })
        .collect();
    let bindings = device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("crossover"), entries: &entries });
    device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("crossover"),
        bind_group_layouts: &[Some(&bindings)],
        immediate_size: 0,
    })
}

/// A kernel with its arrays, ready to run: cheap to run again and again.
#[derive(Clone, Debug)]
pub struct BoundKernel {
    kernel: GpuKernel,
    params: wgpu::Buffer,
    /// How many elements were bound.
    len: usize,
    /// One for each dispatch.
    groups: Vec<wgpu::BindGroup>,
}

impl BoundKernel {
    /// Sets the numbers among the inputs and how many elements are computed, from the first on: no more than were bound.
    pub(super) fn set(&self, inputs: &[DeviceArg<'_>], len: usize) -> Result<()> {
        let kernel = &self.kernel;
        let mut params = vec![0_u32; kernel.params_stride() / size_of::<u32>() * self.groups.len()];
        for (part, params) in params.chunks_mut(kernel.params_stride() / size_of::<u32>()).enumerate() {
            let len = kernel.share(part, len);
            let (columns, _) = kernel.workgroups(len);
            params[0] = len as u32;
            params[1] = columns * kernel.workgroup;
            for (input, arg) in params[PARAMS..].chunks_mut(PARAMS).zip(inputs) {
                match arg {
                    DeviceArg::Array(_) => input[0] = u32::MAX,
                    DeviceArg::Scalar(value) => input[1] = value.to_bits(),
                }
            }
        }
        let gpu = &kernel.gpu;
        gpu.scoped(|_| gpu.queue().write_buffer(&self.params, 0, bytemuck::cast_slice(&params)))
    }

    /// Puts the first `len` elements' work into a command encoder, submitting nothing.
    pub(super) fn encode_part(&self, encoder: &mut wgpu::CommandEncoder, len: usize) {
        let kernel = &self.kernel;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(kernel.kernel.name()),
            timestamp_writes: None,
        });
        pass.set_pipeline(&kernel.pipeline);
        for (part, group) in self.groups.iter().enumerate() {
            let len = kernel.share(part, len);
            if len == 0 {
                break;
            }
            let (columns, rows) = kernel.workgroups(len);
            pass.set_bind_group(0, group, &[]);
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
        let gpu = &self.kernel.gpu;
        let submission = gpu.scoped(|device| {
            let mut encoder = device.create_command_encoder(&Default::default());
            self.encode(&mut encoder);
            gpu.queue().submit([encoder.finish()])
        })?;
        gpu.wait(submission)
    }
}
