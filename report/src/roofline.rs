//! The measurements below the machine's roofs: operations a second against operations for each byte, both on logarithmic axes.
//!
//! A kernel with few operations for each byte is under the slope that the memory makes, and one with many under the flat roof
//! of the arithmetic: how far below its roof a point lies is what there is still to gain. The picture is that of S. Williams,
//! A. Waterman and D. Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures", 2009.

use std::io;
use std::ops::Range;

use crossover::Kind;
use crossover::message::{short, threads, truncated};
use crossover::sweep::{Regime, Report, Series, Varied};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{axis, rate, spread};
use super::canvas::{self, Canvas, Chart, Drawn, GREY, Head, LINE, Picture, Swatch};
use super::look::Look;

/// The picture as SVG.
///
/// # Errors
///
/// If the build's own font cannot be read, or the picture not be drawn.
pub fn svg_text(report: &Report) -> io::Result<String> {
    canvas::svg_text(&Roofline::new(report))
}

/// Writes the picture as PNG, twice as large, for screens with small pixels.
///
/// # Errors
///
/// What the writer says.
pub fn png(report: &Report, to: impl io::Write) -> io::Result<()> {
    canvas::png(&Roofline::new(report), to)
}

/// Whether a report has something to draw: a roof and something under it.
pub(super) fn is_there(report: &Report) -> bool {
    !points(report).is_empty() && !roofs(report).is_empty()
}

/// What was measured of a workload at its largest size.
struct Point {
    /// The workload's name, and that it is summed where it has no fold of its own.
    name: String,
    series: Series,
    /// Operations for each byte.
    intensity: f64,
    gflop_per_s: f64,
}

/// What a machine's memory and arithmetic reach.
struct Roof {
    label: String,
    color: RGBAColor,
    gb_per_s: f64,
    /// Without it, the slope goes on.
    gflop_per_s: Option<f64>,
    /// Whether the slope is another roof's, and drawn there.
    flat: bool,
}

struct Roofline {
    points: Vec<Point>,
    roofs: Vec<Roof>,
    head: Head,
    xs: Range<f64>,
    ys: Range<f64>,
}

/// How wide the picture is, how high without its head, and its margins: left with the labels, right, and that of a row of
/// names.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 560.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 28.0;
const ROW: f64 = 18.0;
/// How wide a roof's line is, and how much it covers.
const THICK: f64 = 5.0;
const COVER: f64 = 0.42;
/// The most characters of a workload's name.
const NAME: usize = 24;

fn points(report: &Report) -> Vec<Point> {
    let mut all: Vec<Point> = Vec::new();
    for workload in report.workloads() {
        for series in report.series(workload) {
            let ours = || report.measurements.iter().filter(|each| each.workload == workload && series.is(each));
            let largest = ours().map(|each| each.elements).max();
            for each in ours().filter(|each| Some(each.elements) == largest) {
                let Some(gflop_per_s) = each.gflop_per_s.filter(|rate| *rate > 0.0 && rate.is_finite()) else {
                    continue;
                };
                let name = match each.varied {
                    Some(Varied::Intensity(degree)) => format!("degree {degree}"),
                    _ => workload.to_owned(),
                };
                let intensity = gflop_per_s / each.gb_per_s;
                let near = |each: &Point| each.name == name && (each.intensity / intensity - 1.0).abs() < 1e-6;
                let summed = series.regime == Regime::Scalar && !all.iter().any(near);
                let name = if summed { format!("{name} {}", series.regime) } else { name };
                if intensity.is_finite() {
                    all.push(Point { name, series, intensity, gflop_per_s });
                }
            }
        }
    }
    all
}

fn roofs(report: &Report) -> Vec<Roof> {
    let Some(ceilings) = &report.ceilings else { return Vec::new() };
    let color = |kind, regime| Look::of(kind, regime).color.mix(COVER);
    let mut all = Vec::new();
    // The rate of the largest arrays: what is reached beyond all of them.
    for cpu in &ceilings.cpu {
        let Some(gb_per_s) = cpu.gb_per_s(f64::INFINITY, false) else { continue };
        let kind = if cpu.threads == 1 { Kind::Simd } else { Kind::Threads };
        let roof = |what: String, kind, gflop_per_s, flat: bool| {
            let label = label(&what, (!flat).then_some(gb_per_s), gflop_per_s);
            Roof { label, color: color(kind, Regime::Host), gb_per_s, gflop_per_s, flat }
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
            let color = color(Kind::Gpu, regime);
            all.push(Roof { label, color, gb_per_s, gflop_per_s: gpu.gflop_per_s, flat: false });
        }
    }
    all
}

/// `2 threads: 36.0 GB/s, 310 Gflop/s`
fn label(what: &str, gb_per_s: Option<f64>, gflop_per_s: Option<f64>) -> String {
    let rates = [
        gb_per_s.map(|rate| format!("{} GB/s", short(rate))),
        gflop_per_s.map(|rate| format!("{} Gflop/s", short(rate))),
    ];
    format!("{what}: {}", rates.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

impl Roof {
    /// Operations for each byte from which on the arithmetic is the limit.
    fn ridge(&self) -> f64 {
        self.gflop_per_s.map_or(f64::INFINITY, |top| top / self.gb_per_s)
    }

    fn height(&self, intensity: f64) -> f64 {
        (self.gb_per_s * intensity).min(self.gflop_per_s.unwrap_or(f64::INFINITY))
    }

    /// Its corners within a range.
    fn line(&self, xs: &Range<f64>) -> Vec<(f64, f64)> {
        let from = if self.flat { self.ridge().max(xs.start) } else { xs.start };
        let ridge = Some(self.ridge()).filter(|ridge| xs.contains(ridge) && *ridge > from);
        [Some(from), ridge, Some(xs.end)].into_iter().flatten().map(|x| (x, self.height(x))).collect()
    }
}

impl Roofline {
    fn new(report: &Report) -> Self {
        let (points, roofs) = (points(report), roofs(report));
        let title = match (points.is_empty(), roofs.is_empty()) {
            (true, _) => "nothing was measured whose operations can be counted",
            (_, true) => "Operations a second (the machine's limits were not measured)",
            _ => "Operations a second below the machine's limits",
        };
        let line = |roof: &Roof| (Swatch::Line(roof.color, THICK), roof.label.clone());
        let mut series: Vec<Series> = points.iter().map(|each| each.series).collect();
        series.sort_unstable();
        series.dedup();
        let legend = canvas::legend(&series).into_iter().chain(roofs.iter().map(line)).collect();
        let ridges = roofs.iter().map(Roof::ridge).filter(|_| !points.is_empty());
        let xs = spread(points.iter().map(|each| each.intensity).chain(ridges), 1.7);
        let heights = roofs.iter().flat_map(|roof| [roof.height(xs.end), roof.line(&xs)[0].1]);
        let ys = spread(points.iter().map(|each| each.gflop_per_s).chain(heights), 1.6);
        Roofline { points, head: Head::new(title.to_owned(), report, legend, WIDTH), roofs, xs, ys }
    }

    /// The workloads' names above the places of their points: pixels from the left, row, operations for each byte, name. One
    /// that would lie on another is in a row of its own.
    fn names(&self, canvas: Canvas) -> Vec<(i32, usize, f64, String)> {
        let mut names: Vec<(f64, &str)> = self.points.iter().map(|each| (each.intensity, &*each.name)).collect();
        names.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(other.1)));
        names.dedup_by(|one, other| one.1 == other.1);
        let (mut ends, mut placed): (Vec<f64>, Vec<_>) = (Vec::new(), Vec::new());
        for (intensity, name) in names {
            let part = (intensity / self.xs.start).ln() / (self.xs.end / self.xs.start).ln();
            let (x, name) = (LEFT + part * (WIDTH - LEFT - RIGHT), truncated(name, NAME));
            let half = 0.3 * LINE * name.chars().count() as f64;
            let row = ends.iter().position(|end| *end + 10.0 <= x - half).unwrap_or(ends.len());
            ends.resize(ends.len().max(row + 1), 0.0);
            ends[row] = x + half;
            placed.push((canvas.px(x) as i32, row, intensity, name));
        }
        placed
    }

    fn draw_lines<DB: DrawingBackend>(&self, canvas: Canvas, chart: &mut Chart<'_, DB>) -> Drawn<DB> {
        let faint = GREY.mix(0.35).stroke_width(canvas.px(1.0));
        for (_, _, x, _) in self.names(canvas) {
            chart.draw_series([PathElement::new(vec![(x, self.ys.start), (x, self.ys.end)], faint)])?;
        }
        for roof in self.roofs.iter().rev() {
            let style = roof.color.stroke_width(canvas.px(THICK));
            chart.draw_series([PathElement::new(roof.line(&self.xs), style)])?;
        }
        for point in &self.points {
            let look = Look::of(point.series.backend, point.series.regime);
            chart.draw_series([canvas.marker(look, 0.0, (point.intensity, point.gflop_per_s))])?;
        }
        Ok(())
    }
}

impl Picture for Roofline {
    fn size(&self) -> (f64, f64) {
        (WIDTH, self.head.height() + HEIGHT)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: Canvas, root: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(canvas.px(self.head.height()));
        self.head.draw(canvas, &head)?;
        let names = self.names(canvas);
        let rows = names.iter().map(|(_, row, ..)| row + 1).max().unwrap_or(0);
        let above = 16.0 + rows as f64 * ROW;
        let mut chart = ChartBuilder::on(&body);
        chart.margin(canvas.px(12.0)).margin_right(canvas.px(RIGHT)).margin_top(canvas.px(above));
        chart.x_label_area_size(canvas.px(44.0)).y_label_area_size(canvas.px(LEFT - 12.0));
        let mut chart = chart.build_cartesian_2d(axis(&self.xs, 4), axis(&self.ys, 3))?;
        let named = ["operations for each byte that is read or written", "Gflop/s at the largest size"];
        canvas.mesh(&mut chart, named, [&rate, &rate])?;
        self.draw_lines(canvas, &mut chart)?;
        let font = canvas.font(LINE).pos(Pos::new(HPos::Center, VPos::Bottom));
        for (x, row, _, name) in names {
            let y = canvas.px(above - 5.0 - row as f64 * ROW) as i32;
            body.draw(&Text::new(name, (x, y), font.clone()))?;
        }
        root.present()
    }
}
