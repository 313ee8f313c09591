//! Has anything become slower? Every kind of kernel on the CPU backends, in half a minute: `cargo bench --bench regression`.
//!
//! Compare two runs on one machine, before a change and after it. How this crate does beside others, `benches/peers` says.

use crossover::memory::Pool;
use crossover::{Arg, Backend, Isa, Kernel, Loop, Prepared, Simd, Threads, formula};
use divan::Bencher;
use divan::counter::ItemsCount;

formula! { fn Poly(x) { x + x * x + x * x * x } }
formula! { fn Exp(x) { x.exp() } }
formula! {
    fn Gelu(x) {
        let inner = T::constant(0.79788456) * (x + T::constant(0.044715) * (x * x * x));
        T::constant(0.5) * x * (T::constant(1) + inner.tanh())
    }
}

const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

fn main() {
    divan::main();
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|n| (n % 4093) as f32 * 1e-3 - 2.0).collect()
}

/// Runs a kernel of one input again and again.
fn time(bencher: Bencher<'_, '_>, backend: &dyn Backend, kernel: &Kernel, len: usize) {
    let (x, mut out) = (numbers(len), vec![0.0; kernel.output_len(len)]);
    let mut prepared: Box<dyn Prepared> = backend.prepare(kernel).unwrap();
    bencher.counter(ItemsCount::new(len)).bench_local(|| prepared.run(&[Arg::from(&x)], &mut out));
}

/// Benches of a kernel: on the widest lanes and on all threads.
macro_rules! kernels {
    ($($name:ident: $kernel:expr;)+) => {$(
        #[divan::bench_group(max_time = 0.2)]
        mod $name {
            use super::*;

            #[divan::bench(args = SIZES)]
            fn simd(bencher: Bencher<'_, '_>, len: usize) {
                time(bencher, &Simd::new(), &$kernel, len);
            }

            #[divan::bench(args = SIZES)]
            fn threads(bencher: Bencher<'_, '_>, len: usize) {
                time(bencher, &Threads::new(), &$kernel, len);
            }
        }
    )+};
}

kernels! {
    poly: Kernel::new("poly", Poly);
    poly_text: Kernel::parse("x + x**2 + x**3").unwrap();
    poly_sum: Kernel::new("poly", Poly).with_reduction(Some(crossover::Reduction::Sum));
    exp: Kernel::new("exp", Exp);
    gelu: Kernel::new("gelu", Gelu);
}

/// A formula with a function on every instruction set that there is.
#[divan::bench(args = Isa::available(), max_time = 0.2)]
fn gelu_on(bencher: Bencher<'_, '_>, isa: Isa) {
    let kernel = Kernel::new("gelu", Gelu);
    match Simd::with_isa(isa) {
        Ok(simd) => time(bencher, &simd, &kernel, 10_000),
        Err(_) => time(bencher, &Loop, &kernel, 10_000),
    }
}

/// Where the output of ten million elements comes from.
#[divan::bench_group(sample_count = 15, max_time = 1)]
mod output {
    use super::*;

    const LEN: usize = 10_000_000;

    fn prepared() -> (Vec<f32>, Box<dyn Prepared>) {
        (numbers(LEN), Threads::new().prepare(&Kernel::new("poly", Poly)).unwrap())
    }

    #[divan::bench]
    fn fresh(bencher: Bencher<'_, '_>) {
        let (x, mut prepared) = prepared();
        bencher.bench_local(|| prepared.run(&[Arg::from(&x)], &mut vec![0.0; LEN]));
    }

    #[divan::bench]
    fn from_a_pool(bencher: Bencher<'_, '_>) {
        let ((x, mut prepared), pool) = (prepared(), Pool::new());
        bencher.bench_local(|| prepared.run(&[Arg::from(&x)], &mut pool.array(LEN).unwrap()));
    }

    #[divan::bench]
    fn the_same_again(bencher: Bencher<'_, '_>) {
        let ((x, mut prepared), mut out) = (prepared(), vec![0.0; LEN]);
        bencher.bench_local(|| prepared.run(&[Arg::from(&x)], &mut out));
    }
}
