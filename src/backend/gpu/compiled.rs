//! The parts of a compiled kernel that are the same in every run, and how its work is divided into dispatches.

use std::sync::Arc;

use super::Gpu;
use super::memory::bytes;
use super::pipeline::Pipeline;
use crate::error::{Error, Result};
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;
use crate::kernel::wgsl::{self, Shape};

/// Invocations in a workgroup, where the device allows as many: a multiple of every GPU's subgroup.
const WORKGROUP: u32 = 256;

/// The maximum number of operations of a kernel: drivers take seconds or minutes to compile more, if they can.
const MOST_OPERATIONS: usize = 2000;

/// The maximum number of operations of a kernel that computes a block of elements per invocation. Longer ones do not wait for
/// memory.
const MOST_IN_BLOCKS: usize = 256;

/// The parts of a compiled kernel that are the same in every run.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) gpu: Gpu,
    pub(super) kernel: Kernel,
    /// The label that debugging tools show.
    pub(super) title: String,
    pub(super) workgroup: u32,
}

impl Compiled {
    pub(super) fn new(gpu: &Gpu, kernel: &Kernel) -> Result<Arc<Self>> {
        let (limits, title) = (gpu.limits(), kernel.title());
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
        let workgroup = workgroup(limits, kernel.reduction());
        let core = Arc::new(Compiled { gpu: gpu.clone(), kernel: kernel.clone(), title, workgroup });
        // What nearly every run needs.
        core.pipeline(&Shape { blocks: core.may_take_blocks(), ..Shape::new(workgroup) })?;
        core.join()?;
        Ok(core)
    }

    /// Returns whether an invocation computes a block of elements, if the arrays are aligned for it.
    pub(super) fn may_take_blocks(&self) -> bool {
        self.kernel.reduction().is_none() && self.kernel.program().ops().len() <= MOST_IN_BLOCKS
    }

    pub(super) fn pipeline(&self, shape: &Shape) -> Result<Pipeline> {
        self.gpu.pipeline(&self.kernel, shape)
    }

    /// Returns what folds the results of workgroups, for a reduction.
    pub(super) fn join(&self) -> Result<Option<Pipeline>> {
        let Some(fold) = self.kernel.reduction() else { return Ok(None) };
        let x = crate::formula::trace::trace(&crate::formula::Identity);
        let identity = Kernel::from_program(fold.names()[0], x.with_reduction(Some(fold)));
        self.gpu.pipeline(&identity, &Shape { joins: true, ..Shape::new(self.workgroup) }).map(Some)
    }

    /// Returns the number of elements in one dispatch: what one binding may hold, what a rectangle of workgroups may cover, and
    /// what a `u32` may count with room to spare; and a whole number of the steps in which a binding may begin.
    pub(super) fn part(&self) -> usize {
        let limits = self.gpu.limits();
        let side = u64::from(limits.max_compute_workgroups_per_dimension);
        let step = (self.gpu.alignment() / bytes(1)).max(u64::from(wgsl::BLOCK));
        // An array that begins between two steps needs almost one more.
        let binding = (limits.max_storage_buffer_binding_size / bytes(1)).saturating_sub(step);
        let dispatch = (side * side).saturating_mul(self.share(1) as u64);
        let most = binding.min(dispatch).min(1 << 31);
        (most / step * step).max(step) as usize
    }

    /// Returns the number of elements that a buffer and the bindings of one run should not exceed: as many as one dispatch
    /// does, but no more than the GPU's [chunk](Gpu::set_chunk).
    pub(super) fn chunk(&self) -> usize {
        let buffer = (self.gpu.limits().max_buffer_size / bytes(1)) as usize;
        self.part().min(buffer).min(self.gpu.chunk())
    }

    /// Returns the number of elements that one workgroup computes, in blocks of this many.
    pub(super) fn share(&self, width: u32) -> usize {
        (self.workgroup * if self.kernel.reduction().is_some() { wgsl::EACH } else { width }) as usize
    }

    /// Returns the workgroups that cover `len` elements: a row of them, or as many equal rows as are needed.
    pub(super) fn workgroups(&self, len: usize, width: u32) -> (u32, u32) {
        let count = len.div_ceil(self.share(width)) as u64;
        let rows = count.div_ceil(u64::from(self.gpu.limits().max_compute_workgroups_per_dimension)).max(1);
        // Both are within the dimension's limit, since `len` is at most a part.
        (count.div_ceil(rows) as u32, rows as u32)
    }
}

/// Returns the number of invocations in a workgroup: as many as the device allows, up to what is useful; a power of two for a
/// reduction, which also keeps a state for each.
fn workgroup(limits: &wgpu::Limits, fold: Option<Reduction>) -> u32 {
    let most = WORKGROUP.min(limits.max_compute_workgroup_size_x).min(limits.max_compute_invocations_per_workgroup);
    match fold {
        None => most,
        Some(fold) => {
            let state = bytes(fold.planes()) as u32;
            1 << most.min(limits.max_compute_workgroup_storage_size / state).max(1).ilog2()
        }
    }
}
