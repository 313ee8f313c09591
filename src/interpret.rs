//! The block interpreter: a program run operation by operation, each over a block of elements that stays in the cache.
//!
//! Every operation is one pass over its operands' blocks on full-width lanes. A block that no later operation needs is
//! written again by the next, so that a long program needs few of them.

use std::sync::Arc;

use crate::arg::Arg;
use crate::backend::simd::isa::Checked;
use crate::backend::simd::lanes::{Lanes, Task};
use crate::body::Bodies;
use crate::bound::{Arithmetic, Bound, Bounded, Ieee, Model, Wgsl};
use crate::program::{Logic, Op, Program, Value};

/// Elements in a block: 2 KiB, so that a dozen blocks fit a first-level cache of 32 KiB.
const BLOCK: usize = 512;

/// A program with its registers assigned.
pub(crate) struct Interpreted {
    program: Arc<Program>,
    /// The register that each value of the program lives in.
    register: Vec<usize>,
    registers: usize,
}

impl Interpreted {
    /// Assigns registers by a scan over the program: one is free again after the last operation that reads it. Inputs and
    /// constants are filled before the program runs, so each has a register of its own.
    pub(crate) fn new(program: Arc<Program>) -> Self {
        let ops = program.ops();
        let mut last_use = vec![0; ops.len()];
        for (index, op) in ops.iter().enumerate() {
            op.operands().for_each(|value| last_use[value.index()] = index);
        }
        let filled = |op: &Op| matches!(op, Op::Input(_) | Op::Constant(_));
        let (mut register, mut free, mut registers) = (Vec::with_capacity(ops.len()), Vec::new(), 0);
        for (index, op) in ops.iter().enumerate() {
            // Before the operands' registers are freed: an operation never writes where it reads.
            let reused = if filled(op) { None } else { free.pop() };
            register.push(reused.unwrap_or_else(|| {
                registers += 1;
                registers - 1
            }));
            let last = op.operands().filter(|value| last_use[value.index()] == index && !filled(&ops[value.index()]));
            let mut freed: Vec<_> = last.map(|value| register[value.index()]).collect();
            freed.sort_unstable();
            freed.dedup();
            free.append(&mut freed);
        }
        Interpreted { program, register, registers }
    }

    fn each_bound<M: Model>(&self, inputs: &[Arg<'_>], out: &mut [Bound]) {
        let mut x = Vec::with_capacity(inputs.len());
        for (index, out) in out.iter_mut().enumerate() {
            x.clear();
            x.extend(inputs.iter().map(|arg| Bounded::<M>::new(arg.at(index))));
            *out = self.program.eval(&x).get();
        }
    }
}

impl Bodies<f32> for Interpreted {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], from: usize, out: &mut [f32]) {
        let mut blocks = Blocks::new(self);
        for (index, out) in out.chunks_mut(BLOCK).enumerate() {
            for (input, arg) in inputs.iter().enumerate() {
                blocks.load(input, arg.part(from + index * BLOCK, out.len()));
            }
            blocks.run(isa, out);
        }
    }

    fn apply_in_place(&self, isa: Checked, data: &mut [f32], rest: &[Arg<'_>], from: usize) {
        let mut blocks = Blocks::new(self);
        for (index, data) in data.chunks_mut(BLOCK).enumerate() {
            blocks.load(0, Arg::Array(data));
            for (input, arg) in rest.iter().enumerate() {
                blocks.load(input + 1, arg.part(from + index * BLOCK, data.len()));
            }
            blocks.run(isa, data);
        }
    }

    fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_>], out: &mut [Bound]) {
        match arithmetic {
            Arithmetic::Ieee => self.each_bound::<Ieee>(inputs, out),
            Arithmetic::Wgsl => self.each_bound::<Wgsl>(inputs, out),
        }
    }
}

/// The registers of a run, each a block of numbers. A condition is kept as 1 or 0.
struct Blocks<'p> {
    plan: &'p Interpreted,
    registers: Vec<Vec<f32>>,
}

impl<'p> Blocks<'p> {
    fn new(plan: &'p Interpreted) -> Self {
        let mut blocks = Blocks { plan, registers: vec![vec![0.0; BLOCK]; plan.registers] };
        for (op, register) in plan.program.ops().iter().zip(&plan.register) {
            if let Op::Constant(constant) = op {
                blocks.registers[*register].fill(constant.get());
            }
        }
        blocks
    }

    /// Takes a block of an input, if the program uses that input at all.
    fn load(&mut self, input: usize, arg: Arg<'_>) {
        let ops = self.plan.program.ops().iter();
        let Some(index) = ops.into_iter().position(|op| *op == Op::Input(input)) else {
            return;
        };
        let block = &mut self.registers[self.plan.register[index]];
        match arg {
            Arg::Array(array) => block[..array.len()].copy_from_slice(array),
            Arg::Scalar(value) => block.fill(value),
        }
    }

    /// Runs the whole program on the blocks that were loaded and writes its result.
    fn run(&mut self, isa: Checked, out: &mut [f32]) {
        isa.dispatch(Pass { blocks: self, len: out.len() });
        let result = self.plan.register[self.plan.program.result().index()];
        out.copy_from_slice(&self.registers[result][..out.len()]);
    }

    fn of(&self, value: Value) -> &[f32] {
        &self.registers[self.plan.register[value.index()]]
    }
}

/// One run of the program over the blocks, on lanes yet to be chosen.
struct Pass<'b, 'p> {
    blocks: &'b mut Blocks<'p>,
    len: usize,
}

impl Task for Pass<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Pass { blocks, len } = self;
        let plan = blocks.plan;
        for (op, register) in plan.program.ops().iter().zip(&plan.register) {
            if matches!(op, Op::Input(_) | Op::Constant(_)) {
                continue;
            }
            let mut to = std::mem::take(&mut blocks.registers[*register]);
            // Whole sets of lanes: what the last one computes beyond `len` is never read.
            operate::<L>(op, blocks, &mut to[..len.next_multiple_of(L::WIDTH)]);
            blocks.registers[*register] = to;
        }
    }
}

/// Runs one operation over a block.
#[inline(always)]
fn operate<L: Lanes>(op: &Op, blocks: &Blocks<'_>, to: &mut [f32]) {
    let number = |value: Value, at: usize| L::load(&blocks.of(value)[at..]);
    let mask = |value: Value, at: usize| number(value, at).ne(L::splat(0.0));
    let as_number = |mask: L::Mask| L::select(mask, L::splat(1.0), L::splat(0.0));
    for at in (0..to.len()).step_by(L::WIDTH) {
        let result = match *op {
            Op::Input(_) | Op::Constant(_) => return,
            Op::Unary(op, a) => op.apply(number(a, at)),
            Op::Binary(op, a, b) => op.apply(number(a, at), number(b, at)),
            Op::Ternary(op, a, b, c) => op.apply(number(a, at), number(b, at), number(c, at)),
            Op::Compare(op, a, b) => as_number(op.apply(number(a, at), number(b, at))),
            Op::Test(op, a) => as_number(op.apply(number(a, at))),
            Op::Logic(Logic::And, a, b) => as_number(mask(a, at) & mask(b, at)),
            Op::Logic(Logic::Or, a, b) => as_number(mask(a, at) | mask(b, at)),
            Op::Not(a) => as_number(!mask(a, at)),
            Op::Select(c, a, b) => L::select(mask(c, at), number(a, at), number(b, at)),
        };
        result.store(&mut to[at..]);
    }
}
