//! A tuner that chooses the faster of two variants by measuring both on the runs that happen anyway.
//!
//! What is faster for an array of a certain size depends on the machine's caches, memory and threads, on the formula, and on
//! what else runs: no constant knows it. So a prepared kernel tries both ways, one after the other, on its first runs of each
//! size, and keeps to the one whose best time is the better. Both give the same bits.

use std::time::{Duration, Instant};

/// How often each way is tried at least, and at most; and for how many seconds, as long as it has not been that often.
const LEAST: u16 = 5;
const MOST: u16 = 100;
const SECONDS: f32 = 1e-3;

/// How often a way that could not be tried is tried again, before it counts as tried.
const MISSES: u16 = 100;

/// After this many runs of a size at most, both ways are tried again: the machine may be doing other things by now.
const RUNS: u16 = 10_000;

/// How long a choice lasts before both ways are tried again, as a multiple of the time that it took to try the slower one.
/// A new choice lasts for the first of these; each time it is confirmed it lasts twice as long, up to the second. So a choice
/// that was made while the machine was busy is soon undone, and trials take less than 1 % of the time in the end.
const PATIENCE: [u8; 2] = [8, 128];

/// What is known about the sizes, each from a power of two to the next.
pub(crate) struct Trials([Trial; usize::BITS as usize]);

/// What is known about the sizes of a class.
#[derive(Clone, Copy)]
struct Trial {
    /// Runs since both ways were tried.
    runs: u16,
    /// The number of these after which both are tried again.
    lasts: u16,
    patience: u8,
    /// What was chosen when both were last tried.
    last: Option<Way>,
    misses: u16,
    ways: [Tried; 2],
}

/// What is known about a way.
#[derive(Clone, Copy)]
struct Tried {
    runs: u16,
    /// In all of them together.
    seconds: f32,
    /// The best time for an element, in seconds; none yet is infinite.
    best: f32,
}

/// Which of the two ways. The first is tried first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    First,
    Second,
}

impl Way {
    pub(crate) fn other(self) -> Way {
        match self {
            Way::First => Way::Second,
            Way::Second => Way::First,
        }
    }
}

/// A run whose way has been chosen.
pub(crate) struct Run {
    pub(crate) way: Way,
    pub(crate) len: usize,
    /// When it began, if its time counts.
    start: Option<Instant>,
}

impl Run {
    /// Returns whether it tries a way, rather than keeping to the better one.
    pub(crate) fn is_trial(&self) -> bool {
        self.start.is_some()
    }
}

impl Trials {
    pub(crate) fn new() -> Self {
        Trials([Trial::NEW; usize::BITS as usize])
    }

    #[inline(always)]
    fn of(&mut self, len: usize) -> &mut Trial {
        &mut self.0[len.max(1).ilog2() as usize]
    }

    /// Returns the way for a run over `len` elements that begins now, if it is no trial: what most runs are in a hurry to know.
    #[inline(always)]
    pub(crate) fn settled(&mut self, len: usize) -> Option<Way> {
        let trial = self.of(len);
        if trial.runs == 0 || trial.runs >= trial.lasts {
            return None;
        }
        trial.runs += 1;
        Some(trial.better())
    }

    /// Chooses the way for a run over `len` elements that begins now.
    pub(crate) fn begin(&mut self, len: usize) -> Run {
        let trial = self.of(len);
        if trial.runs > 0 && trial.runs >= trial.lasts {
            *trial = Trial { patience: trial.patience, last: trial.last, ..Trial::NEW };
        }
        // Not alternating: a choice leaves the arrays in the caches where it finds them the next time.
        let untried = [Way::First, Way::Second].into_iter().find(|way| !trial.ways[*way as usize].is_tried());
        match untried {
            Some(way) => Run { way, len, start: Some(Instant::now()) },
            None => {
                if trial.runs == 0 {
                    trial.settle(len);
                }
                trial.runs += 1;
                Run { way: trial.better(), len, start: None }
            }
        }
    }

    /// Takes the time of a run that ends now, unless it did not go the way it was to try.
    pub(crate) fn end(&mut self, run: Run, went: bool) {
        if let Some(start) = run.start {
            self.took(run, went, start.elapsed());
        }
    }

    /// Takes the time of a trial.
    fn took(&mut self, run: Run, went: bool, time: Duration) {
        let trial = self.of(run.len);
        if went {
            trial.ways[run.way as usize].record(run.len, time);
        } else if trial.misses < MISSES {
            trial.misses += 1;
        } else {
            trial.ways[run.way as usize].runs = MOST;
        }
    }

    /// Returns how long a run takes at best in that way, in seconds; without end if that is not known.
    pub(crate) fn expected(&mut self, len: usize, way: Way) -> f32 {
        self.of(len).ways[way as usize].best * len as f32
    }
}

impl Trial {
    const NEW: Trial = Trial { runs: 0, lasts: 0, patience: PATIENCE[0], last: None, misses: 0, ways: [Tried::NEW; 2] };

    /// Decides how long the choice lasts, by the time of a run over this many elements.
    fn settle(&mut self, len: usize) {
        let way = self.better();
        self.patience =
            if self.last == Some(way) { self.patience.saturating_mul(2).min(PATIENCE[1]) } else { PATIENCE[0] };
        self.last = Some(way);
        let (kept, lost) = (self.ways[way as usize], self.ways[way.other() as usize]);
        let runs = f32::from(self.patience) * lost.seconds / (kept.best * len as f32);
        // Of a way that could not be tried there is no time.
        let known = lost.best.is_finite() && runs.is_finite();
        self.lasts = if known { (runs.round() as u16).clamp(1, RUNS) } else { RUNS };
    }

    /// Returns the way whose best time is the better: the first, as long as none is known.
    fn better(&self) -> Way {
        if self.ways[1].best < self.ways[0].best { Way::Second } else { Way::First }
    }
}

impl Tried {
    const NEW: Tried = Tried { runs: 0, seconds: 0.0, best: f32::INFINITY };

    fn is_tried(&self) -> bool {
        self.runs >= MOST || self.runs >= LEAST && self.seconds >= SECONDS
    }

    fn record(&mut self, len: usize, time: Duration) {
        self.runs += 1;
        self.seconds += time.as_secs_f32();
        self.best = self.best.min(time.as_secs_f32() / len as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the ways that runs of a length take, if trials of one take longer.
    fn ways(trials: &mut Trials, len: usize, slow: Way, runs: usize) -> Vec<Way> {
        let mut taken = Vec::new();
        for _ in 0..runs {
            let run = trials.begin(len);
            taken.push(run.way);
            if run.is_trial() {
                let time = Duration::from_micros(if run.way == slow { 900 } else { 300 });
                trials.took(run, true, time);
            }
        }
        taken
    }

    #[test]
    fn both_are_tried_and_the_faster_is_kept() {
        use Way::{First, Second};
        for (slow, fast) in [(First, Second), (Second, First)] {
            let mut trials = Trials::new();
            let taken = ways(&mut trials, 1000, slow, 14);
            assert_eq!(taken, [vec![First; 5], vec![Second; 5], vec![fast; 4]].concat());
            assert!(trials.expected(1000, slow) > trials.expected(1000, fast));
            // Another size is another question; one of the same class is not.
            assert_eq!(ways(&mut trials, 2000, slow, 6), [vec![First; 5], vec![Second]].concat());
            assert_eq!(ways(&mut trials, 600, slow, 2), [fast, fast]);
        }
    }

    #[test]
    fn short_runs_are_tried_more_often() {
        for (time, tries) in [(Duration::from_micros(110), 20), (Duration::from_nanos(100), 2 * usize::from(MOST))] {
            let mut trials = Trials::new();
            for _ in 0..tries {
                let run = trials.begin(1);
                assert!(run.is_trial());
                trials.took(run, true, time);
            }
            assert!(!trials.begin(1).is_trial());
        }
    }

    /// Runs until both ways are tried again, after they were.
    fn settled(trials: &mut Trials, len: usize, way: Way) -> usize {
        let mut runs = 0;
        while let Some(settled) = trials.settled(len) {
            assert_eq!(settled, way);
            runs += 1;
        }
        runs
    }

    #[test]
    fn both_are_tried_again_for_a_hundredth_of_the_time() {
        let mut trials = Trials::new();
        // Five runs of 900 µs each time, eight times as long, 16 times and so on.
        for lasts in [120, 240, 480, 960, 1920, 1920] {
            ways(&mut trials, 1000, Way::Second, 11);
            assert_eq!(settled(&mut trials, 1000, Way::First), lasts - 1);
        }
        // The other is better now: it is looked at again soon.
        ways(&mut trials, 1000, Way::First, 11);
        assert_eq!(settled(&mut trials, 1000, Way::Second), 119);
    }

    #[test]
    fn a_choice_made_on_a_busy_machine_is_undone_on_a_calm_one() {
        let mut trials = Trials::new();
        ways(&mut trials, 1000, Way::Second, 11);
        let taken = ways(&mut trials, 1000, Way::First, 200);
        let before = taken.iter().position(|way| *way == Way::Second).unwrap();
        assert!(before < 130, "the other was tried after {before} runs");
        assert!(taken[before + 5..].iter().all(|way| *way == Way::Second));
    }

    #[test]
    fn short_runs_are_many_until_both_are_tried_again() {
        let mut trials = Trials::new();
        while let run = trials.begin(1)
            && run.is_trial()
        {
            trials.took(run, true, Duration::from_nanos(100));
        }
        assert_eq!(settled(&mut trials, 1, Way::First), 799);
    }

    #[test]
    fn a_run_that_went_another_way_is_no_trial() {
        let mut trials = Trials::new();
        for _ in 0..=MISSES {
            let run = trials.begin(100);
            assert_eq!(run.way, Way::First);
            trials.end(run, false);
        }
        // It never went there, so that nothing is known about it.
        assert_eq!(trials.begin(100).way, Way::Second);
    }
}
