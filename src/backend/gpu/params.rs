//! The parameters of a dispatch, as the shaders read them: see `Params` and `Input` in `shaders/`.

use super::compiled::Compiled;
use super::layout::Layout;
use super::memory::part;

/// Words of parameters for each input.
const INPUT: usize = 4;

/// What a dispatch does for a certain number of elements.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub(super) len: usize,
    /// Where the first result goes, as an element or a block of the binding.
    pub(super) first: usize,
    /// How many elements there are in all, where the reduction ends; 0 where a state is left.
    pub(super) count: f32,
    /// The index of the first element.
    pub(super) base: usize,
    /// Whether it folds what other dispatches have left, and not the kernel's inputs.
    pub(super) joins: bool,
}

/// Returns words before those of the inputs.
fn header(core: &Compiled) -> usize {
    if core.kernel.reduction().is_some() { 8 } else { 4 }
}

/// Returns the distance in bytes between the parameters of one dispatch and the next.
pub(super) fn stride(core: &Compiled) -> usize {
    let size = size_of::<u32>() * (header(core) + INPUT * core.kernel.inputs().len().max(1));
    size.next_multiple_of(core.gpu.limits().min_uniform_buffer_offset_alignment as usize)
}

/// Returns those of one dispatch, to be bound.
pub(super) fn window<'a>(core: &Compiled, params: &'a wgpu::Buffer, dispatch: usize) -> wgpu::BindingResource<'a> {
    let stride = stride(core) as u64;
    part(params, dispatch as u64 * stride, stride)
}

/// Writes those of one dispatch over zeros. `columns` is how many workgroups there are in a row, and `numbers` has for each
/// input its number, if it is one.
pub(super) fn write(
    core: &Compiled,
    words: &mut [u32],
    work: &Work,
    columns: u32,
    numbers: &[Option<f32>],
    layout: &Layout,
) {
    let folded = core.kernel.reduction().is_some();
    words[0] = work.len as u32;
    words[1] = if folded { columns } else { columns * core.workgroup };
    words[3] = work.first as u32;
    if folded {
        words[4] = work.count.to_bits();
        words[5] = work.base as u32;
    }
    let (_, inputs) = words.split_at_mut(header(core));
    if work.joins {
        inputs[0] = u32::MAX;
        return;
    }
    for ((words, number), start) in inputs.chunks_mut(INPUT).zip(numbers).zip(&layout.starts) {
        match number {
            Some(number) => words[1] = number.to_bits(),
            None => words[0] = u32::MAX,
        }
        words[2] = *start;
    }
}
