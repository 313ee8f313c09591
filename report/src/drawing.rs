//! A picture as a tree of groups, paths, markers and texts, and the SVG that it makes. `raster` turns the same tree into pixels.
//!
//! Lengths are CSS pixels: x grows to the right, y downwards. Every shape carries its own paint, so that the SVG looks the same
//! pasted anywhere; its class lets a page's style sheet replace the paint.

use std::fmt::Write as _;

use super::font::width_of;

pub(super) type Point = (f64, f64);

/// A colour without transparency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// Returns the colour as CSS writes it: `#0072b2`.
    pub fn css(self) -> String {
        let Color(red, green, blue) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Text and rings.
pub(super) const INK: Color = Color(0x22, 0x22, 0x22);
/// Text of less weight, and the axes.
pub(super) const GREY: Color = Color(0x5c, 0x5f, 0x63);
pub(super) const PAPER: Color = Color(0xff, 0xff, 0xff);

/// How a shape is painted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Paint {
    pub fill: Option<Color>,
    /// The outline's colour and width.
    pub stroke: Option<(Color, f64)>,
    /// The lengths of the dashes and of the gaps between them.
    pub dash: Option<(f64, f64)>,
    pub opacity: f64,
}

impl Paint {
    pub fn line(color: Color, width: f64) -> Self {
        Paint { fill: None, stroke: Some((color, width)), dash: None, opacity: 1.0 }
    }

    pub fn filling(color: Color) -> Self {
        Paint { fill: Some(color), stroke: None, dash: None, opacity: 1.0 }
    }

    pub fn dashed(self, dash: Option<(f64, f64)>) -> Self {
        Paint { dash, ..self }
    }

    pub fn faded(self, opacity: f64) -> Self {
        Paint { opacity, ..self }
    }

    fn write(self, to: &mut String) {
        let _ = match self.fill {
            Some(color) => write!(to, " fill=\"{}\"", color.css()),
            None => write!(to, " fill=\"none\""),
        };
        if let Some((color, width)) = self.stroke {
            let _ = write!(to, " stroke=\"{}\" stroke-width=\"{width}\"", color.css());
        }
        if let Some((dash, gap)) = self.dash {
            let _ = write!(to, " stroke-dasharray=\"{dash} {gap}\"");
        }
        if self.opacity < 1.0 {
            let _ = write!(to, " opacity=\"{}\"", self.opacity);
        }
    }
}

/// The outline of a marker, around its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Outline {
    /// A circle of this radius.
    Circle(f64),
    Polygon(Vec<Point>),
}

impl Outline {
    /// Returns a regular polygon. `turned` is the part of a full turn by which its first corner lies off the right.
    pub fn regular(corners: usize, radius: f64, turned: f64) -> Self {
        let corner = |index: usize| {
            let (sin, cos) = (std::f64::consts::TAU * (turned + index as f64 / corners as f64)).sin_cos();
            (radius * cos, radius * sin)
        };
        Outline::Polygon((0..corners).map(corner).collect())
    }

    fn path(&self) -> String {
        match self {
            Outline::Circle(r) => format!("M{r} 0A{r} {r} 0 1 1-{r} 0A{r} {r} 0 1 1 {r} 0Z"),
            Outline::Polygon(corners) => path(std::slice::from_ref(corners), true),
        }
    }
}

/// Where a marker is, and what it stands for.
pub(super) struct Spot {
    pub at: Point,
    /// The index of the measurement in the report, which is its row in the page's table, if it stands for one.
    pub row: Option<usize>,
    /// What a browser shows beside the pointer.
    pub title: String,
}

impl Spot {
    /// Returns a place that stands for nothing but itself.
    pub fn bare(at: Point) -> Self {
        Spot { at, row: None, title: String::new() }
    }

    fn write(&self, outline: &str, to: &mut String) {
        to.push_str("<path");
        if let Some(row) = self.row {
            let _ = write!(to, " data-row=\"{row}\"");
        }
        let (x, y) = (number(self.at.0), number(self.at.1));
        let _ = write!(to, " transform=\"translate({x} {y})\" d=\"{outline}\"");
        let _ = match &self.title[..] {
            "" => writeln!(to, "/>"),
            title => writeln!(to, "><title>{}</title></path>", escaped(title)),
        };
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text on its baseline.
pub(super) struct Text {
    pub class: &'static str,
    pub at: Point,
    pub anchor: Anchor,
    pub size: f64,
    pub bold: bool,
    pub color: Color,
    pub text: String,
}

/// The size of most texts.
pub(super) const SIZE: f64 = 13.0;

impl Text {
    pub fn new(text: impl Into<String>, at: Point, anchor: Anchor) -> Self {
        let text = text.into().chars().map(legible).collect();
        Text { class: "text", at, anchor, size: SIZE, bold: false, color: INK, text }
    }

    pub fn grey(self) -> Self {
        Text { class: "soft", color: GREY, ..self }
    }

    pub fn class(self, class: &'static str) -> Self {
        Text { class, ..self }
    }

    /// Returns the left end of the text on its baseline.
    pub fn left(&self) -> f64 {
        let width = width_of(&self.text, self.size, self.bold);
        match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        }
    }

    /// Returns the box that the text takes: left, top, right and bottom.
    pub fn extent(&self) -> [f64; 4] {
        let (left, bottom) = (self.left(), self.at.1 + 0.22 * self.size);
        [left, self.at.1 - 0.8 * self.size, left + width_of(&self.text, self.size, self.bold), bottom]
    }
}

/// Several nodes under one class, which may be hidden.
#[derive(Default)]
pub(super) struct Group {
    pub class: String,
    /// Attributes `data-…`.
    pub data: Vec<(&'static str, String)>,
    /// Where its origin is.
    pub at: Point,
    pub hidden: bool,
    pub nodes: Vec<Node>,
}

impl Group {
    pub fn new(class: impl Into<String>, nodes: Vec<Node>) -> Self {
        Group { class: class.into(), nodes, ..Group::default() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.data.push((name, value.into()));
        self
    }
}

pub(super) enum Node {
    Group(Group),
    /// Lines through points; if `closed`, polygons.
    Path {
        class: &'static str,
        paint: Paint,
        lines: Vec<Vec<Point>>,
        closed: bool,
    },
    Marks {
        class: &'static str,
        paint: Paint,
        outline: Outline,
        spots: Vec<Spot>,
    },
    Text(Text),
}

impl Node {
    pub fn line(class: &'static str, paint: Paint, points: Vec<Point>) -> Self {
        Node::Path { class, paint, lines: vec![points], closed: false }
    }

    pub fn polygon(class: &'static str, paint: Paint, points: Vec<Point>) -> Self {
        Node::Path { class, paint, lines: vec![points], closed: true }
    }

    /// Returns the paper.
    pub fn paper(width: f64, height: f64) -> Self {
        let corners = vec![(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        Node::polygon("paper", Paint::filling(PAPER), corners)
    }

    fn write(&self, to: &mut String) {
        match self {
            Node::Group(group) => group.write(to),
            Node::Path { class, paint, lines, closed } => {
                if lines.iter().all(Vec::is_empty) {
                    return;
                }
                let _ = write!(to, "<path class=\"{class}\"");
                paint.write(to);
                let _ = writeln!(to, " d=\"{}\"/>", path(lines, *closed));
            }
            Node::Marks { class, paint, outline, spots } => {
                let _ = write!(to, "<g class=\"{class}\"");
                paint.write(to);
                to.push_str(">\n");
                let outline = outline.path();
                spots.iter().for_each(|spot| spot.write(&outline, to));
                to.push_str("</g>\n");
            }
            Node::Text(text) => text.write(to),
        }
    }
}

impl Group {
    fn write(&self, to: &mut String) {
        let _ = write!(to, "<g class=\"{}\"", escaped(&self.class));
        for (name, value) in &self.data {
            let _ = write!(to, " data-{name}=\"{}\"", escaped(value));
        }
        if self.at != (0.0, 0.0) {
            let _ = write!(to, " transform=\"translate({} {})\"", number(self.at.0), number(self.at.1));
        }
        to.push_str(if self.hidden { " display=\"none\">\n" } else { ">\n" });
        self.nodes.iter().for_each(|node| node.write(to));
        to.push_str("</g>\n");
    }
}

impl Text {
    fn write(&self, to: &mut String) {
        let (x, y) = (number(self.at.0), number(self.at.1));
        let _ = write!(to, "<text class=\"{}\" x=\"{x}\" y=\"{y}\" fill=\"{}\"", self.class, self.color.css());
        match self.anchor {
            Anchor::Start => {}
            Anchor::Middle => to.push_str(" text-anchor=\"middle\""),
            Anchor::End => to.push_str(" text-anchor=\"end\""),
        }
        if self.size != SIZE {
            let _ = write!(to, " font-size=\"{}\"", self.size);
        }
        to.push_str(if self.bold { " font-weight=\"bold\">" } else { ">" });
        let _ = writeln!(to, "{}</text>", escaped(&self.text));
    }
}

/// A whole picture.
pub(super) struct Drawing {
    pub class: &'static str,
    /// What it shows, for readers that do not see it.
    pub name: String,
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Node>,
}

impl Drawing {
    /// Writes the picture as SVG.
    pub fn svg(&self) -> String {
        let (width, height) = (number(self.width), number(self.height));
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"'DejaVu Sans', Verdana, sans-serif\" font-size=\"{SIZE}\" \
             stroke-linejoin=\"round\" role=\"img\" aria-label=\"{}\">\n",
            self.class,
            escaped(&self.name)
        );
        self.nodes.iter().for_each(|node| node.write(&mut text));
        text + "</svg>\n"
    }
}

/// Returns the path data of lines through points.
fn path(lines: &[Vec<Point>], closed: bool) -> String {
    let mut data = String::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        for (index, (x, y)) in line.iter().enumerate() {
            let _ = write!(data, "{}{} {}", if index == 0 { 'M' } else { 'L' }, number(*x), number(*y));
        }
        if closed {
            data.push('Z');
        }
    }
    data
}

/// Returns a coordinate to a tenth of a pixel.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0").unwrap_or(&text) {
        "-0" => "0".to_owned(),
        short => short.to_owned(),
    }
}

/// Returns a character as XML 1.0 allows it. A control character, such as a form feed in a formula, is allowed neither as it
/// is nor as a reference; a space takes its place.
pub(super) fn legible(each: char) -> char {
    match each {
        '\t' | '\n' | '\r' => each,
        '\0'..'\x20' | '\x7f'..'\u{a0}' | '\u{fffe}' | '\u{ffff}' => ' ',
        _ => each,
    }
}

/// Returns a text as HTML and XML have it, between tags or within quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for each in text.chars().map(legible) {
        match each {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_written_with_their_paint() {
        let line = Node::line("line", Paint::line(INK, 2.0).dashed(Some((7.0, 4.0))), vec![(0.0, 1.25), (10.0, -0.01)]);
        let marks = Node::Marks {
            class: "marks",
            paint: Paint::filling(GREY),
            outline: Outline::Circle(4.5),
            spots: vec![Spot { at: (1.0, 2.0), row: Some(7), title: "a < b".to_owned() }],
        };
        let hidden = Group { hidden: true, ..Group::new("scale", vec![marks]).with("scale", "\"ns\"") };
        let nodes = vec![Node::paper(20.0, 10.0), line, Node::Group(hidden)];
        let svg = Drawing { class: "plot", name: "it's".to_owned(), width: 20.0, height: 10.0, nodes }.svg();
        for part in [
            "viewBox=\"0 0 20 10\"",
            "aria-label=\"it&#39;s\"",
            "<path class=\"line\" fill=\"none\" stroke=\"#222222\" stroke-width=\"2\" stroke-dasharray=\"7 4\" d=\"M0 1.2L10 0\"/>",
            "<g class=\"scale\" data-scale=\"&quot;ns&quot;\" display=\"none\">",
            "data-row=\"7\" transform=\"translate(1 2)\"",
            "<title>a &lt; b</title></path>",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
    }
}
