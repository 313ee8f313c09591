// Reduces formula(in0[i], in1[i], …): writes the state of share n to out, starting at number `first`. Each workgroup reduces
// one share: EACH elements per invocation, a workgroup's width apart so that accesses are coalesced, and then the
// invocations' results in a tree. The same shader reduces the states of the shares, with in0 holding states, until one is
// left.
//
// This file is a valid shader for the sum of x. For another formula, the host replaces the text between each pair of lines
// `begin NAME` and `end NAME`.

// begin workgroup
const WORKGROUP: u32 = 256u;
// end workgroup

// begin inputs
const INPUTS: u32 = 1u;
// end inputs

// The number of elements per invocation.
const EACH: u32 = 8u;

// The state of a reduction, in PLANES numbers.
// begin state
alias State = f32;
const PLANES: u32 = 1u;
// end state

// An input is an array (all bits of `mask` are set) or the number `value` (no bit is set). So one shader serves both.
struct Input {
    mask: u32,
    value: f32,
    // The number of elements of the binding before the array, since bindings must be aligned.
    start: u32,
    pad: u32,
}

struct Params {
    // The number of elements.
    len: u32,
    // The number of workgroups in a row: a dispatch may be two-dimensional.
    row: u32,
    // Always 0. Prevents the compiler from folding constants that cannot be written in WGSL.
    zero: u32,
    // The position of the first share's result.
    first: u32,
    // The total number of elements, to write the final result; 0 to write a state.
    count: f32,
    // The index of the first element.
    base: u32,
    pad1: u32,
    pad2: u32,
    inputs: array<Input, INPUTS>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
// begin bindings
@group(0) @binding(2) var<storage, read> in0: array<f32>;
// end bindings

var<workgroup> results: array<State, WORKGROUP>;

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

// Returns the state of one element and its index.
fn lift(x0: f32, x1: f32) -> State {
    // begin lift
    let v0 = x0;
    let v1 = x1;
    return v0;
    // end lift
}

fn element(i: u32) -> State {
    // begin apply
    let b0 = input(0u, in0[(i + params.inputs[0].start) & params.inputs[0].mask]);
    return lift(formula(b0), f32(params.base + i));
    // end apply
}

// Returns the identity.
fn identity() -> State {
    // begin identity
    return -0.0f;
    // end identity
}

fn combine(a: State, b: State) -> State {
    // begin combine
    let x0 = a;
    let x1 = b;
    let v0 = x0;
    let v1 = x1;
    let v2 = v0 + v1;
    return v2;
    // end combine
}

// Returns the result from the state of all elements.
fn conclude(all: State, count: f32) -> f32 {
    // begin conclude
    let x0 = all;
    let x1 = count;
    let v0 = x0;
    let v1 = x1;
    return v0;
    // end conclude
}

fn store(at: u32, all: State) {
    // begin store
    out[at + 0u] = all;
    // end store
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
    // A two-dimensional dispatch may have more workgroups than shares.
    if lane == 0u && share * (WORKGROUP * EACH) < params.len {
        all = results[0];
        if params.count != 0.0 {
            out[params.first] = conclude(all, params.count);
        } else {
            store(params.first + share * PLANES, all);
        }
    }
}
