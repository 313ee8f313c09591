//! A formula ready to be run by any backend: its name, its program, and its bodies for the CPU.

use std::fmt;
use std::sync::Arc;

use crate::arg::Arg;
use crate::backend::simd::drive;
use crate::backend::simd::isa::Checked;
use crate::bound::{Bound, Bounded, Ieee, Model, Wgsl};
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

/// What a kernel does on the CPU, for each instruction set.
pub(crate) trait Bodies<T: Element>: Send + Sync {
    /// `out[i] = formula(inputs[..][from + i])`
    fn apply(&self, isa: Checked, inputs: &[Arg<'_, T>], from: usize, out: &mut [T]);

    /// `data[i] = formula(data[i], rest[..][from + i])`
    fn apply_in_place(&self, isa: Checked, data: &mut [T], rest: &[Arg<'_, T>], from: usize);

    /// Where correct results lie, for the elements from `from` on.
    fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_, T>], from: usize, out: &mut [Bound]);
}

/// Whose arithmetic a result came from, and so how far it may be from the oracle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// IEEE 754, as on every CPU backend: see [`Ieee`].
    Ieee,
    /// That of a WGSL shader: see [`Wgsl`].
    Wgsl,
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
    pub(crate) fn check_lengths(
        &self,
        inputs: impl ExactSizeIterator<Item = Option<usize>> + Clone,
        len: usize,
    ) -> Result<()> {
        let fit = |found: Option<usize>| found.is_none_or(|found| found == len);
        if inputs.len() == self.inputs().len() && inputs.clone().all(fit) {
            return Ok(());
        }
        Err(self.misfit(&inputs.collect::<Vec<_>>(), len))
    }

    /// What is wrong with inputs that do not fit.
    #[cold]
    fn misfit(&self, inputs: &[Option<usize>], len: usize) -> Error {
        let (kernel, names) = (self.name().to_owned(), self.inputs());
        let other =
            |(name, found): (&String, &Option<usize>)| found.filter(|found| *found != len).zip(Some(name.clone()));
        match names.iter().zip(inputs).find_map(other) {
            Some((found, input)) if inputs.len() == names.len() => {
                Error::Length { kernel, input, expected: len, found }
            }
            _ => Error::InputCount { kernel, names: names.join(", "), expected: names.len(), found: inputs.len() },
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
        self.bodies.bounds(arithmetic, inputs, 0, &mut out);
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

/// The bodies of a formula that the compiler knows.
struct Compiled<F, const N: usize>(F);

impl<F: Formula<N>, const N: usize> Bodies<f32> for Compiled<F, N> {
    fn apply(&self, isa: Checked, inputs: &[Arg<'_>], from: usize, out: &mut [f32]) {
        drive::over(&self.0, isa, inputs, from, out);
    }

    fn apply_in_place(&self, isa: Checked, data: &mut [f32], rest: &[Arg<'_>], from: usize) {
        drive::in_place(&self.0, isa, data, rest, from);
    }

    fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_>], from: usize, out: &mut [Bound]) {
        fn each<M: Model, F: Formula<N>, const N: usize>(f: &F, inputs: &[Arg<'_>], from: usize, out: &mut [Bound]) {
            for (index, out) in out.iter_mut().enumerate() {
                *out = f.eval::<Bounded<M>>(std::array::from_fn(|k| Bounded::new(inputs[k].at(from + index)))).get();
            }
        }
        match arithmetic {
            Arithmetic::Ieee => each::<Ieee, F, N>(&self.0, inputs, from, out),
            Arithmetic::Wgsl => each::<Wgsl, F, N>(&self.0, inputs, from, out),
        }
    }
}
