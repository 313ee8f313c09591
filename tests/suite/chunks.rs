//! Blocks, threads and a GPU's chunks: the results are the same to the bit, however the elements are divided.

use crate::common::REDUCTIONS;
use crossover::{Arg, Backend, Kernel, Threads, Workload};

/// The built-in polynomial, and what makes one number of it.
fn kernels() -> Vec<Kernel> {
    let poly: Workload = "poly".parse().unwrap();
    let folds = REDUCTIONS.map(|fold| poly.kernel.with_reduction(Some(fold)));
    [poly.kernel].into_iter().chain(folds).chain([Kernel::parse("exp(-x**2)*sin(x)").unwrap()]).collect()
}

/// NaNs are equal as a class.
fn all_bits(out: &[f32]) -> Vec<u32> {
    out.iter().map(|x| crate::common::bits(*x)).collect()
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|n| (n % 4093) as f32 * 1.7e-3 - 3.0).collect()
}

#[test]
fn blocks_and_threads_change_no_bit() {
    let numbers = numbers(100_003);
    for kernel in kernels() {
        let of = |threads: &Threads| {
            let mut prepared = threads.prepare(&kernel).unwrap();
            let mut out = vec![f32::NAN; kernel.output_len(numbers.len())];
            // Several times, so that each way of running is tried.
            let run = |_| {
                prepared.run(&[Arg::from(&numbers)], &mut out).unwrap();
                all_bits(&out)
            };
            let mut all: Vec<_> = (0..9).map(run).collect();
            all.dedup();
            assert_eq!(all.len(), 1, "{}", kernel.name());
            all.remove(0)
        };
        let expected = of(&Threads::with_threads(1).unwrap());
        for count in [2, 3] {
            let threads = Threads::with_threads(count).unwrap();
            assert!(of(&threads) == expected, "{} on {count} threads", kernel.name());
            for block in [1, 7, 512, 5000, 65_536, 100_000, usize::MAX] {
                let blocks = threads.clone().with_block(block).unwrap();
                assert!(of(&blocks) == expected, "{} on {count} threads in blocks of {block}", kernel.name());
            }
        }
    }
    let said = Threads::new().with_block(0).unwrap_err().to_string();
    assert!(said.contains("block `0`") && said.contains("at least 1 element"), "{said}");
}

#[cfg(feature = "gpu")]
#[test]
fn handles_of_a_gpu_have_chunks_of_their_own_and_the_same_bits() {
    let gpu = match crate::common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let numbers = numbers(300_001);
    let kernel = kernels().remove(0);
    let chunks = [4096, 65_536, 1 << 20];
    let made = || gpu.memory().buffers_made;
    let mut prepared: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            let before = gpu.memory().in_use;
            let mut prepared = gpu.with_chunk(*chunk).prepare(&kernel).unwrap();
            let mut out = vec![f32::NAN; numbers.len()];
            prepared.run(&[Arg::from(&numbers)], &mut out).unwrap();
            // An input and an output, and as many to move them, of three chunks on their way at most.
            let used = gpu.memory().in_use - before;
            assert!(used <= 3 * 4 * 4 * *chunk as u64 + (1 << 20), "{used} bytes for chunks of {chunk}");
            (prepared, all_bits(&out))
        })
        .collect();
    assert!(prepared.iter().all(|(_, out)| *out == prepared[0].1), "the bits depend on the chunk");
    // They are interleaved, and each finds the memory that it left.
    let before = made();
    for _ in 0..3 {
        for (prepared, expected) in &mut prepared {
            let mut out = vec![f32::NAN; numbers.len()];
            prepared.run(&[Arg::from(&numbers)], &mut out).unwrap();
            assert!(all_bits(&out) == *expected);
        }
    }
    assert_eq!(made(), before);
}
