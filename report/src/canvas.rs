//! What the pictures share: their font and colours, the head with its legend, axes with a grid, lines and markers.
//!
//! Text is laid out with DejaVu Sans, which comes with the build: the machine needs no fonts.

use std::io;

use crossover::sweep::{Report, Series};
use plotters::coord::Shift;
use plotters::element::{ComposedElement, DashedPathElement};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::axis::Scale;
use super::look::Look;

/// Text in general.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Text of less weight, and the axes.
pub(super) const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
/// The grid at the labels, and between them.
const GRID: [RGBColor; 2] = [RGBColor(0xd8, 0xd8, 0xd8), RGBColor(0xf0, 0xf0, 0xf0)];
/// What the machine allows.
pub(super) const CEILING: RGBColor = RGBColor(0xc4, 0xc8, 0xcc);
/// What the build's font is registered as. An SVG's reader takes its own.
const FONT: &str = "sans-serif";

/// The lines of text at the top.
const TITLE: f64 = 22.0;
pub(super) const LINE: f64 = 14.0;
/// The margin at the left, the room of a line's swatch in the legend, that between one name and the next, and that of a row.
const LEFT: f64 = 24.0;
const SWATCH: f64 = 36.0;
const GAP: f64 = 28.0;
const ROW: f64 = 22.0;

pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;
/// A chart with logarithmic axes.
pub(super) type Chart<'b, DB> = ChartContext<'b, DB, Cartesian2d<Scale, Scale>>;

/// A filling and the line around it.
pub(super) type Marker<C, DB> = ComposedElement<C, DB, Polygon<(i32, i32)>, PathElement<(i32, i32)>>;

/// A picture, in units of length.
pub(super) trait Picture {
    /// How wide and high it is.
    fn size(&self) -> (f64, f64);

    fn draw<DB: DrawingBackend>(&self, canvas: Canvas, root: &DrawingArea<DB, Shift>) -> Drawn<DB>;
}

/// A picture as SVG.
pub(super) fn svg_text(picture: &impl Picture) -> io::Result<String> {
    let canvas = Canvas::new(1.0)?;
    let mut text = String::new();
    let size = canvas.pixels(picture.size());
    picture.draw(canvas, &SVGBackend::with_string(&mut text, size).into_drawing_area()).map_err(io::Error::other)?;
    Ok(text.chars().map(legible).collect())
}

/// A character as XML 1.0 allows it. What it does not, such as a form feed in a formula, it allows neither as it is nor as a
/// reference; a space stands there instead.
pub(super) fn legible(each: char) -> char {
    match each {
        '\t' | '\n' | '\r' => each,
        '\0'..'\x20' | '\x7f'..'\u{a0}' | '\u{fffe}' | '\u{ffff}' => ' ',
        _ => each,
    }
}

/// Writes a picture as PNG, twice as large, for screens with small pixels.
pub(super) fn png(picture: &impl Picture, to: impl io::Write) -> io::Result<()> {
    let canvas = Canvas::new(2.0)?;
    let (width, height) = canvas.pixels(picture.size());
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    picture.draw(canvas, &backend.into_drawing_area()).map_err(io::Error::other)?;
    let mut encoder = png::Encoder::new(to, width, height);
    encoder.set_color(png::ColorType::Rgb);
    // Of lines on plain paper, rows as they are compress best.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    // What went wrong in the file, and not only in which encoder.
    let plain = |error| match error {
        png::EncodingError::IoError(error) => error,
        other => io::Error::other(other),
    };
    let mut writer = encoder.write_header().map_err(plain)?;
    writer.write_image_data(&pixels).and_then(|()| writer.finish()).map_err(plain)
}

/// What stands in a legend beside a name.
#[derive(Clone, Copy)]
pub(super) enum Swatch {
    /// A series' line and marker.
    Series(Look),
    /// A line of this colour, so many units wide.
    Line(RGBAColor, f64),
}

/// The text above the panels.
pub(super) struct Head {
    title: String,
    /// The machine, in lines short enough.
    machine: Vec<String>,
    /// The legend: inside a panel it would lie on some line or other.
    rows: Vec<Vec<(Swatch, String)>>,
}

impl Head {
    /// For a picture so many units wide.
    pub fn new(title: String, report: &Report, legend: Vec<(Swatch, String)>, width: f64) -> Self {
        let machine = wrap(&report.environment.machine(), (width / 7.6) as usize);
        let (mut rows, mut left): (Vec<Vec<_>>, f64) = (Vec::new(), 0.0);
        for (swatch, label) in legend {
            // A letter is about half as wide as a line is high: some are narrower, few wider.
            let room = SWATCH + 0.58 * LINE * label.chars().count() as f64 + GAP;
            if left < room {
                rows.push(Vec::new());
                left = width - LEFT;
            }
            left -= room;
            rows.last_mut().into_iter().for_each(|row| row.push((swatch, label.clone())));
        }
        Head { title, machine, rows }
    }

    pub fn height(&self) -> f64 {
        let rows = self.rows.len().max(1);
        58.0 + TITLE + self.machine.len() as f64 * (LINE + 5.0) + (rows - 1) as f64 * ROW
    }

    pub fn draw<DB: DrawingBackend>(&self, canvas: Canvas, area: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let bold = (FONT, TITLE * canvas.scale, FontStyle::Bold).into_font().color(&INK);
        let left = canvas.px(LEFT) as i32;
        area.draw(&Text::new(self.title.clone(), (left, canvas.px(18.0) as i32), bold))?;
        for (index, line) in self.machine.iter().enumerate() {
            let y = canvas.px(18.0 + TITLE + 8.0 + index as f64 * (LINE + 5.0)) as i32;
            area.draw(&Text::new(line.clone(), (left, y), canvas.font(LINE).color(&GREY)))?;
        }
        let font = canvas.font(LINE);
        for (below, row) in (0..self.rows.len()).rev().zip(&self.rows) {
            let (mut x, y) = (left, canvas.px(self.height() - 12.0 - below as f64 * ROW) as i32);
            for (swatch, label) in row {
                canvas.swatch(area, *swatch, (x, y))?;
                x += canvas.px(SWATCH) as i32;
                let (width, _) = area.estimate_text_size(label, &font)?;
                let middle = font.pos(Pos::new(HPos::Left, VPos::Center));
                area.draw(&Text::new(label.clone(), (x, y), middle))?;
                x += (width + canvas.px(GAP)) as i32;
            }
        }
        Ok(())
    }
}

/// What is drawn with: a scale.
#[derive(Clone, Copy)]
pub(super) struct Canvas {
    /// Pixels for each unit of length.
    scale: f64,
}

impl Canvas {
    fn new(scale: f64) -> io::Result<Self> {
        let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, font) in fonts {
            register_font(FONT, style, font).map_err(|_| io::Error::other("the build's own font cannot be read"))?;
        }
        Ok(Canvas { scale })
    }

    /// Lengths in pixels.
    pub fn px(self, length: f64) -> u32 {
        (length * self.scale).round() as u32
    }

    fn pixels(self, (width, height): (f64, f64)) -> (u32, u32) {
        (self.px(width), self.px(height))
    }

    pub fn font(self, size: f64) -> TextStyle<'static> {
        (FONT, size * self.scale).into_font().color(&INK)
    }

    /// The grid, the axes and what stands beside them.
    pub fn mesh<DB: DrawingBackend>(
        self,
        chart: &mut Chart<'_, DB>,
        [across, up]: [&str; 2],
        [across_label, up_label]: [&dyn Fn(f64) -> String; 2],
    ) -> Drawn<DB> {
        chart
            .configure_mesh()
            .bold_line_style(GRID[0].stroke_width(self.px(1.0)))
            .light_line_style(GRID[1].stroke_width(self.px(1.0)))
            .axis_style(GREY.stroke_width(self.px(1.0)))
            .set_all_tick_mark_size(self.px(4.0))
            .label_style(self.font(13.0))
            .axis_desc_style(self.font(LINE))
            .x_desc(across)
            .y_desc(up)
            .x_label_formatter(&|x| across_label(*x))
            .y_label_formatter(&|y| up_label(*y))
            .draw()
    }

    fn swatch<DB: DrawingBackend>(
        self,
        area: &DrawingArea<DB, Shift>,
        swatch: Swatch,
        (x, y): (i32, i32),
    ) -> Drawn<DB> {
        let ends = vec![(x, y), (x + self.px(28.0) as i32, y)];
        match swatch {
            Swatch::Line(color, width) => area.draw(&PathElement::new(ends, color.stroke_width(self.px(width)))),
            Swatch::Series(look) => {
                area.draw(&self.stretch(look, ends))?;
                area.draw(&self.marker(look, 14.0, (x, y)))
            }
        }
    }

    /// A series' line through these points, whole or dashed.
    pub fn stretch<C: Clone>(self, look: Look, points: Vec<C>) -> DashedPathElement<std::vec::IntoIter<C>, i32> {
        // A dash that does not end is a whole line.
        let (dash, gap) = look.dash().unwrap_or((f64::from(i32::MAX), 0.0));
        let px = |length: f64| (length * self.scale).round() as i32;
        DashedPathElement::new(points, px(dash), px(gap), look.color.stroke_width(self.px(2.0)))
    }

    /// A series' marker, so many units to the right of a place.
    pub fn marker<DB: DrawingBackend, C>(self, look: Look, right: f64, at: C) -> Marker<C, DB> {
        let outline = look.outline(right, self.scale);
        let filled = Polygon::new(outline.clone(), look.filling());
        EmptyElement::at(at) + filled + PathElement::new(outline, look.edge(self.scale))
    }
}

/// What is measured, each once, from the plainest on.
pub(super) fn series(report: &Report) -> Vec<Series> {
    let mut all: Vec<_> = report.workloads().into_iter().flat_map(|workload| report.series(workload)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The series as they stand in a legend.
pub(super) fn legend(series: &[Series]) -> Vec<(Swatch, String)> {
    let entry = |each: &Series| (Swatch::Series(Look::of(each.backend, each.regime)), each.to_string());
    series.iter().map(entry).collect()
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

    #[test]
    fn long_lines_are_broken_between_parts() {
        assert_eq!(wrap("one · two · three", 9), ["one · two", "three"]);
    }
}
