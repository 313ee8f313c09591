// out[first + n] = all of share n of formula(in0[i], in1[i], …), combined. A share is what one workgroup folds: EACH elements
// for each invocation, a workgroup's width apart, so that neighbours read neighbours; then the invocations' results, by
// halves. What the shares give is folded by the same shader, for the formula x, until one is left.
//
// This file is a valid shader by itself, for the sum of x. For another one the host replaces what lies between a line
// `begin NAME` and the line `end NAME`.

// begin workgroup
const WORKGROUP: u32 = 256u;
// end workgroup

// begin inputs
const INPUTS: u32 = 1u;
// end inputs

// Elements that one invocation folds.
const EACH: u32 = 8u;

// An input is an array, with all bits of `mask` set, or one number, `value`, with none. So an array and a number are
// exchanged for each other without another shader.
struct Input {
    mask: u32,
    value: f32,
    // Elements of the binding before the array's first: a binding cannot begin everywhere.
    start: u32,
    pad: u32,
}

struct Params {
    // How many elements there are.
    len: u32,
    // How many workgroups there are in a row: a dispatch may be a rectangle.
    row: u32,
    // Always 0, which the compiler does not know: it keeps constants that WGSL cannot write from being folded.
    zero: u32,
    // Where the first share's result goes.
    first: u32,
    // What the result is divided by, for a mean; 0 if by nothing.
    divisor: f32,
    pad0: u32,
    pad1: u32,
    pad2: u32,
    inputs: array<Input, INPUTS>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
// begin bindings
@group(0) @binding(2) var<storage, read> in0: array<f32>;
// end bindings

var<workgroup> results: array<f32, WORKGROUP>;

fn input(n: u32, element: f32) -> f32 {
    return select(params.inputs[n].value, element, params.inputs[n].mask != 0u);
}

// begin functions
// end functions

// begin formula
fn formula(x0: f32) -> f32 {
    let v0 = x0;
    return v0;
}
// end formula

fn element(i: u32) -> f32 {
    // begin apply
    let b0 = input(0u, in0[(i + params.inputs[0].start) & params.inputs[0].mask]);
    return formula(b0);
    // end apply
}

// What changes nothing.
fn identity() -> f32 {
    // begin identity
    return -0.0f;
    // end identity
}

fn combine(a: f32, b: f32) -> f32 {
    // begin combine
    return a + b;
    // end combine
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let share = group.y * params.row + group.x;
    let start = share * (WORKGROUP * EACH) + lane;
    var all = identity();
    for (var n = 0u; n < EACH; n++) {
        let i = start + n * WORKGROUP;
        if i < params.len {
            all = combine(all, element(i));
        }
    }
    results[lane] = all;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            results[lane] = combine(results[lane], results[lane + half]);
        }
    }
    // A rectangle of workgroups may have more than there are shares.
    if lane == 0u && share * (WORKGROUP * EACH) < params.len {
        all = results[0];
        if params.divisor != 0.0 {
            all = all / params.divisor;
        }
        out[params.first + share] = all;
    }
}
