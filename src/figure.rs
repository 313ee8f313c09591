//! Figures, as people read them.

/// A time with its unit, to three digits: `12.3 µs`.
pub(crate) fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= 0.9995 * unit).unwrap_or((1e-9, "ns"));
    format!("{} {name}", short(seconds / unit))
}

/// A number to three digits.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{number:.1e}"),
        size if size < 0.9995 => format!("{number:.3}"),
        size if size < 9.995 => format!("{number:.2}"),
        size if size < 99.95 => format!("{number:.1}"),
        size if size < 99_999.5 => format!("{number:.0}"),
        _ => format!("{number:.1e}"),
    }
}

/// A number of elements: in full, or from ten thousand on in two digits and a power of ten: `1.2e4`.
pub(crate) fn count(elements: usize) -> String {
    if elements < 10_000 { elements.to_string() } else { format!("{:.1e}", elements as f64).replace(".0e", "e") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_times_have_their_unit() {
        let shown = [0.0, 3e-4, 0.1234, 1.0, 9.999, 99.96, 1234.5, 123_456.0].map(short);
        assert_eq!(shown, ["0", "3.0e-4", "0.123", "1.00", "10.0", "100", "1234", "1.2e5"]);
        let shown = [2.5e-9, 999.9e-9, 12.34e-6, 0.999_99, 59.96].map(time);
        assert_eq!(shown, ["2.50 ns", "1.00 µs", "12.3 µs", "1.00 s", "60.0 s"]);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([0, 9999, 10_000, 12_345, 1_000_000_000].map(count), ["0", "9999", "1e4", "1.2e4", "1e9"]);
    }
}
