//! How far the median of a few trials may be from the truth.
//!
//! The trials are drawn anew, as often as there are, again and again, and the spread of the medians that come out is the
//! interval: the bootstrap of B. Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979. Of few trials its plain
//! percentiles are too narrow, so they lie further out here, as far as Student's distribution says: the expanded percentile
//! interval of T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", 2015. The draws are the same every time.

use rand_distr::{Distribution, Uniform};
use rand_pcg::Pcg64Mcg;

use super::quantiles::{Quantiles, quantile};

/// How often the trials are drawn anew.
const RESAMPLES: usize = 1000;

/// The minimum number of trials for an estimate of their noise.
pub(crate) const FEWEST: usize = 3;

/// How much of the medians lies outside on each side, by the number of trials, for 95 %: Φ(−√(n/(n−1))·t), with Student's
/// 97.5 % point t of n−1 degrees of freedom.
const TAILS: [(usize, f64); 11] = [
    (3, 6.8e-8),
    (4, 1.19e-4),
    (5, 9.54e-4),
    (6, 2.43e-3),
    (7, 4.11e-3),
    (8, 5.73e-3),
    (9, 7.22e-3),
    (10, 8.55e-3),
    (15, 1.32e-2),
    (20, 1.59e-2),
    (30, 1.88e-2),
];

/// Where something is, and between which bounds it lies at 95 % confidence.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// What the trials' median says. Between the bounds.
    pub middle: f64,
    /// The upper bound.
    pub high: f64,
}

impl Interval {
    /// Returns where the median of more trials like these would lie, the slowest of them dropped as in
    /// [`Quantiles::without_slowest`]. None of fewer than three trials, or if a trial is not a positive number.
    pub fn of_median(samples: &[f64]) -> Option<Self> {
        let logs = Interval::of(&mut resampled(samples, 0)?, median(samples).ln(), samples.len());
        Some(Interval { low: logs.low.exp(), middle: median(samples), high: logs.high.exp() })
    }

    /// Returns the same for the natural logarithm of the ratio of two medians, the first over the second. Pairs of another
    /// `stream` get other draws.
    pub(crate) fn of_log_ratio(first: &[f64], second: &[f64], stream: u64) -> Option<Self> {
        let over = resampled(second, 2 * stream + 1)?;
        let mut logs = resampled(first, 2 * stream)?;
        for (log, over) in logs.iter_mut().zip(over) {
            *log -= over;
        }
        let middle = (median(first) / median(second)).ln();
        Some(Interval::of(&mut logs, middle, first.len().min(second.len())))
    }

    fn of(resampled: &mut [f64], middle: f64, trials: usize) -> Self {
        resampled.sort_unstable_by(f64::total_cmp);
        // For a number between two of the table's: what the lower one says, which is further out.
        let tail = TAILS.iter().rev().find(|(least, _)| *least <= trials).map_or(0.0, |(_, tail)| *tail);
        let (low, high) = (quantile(resampled, tail), quantile(resampled, 1.0 - tail));
        Interval { low: low.min(middle), middle, high: high.max(middle) }
    }
}

fn median(samples: &[f64]) -> f64 {
    Quantiles::without_slowest(samples).q50
}

/// Returns the logarithms of the medians of trials drawn anew.
fn resampled(samples: &[f64], stream: u64) -> Option<Vec<f64>> {
    let sound = samples.iter().all(|seconds| seconds.is_finite() && *seconds > 0.0);
    if samples.len() < FEWEST || !sound {
        return None;
    }
    let mut random = Pcg64Mcg::new(u128::from(stream));
    let any = Uniform::new(0, samples.len() as u32).ok()?;
    let mut drawn = vec![0.0; samples.len()];
    let one = |_| {
        drawn.fill_with(|| samples[any.sample(&mut random) as usize]);
        drawn.sort_unstable_by(f64::total_cmp);
        quantile(&drawn[..drawn.len() - 1], 0.5).ln()
    };
    Some((0..RESAMPLES).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_median_and_is_as_wide_as_the_noise() {
        let samples = [1.0, 1.1, 0.9, 1.05, 0.95];
        let found = Interval::of_median(&samples).unwrap();
        assert_eq!(found.middle, Quantiles::without_slowest(&samples).q50);
        // Five trials say no more than that the median is among them.
        assert!((0.9..0.92).contains(&found.low) && (1.08..1.1001).contains(&found.high), "{found:?}");
        let many: Vec<f64> = samples.iter().cycle().take(100).copied().collect();
        let narrower = Interval::of_median(&many).unwrap();
        assert!(narrower.low > 0.93 && narrower.high < 1.06, "{narrower:?}");
        let same = Interval::of_median(&[2.0; 7]).unwrap();
        assert!((same.high - 2.0).abs() < 1e-12 && (same.low - 2.0).abs() < 1e-12, "{same:?}");
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let (first, second) = ([2.0, 2.1, 1.9, 2.05, 1.95], [1.0, 1.1, 0.9, 1.05, 0.95]);
        let found = Interval::of_log_ratio(&first, &second, 0).unwrap();
        assert!((found.middle.exp() - 1.975 / 0.975).abs() < 1e-12, "{found:?}");
        assert!(found.low < found.middle && found.middle < found.high && found.low > 0.0, "{found:?}");
        let turned = Interval::of_log_ratio(&second, &first, 0).unwrap();
        assert!((found.low + turned.high).abs() < 0.03 && (found.high + turned.low).abs() < 0.03, "{turned:?}");
    }

    #[test]
    fn too_few_trials_and_no_times_have_none() {
        assert_eq!(Interval::of_median(&[1.0, 2.0]), None);
        assert_eq!(Interval::of_median(&[1.0, 2.0, 0.0]), None);
        assert_eq!(Interval::of_log_ratio(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0], 0), None);
    }
}
