//! What the pictures share: the head with its legend, logarithmic axes with a grid, and room for labels.

use std::ops::Range;

use crossover::sweep::{Report, Series};

use super::axis::Ticks;
use super::drawing::{Anchor, Color, GREY, Group, INK, Node, Outline, Paint, Point, SIZE, Spot, Text};
use super::font::{lines, width_of};
use super::look::{Look, key};

/// The grid at the labels, and between them.
const GRID: [Color; 2] = [Color(0xd9, 0xdc, 0xe0), Color(0xee, 0xf0, 0xf2)];
/// What the machine allows.
/// From a name to the end of its line.
pub(super) const LEAD: Color = GRID[0];
pub(super) const CEILING: Color = Color(0xc4, 0xc8, 0xcc);

/// The room left of a frame for the labels of its vertical axis.
pub(super) const AXIS: f64 = 48.0;

/// The height of a line of an axis's name.
const NAME_LINE: f64 = 16.0;

/// A rectangle in which values are drawn on logarithmic axes.
#[derive(Clone)]
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
    pub xs: Range<f64>,
    pub ys: Range<f64>,
}

impl Frame {
    pub fn x(&self, value: f64) -> f64 {
        self.left + part(&self.xs, value) * (self.right - self.left)
    }

    pub fn y(&self, value: f64) -> f64 {
        self.bottom - part(&self.ys, value) * (self.bottom - self.top)
    }

    pub fn at(&self, (x, y): Point) -> Point {
        (self.x(x), self.y(y))
    }

    pub fn all(&self, points: impl IntoIterator<Item = Point>) -> Vec<Point> {
        points.into_iter().map(|point| self.at(point)).collect()
    }

    /// Leaves room below for the horizontal axis's labels and its name.
    pub fn above(self, name: &str) -> Self {
        let more = NAME_LINE * self.name_lines(name).len().saturating_sub(1) as f64;
        Frame { bottom: self.bottom - 52.0 - more, ..self }
    }

    fn name_lines(&self, name: &str) -> Vec<String> {
        lines(name, " ", SIZE, self.right - self.left + 32.0)
    }

    /// Draws the vertical lines, their labels and, below them, the axis's name in as many lines as it needs.
    pub fn across(&self, ticks: &Ticks, label: impl Fn(f64) -> String, name: &str) -> Vec<Node> {
        let line = |value: &f64| vec![(self.x(*value), self.top), (self.x(*value), self.bottom)];
        let mut nodes = grid(ticks, line);
        let (mut end, below) = (f64::NEG_INFINITY, self.bottom + SIZE + 5.0);
        for value in &ticks.bold {
            let text = Text::new(label(*value), (self.x(*value), below), Anchor::Middle).grey();
            let [from, _, to, _] = text.extent();
            if from > end {
                end = to + 6.0;
                nodes.push(Node::Text(text));
            }
        }
        let middle = (self.left + self.right) / 2.0;
        for (row, line) in self.name_lines(name).into_iter().enumerate() {
            let at = (middle, below + 21.0 + NAME_LINE * row as f64);
            nodes.push(Node::Text(Text::new(line, at, Anchor::Middle).grey()));
        }
        nodes
    }

    /// Draws the horizontal lines, their labels, the axes, and above them the vertical axis's name.
    pub fn up(&self, ticks: &Ticks, label: impl Fn(f64) -> String, name: &str) -> Vec<Node> {
        let line = |value: &f64| vec![(self.left, self.y(*value)), (self.right, self.y(*value))];
        let mut nodes = grid(ticks, line);
        let mut free = f64::INFINITY;
        for value in &ticks.bold {
            let y = self.y(*value) + 0.35 * SIZE;
            if y <= free {
                free = y - 15.0;
                nodes.push(Node::Text(Text::new(label(*value), (self.left - 7.0, y), Anchor::End).grey()));
            }
        }
        let corner = vec![(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)];
        nodes.push(Node::line("axis", Paint::line(GREY, 1.0), corner));
        nodes.push(Node::Text(Text::new(name, (self.left - AXIS, self.top - 10.0), Anchor::Start).grey()));
        nodes
    }
}

/// Returns how far along a logarithmic range a value is, from 0 to 1.
fn part(range: &Range<f64>, value: f64) -> f64 {
    // A quotient of such numbers may be infinite, their logarithms are not.
    (value.ln() - range.start.ln()) / (range.end.ln() - range.start.ln())
}

fn grid(ticks: &Ticks, line: impl Fn(&f64) -> Vec<Point>) -> Vec<Node> {
    let lines = |class, values: &[f64], color| Node::Path {
        class,
        paint: Paint::line(color, 1.0),
        lines: values.iter().map(&line).collect(),
        closed: false,
    };
    vec![lines("faint", &ticks.light, GRID[1]), lines("rule", &ticks.bold, GRID[0])]
}

/// The boxes of a picture that have a label.
#[derive(Default)]
pub(super) struct Taken(Vec<[f64; 4]>);

impl Taken {
    /// Takes a box unless it touches one that is taken. Returns whether it did.
    pub fn take(&mut self, [left, top, right, bottom]: [f64; 4]) -> bool {
        let touches = |each: &[f64; 4]| left < each[2] && each[0] < right && top < each[3] && each[1] < bottom;
        let free = !self.0.iter().any(touches);
        if free {
            self.0.push([left, top, right, bottom]);
        }
        free
    }
}

/// What stands in a legend beside a name.
#[derive(Clone)]
pub(super) enum Swatch {
    /// A series' line and marker.
    Series(Series),
    /// A line of a class and paint, in a group of a class.
    Line(&'static str, &'static str, Paint),
}

/// The size of a swatch.
pub(super) const SWATCH: (f64, f64) = (28.0, 16.0);

impl Swatch {
    /// Draws it with its left end in the middle at `at`.
    pub fn node(&self, at: Point) -> Node {
        let ends = vec![(0.0, 0.0), (SWATCH.0, 0.0)];
        let (class, nodes) = match self {
            Swatch::Line(group, class, paint) => (*group, vec![Node::line(class, *paint, ends)]),
            Swatch::Series(series) => {
                let look = Look::of(*series);
                let marker = marks(&look, vec![Spot::bare((SWATCH.0 / 2.0, 0.0))]);
                (look.class, vec![Node::line("line", look.line(), ends), marker])
            }
        };
        Node::Group(Group { at, ..Group::new(class, nodes) })
    }
}

/// The text above the panels.
pub(super) struct Head {
    pub height: f64,
    pub node: Node,
}

/// The margin at the left, the room of a line's swatch in the legend, that between one name and the next, and that of a row.
const LEFT: f64 = 24.0;
const ROOM: f64 = 36.0;
const GAP: f64 = 24.0;
const ROW: f64 = 22.0;

impl Head {
    /// Lays out a title, the machine and a legend in a picture of this width.
    pub fn new(title: &str, report: &Report, legend: &[(Swatch, String)], width: f64) -> Self {
        let left = if width < 600.0 { LEFT / 2.0 } else { LEFT };
        let large = if width < 600.0 { 16.0 } else { 22.0 };
        let (mut y, mut nodes) = (16.0, Vec::new());
        // Bold letters are wider than those that `lines` measures.
        for line in lines(title, " ", large, 0.86 * (width - 2.0 * left)) {
            y += large + 3.0;
            let text = Text::new(line, (left, y), Anchor::Start).class("title");
            nodes.push(Node::Text(Text { size: large, bold: true, ..text }));
        }
        y += 4.0;
        for line in lines(&report.environment.machine(), " · ", SIZE, width - 2.0 * left) {
            y += SIZE + 5.0;
            nodes.push(Node::Text(Text::new(line, (left, y), Anchor::Start).grey()));
        }
        y += 8.0;
        let mut x = f64::INFINITY;
        for (swatch, label) in legend {
            let room = ROOM + width_of(label, SIZE, false);
            if x + room > width - left {
                (x, y) = (left, y + ROW);
            }
            nodes.push(swatch.node((x, y - 0.35 * SIZE)));
            nodes.push(Node::Text(Text::new(label, (x + ROOM, y), Anchor::Start)));
            x += room + GAP;
        }
        Head { height: y + 12.0, node: Node::Group(Group::new("head", nodes)) }
    }
}

/// Returns what was measured, each series once.
pub(super) fn series(report: &Report) -> Vec<Series> {
    let mut all: Vec<_> = report.workloads().into_iter().flat_map(|workload| report.series(workload)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns the series as they stand in a legend.
pub(super) fn legend(series: &[Series]) -> Vec<(Swatch, String)> {
    series.iter().map(|each| (Swatch::Series(*each), each.to_string())).collect()
}

/// Draws the markers of a series.
pub(super) fn marks(look: &Look, spots: Vec<Spot>) -> Node {
    let (class, paint) = look.marker();
    Node::Marks { class, paint, outline: look.outline.clone(), spots }
}

/// Returns the group of a series' parts.
pub(super) fn group(series: Series, nodes: Vec<Node>) -> Group {
    Group::new(format!("series {}", Look::of(series).class), nodes).with("series", key(series))
}

/// Draws a ring around a place.
pub(super) fn ring(at: Point) -> Node {
    Node::Marks {
        class: "ring",
        paint: Paint::line(INK, 1.5),
        outline: Outline::Circle(8.0),
        spots: vec![Spot::bare(at)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_where_there_is_room() {
        let frame = Frame { left: 0.0, top: 0.0, right: 400.0, bottom: 100.0, xs: 1.0..100.0, ys: 1.0..10.0 };
        let ticks = Ticks { bold: vec![1.0, 2.0, 64.0, 65.0, 99.0], light: Vec::new() };
        let nodes = frame.across(&ticks, |x| x.to_string(), "threads");
        let texts = nodes.iter().filter_map(|node| if let Node::Text(text) = node { Some(&*text.text) } else { None });
        assert_eq!(texts.collect::<Vec<_>>(), ["1", "2", "64", "99", "threads"]);
        assert_eq!((frame.x(10.0), frame.y(10.0)), (200.0, 0.0));
    }

    #[test]
    fn no_two_labels_take_the_same_place() {
        let mut taken = Taken::default();
        assert!(taken.take([0.0, 0.0, 10.0, 10.0]) && !taken.take([9.0, 9.0, 20.0, 20.0]));
        assert!(taken.take([10.0, 0.0, 20.0, 10.0]));
    }
}
