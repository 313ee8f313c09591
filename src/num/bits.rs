//! Numbers whose bits can be worked on: what the [mathematical functions](crate::num::math) are written in.
//!
//! They are `f32`, the lanes of each instruction set, and the symbols that write WGSL. Everything here gives the same bits
//! on all of the first two; a symbol writes the WGSL for it.

use std::num::Wrapping;
use std::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use crate::num::{Mask, Num};

/// The 32 bits of a number, as a whole number; `+` and `-` wrap.
pub trait Word:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    /// What a comparison of two such words gives.
    type Mask: Mask;

    /// The same word in every lane.
    fn constant(word: u32) -> Self;
    /// Shifts to the left, zeros coming in. `count` is below 32, here and below.
    fn shl(self, count: u32) -> Self;
    /// Shifts to the right, zeros coming in.
    fn shr(self, count: u32) -> Self;
    /// Shifts to the right, the sign coming in.
    fn sar(self, count: u32) -> Self;
    /// Whether they are equal.
    fn eq(self, other: Self) -> Self::Mask;
    /// Whether this one is less, both taken as signed.
    fn lt(self, other: Self) -> Self::Mask;
    /// `yes` where `mask` holds and `no` where it does not.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
}

/// A number whose bits can be worked on.
pub trait Bits: Num {
    /// Its bits.
    type Word: Word<Mask = Self::Mask>;

    /// Whether [`mul_add`](Num::mul_add) rounds once. A shader's need not.
    const FUSES: bool = true;

    /// The number's bits.
    fn to_bits(self) -> Self::Word;
    /// The number that has these bits.
    fn from_bits(bits: Self::Word) -> Self;
    /// A whole number below 2³¹ in size as a word, negative ones as two's complement; any word for another number.
    fn to_word(self) -> Self::Word;
    /// A word, taken as signed, as the nearest number.
    fn from_word(word: Self::Word) -> Self;
    /// Whether the mask holds in any lane. Yes, as far as a symbol knows.
    fn any(mask: Self::Mask) -> bool;

    /// The number, but NaN where the operand that it was computed from is one. That is so already, but in a shader, which may
    /// take any number for none of them.
    #[inline(always)]
    fn or_nan(self, _operand: Self) -> Self {
        self
    }

    /// The number itself, as one that the compiler knows nothing about: a shader's may take `(a + b) - a` for `b`.
    #[inline(always)]
    fn opaque(self) -> Self {
        self
    }

    /// The number, but no less than `low` and no more than `high`; NaN stays. The sign of a zero is not promised.
    #[inline(always)]
    fn within(self, low: f32, high: f32) -> Self {
        let low = Self::constant(low);
        Self::select(self.lt(low), low, self).at_most(high)
    }

    /// The number, but no more than `high`; NaN stays.
    #[inline(always)]
    fn at_most(self, high: f32) -> Self {
        let high = Self::constant(high);
        Self::select(self.gt(high), high, self)
    }

    /// `self · 2^whole`, rounded once, for a number whose size is between ¼ and 4 and a whole number in ±250.
    #[inline(always)]
    fn scale(self, whole: Self) -> Self {
        scale(self, whole)
    }

    /// The exact remainder of `self / other` with the sign of `self`: C's `fmod`.
    fn modulo(self, other: Self) -> Self;

    /// `R` of the number where `mask` holds, and `usual` where it does not. For what is too long to compute in every lane.
    fn rare<R: Rare>(self, mask: Self::Mask, usual: Self) -> Self;
}

/// [`Bits::scale`] where there is no instruction for it.
#[inline(always)]
pub(crate) fn scale<B: Bits>(x: B, whole: B) -> B {
    // One half is added to the exponent, which is exact, so that only the product rounds. NaN is no whole number, and stays
    // NaN: the word that it gives is 0 or 2³¹, of which nothing reaches the exponent.
    let whole = whole.to_word();
    let half = whole.sar(1);
    B::from_bits(x.to_bits() + half.shl(23)) * power_of_two(whole - half)
}

/// 2 to the power of a signed word in −126..=127, of which only the last nine bits are looked at.
#[inline(always)]
pub(crate) fn power_of_two<B: Bits>(word: B::Word) -> B {
    B::from_bits((word + B::Word::constant(127)).shl(23))
}

/// A function for few numbers: one lane at a time on the CPU.
pub trait Rare {
    /// What a shader calls it.
    const NAME: &'static str;
    /// Its value.
    fn one<S: Single>(x: S) -> S;
}

/// One number, not several lanes: its words have what only some instruction sets have for lanes.
pub trait Single: Bits {
    /// The product of two words, wrapping.
    fn product(a: Self::Word, b: Self::Word) -> Self::Word;
    /// Shifts to the left by another word, below 32.
    fn shift_left(word: Self::Word, count: Self::Word) -> Self::Word;
    /// Shifts to the right by another word, below 32, zeros coming in.
    fn shift_right(word: Self::Word, count: Self::Word) -> Self::Word;
}

impl Word for Wrapping<u32> {
    type Mask = bool;

    #[inline(always)]
    fn constant(word: u32) -> Self {
        Wrapping(word)
    }
    #[inline(always)]
    fn shl(self, count: u32) -> Self {
        Wrapping(self.0 << count)
    }
    #[inline(always)]
    fn shr(self, count: u32) -> Self {
        Wrapping(self.0 >> count)
    }
    #[inline(always)]
    fn sar(self, count: u32) -> Self {
        Wrapping((self.0 as i32 >> count) as u32)
    }
    #[inline(always)]
    fn eq(self, other: Self) -> bool {
        self.0 == other.0
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        (self.0 as i32) < (other.0 as i32)
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
}

impl Bits for f32 {
    type Word = Wrapping<u32>;

    #[inline(always)]
    fn to_bits(self) -> Self::Word {
        Wrapping(f32::to_bits(self))
    }
    #[inline(always)]
    fn from_bits(bits: Self::Word) -> f32 {
        f32::from_bits(bits.0)
    }
    #[inline(always)]
    fn to_word(self) -> Self::Word {
        Wrapping(self as i32 as u32)
    }
    #[inline(always)]
    fn from_word(word: Self::Word) -> f32 {
        word.0 as i32 as f32
    }
    #[inline(always)]
    fn any(mask: bool) -> bool {
        mask
    }
    #[inline(always)]
    fn modulo(self, other: f32) -> f32 {
        self % other
    }
    #[inline(always)]
    fn rare<R: Rare>(self, mask: bool, usual: f32) -> f32 {
        if mask { rarely(R::one::<f32>, self) } else { usual }
    }
}

/// Calls a function that is seldom needed, out of line.
#[cold]
#[inline(never)]
fn rarely(function: fn(f32) -> f32, x: f32) -> f32 {
    function(x)
}

impl Single for f32 {
    #[inline(always)]
    fn product(a: Self::Word, b: Self::Word) -> Self::Word {
        a * b
    }
    #[inline(always)]
    fn shift_left(word: Self::Word, count: Self::Word) -> Self::Word {
        Wrapping(word.0 << count.0)
    }
    #[inline(always)]
    fn shift_right(word: Self::Word, count: Self::Word) -> Self::Word {
        Wrapping(word.0 >> count.0)
    }
}
