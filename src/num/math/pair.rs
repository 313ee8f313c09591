//! Unevaluated sums of two numbers: twice the digits, where a result needs them.

use crate::num::bits::{Bits, Word};

/// A number and what is left of its rounding: `high + low`.
#[derive(Clone, Copy)]
pub(crate) struct Pair<B> {
    pub high: B,
    pub low: B,
}

impl<B: Bits> Pair<B> {
    /// A number without a rest.
    #[inline(always)]
    pub fn new(high: B) -> Self {
        Pair { high, low: B::constant(0) }
    }

    /// A number known to twice the digits.
    #[inline(always)]
    pub fn constant([high, low]: [f64; 2]) -> Self {
        Pair { high: B::constant(high), low: B::constant(low) }
    }

    /// One pair or the other.
    #[inline(always)]
    pub fn select(mask: B::Mask, yes: Self, no: Self) -> Self {
        Pair { high: B::select(mask, yes.high, no.high), low: B::select(mask, yes.low, no.low) }
    }

    /// The exact sum of two numbers, of which the first is the larger or zero (T. J. Dekker, *A floating-point technique
    /// for extending the available precision*, 1971).
    #[inline(always)]
    pub fn sum(large: B, small: B) -> Self {
        let high = (large + small).opaque();
        Pair { high, low: (large - high) + small }
    }

    /// The exact sum of two numbers (D. E. Knuth, *The Art of Computer Programming*, volume 2, section 4.2.2).
    #[inline(always)]
    pub fn sum_of_any(a: B, b: B) -> Self {
        let high = (a + b).opaque();
        let of_a = (high - b).opaque();
        let of_b = high - of_a;
        Pair { high, low: (a - of_a) + (b - of_b) }
    }

    /// The exact product of two numbers: where products are not fused, of the halves of their digits (Dekker's again).
    #[inline(always)]
    pub fn product(a: B, b: B) -> Self {
        let high = (a * b).opaque();
        if B::FUSES {
            return Pair { high, low: a.mul_add(b, -high) };
        }
        let upper = B::Word::constant(0xffff_f000);
        let (a_high, b_high) = (B::from_bits(a.to_bits() & upper), B::from_bits(b.to_bits() & upper));
        let (a_low, b_low) = (a - a_high, b - b_high);
        let rest = (a_high * b_high - high) + a_high * b_low + a_low * b_high;
        Pair { high, low: rest + a_low * b_low }
    }

    /// `c - a * b`, where little is left of it.
    #[inline(always)]
    fn left(a: B, b: B, c: B) -> B {
        if B::FUSES {
            return (-a).mul_add(b, c);
        }
        let product = Pair::product(a, b);
        (c - product.high) - product.low
    }

    /// The sum with a small number.
    #[inline(always)]
    pub fn plus(self, small: B) -> Self {
        Pair { low: self.low + small, ..self }
    }

    /// The same number with `low` no more than the rounding of `high`.
    #[inline(always)]
    pub fn settled(self) -> Self {
        Pair::sum(self.high, self.low)
    }

    /// The product with a number, to nearly twice its digits.
    #[inline(always)]
    pub fn times(self, factor: B) -> Self {
        let product = Pair::product(self.high, factor);
        product.plus(self.low * factor)
    }

    /// The square, to nearly twice the digits of a number.
    #[inline(always)]
    pub fn squared(self) -> Self {
        let square = Pair::product(self.high, self.high);
        square.plus((self.high + self.high) * self.low)
    }

    /// The product with another pair.
    #[inline(always)]
    pub fn times_pair(self, factor: Self) -> Self {
        let product = Pair::product(self.high, factor.high);
        product.plus(self.high.mul_add(factor.low, self.low * factor.high))
    }

    /// The quotient: that of the high parts, corrected by the remainder that it leaves.
    #[inline(always)]
    pub fn over(self, divisor: Self) -> Self {
        let inverse = B::constant(1) / divisor.high;
        let high = self.high * inverse;
        let rest = Pair::left(high, divisor.high, self.high);
        let rest = rest + (-high).mul_add(divisor.low, self.low);
        Pair { high, low: rest * inverse }
    }

    /// The square root: that of the high part, corrected by the remainder. Of zero, zero.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        let high = self.high.sqrt();
        let rest = Pair::left(high, high, self.high) + self.low;
        // Next to nothing, which keeps 0 / 0 away.
        Pair { high, low: rest / (high + high + B::constant(1e-30)) }
    }

    /// Both parts in one.
    #[inline(always)]
    pub fn value(self) -> B {
        self.high + self.low
    }
}
