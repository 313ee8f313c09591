//! The picture's logarithmic axes: how far they go and what stands beside them.

use std::ops::Range;

use crossover::message::time;
use crossover::sweep::{Axis, Measurement, Report};
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange, LogCoord, WithKeyPoints};

/// From the least to the greatest of some positive numbers, and so many times further on both sides, as far as there are
/// numbers: a file may have any.
pub(super) fn spread(numbers: impl Iterator<Item = f64>, margin: f64) -> Range<f64> {
    let positive = numbers.filter(|number| number.is_finite() && *number > 0.0);
    let (least, most) = positive.fold((f64::MAX, 0.0_f64), |(least, most), each| (least.min(each), most.max(each)));
    let (low, high) = ((least / margin).max(f64::MIN_POSITIVE), (most * margin).min(f64::MAX));
    if low < high && least <= most { low..high } else { 1.0..10.0 }
}

/// A logarithmic axis with labels of our own.
pub(super) type Scale = WithKeyPoints<LogCoord<f64>>;

/// The most powers of ten that all have labels.
const MOST: usize = 24;

/// A logarithmic axis with labels at powers of ten, and at twice and five times those if they would be fewer
/// than `few`, or at every digit if there would be but one.
pub(super) fn axis(range: &Range<f64>, few: usize) -> Scale {
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let at = |digits: &'static [u8]| -> Vec<f64> {
        let all = decades.clone().flat_map(|decade| digits.iter().map(move |digit| power(*digit, decade)));
        all.filter(|each| range.contains(each)).collect()
    };
    let mut labels = at(&[1]);
    // Of hundreds of decades, as a report that was made up may span, some.
    if labels.len() > MOST {
        labels = labels.iter().step_by(labels.len().div_ceil(MOST)).copied().collect();
        return (range.clone()).log_scale().with_key_points(labels).with_light_points([]);
    }
    if labels.len() < few {
        labels = at(&[1, 2, 5]);
    }
    // Of one value alone, with next to nothing on both sides, one is enough.
    if labels.len() < 2 && range.end > 1.9 * range.start {
        labels = at(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    (range.clone()).log_scale().with_key_points(labels).with_light_points(at(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))
}

/// The same with labels at these values, ascending, as far as there is room for them.
fn axis_at(range: &Range<f64>, values: impl Iterator<Item = f64>) -> Scale {
    /// The least part of the axis between two labels.
    const ROOM: f64 = 0.05;
    let least = (range.end / range.start).powf(ROOM);
    let mut labels: Vec<f64> = Vec::new();
    for value in values {
        if labels.last().is_none_or(|last| value >= last * least) {
            labels.push(value);
        }
    }
    (range.clone()).log_scale().with_key_points(labels).with_light_points([])
}

/// The axis of what varies. Threads, chunks and degrees have labels where they were measured.
pub(super) fn across(report: &Report, range: &Range<f64>) -> Scale {
    let mut values: Vec<_> = report.measurements.iter().map(Measurement::x).collect();
    values.sort_unstable();
    match report.axis {
        Axis::Elements => axis(range, 4),
        _ => axis_at(range, values.into_iter().map(|value| value as f64)),
    }
}

/// What the time is against: `elements`, `threads, 10⁷ elements`.
pub(super) fn against(report: &Report) -> String {
    match report.elements() {
        Some(elements) => format!("{}, {} elements", report.axis.counts(), exact(elements)),
        None => report.axis.counts().to_owned(),
    }
}

/// What stands below the axis.
pub(super) fn described(axis: Axis) -> &'static str {
    match axis {
        Axis::Chunk => "elements of a chunk",
        Axis::Threads => "threads (grey: n threads n times as fast as one; %: the efficiency)",
        Axis::Intensity => "degree of the polynomial",
        other => other.counts(),
    }
}

/// A label of a sweep's axis: what is a power of two as one, and whole numbers of threads and degrees.
pub(super) fn label(axis: Axis, number: f64) -> String {
    match axis {
        Axis::Elements => count(number),
        Axis::Chunk => exact(number as usize),
        _ => format!("{number:.0}"),
    }
}

/// A number as it is: `10⁷`, `2²⁴`, `12345`.
fn exact(number: usize) -> String {
    let decade = number.max(1).ilog10();
    if number < 10_000 && !number.is_power_of_two() {
        return number.to_string();
    }
    let digit = number / 10_usize.pow(decade);
    match digit * 10_usize.pow(decade) == number && number >= 10_000 {
        true => count(number as f64),
        false if number.is_power_of_two() && number >= 1024 => format!("2{}", raised(number.ilog2())),
        false => number.to_string(),
    }
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
    let raised = raised(decade.unsigned_abs());
    if digit == 1.0 { format!("10{raised}") } else { format!("{digit}·10{raised}") }
}

/// A label of an axis of rates and ratios: `0.05`, `500`, `10⁵`.
pub(super) fn rate(number: f64) -> String {
    match number {
        0.0..1e-6 => format!("{number:e}"),
        0.0..1e4 => number.to_string(),
        _ => count(number),
    }
}

/// An exponent.
fn raised(exponent: u32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    exponent.to_string().bytes().filter_map(|byte| digits.get(usize::from(byte - b'0'))).collect()
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
        assert_eq!(
            [999, 1024, 10_000, 65_536, 20_000_000, 1 << 24, 12_345].map(exact),
            ["999", "2¹⁰", "10⁴", "2¹⁶", "2·10⁷", "2²⁴", "12345"]
        );
        let times = [1e-9, 1e-6, 2e-5, 5e-4, 1e-3, 1.0, 100.0].map(tick_time);
        assert_eq!(times, ["1 ns", "1 µs", "20 µs", "500 µs", "1 ms", "1 s", "100 s"]);
    }

    #[test]
    fn an_axis_always_has_labels() {
        let labels = |range: Range<f64>| axis(&range, 3).bold_points().to_vec();
        assert_eq!(labels(0.9e4..1.1e6), [1e4, 1e5, 1e6]);
        assert_eq!(labels(0.9e-5..1.1e-4), [1e-5, 2e-5, 5e-5, 1e-4]);
        assert_eq!(labels(1.5e-3..4.5e-3), [2e-3, 3e-3, 4e-3]);
        let labels_at = |values: &[f64]| axis_at(&(1.0..100.0), values.iter().copied()).bold_points().to_vec();
        assert_eq!(labels_at(&[1.0, 2.0, 64.0, 65.0, 99.0]), [1.0, 2.0, 64.0, 99.0]);
        assert_eq!(labels(spread([1000.0].into_iter(), 1.15)), [1000.0]);
        // As far as numbers go, and not for ever.
        for (numbers, margin) in [([f64::MAX, 1.0], 1.7), ([f64::MIN_POSITIVE, 1e300], 1.7), ([5e-324, f64::MAX], 1.4)]
        {
            let range = spread(numbers.into_iter(), margin);
            assert!(range.start > 0.0 && range.end.is_finite() && range.start < range.end, "{range:?}");
            let count = labels(range).len();
            assert!((8..=MOST).contains(&count), "{count}");
        }
    }
}
