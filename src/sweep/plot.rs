//! The measurements as a picture: time against elements or what else varies, both on logarithmic axes, a panel for each
//! workload.
//!
//! Text is laid out with DejaVu Sans, which comes with the build: the machine needs no fonts.

use std::io;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::axis::{across, against, axis, described, label, spread, tick_time};
use super::ideal::{ideal, shares};
use super::look::Look;
use super::report::series;
use super::table::shortened;
use super::{Measurement, Report};
use crate::backend::Kind;
use crate::workload::Workload;

/// Text in general.
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Text of less weight, and the axes.
const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
/// The grid at the labels, and between them.
const GRID: [RGBColor; 2] = [RGBColor(0xd8, 0xd8, 0xd8), RGBColor(0xf0, 0xf0, 0xf0)];
/// What the build's font is registered as. An SVG's reader takes its own.
const FONT: &str = "sans-serif";

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Writes the picture as SVG.
///
/// # Errors
///
/// What the system says about the file.
pub fn svg(report: &Report, path: &Path) -> io::Result<()> {
    std::fs::write(path, svg_text(report)?)
}

/// The picture as SVG.
///
/// # Errors
///
/// If the build's own font cannot be read, or the picture not be drawn.
pub fn svg_text(report: &Report) -> io::Result<String> {
    let picture = Picture::new(report, 1.0)?;
    let mut text = String::new();
    picture.draw(&SVGBackend::with_string(&mut text, picture.size()).into_drawing_area()).map_err(io::Error::other)?;
    Ok(text)
}

/// Writes the picture as PNG, twice as large, for screens with small pixels.
///
/// # Errors
///
/// What the system says about the file.
pub fn png(report: &Report, path: &Path) -> io::Result<()> {
    // The encoder goes by the file's ending, and does not say which file it could not write.
    std::fs::File::create(path)?;
    let picture = Picture::new(report, 2.0)?;
    picture.draw(&BitMapBackend::new(path, picture.size()).into_drawing_area()).map_err(io::Error::other)
}

/// A report to draw, at a scale.
struct Picture<'a> {
    report: &'a Report,
    /// Pixels for each unit of length.
    scale: f64,
    /// The workloads that have measurements, in their order.
    workloads: Vec<&'a str>,
    title: String,
    /// The machine, in lines short enough.
    machine: Vec<String>,
}

/// The lines of text at the top.
const TITLE: f64 = 22.0;
const LINE: f64 = 14.0;
/// How wide the picture is, with one panel in a row and with two.
const WIDTHS: [f64; 2] = [900.0, 1280.0];
/// The margin at the left, the room of a line's swatch in the legend, that between one name and the next, and that of a row.
const LEFT: f64 = 24.0;
const SWATCH: f64 = 36.0;
const GAP: f64 = 28.0;
const ROW: f64 = 22.0;

impl<'a> Picture<'a> {
    fn new(report: &'a Report, scale: f64) -> io::Result<Self> {
        let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, font) in fonts {
            register_font(FONT, style, font).map_err(|_| io::Error::other("the build's own font cannot be read"))?;
        }
        let workloads = report.workloads();
        let title = match workloads[..] {
            [] => "nothing was measured".to_owned(),
            [one] => format!("{}: time against {}", named(one), against(report)),
            _ => format!("Time against {}", against(report)),
        };
        let wide = if workloads.len() > 1 { 170 } else { 115 };
        let machine = wrap(&report.environment.machine(), wide);
        Ok(Picture { report, scale, workloads, title, machine })
    }

    /// Lengths in pixels.
    fn px(&self, length: f64) -> u32 {
        (length * self.scale).round() as u32
    }

    fn columns(&self) -> usize {
        if self.workloads.len() > 1 { 2 } else { 1 }
    }

    fn head(&self) -> f64 {
        let rows = self.legend_rows().len().max(1);
        58.0 + TITLE + self.machine.len() as f64 * (LINE + 5.0) + (rows - 1) as f64 * ROW
    }

    fn size(&self) -> (u32, u32) {
        let (width, height) = (WIDTHS[self.columns() - 1], if self.columns() == 1 { 560.0 } else { 460.0 });
        let rows = self.workloads.len().div_ceil(self.columns()).max(1);
        (self.px(width), self.px(self.head() + height * rows as f64))
    }

    fn font(&self, size: f64) -> TextStyle<'static> {
        (FONT, size * self.scale).into_font().color(&INK)
    }

    fn draw<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(self.px(self.head()));
        let bold = (FONT, TITLE * self.scale, FontStyle::Bold).into_font().color(&INK);
        let left = self.px(LEFT) as i32;
        head.draw(&Text::new(self.title.clone(), (left, self.px(18.0) as i32), bold))?;
        for (index, line) in self.machine.iter().enumerate() {
            let y = self.px(18.0 + TITLE + 8.0 + index as f64 * (LINE + 5.0)) as i32;
            head.draw(&Text::new(line.clone(), (left, y), self.font(LINE).color(&GREY)))?;
        }
        self.legend(&head)?;
        let rows = self.workloads.len().div_ceil(self.columns()).max(1);
        for (workload, panel) in self.workloads.iter().zip(body.split_evenly((rows, self.columns()))) {
            self.panel(workload, &panel)?;
        }
        root.present()
    }

    fn panel<DB: DrawingBackend>(&self, workload: &str, area: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let measured = || self.report.measurements.iter().filter(|each| each.workload == workload);
        let xs = spread(measured().map(|each| each.x() as f64), 1.15);
        let ideal = ideal(self.report, workload);
        let best = ideal.iter().flatten().map(|(_, time)| *time);
        let ys = spread(measured().flat_map(|each| [each.seconds.q05, each.seconds.q95]).chain(best), 1.4);
        let mut chart = ChartBuilder::on(area);
        chart.margin(self.px(12.0)).margin_right(self.px(28.0));
        chart.x_label_area_size(self.px(44.0)).y_label_area_size(self.px(80.0));
        if self.columns() > 1 {
            chart.caption(named(workload), self.font(16.0));
        }
        let over = self.report.axis;
        let mut chart = chart.build_cartesian_2d(across(self.report, &xs), axis(&ys, 3))?;
        chart
            .configure_mesh()
            .bold_line_style(GRID[0].stroke_width(self.px(1.0)))
            .light_line_style(GRID[1].stroke_width(self.px(1.0)))
            .axis_style(GREY.stroke_width(self.px(1.0)))
            .set_all_tick_mark_size(self.px(4.0))
            .label_style(self.font(13.0))
            .axis_desc_style(self.font(LINE))
            .x_desc(described(over))
            .y_desc("time of a run, median and 5–95 %")
            .x_label_formatter(&|x| label(over, *x))
            .y_label_formatter(&|y| tick_time(*y))
            .draw()?;

        for line in ideal {
            chart.draw_series([PathElement::new(line, GREY.stroke_width(self.px(1.0)))])?;
        }
        for look in self.series() {
            let ours = |each: &&Measurement| (each.backend, each.regime) == (look.backend, look.regime);
            let line: Vec<_> = measured().filter(ours).collect();
            self.line(&mut chart, look, &line)?;
        }
        let font = self.font(12.0).pos(Pos::new(HPos::Center, VPos::Bottom));
        let above = -(self.px(9.0) as i32);
        chart.draw_series(
            shares(self.report, workload)
                .into_iter()
                .map(|(point, share)| EmptyElement::at(point) + Text::new(share, (0, above), font.clone())),
        )?;
        Ok(())
    }

    /// What is measured, each once, from the plainest on.
    fn series(&self) -> impl Iterator<Item = Look> {
        let mut series: Vec<_> = self.report.measurements.iter().map(|each| (each.backend, each.regime)).collect();
        series.sort_unstable();
        series.dedup();
        series.into_iter().map(|(backend, regime)| Look::of(backend, regime))
    }

    /// The lines' names, in rows no longer than the picture is wide.
    fn legend_rows(&self) -> Vec<Vec<(Look, String)>> {
        let software = self.report.environment.software == Some(true);
        let (mut rows, mut left): (Vec<Vec<_>>, f64) = (Vec::new(), 0.0);
        for look in self.series() {
            let mark = if software && look.backend == Kind::Gpu { " (software)" } else { "" };
            let label = series(look.backend, look.regime) + mark;
            // A letter is about half as wide as a line is high: some are narrower, few wider.
            let width = SWATCH + 0.58 * LINE * label.chars().count() as f64 + GAP;
            if left < width {
                rows.push(Vec::new());
                left = WIDTHS[self.columns() - 1] - LEFT;
            }
            left -= width;
            rows.last_mut().into_iter().for_each(|row| row.push((look, label.clone())));
        }
        rows
    }

    /// Which line is whose, in rows above the panels: inside one it would lie on some line or other.
    fn legend<DB: DrawingBackend>(&self, head: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let (font, rows) = (self.font(LINE), self.legend_rows());
        for (below, row) in (0..rows.len()).rev().zip(rows) {
            let (mut x, y) = (self.px(LEFT) as i32, self.px(self.head() - 12.0 - below as f64 * ROW) as i32);
            for (look, label) in row {
                let outline = look.outline(14.0, self.scale);
                head.draw(&self.stretch(look, vec![(x, y), (x + self.px(28.0) as i32, y)]))?;
                head.draw(
                    &(EmptyElement::at((x, y))
                        + Polygon::new(outline.clone(), look.filling())
                        + PathElement::new(outline, look.edge(self.scale))),
                )?;
                x += self.px(SWATCH) as i32;
                let (width, _) = head.estimate_text_size(&label, &font)?;
                let middle = font.pos(Pos::new(HPos::Left, VPos::Center));
                head.draw(&Text::new(label, (x, y), middle))?;
                x += (width + self.px(GAP)) as i32;
            }
        }
        Ok(())
    }

    /// A series' line through these points, whole or dashed.
    fn stretch<C: Clone>(&self, look: Look, points: Vec<C>) -> DashedPathElement<std::vec::IntoIter<C>, i32> {
        // A dash that does not end is a whole line.
        let (dash, gap) = look.dash().unwrap_or((f64::from(i32::MAX), 0.0));
        let px = |length: f64| (length * self.scale).round() as i32;
        DashedPathElement::new(points, px(dash), px(gap), look.color.stroke_width(self.px(2.0)))
    }

    /// One backend's band, median and markers.
    fn line<'b, DB, X, Y>(
        &self,
        chart: &mut ChartContext<'b, DB, Cartesian2d<X, Y>>,
        look: Look,
        line: &[&Measurement],
    ) -> Drawn<DB>
    where
        DB: DrawingBackend + 'b,
        X: Ranged<ValueType = f64>,
        Y: Ranged<ValueType = f64>,
    {
        let at = |q: fn(&Measurement) -> f64| line.iter().map(move |each| (each.x() as f64, q(each)));
        let median: Vec<_> = at(|each| each.seconds.q50).collect();
        let band: Vec<_> = at(|each| each.seconds.q05).chain(at(|each| each.seconds.q95).rev()).collect();
        chart.draw_series([Polygon::new(band, look.color.mix(0.22))])?;
        let scale = self.scale;
        chart.draw_series([self.stretch(look, median.clone())])?;
        chart.draw_series(median.into_iter().map(|point| {
            let outline = look.outline(0.0, scale);
            EmptyElement::at(point)
                + Polygon::new(outline.clone(), look.filling())
                + PathElement::new(outline, look.edge(scale))
        }))?;
        Ok(())
    }
}

/// A workload's name with its formula.
fn named(workload: &str) -> String {
    match workload.parse::<Workload>() {
        Ok(known) => format!("{workload} ({})", known.about),
        Err(_) => shortened(workload, 64),
    }
}

/// Breaks a line between its parts, so that none is longer than `wide` characters where that can be.
fn wrap(text: &str, wide: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split(" · ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() + 3 <= wide => *line += &format!(" · {part}"),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Environment, Quantiles, Regime};

    #[test]
    fn long_lines_are_broken_between_parts() {
        assert_eq!(wrap("one · two · three", 9), ["one · two", "three"]);
    }

    #[test]
    fn a_picture_names_the_machine_and_every_series() {
        let environment = Environment {
            adapter: Some("a <painter>".to_owned()),
            software: Some(true),
            threads: Some(2),
            ..Environment::default()
        };
        let mut report = Report::new(environment, Vec::new());
        let folder = tempfile::tempdir().unwrap();
        let draw = |report: &Report| {
            let (to_svg, to_png) = (folder.path().join("a.svg"), folder.path().join("a.png"));
            svg(report, &to_svg).unwrap();
            png(report, &to_png).unwrap();
            assert!(std::fs::read(to_png).unwrap().starts_with(b"\x89PNG"));
            std::fs::read_to_string(to_svg).unwrap()
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
                ns_per_element: 1.0,
                gb_per_s: 8.0,
                max_ulp: 0.5,
                first_seconds: None,
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
