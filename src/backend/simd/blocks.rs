//! Running a plan of passes over arrays, block by block.

use std::cell::RefCell;

use super::isa::Checked;
use super::pass::{Block, Place, REPEATS};
use crate::arg::Arg;
use crate::plan::Plan;

/// Numbers in a cache line: registers begin on one, as a load of full width that lies on two takes twice as long.
const LINE: usize = 16;

/// From how many elements on it is worth computing a few first, to have the others where loads of full width lie on one cache
/// line.
const WORTH_ALIGNING: usize = 512;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
}

/// Computes `out[i] = plan(inputs[..][from + i])`.
///
/// # Panics
///
/// If an array ends before `from + out.len()`, or there are not as many inputs as the plan has.
pub(crate) fn over(plan: &Plan, isa: Checked, inputs: &[Arg<'_>], from: usize, out: &mut [f32]) {
    assert_eq!(inputs.len(), plan.inputs, "a body is given the inputs of its kernel");
    SCRATCH.with_borrow_mut(|scratch| {
        let mut run = Run::new(scratch, plan, isa, out);
        inputs.iter().enumerate().for_each(|(index, arg)| run.input(index, arg, from));
        run.all();
    });
}

/// Computes `data[i] = plan(data[i], rest[..][from + i])`.
///
/// # Panics
///
/// As [`over`].
pub(crate) fn in_place(plan: &Plan, isa: Checked, data: &mut [f32], rest: &[Arg<'_>], from: usize) {
    assert_eq!(rest.len() + 1, plan.inputs, "a body is given the inputs of its kernel");
    SCRATCH.with_borrow_mut(|scratch| {
        let mut run = Run::new(scratch, plan, isa, data);
        run.places[0] = run.places[plan.out()];
        rest.iter().enumerate().for_each(|(index, arg)| run.input(index + 1, arg, from));
        run.all();
    });
}

/// What a thread keeps for its next run of the same plan: a short run takes less time than getting memory does, and than
/// filling it with the constants.
struct Scratch {
    /// The number of the plan that it is made for; plans count from 1.
    plan: u64,
    /// Room for each input that is a number, then the constants and the registers.
    memory: Vec<f32>,
    /// In the order in which steps count them: inputs, constants, registers, the output.
    places: Vec<Place>,
    /// The first number of the memory that is at the start of a cache line.
    start: usize,
}

impl Scratch {
    const fn new() -> Self {
        Scratch { plan: 0, memory: Vec::new(), places: Vec::new(), start: 0 }
    }

    /// Lays the memory out for a plan.
    #[cold]
    fn prepare(&mut self, plan: &Plan) {
        self.memory.clear();
        let repeats = (plan.inputs + plan.constants.len()) * REPEATS;
        self.memory.resize(repeats + plan.registers * plan.longest() + LINE, 0.0);
        self.start = self.memory.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let (_, free) = self.memory[self.start..].split_at_mut(plan.inputs * REPEATS);
        let (constants, registers) = free.split_at_mut(plan.constants.len() * REPEATS);
        self.places.clear();
        self.places.resize(plan.inputs, Place::array(std::ptr::null_mut()));
        for (numbers, constant) in constants.chunks_exact_mut(REPEATS).zip(&plan.constants) {
            numbers.fill(*constant);
            self.places.push(Place::repeated(numbers.as_mut_ptr()));
        }
        let registers = registers.chunks_exact_mut(plan.longest()).take(plan.registers);
        self.places.extend(registers.map(|register| Place::array(register.as_mut_ptr())));
        self.places.push(Place::array(std::ptr::null_mut()));
        self.plan = plan.number;
    }
}

/// A plan on its way through the arrays.
struct Run<'a> {
    plan: &'a Plan,
    isa: Checked,
    places: &'a mut [Place],
    /// Where the inputs that are numbers repeat.
    repeats: *mut f32,
    len: usize,
}

impl<'a> Run<'a> {
    fn new(scratch: &'a mut Scratch, plan: &'a Plan, isa: Checked, out: &mut [f32]) -> Self {
        if scratch.plan != plan.number {
            scratch.prepare(plan);
        }
        scratch.places[plan.out()] = Place::array(out.as_mut_ptr());
        let repeats = scratch.memory.as_mut_ptr().wrapping_add(scratch.start);
        Run { plan, isa, places: &mut scratch.places, repeats, len: out.len() }
    }

    /// Sets where an input's numbers are.
    fn input(&mut self, index: usize, arg: &Arg<'_>, from: usize) {
        assert!(index < self.plan.inputs);
        self.places[index] = match arg {
            // Only read, although a place could be written: no step writes to an input.
            Arg::Array(array) => Place::array(array[from..from + self.len].as_ptr().cast_mut()),
            Arg::Scalar(value) => {
                let at = self.repeats.wrapping_add(index * REPEATS);
                // SAFETY: `prepare` has set as many numbers aside for each input, which neither constants nor registers use.
                unsafe { std::slice::from_raw_parts_mut(at, REPEATS) }.fill(*value);
                Place::repeated(at)
            }
        };
    }

    /// Computes all elements, block by block.
    fn all(&mut self) {
        let mut left = self.len;
        let head = if left >= WORTH_ALIGNING { self.misaligned() } else { 0 };
        if head > 0 {
            self.block(head);
            left -= head;
        }
        while left > 0 {
            let len = if left <= self.plan.longest() { left } else { self.plan.block };
            self.block(len);
            left -= len;
        }
    }

    /// How many elements there are before the first input, or else the output, is at the start of a cache line.
    fn misaligned(&self) -> usize {
        let arrays = self.places[..self.plan.inputs].iter().find(|place| !place.repeats());
        let first = arrays.unwrap_or(&self.places[self.plan.out()]);
        // A pointer that never gets there counts as aligned.
        first.start().align_offset(LINE * size_of::<f32>()) % LINE
    }

    /// Runs all steps over so many elements, and moves on. There are as many left, and a block has as many.
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
