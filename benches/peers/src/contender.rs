//! Contenders: calls on the arrays.

use crate::Outcome;
use crate::arrays::Arrays;

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

impl Contender {
    /// Runs the call once.
    pub fn run(&mut self, arrays: &mut Arrays) -> Outcome<()> {
        let out = arrays.out.slice_mut();
        let out = if self.one { &mut out[..1] } else { out };
        (self.call)(arrays.x.slice(), arrays.y.slice(), out)
    }
}
