//! Running a plan of passes over arrays, block by block.

use std::cell::RefCell;

use super::pass::{Block, Place, REPEATS};
use crate::kernel::arg::Arg;
use crate::kernel::cpu::interpreter::bytecode::Plan;
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::{LINE, Lanes, Stores, Task, misaligned};
use crate::kernel::cpu::part::Part;

/// The minimum number of elements for which a few are computed first, so that each full-width load of the others lies within
/// one cache line.
const WORTH_ALIGNING: usize = 512;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
}

/// Computes `out[i] = plan(inputs[..][i])` for the elements of a part.
///
/// # Panics
///
/// If there are not as many inputs as the plan has, or an array ends before the part.
pub(crate) fn over(plan: &Plan, isa: Checked, inputs: &[Arg<'_>], part: &Part<'_>, stores: Stores) {
    assert_eq!(inputs.len(), plan.inputs, "the code is called with one argument per input");
    SCRATCH.with_borrow_mut(|scratch| {
        let mut run = Run::new(scratch, plan, isa, part);
        inputs.iter().enumerate().for_each(|(index, arg)| run.input(index, arg, part));
        match stores {
            Stores::Streaming if isa.streams() => run.streaming(),
            _ => run.all(),
        }
    });
}

/// Memory that a thread keeps for its next run of the same plan: a short run takes less time than allocating memory and filling
/// it with the constants does.
struct Scratch {
    /// The number of the plan that it is made for; plans count from 1.
    plan: u64,
    /// Room for each input that is a number, then the constants and the registers.
    memory: Vec<f32>,
    /// In the order in which steps count them: inputs, constants, registers, the output.
    places: Vec<Place>,
    /// The first number of the memory that is at the start of a cache line.
    start: usize,
    /// Room for a block of results before they are written with streaming stores.
    result: Place,
}

impl Scratch {
    const fn new() -> Self {
        Scratch {
            plan: 0,
            memory: Vec::new(),
            places: Vec::new(),
            start: 0,
            result: Place::array(std::ptr::null_mut()),
        }
    }

    /// Lays the memory out for a plan.
    #[cold]
    fn prepare(&mut self, plan: &Plan) {
        self.memory.clear();
        let repeats = (plan.inputs + plan.constants.len()) * REPEATS;
        self.memory.resize(repeats + (plan.registers + 1) * plan.longest() + LINE, 0.0);
        // Registers begin where a cache line does: a load of full width that lies on two takes twice as long.
        self.start = misaligned(self.memory.as_ptr());
        let (_, free) = self.memory[self.start..].split_at_mut(plan.inputs * REPEATS);
        let (constants, registers) = free.split_at_mut(plan.constants.len() * REPEATS);
        self.places.clear();
        self.places.resize(plan.inputs, Place::array(std::ptr::null_mut()));
        for (numbers, constant) in constants.chunks_exact_mut(REPEATS).zip(&plan.constants) {
            numbers.fill(*constant);
            self.places.push(Place::repeated(numbers.as_mut_ptr()));
        }
        let (registers, result) = registers.split_at_mut(plan.registers * plan.longest());
        let registers = registers.chunks_exact_mut(plan.longest());
        self.places.extend(registers.map(|register| Place::array(register.as_mut_ptr())));
        self.places.push(Place::array(std::ptr::null_mut()));
        self.result = Place::array(result.as_mut_ptr());
        self.plan = plan.number;
    }
}

/// A run of a plan over arrays.
struct Run<'a> {
    plan: &'a Plan,
    isa: Checked,
    places: &'a mut [Place],
    /// Where the inputs that are numbers repeat.
    repeats: *mut f32,
    result: Place,
    len: usize,
}

impl<'a> Run<'a> {
    fn new(scratch: &'a mut Scratch, plan: &'a Plan, isa: Checked, part: &Part<'_>) -> Self {
        if scratch.plan != plan.number {
            scratch.prepare(plan);
        }
        scratch.places[plan.out()] = Place::array(part.pointer(0));
        let repeats = scratch.memory.as_mut_ptr().wrapping_add(scratch.start);
        Run { plan, isa, places: &mut scratch.places, repeats, result: scratch.result, len: part.len() }
    }

    /// Sets where an input's numbers are.
    fn input(&mut self, index: usize, arg: &Arg<'_>, part: &Part<'_>) {
        assert!(index < self.plan.inputs);
        self.places[index] = match arg {
            // Only read, although a place could be written: no step writes to an input.
            Arg::Array(array) => {
                Place::array(array.floats()[part.start()..part.start() + self.len].as_ptr().cast_mut())
            }
            Arg::Output(output) => Place::array(part.pointer(*output)),
            Arg::Scalar(value) => {
                let at = self.repeats.wrapping_add(index * REPEATS);
                // SAFETY: `prepare` has set as many numbers aside for each input, which neither constants nor registers use.
                unsafe { std::slice::from_raw_parts_mut(at, REPEATS) }.fill(value.as_f32());
                Place::repeated(at)
            }
        };
    }

    /// Computes all elements, block by block.
    fn all(&mut self) {
        let arrays = self.places[..self.plan.inputs].iter().find(|place| !place.repeats());
        let first = arrays.unwrap_or(&self.places[self.plan.out()]);
        let head = if self.len >= WORTH_ALIGNING { misaligned(first.start()) } else { 0 };
        if head > 0 {
            self.block(head);
        }
        let mut left = self.len - head;
        while left > 0 {
            let len = if left <= self.plan.longest() { left } else { self.plan.block };
            self.block(len);
            left -= len;
        }
    }

    /// Computes all elements with streaming stores: each block of results is computed into a register, and moved.
    #[cold]
    fn streaming(&mut self) {
        let mut out = self.places[self.plan.out()];
        let head = misaligned(out.start()).min(self.len);
        if head > 0 {
            self.block(head);
            out = out.skip(head);
        }
        let mut left = self.len - head;
        while left > 0 {
            let len = left.min(self.plan.block);
            self.places[self.plan.out()] = self.result;
            self.block(len);
            // SAFETY: the register has a block's numbers, and the output as many as are left; no other code has either.
            let (from, to) = unsafe {
                (std::slice::from_raw_parts(self.result.start(), len), std::slice::from_raw_parts_mut(out.start(), len))
            };
            self.isa.dispatch(Move { from, to, next: &self.places[..self.plan.inputs] });
            out = out.skip(len);
            left -= len;
        }
    }

    /// Runs all steps over this many elements, and moves on. There are as many left, and a block has as many.
    fn block(&mut self, len: usize) {
        // SAFETY: from their places on, the inputs and the output have `len` numbers, and they are somebody else's than the
        // registers and constants, which have the longest block and as many as repeat, and are slices of their own.
        let block = unsafe { Block::new(self.places, len) };
        self.plan.steps.iter().for_each(|step| (step.pass)(self.isa, &block, step));
        for index in (0..self.plan.inputs).chain([self.plan.out()]) {
            self.places[index] = self.places[index].skip(len);
        }
    }
}

/// Writes a block's results with streaming stores, to the start of a cache line, and prefetches the inputs of the next block.
struct Move<'a> {
    from: &'a [f32],
    to: &'a mut [f32],
    next: &'a [Place],
}

impl Task for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        assert!(L::STREAMS, "an instruction set without streaming stores is not asked for them");
        let (mut from, mut to) = (self.from.chunks_exact(L::WIDTH), self.to.chunks_exact_mut(L::WIDTH));
        for (index, (from, to)) in from.by_ref().zip(&mut to).enumerate() {
            for place in self.next {
                L::prefetch(place.skip(index * L::WIDTH).start());
            }
            L::load(from).stream(to);
        }
        let rest = to.into_remainder();
        rest.copy_from_slice(&from.remainder()[..rest.len()]);
        L::fence();
    }
}
