//! `crossover sweep`: runs a sweep and writes its files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, ValueHint};
use crossover::auto::{Policy, Stored};
use crossover::sweep::{self, Analysis, Axis, Contender, Host, Regime, Report, Sizes, SystemClock, Vary};
use crossover::{Auto, Backend, Isa, Kind, Simd, Sweep, Threads, Workload, message};
use crossover_report::{json, table};

use super::files::{Folder, Written};
use super::names::Names;
use super::terminal::Terminal;
use super::{Arguments, Command, Stop, files, interrupt, memory, vary};

/// The notes on files.
const FILES: &str = "\
While a sweep runs, its measurements are in sweep.partial.json; the other files are written at the end, all or none. A sweep \
that is interrupted or killed does not change an earlier sweep in the folder, and --resume continues it. If a sweep.json has \
measurements that the new one lacks, it is kept as sweep.json.bak. A replaced file keeps its permissions, and its owner where \
the system allows that; links stay links, but other hard links keep the old contents.\n\n\
In sweep.csv, workload names that begin with =, +, - or @ are prefixed with ', so that no spreadsheet runs them as formulas.";

#[derive(Args)]
#[command(after_help = FILES)]
pub struct Options {
    #[command(flatten)]
    settings: Settings,
    /// The folder for sweep.csv, sweep.json, sweep.svg, sweep.png, roofline.svg, roofline.png and the page sweep.html
    /// [default: sweep]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Resume the stopped sweep in the folder DIR or that of --out: measure only what is missing. Uses the sweep's own settings
    /// unless others are given
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "append", value_hint = ValueHint::DirPath)]
    resume: Option<Option<PathBuf>>,
    /// Keep the measurements in the folder's sweep.json, and add other workloads, sizes, values, backends or regimes
    #[arg(long)]
    append: bool,
    /// Print the report as JSON, the same as sweep.json, instead of the table
    #[arg(long)]
    json: bool,
    /// Show no table and no progress
    #[arg(long)]
    quiet: bool,
}

/// The settings of a sweep.
#[derive(Args, Clone, Default, PartialEq)]
struct Settings {
    #[arg(
        help = format!("What to measure: {} [default: poly]", Workload::NAMES.join(", ")),
        value_parser = Names::workloads(),
        hide_possible_values = true
    )]
    workloads: Vec<String>,
    /// A formula of your own to measure, such as "0.5*x*(1 + y)"; its inputs are standard normal numbers. May be repeated
    #[arg(long, value_name = "FORMULA", value_hint = ValueHint::Other)]
    expr: Vec<String>,
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "NAMES",
        help = backends_help(),
        value_parser = Names::backends(),
        hide_possible_values = true
    )]
    backends: Option<Vec<String>>,
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "NAMES",
        help = regimes_help(),
        value_parser = Names::regimes(),
        hide_possible_values = true
    )]
    regimes: Option<Vec<String>>,
    /// The instruction set of simd and threads [default: the widest available]
    #[arg(long, value_name = "NAME", value_parser = Names::isas(), hide_possible_values = true)]
    isa: Option<String>,
    /// The number of threads of the threads backend [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Element counts such as 1000,2e4 or geomspace:FROM:TO:HOW_MANY [default: N×N for 10 N from 100 to 1000]
    #[arg(long)]
    sizes: Option<String>,
    #[arg(long, value_name = "NAME[=VALUES]", help = vary::help(), value_parser = Names::axes(), hide_possible_values = true)]
    vary: Option<String>,
    /// The number of trials per measurement; the slowest is dropped [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    trials: Option<u16>,
    /// The seed of the input data [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the sweep and writes its files, also if it is interrupted.
pub fn run(options: &Options) -> Result<(), Stop> {
    let out = options.folder()?;
    let sweep = options.sweep(&out)?;
    memory::enough("the largest size".to_owned(), sweep.bytes_needed(), "use smaller --sizes, or fewer --backends")?;
    let folder = Folder::open(&out)?;
    let interrupted = interrupt::heed(None, || ())?;
    let (read, watched, axis) = (!options.quiet && !options.json, !options.quiet, sweep.axis());
    let mut terminal = Terminal::new(read, watched, axis, folder, interrupted);
    let report = sweep.run_with(&SystemClock, &mut terminal);
    terminal.finish();
    let analysis = Analysis::of(&report);
    tell(&report, &analysis, &mut terminal);
    let written = terminal.write(&report, &analysis)?;
    match &written {
        Written::All(backup) => {
            terminal.say(&message::wrapped(&format!("written to {}: {}", out.display(), files::NAMES.join(", "))));
            if let Some(backup) = backup {
                terminal.say(&message::wrapped(&format!("the earlier sweep is kept as {}", backup.display())));
            }
        }
        Written::Beside(path) => terminal.say(&message::wrapped(&format!("written to {}", path.display()))),
        Written::Nothing => {}
    }
    if options.json {
        print(&report, &analysis)?;
    }
    match terminal.broken.take() {
        Some(broken) => Err(Stop::failure(broken)),
        None if report.cancelled => Err(interruption(&out, &written)),
        None if report.failures.is_empty() => Ok(()),
        None => Err(Stop::failure(format_args!(
            "{} measurement(s) failed; {} has the rest",
            report.failures.len(),
            out.display()
        ))),
    }
}

/// Prints the findings.
fn tell(report: &Report, analysis: &Analysis, terminal: &mut Terminal) {
    for line in table::first_calls(report).into_iter().chain(table::of_ceiling(report)) {
        terminal.say(&line);
    }
    for (index, crossover) in analysis.crossovers.iter().enumerate() {
        if index == 0 {
            terminal.say("\nCrossover points, at 95 % confidence:");
        }
        terminal.say(&crossover.to_string());
    }
    for warning in &analysis.warnings {
        terminal.warn(&format!("warning: {warning}"));
    }
}

/// Returns the message for an interruption: where the measurements are, and how to resume.
fn interruption(out: &Path, written: &Written) -> Stop {
    let (out, resuming) = (out.display(), files::resuming(out));
    match written {
        Written::All(_) => Stop::interrupted(format_args!(
            "interrupted; the measurements are in {out}, and {resuming} measures the rest"
        )),
        Written::Beside(path) => Stop::interrupted(format_args!(
            "interrupted; the measurements are in {}, the earlier sweep in {out} is unchanged, and {resuming} measures the rest",
            path.display()
        )),
        Written::Nothing => {
            Stop::interrupted(format_args!("interrupted before anything was measured; {out} is unchanged"))
        }
    }
}

impl Options {
    /// Returns the folder of the files.
    fn folder(&self) -> Result<PathBuf, Stop> {
        match (&self.out, &self.resume) {
            (Some(out), Some(Some(resumed))) if out != resumed => Err(Stop::mistake(format_args!(
                "--out {} and --resume {} name two folders; leave out one of them",
                out.display(),
                resumed.display()
            ))),
            (Some(out), _) | (None, Some(Some(out))) => Ok(out.clone()),
            _ => Ok("sweep".into()),
        }
    }

    /// Creates the sweep, or resumes the one in the folder.
    fn sweep(&self, out: &Path) -> Result<Sweep, Stop> {
        let settings = &self.settings;
        if self.resume.is_none() && !self.append {
            return settings.sweep(settings.command()).map_err(Stop::mistake);
        }
        let refused = |path: &Path, reason: &dyn fmt::Display| {
            let path = path.display();
            Stop::mistake(format_args!(
                "{path}: {reason}; name its folder with --out, or leave out --resume and --append"
            ))
        };
        let read = if self.append { files::finished(out) } else { files::stopped(out) };
        let (path, earlier) = read.map_err(|(path, error)| refused(&path, &error))?;
        let recorded = !self.append && *settings == Settings::default() && !earlier.command.is_empty();
        let (settings, command) = match recorded {
            true => {
                let recorded = Settings::read(&earlier.command).map_err(|reason| refused(&path, &reason))?;
                (recorded, earlier.command.clone())
            }
            false => (settings.clone(), settings.command()),
        };
        let sweep = settings.sweep(command).map_err(Stop::mistake)?;
        // A report that was appended to has more than these settings.
        let resumed = if self.append || recorded { sweep.append(earlier) } else { sweep.resume(earlier) };
        resumed.map_err(|error| refused(&path, &error))
    }
}

impl Settings {
    /// Returns the command for a sweep with these settings, independent of environment variables.
    fn command(&self) -> Vec<String> {
        let mut words: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        if let Some(name) = words.first_mut() {
            "crossover".clone_into(name);
        }
        if let (None, Some(names)) = (&self.backends, named_backends()) {
            words.splice(2..2, ["--backends".to_owned(), names]);
        }
        words
    }

    /// Parses the settings of a command.
    fn read(command: &[String]) -> Result<Self, String> {
        match Arguments::try_parse_from(command) {
            Ok(Arguments { command: Command::Sweep(options) }) => Ok(options.settings),
            Ok(_) => Err("its command is not `crossover sweep`".to_owned()),
            Err(error) => {
                let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
                Err(format!("its command cannot be read ({})", message::truncated(&reason, 200)))
            }
        }
    }

    fn sweep(&self, command: Vec<String>) -> crossover::Result<Sweep> {
        let named = self.workloads.iter().map(|name| name.parse());
        let written = self.expr.iter().map(|text| Workload::parse(text));
        let mut workloads: Vec<Workload> = named.chain(written).collect::<Result<_, _>>()?;
        if workloads.is_empty() {
            workloads.push("poly".parse()?);
        }
        let vary = self.vary()?;
        let isa = self.isa.as_deref().map(str::parse::<Isa>).transpose()?;
        let mut sweep = Sweep::new().workloads(unique(workloads)).command(command);
        sweep = self.trials.into_iter().fold(sweep, |sweep, trials| sweep.trials(trials.into()));
        sweep = self.seed.into_iter().fold(sweep, Sweep::seed);
        sweep = match &vary {
            Some(vary) => sweep.vary(vary.clone()),
            None => sweep.sizes(self.sizes.as_deref().map_or_else(|| Ok(Sizes::default()), str::parse)?),
        };
        let named = self.kinds()?;
        let axis = sweep.axis();
        let kinds = named.clone().unwrap_or_else(|| Kind::ALL.into_iter().filter(|kind| has(axis, *kind)).collect());
        let regimes = self.regimes(&kinds, axis)?;
        for kind in kinds.iter().filter(|kind| regimes.iter().any(|regime| regime.is_of(**kind))) {
            sweep = match self.open(*kind, isa, &regimes, vary.as_ref()) {
                Ok(contenders) => contenders.into_iter().fold(sweep, Sweep::contender),
                // Unless a GPU, or a data path of a GPU, was requested, the sweep runs without one.
                Err(reason) if *kind == Kind::Gpu && named.is_none() && !self.asks_for_gpu(&regimes) => {
                    sweep.missing(*kind, &reason)
                }
                Err(reason) => return Err(reason),
            };
        }
        Ok(sweep)
    }

    /// Returns the axis other than the number of elements, if any.
    fn vary(&self) -> crossover::Result<Option<Vary>> {
        let Some(text) = &self.vary else { return Ok(None) };
        let vary = vary::vary(text, self.sizes.as_deref())?;
        match (vary.axis(), self.threads, self.workloads.first().or(self.expr.first())) {
            (axis @ Axis::Threads, Some(threads), _) => Err(vary::twice("--threads", threads.to_string(), axis)),
            (axis @ Axis::Intensity, _, Some(workload)) => Err(vary::twice("workload", workload.clone(), axis)),
            _ => Ok(Some(vary)),
        }
    }

    /// Returns the backends requested by name; the loop first, because the others are compared with it.
    fn kinds(&self) -> crossover::Result<Option<Vec<Kind>>> {
        let names = match &self.backends {
            Some(names) => names.clone(),
            None => match named_backends() {
                Some(names) => names.split(',').map(str::to_owned).collect(),
                None => return Ok(None),
            },
        };
        let mut kinds: Vec<Kind> = names.iter().map(|name| name.trim().parse()).collect::<Result<_, _>>()?;
        kinds.sort_unstable();
        kinds.dedup();
        Ok(Some(kinds))
    }

    /// Returns the requested data paths, each of which one of the backends must have.
    fn regimes(&self, kinds: &[Kind], axis: Axis) -> crossover::Result<Vec<Regime>> {
        let Some(names) = &self.regimes else { return Ok(Regime::USUAL.to_vec()) };
        let regimes: Vec<Regime> = names.iter().map(|name| name.trim().parse()).collect::<Result<_, _>>()?;
        match regimes.iter().find(|regime| !kinds.iter().any(|kind| axis.is_of(*kind, **regime))) {
            None => Ok(regimes),
            Some(idle) => Err(vary::idle(*idle, axis)),
        }
    }

    /// Returns whether a data path of GPUs alone was requested by name.
    fn asks_for_gpu(&self, regimes: &[Regime]) -> bool {
        self.regimes.is_some() && regimes.iter().any(|regime| !regime.is_of(Kind::Loop))
    }

    fn open(
        &self,
        kind: Kind,
        isa: Option<Isa>,
        regimes: &[Regime],
        vary: Option<&Vary>,
    ) -> crossover::Result<Vec<Box<dyn Contender>>> {
        let vary = vary.filter(|vary| vary.axis() != Axis::Intensity);
        match (kind, vary) {
            (Kind::Threads, Some(vary)) => vary.threads(&self.threads(isa)?, regimes),
            (_, Some(vary)) => vary.contenders(kind, regimes),
            (Kind::Gpu, None) => sweep::contenders(kind, regimes),
            _ => Ok(Host::under(self.backend(kind, isa)?, regimes)),
        }
    }

    fn backend(&self, kind: Kind, isa: Option<Isa>) -> crossover::Result<Box<dyn Backend>> {
        Ok(match kind {
            Kind::Simd => Box::new(isa.map_or_else(|| Ok(Simd::new()), Simd::with_isa)?),
            Kind::Threads => Box::new(self.threads(isa)?),
            Kind::Auto => Box::new(self.auto(isa)?),
            other => other.open()?,
        })
    }

    fn threads(&self, isa: Option<Isa>) -> crossover::Result<Threads> {
        let threads = self.threads.map_or_else(|| Ok(Threads::new()), |n| Threads::with_threads(n.into()))?;
        match isa {
            Some(isa) => threads.with_isa(isa),
            None => Ok(threads),
        }
    }

    /// Creates `auto` with backends of these settings.
    fn auto(&self, isa: Option<Isa>) -> crossover::Result<Auto> {
        if isa.is_none() && self.threads.is_none() {
            return Auto::open();
        }
        let mut members: Vec<Box<dyn Backend>> = vec![Kind::Loop.open()?];
        members.push(self.backend(Kind::Simd, isa)?);
        members.push(self.backend(Kind::Threads, isa)?);
        members.extend(Kind::Gpu.open().ok());
        let auto = Auto::of(members, Policy::default())?;
        Ok(match Stored::find().profile {
            Some(profile) => auto.profiled(&profile),
            None => auto,
        })
    }
}

/// Returns the names of backends in the environment variable.
fn named_backends() -> Option<String> {
    let names = std::env::var_os(Kind::ENV).filter(|names| !names.is_empty())?;
    Some(names.to_string_lossy().into_owned())
}

fn backends_help() -> String {
    let names = Kind::ALL.map(Kind::name).join(",");
    format!("Backends to measure, of {names} [default: {}, else all available]", Kind::ENV)
}

fn regimes_help() -> String {
    let (all, usual) = (Regime::ALL.map(Regime::name).join(","), Regime::USUAL.map(Regime::name).join(","));
    format!(
        "Data paths, of {all}; fresh allocates the output for each run; the last three are for GPUs: upload and compute, \
         all data on the device, one sum copied back [default: {usual}]"
    )
}

/// Returns whether a backend can vary the axis.
fn has(axis: Axis, kind: Kind) -> bool {
    Regime::ALL.into_iter().any(|regime| axis.is_of(kind, regime))
}

/// Removes repeated workloads.
fn unique(workloads: Vec<Workload>) -> Vec<Workload> {
    let mut kept: Vec<Workload> = Vec::new();
    for workload in workloads {
        if !kept.iter().any(|each| each.name() == workload.name()) {
            kept.push(workload);
        }
    }
    kept
}

/// Prints the report. A closed pipe is ignored, so that the exit status shows the outcome.
fn print(report: &Report, analysis: &Analysis) -> Result<(), Stop> {
    match json::write(report, analysis, io::BufWriter::new(io::stdout().lock())) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Stop::failure(format_args!("standard output: {error}"))),
    }
}
