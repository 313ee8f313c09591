//! Numbers in a file that has no word for NaN.

use serde::{Deserialize, Deserializer};

/// Reads a number, or NaN, which is written as `null`.
pub(crate) fn number<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + From<f32>,
{
    Ok(Option::deserialize(from)?.unwrap_or(f32::NAN.into()))
}

/// Reads a list of numbers, as [`number`] reads one.
pub(crate) fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let read: Vec<Option<f64>> = Vec::deserialize(from)?;
    Ok(read.into_iter().map(|each| each.unwrap_or(f64::NAN)).collect())
}
