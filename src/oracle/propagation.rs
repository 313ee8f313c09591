//! Error propagation: how an error in a function's operands changes its result.

use std::f64::consts::PI;

use super::Bound;
use crate::num::propagation::Passing;

/// Returns the largest distance of `others` from `value`; infinity if one of them is not finite.
fn farthest(value: f64, others: impl IntoIterator<Item = f64>) -> f64 {
    let apart = others.into_iter().map(|other| (other - value).abs());
    apart.fold(0.0, |most, apart| if apart.is_finite() { f64::max(most, apart) } else { f64::INFINITY })
}

impl Bound {
    fn ends(self) -> [f64; 2] {
        [self.value - self.bound, self.value + self.bound]
    }

    /// Returns whether the interval includes 0, or the value is NaN.
    fn near_zero(self) -> bool {
        self.value.is_nan() || self.value.abs() <= self.bound
    }
}

impl Passing {
    /// Returns the smallest absolute value whose ULP measures errors: smaller results have the same absolute error.
    pub(crate) fn least(self) -> f64 {
        if self == Passing::Rising { 0.5 } else { 0.0 }
    }

    /// Bounds the distance of `f` from its value at `x.value` for operands within the bound. With an infinite bound the
    /// operand may be anything, even NaN.
    pub(crate) fn one(self, f: impl Fn(f64) -> f64, x: Bound) -> f64 {
        if x.bound == f64::INFINITY {
            return f64::INFINITY;
        }
        let [low, high] = x.ends();
        let value = f(x.value);
        let ends = farthest(value, [f(low), f(high)]);
        match self {
            Passing::Monotone => ends,
            Passing::Even if x.near_zero() => ends.max(farthest(value, [f(0.0)])),
            Passing::Even => ends,
            Passing::Wave => x.bound.min(2.0),
            Passing::Tangent if (low / PI + 0.5).floor() == (high / PI + 0.5).floor() => ends,
            _ => f64::INFINITY,
        }
    }

    /// Does the same as [`one`](Passing::one) for two operands.
    pub(crate) fn two(self, f: impl Fn(f64, f64) -> f64, x: Bound, y: Bound) -> f64 {
        if x.bound.max(y.bound) == f64::INFINITY {
            return f64::INFINITY;
        }
        let value = f(x.value, y.value);
        let corners = |xs: [f64; 2], ys: [f64; 2]| xs.into_iter().flat_map(move |x| ys.map(|y| (x, y)));
        let ends = farthest(value, corners(x.ends(), y.ends()).map(|(x, y)| f(x, y)));
        match self {
            Passing::Length => {
                let least = |x: Bound| if x.near_zero() { 0.0 } else { x.value.abs() - x.bound };
                ends.max(farthest(value, [f(least(x), least(y))]))
            }
            Passing::Power if x.value > x.bound => ends,
            Passing::Rising => ends,
            Passing::Angle if !x.near_zero() || (y.value > y.bound) => ends,
            Passing::Modulo => {
                // The remainder jumps where the quotient is an integer. No integer may lie between the ends, nor within the
                // quotient's own rounding error of them.
                let quotients = || corners(x.ends(), y.ends()).map(|(x, y)| x / y);
                let slack = quotients().fold(0.0, |most, quotient| f64::max(most, quotient.abs())) * 4.0 * f64::EPSILON;
                let low = quotients().fold(f64::INFINITY, f64::min) - slack;
                let high = quotients().fold(f64::NEG_INFINITY, f64::max) + slack;
                let certain = !y.near_zero() && !x.near_zero() && low.ceil() > high;
                // Just below an integer quotient, the remainder may have rounded to the divisor.
                let moved = x.bound + (x.value / y.value).abs().ceil() * y.bound;
                if certain { moved } else { f64::INFINITY }
            }
            Passing::Sign if y.near_zero() && y.bound > 0.0 => f64::INFINITY,
            Passing::Sign => x.bound,
            // By one number at most, in either direction.
            Passing::Next => x.bound + 2.0 * crate::num::ulp::spacing(x.value.abs() + x.bound),
            _ => f64::INFINITY,
        }
    }
}
