//! Numbers with access to their bits, in which the [mathematical functions](crate::num::math) are written.
//!
//! Implemented by `f32`, by the lanes of each instruction set, and by the symbols that emit WGSL. `f32` and all lanes give
//! the same bits.

use std::num::Wrapping;
use std::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use crate::num::{Mask, Num};

/// The 32 bits of a number as an integer; `+` and `-` wrap.
pub trait Word:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    /// The result of a comparison.
    type Mask: Mask;

    /// Returns the same word in every lane.
    fn constant(word: u32) -> Self;
    /// Shifts left, filling with zeros. Here and below, `count` is less than 32.
    fn shl(self, count: u32) -> Self;
    /// Shifts right, filling with zeros.
    fn shr(self, count: u32) -> Self;
    /// Shifts right, filling with the sign bit.
    fn sar(self, count: u32) -> Self;
    /// Returns whether the words are equal.
    fn eq(self, other: Self) -> Self::Mask;
    /// Returns whether `self < other` as signed integers.
    fn lt(self, other: Self) -> Self::Mask;
    /// Returns `yes` where `mask` holds, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
}

/// A number with access to its bits.
pub trait Bits: Num {
    /// The bits of a number.
    type Word: Word<Mask = Self::Mask>;

    /// Whether [`mul_add`](Num::mul_add) rounds once. In a shader it may round twice.
    const FUSES: bool = true;

    /// Returns the number's bits.
    fn to_bits(self) -> Self::Word;
    /// Returns the number with these bits.
    fn from_bits(bits: Self::Word) -> Self;
    /// Converts an integer of less than 2³¹ in absolute value to a word, in two's complement. Unspecified for other numbers.
    fn to_word(self) -> Self::Word;
    /// Converts a signed word to the nearest number.
    fn from_word(word: Self::Word) -> Self;
    /// Returns whether the mask holds in any lane; always true for a symbol.
    fn any(mask: Self::Mask) -> bool;

    /// Returns the number, or NaN where the operand that it was computed from is NaN. Changes nothing on the CPU; a shader's
    /// compiler may assume that no number is NaN.
    #[inline(always)]
    fn or_nan(self, _operand: Self) -> Self {
        self
    }

    /// Returns the number unchanged and hides its origin from a shader's compiler, which may simplify `(a + b) - a` to `b`.
    #[inline(always)]
    fn opaque(self) -> Self {
        self
    }

    /// Clamps the number to `low..=high`; keeps NaN. The sign of a zero is unspecified.
    #[inline(always)]
    fn within(self, low: f32, high: f32) -> Self {
        let low = Self::constant(low);
        Self::select(self.lt(low), low, self).at_most(high)
    }

    /// Limits the number to at most `high`; keeps NaN.
    #[inline(always)]
    fn at_most(self, high: f32) -> Self {
        let high = Self::constant(high);
        Self::select(self.gt(high), high, self)
    }

    /// Computes `self · 2^whole` with one rounding, for an absolute value from ¼ to 4 and an integer `whole` in ±250.
    #[inline(always)]
    fn scale(self, whole: Self) -> Self {
        scale(self, whole)
    }

    /// Computes the exact remainder of `self / other` with the sign of `self`, as C's `fmod`.
    fn modulo(self, other: Self) -> Self;

    /// Returns `R` of the number where `mask` holds, else `usual`: a slow path that is too long to compute in every lane.
    fn rare<R: Rare>(self, mask: Self::Mask, usual: Self) -> Self;
}

/// Implements [`Bits::scale`] where there is no instruction for it.
#[inline(always)]
pub(crate) fn scale<B: Bits>(x: B, whole: B) -> B {
    // One half is added to the exponent, which is exact, so only the product rounds. NaN stays NaN: its word is 0 or 2³¹,
    // whose shifted halves do not reach the exponent.
    let whole = whole.to_word();
    let half = whole.sar(1);
    B::from_bits(x.to_bits() + half.shl(23)) * power_of_two(whole - half)
}

/// Returns 2 to the power of a signed word in −126..=127. Only the lowest nine bits are used.
#[inline(always)]
pub(crate) fn power_of_two<B: Bits>(word: B::Word) -> B {
    B::from_bits((word + B::Word::constant(127)).shl(23))
}

/// The slow path of a function, taken for few numbers: one lane at a time on the CPU.
pub trait Rare {
    /// The function's name in a shader.
    const NAME: &'static str;
    /// Computes the function.
    fn one<S: Single>(x: S) -> S;
}

/// A scalar: its words have operations that only some instruction sets have for lanes.
pub trait Single: Bits {
    /// Returns the wrapping product of two words.
    fn product(a: Self::Word, b: Self::Word) -> Self::Word;
    /// Shifts left by another word, less than 32.
    fn shift_left(word: Self::Word, count: Self::Word) -> Self::Word;
    /// Shifts right by another word, less than 32, filling with zeros.
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

/// Calls a slow path out of line.
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
