//! The figures that the CPU backends are held to, on x + x² + x³: `cargo bench --bench poly`.
//!
//! Contenders take turns in every round, after their results were compared bit for bit; a figure is the median of the
//! rounds, and a ratio is that of two medians. The arrays are used again and again, as in a host application's steady state.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crossover::{Arg, Backend, Isa, Kind, Loop, Prepared, Simd, Threads, Workload};

const ROUNDS: usize = 41;
/// How long one contender runs in a round.
const SAMPLE: Duration = Duration::from_millis(4);

type Run = dyn FnMut(&[f32], &mut [f32]);

/// What is measured: a name and a call on an array.
struct Contender {
    name: String,
    run: Box<Run>,
}

fn prepared(name: String, backend: &dyn Backend) -> Option<Contender> {
    let poly: Workload = "poly".parse().ok()?;
    let mut prepared: Box<dyn Prepared> = backend.prepare(&poly.kernel).ok()?;
    let run = Box::new(move |x: &[f32], out: &mut [f32]| {
        if let Err(error) = prepared.run(&[Arg::Array(x)], out) {
            panic!("{error}");
        }
    });
    Some(Contender { name, run })
}

fn contenders() -> Vec<Contender> {
    let mut all = Vec::new();
    all.extend(prepared("loop".to_owned(), &Loop));
    for isa in Isa::available() {
        if let Ok(simd) = Simd::with_isa(isa) {
            all.extend(prepared(format!("simd {isa}"), &simd));
        }
    }
    all.extend(prepared("threads".to_owned(), &Threads::new()));
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

/// The median time of a call for each contender, in seconds.
fn measure(contenders: &mut [Contender], x: &[f32], out: &mut [f32]) -> Vec<f64> {
    let expected: Vec<u32> = {
        (contenders[0].run)(x, out);
        out.iter().map(|x| x.to_bits()).collect()
    };
    let mut batch = Vec::new();
    for contender in contenders.iter_mut() {
        out.fill(0.0);
        (contender.run)(x, out);
        assert!(out.iter().map(|x| x.to_bits()).eq(expected.iter().copied()), "{} is wrong", contender.name);
        let start = Instant::now();
        (contender.run)(x, out);
        let once = start.elapsed().max(Duration::from_nanos(20));
        batch.push((SAMPLE.as_nanos() / once.as_nanos()).max(1) as u32);
    }
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for ((contender, batch), times) in contenders.iter_mut().zip(&batch).zip(&mut times) {
            let start = Instant::now();
            for _ in 0..*batch {
                (contender.run)(black_box(x), black_box(out));
            }
            times.push(start.elapsed().as_secs_f64() / f64::from(*batch));
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let mut contenders = contenders();
    let Ok(poly) = "poly".parse::<Workload>() else { return };
    println!("x + x² + x³ on {}; ns/element, and times faster than the {}", Threads::new().info(), Kind::Loop);
    for len in [1000, 1500, 2000, 100_000, 1_000_000, 4_000_000] {
        let data = poly.data(len, 0);
        let [Arg::Array(x)] = data.args(len)[..] else { return };
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
