//! Large outputs, which are written past the caches: the same bits wherever they begin and end.

use crate::common::bits;
use crossover::{Arg, Backend, Isa, Kernel, Loop, Simd, Threads, Workload};

/// More elements than outputs have that always stay in the caches, and not a whole number of anything.
const LEN: usize = (1 << 22) + 1_013;

fn backends() -> Vec<Box<dyn Backend>> {
    let simd = Isa::available().filter_map(|isa| Simd::with_isa(isa).ok());
    let mut all: Vec<Box<dyn Backend>> = simd.map(|simd| Box::new(simd) as Box<dyn Backend>).collect();
    all.push(Box::new(Threads::with_threads(3).unwrap()));
    all
}

/// Compares some runs with the loop's: the first ones alternate between streaming and plain stores.
fn agree(kernel: &Kernel, inputs: &[Arg<'_>], room: &mut [f32]) {
    let mut expected = vec![0.0; LEN];
    Loop.run(kernel, inputs, &mut expected).unwrap();
    for backend in backends() {
        let mut prepared = backend.prepare(kernel).unwrap();
        for start in [0, 1, 15] {
            let (before, rest) = room.split_at_mut(start);
            let (out, after) = rest.split_at_mut(LEN);
            before.fill(-1.0);
            after.fill(-1.0);
            for run in 0..2 {
                out.fill(f32::NAN);
                prepared.run(inputs, &mut *out).unwrap();
                let same = out.iter().zip(&expected).all(|(x, y)| bits(*x) == bits(*y));
                assert!(same, "{} on {}, from {start}, run {run}", kernel.name(), backend.info());
            }
            assert!(before.iter().chain(&*after).all(|x| *x == -1.0), "{} wrote beyond its output", backend.info());
        }
    }
}

#[test]
fn large_outputs_have_the_same_bits() {
    let poly: Workload = "poly".parse().unwrap();
    let axpy: Workload = "axpy".parse().unwrap();
    let text = Kernel::parse("x*y + 2*x - where(x > y, x, 0.5)").unwrap();
    let (x, y): (Vec<f32>, Vec<f32>) = (0..LEN + 5).map(|n| (n as f32 * 1e-3, (n % 977) as f32 - 300.0)).unzip();
    // The inputs begin elsewhere in a cache line than the output.
    let (x, y) = (&x[5..], &y[2..LEN + 2]);
    let mut room = vec![0.0; LEN + 100];
    agree(&poly.kernel, &[x.into()], &mut room);
    agree(&axpy.kernel, &[Arg::from(2.5), x.into(), y.into()], &mut room);
    agree(&text, &[x.into(), y.into()], &mut room);
}
