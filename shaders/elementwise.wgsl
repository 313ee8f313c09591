// out[i] = formula(in0[i], in1[i], …), one element for each invocation.
//
// This file is a valid shader by itself, for the formula x. For another one the host replaces what lies between a line
// `begin NAME` and the line `end NAME`.

// begin workgroup
const WORKGROUP: u32 = 256u;
// end workgroup

// begin inputs
const INPUTS: u32 = 1u;
// end inputs

// An input is an array, with all bits of `mask` set, or one number, `value`, with none. So an array and a number are
// exchanged for each other without another shader.
struct Input {
    mask: u32,
    value: f32,
    pad0: u32,
    pad1: u32,
}

struct Params {
    // How many elements there are.
    len: u32,
    // How many invocations there are in a row of workgroups: a dispatch may be a rectangle.
    row: u32,
    // Always 0, which the compiler does not know: it keeps constants that WGSL cannot write from being folded.
    zero: u32,
    pad: u32,
    inputs: array<Input, INPUTS>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
// begin bindings
@group(0) @binding(2) var<storage, read> in0: array<f32>;
// end bindings

fn input(n: u32, element: f32) -> f32 {
    return select(params.inputs[n].value, element, params.inputs[n].mask != 0u);
}

// begin functions
// end functions

fn element(i: u32) -> f32 {
    // begin formula
    let v0 = input(0u, in0[i & params.inputs[0].mask]);
    return v0;
    // end formula
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.row + id.x;
    if i >= params.len {
        return;
    }
    out[i] = element(i);
}
