//! What a GPU does with a kernel, stage by stage, on whatever adapter is there: `cargo bench --bench gpu`, or for the
//! comparison with CuPy and PyTorch, and the plot, `python3 benches/gpu/compare.py`.
//!
//! Every figure is the median of several runs after a warm one, and results are compared with the loop's first.

mod bare;
mod measure;
mod report;

use std::path::PathBuf;

use crossover::{Backend, Gpu};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut largest = None;
    let mut json = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--largest" => largest = arguments.next().and_then(|text| text.parse::<f64>().ok()).map(|len| len as usize),
            "--json" => json = arguments.next().map(PathBuf::from),
            // `cargo bench` says so.
            "--bench" => {}
            other => {
                return Err(format!("unknown argument `{other}`; there are --largest ELEMENTS and --json FILE").into());
            }
        }
    }
    let gpu = Gpu::open()?;
    let software = gpu.info().device.is_some_and(|device| device.software);
    // A software rasterizer is not asked for more than it does in seconds.
    let largest = largest.unwrap_or(if software { 4_000_000 } else { 100_000_000 });
    let found = measure::all(&gpu, largest)?;
    print!("{}", report::text(&found));
    if let Some(path) = json {
        std::fs::write(&path, report::json(&found)?)?;
    }
    Ok(())
}
