//! What only a GPU does: resident arrays, a host application's device, futures, memory, and errors.
/// The GPU, or leave the test with a word.
macro_rules! or_skip {
    ($gpu:expr) => {
        match $gpu {
            Ok(gpu) => gpu,
            Err(reason) => return println!("skipped: {reason}"),
        }
    };
}

mod failures;
mod futures;
mod host;
mod memory;
mod resident;

use crossover::{Arg, Gpu, Kernel, Workload};

fn poly() -> Kernel {
    "poly".parse::<Workload>().unwrap().kernel
}

/// Runs a kernel on the CPU, as the loop does.
fn expected(kernel: &Kernel, inputs: &[Arg<'_>], len: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; kernel.output_len(len)];
    crossover::Loop.run(kernel, inputs, &mut out).unwrap();
    out
}

/// Whole numbers, of which sums and products are exact on every backend.
fn whole(len: usize) -> Vec<f32> {
    (0..len).map(|index| (index % 1000) as f32 - 500.0).collect()
}

/// What an array of the device has.
fn host(gpu: &Gpu, array: &crossover::DeviceArray) -> Vec<f32> {
    let mut out = vec![f32::NAN; array.len()];
    gpu.download(array, &mut out).unwrap();
    out
}
