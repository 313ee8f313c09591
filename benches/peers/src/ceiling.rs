//! Memory bandwidth: a copy with plain stores, one with streaming stores, and a sum that only reads.
//!
//! A contender's rate is shown as a fraction of the best of these, on as many threads, in the same run.

use rayon::prelude::*;

use crate::Outcome;
use crate::contender::{Contender, call};

/// The number of bytes per part: small enough to share the work evenly, and a multiple of a cache line.
const PART: usize = 1 << 18;

pub fn contender(form: &str) -> Outcome<Contender> {
    let call = match form {
        "copy" => call(|x, _, out| out.copy_from_slice(x)),
        "copy threads" => call(|x, _, out| shared(x, out, <[f32]>::copy_from_slice)),
        "streaming copy" => {
            let stream = streaming_copy()?;
            call(move |x, _, out| stream(out, x))
        }
        "streaming copy threads" => {
            let stream = streaming_copy()?;
            call(move |x, _, out| shared(x, out, stream))
        }
        "read" => call(|x, _, out| out[0] = sum(x) as f32),
        "read threads" => call(|x, _, out| out[0] = x.par_chunks(part_of(x.len())).map(sum).sum::<f64>() as f32),
        _ => return Err(format!("no ceiling {form}")),
    };
    Ok(Contender { call, one: form.starts_with("read") })
}

/// Returns the number of elements per thread: an equal part for each, unless the parts would be too small.
fn part_of(len: usize) -> usize {
    len.div_ceil(rayon::current_num_threads()).next_multiple_of(16).max(PART / size_of::<f32>())
}

/// Copies on all threads.
fn shared(x: &[f32], out: &mut [f32], copy: impl Fn(&mut [f32], &[f32]) + Sync) {
    let part = part_of(x.len());
    out.par_chunks_mut(part).zip(x.par_chunks(part)).for_each(|(out, x)| copy(out, x));
}

/// Sums an array in blocks whose sums are added in `f64`.
fn sum(x: &[f32]) -> f64 {
    const BLOCK: usize = 1 << 16;
    x.chunks(BLOCK).map(|block| f64::from(block_sum(block))).sum()
}

/// Sums a block, in enough accumulators to hide the latency of additions.
fn block_sum(x: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: AVX-512F is available.
        return unsafe { x86::sum_avx512(x) };
    }
    let (whole, rest) = x.as_chunks::<64>();
    let mut sums = [0.0; 64];
    for block in whole {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += x;
        }
    }
    sums.iter().chain(rest).sum()
}

/// Copies with streaming stores.
type Copy = fn(&mut [f32], &[f32]);

#[cfg(target_arch = "x86_64")]
fn streaming_copy() -> Outcome<Copy> {
    Ok(x86::streaming_copy)
}

#[cfg(not(target_arch = "x86_64"))]
fn streaming_copy() -> Outcome<Copy> {
    Err("streaming stores are written for x86-64 only".to_owned())
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// The prefetch distance in elements: half a page; larger distances gained nothing.
    const AHEAD: usize = 512;

    pub fn streaming_copy(out: &mut [f32], x: &[f32]) {
        assert_eq!(out.len(), x.len());
        // Streaming stores write whole cache lines; plain stores write the elements before the first and after the last.
        let head = out.as_ptr().align_offset(64).min(out.len());
        let (out_head, out) = out.split_at_mut(head);
        let (x_head, x) = x.split_at(head);
        out_head.copy_from_slice(x_head);
        let whole = out.len() / 16 * 16;
        let (out, out_tail) = out.split_at_mut(whole);
        let (x, x_tail) = x.split_at(whole);
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: AVX-512F is available, and `out` is aligned to 64 bytes, a multiple of 16 elements, and as long as `x`.
            unsafe { stream_avx512(out, x) }
        } else {
            // SAFETY: SSE2 is part of x86-64; `out` as above.
            unsafe { stream_sse2(out, x) }
        }
        out_tail.copy_from_slice(x_tail);
    }

    /// # Safety
    ///
    /// `out` is aligned to 64 bytes; both have the same length, a multiple of 16; the processor has AVX-512F.
    #[target_feature(enable = "avx512f")]
    unsafe fn stream_avx512(out: &mut [f32], x: &[f32]) {
        for at in (0..out.len()).step_by(16) {
            // SAFETY: the 16 elements starting at `at` are within both, and the store is aligned since `out` is. A prefetch
            // may have an address beyond the end: it is a hint without an architectural effect.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(x.as_ptr().wrapping_add(at + AHEAD).cast());
                _mm512_stream_ps(out.as_mut_ptr().add(at), _mm512_loadu_ps(x.as_ptr().add(at)));
            }
        }
        _mm_sfence();
    }

    /// # Safety
    ///
    /// `out` is aligned to 16 bytes; both have the same length, a multiple of 16.
    #[target_feature(enable = "sse2")]
    unsafe fn stream_sse2(out: &mut [f32], x: &[f32]) {
        for at in (0..out.len()).step_by(16) {
            // SAFETY: as in `stream_avx512`, for four stores of four elements each.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(x.as_ptr().wrapping_add(at + AHEAD).cast());
                for step in [0, 4, 8, 12] {
                    _mm_stream_ps(out.as_mut_ptr().add(at + step), _mm_loadu_ps(x.as_ptr().add(at + step)));
                }
            }
        }
        _mm_sfence();
    }

    #[target_feature(enable = "avx512f")]
    pub fn sum_avx512(x: &[f32]) -> f32 {
        let (whole, rest) = x.as_chunks::<128>();
        let mut sums = [_mm512_setzero_ps(); 8];
        for block in whole {
            for (step, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the 16 elements starting at 16 times `step` are within a block of 128; the prefetch is as above.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(16 * step + AHEAD).cast());
                    *sum = _mm512_add_ps(*sum, _mm512_loadu_ps(block.as_ptr().add(16 * step)));
                }
            }
        }
        let total = sums.into_iter().fold(_mm512_setzero_ps(), |total, sum| _mm512_add_ps(total, sum));
        _mm512_reduce_add_ps(total) + rest.iter().sum::<f32>()
    }
}
