//! Double words: unevaluated sums of two numbers, with twice the digits.

use crate::num::bits::{Bits, Word};

/// A double word, `high + low`: a number and its rounding error.
#[derive(Clone, Copy)]
pub(crate) struct DoubleWord<B> {
    pub high: B,
    pub low: B,
}

impl<B: Bits> DoubleWord<B> {
    /// Creates a double word from a number.
    #[inline(always)]
    pub fn new(high: B) -> Self {
        DoubleWord { high, low: B::constant(0) }
    }

    /// Creates a constant from two numbers.
    #[inline(always)]
    pub fn constant([high, low]: [f64; 2]) -> Self {
        DoubleWord { high: B::constant(high), low: B::constant(low) }
    }

    /// Returns `yes` where `mask` holds, else `no`.
    #[inline(always)]
    pub fn select(mask: B::Mask, yes: Self, no: Self) -> Self {
        DoubleWord { high: B::select(mask, yes.high, no.high), low: B::select(mask, yes.low, no.low) }
    }

    /// Computes the exact sum of two numbers of which the first is larger in absolute value or zero (T. J. Dekker, *A
    /// floating-point technique for extending the available precision*, 1971).
    #[inline(always)]
    pub fn sum(large: B, small: B) -> Self {
        let high = (large + small).opaque();
        DoubleWord { high, low: (large - high) + small }
    }

    /// Computes the exact sum of two numbers (D. E. Knuth, *The Art of Computer Programming*, volume 2, section 4.2.2).
    #[inline(always)]
    pub fn sum_of_any(a: B, b: B) -> Self {
        let high = (a + b).opaque();
        let of_a = (high - b).opaque();
        let of_b = high - of_a;
        DoubleWord { high, low: (a - of_a) + (b - of_b) }
    }

    /// Computes the exact product of two numbers; where products are not fused, from the halves of their digits (Dekker).
    #[inline(always)]
    pub fn product(a: B, b: B) -> Self {
        let high = (a * b).opaque();
        if B::FUSES {
            return DoubleWord { high, low: a.mul_add(b, -high) };
        }
        let upper = B::Word::constant(0xffff_f000);
        let (a_high, b_high) = (B::from_bits(a.to_bits() & upper), B::from_bits(b.to_bits() & upper));
        let (a_low, b_low) = (a - a_high, b - b_high);
        let rest = (a_high * b_high - high) + a_high * b_low + a_low * b_high;
        DoubleWord { high, low: rest + a_low * b_low }
    }

    /// Computes `c - a * b` where the two are nearly equal.
    #[inline(always)]
    fn left(a: B, b: B, c: B) -> B {
        if B::FUSES {
            return (-a).mul_add(b, c);
        }
        let product = DoubleWord::product(a, b);
        (c - product.high) - product.low
    }

    /// Adds a small number.
    #[inline(always)]
    pub fn plus(self, small: B) -> Self {
        DoubleWord { low: self.low + small, ..self }
    }

    /// Normalises: makes `low` at most the rounding error of `high`.
    #[inline(always)]
    pub fn settled(self) -> Self {
        DoubleWord::sum(self.high, self.low)
    }

    /// Multiplies by a number, to nearly twice its digits.
    #[inline(always)]
    pub fn times(self, factor: B) -> Self {
        let product = DoubleWord::product(self.high, factor);
        product.plus(self.low * factor)
    }

    /// Computes the square, to nearly twice the digits of a number.
    #[inline(always)]
    pub fn squared(self) -> Self {
        let square = DoubleWord::product(self.high, self.high);
        square.plus((self.high + self.high) * self.low)
    }

    /// Multiplies by another double word.
    #[inline(always)]
    pub fn times_pair(self, factor: Self) -> Self {
        let product = DoubleWord::product(self.high, factor.high);
        product.plus(self.high.mul_add(factor.low, self.low * factor.high))
    }

    /// Divides: the quotient of the high parts, corrected by its remainder.
    #[inline(always)]
    pub fn over(self, divisor: Self) -> Self {
        let inverse = B::constant(1) / divisor.high;
        let high = self.high * inverse;
        let rest = DoubleWord::left(high, divisor.high, self.high);
        let rest = rest + (-high).mul_add(divisor.low, self.low);
        DoubleWord { high, low: rest * inverse }
    }

    /// Computes the square root: that of the high part, corrected by its remainder; zero for zero.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        let high = self.high.sqrt();
        let rest = DoubleWord::left(high, high, self.high) + self.low;
        // A negligible number prevents 0 / 0.
        DoubleWord { high, low: rest / (high + high + B::constant(1e-30)) }
    }

    /// Returns the sum of both parts.
    #[inline(always)]
    pub fn value(self) -> B {
        self.high + self.low
    }
}
