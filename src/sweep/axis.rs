//! The plot's logarithmic axes: how far they go and what stands beside them.

use std::ops::Range;

use plotters::coord::combinators::{BindKeyPoints, IntoLogRange, LogCoord, WithKeyPoints};

use crate::figure::time;

/// From the least to the greatest of some positive numbers, and so many times further on both sides.
pub(super) fn spread(numbers: impl Iterator<Item = f64>, margin: f64) -> Range<f64> {
    let positive = numbers.filter(|number| number.is_finite() && *number > 0.0);
    let (least, most) = positive.fold((f64::MAX, 0.0_f64), |(least, most), each| (least.min(each), most.max(each)));
    if least > most { 1.0..10.0 } else { least / margin..most * margin }
}

/// A logarithmic axis with labels of our own.
pub(super) type Axis = WithKeyPoints<LogCoord<f64>>;

/// A logarithmic axis with labels at powers of ten, and at twice and five times those if they would be fewer
/// than `few`.
pub(super) fn axis(range: &Range<f64>, few: usize) -> Axis {
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let at = |digits: &'static [u8]| -> Vec<f64> {
        let all = decades.clone().flat_map(|decade| digits.iter().map(move |digit| power(*digit, decade)));
        all.filter(|each| range.contains(each)).collect()
    };
    let mut labels = at(&[1]);
    if labels.len() < few {
        labels = at(&[1, 2, 5]);
    }
    (range.clone()).log_scale().with_key_points(labels).with_light_points(at(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))
}

/// `digit`·10^`decade`, rounded as the same number in a text is.
fn power(digit: u8, decade: i32) -> f64 {
    format!("{digit}e{decade}").parse().unwrap_or(f64::NAN)
}

/// A label of the axis of elements: `500`, `10⁵`, `2·10⁵`.
pub(super) fn count(number: f64) -> String {
    let decade = number.log10().floor() as i32;
    let digit = (number / power(1, decade)).round();
    if decade < 4 {
        return format!("{number:.0}");
    }
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised: String = decade.to_string().bytes().filter_map(|byte| digits.get(usize::from(byte - b'0'))).collect();
    if digit == 1.0 { format!("10{raised}") } else { format!("{digit}·10{raised}") }
}

/// A label of an axis of rates and ratios: `0.05`, `500`, `10⁵`.
pub(super) fn rate(number: f64) -> String {
    if number < 1e4 { number.to_string() } else { count(number) }
}

/// A label of the axis of times: `10 µs`. They have one digit that counts.
pub(super) fn tick_time(seconds: f64) -> String {
    time(seconds).replacen(".00", "", 1).replacen(".0", "", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_well() {
        assert_eq!([1.0, 500.0, 1e4, 2e5, 1e12].map(count), ["1", "500", "10⁴", "2·10⁵", "10¹²"]);
        assert_eq!([0.001, 0.05, 2.0, 500.0, 2e4].map(rate), ["0.001", "0.05", "2", "500", "2·10⁴"]);
        let times = [1e-9, 1e-6, 2e-5, 5e-4, 1e-3, 1.0, 100.0].map(tick_time);
        assert_eq!(times, ["1 ns", "1 µs", "20 µs", "500 µs", "1 ms", "1 s", "100 s"]);
    }

    #[test]
    fn an_axis_always_has_labels() {
        let labels = |range: Range<f64>| axis(&range, 3).bold_points().to_vec();
        assert_eq!(labels(0.9e4..1.1e6), [1e4, 1e5, 1e6]);
        assert_eq!(labels(0.9e-5..1.1e-4), [1e-5, 2e-5, 5e-5, 1e-4]);
        assert_eq!(labels(spread([1000.0].into_iter(), 1.15)), [1000.0]);
    }
}
