//! Kernels of single functions, and the backends that they are compared on.

use crossover::program::{Binary, Unary};
use crossover::trace::trace;
use crossover::{Backend, Formula, Isa, Kernel, Loop, Num, Simd};

/// A function of one number.
struct One(Unary);

impl Formula<1> for One {
    fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
        self.0.apply(x)
    }
}

/// A function of two numbers.
struct Two(Binary);

impl Formula<2> for Two {
    fn eval<T: Num>(&self, [x, y]: [T; 2]) -> T {
        self.0.apply(x, y)
    }
}

/// Interpreted, so that one compiled interpreter tests them all. That it gives the bits of compiled formulas is
/// `tests/suite/random.rs`' to test.
pub fn one(op: Unary) -> Kernel {
    Kernel::from_program(op.name(), trace(&One(op)))
}

pub fn two(op: Binary) -> Kernel {
    Kernel::from_program(op.name(), trace(&Two(op)))
}

/// The backends of the CPU: the loop first, by whose bits the others are judged.
pub fn backends() -> Vec<Box<dyn Backend>> {
    let simd = Isa::available().filter_map(|isa| Simd::with_isa(isa).ok());
    let mut all: Vec<Box<dyn Backend>> = vec![Box::new(Loop)];
    all.extend(simd.map(|simd| Box::new(simd) as Box<dyn Backend>));
    all
}
