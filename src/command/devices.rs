//! `crossover devices`: what this machine has.

use std::io::{self, Write};

use crossover::sweep::Environment;
use crossover::{Auto, Isa, Kind};

use super::Stop;

pub fn run() -> Result<(), Stop> {
    match list(io::stdout().lock()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Stop::failure(format_args!("standard output: {error}"))),
    }
}

fn list(mut to: impl Write) -> io::Result<()> {
    let mut infos = Vec::new();
    writeln!(to, "backends")?;
    for kind in Kind::ALL {
        match kind.open() {
            Ok(backend) => {
                let info = backend.info();
                writeln!(to, "  {info}")?;
                infos.push(info);
            }
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
            _ if isa == Isa::Scalar => "what the loop runs; not for simd and threads",
            true if isa == chosen => "chosen: the widest here",
            true => "available",
            false => "not available: this processor does not have it",
        };
        writeln!(to, "  {isa:8} {at_a_time:24} {here}")?;
    }
    writeln!(to, "\nauto")?;
    match Auto::open() {
        Ok(auto) => writeln!(to, "  its figures are {}", auto.source())?,
        Err(reason) => writeln!(to, "  {reason}")?,
    }
    let environment = Environment::of(&infos);
    writeln!(to, "\nmachine\n  {}\n  {}", environment.cpu.as_deref().unwrap_or("unknown processor"), environment.os)
}
