//! Running a plan of passes over arrays, block by block.

use std::cell::RefCell;

use super::isa::Checked;
use super::pass::{Block, Place, STRIDE};
use crate::arg::Arg;
use crate::interpret::Plan;

/// Numbers in a cache line: registers begin on one, as a load of full width that lies on two takes twice as long.
const LINE: usize = 16;

/// From how many elements on it is worth computing a few twice, to have loads of full width lie on one cache line.
const WORTH_ALIGNING: usize = 4 * STRIDE;

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
        let len = out.len();
        let mut run = Run::new(scratch, plan, isa, out);
        inputs.iter().enumerate().for_each(|(index, arg)| run.input(index, arg, from, len));
        if len < STRIDE {
            run.rest(out);
            return;
        }
        // Nothing that is written is read again: some elements may be computed twice, to begin where a line does and to end
        // with a whole stride.
        let head = run.misaligned();
        if head > 0 && len >= WORTH_ALIGNING {
            run.strides(1);
            run.move_to(head);
        }
        run.strides((len - run.done) / STRIDE);
        if run.done < len {
            run.move_to(len - STRIDE);
            run.strides(1);
        }
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
        let len = data.len();
        let mut run = Run::new(scratch, plan, isa, data);
        run.places[0] = run.places[plan.out()];
        rest.iter().enumerate().for_each(|(index, arg)| run.input(index + 1, arg, from, len));
        run.strides(len / STRIDE);
        let done = run.done;
        run.rest(&mut data[done..]);
    });
}

/// What a thread keeps for its next run of the same plan: a short run takes less time than getting memory does, and than
/// filling it with the constants.
struct Scratch {
    /// The number of the plan that it is made for; plans count from 1.
    plan: u64,
    /// A stride for each input that is a number, one for each array's rest and one for the output's, the constants, and the
    /// registers.
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
        let strides = 2 * plan.inputs + 1 + plan.constants.len();
        self.memory.clear();
        self.memory.resize(strides * STRIDE + plan.registers * plan.block + LINE, 0.0);
        self.start = self.memory.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let (_, free) = self.memory[self.start..].split_at_mut((2 * plan.inputs + 1) * STRIDE);
        let (constants, registers) = free.split_at_mut(plan.constants.len() * STRIDE);
        self.places.clear();
        self.places.resize(plan.inputs, Place::array(std::ptr::null_mut()));
        for (numbers, constant) in constants.chunks_exact_mut(STRIDE).zip(&plan.constants) {
            numbers.fill(*constant);
            self.places.push(Place::repeated(numbers.as_mut_ptr()));
        }
        let registers = registers.chunks_exact_mut(plan.block).take(plan.registers);
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
    /// The strides for numbers, and for what is left of arrays.
    spare: *mut f32,
    /// The element that the places of the inputs and the output are at.
    done: usize,
}

impl<'a> Run<'a> {
    fn new(scratch: &'a mut Scratch, plan: &'a Plan, isa: Checked, out: &mut [f32]) -> Self {
        if scratch.plan != plan.number {
            scratch.prepare(plan);
        }
        scratch.places[plan.out()] = Place::array(out.as_mut_ptr());
        let spare = scratch.memory.as_mut_ptr().wrapping_add(scratch.start);
        Run { plan, isa, places: &mut scratch.places, spare, done: 0 }
    }

    /// A stride of the spare memory. Each is asked for by one holder at a time.
    fn stride(&mut self, index: usize) -> &'a mut [f32] {
        assert!(index <= 2 * self.plan.inputs);
        // SAFETY: `prepare` has set so many strides aside, which neither constants nor registers use. The slice of an index
        // is dropped before the next is made: `input` and `rest` use each index once a run.
        unsafe { std::slice::from_raw_parts_mut(self.spare.add(index * STRIDE), STRIDE) }
    }

    /// Sets where an input's numbers for the output's `len` elements are.
    fn input(&mut self, index: usize, arg: &Arg<'_>, from: usize, len: usize) {
        self.places[index] = match arg {
            // Only read, although a place could be written: no step writes to an input.
            Arg::Array(array) => Place::array(array[from..from + len].as_ptr().cast_mut()),
            Arg::Scalar(value) => {
                let numbers = self.stride(index);
                numbers.fill(*value);
                Place::repeated(numbers.as_mut_ptr())
            }
        };
    }

    /// How many elements there are before the first input, or else the output, is at the start of a cache line.
    fn misaligned(&self) -> usize {
        let arrays = self.places[..self.plan.inputs].iter().find(|place| !place.repeats());
        let first = arrays.unwrap_or(&self.places[self.plan.out()]);
        // A pointer that never gets there counts as aligned.
        first.start().align_offset(LINE * size_of::<f32>()) % LINE
    }

    fn move_to(&mut self, element: usize) {
        for index in (0..self.plan.inputs).chain([self.plan.out()]) {
            self.places[index] = self.places[index].skip(element.wrapping_sub(self.done));
        }
        self.done = element;
    }

    /// Runs all steps over so many strides, of which there are as many left.
    fn strides(&mut self, count: usize) {
        let end = self.done + count * STRIDE;
        while self.done < end {
            let len = self.plan.block.min(end - self.done);
            // SAFETY: from their places on, the inputs and the output have `len` numbers and more, and they are somebody
            // else's than the registers and constants, which have a block and a stride and are slices of their own.
            let block = unsafe { Block::new(self.places, len) };
            self.plan.steps.iter().for_each(|step| (step.pass)(self.isa, &block, step));
            self.move_to(self.done + len);
        }
    }

    /// Computes the last elements, of which there are fewer than a stride, on copies of them.
    fn rest(&mut self, out: &mut [f32]) {
        if out.is_empty() {
            return;
        }
        for index in 0..self.plan.inputs {
            let place = self.places[index];
            if !place.repeats() {
                // SAFETY: an input that is an array has as many numbers left as the output; it may be the output, which is
                // borrowed here but not in use.
                let left = unsafe { std::slice::from_raw_parts(place.start(), out.len()) };
                let copy = self.stride(self.plan.inputs + index);
                copy[..left.len()].copy_from_slice(left);
                self.places[index] = Place::array(copy.as_mut_ptr());
            }
        }
        let copy = self.stride(2 * self.plan.inputs);
        self.places[self.plan.out()] = Place::array(copy.as_mut_ptr());
        self.done = 0;
        self.strides(1);
        out.copy_from_slice(&copy[..out.len()]);
    }
}
