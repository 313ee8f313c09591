//! The contenders: calls on the arrays, by name.

use crate::arrays::Arrays;
use crate::{Outcome, ceiling, ours, with_ndarray};

/// A call that reads the first two arrays and writes the third.
pub type Call = Box<dyn FnMut(&[f32], &[f32], &mut [f32]) -> Outcome<()>>;

/// A call that cannot fail.
pub fn call(mut body: impl FnMut(&[f32], &[f32], &mut [f32]) + 'static) -> Call {
    Box::new(move |x, y, out| {
        body(x, y, out);
        Ok(())
    })
}

/// A workload of one library, ready to run.
pub struct Contender {
    pub call: Call,
    /// Whether it reduces the array to one number.
    pub one: bool,
}

/// The names that this program answers to.
pub const NAMES: [&str; 10] = [
    "crossover compiled",
    "crossover text",
    "ndarray azip",
    "ndarray par_azip",
    "ceiling copy",
    "ceiling copy threads",
    "ceiling streaming copy",
    "ceiling streaming copy threads",
    "ceiling read",
    "ceiling read threads",
];

impl Contender {
    /// Prepares the contender of a name for a workload.
    pub fn prepare(name: &str, workload: &str, threads: usize) -> Outcome<Self> {
        match name.split_once(' ') {
            Some(("crossover", form)) => ours::contender(form, workload, threads),
            Some(("ndarray", form)) => with_ndarray::contender(form, workload),
            Some(("ceiling", form)) => ceiling::contender(form),
            _ => Err(format!("no contender {name}")),
        }
    }

    /// Runs the call once.
    pub fn run(&mut self, arrays: &mut Arrays) -> Outcome<()> {
        let out = arrays.out.slice_mut();
        let out = if self.one { &mut out[..1] } else { out };
        (self.call)(arrays.x.slice(), arrays.y.slice(), out)
    }
}
