//! Lanes of the x86-64 instruction sets that are detected at run time: AVX2 with FMA, and AVX-512.
//!
//! Each operation is one intrinsic, or two. All of them are marked `#[inline(always)]`: they become instructions only when
//! inlined into [`avx2`] or [`avx512`], the functions here that are compiled for those instruction sets.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::lanes::{Block, Lanes, Task};
use crate::formula::reduction::ROW;
use crate::num::operator::{BinaryFunction, UnaryFunction};
use crate::num::{Mask, Num};

mod word;

/// Runs a task on one number at a time, with the instruction for a fused `mul_add`: without it, a default build calls the
/// system's `fmaf` for each.
#[target_feature(enable = "fma")]
pub(super) fn scalar<K: Task>(task: K) -> K::Output {
    task.run::<f32>()
}

/// Computes something out of line, with the instruction for a fused `mul_add`; `None` if this processor does not have it.
/// `compute` is to be inlined.
#[inline(always)]
pub(super) fn with_fma<R>(compute: impl FnOnce() -> R) -> Option<R> {
    #[target_feature(enable = "fma")]
    fn inside<R>(compute: impl FnOnce() -> R) -> R {
        compute()
    }
    // SAFETY: the function needs FMA, which has just been found.
    is_x86_feature_detected!("fma").then(|| unsafe { inside(compute) })
}

/// Computes `a * b + c` of four numbers, rounded once. Only for what [`with_fma`] computes.
#[inline(always)]
pub(super) fn fused<V: bytemuck::Pod>(a: V, b: V, c: V) -> V {
    let (a, b, c): (__m128, __m128, __m128) = (bytemuck::cast(a), bytemuck::cast(b), bytemuck::cast(c));
    // SAFETY: the intrinsic needs FMA and nothing else. Only lanes that are marked for it call this, and they are made by
    // what `with_fma` computes alone, after it has found the instruction.
    bytemuck::cast(unsafe { _mm_fmadd_ps(a, b, c) })
}

/// Runs a task on AVX2 lanes.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<K: Task>(task: K) -> K::Output {
    task.run::<Avx2>()
}

/// Runs a task on AVX-512 lanes.
#[target_feature(enable = "avx512f")]
pub(super) fn avx512<K: Task>(task: K) -> K::Output {
    task.run::<Avx512>()
}

/// Implements lanes by intrinsics. Those left of an arrow are the register's, those in braces are given as expressions.
macro_rules! lanes {
    (
        $(#[$meta:meta])* $lanes:ident($register:ty), $width:literal, $block:literal registers a block;
        $(#[$mask_meta:meta])* $mask:ident($mask_register:ty);
        splat $splat:ident, load $load:ident, store $store:ident, stream $stream:ident,
        mask $part:ident, load_part $load_part:expr, store_part $store_part:expr,
        add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident, sqrt $sqrt:ident, fused $fused:ident;
        |$a:ident, $b:ident, $c:ident|
        neg $neg:expr, abs $abs:expr, floor $floor:expr, round $round:expr, minimum $minimum:expr, select $select:expr;
        compare $compare:ident, and $and:expr, or $or:expr, not $not:expr;
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $lanes($register);

        $(#[$mask_meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $mask($mask_register);

        // SAFETY (of every block in this macro): the intrinsics need an instruction set and, but for the two that take a
        // pointer, nothing else. The only code that makes lanes is a task's `run`, and it is instantiated with this type
        // by one function alone, which is compiled for that instruction set and which `Isa::dispatch` calls only after
        // it has found the set on this machine.
        lanes!(@operators $lanes $a $b;
            Add add unsafe { $add($a, $b) }, Sub sub unsafe { $sub($a, $b) },
            Mul mul unsafe { $mul($a, $b) }, Div div unsafe { $div($a, $b) });
        lanes!(@operators $mask $a $b; BitAnd bitand $and, BitOr bitor $or);

        impl Neg for $lanes {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                let $a = self.0;
                $lanes($neg)
            }
        }

        impl Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                let $a = self.0;
                $mask($not)
            }
        }

        impl Mask for $mask {}

        impl Num for $lanes {
            type Mask = $mask;

            #[inline(always)]
            fn constant(value: impl Into<f64>) -> Self {
                $lanes(unsafe { $splat(f32::constant(value)) })
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $lanes(unsafe { $sqrt(self.0) })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                let $a = self.0;
                $lanes($abs)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                let $a = self.0;
                $lanes($floor)
            }
            #[inline(always)]
            fn round(self) -> Self {
                let $a = self.0;
                $lanes($round)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                let ($a, $b) = (self.0, other.0);
                $lanes($minimum)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                -(-self).min(-other)
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                $lanes(unsafe { $fused(self.0, factor.0, addend.0) })
            }
            lanes!(@compare $compare $mask;
                lt _CMP_LT_OQ, le _CMP_LE_OQ, gt _CMP_GT_OQ, ge _CMP_GE_OQ, eq _CMP_EQ_OQ, ne _CMP_NEQ_UQ);
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                let ($a, $b, $c) = (mask.0, yes.0, no.0);
                $lanes($select)
            }
            #[inline(always)]
            fn unary_function<F: UnaryFunction>(self) -> Self {
                F::lanes(self)
            }
            #[inline(always)]
            fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
                F::lanes(self, other)
            }
        }

        impl Lanes for $lanes {
            const WIDTH: usize = $width;
            type Block = Block<Self, $block>;
            type Pair = Block<Self, 2>;
            type Row = Block<Self, { ROW / $width }>;

            #[inline(always)]
            fn load(from: &[f32]) -> Self {
                let from = &from[..$width];
                // SAFETY: as above; the slice has as many numbers as are read, and the load asks for no alignment.
                $lanes(unsafe { $load(from.as_ptr()) })
            }

            #[inline(always)]
            fn store(self, to: &mut [f32]) {
                let to = &mut to[..$width];
                // SAFETY: as above; the slice has room for as many numbers as are written, and the store asks for no
                // alignment.
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }

            #[inline(always)]
            fn load_part(from: &[f32]) -> Self {
                let mask = $part(from.len());
                // SAFETY: as above; the mask leaves out what lies beyond the slice.
                $lanes(unsafe { $load_part(from.as_ptr(), mask) })
            }

            #[inline(always)]
            fn store_part(self, to: &mut [f32]) {
                let mask = $part(to.len());
                // SAFETY: as above; the mask leaves out what lies beyond the slice.
                unsafe { $store_part(to.as_mut_ptr(), mask, self.0) }
            }

            const STREAMS: bool = true;

            #[inline(always)]
            fn stream(self, to: &mut [f32]) {
                let to = &mut to[..$width];
                assert!(to.as_ptr().cast::<$register>().is_aligned(), "a streaming store goes to a whole register of memory");
                // SAFETY: as above; the slice has room for as many numbers, and begins where the store asks for.
                unsafe { $stream(to.as_mut_ptr(), self.0) }
            }

            #[inline(always)]
            fn fence() {
                // SAFETY: every x86-64 processor has the instruction, which takes nothing.
                unsafe { _mm_sfence() }
            }

            #[inline(always)]
            fn prefetch(at: *const f32) {
                // SAFETY: every x86-64 processor has the instruction, and it is a hint: it reads nothing that the program
                // could see, and an address that is not there does nothing.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
            }
        }
    };

    (@operators $type:ident $a:ident $b:ident; $($trait:ident $method:ident $value:expr),+) => {$(
        impl $trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let ($a, $b) = (self.0, other.0);
                $type($value)
            }
        }
    )+};

    (@compare $compare:ident $mask:ident; $($method:ident $predicate:ident),+) => {$(
        #[inline(always)]
        fn $method(self, other: Self) -> $mask {
            $mask(unsafe { $compare::<$predicate>(self.0, other.0) })
        }
    )+};
}

/// Returns the mask for the first `count` of eight lanes: all bits of a lane, or none.
#[inline(always)]
fn avx2_part(count: usize) -> __m256i {
    const SLIDING: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    let window = &SLIDING[8 - count..][..8];
    // SAFETY: this is called on AVX2 lanes alone, as above, and the window has eight numbers.
    unsafe { _mm256_loadu_si256(window.as_ptr().cast()) }
}

/// Returns the mask for the first `count` of sixteen lanes: a bit each.
#[inline(always)]
fn avx512_part(count: usize) -> __mmask16 {
    !(u16::MAX << count)
}

// SAFETY (of the expressions below): as in the macro, of which they become a part.
//
// `neg` of AVX-512 is a difference from −0, which the compiler knows for a negation and makes a part of a fused product. The
// flip of the signs by a whole number's operation is left as it is there, and costs `sin` five instructions.
//
// `min` of the hardware is its second operand where the numbers are equal or one is NaN. The union of both orders has the
// sign of −0 there, or is a NaN.
lanes! {
    /// Eight numbers in an AVX register.
    Avx2(__m256), 8, 4 registers a block;
    /// Eight truth values: all bits of a lane set, or none.
    Avx2Mask(__m256);
    splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps, stream _mm256_stream_ps,
    mask avx2_part, load_part _mm256_maskload_ps, store_part _mm256_maskstore_ps,
    add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps, sqrt _mm256_sqrt_ps,
    fused _mm256_fmadd_ps;
    |a, b, c|
    neg unsafe { _mm256_xor_ps(a, _mm256_set1_ps(-0.0)) },
    abs unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), a) },
    floor unsafe { _mm256_floor_ps(a) },
    round unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) },
    minimum unsafe { _mm256_or_ps(_mm256_min_ps(a, b), _mm256_min_ps(b, a)) },
    select unsafe { _mm256_blendv_ps(c, b, a) };
    compare _mm256_cmp_ps,
    and unsafe { _mm256_and_ps(a, b) },
    or unsafe { _mm256_or_ps(a, b) },
    not unsafe { _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1))) };
}

lanes! {
    /// Sixteen numbers in an AVX-512 register.
    Avx512(__m512), 16, 8 registers a block;
    /// Sixteen truth values, a bit each.
    Avx512Mask(__mmask16);
    splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps, stream _mm512_stream_ps,
    mask avx512_part, load_part |from, mask| _mm512_maskz_loadu_ps(mask, from), store_part _mm512_mask_storeu_ps,
    add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps, sqrt _mm512_sqrt_ps,
    fused _mm512_fmadd_ps;
    |a, b, c|
    neg unsafe { _mm512_sub_ps(_mm512_set1_ps(-0.0), a) },
    abs unsafe { _mm512_abs_ps(a) },
    floor unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a) },
    round unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) },
    minimum unsafe {
        let (ab, ba) = (_mm512_min_ps(a, b), _mm512_min_ps(b, a));
        _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(ab), _mm512_castps_si512(ba)))
    },
    select unsafe { _mm512_mask_blend_ps(a, c, b) };
    compare _mm512_cmp_ps_mask,
    and a & b,
    or a | b,
    not !a;
}
