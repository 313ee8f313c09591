//! `crossover regret`: measures how well `auto` chooses.

use std::io::{self, Write};

use clap::{Args, ValueHint};
use crossover::auto::Auto;
use crossover::sweep::{Case, Regret, Sizes, SystemClock};
use crossover::{Reduction, Workload, message};

use super::names::Names;
use super::screen::say;
use super::{Stop, interrupt, policy};

/// The default formulas, in addition to the built-in workloads.
const FORMULAS: [(&str, &str); 3] = [
    ("exp", "exp(x)"),
    ("gelu", "0.5*x*(1 + tanh(0.7978845608*(x + 0.044715*x**3)))"),
    ("where", "where(x > 0, sqrt(x), -x**3)"),
];

#[derive(Args)]
pub struct Options {
    /// What to measure [default: the built-in workloads, exp, gelu, where, sum(poly)]
    #[arg(value_parser = Names::workloads(), hide_possible_values = true)]
    workloads: Vec<String>,
    /// A formula of your own; its inputs are standard normal numbers. May be repeated
    #[arg(long, value_name = "FORMULA", value_hint = ValueHint::Other)]
    expr: Vec<String>,
    /// The number of additional random formulas [default: 20, or 0 if workloads or formulas are given]
    #[arg(long, value_name = "N")]
    random: Option<u16>,
    /// The seed of the random formulas
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Element counts such as 1000,2e4 or geomspace:FROM:TO:HOW_MANY
    #[arg(long, default_value = "geomspace:100:1e7:6")]
    sizes: String,
    /// Print JSON: "cases", each with "workload", "elements", "chosen", "best", "regret"; "geomean", "p95", "overhead_ns"
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: policy::Options,
}

pub fn run(options: &Options) -> Result<(), Stop> {
    let auto = Auto::with(options.policy.policy()).map_err(Stop::mistake)?;
    let (workloads, sizes) = (options.workloads().map_err(Stop::mistake)?, options.sizes()?);
    let interrupted = interrupt::heed(None, || ())?;
    if !options.json {
        say(&format!("{}\nsource: {}\n\n{}", crossover::Backend::info(&auto), auto.source(), head()))?;
    }
    let mut heard = |case: &Case| {
        // The reader may have closed the pipe; the summary follows.
        let _ = if options.json { Ok(()) } else { writeln!(io::stdout(), "{}", row(case)) };
        !interrupted.load(std::sync::atomic::Ordering::Relaxed)
    };
    let found = Regret::measure(&auto, (&workloads, &sizes), &Regret::contenders(&auto), &SystemClock, &mut heard);
    let found = found.map_err(Stop::failure)?;
    if options.json {
        say(&serde_json::to_string_pretty(&found).map_err(Stop::failure)?)?;
    } else {
        say(&summary(&found))?;
    }
    match found.cases.len() < workloads.len() * sizes.len() {
        true => Err(Stop::interrupted("interrupted; the cases above were measured")),
        false => Ok(()),
    }
}

impl Options {
    fn sizes(&self) -> Result<Sizes, Stop> {
        self.sizes.parse().map_err(Stop::mistake)
    }

    fn workloads(&self) -> crossover::Result<Vec<Workload>> {
        let mut all = Vec::new();
        for name in &self.workloads {
            all.push(named(name)?);
        }
        for text in &self.expr {
            all.push(Workload::parse(text)?);
        }
        let asked = !all.is_empty();
        if !asked {
            let further = FORMULAS.iter().map(|(name, _)| *name).chain(["sum(poly)"]);
            for name in Workload::NAMES.into_iter().chain(further) {
                all.push(named(name)?);
            }
        }
        let random = self.random.unwrap_or(if asked { 0 } else { 20 });
        all.extend(Workload::random(random.into(), self.seed)?);
        Ok(all)
    }
}

/// Returns a built-in workload, or one of the default formulas.
fn named(name: &str) -> crossover::Result<Workload> {
    if name == "sum(poly)" {
        let poly: Workload = "poly".parse()?;
        let kernel = poly.kernel.with_reduction(Some(Reduction::Sum)).renamed(name);
        return Ok(Workload { kernel, ..poly });
    }
    match FORMULAS.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => {
            let workload = Workload::parse(text)?;
            Ok(Workload { kernel: workload.kernel.renamed(name), ..workload })
        }
        None => name.parse(),
    }
}

fn head() -> String {
    format!("{:34} {:>9}  {:8} {:8} {:>6}  {:>8}", "workload", "elements", "chosen", "best", "regret", "p/m")
}

/// Formats a case; the last column is the predicted over the measured time.
fn row(case: &Case) -> String {
    let Case { elements, chosen, best, regret, predicted, .. } = case;
    let name = message::truncated(&case.workload, 34);
    format!("{name:34} {elements:>9}  {chosen:8} {best:8} {regret:>6.3}  {predicted:>8.2}")
}

fn summary(found: &Regret) -> String {
    let Regret { cases, geomean, p95, overhead_ns } = found;
    let worst = cases.iter().max_by(|a, b| a.regret.total_cmp(&b.regret));
    let worst = worst.map_or(String::new(), |case| {
        format!("\nworst: {:.3}, {} of {} elements", case.regret, message::truncated(&case.workload, 60), case.elements)
    });
    let right = cases.iter().filter(|case| case.chosen == case.best).count();
    format!(
        "\n{} cases, {right} of them the best choice\n\
         regret: geometric mean {geomean:.3}, 95 % quantile {p95:.3}{worst}\n\
         auto's own cost: {overhead_ns:.0} ns per call",
        cases.len()
    )
}
