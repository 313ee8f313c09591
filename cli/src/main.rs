//! The `crossover` command: its arguments, and how it ends.
//!
//! It ends with status 0, 1 if something failed, 2 if it was asked for what cannot be, and 130 if it was interrupted.
#![deny(unsafe_code)]

mod beside;
mod calibrate;
mod compare;
mod definition;
mod devices;
mod eval;
mod explain;
mod files;
mod headless;
mod interrupt;
mod memory;
mod names;
mod policy;
mod regret;
mod screen;
mod sweep;
mod terminal;
mod vary;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What holds for every subcommand.
const NOTES: &str = "\
It ends with status 0; 1 if something failed, 2 if it was asked for what cannot be, and 130 if it was interrupted.\n\n\
CROSSOVER_BACKEND names the backends where no option does. With NO_COLOR=1 there is no colour.";

/// Evaluates formulas on arrays, and measures where one backend overtakes another: a plain loop, SIMD, threads, the GPU.
#[derive(Parser)]
#[command(name = "crossover", version, after_help = NOTES, max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Evaluate a formula on .npy files of any size
    Eval(eval::Options),
    /// Verify and time workloads on every backend over a range of sizes, and draw the result
    Sweep(sweep::Options),
    /// Say which backend auto would choose for a formula, and why
    Explain(explain::Options),
    /// Measure what auto needs to know about this machine, in two seconds, and keep it
    Calibrate(calibrate::Options),
    /// Measure how much longer what auto chooses takes than the best backend
    Regret(regret::Options),
    /// Tell what got faster or slower from one sweep to another, beyond noise; status 1 if something did by much
    Compare(compare::Options),
    /// List the backends and instruction sets: what this machine has, or why not and what would bring it
    Devices(devices::Options),
    /// Print a script that lets a shell complete subcommands, options and names
    Completions(definition::Completions),
    /// Print the manual page: crossover man | man -l -
    Man,
}

/// Why the command ends early: a line for people and a status for programs.
struct Stop {
    status: u8,
    message: String,
}

impl Stop {
    /// The status of a command that the user stopped.
    const INTERRUPTED: u8 = 130;

    /// Whoever read the output has read enough: nothing went wrong.
    fn unread() -> Self {
        Stop { status: 0, message: String::new() }
    }

    /// The user asked for what cannot be.
    fn mistake(message: impl fmt::Display) -> Self {
        Stop { status: 2, message: message.to_string() }
    }

    /// Something went wrong on the way.
    fn failure(message: impl fmt::Display) -> Self {
        Stop { status: 1, message: message.to_string() }
    }

    /// The user stopped it.
    fn interrupted(message: impl fmt::Display) -> Self {
        Stop { status: Self::INTERRUPTED, message: message.to_string() }
    }
}

fn main() -> ExitCode {
    headless::ensure();
    let done = match Arguments::parse().command {
        Command::Eval(options) => eval::run(&options),
        Command::Sweep(options) => sweep::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Calibrate(options) => calibrate::run(&options),
        Command::Regret(options) => regret::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Devices(options) => devices::run(&options),
        Command::Completions(options) => definition::completions(&options),
        Command::Man => definition::man(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) if stop.status == 0 => ExitCode::SUCCESS,
        Err(stop) => {
            screen::fail(&stop.message);
            ExitCode::from(stop.status)
        }
    }
}
