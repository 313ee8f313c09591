//! Kernels compiled for a device.

use super::Gpu;
use super::array::{DeviceArray, bytes};
use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::kernel::Kernel;
use crate::wgsl;

/// Invocations in a workgroup, where the device allows as many: a multiple of every GPU's subgroup.
const WORKGROUP: u32 = 256;

/// Operations of a kernel at most: drivers compile more in seconds or minutes, if at all.
const MOST_OPERATIONS: usize = 2000;

/// Elements that are sent to the device at a time, 64 MiB: enough to hide the cost of a submission.
const CHUNK: usize = 1 << 24;

/// A kernel compiled for a GPU. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct GpuKernel {
    gpu: Gpu,
    kernel: Kernel,
    /// What the device's tools call it.
    pub(super) title: String,
    pub(super) pipeline: wgpu::ComputePipeline,
    /// What folds the results of workgroups, for a fold.
    pub(super) join: Option<wgpu::ComputePipeline>,
    pub(super) workgroup: u32,
    /// What is bound in place of an array for an input that is a number.
    pub(super) placeholder: DeviceArray,
}

impl GpuKernel {
    pub(super) fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Self> {
        let limits = gpu.limits();
        let title = kernel.title();
        let operations = kernel.program().ops().len();
        if operations > MOST_OPERATIONS {
            return Err(Error::TooLarge {
                what: format!("kernel `{title}`, in operations of one shader,"),
                needed: operations as u64,
                limit: MOST_OPERATIONS as u64,
                remedy: "run it on another backend, or split it into several kernels".to_owned(),
            });
        }
        let (needed, limit) = (kernel.inputs().len() + 1, limits.max_storage_buffers_per_shader_stage);
        if needed > limit as usize {
            return Err(Error::TooLarge {
                what: format!("kernel `{title}`, in arrays bound at once on the GPU,"),
                needed: needed as u64,
                limit: u64::from(limit),
                remedy: "use fewer inputs, or another backend".to_owned(),
            });
        }
        let workgroup = workgroup(limits, kernel.fold());
        let pipeline = compile(gpu, kernel, workgroup)?;
        let join = kernel.fold().map(|fold| compile(gpu, &identity(fold), workgroup)).transpose()?;
        let placeholder = gpu.empty(1)?;
        Ok(GpuKernel { gpu: gpu.clone(), kernel: kernel.clone(), title, pipeline, join, workgroup, placeholder })
    }

    /// The kernel that was compiled.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The GPU that it was compiled for.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Elements in one dispatch: what one binding may hold, what a rectangle of workgroups may cover, and what a `u32`
    /// may count with room to spare; and a whole number of the steps in which a binding may begin.
    pub(super) fn part(&self) -> usize {
        let limits = self.gpu.limits();
        let side = u64::from(limits.max_compute_workgroups_per_dimension);
        let binding = limits.max_storage_buffer_binding_size / bytes(1);
        let dispatch = (side * side).saturating_mul(self.workgroup_share() as u64);
        let step = (u64::from(limits.min_storage_buffer_offset_alignment) / bytes(1)).max(1);
        let most = binding.min(dispatch).min(1 << 31);
        (most / step * step).max(step) as usize
    }

    /// How many of `len` elements dispatch number `part` does: none once they are all done.
    pub(super) fn share(&self, part: usize, len: usize) -> usize {
        self.part().min(len.saturating_sub(part * self.part()))
    }

    /// Elements that a buffer and the bindings of one run should not exceed: as many as one dispatch does, but no more than
    /// `CHUNK`.
    pub(super) fn chunk(&self) -> usize {
        let buffer = (self.gpu.limits().max_buffer_size / bytes(1)) as usize;
        self.part().min(buffer).min(CHUNK)
    }

    /// Elements that one workgroup computes.
    pub(super) fn workgroup_share(&self) -> usize {
        (self.workgroup * if self.kernel.fold().is_some() { wgsl::EACH } else { 1 }) as usize
    }

    /// The workgroups that cover `len` elements: a row of them, or as many equal rows as are needed.
    pub(super) fn workgroups(&self, len: usize) -> (u32, u32) {
        let count = len.div_ceil(self.workgroup_share()) as u64;
        let rows = count.div_ceil(u64::from(self.gpu.limits().max_compute_workgroups_per_dimension)).max(1);
        // Both are within the dimension's limit, since `len` is at most a part.
        (count.div_ceil(rows) as u32, rows as u32)
    }
}

/// The kernel that folds what it is given.
fn identity(fold: Fold) -> Kernel {
    let x = crate::trace::trace(&crate::workload::Identity);
    Kernel::from_program(fold.names()[0], x.with_fold(Some(fold)))
}

/// Invocations in a workgroup: as many as the device allows, up to what is useful; a power of two for a fold, which also
/// keeps a number for each.
fn workgroup(limits: &wgpu::Limits, fold: Option<Fold>) -> u32 {
    let most = WORKGROUP.min(limits.max_compute_workgroup_size_x).min(limits.max_compute_invocations_per_workgroup);
    match fold {
        None => most,
        Some(_) => 1 << most.min(limits.max_compute_workgroup_storage_size / 4).max(1).ilog2(),
    }
}

fn compile(gpu: &Gpu, kernel: &Kernel, workgroup: u32) -> Result<wgpu::ComputePipeline> {
    let (text, title) = (wgsl::shader(kernel.program(), workgroup), kernel.title());
    let compiled = gpu.scoped(|device| {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&title),
            source: wgpu::ShaderSource::Wgsl(text.as_str().into()),
        });
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&title),
            layout: Some(&layout(device, kernel.inputs().len())),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        })
    });
    compiled.map_err(|error| match error {
        Error::Device { message } => Error::Shader { kernel: title, message, wgsl: text },
        other => other,
    })
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
