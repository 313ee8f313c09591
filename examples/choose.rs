//! Chooses a backend at run time: by the first argument, else by `CROSSOVER_BACKEND`, else the default.
//!
//! `cargo run --release --example choose -- simd`

use std::process::ExitCode;

use crossover::{Error, Kernel, formula};

formula! {
    /// Softens a signal: x / (1 + |x|).
    fn Softsign(x) { x / (T::constant(1) + x.abs()) }
}

fn run(argument: Option<&str>) -> Result<(), Error> {
    let backend = crossover::open(argument)?;
    println!("running on {}", backend.info());

    let kernel = Kernel::new("softsign", Softsign);
    let x: Vec<f32> = (-4..=4).map(|x| x as f32).collect();
    let mut y = vec![0.0; x.len()];

    // Compiles and allocates once; the prepared kernel runs any number of times.
    let mut prepared = backend.prepare(&kernel)?;
    prepared.run(&[(&x).into()], &mut y)?;
    println!("x = {x:?}\ny = {y:.3?}");

    // A number serves as an array of equal elements.
    prepared.run(&[9.0.into()], &mut y)?;
    println!("y = {y:.3?}");
    Ok(())
}

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
