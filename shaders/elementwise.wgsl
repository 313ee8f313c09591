// out[i] = formula(in0[i], in1[i], …). One invocation computes one block of elements.
//
// This file is a valid shader by itself, for the formula x and blocks of four. For another one the host replaces what lies
// between a line `begin NAME` and the line `end NAME`.

// begin workgroup
const WORKGROUP: u32 = 256u;
// end workgroup

// What is read and written at once: four elements where every array begins with a whole block, else one.
// begin block
const WIDTH: u32 = 4u;
alias Block = vec4<f32>;
// end block

// begin inputs
const INPUTS: u32 = 1u;
// end inputs

// An input is an array, with all bits of `mask` set, or one number, `value`, with none. So an array and a number are
// exchanged for each other without another shader.
struct Input {
    mask: u32,
    value: f32,
    // Blocks of the binding before the array's first: a binding cannot begin everywhere.
    start: u32,
    pad: u32,
}

struct Params {
    // How many elements there are.
    len: u32,
    // How many invocations there are in a row of workgroups: a dispatch may be a rectangle.
    row: u32,
    // Always 0, which the compiler does not know: it keeps constants that WGSL cannot write from being folded.
    zero: u32,
    // Blocks of the output's binding before the first to be written.
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

// The block as it is to be stored: elements beyond the output's end are not ours, and keep what they hold.
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
