//! Where a kernel's arrays are in their buffers, and what of these is bound.

use std::ops::Range;

use super::Gpu;
use super::array::{DeviceArg, DeviceArray};
use super::compiled::Compiled;
use super::memory::{bytes, part};
use super::pipeline::Pipeline;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::wgsl::{BLOCK, Place, Shape};

/// How a shader reaches the arrays, and how far behind the beginning of its binding each of them begins.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) shape: Shape,
    /// In blocks of the shape, for each input.
    pub(super) starts: Vec<u32>,
    /// The same for the output.
    pub(super) start: u32,
}

impl Layout {
    /// Finds the layout for these arrays.
    ///
    /// # Errors
    ///
    /// [`Error::Overlap`] if an input shares some elements of the output only.
    pub(super) fn new(core: &Compiled, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<Self> {
        let mut places = Vec::with_capacity(inputs.len());
        for (name, arg) in core.kernel.inputs().iter().zip(inputs) {
            places.push(match arg.array() {
                Some(array) if array.is(out) && core.kernel.reduction().is_none() => Place::Same,
                Some(array) if array.overlaps(out) => {
                    return Err(Error::Overlap { kernel: core.title.clone(), input: name.clone() });
                }
                Some(array) if array.held() == out.held() => Place::Beside,
                _ => Place::Apart,
            });
        }
        if places.iter().all(|place| *place == Place::Apart) {
            places.clear();
        }
        let arrays = || inputs.iter().filter_map(DeviceArg::array).chain([out]);
        let blocks = core.may_take_blocks() && arrays().all(in_blocks);
        let shape = Shape { blocks, places, ..Shape::new(core.workgroup) };
        let start = |array: &DeviceArray| (behind(&core.gpu, array) / bytes(shape.width() as usize)) as u32;
        let starts = inputs.iter().map(|arg| arg.array().map_or(0, start)).collect();
        Ok(Layout { starts, start: start(out), shape })
    }

    /// Returns the bindings for some elements of the arrays. The output of a reduction is bound as a whole.
    pub(super) fn bind(
        &self,
        core: &Compiled,
        pipeline: &Pipeline,
        params: wgpu::BindingResource<'_>,
        inputs: &[DeviceArg<'_>],
        out: &DeviceArray,
        elements: Range<usize>,
    ) -> Result<wgpu::BindGroup> {
        let result = match core.kernel.reduction() {
            Some(_) => whole(&core.gpu, out),
            None => self.window(core, out, &elements),
        };
        let mut resources = vec![(0, params), (1, result)];
        let placeholder = core.gpu.placeholder()?;
        for (n, arg) in inputs.iter().enumerate() {
            let binding = n as u32 + 2;
            match arg.array() {
                Some(_) if self.shape.place(n) == Place::Same => {}
                Some(array) => resources.push((binding, self.window(core, array, &elements))),
                None => resources.push((binding, part(placeholder.buffer(), 0, bytes(BLOCK as usize)))),
            }
        }
        group(&core.gpu, &core.title, pipeline, resources)
    }

    /// Returns a part of an array, in whole blocks, from the last byte before it at which a binding can begin.
    fn window<'a>(
        &self,
        core: &Compiled,
        array: &'a DeviceArray,
        elements: &Range<usize>,
    ) -> wgpu::BindingResource<'a> {
        let behind = behind(&core.gpu, array);
        let size = (behind + bytes(elements.len())).next_multiple_of(bytes(self.shape.width() as usize));
        part(array.held(), array.offset() + bytes(elements.start) - behind, size)
    }
}

/// Returns a whole array, to be bound.
pub(super) fn whole<'a>(gpu: &Gpu, array: &'a DeviceArray) -> wgpu::BindingResource<'a> {
    let behind = behind(gpu, array);
    part(array.held(), array.offset() - behind, behind + bytes(array.len().max(1)))
}

/// Returns how many bytes before an array a binding has to begin.
fn behind(gpu: &Gpu, array: &DeviceArray) -> u64 {
    array.offset() % gpu.alignment()
}

/// Returns whether an array begins with a whole block, and its buffer has room for the rest of its last.
fn in_blocks(array: &DeviceArray) -> bool {
    let block = bytes(BLOCK as usize);
    array.offset().is_multiple_of(block) && array.end().next_multiple_of(block) <= array.held().size()
}

pub(super) fn group(
    gpu: &Gpu,
    label: &str,
    pipeline: &Pipeline,
    resources: Vec<(u32, wgpu::BindingResource<'_>)>,
) -> Result<wgpu::BindGroup> {
    let entries = resources.into_iter().map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource });
    let entries: Vec<_> = entries.collect();
    let descriptor = wgpu::BindGroupDescriptor { label: Some(label), layout: &pipeline.bindings, entries: &entries };
    gpu.link().scoped(|device| device.create_bind_group(&descriptor))
}

/// Checks that all arrays of a kernel are in this device's memory.
pub(super) fn check_owns(gpu: &Gpu, kernel: &Kernel, inputs: &[DeviceArg<'_>], out: &DeviceArray) -> Result<()> {
    for (name, arg) in kernel.inputs().iter().zip(inputs) {
        if let Some(array) = arg.array() {
            gpu.link().check_owns(array.memory(), || format!("kernel `{}`: input `{name}`", kernel.title()))?;
        }
    }
    gpu.link().check_owns(out.memory(), || format!("kernel `{}`: the output", kernel.title()))
}
