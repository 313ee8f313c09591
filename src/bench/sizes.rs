//! How many elements the arrays have.

use std::str::FromStr;

use crate::error::{Error, Result};

/// The most sizes in a sweep.
const MOST: usize = 10_000;
/// From here on an `f64` does not hold every whole number; far more elements than any memory has.
const LARGEST: f64 = (1_u64 << 53) as f64;

/// Element counts, ascending, each once, none of them 0.
///
/// Parsed from a list such as `1000,2e4,1_000_000`, or from `geomspace:a:b:k`: `k` counts from `a` to `b`, each the same
/// factor above the one before.
///
/// ```
/// use crossover::sweep::Sizes;
/// let sizes: Sizes = "geomspace:100:1e4:3".parse()?;
/// assert!(sizes.iter().eq([100, 1000, 10_000]));
/// # Ok::<(), crossover::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sizes(Vec<usize>);

impl Sizes {
    /// Creates the list of these counts.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there are none, more than 10 000, or one of them is 0.
    pub fn new(counts: impl Into<Vec<usize>>) -> Result<Self> {
        let mut counts = counts.into();
        counts.sort_unstable();
        counts.dedup();
        if counts.is_empty() || counts.len() > MOST {
            return Err(invalid(&format!("{} sizes", counts.len()), &format!("give 1 to {MOST} of them")));
        }
        if counts[0] == 0 {
            return Err(invalid("0", "an array to measure has at least 1 element"));
        }
        Ok(Sizes(counts))
    }

    /// Returns the number of sizes there are; at least one.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the counts, from the smallest to the largest.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// Returns the largest count.
    pub fn largest(&self) -> usize {
        self.iter().last().unwrap_or(1)
    }
}

/// N×N elements for ten N from 100 to 1000, each the same factor above the one before, rounded.
impl Default for Sizes {
    fn default() -> Self {
        Sizes(geomspace(100.0, 1000.0, 10).map(|n| (n.round() * n.round()) as usize).collect())
    }
}

impl FromStr for Sizes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Sizes> {
        match text.strip_prefix("geomspace:") {
            Some(rest) => {
                let parts: Vec<_> = rest.split(':').collect();
                let [from, to, steps] = parts[..] else {
                    return Err(invalid(text, "write geomspace:a:b:k, for k sizes from a to b elements"));
                };
                let steps = count(steps)?;
                if !(1..=MOST).contains(&steps) {
                    return Err(invalid(text, &format!("ask for 1 to {MOST} sizes")));
                }
                let (from, to) = (count(from)?, count(to)?);
                let counts = geomspace(from as f64, to as f64, steps).map(|n| n.round() as usize);
                Sizes::new(counts.collect::<Vec<_>>())
            }
            None => Sizes::new(text.split(',').map(count).collect::<Result<Vec<_>>>()?),
        }
    }
}

/// Returns `steps` numbers from `from` to `to`, each the same factor above the one before: numpy's function of that name.
fn geomspace(from: f64, to: f64, steps: usize) -> impl Iterator<Item = f64> {
    let last = steps.saturating_sub(1).max(1) as f64;
    (0..steps).map(move |step| from * (to / from).powf(step as f64 / last))
}

/// Returns a count of at least 1, such as `1000`, `2e4` or `1_000_000`.
fn count(text: &str) -> Result<usize> {
    let text = text.trim();
    let number: f64 = match text.replace('_', "").parse() {
        Ok(number) => number,
        Err(_) => return Err(invalid(text, "write a whole number, such as 1000, 2e4 or 1_000_000")),
    };
    if number.fract() != 0.0 || number < 1.0 || number.is_nan() {
        return Err(invalid(text, "write a whole number from 1 on"));
    }
    if number > LARGEST || number > usize::MAX as f64 {
        return Err(invalid(text, "no memory holds as many elements; write a smaller number"));
    }
    Ok(number as usize)
}

fn invalid(given: &str, expected: &str) -> Error {
    Error::Invalid { what: "size", given: given.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<usize> {
        text.parse::<Sizes>().unwrap().iter().collect()
    }

    #[test]
    fn lists_and_geometric_ranges_parse() {
        assert_eq!(parsed("1000,2e4, 1_000_000"), [1000, 20_000, 1_000_000]);
        assert_eq!(parsed("30,10,30"), [10, 30]);
        assert_eq!(parsed("geomspace:1:1e6:3"), [1, 1000, 1_000_000]);
        assert_eq!(parsed("geomspace:50:50:1"), [50]);
        // numpy.round(numpy.geomspace(100, 1000, 10)): to the nearest, up or down.
        assert_eq!(parsed("geomspace:100:1e3:10"), [100, 129, 167, 215, 278, 359, 464, 599, 774, 1000]);
        assert_eq!(parsed("geomspace:1e4:100:2"), [100, 10_000]);
    }

    #[test]
    fn the_default_is_that_of_numpy() {
        // numpy.round(numpy.geomspace(100, 1000, 10))
        let sides = [100, 129, 167, 215, 278, 359, 464, 599, 774, 1000];
        assert!(Sizes::default().iter().eq(sides.map(|n: usize| n * n)));
    }

    #[test]
    fn what_is_no_size_is_named_with_what_is() {
        let wrong = ["", ",", "0", "-5", "1.5", "ten", "nan", "inf", "1e30", "geomspace:1:2", "geomspace:0:9:3"];
        for text in wrong.into_iter().chain(["geomspace:1:9:0", "geomspace:1:9:1e9", "1000,,2000"]) {
            let error = text.parse::<Sizes>().unwrap_err();
            assert!(matches!(error, Error::Invalid { what: "size", .. }), "{text}: {error}");
        }
        let error = "1000,x7".parse::<Sizes>().unwrap_err().to_string();
        assert!(error.contains("`x7`") && error.contains("whole number"), "{error}");
    }
}
