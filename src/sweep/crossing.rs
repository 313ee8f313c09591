//! Two series, size by size: where one is ahead beyond noise, and what follows from that.

use crate::bench::interval::Interval;

/// What was found about two series.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(tag = "found", rename_all = "lowercase"))]
pub enum Found {
    /// One is slower at smaller sizes and faster at larger ones, both beyond noise.
    Overtakes {
        /// From how many elements on, or which other value of the axis, by the medians.
        at: Interval,
    },
    /// No crossover: one is never slower beyond noise, and not level with the other at the largest sizes.
    Ahead {
        /// How many times the other's time is of its own, where they come closest. Below 1 only within noise.
        times: f64,
        /// At how many elements, or which other value of the axis.
        #[cfg_attr(feature = "profile", serde(rename = "elements"))]
        at: usize,
    },
    /// Neither is faster beyond noise at the largest sizes, or at more than half of all.
    Tie {
        /// The smallest of these sizes, in elements, or of the axis' other values.
        from: usize,
        /// Whether one is ahead below it.
        ahead_below: bool,
        /// The greatest ratio of their times that the noise leaves possible at these sizes; above 1.
        within: f64,
        /// If both wait for memory: how many 10⁹ bytes a second they move at the largest size.
        memory_gb_per_s: Option<f64>,
    },
}

/// How many times the rate of large arrays a smaller size must have reached, for memory to be what they wait for.
const FALLS: f64 = 1.3;

/// A size, or another value of the axis, that two series were both measured at.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: usize,
    /// The median times.
    pub(super) seconds: [f64; 2],
    /// The logarithm of the first's time over the second's.
    pub(super) ratio: Interval,
    /// How many 10⁹ bytes a second they move.
    pub(super) rates: [f64; 2],
    /// Whether the arrays are in memory and not in a cache, as far as that is known.
    pub(super) far: bool,
}

impl Point {
    /// Returns which of the two is faster beyond noise.
    fn ahead(&self) -> Option<usize> {
        match self.ratio {
            Interval { low, .. } if low > 0.0 => Some(1),
            Interval { high, .. } if high < 0.0 => Some(0),
            _ => None,
        }
    }

    /// Returns the same with the two exchanged if it is the first that is ahead.
    fn turned(self, ahead: usize) -> Self {
        if ahead == 1 {
            return self;
        }
        let Interval { low, middle, high } = self.ratio;
        let [first, second] = self.seconds;
        Point { seconds: [second, first], ratio: Interval { low: -high, middle: -middle, high: -low }, ..self }
    }
}

/// Returns the findings about two series, each with the faster of the two.
pub(super) fn compared(points: &[Point]) -> Vec<(usize, Found)> {
    let mut found = Vec::new();
    // The last size where one is ahead beyond noise, and which.
    let mut last: Option<(usize, usize)> = None;
    for (index, point) in points.iter().enumerate() {
        let Some(ahead) = point.ahead() else { continue };
        if let Some((before, other)) = last
            && other != ahead
        {
            let between: Vec<_> = points[before..=index].iter().map(|point| point.turned(ahead)).collect();
            found.push((ahead, Found::Overtakes { at: crossing(&between) }));
        }
        last = Some((index, ahead));
    }
    let level = &points[last.map_or(0, |(index, _)| index + 1)..];
    let decided = points.iter().filter(|point| point.ahead().is_some()).count();
    match last {
        // One or two sizes among many where the noise happens to favour one.
        Some((_, ahead)) if found.is_empty() && 2 * decided < points.len() => found.push((ahead, tie(points, points))),
        // One size alone where the noise happens to be larger is no tie, unless there is no other.
        _ if !level.is_empty() && level.len() >= points.len().min(2) => {
            found.push((last.map_or(0, |(_, ahead)| ahead), tie(points, level)));
        }
        Some((_, ahead)) if found.is_empty() => found.extend(closest(points, ahead).map(|found| (ahead, found))),
        _ => {}
    }
    found
}

/// Returns where the second overtakes the first: ahead at the last of these sizes, behind at the first, at none of those
/// between.
fn crossing(points: &[Point]) -> Interval {
    let rises = |of: fn(&Interval) -> f64| {
        let pairs = points.windows(2).filter(move |pair| of(&pair[0].ratio) <= 0.0 && of(&pair[1].ratio) > 0.0);
        pairs.map(move |pair| zero([pair[0], pair[1]], of))
    };
    let nowhere = [f64::NAN; 2];
    let first = rises(|ratio| ratio.high).next().unwrap_or(nowhere);
    let middle = rises(|ratio| ratio.middle).next_back().unwrap_or(nowhere);
    let last = rises(|ratio| ratio.low).next_back().unwrap_or(nowhere);
    Interval { low: first[0].min(first[1]), middle: middle[0], high: last[0].max(last[1]) }
}

/// Returns the size between two others at which the ratio is 1: straight between logarithms, and straight between times.
fn zero(points: [Point; 2], of: fn(&Interval) -> f64) -> [f64; 2] {
    let xs = points.map(|point| point.x as f64);
    let between = |[from, to]: [f64; 2], [below, above]: [f64; 2]| from + (to - from) * below / (below - above);
    let logs = points.map(|point| of(&point.ratio));
    // How many seconds the first takes more, if the ratio is such.
    let seconds = points.map(|point| point.seconds[1] * of(&point.ratio).exp_m1());
    [between(xs.map(f64::ln), logs).exp(), between(xs, seconds)]
}

/// Returns where the one that is ahead is so by least.
fn closest(points: &[Point], ahead: usize) -> Option<Found> {
    let turned = points.iter().map(|point| point.turned(ahead));
    let least = turned.min_by(|a, b| a.ratio.middle.total_cmp(&b.ratio.middle))?;
    Some(Found::Ahead { times: least.ratio.middle.exp(), at: least.x })
}

/// Returns that neither is ahead at the sizes `level`, the last of all, or at most of them.
fn tie(points: &[Point], level: &[Point]) -> Found {
    let widest = level
        .iter()
        .filter(|point| point.ahead().is_none())
        .map(|point| point.ratio.high.max(-point.ratio.low))
        .fold(0.0, f64::max);
    let fastest = points.iter().flat_map(|point| point.rates).fold(0.0, f64::max);
    let memory = level.last().filter(|point| point.far).and_then(|point| {
        let rate = (point.rates[0] + point.rates[1]) / 2.0;
        // Work that the cores cannot do faster continues at the rate that it had in the caches; waiting for memory does not.
        (fastest >= FALLS * rate).then_some(rate)
    });
    Found::Tie {
        from: level.first().map_or(0, |point| point.x),
        ahead_below: level.len() < points.len(),
        within: widest.exp(),
        memory_gb_per_s: memory,
    }
}
