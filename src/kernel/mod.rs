//! A formula ready to be run by any backend: its name, its program, and its code for the CPU.

pub(crate) mod arg;
pub(crate) mod cpu;
pub(crate) mod lower;
pub(crate) mod view;
pub mod wgsl;

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::formula::Formula;
use crate::formula::parse::{self, parse};
use crate::formula::program::Program;
use crate::formula::reduction::Reduction;
use crate::formula::trace::trace;
use crate::kernel::arg::{Arg, elements};
use crate::kernel::cpu::code::CpuCode;
use crate::kernel::cpu::compiled::Compiled;
use crate::kernel::cpu::interpreter::Interpreted;
use crate::kernel::cpu::interpreter::bytecode::Plan;
use crate::kernel::view::Out;
use crate::oracle::{self, Arithmetic, Bound, Bounded, Ieee, Model, Wgsl};
use crate::text::{listed, nearest, shortened};

/// A formula with everything that a backend needs to run it. Cloning it is cheap.
#[derive(Clone)]
pub struct Kernel {
    name: Arc<str>,
    program: Arc<Program>,
    code: Arc<dyn CpuCode>,
}

impl Kernel {
    /// Creates a kernel of a formula, compiled for every instruction set of the target.
    ///
    /// ```
    /// use crossover::{Kernel, formula};
    ///
    /// formula! { fn Product(a, b) { a * b } }
    /// let kernel = Kernel::new("product", Product);
    /// assert_eq!(kernel.inputs(), ["a", "b"]);
    /// ```
    pub fn new<F: Formula<N>, const N: usize>(name: impl Into<Arc<str>>, formula: F) -> Self {
        Kernel { name: name.into(), program: Arc::new(trace(&formula)), code: Arc::new(Compiled::<F, N>(formula)) }
    }

    /// Creates a kernel of a formula's text, in the language of [`parse`](mod@crate::formula::parse). It is named as it is
    /// written.
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

    /// Creates a kernel of a formula's text, as [`parse`](Kernel::parse), where these names are inputs: also where a constant
    /// has the same name, and some of them conditions.
    ///
    /// ```
    /// use crossover::Kernel;
    /// use crossover::parse::Input;
    ///
    /// let kernel = Kernel::parse_with("where(valid, m*e, 0)", &[Input::condition("valid"), Input::number("e")])?;
    /// assert_eq!(kernel.inputs(), ["valid", "m", "e"]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if it is not a formula.
    pub fn parse_with(text: &str, inputs: &[parse::Input<'_>]) -> Result<Self> {
        Ok(Kernel::from_program(text, parse::parse_with(text, inputs)?))
    }

    /// Creates a kernel of a program, which the CPU backends interpret block by block. It gives the bits that the compiled
    /// formula would give.
    pub fn from_program(name: impl Into<Arc<str>>, program: Program) -> Self {
        let program = Arc::new(program);
        Kernel { name: name.into(), code: Arc::new(Interpreted::new(&program)), program }
    }

    /// Returns the name, for messages and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the same kernel by another name.
    pub fn renamed(&self, name: impl Into<Arc<str>>) -> Self {
        Kernel { name: name.into(), ..self.clone() }
    }

    /// Returns the name for messages, of which a long one has its beginning.
    #[cold]
    pub(crate) fn title(&self) -> String {
        shortened(&self.name).into_owned()
    }

    /// Returns the operations, as data.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Returns the names of the inputs, in order.
    pub fn inputs(&self) -> &[String] {
        self.program.inputs()
    }

    /// Returns what makes one number of the results for all elements, if anything does. The output then has one element.
    pub fn reduction(&self) -> Option<Reduction> {
        self.program.output().reduction
    }

    /// Returns the same kernel with another reduction, or without one.
    ///
    /// ```
    /// use crossover::{Reduction, Workload};
    ///
    /// let poly: Workload = "poly".parse()?;
    /// let total = poly.kernel.with_reduction(Some(Reduction::Sum));
    /// let mut out = [0.0];
    /// crossover::open(None)?.run(&total, &[(&[1.0, 2.0]).into()], &mut out)?;
    /// assert_eq!(out, [3.0 + 14.0]);
    /// # Ok::<(), crossover::Error>(())
    /// ```
    pub fn with_reduction(&self, fold: Option<Reduction>) -> Self {
        let program = Arc::new(Program::clone(&self.program).with_reduction(fold));
        Kernel { program, ..self.clone() }
    }

    /// Puts inputs that are given by name into the kernel's order. [`inputs!`](crate::inputs!) makes them.
    ///
    /// A formula's inputs are in the order of their first use, so an edit of it can change their order: names are safe from
    /// that.
    ///
    /// ```
    /// use crossover::{Kernel, inputs};
    ///
    /// let kernel = Kernel::parse("a*x + y")?;
    /// let (x, y) = (vec![1.0, 2.0], [10.0, 20.0]);
    /// let mut out = [0.0; 2];
    /// let backend = crossover::open(None)?;
    /// backend.run(&kernel, &kernel.by_name(inputs! { x: &x, y: &y, a: 3.0 })?, &mut out)?;
    /// assert_eq!(out, [13.0, 26.0]);
    ///
    /// let wrong = kernel.by_name(inputs! { x: &x, z: &y, a: 3.0 }).unwrap_err();
    /// assert_eq!(wrong.to_string(), "kernel `a*x + y` has no input `z`; its inputs: a, x, y");
    /// # Ok::<(), crossover::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownInput`] if the kernel has no input of that name, [`Error::RepeatedInput`] if a name is given twice and
    /// [`Error::MissingInput`] if an input is not given.
    pub fn by_name<'a, const N: usize>(&self, given: [(&str, Arg<'a>); N]) -> Result<[Arg<'a>; N]> {
        for (at, (name, _)) in given.iter().enumerate() {
            let (kernel, input) = (|| self.title(), || shortened(name).into_owned());
            if !self.inputs().iter().any(|known| known == name) {
                let near = nearest(name, self.inputs().iter().map(String::as_str));
                let nearest = near.map(|near| shortened(near).into_owned());
                return Err(Error::UnknownInput {
                    kernel: kernel(),
                    input: input(),
                    names: listed(self.inputs()),
                    nearest,
                });
            }
            if given[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Error::RepeatedInput { kernel: kernel(), input: input() });
            }
        }
        let find = |input: &String| given.iter().find(|(name, _)| name == input).map(|(_, arg)| *arg);
        if let Some(missing) = self.inputs().iter().find(|input| find(input).is_none()) {
            let input = shortened(missing).into_owned();
            return Err(Error::MissingInput { kernel: self.title(), input, names: listed(self.inputs()) });
        }
        // As many names as inputs, and each of them one of those: the arrays are of one length.
        let mut ordered = given.map(|(_, arg)| arg);
        ordered.iter_mut().zip(self.inputs().iter().filter_map(find)).for_each(|(place, arg)| *place = arg);
        Ok(ordered)
    }

    /// Returns how many registers the block interpreter needs for the program, each a block of numbers: none where every result
    /// is the last one, or read at once.
    pub fn registers(&self) -> usize {
        Plan::new(&self.program).registers
    }

    /// Returns how many elements the output for this many elements has: as many, or for a reduction its
    /// [width](Reduction::width), which is one for every reduction that a formula can have.
    pub fn output_len(&self, elements: usize) -> usize {
        self.reduction().map_or(elements, Reduction::width)
    }

    /// Returns the number of elements to compute for arguments that fit the kernel and an output of `len` elements.
    #[inline(always)]
    pub(crate) fn elements(&self, inputs: &[Arg<'_>], len: usize) -> usize {
        if self.reduction().is_some() { elements(inputs) } else { len }
    }

    /// Checks that arguments and outputs fit the kernel, and returns the number of elements to compute: the length of an
    /// output, or for a reduction that of the inputs. Every run checks it first.
    ///
    /// # Errors
    ///
    /// [`Error::OutputCount`] or [`Error::InputCount`] if there are too few or too many, [`Error::Length`] if an array is
    /// longer or shorter than the others, [`Error::ReductionOutput`] if the output of a reduction has not one element,
    /// [`Error::Invalid`] for [`Arg::Output`] of an output that does not exist or is a reduction, and the errors of
    /// [`Reduction::check`].
    #[inline(always)]
    pub fn check(&self, inputs: &[Arg<'_>], outputs: &[Out<'_>]) -> Result<usize> {
        let [out] = outputs else { return Err(self.output_count(outputs.len())) };
        if inputs.iter().any(Arg::is_output) {
            self.check_replaced(inputs)?;
        }
        self.check_lengths(inputs.iter().map(Arg::len), out.len())
    }

    /// Checks that the elements of the outputs that are inputs, too, can be replaced.
    fn check_replaced(&self, inputs: &[Arg<'_>]) -> Result<()> {
        let fits = |output: usize| self.program.outputs().get(output).is_some_and(|it| it.reduction.is_none());
        let mut named =
            inputs.iter().filter_map(|arg| if let Arg::Output(output) = arg { Some(*output) } else { None });
        named.find(|output| !fits(*output)).map_or(Ok(()), |output| Err(self.no_output(output)))
    }

    #[cold]
    fn output_count(&self, found: usize) -> Error {
        Error::OutputCount { kernel: self.title(), expected: self.program.outputs().len(), found }
    }

    #[cold]
    fn no_output(&self, output: usize) -> Error {
        let expected = match self.program.outputs().len() {
            outputs if output >= outputs => format!("kernel `{}` has {outputs} output, counted from 0", self.title()),
            _ => format!("a reduction such as `{}` has no elements to replace; give the array itself", self.title()),
        };
        Error::Invalid { what: "input", given: format!("output {output}"), expected }
    }

    /// Does the same as [`check`](Kernel::check), for inputs wherever they are: the length of each array, or none for a number.
    #[inline(always)]
    pub(crate) fn check_lengths(
        &self,
        inputs: impl Iterator<Item = Option<usize>> + Clone,
        len: usize,
    ) -> Result<usize> {
        let elements = match self.reduction() {
            None => len,
            Some(fold) if len == fold.width() => {
                let elements = inputs.clone().flatten().next().unwrap_or(1);
                fold.check(elements)?;
                elements
            }
            Some(_) => return Err(Error::ReductionOutput { kernel: self.title(), found: len }),
        };
        self.fit(inputs, elements)
    }

    /// Returns whether inputs have this many elements.
    #[inline(always)]
    fn fit(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, elements: usize) -> Result<usize> {
        let fit = |found: Option<usize>| found.is_none_or(|found| found == elements);
        if inputs.clone().count() == self.inputs().len() && inputs.clone().all(fit) {
            return Ok(elements);
        }
        Err(self.misfit(inputs, elements))
    }

    /// Returns what is wrong with inputs that do not fit.
    #[cold]
    #[inline(never)]
    fn misfit(&self, inputs: impl Iterator<Item = Option<usize>> + Clone, len: usize) -> Error {
        let (kernel, names, given) = (self.title(), self.inputs(), inputs.clone().count());
        let other =
            |(name, found): (&String, Option<usize>)| found.filter(|found| *found != len).zip(Some(name.clone()));
        match names.iter().zip(inputs).find_map(other) {
            Some((found, input)) if given == names.len() => {
                Error::Length { kernel, input: shortened(&input).into_owned(), expected: len, found }
            }
            _ => Error::InputCount { kernel, names: listed(names), expected: names.len(), found: given },
        }
    }

    /// Returns whether the CPU backends interpret it, as a formula's text, rather than run code compiled for it.
    pub(crate) fn is_interpreted(&self) -> bool {
        self.code.is_interpreted()
    }

    /// Returns the code for the CPU.
    pub(crate) fn code(&self) -> &dyn CpuCode {
        &*self.code
    }

    /// Returns the oracle: for each element of the output, the value in `f64` and how far a correct result may be from it.
    /// `len` elements are computed; a reduction has one bound for all of them. What [parts](Reduction::of_parts) give in several numbers
    /// has no bound: only what they are joined to has.
    ///
    /// # Errors
    ///
    /// As [`check`](Kernel::check).
    pub fn bounds(&self, arithmetic: Arithmetic, inputs: &[Arg<'_>], len: usize) -> Result<Vec<Bound>> {
        let elements = self.element_bounds(arithmetic, inputs, len)?;
        Ok(match self.reduction() {
            Some(fold) => oracle::reduction::bounds(fold, arithmetic, &elements),
            None => elements,
        })
    }

    /// Does the same as [`bounds`](Kernel::bounds), before the reduction.
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
        let result = self.program.output().value;
        let bound = |index| {
            row.clear();
            row.extend(inputs.iter().map(|arg| Bounded::<M>::new(arg.at(index).as_f32())));
            self.program.compute(&mut values, &row);
            values[result.index()].number().get()
        };
        (0..len).map(bound).collect()
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("name", &self.name).field("inputs", &self.inputs()).finish_non_exhaustive()
    }
}
