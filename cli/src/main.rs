//! The `crossover` command: its arguments and exit status.
//!
//! The exit status is 0 for success, 1 for a failure, 2 for wrong arguments or input, and 130 after an interruption.
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

/// The notes on all subcommands.
const NOTES: &str = "\
Exit status: 0 for success, 1 for a failure, 2 for wrong arguments or input, 130 after an interruption.\n\n\
CROSSOVER_BACKEND names the backends where no option does. NO_COLOR=1 disables colours.";

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
    /// Verify and time workloads on every backend over a range of sizes, and plot the result
    Sweep(sweep::Options),
    /// Show which backend auto would choose for a formula, and why
    Explain(explain::Options),
    /// Measure this machine for auto, in two seconds, and store the profile
    Calibrate(calibrate::Options),
    /// Measure how much slower auto's choices are than the best backend
    Regret(regret::Options),
    /// Show what became faster or slower between two sweeps, beyond noise; status 1 after a regression
    Compare(compare::Options),
    /// List the backends and instruction sets of this machine, and why others are unavailable
    Devices(devices::Options),
    /// Print a shell's completion script for subcommands, options and names
    Completions(definition::Completions),
    /// Print the manual page: crossover man | man -l -
    Man,
}

/// The reason why the command ends early: a message and an exit status.
struct Stop {
    status: u8,
    message: String,
}

impl Stop {
    /// The status of a command that the user stopped.
    const INTERRUPTED: u8 = 130;

    /// Creates the end after the reader has closed the output, which is not an error.
    fn unread() -> Self {
        Stop { status: 0, message: String::new() }
    }

    /// Creates an error in arguments or input.
    fn mistake(message: impl fmt::Display) -> Self {
        Stop { status: 2, message: message.to_string() }
    }

    /// Creates a failure at run time.
    fn failure(message: impl fmt::Display) -> Self {
        Stop { status: 1, message: message.to_string() }
    }

    /// Creates an interruption by the user.
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
