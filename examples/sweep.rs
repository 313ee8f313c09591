//! Measures a custom formula and a built-in workload on every available backend, and prints a table and the crossover points.
//!
//! `cargo run --release --example sweep`

use crossover::sweep::{Failure, Measurement, Missing, Observer, Sweep, SystemClock};
use crossover::workload::{Sample, Workload};
use crossover::{Kernel, formula};

formula! {
    /// The length of a vector in the plane.
    fn Length(x, y) { (x * x + y * y).sqrt() }
}

/// Prints each result as it arrives.
struct Table;

impl Observer for Table {
    fn missing(&mut self, missing: &Missing) {
        println!("without {}: {}", missing.backend, missing.reason);
    }

    fn measured(&mut self, row: &Measurement) {
        let Measurement { workload, elements, ns_per_element, gb_per_s, .. } = row;
        let series = row.series();
        println!("{workload:9} {series:12} {elements:>9} {ns_per_element:>8.3} ns/element {gb_per_s:>7.1} GB/s");
    }

    fn failed(&mut self, failure: &Failure) {
        println!("{failure}");
    }
}

fn main() -> crossover::Result<()> {
    let length = Workload {
        kernel: Kernel::new("length", Length),
        samples: vec![Sample::Normal, Sample::Uniform(-1.0, 1.0)],
        about: "√(x² + y²)".into(),
    };
    let sweep = Sweep::new()
        .workloads(["poly".parse()?, length])
        .every_backend()
        .sizes("geomspace:1e3:1e6:4".parse()?)
        .trials(3);
    let report = sweep.run_with(&SystemClock, &mut Table);
    println!("on {}", report.environment.machine());
    for crossover in crossover::sweep::Analysis::of(&report).crossovers {
        println!("{crossover}");
    }
    Ok(())
}
