//! Lets a model of this machine choose the backend, and prints its reasons.
//!
//! `cargo run --release --example auto -- "exp(-x**2)*sin(x)"`

use std::process::ExitCode;

use crossover::auto::{Policy, Residency};
use crossover::{Auto, Error, Kernel};

fn run(formula: &str) -> Result<(), Error> {
    let auto = Auto::with(Policy::default())?;
    let kernel = Kernel::parse(formula)?;
    println!("{}\n", auto.decide(&kernel, 1_000_000, Residency::Host));

    let mut compiled = auto.compile(&kernel)?;
    for len in [100, 10_000, 1_000_000] {
        let inputs = vec![vec![0.5; len]; kernel.inputs().len()];
        let args: Vec<_> = inputs.iter().map(|input| input.into()).collect();
        let mut out = vec![0.0; kernel.output_len(len)];
        compiled.run(&args, &mut out)?;
        if let Some(ran) = compiled.last() {
            println!("{len} elements ran on {ran}");
        }
    }
    for fallback in auto.fallbacks() {
        println!("{fallback}");
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&std::env::args().nth(1).unwrap_or_else(|| "x + x**2 + x**3".to_owned())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
