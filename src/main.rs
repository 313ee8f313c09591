//! The `crossover` command. See `crossover --help`.
#![deny(unsafe_code)]

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
