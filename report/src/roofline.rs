//! The measurements below the machine's roofs: operations a second against operations for each byte, both on logarithmic axes.
//!
//! A kernel with few operations for each byte is under the slope that the memory makes, and one with many under the flat roof
//! of the arithmetic: how far below its roof a point lies is what there is still to gain. The picture is that of S. Williams,
//! A. Waterman and D. Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures", 2009.

use std::io;
use std::ops::Range;

use crossover::Kind;
use crossover::message::{short, threads};
use crossover::sweep::{Regime, Report, Series, Varied};

use super::axis::{rate, spread, ticks};
use super::chart::{self, AXIS, Frame, Head, Swatch};
use super::drawing::{Anchor, Drawing, Group, Node, Paint, Point, SIZE, Spot, Text};
use super::font::fitted;
use super::look::Look;

/// Returns the plot as SVG.
pub fn svg_text(report: &Report) -> String {
    drawing(report, false).svg()
}

/// Writes the plot as PNG, twice as large, for screens with small pixels.
///
/// # Errors
///
/// Any error of the writer.
pub fn png(report: &Report, to: impl io::Write) -> io::Result<()> {
    drawing(report, false).png(to)
}

/// Returns whether a report has something to draw: a roof and something under it.
pub(super) fn is_there(report: &Report) -> bool {
    !peaks(report).is_empty() && !roofs(report).is_empty()
}

/// What was measured of a workload at its largest size.
struct Peak {
    /// The workload's name, and that it is summed where it has no reduction of its own.
    name: String,
    series: Series,
    /// The index of its measurement.
    row: usize,
    /// Operations for each byte.
    intensity: f64,
    gflop_per_s: f64,
}

/// What a machine's memory and arithmetic reach.
struct Roof {
    label: String,
    look: Look,
    gb_per_s: f64,
    /// Without it, the slope continues.
    gflop_per_s: Option<f64>,
    /// Whether the slope is another roof's, and drawn there.
    flat: bool,
}

/// The width of a roof's line, and its opacity.
const WIDTH: f64 = 5.0;
const OPACITY: f64 = 0.42;
/// The height of a row of names.
const ROW: f64 = 18.0;

fn peaks(report: &Report) -> Vec<Peak> {
    let mut all: Vec<Peak> = Vec::new();
    for workload in report.workloads() {
        for series in report.series(workload) {
            let all_of = report.measurements.iter().enumerate();
            let ours = || all_of.clone().filter(|(_, each)| each.workload == workload && series.is(each));
            let largest = ours().map(|(_, each)| each.elements).max();
            for (row, each) in ours().filter(|(_, each)| Some(each.elements) == largest) {
                let Some(gflop_per_s) = each.gflop_per_s.filter(|rate| *rate > 0.0 && rate.is_finite()) else {
                    continue;
                };
                let name = match each.varied {
                    Some(Varied::Intensity(degree)) => format!("degree {degree}"),
                    _ => workload.to_owned(),
                };
                let intensity = gflop_per_s / each.gb_per_s;
                let near = |each: &Peak| each.name == name && (each.intensity / intensity - 1.0).abs() < 1e-6;
                let summed = series.regime == Regime::Scalar && !all.iter().any(near);
                let name = if summed { format!("{name} {}", series.regime) } else { name };
                if intensity.is_finite() {
                    all.push(Peak { name, series, row, intensity, gflop_per_s });
                }
            }
        }
    }
    all
}

fn roofs(report: &Report) -> Vec<Roof> {
    let Some(ceilings) = &report.ceilings else { return Vec::new() };
    let look = |kind, regime| Look::of(report.as_series(kind, regime));
    let mut all = Vec::new();
    // The rate of the largest arrays: what is reached beyond all of them.
    for cpu in &ceilings.cpu {
        let Some(gb_per_s) = cpu.gb_per_s(f64::INFINITY, false) else { continue };
        let kind = if cpu.threads == 1 { Kind::Simd } else { Kind::Threads };
        let roof = |what: String, kind, gflop_per_s, flat: bool| {
            let label = label(&what, (!flat).then_some(gb_per_s), gflop_per_s);
            Roof { label, look: look(kind, Regime::Host), gb_per_s, gflop_per_s, flat }
        };
        all.push(roof(threads(cpu.threads), kind, cpu.gflop_per_s, false));
        if cpu.scalar_gflop_per_s.is_some() {
            all.push(roof(format!("{}, scalar", threads(cpu.threads)), Kind::Loop, cpu.scalar_gflop_per_s, true));
        }
    }
    if let Some(gpu) = &ceilings.gpu {
        let rate = |regime| gpu.gb_per_s(f64::INFINITY, regime).map(|rate| (regime, rate));
        if let Some((regime, gb_per_s)) = rate(Regime::Resident).or_else(|| rate(Regime::Host)) {
            let label = label(&report.as_series(Kind::Gpu, regime).to_string(), Some(gb_per_s), gpu.gflop_per_s);
            let look = look(Kind::Gpu, regime);
            all.push(Roof { label, look, gb_per_s, gflop_per_s: gpu.gflop_per_s, flat: false });
        }
    }
    all
}

/// Returns a label such as `2 threads: 36.0 GB/s, 310 Gflop/s`.
fn label(what: &str, gb_per_s: Option<f64>, gflop_per_s: Option<f64>) -> String {
    let rates = [
        gb_per_s.map(|rate| format!("{} GB/s", short(rate))),
        gflop_per_s.map(|rate| format!("{} Gflop/s", short(rate))),
    ];
    format!("{what}: {}", rates.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

impl Roof {
    /// Returns the operations for each byte at which the arithmetic becomes the limit.
    fn ridge(&self) -> f64 {
        self.gflop_per_s.map_or(f64::INFINITY, |top| top / self.gb_per_s)
    }

    fn height(&self, intensity: f64) -> f64 {
        (self.gb_per_s * intensity).min(self.gflop_per_s.unwrap_or(f64::INFINITY))
    }

    /// Returns its corners within a range.
    fn line(&self, xs: &Range<f64>) -> Vec<Point> {
        let from = if self.flat { self.ridge().max(xs.start) } else { xs.start };
        let ridge = Some(self.ridge()).filter(|ridge| xs.contains(ridge) && *ridge > from);
        [Some(from), ridge, Some(xs.end)].into_iter().flatten().map(|x| (x, self.height(x))).collect()
    }
}

impl Roof {
    fn paint(&self) -> Paint {
        Paint::line(self.look.color, WIDTH).faded(OPACITY)
    }
}

/// Draws the plot, wide or for a phone.
pub(super) fn drawing(report: &Report, narrow: bool) -> Drawing {
    let (peaks, roofs) = (peaks(report), roofs(report));
    let (width, height) = if narrow { (360.0, 380.0) } else { (900.0, 560.0) };
    let title = match (peaks.is_empty(), roofs.is_empty()) {
        (true, _) => "Nothing was measured whose operations can be counted",
        (_, true) => "Operations per second (the machine's limits were not measured)",
        _ => "Operations per second below the machine's limits",
    };
    let head = Head::new(title, report, &legend(&peaks, &roofs), width);
    let ridges = roofs.iter().map(Roof::ridge).filter(|_| !peaks.is_empty());
    let xs = spread(peaks.iter().map(|each| each.intensity).chain(ridges), 1.7);
    let heights = roofs.iter().flat_map(|roof| [roof.height(xs.end), roof.line(&xs)[0].1]);
    let ys = spread(peaks.iter().map(|each| each.gflop_per_s).chain(heights), 1.6);
    let (top, bottom) = (head.height, head.height + height);
    let frame = Frame { left: AXIS + if narrow { 12.0 } else { 24.0 }, top, right: width - 24.0, bottom, xs, ys };
    let across = "operations for each byte that is read or written";
    let mut frame = frame.above(across);
    let names = names(&peaks, &frame);
    let rows = names.iter().map(|(row, ..)| row + 1).max().unwrap_or(0);
    frame.top += 36.0 + rows as f64 * ROW;
    let mut nodes = vec![Node::paper(width, bottom), head.node];
    let few = if narrow { 2 } else { 4 };
    nodes.extend(frame.across(&ticks(&frame.xs, few), rate, across));
    nodes.extend(frame.up(&ticks(&frame.ys, 3), rate, "Gflop/s at the largest size"));
    nodes.extend(named(names, &frame));
    for roof in roofs.iter().rev() {
        let line = Node::line("roof", roof.paint(), frame.all(roof.line(&frame.xs)));
        nodes.push(Node::Group(Group::new(roof.look.class, vec![line])));
    }
    nodes.extend(peaks.iter().map(|peak| peak.node(&frame)));
    Drawing {
        class: if narrow { "plot narrow" } else { "plot wide" },
        name: title.to_owned(),
        width,
        height: bottom,
        nodes,
    }
}

fn legend(peaks: &[Peak], roofs: &[Roof]) -> Vec<(Swatch, String)> {
    let mut series: Vec<Series> = peaks.iter().map(|each| each.series).collect();
    series.sort_unstable();
    series.dedup();
    let line = |roof: &Roof| (Swatch::Line(roof.look.class, "roof", roof.paint()), roof.label.clone());
    chart::legend(&series).into_iter().chain(roofs.iter().map(line)).collect()
}

impl Peak {
    fn node(&self, frame: &Frame) -> Node {
        let place = frame.at((self.intensity, self.gflop_per_s));
        let title = format!("{}, {}: {} Gflop/s", self.series, self.name, short(self.gflop_per_s));
        let spots = vec![Spot { at: place, row: Some(self.row), title }];
        Node::Group(chart::group(self.series, vec![chart::marks(&Look::of(self.series), spots)]))
    }
}

/// Returns the workloads' names, centred above their points, each with its row from the bottom and its operations for each
/// byte. A name that would touch another goes to a row of its own.
fn names(peaks: &[Peak], frame: &Frame) -> Vec<(usize, f64, Text)> {
    const LONGEST: f64 = 190.0;
    let mut names: Vec<(f64, &str)> = peaks.iter().map(|each| (each.intensity, &*each.name)).collect();
    names.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(other.1)));
    names.dedup_by(|one, other| one.1 == other.1);
    let (mut ends, mut placed): (Vec<f64>, Vec<_>) = (Vec::new(), Vec::new());
    for (intensity, name) in names {
        let text = Text::new(fitted(name, SIZE, LONGEST), (frame.x(intensity), 0.0), Anchor::Middle);
        let [left, _, right, _] = text.extent();
        // Within the picture, also where the point is near its edge.
        let shift = (frame.right + 20.0 - right).min(0.0) + (4.0 - left).max(0.0);
        let text = Text { at: (text.at.0 + shift, 0.0), ..text };
        let row = ends.iter().position(|end| *end + 10.0 <= left + shift).unwrap_or(ends.len());
        ends.resize(ends.len().max(row + 1), 0.0);
        ends[row] = right + shift;
        placed.push((row, intensity, text));
    }
    placed
}

/// Draws the names, and a line from each down to its points.
fn named(names: Vec<(usize, f64, Text)>, frame: &Frame) -> Vec<Node> {
    let node = |(row, intensity, text): (usize, f64, Text)| {
        let (x, y) = (frame.x(intensity), frame.top - 28.0 - row as f64 * ROW);
        let line = Node::line("lead", Paint::line(chart::LEAD, 1.0), vec![(x, frame.top - 24.0), (x, frame.bottom)]);
        [line, Node::Text(Text { at: (text.at.0, y), ..text })]
    };
    names.into_iter().flat_map(node).collect()
}
