//! `crossover explain`: shows which backend `auto` would choose, and why.

use clap::Args;
use crossover::auto::{Auto, Residency};
use crossover::sweep::Sizes;
use crossover::{Error, Kernel, Kind, Workload, message};

use super::names::Names;
use super::screen::say;
use super::{Stop, policy};

#[derive(Args)]
pub struct Options {
    /// A formula, such as "x + x**2 + x**3", or the name of a built-in workload
    #[arg(value_parser = Names::workloads(), hide_possible_values = true)]
    formula: String,
    /// The number of elements; or a range such as 100..1e8, for the choice at each size in it
    #[arg(long, value_name = "N", default_value = "1..1e9")]
    elements: String,
    /// The arrays are in the GPU's memory, before and after
    #[arg(long)]
    resident: bool,
    /// Inputs that are numbers instead of arrays: names separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    numbers: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: policy::Options,
}

/// The choice over a range of sizes.
#[derive(serde::Serialize)]
struct Range {
    choices: Vec<Choice>,
    decision: crossover::auto::Decision,
}

/// The smallest number of elements at which a backend is chosen.
#[derive(serde::Serialize)]
struct Choice {
    from: usize,
    backend: Kind,
}

pub fn run(options: &Options) -> Result<(), Stop> {
    let kernel = options.kernel()?;
    let auto = Auto::with(options.policy.policy()).map_err(Stop::mistake)?;
    let residency = if options.resident { Residency::Device } else { Residency::Host };
    let arrays = options.arrays(&kernel)?;
    let (from, to) = options.range()?;
    let decision = auto.decide_with(&kernel, arrays, to, residency);
    if from == to {
        return say(&if options.json { json(&decision)? } else { format!("{decision}{}", limitations(&auto)) });
    }
    let all = auto.choices_with(&kernel, arrays, residency);
    let before = all.iter().rposition(|(at, _)| *at <= from).unwrap_or(0);
    let within = all.iter().skip(before).take_while(|(at, _)| *at <= to);
    let choices: Vec<Choice> =
        within.map(|(at, backend)| Choice { from: (*at).max(from), backend: *backend }).collect();
    if options.json {
        return say(&json(&Range { choices, decision })?);
    }
    let mut text = format!("{}, data on the {residency}: the choice by the number of elements\n\n", decision.kernel);
    for choice in &choices {
        text += &format!("  from {:>10}  {}\n", choice.from, choice.backend);
    }
    text += "\n";
    decision.crossovers.iter().for_each(|crossover| text += &format!("{crossover}\n"));
    say(&format!("{text}source: {}{}", decision.source, limitations(&auto)))
}

/// Returns a line for each backend with a limitation.
fn limitations(auto: &Auto) -> String {
    let infos = auto.infos().into_iter();
    let lines = infos.filter_map(|info| Some(format!("\nnote: {}: {}", info.kind, info.limitation?)));
    lines.collect()
}

fn json(value: &impl serde::Serialize) -> Result<String, Stop> {
    serde_json::to_string_pretty(value).map_err(Stop::failure)
}

impl Options {
    fn kernel(&self) -> Result<Kernel, Stop> {
        match self.formula.parse::<Workload>() {
            Ok(workload) => Ok(workload.kernel),
            Err(error) if self.is_misspelt(&error) => Err(Stop::mistake(format_args!(
                "{error}; write ({}) for a formula that consists of this input",
                message::truncated(&self.formula, 60)
            ))),
            Err(_) => Kernel::parse(&self.formula).map_err(Stop::mistake),
        }
    }

    /// Returns whether the formula is probably a misspelt workload: a single word of two or more letters that is similar to one.
    fn is_misspelt(&self, error: &Error) -> bool {
        let word = self.formula.chars().all(|each| each.is_alphanumeric() || each == '_');
        let near = matches!(error, Error::Unknown { nearest: Some(_), .. } | Error::Invalid { .. });
        word && near && self.formula.chars().nth(1).is_some()
    }

    /// Returns the number of inputs that are arrays.
    fn arrays(&self, kernel: &Kernel) -> Result<usize, Stop> {
        for name in &self.numbers {
            if !kernel.inputs().contains(name) {
                let (name, inputs) =
                    (message::truncated(name, 60), message::truncated(&kernel.inputs().join(", "), 400));
                return Err(Stop::mistake(format_args!("the formula has no input `{name}`; it has {inputs}")));
            }
        }
        Ok(kernel.inputs().iter().filter(|input| !self.numbers.contains(input)).count())
    }

    fn range(&self) -> Result<(usize, usize), Stop> {
        let count = |text: &str| text.parse::<Sizes>().map(|sizes| sizes.largest()).map_err(Stop::mistake);
        match self.elements.split_once("..") {
            None => count(&self.elements).map(|len| (len, len)),
            Some((from, to)) => {
                let (from, to) = (count(from)?, count(to)?);
                match from <= to {
                    true => Ok((from, to)),
                    false => Err(Stop::mistake(format_args!(
                        "the range {} ends before it begins; write the smaller number first",
                        self.elements
                    ))),
                }
            }
        }
    }
}
