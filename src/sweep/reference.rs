//! The times of the reference work beside a measurement.

/// How long the reference took before each trial of a measurement.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Reference {
    /// How many threads did the work, each all of it: as many as what was measured has.
    pub threads: usize,
    /// Seconds that the work took, in the order of the trials.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::numbers"))]
    pub seconds: Vec<f64>,
}
