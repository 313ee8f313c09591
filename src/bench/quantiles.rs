//! Quantiles of measured times.

/// The 5 % quantile, the median and the 95 % quantile of something.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Quantiles {
    /// A twentieth lies below.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "super::number::number"))]
    pub q05: f64,
    /// Half lies below.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "super::number::number"))]
    pub q50: f64,
    /// A twentieth lies above.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "super::number::number"))]
    pub q95: f64,
}

impl Quantiles {
    /// Returns the quantiles of all values but the greatest; of one alone if there is but one, and NaN of none.
    pub fn without_slowest(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.truncate((sorted.len() - usize::from(!sorted.is_empty())).max(1));
        Self::of(&sorted)
    }

    /// Returns the quantiles of all values; of one alone if there is but one, and NaN of none.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |q| quantile(&sorted, q);
        Quantiles { q05: at(0.05), q50: at(0.5), q95: at(0.95) }
    }
}

/// Returns the quantile `q` of sorted values, linear between the two nearest: numpy's default, method 7 of R. J. Hyndman and
/// Y. Fan, "Sample Quantiles in Statistical Packages", 1996.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = q * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_is_dropped_and_the_rest_interpolated() {
        // numpy.quantile([1, 2, 3, 4], [0.05, 0.5, 0.95])
        let found = Quantiles::without_slowest(&[3.0, 100.0, 1.0, 4.0, 2.0]);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(found.q05, 1.15) && close(found.q50, 2.5) && close(found.q95, 3.85), "{found:?}");
    }

    #[test]
    fn few_values_still_have_quantiles() {
        assert_eq!(Quantiles::without_slowest(&[7.0]), Quantiles { q05: 7.0, q50: 7.0, q95: 7.0 });
        assert_eq!(Quantiles::without_slowest(&[7.0, 8.0]).q95, 7.0);
        assert!(Quantiles::without_slowest(&[]).q50.is_nan());
    }
}
