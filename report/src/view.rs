//! A workload's measurements on one scale.

use crossover::message::{grouped, percent, time};
use crossover::sweep::{Analysis, Axis, Measurement, Report, Series};

use super::axis::{spread, ticks};
use super::chart::{self, CEILING, Frame, Taken};
use super::drawing::{Anchor, GREY, Group, Node, Paint, Point, SIZE, Spot, Text};
use super::look::Look;
use super::mark::Mark;
use super::measured::{bound_seconds, ceiling};
use super::scale::{At, Scale};

/// The width of the line of what the machine allows.
pub(super) const CEILING_WIDTH: f64 = 6.0;
/// Its key among those of series.
pub(super) const CEILING_KEY: &str = "ceiling";

/// What there is to draw of a workload on a scale, and where.
pub(super) struct View<'a> {
    report: &'a Report,
    analysis: &'a Analysis,
    /// The workload's measurements, ascending.
    ours: &'a [At<'a>],
    scale: &'a Scale,
    frame: Frame,
    /// What the machine allows.
    bound: Vec<Point>,
}

impl<'a> View<'a> {
    /// Chooses the range of the vertical axis, and takes that of the horizontal one and the place from `frame`.
    pub fn new(
        report: &'a Report,
        analysis: &'a Analysis,
        ours: &'a [At<'a>],
        scale: &'a Scale,
        frame: &Frame,
    ) -> View<'a> {
        let limited = |at: &&At<'_>| ceiling(report).is_some_and(|(series, _)| series.is(at.each));
        let bound = ours.iter().filter(limited).filter_map(|at| scale.point(*at, bound_seconds(at.each)?)).collect();
        let mut view = View { report, analysis, ours, scale, frame: frame.clone(), bound };
        let ends = |at: &At<'_>| [at.each.seconds.q05, at.each.seconds.q95].map(|seconds| scale.point(*at, seconds));
        let ideal = ours.iter().map(|at| view.ideal(*at));
        let points = ours.iter().flat_map(ends).chain(ideal).flatten().chain(view.bound.iter().copied());
        let heights = points.map(|(_, y)| y).chain(scale.is_relative().then_some(1.0));
        view.frame.ys = spread(heights, 1.4);
        view
    }

    /// Draws the scale's axis and everything that stands on it. The series have their names right of `named`, if there is room.
    /// The markers have titles if `titled`.
    pub fn draw(&self, series: &[Series], named: Option<f64>, titled: bool) -> Vec<Node> {
        let frame = &self.frame;
        let mut nodes = frame.up(&ticks(&frame.ys, 3), self.scale.label, self.scale.axis);
        if !self.ours.iter().any(|at| self.scale.median(*at).is_some()) {
            let at = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
            nodes.push(Node::Text(Text::new("nothing to show", at, Anchor::Middle).grey()));
            return nodes;
        }
        if self.scale.is_relative() {
            let ends = vec![(frame.left, frame.y(1.0)), (frame.right, frame.y(1.0))];
            nodes.push(Node::line("one", Paint::line(GREY, 1.0).dashed(Some((5.0, 4.0))), ends));
        }
        if !self.bound.is_empty() {
            let paint = Paint::line(CEILING, CEILING_WIDTH);
            let line = Node::line("ceiling", paint, frame.all(self.bound.iter().copied()));
            nodes.push(Node::Group(Group::new("limit", vec![line]).with("series", CEILING_KEY)));
        }
        let lines: Vec<_> = series.iter().filter_map(|series| self.line(*series, titled)).collect();
        let ends = lines.iter().map(|(series, end, _)| (*series, *end)).collect();
        nodes.extend(lines.into_iter().map(|(.., line)| line));
        let mut taken = Taken::default();
        nodes.extend(named.map(|left| names(ends, left, frame.bottom, &mut taken)).unwrap_or_default());
        let line = |series| self.of(series).filter_map(|at| self.scale.median(at)).collect();
        let workload = self.ours.first().map_or("", |at| &at.each.workload);
        let marks = Mark::all(&self.analysis.crossovers, workload, line);
        nodes.extend(marks.iter().map(|mark| mark.draw(self.report.axis, frame, &mut taken)));
        nodes.extend(self.ours.iter().filter_map(|at| self.share(*at, &mut taken)));
        nodes
    }

    /// Returns the measurements of a series.
    fn of(&self, series: Series) -> impl Iterator<Item = At<'a>> {
        self.ours.iter().copied().filter(move |at| series.is(at.each))
    }

    /// Draws one series' band, median and markers. Returns them with the end of the line.
    fn line(&self, series: Series, titled: bool) -> Option<(Series, Point, Node)> {
        let ours = || self.of(series).filter(|at| self.scale.median(*at).is_some());
        let through = |seconds: fn(&Measurement) -> f64| {
            self.frame.all(ours().filter_map(|at| self.scale.point(at, seconds(at.each))))
        };
        let (low, high) = (through(|each| each.seconds.q05), through(|each| each.seconds.q95));
        let median = through(|each| each.seconds.q50);
        let end = *median.last()?;
        let look = Look::of(series);
        let spots = ours().zip(&median).map(|(at, place)| {
            let title = if titled { self.title(series, at) } else { String::new() };
            Spot { at: *place, row: Some(at.row), title }
        });
        let band = low.into_iter().chain(high.into_iter().rev()).collect();
        let ideal = self.frame.all(ours().filter_map(|at| self.ideal(at)));
        let nodes = vec![
            Node::line("ideal", Paint::line(GREY, 1.0), ideal),
            Node::polygon("band", Paint::filling(look.color).faded(0.22), band),
            Node::line("line", look.line(), median.clone()),
            chart::marks(&look, spots.collect()),
        ];
        Some((series, end, Node::Group(chart::group(series, nodes))))
    }

    /// Returns what a marker stands for, in words.
    fn title(&self, series: Series, at: At<'_>) -> String {
        let (seconds, place) = (at.each.seconds, self.report.axis.at(&grouped(at.each.x())));
        let end = |end: f64| if end.is_finite() { time(end) } else { "?".to_owned() };
        let [low, high] = [seconds.q05, seconds.q95].map(end);
        format!("{series}, {place}: {} (5–95 %: {low} – {high})", time(seconds.q50))
    }

    /// Returns t(1)/(n·t(n)), in a sweep over threads.
    fn efficiency(&self, at: At<'_>) -> Option<f64> {
        Some(at.speedup.filter(|_| self.report.axis == Axis::Threads)? / at.x())
    }

    /// Returns where a measurement would be if n threads were n times as fast as one.
    fn ideal(&self, at: At<'_>) -> Option<Point> {
        self.scale.point(at, at.each.seconds.q50 * self.efficiency(at)?)
    }

    /// Draws the efficiency of a measurement on several threads, above its marker or else below it, if there is room.
    fn share(&self, at: At<'_>, taken: &mut Taken) -> Option<Node> {
        let efficiency = self.efficiency(at).filter(|_| at.each.x() > 1)?;
        let end = |seconds| Some(self.frame.at(self.scale.point(at, seconds)?));
        let ((x, one), (_, other)) = (end(at.each.seconds.q05)?, end(at.each.seconds.q95)?);
        let text = |y| Text { size: 12.0, ..Text::new(percent(efficiency), (x, y), Anchor::Middle).class("share") };
        let places = [one.min(other) - 10.0, one.max(other) + 20.0].map(text);
        let text = places.into_iter().find(|text| taken.take(text.extent()))?;
        let series = self.report.as_series(at.each.backend, at.each.regime);
        Some(Node::Group(chart::group(series, vec![Node::Text(text)])))
    }
}

/// Draws the names at the lines' ends, right of `left`, apart from each other and above `bottom`.
fn names(mut ends: Vec<(Series, Point)>, left: f64, bottom: f64, taken: &mut Taken) -> Vec<Node> {
    const GAP: f64 = 16.0;
    ends.sort_by(|(_, one), (_, other)| one.1.total_cmp(&other.1));
    let mut heights: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
    for index in 1..heights.len() {
        heights[index] = heights[index].max(heights[index - 1] + GAP);
    }
    let mut free = bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(free);
        free = *height - GAP;
    }
    let name = |((series, (x, y)), height): ((Series, Point), f64)| {
        let text = Text::new(series.to_string(), (left + 10.0, height + 0.35 * SIZE), Anchor::Start);
        taken.take(text.extent());
        let lead = Node::line("lead", Paint::line(chart::LEAD, 1.0), vec![(x + 8.0, y), (left + 6.0, height)]);
        Node::Group(chart::group(series, vec![lead, Node::Text(text.class("name"))]))
    };
    ends.into_iter().zip(heights).map(name).collect()
}
