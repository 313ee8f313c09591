//! `crossover devices`: lists the backends of this machine.

use std::io::{self, Write};

use clap::Args;
use crossover::backend::Info;
use crossover::sweep::Environment;
use crossover::{Auto, Isa, Kind};

use super::Stop;

#[derive(Args)]
pub struct Options {
    /// Print JSON: "backends", "instruction_sets", "auto" and "environment"; with a "reason" where unavailable
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<(), Stop> {
    let found = Found::here();
    let to = io::stdout().lock();
    match if options.json { found.as_json(to) } else { found.list(to) } {
        // The reader has closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Stop::failure(format_args!("standard output: {error}"))),
    }
}

/// The backends of this machine, the source of `auto`'s costs, and the environment.
struct Found {
    backends: Vec<(Kind, crossover::Result<Info>)>,
    /// The source of `auto`'s costs.
    source: crossover::Result<String>,
    environment: Environment,
}

impl Found {
    fn here() -> Self {
        let backends: Vec<_> = Kind::ALL.map(|kind| (kind, kind.open().map(|backend| backend.info()))).into();
        let infos: Vec<Info> = backends.iter().filter_map(|(_, info)| info.as_ref().ok().cloned()).collect();
        let source = Auto::open().map(|auto| auto.source().to_string());
        Found { backends, source, environment: Environment::of(&infos) }
    }

    fn as_json(&self, mut to: impl Write) -> io::Result<()> {
        let backend = |(kind, info): &(Kind, crossover::Result<Info>)| match info {
            Err(reason) => {
                serde_json::json!({ "name": kind.name(), "available": false, "reason": reason.to_string() })
            }
            Ok(Info { isa, threads, device, .. }) => serde_json::json!({
                "name": kind.name(),
                "available": true,
                "isa": isa.map(Isa::name),
                "threads": threads,
                "device": device.as_ref().map(|it| serde_json::json!({
                    "name": it.name, "driver": it.driver, "api": it.api, "software": it.software,
                })),
            }),
        };
        let isa = |isa: Isa| serde_json::json!({ "name": isa.name(), "width": isa.width(), "available": isa.is_available(), "chosen": isa == Isa::detect() });
        let auto = match &self.source {
            Ok(source) => serde_json::json!({ "source": source }),
            Err(reason) => serde_json::json!({ "reason": reason.to_string() }),
        };
        let all = serde_json::json!({
            "backends": self.backends.iter().map(backend).collect::<Vec<_>>(),
            "instruction_sets": Isa::ALL.map(isa),
            "auto": auto,
            "environment": self.environment,
        });
        serde_json::to_writer_pretty(&mut to, &all)?;
        writeln!(to)
    }

    fn list(&self, mut to: impl Write) -> io::Result<()> {
        writeln!(to, "backends")?;
        for (kind, info) in &self.backends {
            match info {
                Ok(info) => writeln!(to, "  {info}")?,
                Err(reason) => writeln!(to, "  {kind}: {reason}")?,
            }
        }
        writeln!(to, "\ninstruction sets, for --isa")?;
        let chosen = Isa::detect();
        for isa in Isa::ALL {
            let width = isa.width();
            let at_a_time =
                if width == 1 { "one number at a time".to_owned() } else { format!("{width} numbers at a time") };
            let here = match isa.is_available() {
                _ if isa == Isa::Scalar => "used by the loop; not for simd and threads",
                true if isa == chosen => "chosen: the widest here",
                true => "available",
                false => "not available: this processor does not have it",
            };
            writeln!(to, "  {isa:8} {at_a_time:24} {here}")?;
        }
        writeln!(to, "\nauto")?;
        match &self.source {
            Ok(source) => writeln!(to, "  its costs are {source}")?,
            Err(reason) => writeln!(to, "  {reason}")?,
        }
        let Environment { cpu, os, .. } = &self.environment;
        writeln!(to, "\nmachine\n  {}\n  {os}", cpu.as_deref().unwrap_or("unknown processor"))
    }
}
