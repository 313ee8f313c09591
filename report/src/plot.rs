//! The measurements as a picture: time against elements or what else varies, both on logarithmic axes, a panel for each
//! workload; and below the lines, what the machine allows.

use std::io;

use crossover::Workload;
use crossover::message::truncated;
use crossover::sweep::{Crossover, Measurement, Report, Series};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{across, against, axis, described, label, spread, tick_time};
use super::canvas::{self, CEILING, Canvas, Chart, Drawn, GREY, Head, Picture, Swatch};
use super::ideal::{ideal, shares};
use super::look::Look;
use super::mark::Mark;
use super::measured;

/// The picture as SVG.
///
/// # Errors
///
/// If the build's own font cannot be read, or the picture not be drawn.
pub fn svg_text(report: &Report) -> io::Result<String> {
    canvas::svg_text(&Panels::new(report))
}

/// Writes the picture as PNG, twice as large, for screens with small pixels.
///
/// # Errors
///
/// What the writer says.
pub fn png(report: &Report, to: impl io::Write) -> io::Result<()> {
    canvas::png(&Panels::new(report), to)
}

/// A report to draw.
struct Panels<'a> {
    report: &'a Report,
    /// The workloads that have measurements, in their order.
    workloads: Vec<&'a str>,
    series: Vec<Series>,
    /// Whose ceiling is drawn.
    ceiling: Option<Series>,
    /// Where one line crosses another beyond noise, among others.
    crossovers: Vec<Crossover>,
    head: Head,
}

/// How wide the picture is, with one panel in a row and with two.
const WIDTHS: [f64; 2] = [900.0, 1280.0];
/// How wide the line is of what the machine allows.
const THICK: f64 = 6.0;
/// What is added to the horizontal axis where lines cross.
const CROSSED: &str = "; a ring is where one overtakes another, its bar the 95 % interval";

impl<'a> Panels<'a> {
    fn new(report: &'a Report) -> Self {
        let (workloads, series) = (report.workloads(), canvas::series(report));
        let title = match workloads[..] {
            [] => "nothing was measured".to_owned(),
            [one] => format!("{}: time against {}", named(one), against(report)),
            _ => format!("Time against {}", against(report)),
        };
        let mut legend = canvas::legend(&series);
        let ceiling = measured::ceiling(report);
        legend.extend(ceiling.clone().map(|(_, label)| (Swatch::Line(CEILING.into(), THICK), label)));
        let head = Head::new(title, report, legend, WIDTHS[usize::from(workloads.len() > 1)]);
        let crossovers = report.crossovers();
        Panels { report, workloads, series, ceiling: ceiling.map(|(series, _)| series), crossovers, head }
    }

    fn columns(&self) -> usize {
        if self.workloads.len() > 1 { 2 } else { 1 }
    }

    fn panel<DB: DrawingBackend>(&self, canvas: Canvas, workload: &str, area: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let of = |series: Series| -> Vec<&Measurement> {
            self.report.measurements.iter().filter(|each| each.workload == workload && series.is(each)).collect()
        };
        let ours = || self.report.measurements.iter().filter(|each| each.workload == workload);
        let bound = self.ceiling.map(of).unwrap_or_default();
        let bound: Vec<_> =
            bound.iter().filter_map(|each| Some((each.x() as f64, measured::bound_seconds(each)?))).collect();
        let ideal = ideal(self.report, workload);
        let limits = bound.iter().chain(ideal.iter().flatten()).map(|(_, seconds)| *seconds);
        let xs = spread(ours().map(|each| each.x() as f64), 1.15);
        let ys = spread(ours().flat_map(|each| [each.seconds.q05, each.seconds.q95]).chain(limits), 1.4);
        let mut chart = ChartBuilder::on(area);
        chart.margin(canvas.px(12.0)).margin_right(canvas.px(28.0));
        chart.x_label_area_size(canvas.px(44.0)).y_label_area_size(canvas.px(80.0));
        if self.columns() > 1 {
            chart.caption(named(workload), canvas.font(16.0));
        }
        let over = self.report.axis;
        let mut chart = chart.build_cartesian_2d(across(self.report, &xs), axis(&ys, 3))?;
        let marks = Mark::all(self.report, &self.crossovers, workload);
        let described = format!("{}{}", described(over), if marks.is_empty() { "" } else { CROSSED });
        canvas.mesh(&mut chart, [&described, "time of a run, median and 5–95 %"], [&|x| label(over, x), &tick_time])?;
        if !bound.is_empty() {
            chart.draw_series([PathElement::new(bound, CEILING.stroke_width(canvas.px(THICK)))])?;
        }
        for line in ideal {
            chart.draw_series([PathElement::new(line, GREY.stroke_width(canvas.px(1.0)))])?;
        }
        for series in &self.series {
            line(canvas, &mut chart, Look::of(series.backend, series.regime), &of(*series))?;
        }
        let font = canvas.font(12.0).pos(Pos::new(HPos::Center, VPos::Bottom));
        let above = -(canvas.px(9.0) as i32);
        chart.draw_series(
            shares(self.report, workload)
                .into_iter()
                .map(|(point, share)| EmptyElement::at(point) + Text::new(share, (0, above), font.clone())),
        )?;
        Mark::draw((&marks, over), canvas, &mut chart, ys.start)
    }
}

impl Picture for Panels<'_> {
    fn size(&self) -> (f64, f64) {
        let height = if self.columns() == 1 { 560.0 } else { 460.0 };
        let rows = self.workloads.len().div_ceil(self.columns()).max(1);
        (WIDTHS[self.columns() - 1], self.head.height() + height * rows as f64)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: Canvas, root: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(canvas.px(self.head.height()));
        self.head.draw(canvas, &head)?;
        let rows = self.workloads.len().div_ceil(self.columns()).max(1);
        for (workload, panel) in self.workloads.iter().zip(body.split_evenly((rows, self.columns()))) {
            self.panel(canvas, workload, &panel)?;
        }
        root.present()
    }
}

/// One series' band, median and markers.
fn line<DB: DrawingBackend>(canvas: Canvas, chart: &mut Chart<'_, DB>, look: Look, line: &[&Measurement]) -> Drawn<DB> {
    let at = |q: fn(&Measurement) -> f64| line.iter().map(move |each| (each.x() as f64, q(each)));
    let median: Vec<_> = at(|each| each.seconds.q50).collect();
    let band: Vec<_> = at(|each| each.seconds.q05).chain(at(|each| each.seconds.q95).rev()).collect();
    chart.draw_series([Polygon::new(band, look.color.mix(0.22))])?;
    chart.draw_series([canvas.stretch(look, median.clone())])?;
    chart.draw_series(median.into_iter().map(|point| canvas.marker(look, 0.0, point)))?;
    Ok(())
}

/// A workload's name with its formula.
fn named(workload: &str) -> String {
    match workload.parse::<Workload>() {
        Ok(known) => format!("{workload} ({})", known.about),
        Err(_) => truncated(workload, 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            png(report, &mut bytes).unwrap();
            assert!(bytes.starts_with(b"\x89PNG"));
            svg_text(report).unwrap()
        };
        assert!(draw(&report).contains("nothing was measured"));
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
            assert!(picture.lines().any(|line| line == text), "{text} is not in {picture}");
        }
    }
}
