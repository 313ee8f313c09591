//! The figures that the CPU backends are held to, on x + x² + x³: `cargo bench --bench poly`.
//!
//! Contenders are interleaved in every round, after their results were compared bit for bit; a figure is the median of the
//! rounds, and a ratio is that of two medians. The arrays are used again and again, as in a host application's steady state.

mod turns;

use crossover::{Arg, Backend, Isa, Kernel, Kind, Loop, Simd, Threads, Workload};
use turns::{Contender, measure, prepared};

fn contenders(poly: &Kernel) -> Vec<Contender> {
    let mut all = Vec::new();
    all.extend(prepared("loop", &Loop, poly));
    for isa in Isa::available() {
        if let Ok(simd) = Simd::with_isa(isa) {
            all.extend(prepared(format!("simd {isa}"), &simd, poly));
        }
    }
    all.extend(prepared("threads", &Threads::new(), poly));
    #[cfg(target_arch = "x86_64")]
    if Isa::Avx512.is_available() {
        // SAFETY: it needs AVX-512F, which has just been found.
        let run = Box::new(|x: &[f32], out: &mut [f32]| unsafe { by_hand::avx512(x, out) });
        all.push(Contender { name: "by hand avx512".to_owned(), run });
    }
    all
}

/// What somebody would write who writes one loop for one machine.
#[cfg(target_arch = "x86_64")]
mod by_hand {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f")]
    pub fn avx512(x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len(), out.len());
        let (from, to, len) = (x.as_ptr(), out.as_mut_ptr(), x.len());
        let mut at = 0;
        // SAFETY: every access is below `len`, which both slices have; the last one is masked.
        unsafe {
            while at + 64 <= len {
                for step in [0, 16, 32, 48] {
                    _mm512_storeu_ps(to.add(at + step), poly(_mm512_loadu_ps(from.add(at + step))));
                }
                at += 64;
            }
            while at + 16 <= len {
                _mm512_storeu_ps(to.add(at), poly(_mm512_loadu_ps(from.add(at))));
                at += 16;
            }
            let mask = (1_u16 << (len - at)) - 1;
            _mm512_mask_storeu_ps(to.add(at), mask, poly(_mm512_maskz_loadu_ps(mask, from.add(at))));
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn poly(x: __m512) -> __m512 {
        let square = _mm512_mul_ps(x, x);
        _mm512_add_ps(_mm512_add_ps(x, square), _mm512_mul_ps(square, x))
    }
}

fn main() {
    let Ok(poly) = "poly".parse::<Workload>() else { return };
    let mut contenders = contenders(&poly.kernel);
    println!("x + x² + x³ on {}; ns/element, and times faster than the {}", Threads::new().info(), Kind::Loop);
    for len in [1000, 1500, 2000, 100_000, 1_000_000, 4_000_000] {
        let data = poly.data(len, 0);
        let [Arg::Array(x)] = data.args(len)[..] else { return };
        let x: &[f32] = x.as_slice().unwrap_or_default();
        let mut out = vec![0.0; len];
        let times = measure(&mut contenders, x, &mut out);
        println!("\n{len} elements");
        for (contender, time) in contenders.iter().zip(&times) {
            println!("  {:<16}{:>8.4}{:>8.2}", contender.name, time * 1e9 / len as f64, times[0] / time);
        }
        let of = |name: &str| contenders.iter().position(|contender| contender.name == name).map(|at| times[at]);
        let widest = of(&format!("simd {}", Isa::detect()));
        if let (Some(simd), Some(hand)) = (widest, of("by hand avx512")) {
            println!("  simd / by hand  {:>8.3}", simd / hand);
        }
        if let (Some(simd), Some(threads)) = (widest, of("threads")) {
            println!("  simd / threads  {:>8.3}", simd / threads);
        }
    }
}
