//! The distance of a result from the oracle, in units in the last place.

/// Returns the distance of `result` from `oracle` in ULP: their difference over the spacing of `f32` numbers at the oracle,
/// which is 2⁻¹⁴⁹ among the subnormals. A correctly rounded result is off by at most 0.5.
///
/// The spacing is that of the oracle's binade (definition 2.6 of J.-M. Muller et al., *Handbook of Floating-Point
/// Arithmetic*, 2nd ed., Birkhäuser 2018). The distance is 0 between two NaNs, between equal infinities, and between an
/// infinity and an oracle that rounds to it; it is infinite if only one side is finite or NaN.
///
/// ```
/// use crossover::ulp::distance;
/// assert_eq!(distance(1.0, 1.0), 0.0);
/// assert_eq!(distance(1.0f32.next_up(), 1.0), 1.0);
/// assert_eq!(distance(0.0, f64::from(f32::from_bits(3))), 3.0);
/// ```
pub fn distance(result: f32, oracle: f64) -> f64 {
    if result.is_nan() || oracle.is_nan() {
        return if result.is_nan() == oracle.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let nearest = oracle as f32;
    if result == nearest && !nearest.is_finite() {
        return 0.0;
    }
    (f64::from(result) - oracle).abs() / spacing(oracle)
}

/// Returns the distance between neighbouring `f32` numbers in the binade of `x`.
pub(crate) fn spacing(x: f64) -> f64 {
    // The spacing is constant below the smallest normal number and above the largest number.
    let magnitude = x.abs().clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    let power_of_two = f64::from_bits(magnitude.to_bits() & (0x7ff << 52));
    power_of_two * 2.0_f64.powi(-23)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_edges_are_counted_right() {
        assert_eq!(distance(f32::MIN_POSITIVE, 0.0), (1 << 23) as f64);
        assert_eq!(distance(1.0f32.next_down(), 1.0), 0.5);
        assert_eq!(distance(f32::NAN, f64::NAN), 0.0);
        assert_eq!(distance(f32::INFINITY, 1e60), 0.0);
        assert_eq!(distance(f32::INFINITY, 1.0), f64::INFINITY);
        assert_eq!(distance(1.0, f64::NAN), f64::INFINITY);
        assert!(distance(1.0 / 3.0, 1.0 / 3.0) <= 0.5);
    }
}
