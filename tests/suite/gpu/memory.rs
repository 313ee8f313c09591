//! The device's memory is used again, and bounded.

use crossover::{Arg, Backend, Kernel};

use super::{expected, host, poly, whole};
use crate::common::gpu::open;

#[test]
fn an_array_gives_its_memory_back() {
    let gpu = or_skip!(open());
    let before = gpu.memory();
    let array = gpu.upload(&whole(1000)).unwrap();
    let held = gpu.memory();
    assert_eq!((held.in_use - before.in_use, held.buffers_in_use - before.buffers_in_use), (4096, 1));
    let part = array.slice(..10).unwrap();
    drop(array);
    assert_eq!(gpu.memory().in_use, held.in_use, "a part keeps the whole");
    assert_eq!(host(&gpu, &part), whole(10));
    drop(part);
    let after = gpu.memory();
    assert_eq!(
        (after.in_use, after.cached >= 4096, after.allocated),
        (before.in_use, true, after.in_use + after.cached)
    );
    // Another of about its size takes its memory.
    let again = gpu.upload(&whole(900)).unwrap();
    assert_eq!(gpu.memory().buffers_made, after.buffers_made);
    drop(again);
    gpu.trim();
    assert_eq!((gpu.memory().cached, gpu.memory().buffers_cached), (0, 0));
}

#[test]
fn a_thousand_runs_of_varying_size_leave_memory_flat() {
    let gpu = or_skip!(open());
    let numbers = whole(50_000);
    let (kernel, poly) = (Kernel::parse("x + y").unwrap(), gpu.compile(&poly()).unwrap());
    let mut prepared = gpu.prepare(&kernel).unwrap();
    let (mut reserved, mut buffers) = (Vec::new(), Vec::new());
    for round in 0..1000_usize {
        let len = (round * 7919) % numbers.len() + 1;
        let mut out = vec![0.0; len];
        let args = [Arg::from(&numbers[..len]), Arg::from(round as f32)];
        prepared.run(&args, &mut out).unwrap();
        assert!(round % 100 > 0 || out == expected(&kernel, &args, len), "{len} elements");
        let (x, out) = (gpu.upload(&numbers[..len]).unwrap(), gpu.empty(len).unwrap());
        poly.bind(&[(&x).into()], &out).unwrap().run().unwrap();
        drop((x, out));
        reserved.push(gpu.memory().allocated);
        buffers.push(gpu.memory().buffers_in_use + gpu.memory().buffers_cached);
    }
    let most = |rounds: std::ops::Range<usize>| reserved[rounds].iter().max().copied();
    assert_eq!(most(200..600), most(600..1000), "{:?}", gpu.memory());
    // The pool keeps 64, and in use are some ten of the kernel that is prepared and a handful of each round.
    assert!(buffers.iter().all(|buffers| *buffers <= 84), "{buffers:?}");
    println!("{:?}", gpu.memory());
}

#[test]
fn a_warm_run_allocates_nothing() {
    let gpu = or_skip!(open());
    let (numbers, kernel) = (whole(5000), Kernel::parse("2*x + 1").unwrap());
    let (mut prepared, mut out) = (gpu.prepare(&kernel).unwrap(), vec![0.0; 5000]);
    let compiled = gpu.compile(&kernel).unwrap();
    let mut made = Vec::new();
    for round in 0..50_usize {
        let len = 5000 - 17 * (round % 7);
        prepared.run(&[Arg::from(&numbers[..len])], &mut out[..len]).unwrap();
        pollster::block_on(compiled.run_async(&[Arg::from(&numbers[..len])], &mut out[..len])).unwrap();
        made.push(gpu.memory().buffers_made);
    }
    assert_eq!(made[7], made[49], "{made:?}");
}

#[test]
fn more_than_the_memory_streams_through_it() {
    let gpu = or_skip!(open());
    let numbers = whole(1_000_003);
    let kernels = ["2*x + 1", "sum(x)", "mean(x)", "max(x)"].map(|text| Kernel::parse(text).unwrap());
    for (limit, chunk) in [(None, 1 << 21), (None, 100_000), (Some(1 << 20), 1 << 21), (None, 77_777)] {
        gpu.trim();
        gpu.set_limit(limit);
        gpu.set_chunk(chunk);
        for kernel in &kernels {
            let mut out = vec![f32::NAN; kernel.output_len(numbers.len())];
            gpu.run(kernel, &[Arg::from(&numbers)], &mut out).unwrap();
            let right = kernel.bounds(crossover::Arithmetic::Wgsl, &[Arg::from(&numbers)], numbers.len()).unwrap();
            assert!(out.iter().zip(&right).all(|(x, bound)| bound.admits(*x)), "{} in {chunk}", kernel.name());
        }
        assert!(limit.is_none_or(|limit| gpu.memory().allocated <= limit), "{:?}", gpu.memory());
    }
    let mut data = numbers.clone();
    gpu.prepare(&kernels[0]).unwrap().run(&[Arg::Output(0)], &mut data).unwrap();
    assert!(data == expected(&kernels[0], &[Arg::from(&numbers)], numbers.len()));
}

#[test]
fn long_arrays_go_up_and_down_in_pieces() {
    let gpu = or_skip!(open());
    for len in [65_536, 65_537, 2_097_152, 2_097_153, 5_000_000] {
        let numbers = whole(len);
        let array = gpu.upload(&numbers).unwrap();
        assert!(host(&gpu, &array) == numbers, "{len} elements");
        let part = array.slice(3..len - 2).unwrap();
        gpu.write(&part, &whole(len - 5)).unwrap();
        assert!(host(&gpu, &part) == whole(len - 5), "{len} elements");
        assert_eq!(host(&gpu, &array.slice(len - 2..).unwrap()), numbers[len - 2..]);
    }
}

#[test]
fn the_buffers_of_short_arrays_are_used_again() {
    let gpu = or_skip!(open());
    let sum = gpu.compile(&Kernel::parse("sum(a*x)").unwrap()).unwrap();
    let x = gpu.upload(&whole(5000)).unwrap();
    let mut made = Vec::new();
    for round in 0..200 {
        let (one, out) = (gpu.upload(&[round as f32]).unwrap(), gpu.empty(1).unwrap());
        let bound = sum.bind(&[1.0.into(), (&x).into()], &out).unwrap();
        bound.run().unwrap();
        bound.time().unwrap();
        assert_eq!(host(&gpu, &one), [round as f32]);
        drop((one, out, bound));
        let memory = gpu.memory();
        made.push(memory.buffers_made);
        assert!(memory.buffers_in_use + memory.buffers_cached <= 30, "round {round}: {memory:?}");
    }
    assert_eq!(made[10], made[199], "{made:?}");
}

#[test]
fn the_pool_keeps_a_bounded_number_of_buffers() {
    let gpu = or_skip!(open());
    let many: Vec<_> = (0..3000).map(|_| gpu.empty(1).unwrap()).collect();
    assert_eq!(gpu.memory().buffers_in_use, 3000);
    drop(many);
    let memory = gpu.memory();
    assert_eq!((memory.buffers_in_use, memory.buffers_cached), (0, 1024), "{memory:?}");
}
