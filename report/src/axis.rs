//! The pictures' logarithmic axes: their ranges and their labels.

use std::ops::Range;

use crossover::message::time;
use crossover::sweep::{Axis, Measurement, Report};

/// Returns the range of the positive numbers, extended by a factor of `margin` on both sides and limited to what an `f64`
/// holds: a file may have any number.
pub(super) fn spread(numbers: impl Iterator<Item = f64>, margin: f64) -> Range<f64> {
    let positive = numbers.filter(|number| number.is_finite() && *number > 0.0);
    let (least, most) = positive.fold((f64::MAX, 0.0_f64), |(least, most), each| (least.min(each), most.max(each)));
    let (low, high) = ((least / margin).max(f64::MIN_POSITIVE), (most * margin).min(f64::MAX));
    if low < high && least <= most { low..high } else { 1.0..10.0 }
}

/// Where a logarithmic axis has lines.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Ticks {
    /// The values with labels, as far as there is room for them.
    pub bold: Vec<f64>,
    pub light: Vec<f64>,
}

/// The most powers of ten that all have labels.
const MAX_LABELS: usize = 24;

/// Returns labels at powers of ten; at twice and five times those, too, if they would be fewer than `few`; and at every digit
/// if there would be only one.
pub(super) fn ticks(range: &Range<f64>, few: usize) -> Ticks {
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let at = |digits: &'static [u8]| -> Vec<f64> {
        let all = decades.clone().flat_map(|decade| digits.iter().map(move |digit| power(*digit, decade)));
        all.filter(|each| range.contains(each)).collect()
    };
    let mut bold = at(&[1]);
    // A report that was made up may span hundreds of decades.
    if bold.len() > MAX_LABELS {
        let bold = bold.iter().step_by(bold.len().div_ceil(MAX_LABELS)).copied().collect();
        return Ticks { bold, light: Vec::new() };
    }
    if bold.len() < few {
        bold = at(&[1, 2, 5]);
    }
    // One label is enough for a range around one value.
    if bold.len() < 2 && range.end > 1.9 * range.start {
        bold = at(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    Ticks { bold, light: at(&[1, 2, 3, 4, 5, 6, 7, 8, 9]) }
}

/// Returns the labels of what varies. Threads, chunks and degrees have theirs where they were measured.
pub(super) fn across(report: &Report, range: &Range<f64>, few: usize) -> Ticks {
    if report.axis == Axis::Elements {
        return ticks(range, few);
    }
    let mut values: Vec<_> = report.measurements.iter().map(Measurement::x).collect();
    values.sort_unstable();
    values.dedup();
    Ticks { bold: values.into_iter().map(|value| value as f64).collect(), light: Vec::new() }
}

/// Returns what the time is plotted against: `elements`, `threads, 10⁷ elements`.
pub(super) fn against(report: &Report) -> String {
    match report.elements() {
        Some(elements) => format!("{}, {} elements", report.axis.counts(), exact(elements)),
        None => report.axis.counts().to_owned(),
    }
}

/// Returns the horizontal axis's name.
pub(super) fn described(axis: Axis) -> &'static str {
    match axis {
        Axis::Chunk => "elements of a chunk",
        Axis::Threads => "threads (grey: n threads n times as fast as one; %: the efficiency)",
        Axis::Intensity => "degree of the polynomial",
        other => other.counts(),
    }
}

/// Writes a label of a sweep's axis: a power of two as one, and threads and degrees as whole numbers.
pub(super) fn label(axis: Axis, number: f64) -> String {
    match axis {
        Axis::Elements => count(number),
        Axis::Chunk => exact(number as usize),
        _ => format!("{number:.0}"),
    }
}

/// Writes a number exactly: `10⁷`, `2²⁴`, `12345`.
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

/// Returns `digit`·10^`decade`, rounded as the parser rounds it.
fn power(digit: u8, decade: i32) -> f64 {
    format!("{digit}e{decade}").parse().unwrap_or(f64::NAN)
}

/// Writes a label of the axis of elements: `500`, `10⁵`, `2·10⁵`.
pub(super) fn count(number: f64) -> String {
    let decade = number.log10().floor() as i32;
    let digit = (number / power(1, decade)).round();
    if decade < 4 {
        return format!("{number:.0}");
    }
    let raised = raised(decade.unsigned_abs());
    if digit == 1.0 { format!("10{raised}") } else { format!("{digit}·10{raised}") }
}

/// Writes a label of an axis of rates and ratios: `0.05`, `500`, `10⁵`.
pub(super) fn rate(number: f64) -> String {
    match number {
        0.0..1e-6 => format!("{number:e}"),
        0.0..1e4 => number.to_string(),
        _ => count(number),
    }
}

/// Writes an exponent.
fn raised(exponent: u32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    exponent.to_string().bytes().filter_map(|byte| digits.get(usize::from(byte - b'0'))).collect()
}

/// Writes a label of the axis of times, which has one significant digit: `10 µs`.
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
        let labels = |range: Range<f64>| ticks(&range, 3).bold;
        assert_eq!(labels(0.9e4..1.1e6), [1e4, 1e5, 1e6]);
        assert_eq!(labels(0.9e-5..1.1e-4), [1e-5, 2e-5, 5e-5, 1e-4]);
        assert_eq!(labels(1.5e-3..4.5e-3), [2e-3, 3e-3, 4e-3]);
        assert_eq!(labels(spread([1000.0].into_iter(), 1.15)), [1000.0]);
        // As far as numbers go, and not for ever.
        for (numbers, margin) in [([f64::MAX, 1.0], 1.7), ([f64::MIN_POSITIVE, 1e300], 1.7), ([5e-324, f64::MAX], 1.4)]
        {
            let range = spread(numbers.into_iter(), margin);
            assert!(range.start > 0.0 && range.end.is_finite() && range.start < range.end, "{range:?}");
            let count = labels(range).len();
            assert!((8..=MAX_LABELS).contains(&count), "{count}");
        }
    }
}
