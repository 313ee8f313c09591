// Computes out[i] = formula(in0[i], in1[i], …), one block of elements per invocation.
//
// This file is a valid shader for the formula x and blocks of four. For another formula, the host replaces the text between
// each pair of lines `begin NAME` and `end NAME`.

// begin workgroup
const WORKGROUP: u32 = 256u;
// end workgroup

// The unit of reads and writes: four elements if every array is aligned to a block, else one.
// begin block
const WIDTH: u32 = 4u;
alias Block = vec4<f32>;
// end block

// begin inputs
const INPUTS: u32 = 1u;
// end inputs

// An input is an array (all bits of `mask` are set) or the number `value` (no bit is set). So one shader serves both.
struct Input {
    mask: u32,
    value: f32,
    // The number of blocks of the binding before the array, since bindings must be aligned.
    start: u32,
    pad: u32,
}

struct Params {
    // The number of elements.
    len: u32,
    // The number of invocations in a row of workgroups: a dispatch may be two-dimensional.
    row: u32,
    // Always 0. Prevents the compiler from folding constants that cannot be written in WGSL.
    zero: u32,
    // The number of blocks of the output's binding before the output.
    start: u32,
    inputs: array<Input, INPUTS>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<Block>;
// begin bindings
@group(0) @binding(2) var<storage, read> in0: array<Block>;
// end bindings

fn input(n: u32, block: Block) -> Block {
    return select(Block(params.inputs[n].value), block, params.inputs[n].mask != 0u);
}

// begin functions
// end functions

// begin formula
fn formula(x0: f32) -> f32 {
    let v0 = x0;
    return v0;
}
// end formula

fn computed(i: u32) -> Block {
    // begin apply
    let b0 = input(0u, in0[(i + params.inputs[0].start) & params.inputs[0].mask]);
    return Block(formula(b0[0]), formula(b0[1]), formula(b0[2]), formula(b0[3]));
    // end apply
}

// Returns the block to store: elements after the output's end keep their values.
fn kept(block: Block, at: u32, left: u32) -> Block {
    // begin kept
    if left < WIDTH {
        return select(out[at], block, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(left));
    }
    return block;
    // end kept
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.row + id.x;
    if i * WIDTH >= params.len {
        return;
    }
    let at = i + params.start;
    out[at] = kept(computed(i), at, params.len - i * WIDTH);
}
