//! Lanes for every CPU, by `wide`, whose width is fixed at compile time: SSE2 in a default x86-64 build.
//!
//! Only the lanes are `wide`'s. Its `min` and `max` have other rules for NaN and zeros than [`Num`]'s, and its `mul_add`
//! is fused only where the compiler was allowed to assume the instruction.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use wide::{f32x4, f64x2, i32x4, u32x4};

use super::lanes::{self, Block, Lanes};
use crate::formula::reduction::ROW;
use crate::num::bits::{Bits, Rare, Word};
use crate::num::operator::{BinaryFunction, UnaryFunction};
use crate::num::{Mask, Num};

/// Four numbers. Where `FMA`, they are in a function that is compiled for the instruction.
#[derive(Clone, Copy)]
pub(crate) struct Portable<const FMA: bool = false>(f32x4);

/// Four truth values: all bits of a lane set, or none.
#[derive(Clone, Copy)]
pub(crate) struct PortableMask(f32x4);

/// Four words.
#[derive(Clone, Copy)]
pub(crate) struct PortableWord(u32x4);

/// Whether `wide` fuses `mul_add` in this build.
const FUSES: bool = cfg!(any(target_feature = "fma", all(target_arch = "aarch64", target_feature = "neon")));

macro_rules! operators {
    ($($type:ident $(<$fma:ident>)? $trait:ident $method:ident),+) => {$(
        impl $(<const $fma: bool>)? $trait for $type $(<$fma>)? {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $type(self.0.$method(other.0))
            }
        }
    )+};
}

operators!(Portable<FMA> Add add, Portable<FMA> Sub sub, Portable<FMA> Mul mul, Portable<FMA> Div div);
operators!(PortableMask BitAnd bitand, PortableMask BitOr bitor);
operators!(PortableWord Add add, PortableWord Sub sub);
operators!(PortableWord BitAnd bitand, PortableWord BitOr bitor, PortableWord BitXor bitxor);

impl<const FMA: bool> Neg for Portable<FMA> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Portable(self.0 ^ f32x4::splat(-0.0))
    }
}

impl Not for PortableMask {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        PortableMask(!self.0)
    }
}

impl Mask for PortableMask {}

/// Returns `a` where `a < b`, else `b`, in both orders. The two results differ only where the numbers are equal or one is NaN,
/// and their union there has the sign of −0, or is a NaN.
#[inline(always)]
fn minimum(a: f32x4, b: f32x4) -> f32x4 {
    a.simd_lt(b).bitselect(a, b) | b.simd_lt(a).bitselect(b, a)
}

/// Computes `a * b + c`, rounded once, without the instruction for it. In `f64` the product is exact and the sum is rounded to 53
/// bits. Rounding that to 24 bits goes wrong only from the midpoint of two neighbouring `f32`, for only there can the first
/// rounding have lost which side the number was on: from a normal one whose last 29 bits are a one and zeros, or from a
/// subnormal one (S. Boldo and G. Melquiond, *When double rounding is odd*, 2005). Those few take the slow way.
#[inline(always)]
fn fused(a: f32x4, b: f32x4, c: f32x4) -> f32x4 {
    let ([a0, a1], [b0, b1], [c0, c1]) = (halves(a), halves(b), halves(c));
    let sums = [a0 * b0 + c0, a1 * b1 + c1].map(f64x2::to_array);
    let [[s0, s1], [s2, s3]] = sums;
    let sums = [s0, s1, s2, s3];
    let result = f32x4::new(sums.map(|sum| sum as f32));
    let tails = u32x4::new(sums.map(|sum| sum.to_bits() as u32)) & u32x4::splat(0x1fff_ffff);
    let midpoints = number_of(tails.simd_eq(u32x4::splat(0x1000_0000)));
    let small = result.abs().simd_le(f32x4::splat(f32::MIN_POSITIVE));
    if (midpoints | small).any() {
        return f32x4::new(fused_one_by_one(a.to_array(), b.to_array(), c.to_array()));
    }
    result
}

/// Functions out of line, which are worth a call: where the processor has the instruction for `mul_add`, they are compiled
/// for it, as the loop is; emulated, it takes some twenty instructions each time.
struct Call;

impl Call {
    #[inline(always)]
    fn unary<F: UnaryFunction>(x: f32x4) -> f32x4 {
        #[cfg(target_arch = "x86_64")]
        if let Some(result) = super::x86::with_fma(
            #[inline(always)]
            || F::lanes(Portable::<true>(x)).0,
        ) {
            return result;
        }
        emulated_unary::<F>(x)
    }

    #[inline(always)]
    fn binary<F: BinaryFunction>(x: f32x4, y: f32x4) -> f32x4 {
        #[cfg(target_arch = "x86_64")]
        if let Some(result) = super::x86::with_fma(
            #[inline(always)]
            || F::lanes(Portable::<true>(x), Portable::<true>(y)).0,
        ) {
            return result;
        }
        emulated_binary::<F>(x, y)
    }
}

#[inline(never)]
fn emulated_unary<F: UnaryFunction>(x: f32x4) -> f32x4 {
    F::lanes(Portable::<false>(x)).0
}

#[inline(never)]
fn emulated_binary<F: BinaryFunction>(x: f32x4, y: f32x4) -> f32x4 {
    F::lanes(Portable::<false>(x), Portable::<false>(y)).0
}

/// Returns the lower two numbers and the upper two.
#[inline(always)]
fn halves(x: f32x4) -> [f64x2; 2] {
    let [a, b, c, d] = x.to_array().map(f64::from);
    [f64x2::new([a, b]), f64x2::new([c, d])]
}

#[cold]
#[inline(never)]
fn fused_one_by_one(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|k| a[k].mul_add(b[k], c[k]))
}

impl<const FMA: bool> Num for Portable<FMA> {
    type Mask = PortableMask;

    #[inline(always)]
    fn constant(value: impl Into<f64>) -> Self {
        Portable(f32x4::splat(f32::constant(value)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Portable(self.0.sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Portable(self.0.abs())
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Portable(self.0.floor())
    }
    /// Adding 2²³ leaves no place for a fraction. `wide`'s own loses the sign of a zero.
    #[inline(always)]
    fn round(self) -> Self {
        let (size, wholes) = (self.0.abs(), f32x4::splat(8_388_608.0));
        let rounded = Portable((size + wholes) - wholes);
        let small = PortableMask(size.simd_lt(wholes));
        Self::select(small, crate::num::math::with_sign(rounded, self), self)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Portable(minimum(self.0, other.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        -Portable(minimum((-self).0, (-other).0))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        if FUSES {
            return Portable(self.0.mul_add(factor.0, addend.0));
        }
        #[cfg(target_arch = "x86_64")]
        if FMA {
            return Portable(super::x86::fused(self.0, factor.0, addend.0));
        }
        Portable(fused(self.0, factor.0, addend.0))
    }

    #[inline(always)]
    fn lt(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_lt(other.0))
    }
    #[inline(always)]
    fn le(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_le(other.0))
    }
    #[inline(always)]
    fn gt(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_gt(other.0))
    }
    #[inline(always)]
    fn ge(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_ge(other.0))
    }
    #[inline(always)]
    fn eq(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_eq(other.0))
    }
    #[inline(always)]
    fn ne(self, other: Self) -> PortableMask {
        PortableMask(self.0.simd_ne(other.0))
    }
    #[inline(always)]
    fn select(mask: PortableMask, yes: Self, no: Self) -> Self {
        Portable(mask.0.bitselect(yes.0, no.0))
    }
    #[inline(always)]
    fn unary_function<F: UnaryFunction>(self) -> Self {
        if FUSES || FMA { F::lanes(self) } else { Portable(Call::unary::<F>(self.0)) }
    }
    #[inline(always)]
    fn binary_function<F: BinaryFunction>(self, other: Self) -> Self {
        if FUSES || FMA { F::lanes(self, other) } else { Portable(Call::binary::<F>(self.0, other.0)) }
    }
}

impl<const FMA: bool> Lanes for Portable<FMA> {
    const WIDTH: usize = 4;
    type Block = Block<Self, 4>;
    type Pair = Block<Self, 2>;
    type Row = Block<Self, { ROW / 4 }>;

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        Portable(f32x4::new([from[0], from[1], from[2], from[3]]))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        to[..4].copy_from_slice(&self.0.to_array());
    }
}

/// Returns the same bits as another type of lanes, which costs no instruction.
#[inline(always)]
fn number_of(bits: u32x4) -> f32x4 {
    f32x4::new(bits.to_array().map(f32::from_bits))
}

#[inline(always)]
fn bits_of(number: f32x4) -> u32x4 {
    u32x4::new(number.to_array().map(f32::to_bits))
}

#[inline(always)]
fn signed(word: u32x4) -> i32x4 {
    i32x4::new(word.to_array().map(u32::cast_signed))
}

#[inline(always)]
fn unsigned(word: i32x4) -> u32x4 {
    u32x4::new(word.to_array().map(i32::cast_unsigned))
}

impl Word for PortableWord {
    type Mask = PortableMask;

    #[inline(always)]
    fn constant(word: u32) -> Self {
        PortableWord(u32x4::splat(word))
    }
    #[inline(always)]
    fn shl(self, count: u32) -> Self {
        PortableWord(self.0 << count)
    }
    #[inline(always)]
    fn shr(self, count: u32) -> Self {
        PortableWord(self.0 >> count)
    }
    #[inline(always)]
    fn sar(self, count: u32) -> Self {
        PortableWord(unsigned(signed(self.0) >> count))
    }
    #[inline(always)]
    fn eq(self, other: Self) -> PortableMask {
        PortableMask(number_of(self.0.simd_eq(other.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> PortableMask {
        PortableMask(number_of(unsigned(signed(self.0).simd_lt(signed(other.0)))))
    }
    #[inline(always)]
    fn select(mask: PortableMask, yes: Self, no: Self) -> Self {
        PortableWord(bits_of(mask.0).bitselect(yes.0, no.0))
    }
}

impl<const FMA: bool> Bits for Portable<FMA> {
    type Word = PortableWord;

    #[inline(always)]
    fn to_bits(self) -> PortableWord {
        PortableWord(bits_of(self.0))
    }
    #[inline(always)]
    fn from_bits(bits: PortableWord) -> Self {
        Portable(number_of(bits.0))
    }
    #[inline(always)]
    fn to_word(self) -> PortableWord {
        PortableWord(unsigned(self.0.fast_trunc_int()))
    }
    #[inline(always)]
    fn from_word(word: PortableWord) -> Self {
        Portable(f32x4::from_i32x4(signed(word.0)))
    }
    #[inline(always)]
    fn any(mask: PortableMask) -> bool {
        mask.0.any()
    }
    #[inline(always)]
    fn modulo(self, other: Self) -> Self {
        lanes::modulo(self, other)
    }
    #[inline(always)]
    fn rare<R: Rare>(self, mask: PortableMask, usual: Self) -> Self {
        lanes::rare::<R, Self>(self, mask, usual)
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Lanes, Num, Portable, emulated_binary, emulated_unary, f32x4};
    use crate::num::operator::{binary, unary};

    /// A processor that has the instruction never runs the other way, which others do.
    #[test]
    fn functions_give_the_same_bits_with_the_instruction_and_without() {
        let bits = |x: f32x4| x.to_array().map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() });
        for k in 0..2_000_u32 {
            // Strewn over all numbers, and among moderate ones.
            let any = f32::from_bits(k.wrapping_mul(2_147_483_649).rotate_left(11));
            let x = f32x4::new([any, k as f32 / 64.0, -(k as f32) / 200.0, 1.0 + k as f32 * f32::EPSILON]);
            let y = f32x4::new([2.5, 7.0, -3.0, any]);
            assert_eq!(bits(Call::unary::<unary::Exp>(x)), bits(emulated_unary::<unary::Exp>(x)), "{x:?}");
            assert_eq!(bits(Call::unary::<unary::Sin>(x)), bits(emulated_unary::<unary::Sin>(x)), "{x:?}");
            assert_eq!(bits(Call::unary::<unary::Erfc>(x)), bits(emulated_unary::<unary::Erfc>(x)), "{x:?}");
            let (call, emulated) = (Call::binary::<binary::Power>(x, y), emulated_binary::<binary::Power>(x, y));
            assert_eq!(bits(call), bits(emulated), "{x:?} {y:?}");
        }
    }

    /// Sums next to midpoints, of normal and of subnormal numbers: what two roundings would get wrong.
    #[test]
    fn mul_add_rounds_once() {
        // The product is 1 - 2⁻⁴⁶ times half the place of the addend's last digit, which is a one.
        let (factor, other) = (1.0 + f32::EPSILON, 1.0 - f32::EPSILON);
        let mut all = Vec::new();
        for (binade, half) in [(1.0, -24), (2.0f32.powi(100), 76), (2.0f32.powi(-127), -150), (0.0, -150)] {
            let addend = f32::from_bits(binade.to_bits() | 1);
            // In two parts: among subnormal numbers, half the last place is no number itself.
            let (factor, other) = (factor * 2.0f32.powi(half / 2), other * 2.0f32.powi(half - half / 2));
            for sign in [1.0, -1.0] {
                all.extend([
                    [factor, sign * other, addend],
                    [factor, sign * other, -addend],
                    [factor, sign * other, binade],
                ]);
            }
        }
        all.extend([
            [0.0, 1.0, -0.0],
            [f32::INFINITY, 0.0, 1.0],
            [f32::MAX, 2.0, f32::NEG_INFINITY],
            [f32::MAX, 1.0, 1e31],
        ]);
        let mut out = [0.0; 4];
        for [a, b, c] in all {
            let [x, y, z] = [a, b, c].map(Portable::<false>::splat);
            x.mul_add(y, z).store(&mut out);
            let expected = a.mul_add(b, c);
            let same = |x: f32| x.to_bits() == expected.to_bits() || x.is_nan() && expected.is_nan();
            assert!(out.iter().all(|x| same(*x)), "{a:e} * {b:e} + {c:e}: {:e}, not {expected:e}", out[0]);
        }
    }
}
