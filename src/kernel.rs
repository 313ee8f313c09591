//! A formula ready to be run by any backend: its name, its program, and its bodies for the CPU.

use std::fmt;
use std::sync::Arc;

use crate::arg::Arg;
use crate::body::{Bodies, Compiled};
use crate::bound::{Arithmetic, Bound};
use crate::error::{Error, Result};
use crate::formula::Formula;
use crate::interpret::Interpreted;
use crate::num::Element;
use crate::program::Program;
use crate::trace::trace;

/// A formula with everything that a backend needs to run it. Cloning it is cheap.
#[derive(Clone)]
pub struct Kernel<T: Element = f32> {
    name: Arc<str>,
    program: Arc<Program>,
    bodies: Arc<dyn Bodies<T>>,
}

impl Kernel {
    /// A kernel of a formula, compiled for every instruction set of the target.
    ///
    /// ```
    /// use crossover::{Kernel, formula};
    ///
    /// formula! { fn Product(a, b) { a * b } }
    /// let kernel = Kernel::new("product", Product);
    /// assert_eq!(kernel.inputs(), ["a", "b"]);
    /// ```
    pub fn new<F: Formula<N>, const N: usize>(name: impl Into<Arc<str>>, formula: F) -> Self {
        Kernel { name: name.into(), program: Arc::new(trace(&formula)), bodies: Arc::new(Compiled::<F, N>(formula)) }
    }

    /// A kernel of a program, which the CPU backends interpret block by block. It gives the bits that the compiled formula
    /// would give.
    pub fn from_program(name: impl Into<Arc<str>>, program: Program) -> Self {
        let program = Arc::new(program);
        Kernel { name: name.into(), bodies: Arc::new(Interpreted::new(Arc::clone(&program))), program }
    }
}

impl<T: Element> Kernel<T> {
    /// The name, for messages and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The operations, as data.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The names of the inputs, in order.
    pub fn inputs(&self) -> &[String] {
        self.program.inputs()
    }

    /// Whether these inputs fit the kernel and an output of `len` elements. Every run checks it first.
    ///
    /// # Errors
    ///
    /// [`Error::InputCount`] if there are too few or too many, [`Error::Length`] if an array is longer or shorter than the
    /// output.
    #[inline(always)]
    pub fn check(&self, inputs: &[Arg<'_, T>], len: usize) -> Result<()> {
        self.check_lengths(inputs.iter().map(Arg::len), len)
    }

    /// As [`check`](Kernel::check), for inputs wherever they are: the length of each array, or none for a number.
    #[inline(always)]
    pub(crate) fn check_lengths(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, len: usize) -> Result<()> {
        let fit = |found: Option<usize>| found.is_none_or(|found| found == len);
        if inputs.clone().count() == self.inputs().len() && inputs.clone().all(fit) {
            return Ok(());
        }
        Err(self.misfit(inputs, len))
    }

    /// What is wrong with inputs that do not fit.
    #[cold]
    #[inline(never)]
    fn misfit(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, len: usize) -> Error {
        let (kernel, names, given) = (self.name().to_owned(), self.inputs(), inputs.clone().count());
        let other =
            |(name, found): (&String, Option<usize>)| found.filter(|found| *found != len).zip(Some(name.clone()));
        match names.iter().zip(inputs).find_map(other) {
            Some((found, input)) if given == names.len() => Error::Length { kernel, input, expected: len, found },
            _ => Error::InputCount { kernel, names: names.join(", "), expected: names.len(), found: given },
        }
    }

    /// The oracle: for each element, the value in `f64` and how far a correct result may be from it.
    ///
    /// # Errors
    ///
    /// As [`check`](Kernel::check).
    pub fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_, T>], len: usize) -> Result<Vec<Bound>> {
        self.check(inputs, len)?;
        let mut out = vec![Bound { value: 0.0, bound: 0.0 }; len];
        self.bodies.bounds(arithmetic, inputs, &mut out);
        Ok(out)
    }

    pub(crate) fn bodies(&self) -> &dyn Bodies<T> {
        &*self.bodies
    }
}

impl<T: Element> fmt::Debug for Kernel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("name", &self.name).field("inputs", &self.inputs()).finish_non_exhaustive()
    }
}
