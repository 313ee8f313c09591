//! Decisions and their text.

use std::fmt;

use super::estimate::Estimate;
use super::machine::Cost;
use super::policy::{Goal, Policy, Residency};
use super::profile::Source;
use crate::backend::Kind;
use crate::text::{about, short, time};

/// The choice of a backend for a kernel and a number of elements, with its reasons.
///
/// `Display` prints a table of at most 80 columns.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Decision {
    /// The kernel's name.
    pub kernel: String,
    /// The number of elements.
    pub elements: usize,
    /// Where the arrays are.
    pub residency: Residency,
    /// The objective and the candidates.
    pub policy: Policy,
    /// The chosen backend.
    pub chosen: Kind,
    /// Every backend: the chosen one, then the other candidates in order of predicted time, then the excluded ones.
    pub candidates: Vec<Candidate>,
    /// The crossover point of each pair of candidates.
    pub crossovers: Vec<Crossover>,
    /// The source of the model's figures.
    pub source: Source,
    /// The reason for the choice, in a sentence.
    pub reason: String,
}

/// A backend and the predicted time of a run on it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Candidate {
    /// The backend.
    pub kind: Kind,
    /// The time of a run in seconds, or `None` if the backend is missing or has no cost model.
    pub predicted: Option<Estimate>,
    /// The stages of a run. Arithmetic and memory overlap, and so do the stages of a GPU's chunks: their sum may exceed the
    /// prediction.
    pub stages: Vec<Cost>,
    /// Why it is excluded, if it is.
    pub excluded: Option<String>,
}

/// The predicted crossover point of two backends.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Crossover {
    /// The slower backend from that point.
    pub from: Kind,
    /// The faster backend from that point.
    pub to: Kind,
    /// The least number of elements from which it stays ahead within the range. None: it is not ahead at the range's end.
    pub elements: Option<usize>,
    /// How near `to` comes to `from` where it never gets ahead: the least quotient of their times.
    pub closest: f64,
    /// At how many elements that is.
    pub closest_at: usize,
}

impl fmt::Display for Crossover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Crossover { from, to, closest, .. } = self;
        match self.elements {
            Some(1) => write!(f, "{to} is ahead of {from} at every size"),
            Some(elements) => write!(f, "{to} overtakes {from} at {} elements", about(elements as f64)),
            None if *closest < 1.0 => {
                let at = about(self.closest_at as f64);
                write!(f, "{to} does not stay ahead of {from}; it is {} of its time at {at}", short(*closest))
            }
            None => {
                let at = about(self.closest_at as f64);
                write!(f, "{to} does not overtake {from}: none in range, closest {} times at {at}", short(*closest))
            }
        }
    }
}

impl Decision {
    /// Returns a line such as `1000 elements, data on the host, least latency`.
    fn title(&self) -> String {
        let goal = match self.policy.goal {
            Goal::Latency => "least latency",
            Goal::Throughput => "most throughput",
        };
        format!("{} elements, data on the {}, {goal}", self.elements, self.residency)
    }
}

impl Candidate {
    /// Returns the stages in words, such as `arithmetic 3.00 µs, memory 5.00 µs`.
    fn told(&self) -> String {
        let told = self.stages.iter().map(|cost| format!("{} {}", cost.stage, time(cost.time.median)));
        told.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n", self.kernel, self.title())?;
        writeln!(f, "  {:8} {:>9}  {:>21}", "backend", "predicted", "range")?;
        for candidate in &self.candidates {
            let mark = if candidate.kind == self.chosen { '>' } else { ' ' };
            let (median, range) = candidate.predicted.map_or((String::new(), String::new()), |predicted| {
                (time(predicted.median), format!("{} – {}", time(predicted.low), time(predicted.high)))
            });
            let why = candidate.excluded.as_deref().map(first_clause).unwrap_or_default();
            let line = format!("{mark} {:8} {median:>9}  {range:>21}  {why}", candidate.kind);
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(f, "\n{}", self.reason)?;
        if let Some(chosen) = self.candidates.first().filter(|chosen| !chosen.stages.is_empty()) {
            writeln!(f, "{}: {}", chosen.kind, chosen.told())?;
        }
        for crossover in &self.crossovers {
            writeln!(f, "{crossover}")?;
        }
        write!(f, "source: {}", self.source)
    }
}

/// Returns the beginning of a long reason, as a table has room for it.
fn first_clause(reason: &str) -> &str {
    let end = reason.find([';', ':', ',']).unwrap_or(reason.len());
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossover_reads_as_a_sentence() {
        let crossover =
            Crossover { from: Kind::Simd, to: Kind::Gpu, elements: None, closest: 1.4, closest_at: 100_000_000 };
        let text = "gpu does not overtake simd: none in range, closest 1.40 times at 1e8";
        assert_eq!(crossover.to_string(), text);
        let at = Crossover { elements: Some(20_000), ..crossover };
        assert_eq!(at.to_string(), "gpu overtakes simd at 2e4 elements");
    }
}
