//! `crossover eval`: a formula on .npy files of any size.
//!
//! The arguments are matched with the formula's inputs, the files' headers read and their shapes agreed on, all before
//! anything is written. Then the elements stream through, a chunk at a time, into the output file, a fold or a summary.

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
use crossover::parse::Function;
use crossover::{Backend, Fold, Kernel, Kind, wgsl};

use self::arguments::Value;
use self::layout::{Layout, Whole};
use self::npy::Npy;
use self::output::{Output, Scratch};
use self::print::Summary;
use self::stream::Feed;
use super::names::Names;
use super::{Stop, interrupt, memory};

/// How long a read may keep an interrupted command waiting.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is to be known beside the options.
const NOTES: &str = "\
The elements stream through, so files may be larger than memory. Shapes broadcast as numpy's do. The result is in \
Fortran order if all arrays of its shape are, else in C order. Arrays of another shape or order than the result are \
read whole into memory. Numbers are written as float32, conditions as bool. \
A file whose name is a number is given as ./5";

/// What a formula is made of, beside functions.
const LANGUAGE: &str = "\
Formulas: numbers, names, + - * / % **, comparisons (< <= > >= == !=), & | ~ between conditions, parentheses, and the \
constants pi, tau, e, inf and nan. Precedence is Python's, so comparisons joined by & or | need parentheses. A condition \
used as a number is 1 or 0. sum, mean, min, max and prod of one argument stand around the whole formula.";

#[derive(Args)]
#[command(after_help = NOTES, after_long_help = language())]
pub struct Options {
    /// The formula, such as "x + x*x + x**3"
    #[arg(value_name = "EXPR", allow_hyphen_values = true, value_hint = ValueHint::Other)]
    formula: String,
    /// What each input of the formula is given: an .npy file (`-` is standard input), or a number
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
    /// Convert files of other numbers than float32 to the nearest float32
    #[arg(long)]
    cast: bool,
    /// Print the formula's program, its shader and how many registers it takes, and evaluate nothing
    #[arg(long)]
    explain: bool,
}

/// The notes, and after them the language with all its functions.
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
    format!("Which of the backends {names} [default: {}, else threads]", Kind::ENV)
}

/// Evaluates the formula, or explains it.
pub fn run(options: &Options) -> Result<(), Stop> {
    let kernel = Kernel::parse(&options.formula).map_err(Stop::mistake)?;
    if options.explain {
        return print(&explanation(&kernel));
    }
    let values = arguments::matched(kernel.inputs(), &options.arguments)?;
    let backend = crossover::open(options.backend.as_deref()).map_err(Stop::mistake)?;
    let scratch = Scratch::default();
    let remove = scratch.clone();
    let interrupted = interrupt::heed(Some(PATIENCE), move || remove.remove())?;
    let (layout, feeds) = feeds(&kernel, values, options.cast)?;
    let work = Work { kernel: &kernel, backend: &*backend, layout, feeds, interrupted };
    match (kernel.fold(), &options.out) {
        (Some(fold), None) => print(&print::number(work.fold(fold)?)),
        (Some(fold), Some(out)) => {
            let point = Layout { shape: Vec::new(), order: npyz::Order::C };
            let mut to = Output::open(out, &point, false, &scratch)?;
            to.write_numbers(&mut [work.fold(fold)?])?;
            to.finish()
        }
        (None, None) => work.summarise(),
        (None, Some(out)) => {
            let to = Output::open(out, &work.layout, kernel.program().is_condition(), &scratch)?;
            work.write(to)
        }
    }
}

/// Opens the files and agrees on the result's layout.
fn feeds(kernel: &Kernel, values: Vec<Value>, cast: bool) -> Result<(Layout, Vec<Feed>), Stop> {
    let open = |value| match value {
        Value::Number(number) => Ok(Err(number)),
        Value::File(path) => Npy::open(&path, cast).map(Ok),
        Value::Stdin => Npy::stdin(cast).map(Ok),
    };
    let opened: Vec<Result<Npy, f32>> = values.into_iter().map(open).collect::<Result<_, Stop>>()?;
    let arrays: Vec<(&str, &Layout)> = kernel
        .inputs()
        .iter()
        .zip(&opened)
        .filter_map(|(name, opened)| opened.as_ref().ok().map(|npy| (name.as_str(), &npy.layout)))
        .collect();
    let result = Layout::of_result(&arrays)?;
    enough_memory(&arrays, &result)?;
    let feed = |opened: Result<Npy, f32>| match opened {
        Err(number) => Ok(Feed::Number(number)),
        Ok(npy) if npy.layout.is_stored_as(&result) => Ok(Feed::passing(npy)),
        Ok(npy) => {
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

/// Whether the arrays that are read whole fit in memory.
fn enough_memory(arrays: &[(&str, &Layout)], result: &Layout) -> Result<(), Stop> {
    let whole: Vec<_> = arrays.iter().filter(|(_, layout)| !layout.is_stored_as(result)).collect();
    if whole.is_empty() {
        return Ok(());
    }
    let elements = whole.iter().map(|(_, layout)| layout.elements().unwrap_or(u64::MAX));
    let bytes =
        elements.fold(0u64, |sum, elements| sum.saturating_add(elements.saturating_mul(size_of::<f32>() as u64)));
    let names = whole.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let what = format!("reading {names} whole, as the result has another shape or order");
    memory::enough(what, bytes, "store it as the other arrays are")
}

/// A kernel, what it is fed, and where it runs.
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
        stream::run(&mut *prepared, kernel.fold().is_some(), &mut self.feeds, elements, &self.interrupted, take)
    }

    /// The value of a fold: of each chunk, then of those together.
    fn fold(self, fold: Fold) -> Result<f32, Stop> {
        const { assert!(stream::CHUNK.is_multiple_of(Fold::CHUNK)) };
        let mut parts = Vec::new();
        let elements = self.elements();
        let of_parts = self.kernel.with_fold(Some(fold.of_parts()));
        self.stream(&of_parts, |_, part| {
            parts.extend_from_slice(part);
            Ok(())
        })?;
        fold.join(&parts, elements as usize).map_err(Stop::mistake)
    }

    /// Writes the elements.
    fn write(self, mut to: Output) -> Result<(), Stop> {
        let (kernel, condition) = (self.kernel, self.kernel.program().is_condition());
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
        let mut summary = Summary::new(self.layout.clone(), kernel.program().is_condition());
        self.stream(kernel, |from, values| {
            summary.take(from, values);
            Ok(())
        })?;
        print(&summary.text())
    }
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
