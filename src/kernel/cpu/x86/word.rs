//! The bits of the lanes of AVX2 and AVX-512, as whole numbers.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use super::super::lanes;
use super::{Avx2, Avx2Mask, Avx512, Avx512Mask};
use crate::num::Num;
use crate::num::bits::{Bits, Rare, Word};

/// Implements words by intrinsics; the shape is that of the macro for lanes.
macro_rules! words {
    (
        $(#[$meta:meta])* $word:ident($register:ty) of $lanes:ident, $mask:ident;
        splat $splat:ident, add $add:ident, sub $sub:ident, and $and:ident, or $or:ident, xor $xor:ident,
        shl $shl:ident, shr $shr:ident, sar $sar:ident,
        number_of $number_of:ident, bits_of $bits_of:ident, to_word $to_word:ident, from_word $from_word:ident,
        least $least:ident, greatest $greatest:ident;
        |$a:ident, $b:ident, $c:ident|
        eq $eq:expr, lt $lt:expr, select $select:expr, any $any:expr, scale $scale:expr;
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $word($register);

        // SAFETY (of every block in this macro, and of the expressions given to it): the intrinsics need an instruction set
        // and nothing else. Words are made of lanes, or in a task's `run` like these, so that, as said of the lanes, the
        // instruction set has been found on this machine and is enabled in the function that this is inlined into.
        words!(@operators $word; Add add $add, Sub sub $sub, BitAnd bitand $and, BitOr bitor $or, BitXor bitxor $xor);

        impl Word for $word {
            type Mask = $mask;

            #[inline(always)]
            fn constant(word: u32) -> Self {
                $word(unsafe { $splat(word as i32) })
            }
            words!(@shifts $word $splat; shl $shl, shr $shr, sar $sar);
            #[inline(always)]
            fn eq(self, other: Self) -> $mask {
                let ($a, $b) = (self.0, other.0);
                $mask($eq)
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                let ($a, $b) = (self.0, other.0);
                $mask($lt)
            }
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                let ($a, $b, $c) = (mask.0, yes.0, no.0);
                $word($select)
            }
        }

        impl Bits for $lanes {
            type Word = $word;

            #[inline(always)]
            fn to_bits(self) -> $word {
                $word(unsafe { $bits_of(self.0) })
            }
            #[inline(always)]
            fn from_bits(bits: $word) -> Self {
                $lanes(unsafe { $number_of(bits.0) })
            }
            #[inline(always)]
            fn to_word(self) -> $word {
                $word(unsafe { $to_word(self.0) })
            }
            #[inline(always)]
            fn from_word(word: $word) -> Self {
                $lanes(unsafe { $from_word(word.0) })
            }
            #[inline(always)]
            fn any(mask: $mask) -> bool {
                let $a = mask.0;
                $any
            }
            // The hardware's operations return their second operand where one is NaN.
            #[inline(always)]
            fn within(self, low: f32, high: f32) -> Self {
                let low: $lanes = Num::constant(low);
                $lanes(unsafe { $greatest(low.0, self.0) }).at_most(high)
            }
            #[inline(always)]
            fn at_most(self, high: f32) -> Self {
                let high: $lanes = Num::constant(high);
                $lanes(unsafe { $least(high.0, self.0) })
            }
            #[inline(always)]
            fn scale(self, whole: Self) -> Self {
                let ($a, $b) = (self, whole);
                $scale
            }
            #[inline(always)]
            fn modulo(self, other: Self) -> Self {
                lanes::modulo(self, other)
            }
            #[inline(always)]
            fn rare<R: Rare>(self, mask: $mask, usual: Self) -> Self {
                lanes::rare::<R, Self>(self, mask, usual)
            }
        }
    };

    (@operators $word:ident; $($trait:ident $method:ident $intrinsic:ident),+) => {$(
        impl $trait for $word {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $word(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    )+};

    // Shifts by a count in each lane: the compiler makes the plain ones of them, whose counts would have to be known here.
    (@shifts $word:ident $splat:ident; $($method:ident $intrinsic:ident),+) => {$(
        #[inline(always)]
        fn $method(self, count: u32) -> Self {
            $word(unsafe { $intrinsic(self.0, $splat(count as i32)) })
        }
    )+};
}

words! {
    /// Eight words.
    Avx2Word(__m256i) of Avx2, Avx2Mask;
    splat _mm256_set1_epi32, add _mm256_add_epi32, sub _mm256_sub_epi32,
    and _mm256_and_si256, or _mm256_or_si256, xor _mm256_xor_si256,
    shl _mm256_sllv_epi32, shr _mm256_srlv_epi32, sar _mm256_srav_epi32,
    number_of _mm256_castsi256_ps, bits_of _mm256_castps_si256,
    to_word _mm256_cvtps_epi32, from_word _mm256_cvtepi32_ps, least _mm256_min_ps, greatest _mm256_max_ps;
    |a, b, c|
    eq unsafe { _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)) },
    lt unsafe { _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)) },
    select unsafe { _mm256_blendv_epi8(c, b, _mm256_castps_si256(a)) },
    any unsafe { _mm256_movemask_ps(a) != 0 },
    scale crate::num::bits::scale(a, b);
}

words! {
    /// Sixteen words.
    Avx512Word(__m512i) of Avx512, Avx512Mask;
    splat _mm512_set1_epi32, add _mm512_add_epi32, sub _mm512_sub_epi32,
    and _mm512_and_si512, or _mm512_or_si512, xor _mm512_xor_si512,
    shl _mm512_sllv_epi32, shr _mm512_srlv_epi32, sar _mm512_srav_epi32,
    number_of _mm512_castsi512_ps, bits_of _mm512_castps_si512,
    to_word _mm512_cvtps_epi32, from_word _mm512_cvtepi32_ps, least _mm512_min_ps, greatest _mm512_max_ps;
    |a, b, c|
    eq unsafe { _mm512_cmpeq_epi32_mask(a, b) },
    lt unsafe { _mm512_cmplt_epi32_mask(a, b) },
    select unsafe { _mm512_mask_blend_epi32(a, c, b) },
    any a != 0,
    scale Avx512(unsafe { _mm512_scalef_ps(a.0, b.0) });
}
