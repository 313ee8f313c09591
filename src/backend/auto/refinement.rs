//! What a kernel learns from its own runs.

use std::time::Duration;

use super::ranking::{MOST_MEMBERS, Order};

/// Lengths from each power of two to the next are taken together.
const CLASSES: usize = usize::BITS as usize;

/// How much of what was known a new run replaces.
const NEW: f64 = 0.2;

/// Runs of a class after each of which the order is found anew, and then once in this many: it takes a microsecond.
const FIRST: u32 = 4;
const AGAIN: u32 = 16;

/// What the runs of one backend took, of lengths of one class.
#[derive(Clone, Copy, Default)]
struct Seen {
    runs: u32,
    /// For each element, in seconds: a moving average.
    seconds: f64,
}

/// What the runs of lengths of one class took.
#[derive(Clone, Copy, Default)]
struct Class {
    runs: u32,
    seen: [Seen; MOST_MEMBERS],
    /// The order by that, until it is found anew.
    order: Option<Order>,
}

/// What the runs of a kernel took.
pub(super) struct Refinement(Box<[Class; CLASSES]>);

impl Refinement {
    pub(super) fn new() -> Self {
        Refinement(Box::new([Class::default(); CLASSES]))
    }

    fn class(&mut self, len: usize) -> &mut Class {
        &mut self.0[len.max(1).ilog2() as usize]
    }

    /// Takes the time of a run. The first one of each backend is not typical: it fetches code and memory.
    pub(super) fn took(&mut self, place: usize, len: usize, time: Duration) {
        let class = self.class(len);
        class.runs = class.runs.wrapping_add(1);
        if class.runs <= FIRST || class.runs.is_multiple_of(AGAIN) {
            class.order = None;
        }
        let seen = &mut class.seen[place];
        let seconds = time.as_secs_f64() / len.max(1) as f64;
        seen.runs = seen.runs.saturating_add(1);
        seen.seconds = match seen.runs {
            0..=2 => seconds,
            // An interruption is not the backend's doing.
            _ => seen.seconds + (seconds.min(2.0 * seen.seconds) - seen.seconds) * NEW,
        };
    }

    /// Returns the order with the figures that are known in place of the predictions, in seconds a run.
    pub(super) fn order(&mut self, order: Order, len: usize, predicted: impl Fn(usize) -> f64) -> Order {
        let class = self.class(len);
        if let Some(known) = class.order {
            return known;
        }
        let seconds = |place: usize| match class.seen[place] {
            Seen { runs: 0 | 1, .. } => predicted(place),
            Seen { seconds, .. } => seconds * len as f64,
        };
        let mut places: Vec<(f64, usize)> = order.iter().map(|place| (seconds(place), place)).collect();
        if order.iter().any(|place| class.seen[place].runs > 1) {
            places.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        *class.order.insert(places.into_iter().map(|(_, place)| place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_takes_longer_than_predicted_loses_its_place() {
        let mut refinement = Refinement::new();
        let order: Order = [1, 0].into_iter().collect();
        let predicted = |place: usize| [20e-6, 10e-6][place];
        let best = |refinement: &mut Refinement, len| refinement.order(order, len, predicted).iter().next();
        assert_eq!(best(&mut refinement, 1000), Some(1));
        refinement.took(1, 1000, Duration::from_micros(50));
        assert_eq!(best(&mut refinement, 1000), Some(1), "the first run is not typical");
        refinement.took(1, 1000, Duration::from_micros(30));
        assert_eq!(best(&mut refinement, 1000), Some(0));
        // Another size is another question.
        assert_eq!(best(&mut refinement, 5000), Some(1));
        // The other one was predicted too well, too.
        (0..AGAIN).for_each(|_| refinement.took(0, 1000, Duration::from_micros(40)));
        assert_eq!(best(&mut refinement, 1000), Some(1));
    }
}
