//! The measurements as a plot: a panel for each workload, with what was measured against elements or what else varies, both on
//! logarithmic axes; and below the lines, what the machine allows.
//!
//! The SVG has each panel on several scales, of which a page shows one at a time, and elsewhere only the first shows.
//! Every part of a series is in a group with the attribute `data-series`, and every marker has in `data-row` the index of its
//! measurement.

use std::io;

use crossover::Workload;
use crossover::sweep::{Analysis, Found, Report, Series};

use super::axis::{across, against, described, label, spread};
use super::chart::{self, AXIS, CEILING, Frame, Head, Swatch};
use super::drawing::{Anchor, Drawing, Group, Node, Paint, Point, SIZE, Text};
use super::font::{fitted, width_of};
use super::measured::ceiling;
use super::scale::{At, Scale};
use super::view::{CEILING_KEY, CEILING_WIDTH, View};

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

/// What is added to the horizontal axis where lines cross.
const CROSSED: &str = "; a ring is where one overtakes another, its bar the 95 % interval";

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
    let plot = Plot { report, analysis, series, scales: Scale::all(report, analysis), width, height, narrow };
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
        let ours = self.of(workload);
        let frame = Frame {
            left: margin + AXIS,
            top: 58.0,
            right: self.width - beside - 8.0,
            bottom: self.height,
            xs: spread(ours.iter().map(|at| at.x()), 1.2),
            ys: 1.0..10.0,
        };
        let crossed = self
            .analysis
            .crossovers
            .iter()
            .any(|each| each.workload == workload && matches!(each.found, Found::Overtakes { .. }));
        let name = format!("{}{}", described(report.axis), if crossed { CROSSED } else { "" });
        let frame = frame.above(&name);
        let ticks = across(report, &frame.xs, if self.narrow { 3 } else { 4 });
        let mut nodes = vec![Node::Text(Text { size: 15.0, ..caption })];
        nodes.extend(frame.across(&ticks, |x| label(report.axis, x), &name));
        for (index, scale) in self.scales.iter().enumerate() {
            let view = View::new(report, self.analysis, &ours, scale, &frame);
            let named = (beside > 14.0).then_some(frame.right);
            let nodes_of = view.draw(&self.series, named, index == 0);
            let group = Group { hidden: index > 0, ..Group::new("scale", nodes_of) };
            nodes.push(Node::Group(group.with("scale", scale.key)));
        }
        let size = format!("{} {} {} {}", at.0, at.1, self.width, self.height);
        Group { at, ..Group::new("panel", nodes).with("workload", workload).with("box", size).with("name", named) }
    }

    /// Returns a workload's measurements, ascending.
    fn of(&self, workload: &str) -> Vec<At<'_>> {
        let all = self.report.measurements.iter().enumerate().zip(&self.analysis.speedups);
        let ours = all.filter(|((_, each), _)| each.workload == workload);
        let mut ours: Vec<_> = ours.map(|((row, each), speedup)| At { each, row, speedup: *speedup }).collect();
        ours.sort_by_key(|at| at.each.x());
        ours
    }
}

/// Returns a workload's name with its formula.
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
    use crossover::sweep::{Environment, Measurement, Quantiles, Regime};

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
