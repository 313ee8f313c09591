//! What a formula costs as text against the same formula compiled: `cargo bench --bench formula`.
//!
//! Contenders are interleaved in every round, after their results were compared bit for bit; a figure is the median of the
//! rounds, and a ratio is that of two medians.

mod turns;

use crossover::{Arg, Backend, Kernel, Simd, Threads, Workload};
use turns::{measure, prepared};

fn main() {
    let (Ok(poly), Ok(text)) = ("poly".parse::<Workload>(), Kernel::parse("x + x**2 + x**3")) else { return };
    println!("x + x² + x³ on {}; ns/element, and text over compiled", Threads::new().info());
    let backends: [(&str, &dyn Backend); 2] = [("simd", &Simd::new()), ("threads", &Threads::new())];
    for len in [100, 1000, 2000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let data = poly.data(len, 0);
        let [Arg::Array(x)] = data.args(len)[..] else { return };
        let x: &[f32] = x.as_slice().unwrap_or_default();
        let mut out = vec![0.0; len];
        println!("\n{len} elements");
        for (name, backend) in backends {
            let both = [prepared(name, backend, &poly.kernel), prepared(name, backend, &text)];
            let mut both: Vec<_> = both.into_iter().flatten().collect();
            let times = measure(&mut both, x, &mut out);
            let [compiled, interpreted] = times[..] else { return };
            let each = |seconds: f64| seconds * 1e9 / len as f64;
            println!(
                "  {name:<8} compiled {:>7.4}   text {:>7.4}   {:>5.2}",
                each(compiled),
                each(interpreted),
                interpreted / compiled
            );
        }
    }
}
