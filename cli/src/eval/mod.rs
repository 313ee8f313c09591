//! `crossover eval`: evaluates a formula on .npy files of any size.
//!
//! Arguments, headers and shapes are checked before anything is written. Then the elements are streamed in chunks into the
//! output file, a reduction or a summary.

mod arguments;
mod cast;
mod layout;
mod npy;
mod output;
mod print;
mod stream;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Args, ValueHint};
use crossover::message::{listed, shortened};
use crossover::parse::{self, Function, Input};
use crossover::{Backend, Kernel, Kind, Reduction, Type, wgsl};

use self::arguments::Value;
use self::layout::{Layout, Whole};
use self::npy::Npy;
use self::output::{Output, Scratch};
use self::print::Summary;
use self::stream::Feed;
use super::names::Names;
use super::{Stop, interrupt, memory};

/// The time that a blocked read may delay the end of an interrupted command.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(1);

/// The notes after the options.
const NOTES: &str = "\
Elements are streamed, so files may be larger than memory. Shapes broadcast as in numpy. The result is in \
Fortran order if all arrays of its shape are, else in C order. Arrays of another shape or order than the result are \
read whole into memory. Files of float16, float32, bool and integers of up to 16 bits are read without --cast, in either \
byte order; bools are conditions. Numbers are written as float32, conditions as bool. \
A number may be an expression of constants, such as 1/3; write ./5 for a file with such a name. \
The result is written to a temporary file that is renamed when it is complete: a replaced file keeps its \
permissions and, where the system allows it, its owner, but other hard links to it keep the old contents";

/// The language without its functions.
const LANGUAGE: &str = "\
Formulas: numbers, names, + - * / // % **, comparisons (< <= > >= == !=), which chain as in 0 < x < 1, & | ~ and \
and, or, not between conditions, parentheses, and the constants pi, tau, e, inf, nan, True and False. A given input \
hides a constant of the same name. Precedence is Python's, so comparisons joined by & or | need parentheses, and those \
joined by and or or do not. A condition used as a number is 1 or 0; where of two conditions is a condition. a // b rounds \
the exact quotient down. Typographic signs and exponents are read, too: − × ÷ ≤ ≥ ≠ π x². \
sum, mean, min, max, prod, std, var, any, all, argmin, argmax, nansum, nanmin and nanmax of one argument must be outermost.";

#[derive(Args)]
#[command(after_help = NOTES, after_long_help = language())]
pub struct Options {
    /// The formula, such as "x + x*x + x**3"
    #[arg(value_name = "EXPR", allow_hyphen_values = true, value_hint = ValueHint::Other)]
    formula: String,
    /// The value of each input: an .npy file (`-` is standard input), or a number
    #[arg(value_name = "NAME=VALUE", value_hint = ValueHint::FilePath)]
    arguments: Vec<String>,
    #[arg(
        long,
        value_name = "NAME",
        help = backend_help(),
        value_parser = Names::backends(),
        hide_possible_values = true
    )]
    backend: Option<String>,
    /// The .npy file to write, or `-` for standard output [default: print the value, or the array's head and tail]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Convert files of numbers that float32 cannot hold, such as float64 and int32, to the nearest float32
    #[arg(long)]
    cast: bool,
    /// Print the formula's program, its shader and its number of registers, and evaluate nothing
    #[arg(long)]
    explain: bool,
}

/// Returns the notes, the language and its functions.
fn language() -> String {
    let mut text = format!("{NOTES}\n\n{LANGUAGE}\n\nFunctions:\n");
    for function in Function::all() {
        let arguments = match function {
            Function::Where => "condition, yes, no",
            other => &"x, y, z"[..3 * other.arguments() - 2],
        };
        let (name, aliases) = function.names().split_first().unwrap_or((&"", &[]));
        let also = if aliases.is_empty() { String::new() } else { format!(" (also {})", aliases.join(", ")) };
        text += &format!("  {name}({arguments}){also}\n          {}\n", function.about());
    }
    text
}

fn backend_help() -> String {
    let names = Kind::ALL.map(Kind::name).join(", ");
    format!("The backend, of {names} [default: {}, else threads]", Kind::ENV)
}

/// Evaluates the formula, or explains it.
pub fn run(options: &Options) -> Result<(), Stop> {
    let names = arguments::names(&options.arguments);
    let inputs = parse::inputs(&options.formula, &names).map_err(Stop::mistake)?;
    if options.explain {
        return print(&explanation(&explained(options, &inputs)?));
    }
    let values = arguments::matched(&inputs, &options.arguments)?;
    let backend = crossover::open(options.backend.as_deref()).map_err(Stop::mistake)?;
    let scratch = Scratch::default();
    let remove = scratch.clone();
    let interrupted = interrupt::heed(Some(INTERRUPT_TIMEOUT), move || remove.remove())?;
    let opened = values.into_iter().map(|value| Opened::of(value, options.cast)).collect::<Result<Vec<_>, _>>()?;
    let kernel = kernel(&options.formula, inputs.iter().zip(&opened))?;
    let (layout, feeds) = feeds(&kernel, opened)?;
    let work = Work { kernel: &kernel, backend: &*backend, layout, feeds, interrupted };
    match (kernel.reduction(), &options.out) {
        (Some(fold), None) => {
            let value = work.fold(fold)?;
            print(&match fold {
                Reduction::Any | Reduction::All => print::truth(value).to_owned(),
                // An index, exact or refused.
                Reduction::ArgMin | Reduction::ArgMax => value.to_string(),
                _ => print::number(value),
            })
        }
        (Some(fold), Some(out)) => {
            let point = Layout { shape: Vec::new(), order: npyz::Order::C };
            let mut to = Output::open(out, &point, fold.is_condition(), &scratch)?;
            let mut value = [work.fold(fold)?];
            if fold.is_condition() {
                to.write_conditions(&value)?
            } else {
                to.write_numbers(&mut value)?
            }
            to.finish()
        }
        (None, None) => work.summarise(),
        (None, Some(out)) => {
            let to = Output::open(out, &work.layout, is_condition(&kernel), &scratch)?;
            work.write(to)
        }
    }
}

/// The value of an input, with a file's header read.
enum Opened {
    Number(f32),
    Truth(bool),
    Array(Npy),
}

impl Opened {
    fn of(value: Value, cast: bool) -> Result<Opened, Stop> {
        Ok(match value {
            Value::Number(number) => Opened::Number(number),
            Value::Truth(truth) => Opened::Truth(truth),
            Value::File(path) => Opened::Array(Npy::open(&path, cast)?),
            Value::Stdin => Opened::Array(Npy::stdin(cast)?),
        })
    }

    fn is_condition(&self) -> bool {
        match self {
            Opened::Number(_) => false,
            Opened::Truth(_) => true,
            Opened::Array(npy) => npy.condition,
        }
    }
}

/// Creates the formula's kernel, with the inputs that are conditions.
fn kernel<'a>(formula: &str, given: impl Iterator<Item = (&'a String, &'a Opened)>) -> Result<Kernel, Stop> {
    let input = |(name, opened): (&'a String, &Opened)| {
        if opened.is_condition() { Input::condition(name) } else { Input::number(name) }
    };
    Kernel::parse_with(formula, &given.map(input).collect::<Vec<_>>()).map_err(Stop::mistake)
}

/// Creates the kernel to explain. Missing inputs are numbers.
fn explained(options: &Options, inputs: &[String]) -> Result<Kernel, Stop> {
    let names = arguments::names(&options.arguments);
    let given: Vec<String> = inputs.iter().filter(|input| names.contains(&input.as_str())).cloned().collect();
    let values = arguments::matched(&given, &options.arguments)?;
    let opened = values.into_iter().map(|value| Opened::of(value, options.cast)).collect::<Result<Vec<_>, _>>()?;
    kernel(&options.formula, given.iter().zip(&opened))
}

/// Determines the result's layout, and reads the arrays that cannot be streamed.
fn feeds(kernel: &Kernel, opened: Vec<Opened>) -> Result<(Layout, Vec<Feed>), Stop> {
    let mut arrays: Vec<(&str, &Layout)> = Vec::new();
    for (name, opened) in kernel.inputs().iter().zip(&opened) {
        if let Opened::Array(npy) = opened {
            arrays.push((name, &npy.layout));
        }
    }
    let result = Layout::of_result(&arrays)?;
    enough_memory(&arrays, &result)?;
    let feed = |opened: Opened| match opened {
        Opened::Number(number) => Ok(Feed::Number(number)),
        Opened::Truth(truth) => Ok(Feed::Number(u8::from(truth).into())),
        Opened::Array(npy) if npy.layout.is_stored_as(&result) => Ok(Feed::passing(npy)),
        Opened::Array(npy) => {
            let layout = npy.layout.clone();
            let data = npy.read_whole()?;
            match data[..] {
                [one] => Ok(Feed::Number(one)),
                _ => Ok(Feed::whole(Whole::new(data, &layout, &result))),
            }
        }
    };
    let feeds = opened.into_iter().map(feed).collect::<Result<_, Stop>>()?;
    Ok((result, feeds))
}

/// Checks that the arrays that are read whole fit in memory.
fn enough_memory(arrays: &[(&str, &Layout)], result: &Layout) -> Result<(), Stop> {
    let whole: Vec<_> = arrays.iter().filter(|(_, layout)| !layout.is_stored_as(result)).collect();
    if whole.is_empty() {
        return Ok(());
    }
    let elements = whole.iter().map(|(_, layout)| layout.elements().unwrap_or(u64::MAX));
    let bytes =
        elements.fold(0u64, |sum, elements| sum.saturating_add(elements.saturating_mul(size_of::<f32>() as u64)));
    let names = listed(&whole.iter().map(|(name, _)| format!("`{}`", shortened(name))).collect::<Vec<_>>());
    let what = format!("reading {names} whole, because the result has another shape or order");
    memory::enough(what, bytes, "store it in the shape and order of the other arrays")
}

/// A kernel, its inputs and its backend.
struct Work<'k> {
    kernel: &'k Kernel,
    backend: &'k dyn Backend,
    layout: Layout,
    feeds: Vec<Feed>,
    interrupted: Arc<AtomicBool>,
}

impl Work<'_> {
    fn elements(&self) -> u64 {
        self.layout.elements().unwrap_or(u64::MAX)
    }

    /// Runs a kernel over all elements.
    fn stream(mut self, kernel: &Kernel, take: impl FnMut(u64, &mut [f32]) -> Result<(), Stop>) -> Result<(), Stop> {
        let elements = self.elements();
        let mut prepared = self.backend.prepare(kernel).map_err(Stop::failure)?;
        stream::run(&mut *prepared, &mut self.feeds, elements, &self.interrupted, take)
    }

    /// Computes a reduction: of each chunk, then of the partial results.
    fn fold(self, fold: Reduction) -> Result<f32, Stop> {
        const { assert!(stream::CHUNK.is_multiple_of(Reduction::CHUNK)) };
        let mut parts = Vec::new();
        let elements = self.elements();
        fold.check(usize::try_from(elements).unwrap_or(usize::MAX)).map_err(Stop::mistake)?;
        let of_parts = self.kernel.with_reduction(Some(fold.of_parts()));
        self.stream(&of_parts, |from, part| {
            fold.place(part, from as usize);
            parts.extend_from_slice(part);
            Ok(())
        })?;
        fold.join(&parts, elements as usize).map_err(Stop::mistake)
    }

    /// Writes the elements.
    fn write(self, mut to: Output) -> Result<(), Stop> {
        let (kernel, condition) = (self.kernel, is_condition(self.kernel));
        self.stream(
            kernel,
            |_, values| {
                if condition { to.write_conditions(values) } else { to.write_numbers(values) }
            },
        )?;
        to.finish()
    }

    /// Prints the head and the tail.
    fn summarise(self) -> Result<(), Stop> {
        let kernel = self.kernel;
        let mut summary = Summary::new(self.layout.clone(), is_condition(kernel));
        self.stream(kernel, |from, values| {
            summary.take(from, values);
            Ok(())
        })?;
        print(&summary.text())
    }
}

fn is_condition(kernel: &Kernel) -> bool {
    kernel.program().output_type(0) == Type::Bool
}

fn print(text: &str) -> Result<(), Stop> {
    let mut to = Output::stdout();
    to.write(text.as_bytes())?;
    to.write(b"\n")?;
    to.finish()
}

fn explanation(kernel: &Kernel) -> String {
    let program = kernel.program();
    let shader = wgsl::shader(program, &wgsl::Shape::new(64));
    format!("{}\n\nregisters: {}\n\n{}", program.to_string().trim_end(), kernel.registers(), shader.trim_end())
}
