//! The measurements as a plot: a panel for each workload, with what was measured against elements or what else varies, both on
//! logarithmic axes; and below the lines, what the machine allows.
//!
//! The SVG has each panel on several [scales](Scale), of which a page shows one at a time, and elsewhere only the first shows.
//! Every part of a series is in a group with the attribute `data-series`, and every marker has in `data-row` the index of its
//! measurement.

use std::io;

use crossover::Workload;
use crossover::message::{grouped, percent, time};
use crossover::sweep::{Analysis, Axis, Found, Measurement, Report, Series};

use super::axis::{across, against, described, label, rate, spread, tick_time, ticks};
use super::chart::{self, AXIS, CEILING, Frame, Head, Swatch, Taken};
use super::drawing::{Anchor, Drawing, GREY, Group, Node, Paint, Point, SIZE, Spot, Text};
use super::font::{fitted, width_of};
use super::look::Look;
use super::mark::Mark;
use super::measured::{bound_seconds, ceiling};

/// Returns the plot as SVG.
pub fn svg_text(report: &Report, analysis: &Analysis) -> String {
    drawing(report, analysis, false).svg()
}

/// Writes the plot as PNG, twice as large, for screens with small pixels.
///
/// # Errors
///
/// Any error of the writer.
pub fn png(report: &Report, analysis: &Analysis, to: impl io::Write) -> io::Result<()> {
    drawing(report, analysis, false).png(to)
}

/// The width of what the machine allows.
const CEILING_WIDTH: f64 = 6.0;
/// What is added to the horizontal axis where lines cross.
const CROSSED: &str = "; a ring is where one overtakes another, its bar the 95 % interval";

/// The key of the line of what the machine allows, among those of series.
pub(super) const CEILING_KEY: &str = "ceiling";

/// A measurement in a plot.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    each: &'a Measurement,
    row: usize,
    speedup: Option<f64>,
}

/// What is plotted: `of` makes it from a measurement and a time.
pub(super) struct Scale {
    pub key: &'static str,
    pub name: &'static str,
    axis: &'static str,
    label: fn(f64) -> String,
    of: fn(At<'_>, f64) -> f64,
}

const SCALES: [Scale; 4] = [
    Scale {
        key: "time",
        name: "time of a run",
        axis: "time of a run, median and 5–95 %",
        label: tick_time,
        of: |_, seconds| seconds,
    },
    Scale {
        key: "ns",
        name: "ns per element",
        axis: "ns per element",
        label: rate,
        of: |at, seconds| 1e9 * seconds / at.each.elements as f64,
    },
    Scale {
        key: "rate",
        name: "GB/s",
        axis: "GB/s read and written",
        label: rate,
        of: |at, seconds| at.each.gb_per_s * at.each.seconds.q50 / seconds,
    },
    Scale {
        key: SPEEDUP,
        name: "speed-up",
        axis: "times as fast as the loop",
        label: rate,
        of: |at, seconds| at.speedup.map_or(f64::NAN, |times| times * at.each.seconds.q50 / seconds),
    },
];
const SPEEDUP: &str = "speedup";

/// Returns the scales that a report has values for.
pub(super) fn scales(report: &Report, analysis: &Analysis) -> Vec<Scale> {
    let compared = analysis.speedups.iter().any(Option::is_some);
    let baseline =
        if report.axis == Axis::Threads { "times as fast as one thread" } else { "times as fast as the loop" };
    let named = |scale: Scale| if scale.key == SPEEDUP { Scale { axis: baseline, ..scale } } else { scale };
    SCALES.into_iter().filter(|scale| scale.key != SPEEDUP || compared).map(named).collect()
}

/// Returns the lines that can be switched off, as they stand in a legend, with the keys of their groups.
pub(super) fn switches(report: &Report) -> Vec<(String, Swatch, String)> {
    let series = chart::series(report);
    let keys = series.iter().map(|each| super::look::key(*each)).chain([CEILING_KEY.to_owned()]);
    keys.zip(legend(report, &series)).map(|(key, (swatch, label))| (key, swatch, label)).collect()
}

fn legend(report: &Report, series: &[Series]) -> Vec<(Swatch, String)> {
    let line = Swatch::Line("limit", "ceiling", Paint::line(CEILING, CEILING_WIDTH));
    chart::legend(series).into_iter().chain(ceiling(report).map(|(_, label)| (line, label))).collect()
}

/// Draws the plot, wide or for a phone.
pub(super) fn drawing(report: &Report, analysis: &Analysis, narrow: bool) -> Drawing {
    let workloads = report.workloads();
    let columns = if workloads.len() > 1 && !narrow { 2 } else { 1 };
    let (width, height) = match (narrow, columns) {
        (true, _) => (360.0, 340.0),
        (_, 1) => (900.0, 560.0),
        _ => (640.0, 460.0),
    };
    let whole = columns as f64 * width;
    let title = match workloads[..] {
        [] => "Nothing was measured".to_owned(),
        _ => format!("Time against {}", against(report)),
    };
    let series = chart::series(report);
    let head = Head::new(&title, report, &legend(report, &series), whole);
    let plot = Plot { report, analysis, series, scales: scales(report, analysis), width, height, narrow };
    let rows = workloads.len().div_ceil(columns);
    let panels = workloads.iter().enumerate().map(|(index, workload)| {
        let at = ((index % columns) as f64 * width, head.height + (index / columns) as f64 * height);
        plot.panel(workload, at)
    });
    let height = head.height + rows as f64 * height;
    let nodes = [Node::paper(whole, height), head.node].into_iter().chain(panels.map(Node::Group)).collect();
    Drawing { class: if narrow { "plot narrow" } else { "plot wide" }, name: title, width: whole, height, nodes }
}

struct Plot<'a> {
    report: &'a Report,
    analysis: &'a Analysis,
    series: Vec<Series>,
    scales: Vec<Scale>,
    /// The size of a panel.
    width: f64,
    height: f64,
    narrow: bool,
}

impl Plot<'_> {
    fn panel(&self, workload: &str, at: Point) -> Group {
        let report = self.report;
        let named = named(workload);
        let margin = if self.narrow { 12.0 } else { 24.0 };
        let caption = fitted(&named, 15.0, self.width - 2.0 * margin);
        let caption = Text::new(caption, (margin, 22.0), Anchor::Start).class("caption");
        let longest = self.series.iter().map(|each| width_of(&each.to_string(), SIZE, false)).fold(0.0, f64::max);
        // Names beside the lines where there is room for them; else the legend alone has them.
        let beside = if longest + 26.0 < 0.34 * self.width && !self.narrow { longest + 26.0 } else { 14.0 };
        let xs = self.of(workload, None).map(|at| at.each.x() as f64);
        let mut frame = Frame {
            left: margin + AXIS,
            top: 58.0,
            right: self.width - beside - 8.0,
            bottom: self.height,
            xs: spread(xs, 1.2),
            ys: 1.0..10.0,
        };
        let crossed = self
            .analysis
            .crossovers
            .iter()
            .any(|each| each.workload == workload && matches!(each.found, Found::Overtakes { .. }));
        let name = format!("{}{}", described(report.axis), if crossed { CROSSED } else { "" });
        frame = frame.above(&name);
        let ticks = across(report, &frame.xs, if self.narrow { 3 } else { 4 });
        let mut nodes = vec![Node::Text(Text { size: 15.0, ..caption })];
        nodes.extend(frame.across(&ticks, |x| label(report.axis, x), &name));
        for (index, scale) in self.scales.iter().enumerate() {
            let nodes_of = self.scale(workload, scale, &mut frame, index == 0);
            let group = Group { hidden: index > 0, ..Group::new("scale", nodes_of) };
            nodes.push(Node::Group(group.with("scale", scale.key)));
        }
        let size = format!("{} {} {} {}", at.0, at.1, self.width, self.height);
        Group { at, ..Group::new("panel", nodes).with("workload", workload).with("box", size).with("name", named) }
    }

    /// Returns a workload's measurements, of all series or of one, ascending.
    fn of(&self, workload: &str, series: Option<Series>) -> impl Iterator<Item = At<'_>> {
        let all = self.report.measurements.iter().enumerate().zip(&self.analysis.speedups);
        let ours =
            all.filter(|((_, each), _)| each.workload == workload && series.is_none_or(|series| series.is(each)));
        let mut ours: Vec<_> = ours.map(|((row, each), speedup)| At { each, row, speedup: *speedup }).collect();
        ours.sort_by_key(|at| at.each.x());
        ours.into_iter()
    }

    /// Draws everything whose height depends on the scale.
    fn scale(&self, workload: &str, scale: &Scale, frame: &mut Frame, titled: bool) -> Vec<Node> {
        let of = |at: At<'_>, seconds: f64| Some((at.each.x() as f64, (scale.of)(at, seconds))).filter(sound);
        let all = || self.of(workload, None);
        let series = ceiling(self.report).map(|(series, _)| series);
        let bound: Vec<Point> = match series {
            Some(_) => self.of(workload, series).filter_map(|at| of(at, bound_seconds(at.each)?)).collect(),
            None => Vec::new(),
        };
        let ideal = |at: At<'_>| of(at, at.each.seconds.q50 * self.efficiency(at)?);
        let spans = all().flat_map(|at| [at.each.seconds.q05, at.each.seconds.q95].map(|seconds| of(at, seconds)));
        let one = (scale.key == SPEEDUP).then_some((1.0, 1.0));
        let points = spans.chain(all().map(ideal)).flatten().chain(bound.iter().copied()).chain(one);
        frame.ys = spread(points.map(|(_, y)| y), 1.4);
        let frame = &*frame;
        let mut nodes = frame.up(&ticks(&frame.ys, 3), scale.label, scale.axis);
        if !all().any(|at| of(at, at.each.seconds.q50).is_some()) {
            let at = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
            nodes.push(Node::Text(Text::new("nothing to show", at, Anchor::Middle).grey()));
            return nodes;
        }
        if one.is_some() {
            let ends = vec![(frame.left, frame.y(1.0)), (frame.right, frame.y(1.0))];
            nodes.push(Node::line("one", Paint::line(GREY, 1.0).dashed(Some((5.0, 4.0))), ends));
        }
        if !bound.is_empty() {
            let line = Node::line("ceiling", Paint::line(CEILING, CEILING_WIDTH), frame.all(bound));
            nodes.push(Node::Group(Group::new("limit", vec![line]).with("series", CEILING_KEY)));
        }
        let mut taken = Taken::default();
        let (lines, ends): (Vec<_>, Vec<_>) = self
            .series
            .iter()
            .filter_map(|series| self.line(workload, *series, scale, frame, titled))
            .map(|(group, end)| (Node::Group(group), end))
            .unzip();
        nodes.extend(lines);
        nodes.extend(self.names(ends, frame, &mut taken));
        nodes.extend(self.crossings(workload, scale, frame, &mut taken));
        nodes.extend(self.shares(workload, scale, frame, &mut taken));
        nodes
    }

    /// Draws one series' band, median and markers, and returns the end of its line.
    fn line(
        &self,
        workload: &str,
        series: Series,
        scale: &Scale,
        frame: &Frame,
        titled: bool,
    ) -> Option<(Group, (Series, Point))> {
        let of = |at: At<'_>, seconds: f64| Some((at.each.x() as f64, (scale.of)(at, seconds))).filter(sound);
        let ours = || self.of(workload, Some(series)).filter(|at| of(*at, at.each.seconds.q50).is_some());
        let through = |seconds: fn(&Measurement) -> f64| {
            let points = ours().filter_map(|at| of(at, seconds(at.each)));
            frame.all(points)
        };
        let (low, high) = (through(|each| each.seconds.q05), through(|each| each.seconds.q95));
        let median = through(|each| each.seconds.q50);
        let end = *median.last()?;
        let look = Look::of(series);
        let ideal = ours().filter_map(|at| of(at, at.each.seconds.q50 * self.efficiency(at)?));
        let spots = ours().zip(&median).map(|(at, place)| {
            let title = if titled { self.title(series, at) } else { String::new() };
            Spot { at: *place, row: Some(at.row), title }
        });
        let band = low.into_iter().chain(high.into_iter().rev()).collect();
        let nodes = vec![
            Node::line("ideal", Paint::line(GREY, 1.0), frame.all(ideal)),
            Node::polygon("band", Paint::filling(look.color).faded(0.22), band),
            Node::line("line", look.line(), median.clone()),
            chart::marks(&look, spots.collect()),
        ];
        Some((chart::group(series, nodes), (series, end)))
    }

    /// Returns what a marker stands for, in words.
    fn title(&self, series: Series, at: At<'_>) -> String {
        let (seconds, place) = (at.each.seconds, self.report.axis.at(&grouped(at.each.x())));
        let [low, high] =
            [seconds.q05, seconds.q95].map(|end| if end.is_finite() { time(end) } else { "?".to_owned() });
        format!("{series}, {place}: {} (5–95 %: {low} – {high})", time(seconds.q50))
    }

    /// Returns t(1)/(n·t(n)), in a sweep over threads.
    fn efficiency(&self, at: At<'_>) -> Option<f64> {
        let speedup = at.speedup.filter(|_| self.report.axis == Axis::Threads)?;
        Some(speedup / at.each.x() as f64)
    }

    /// Draws the names at the lines' ends, apart from each other.
    fn names(&self, mut ends: Vec<(Series, Point)>, frame: &Frame, taken: &mut Taken) -> Vec<Node> {
        const GAP: f64 = 16.0;
        if frame.right > self.width - 40.0 {
            return Vec::new();
        }
        ends.sort_by(|(_, one), (_, other)| one.1.total_cmp(&other.1));
        let mut heights: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
        for index in 1..heights.len() {
            heights[index] = heights[index].max(heights[index - 1] + GAP);
        }
        let mut free = frame.bottom;
        for height in heights.iter_mut().rev() {
            *height = height.min(free);
            free = *height - GAP;
        }
        let name = |((series, (x, y)), height): ((Series, Point), f64)| {
            let lead = vec![(x + 8.0, y), (frame.right + 6.0, height)];
            let text = Text::new(series.to_string(), (frame.right + 10.0, height + 0.35 * SIZE), Anchor::Start);
            taken.take(text.extent());
            let lead = Node::line("lead", Paint::line(chart::LEAD, 1.0), lead);
            Node::Group(chart::group(series, vec![lead, Node::Text(text.class("name"))]))
        };
        ends.into_iter().zip(heights).map(name).collect()
    }

    fn crossings(&self, workload: &str, scale: &Scale, frame: &Frame, taken: &mut Taken) -> Vec<Node> {
        let line = |series| {
            let points = self.of(workload, Some(series));
            points.map(|at| (at.each.x() as f64, (scale.of)(at, at.each.seconds.q50))).filter(sound).collect()
        };
        let marks = Mark::all(&self.analysis.crossovers, workload, line);
        marks.iter().map(|mark| mark.draw(self.report.axis, frame, taken)).collect()
    }

    /// Draws the efficiency of each measurement on several threads, above its marker or else below it, where there is room.
    fn shares(&self, workload: &str, scale: &Scale, frame: &Frame, taken: &mut Taken) -> Vec<Node> {
        let share = |at: At<'_>| {
            let efficiency = self.efficiency(at).filter(|_| at.each.x() > 1)?;
            let end = |seconds| frame.at((at.each.x() as f64, (scale.of)(at, seconds)));
            let ends = [end(at.each.seconds.q05), end(at.each.seconds.q95)];
            let x = ends[0].0;
            let (above, below) = (ends[0].1.min(ends[1].1) - 10.0, ends[0].1.max(ends[1].1) + 20.0);
            let text = |y| Text { size: 12.0, ..Text::new(percent(efficiency), (x, y), Anchor::Middle).class("share") };
            let text = [above, below].map(text).into_iter().find(|text| taken.take(text.extent()))?;
            let series = self.report.as_series(at.each.backend, at.each.regime);
            Some(Node::Group(chart::group(series, vec![Node::Text(text)])))
        };
        self.of(workload, None).filter_map(share).collect()
    }
}

/// Whether a point can be on logarithmic axes.
fn sound((x, y): &Point) -> bool {
    [x, y].into_iter().all(|each| each.is_finite() && *each > 0.0)
}

/// A workload's name with its formula.
fn named(workload: &str) -> String {
    match workload.parse::<Workload>() {
        Ok(known) => format!("{workload} ({})", known.about),
        Err(_) => workload.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Curve, measured, simulated};
    use crossover::Kind;
    use crossover::sweep::{Environment, Quantiles, Regime};

    #[test]
    fn a_picture_names_the_machine_and_every_series() {
        let environment = Environment {
            adapter: Some("a <painter>".to_owned()),
            software: Some(true),
            threads: Some(2),
            ..Environment::default()
        };
        let mut report = Report::new(environment, Vec::new());
        let draw = |report: &Report| {
            let mut bytes = Vec::new();
            let analysis = Analysis::of(report);
            png(report, &analysis, &mut bytes).unwrap();
            assert!(bytes.starts_with(b"\x89PNG"));
            svg_text(report, &analysis)
        };
        assert!(draw(&report).contains("Nothing was measured"));
        let regimes = Regime::ALL.into_iter().filter(|regime| regime.is_of(Kind::Gpu));
        let all: Vec<_> = [(Kind::Loop, Regime::Host)].into_iter().chain(regimes.map(|it| (Kind::Gpu, it))).collect();
        for (workload, (backend, regime)) in
            ["poly", "mine"].iter().flat_map(|name| all.iter().map(move |each| (name, *each)))
        {
            report.measurements.push(Measurement {
                workload: workload.to_string(),
                backend,
                regime,
                elements: 1000,
                trials: 5,
                runs: 1,
                seconds: Quantiles { q05: 1e-6, q50: 1e-6, q95: 1e-6 },
                samples: vec![1e-6; 5],
                reference: None,
                ns_per_element: 1.0,
                gb_per_s: 8.0,
                max_ulp: 0.5,
                first_seconds: None,
                gflop_per_s: None,
                of_ceiling: None,
                varied: None,
            });
        }
        let picture = draw(&report);
        let texts = ["2 threads · a &lt;painter&gt; (software)", "gpu (software)", "gpu resident (software)", "loop"];
        for text in texts.into_iter().chain(["poly (x + x² + x³)", "mine", "1000", "1 µs"]) {
            assert!(picture.contains(&format!(">{text}</text>")), "{text} is not in {picture}");
        }
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let fixed = [(Kind::Simd, 50e-9, 1e-9), (Kind::Threads, 7e-6, 0.3e-9)];
        let curves = fixed.map(|(backend, fixed, each)| Curve { backend, fixed, each });
        let mut report = simulated(&curves, "1e3,3e3,1e4,3e4,1e5", 5, 0.01, 0);
        let odd = |workload: &str, backend, regime, elements, [q05, q50, q95]: [f64; 3]| Measurement {
            workload: workload.to_owned(),
            regime,
            gb_per_s: f64::NAN,
            seconds: Quantiles { q05, q50, q95 },
            ..measured(backend, elements, vec![1.0; 3])
        };
        report.environment.software = Some(true);
        let nan = f64::NAN;
        report.measurements.extend([
            odd("w", Kind::Auto, Regime::Host, 10, [nan, 1e-6, nan]),
            odd("w", Kind::Threads, Regime::Fresh, 10, [1e-6, 2e-6, 0.0]),
            odd("w", Kind::Gpu, Regime::Compute, 10, [3e-6, 3e-6, f64::INFINITY]),
            odd("v", Kind::Loop, Regime::Host, 1_000_000_000_000, [4e3; 3]),
            odd("v", Kind::Loop, Regime::Host, 20, [nan; 3]),
            odd("u", Kind::Simd, Regime::Host, 0, [1.0; 3]),
        ]);
        let analysis = Analysis::of(&report);
        for narrow in [false, true] {
            let picture = drawing(&report, &analysis, narrow).svg();
            for label in ["auto", "threads fresh", "gpu compute (software)"] {
                assert!(picture.contains(&format!(">{label}</text>")), "{label} is not in {picture}");
            }
            assert!(!picture.contains("NaN") && !picture.contains("inf") && picture.contains("nothing to show"));
            // On each scale that both lines are on; and a report without ceilings has none.
            let crossing = "class=\"crossing\" data-series=\"threads simd\"";
            assert_eq!((picture.matches(crossing).count(), picture.contains("class=\"ceiling\"")), (3, false));
        }
    }

    /// Checks that no text of a group leaves a width and a height.
    fn check_texts(nodes: &[Node], width: f64, height: f64) {
        for node in nodes {
            match node {
                Node::Group(group) => check_texts(&group.nodes, width, height),
                Node::Text(text) => {
                    let [left, top, right, bottom] = text.extent();
                    let within = left >= 0.0 && top >= 0.0 && right <= width && bottom <= height;
                    assert!(within, "{} is cut off: {:?}", text.text, text.extent());
                }
                _ => {}
            }
        }
    }

    #[test]
    fn no_text_is_cut_off() {
        let fixed = [(Kind::Simd, 50e-9, 1e-9), (Kind::Threads, 7e-6, 0.3e-9), (Kind::Gpu, 9e-5, 0.2e-9)];
        let curves = fixed.map(|(backend, fixed, each)| Curve { backend, fixed, each });
        let mut report = simulated(&curves, "1e3,3e3,1e4,3e4,1e5,1e6,1e7", 5, 0.01, 0);
        report.environment.software = Some(true);
        for workloads in [1, 2] {
            let analysis = Analysis::of(&report);
            for narrow in [false, true] {
                let drawing = drawing(&report, &analysis, narrow);
                let panels: Vec<_> = drawing
                    .nodes
                    .iter()
                    .filter_map(|node| match node {
                        Node::Group(group) if group.class == "panel" => Some(group),
                        _ => None,
                    })
                    .collect();
                assert_eq!(panels.len(), workloads);
                let size = drawing.width / if narrow { 1.0 } else { workloads as f64 };
                let height = drawing.height - panels.iter().map(|panel| panel.at.1).fold(0.0, f64::max);
                panels.iter().for_each(|panel| check_texts(&panel.nodes, size, height));
            }
            let others = report.measurements.clone();
            let renamed = |each| Measurement { workload: "x + ".repeat(50), ..each };
            report.measurements.extend(others.into_iter().map(renamed));
        }
    }
}
