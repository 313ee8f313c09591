//! A formula ready to be run by any backend: its name, its program, and its bodies for the CPU.

use std::fmt;
use std::sync::Arc;

use crate::arg::Arg;
use crate::body::{Bodies, Compiled};
use crate::bound::{Arithmetic, Bound, Bounded, Ieee, Model, Wgsl};
use crate::error::{Error, Result, brief};
use crate::fold::{self, Fold};
use crate::formula::Formula;
use crate::interpret::Interpreted;
use crate::num::Element;
use crate::parse::parse;
use crate::plan::Plan;
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

    /// A kernel of a formula's text, in the language of [`parse`](mod@crate::parse). It is named as it is written.
    ///
    /// ```
    /// use crossover::Kernel;
    ///
    /// let smooth = Kernel::parse("where(x < 1, x**2*(3 - 2*x), 1)")?;
    /// let mut out = [0.0; 3];
    /// crossover::open(None)?.run(&smooth, &[(&[0.0, 0.5, 2.0]).into()], &mut out)?;
    /// assert_eq!(out, [0.0, 0.5, 1.0]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if it is not a formula.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Kernel::from_program(text, parse(text)?))
    }

    /// A kernel of a program, which the CPU backends interpret block by block. It gives the bits that the compiled formula
    /// would give.
    pub fn from_program(name: impl Into<Arc<str>>, program: Program) -> Self {
        let program = Arc::new(program);
        Kernel { name: name.into(), bodies: Arc::new(Interpreted::new(&program)), program }
    }
}

impl<T: Element> Kernel<T> {
    /// The name, for messages and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same kernel by another name.
    pub fn renamed(&self, name: impl Into<Arc<str>>) -> Self {
        Kernel { name: name.into(), ..self.clone() }
    }

    /// The name for messages, of which a long one has its beginning.
    #[cold]
    pub(crate) fn title(&self) -> String {
        brief(&self.name).into_owned()
    }

    /// The operations, as data.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The names of the inputs, in order.
    pub fn inputs(&self) -> &[String] {
        self.program.inputs()
    }

    /// What makes one number of the results for all elements, if anything does. The output then has one element.
    pub fn fold(&self) -> Option<Fold> {
        self.program.fold()
    }

    /// The same kernel with another fold, or without one.
    ///
    /// ```
    /// use crossover::{Fold, Workload};
    ///
    /// let poly: Workload = "poly".parse()?;
    /// let total = poly.kernel.with_fold(Some(Fold::Sum));
    /// let mut out = [0.0];
    /// crossover::open(None)?.run(&total, &[(&[1.0, 2.0]).into()], &mut out)?;
    /// assert_eq!(out, [3.0 + 14.0]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    pub fn with_fold(&self, fold: Option<Fold>) -> Self {
        let program = Arc::new(Program::clone(&self.program).with_fold(fold));
        Kernel { program, ..self.clone() }
    }

    /// How many registers the block interpreter needs for the program, each a block of numbers: none where every result is
    /// the last one, or read at once.
    pub fn registers(&self) -> usize {
        Plan::new(&self.program).registers
    }

    /// How many elements the output for so many elements has: as many, or one for a fold.
    pub fn output_len(&self, elements: usize) -> usize {
        if self.fold().is_some() { 1 } else { elements }
    }

    /// Whether these inputs fit the kernel and an output of `len` elements, and how many elements there are to compute: as
    /// many as the output has, or for a fold, as the inputs have. Every run checks it first.
    ///
    /// # Errors
    ///
    /// [`Error::InputCount`] if there are too few or too many, [`Error::Length`] if an array is longer or shorter than the
    /// others, [`Error::FoldOutput`] if the output of a fold has not one element.
    #[inline(always)]
    pub fn check(&self, inputs: &[Arg<'_, T>], len: usize) -> Result<usize> {
        self.check_lengths(inputs.iter().map(Arg::len), len)
    }

    /// As [`check`](Kernel::check), for inputs wherever they are: the length of each array, or none for a number.
    #[inline(always)]
    pub(crate) fn check_lengths(
        &self,
        inputs: impl Iterator<Item = Option<usize>> + Clone,
        len: usize,
    ) -> Result<usize> {
        let elements = match self.fold() {
            None => len,
            Some(_) if len == 1 => inputs.clone().flatten().next().unwrap_or(1),
            Some(_) => return Err(Error::FoldOutput { kernel: self.title(), found: len }),
        };
        self.fit(inputs, elements)
    }

    /// Whether inputs have so many elements.
    #[inline(always)]
    fn fit(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, elements: usize) -> Result<usize> {
        let fit = |found: Option<usize>| found.is_none_or(|found| found == elements);
        if inputs.clone().count() == self.inputs().len() && inputs.clone().all(fit) {
            return Ok(elements);
        }
        Err(self.misfit(inputs, elements))
    }

    /// What is wrong with inputs that do not fit.
    #[cold]
    #[inline(never)]
    fn misfit(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, len: usize) -> Error {
        let (kernel, names, given) = (self.title(), self.inputs(), inputs.clone().count());
        let other =
            |(name, found): (&String, Option<usize>)| found.filter(|found| *found != len).zip(Some(name.clone()));
        match names.iter().zip(inputs).find_map(other) {
            Some((found, input)) if given == names.len() => Error::Length { kernel, input, expected: len, found },
            _ => Error::InputCount { kernel, names: names.join(", "), expected: names.len(), found: given },
        }
    }

    /// Whether the CPU backends interpret it, as a formula's text, rather than run code compiled for it.
    pub(crate) fn is_interpreted(&self) -> bool {
        self.bodies.is_interpreted()
    }

    pub(crate) fn bodies(&self) -> &dyn Bodies<T> {
        &*self.bodies
    }
}

impl Kernel {
    /// The oracle: for each element of the output, the value in `f64` and how far a correct result may be from it. `len`
    /// elements are computed; a fold has one bound for all of them.
    ///
    /// # Errors
    ///
    /// As [`check`](Kernel::check).
    pub fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_>], len: usize) -> Result<Vec<Bound>> {
        let elements = self.element_bounds(arithmetic, inputs, len)?;
        Ok(match self.fold() {
            Some(fold) => vec![fold::bound(fold, arithmetic, &elements)],
            None => elements,
        })
    }

    /// As [`bounds`](Kernel::bounds), before the fold.
    pub(crate) fn element_bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_>], len: usize) -> Result<Vec<Bound>> {
        self.fit(inputs.iter().map(Arg::len), len)?;
        Ok(match arithmetic {
            Arithmetic::Ieee => self.bounds_of::<Ieee>(inputs, len),
            Arithmetic::Wgsl => self.bounds_of::<Wgsl>(inputs, len),
        })
    }

    /// Evaluates the program once per element on numbers that carry their bound. The program, not the formula, so that this
    /// code exists once and not once per formula.
    fn bounds_of<M: Model>(&self, inputs: &[Arg<'_>], len: usize) -> Vec<Bound> {
        let mut values = Vec::with_capacity(self.program.ops().len());
        let mut row = Vec::with_capacity(inputs.len());
        let bound = |index| {
            row.clear();
            row.extend(inputs.iter().map(|arg| Bounded::<M>::new(arg.at(index))));
            self.program.eval_in(&mut values, &row).get()
        };
        (0..len).map(bound).collect()
    }
}

impl<T: Element> fmt::Debug for Kernel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("name", &self.name).field("inputs", &self.inputs()).finish_non_exhaustive()
    }
}
