//! Which backend is the best for a kernel, at every length.

use super::decision::{Candidate, Crossover, Decision};
use super::demand::Demand;
use super::estimate::Estimate;
use super::machine::{Line, Prediction};
use super::members::{CostModel, Inner};
use super::policy::{Goal, Residency};
use crate::backend::Kind;
use crate::kernel::Kernel;
use crate::text::time;

/// The maximum number of backends to choose among.
pub(super) const MOST_MEMBERS: usize = 8;

/// Elements up to which crossovers are looked for.
pub const RANGE: usize = 1_000_000_000;

/// Predictions so near to the best count as equal: the plainer backend is chosen then, which leaves the other cores and the
/// GPU to others.
const EQUAL: f64 = 1.01;

/// How far off the model is, down and up, where its figures are right: of the 336 cases of two runs of `crossover regret` on a
/// machine that was just calibrated, the middle nine tenths took 0.8 to 2.5 times what was predicted. Those that took the
/// longest were random formulas whose arguments are rare ones.
const MODEL: (f64, f64) = (1.25, 2.5);

/// The lengths at which the backends are compared: this many from each to twice as many elements. Where the best one changes
/// between two, the place is looked for exactly.
const STEPS: f64 = 4.0;

/// Predicts the runs of a kernel on one backend.
enum Predictor<'a> {
    /// By the machine.
    Machine(Line<'a>),
    /// By a cost model of its own.
    Own(&'a dyn CostModel, &'a Kernel),
}

impl Predictor<'_> {
    fn at(&self, len: usize, residency: Residency, goal: Goal) -> Prediction {
        match self {
            Predictor::Machine(line) => line.at(len, residency, goal),
            Predictor::Own(model, kernel) => Prediction::of(Estimate::exact(model.seconds(kernel, len, residency))),
        }
    }
}

/// The backends for a kernel, as far as they can be predicted.
pub(super) struct Ranking<'a> {
    inner: &'a Inner,
    kernel: &'a Kernel,
    residency: Residency,
    goal: Goal,
    /// For each backend that may be chosen, its place among the members.
    lines: Vec<(usize, Predictor<'a>)>,
    /// For each that may not.
    others: Vec<(usize, Predictor<'a>)>,
    /// Those without a cost model.
    unknown: Vec<usize>,
}

/// Backends by their places among the members, the best first. Most machines have four.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Order {
    places: [u8; MOST_MEMBERS],
    count: u8,
}

impl Order {
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        self.places.into_iter().take(self.count.into()).map(usize::from)
    }

    fn first(self) -> Option<usize> {
        self.iter().next()
    }
}

impl FromIterator<usize> for Order {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut order = Order::default();
        for (to, place) in order.places.iter_mut().zip(places) {
            *to = place as u8;
            order.count += 1;
        }
        order
    }
}

/// From which length on which order holds, in ascending order; the first starting at 0.
#[derive(Clone, Debug)]
pub(super) struct Table(Vec<(usize, Order)>);

impl Table {
    /// Returns those that are the best at some length.
    pub(super) fn firsts(&self) -> Vec<usize> {
        let mut firsts: Vec<usize> = self.0.iter().filter_map(|(_, order)| order.first()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        firsts
    }

    #[inline(always)]
    pub(super) fn order(&self, len: usize) -> Order {
        // A handful of entries, of which most lengths want one near the front.
        let next = self.0.iter().position(|(from, _)| *from > len).unwrap_or(self.0.len());
        self.0.get(next.saturating_sub(1)).map(|(_, order)| *order).unwrap_or_default()
    }
}

impl<'a> Ranking<'a> {
    pub(super) fn new(inner: &'a Inner, kernel: &'a Kernel, demand: &'a Demand, residency: Residency) -> Self {
        let (mut lines, mut others, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (place, member) in inner.members.iter().enumerate() {
            let own = member.cost.as_deref().map(|cost| Predictor::Own(cost, kernel));
            let line = own.or_else(|| inner.machine.line(member.info.kind, demand).map(Predictor::Machine));
            match (line, inner.excluded(member)) {
                (Some(line), None) => lines.push((place, line)),
                (Some(line), Some(_)) => others.push((place, line)),
                (None, _) => unknown.push(place),
            }
        }
        Ranking { inner, kernel, residency, goal: inner.policy.goal, lines, others, unknown }
    }

    fn kind(&self, place: usize) -> Kind {
        self.inner.members[place].info.kind
    }

    fn predict(&self, line: &Predictor<'_>, len: usize) -> Prediction {
        line.at(len, self.residency, self.goal)
    }

    /// Returns what a run is expected to take on average, in seconds.
    pub(super) fn mean(&self, place: usize, len: usize) -> f64 {
        let line = self.lines.iter().find(|(other, _)| *other == place);
        line.map_or(f64::INFINITY, |(_, line)| self.predict(line, len).total.mean())
    }

    /// Returns the backends that may be chosen, the best first.
    pub(super) fn order(&self, len: usize) -> Order {
        let mut all: Vec<(f64, usize)> = Vec::with_capacity(self.lines.len());
        all.extend(self.lines.iter().map(|(place, line)| (self.predict(line, len).total.mean(), *place)));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((least, _)) = all.first().copied() {
            let plainest =
                (0..all.len()).filter(|index| all[*index].0 <= least * EQUAL).min_by_key(|index| all[*index].1);
            all[..=plainest.unwrap_or(0)].rotate_right(1);
        }
        all.into_iter().map(|(_, place)| place).collect()
    }

    /// Returns the order at every length.
    pub(super) fn table(&self) -> Table {
        let mut table = vec![(0, self.order(1))];
        let mut last = 1;
        for len in lengths() {
            let order = self.order(len);
            if order.first() != table[table.len() - 1].1.first() {
                let from = first(last, len, |len| self.order(len).first() == order.first());
                table.push((from, order));
            }
            last = len;
        }
        Table(table)
    }

    /// Returns the best backend for each range of lengths, as `(first length, backend)`.
    pub(super) fn choices(&self) -> Vec<(usize, Kind)> {
        let best = |(from, order): (usize, Order)| order.first().map(|place| (from.max(1), self.kind(place)));
        self.table().0.into_iter().filter_map(best).collect()
    }

    /// Returns the crossover point of each pair of backends.
    pub(super) fn crossovers(&self) -> Vec<Crossover> {
        let pairs =
            self.lines.iter().enumerate().flat_map(|(n, from)| self.lines[n + 1..].iter().map(move |to| (from, to)));
        pairs.map(|(from, to)| self.crossover(from, to)).collect()
    }

    fn crossover(&self, from: &(usize, Predictor<'a>), to: &(usize, Predictor<'a>)) -> Crossover {
        let quotient = |len: usize| {
            let time = |line: &Predictor<'_>| self.predict(line, len).total.median;
            time(&to.1) / time(&from.1)
        };
        // Not by the width of a hair: what ties is not ahead.
        let ahead = |len: usize| quotient(len) * EQUAL < 1.0;
        let all: Vec<usize> = std::iter::once(1).chain(lengths()).collect();
        let behind = all.iter().rposition(|len| !ahead(*len));
        let elements = match behind {
            None => Some(1),
            Some(last) => all.get(last + 1).map(|next| first(all[last], *next, ahead)),
        };
        let closest = all.iter().map(|len| (quotient(*len), *len)).min_by(|a, b| a.0.total_cmp(&b.0));
        let (closest, closest_at) = closest.unwrap_or((f64::NAN, 1));
        Crossover { from: self.kind(from.0), to: self.kind(to.0), elements, closest, closest_at }
    }

    /// Returns everything there is to say about one length.
    pub(super) fn decision(&self, len: usize) -> Decision {
        let order: Vec<usize> = self.order(len).iter().collect();
        let candidate = |place: usize, line: &Predictor<'_>, excluded: Option<String>| {
            let predicted = self.predict(line, len);
            let total = predicted.total.widened(MODEL);
            Candidate { kind: self.kind(place), predicted: Some(total), stages: predicted.costs(), excluded }
        };
        let line = |place: usize| self.lines.iter().find(|(other, _)| *other == place);
        let mut candidates: Vec<Candidate> =
            order.iter().filter_map(|place| line(*place)).map(|(place, line)| candidate(*place, line, None)).collect();
        for (place, line) in &self.others {
            let why = self.inner.excluded(&self.inner.members[*place]).map(str::to_owned);
            candidates.push(candidate(*place, line, why));
        }
        for place in &self.unknown {
            let excluded = Some("there is no cost model for it".to_owned());
            candidates.push(Candidate { kind: self.kind(*place), predicted: None, stages: Vec::new(), excluded });
        }
        for (kind, reason) in &self.inner.absent {
            let excluded = Some(reason.to_string());
            candidates.push(Candidate { kind: *kind, predicted: None, stages: Vec::new(), excluded });
        }
        let chosen = order.first().map_or(Kind::Loop, |place| self.kind(*place));
        Decision {
            kernel: self.kernel.title(),
            elements: len,
            residency: self.residency,
            policy: self.inner.policy,
            chosen,
            reason: self.reason(&candidates),
            candidates,
            crossovers: self.crossovers(),
            source: self.inner.source.clone(),
        }
    }

    /// Returns why the first of the candidates, in a sentence.
    fn reason(&self, candidates: &[Candidate]) -> String {
        let eligible: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.excluded.is_none()).collect();
        let [best, rest @ ..] = &*eligible else { return "there is no backend".to_owned() };
        let Some(next) = rest.first() else { return format!("{} is the only one that may be chosen.", best.kind) };
        let median = |candidate: &Candidate| candidate.predicted.map_or(f64::NAN, |predicted| predicted.median);
        let (ahead, takes) = (median(next) / median(best), time(median(best)));
        if ahead <= EQUAL && best.kind < next.kind {
            return format!("{} and {} take as long, {takes}; the plainer one is chosen.", best.kind, next.kind);
        }
        let largest = best.stages.iter().max_by(|a, b| a.time.median.total_cmp(&b.time.median));
        let most = largest.map_or_else(String::new, |cost| format!(", most of it {}", cost.stage));
        format!("{} takes {takes}{most}: {} takes {ahead:.2} times as long.", best.kind, next.kind)
    }
}

/// Returns the lengths to compare at, starting at 2, in ascending order.
fn lengths() -> impl Iterator<Item = usize> {
    let steps = (RANGE as f64).log2() * STEPS;
    let all = (1..=steps.floor() as i32).map(|step| (f64::from(step) / STEPS).exp2().round() as usize);
    let mut last = 1;
    all.chain([RANGE]).filter(move |len| {
        let new = *len > last;
        last = last.max(*len);
        new
    })
}

/// Returns the least length of `from + 1..=to` from which something holds that holds at `to`, but not at `from`, if it
/// changes but once.
fn first(mut from: usize, mut to: usize, holds: impl Fn(usize) -> bool) -> usize {
    while to - from > 1 {
        let middle = from + (to - from) / 2;
        if holds(middle) { to = middle } else { from = middle }
    }
    to
}
