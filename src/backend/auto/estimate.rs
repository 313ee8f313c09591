//! Numbers that are not known exactly, and how they combine.

/// A figure that was measured or predicted, with how far off it may be: a twentieth of what was seen lies below `low`, a
/// twentieth above `high`. The unit is the owner's; seconds, unless it says otherwise.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// The 5 % quantile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The 95 % quantile.
    pub high: f64,
}

/// How two costs that overlap combine: the p-norm of both, which is their sum for 1 and the greater one for infinity. A
/// core's loads and stores hide behind arithmetic, but not all of them: with 4, two equal costs make 1.19 times one of them.
/// What this is off by is part of what the whole model is off by.
const OVERLAP: i32 = 4;

impl Estimate {
    /// Creates a figure that is certain.
    pub const fn exact(value: f64) -> Self {
        Estimate { low: value, median: value, high: value }
    }

    /// Creates a figure that may be off by a factor.
    pub fn within(median: f64, factor: f64) -> Self {
        Estimate { low: median / factor, median, high: median * factor }
    }

    /// Returns what to expect on average: the mean of a distribution with these three quantiles. The weights are those of D. L.
    /// Keefer and S. E. Bodily, "Three-Point Approximations for Continuous Random Variables", 1983 (extended Pearson–Tukey).
    pub fn mean(self) -> f64 {
        0.185 * self.low + 0.63 * self.median + 0.185 * self.high
    }

    /// Returns the same with each quantile changed; `change` must not fall as its argument grows.
    pub(crate) fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Estimate { low: change(self.low), median: change(self.median), high: change(self.high) }
    }

    /// Returns both, quantile by quantile: they err together, since what makes one slow makes the other slow.
    pub(crate) fn zip(self, other: Self, both: impl Fn(f64, f64) -> f64) -> Self {
        Estimate {
            low: both(self.low, other.low),
            median: both(self.median, other.median),
            high: both(self.high, other.high),
        }
    }

    /// Creates one after the other.
    pub(crate) fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    /// Returns this many times it.
    pub(crate) fn times(self, count: f64) -> Self {
        self.map(|each| each * count)
    }

    /// Returns both at a time, hiding behind each other as far as they can.
    pub(crate) fn overlapped(self, other: Self) -> Self {
        self.zip(other, |a, b| (a.powi(OVERLAP) + b.powi(OVERLAP)).powf(1.0 / f64::from(OVERLAP)))
    }

    /// Returns the less of both, whichever turns out to be it.
    pub(crate) fn least(self, other: Self) -> Self {
        self.zip(other, f64::min)
    }

    /// Returns the greater of both, whichever turns out to be it.
    pub(crate) fn most(self, other: Self) -> Self {
        self.zip(other, f64::max)
    }

    /// Returns what is left of it without the other; nothing if that is more.
    pub(crate) fn less(self, other: Self) -> Self {
        // The medians' difference, and the spread of the minuend: what both share is not counted twice.
        let median = (self.median - other.median).max(0.0);
        let scale = |quantile: f64| if self.median > 0.0 { median * quantile / self.median } else { 0.0 };
        Estimate { low: scale(self.low), median, high: scale(self.high) }
    }

    /// Widens the range by these factors, down and up: the error of the model it was computed with.
    pub(crate) fn widened(self, (down, up): (f64, f64)) -> Self {
        Estimate { low: self.low / down, high: self.high * up, ..self }
    }

    /// Returns whether it can be a measurement: three finite numbers in order, none negative.
    #[cfg_attr(not(feature = "profile"), allow(dead_code, reason = "asked of what was read from a file"))]
    pub(crate) fn is_sound(self) -> bool {
        0.0 <= self.low && self.low <= self.median && self.median <= self.high && self.high.is_finite()
    }
}

/// A figure for each byte over how many bytes are in use together: what the caches give, and where they end.
#[derive(Clone, PartialEq, Debug, Default)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct Curve {
    /// Bytes in use, from few to many, and seconds a byte.
    pub(crate) points: Vec<(f64, Estimate)>,
}

impl Curve {
    /// Returns the seconds a byte with this many bytes in use: linear in their logarithm between two points, as at the nearest
    /// one beyond them, and nothing if there are no points.
    pub(crate) fn at(&self, bytes: f64) -> Estimate {
        let next = self.points.partition_point(|(at, _)| *at < bytes);
        match (next.checked_sub(1).and_then(|index| self.points.get(index)), self.points.get(next)) {
            (Some((from, before)), Some((to, after))) => {
                let part = (bytes / from).ln() / (to / from).ln();
                before.zip(*after, |before, after| before + (after - before) * part)
            }
            (Some((_, only)), None) | (None, Some((_, only))) => *only,
            (None, None) => Estimate::default(),
        }
    }

    /// Returns whether it can have been measured: points in order, each sound.
    #[cfg_attr(not(feature = "profile"), allow(dead_code, reason = "asked of what was read from a file"))]
    pub(crate) fn is_sound(&self) -> bool {
        let ordered = self.points.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let positive = self.points.iter().all(|(at, each)| *at >= 1.0 && at.is_finite() && each.is_sound());
        !self.points.is_empty() && ordered && positive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_linear_in_the_logarithm_and_flat_beyond_its_ends() {
        let curve = Curve { points: vec![(1e3, Estimate::exact(1.0)), (1e5, Estimate::exact(3.0))] };
        for (bytes, expected) in [(1.0, 1.0), (1e3, 1.0), (1e4, 2.0), (1e5, 3.0), (1e9, 3.0)] {
            assert!((curve.at(bytes).median - expected).abs() < 1e-12, "{bytes}");
        }
        assert!(curve.is_sound());
        assert!(!Curve { points: vec![(1e5, Estimate::exact(3.0)), (1e3, Estimate::exact(1.0))] }.is_sound());
        let unsound = Curve { points: vec![(1e3, Estimate::exact(f64::NAN))] };
        assert!(!unsound.is_sound() && !Curve::default().is_sound());
    }

    #[test]
    fn what_overlaps_costs_no_less_than_the_greater_and_no_more_than_both() {
        let both = Estimate::exact(3.0).overlapped(Estimate::exact(4.0));
        assert!(both.median > 4.0 && both.median < 5.0);
        assert_eq!(Estimate::exact(3.0).overlapped(Estimate::exact(0.0)).median, 3.0);
    }

    #[test]
    fn a_difference_keeps_its_order_and_its_sign() {
        let wide = Estimate { low: 8.0, median: 10.0, high: 14.0 };
        let less = wide.less(Estimate::exact(4.0));
        assert_eq!((less.median, less.is_sound()), (6.0, true));
        assert_eq!(Estimate::exact(1.0).less(wide), Estimate::exact(0.0));
    }

    #[test]
    fn a_mean_leans_towards_the_longer_side() {
        assert_eq!(Estimate::exact(2.0).mean(), 2.0);
        assert!(Estimate { low: 1.0, median: 2.0, high: 8.0 }.mean() > 2.0);
    }
}
