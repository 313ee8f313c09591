//! The places in the plot where one series overtakes another.

use crossover::sweep::{Axis, Crossover, Found, Interval, Series};

use super::chart::{Frame, Taken, ring};
use super::drawing::{Anchor, Group, INK, Node, Paint, Point, Text};
use super::look::key;

/// The height of a row of numbers.
const ROW: f64 = 16.0;

/// A place where two lines cross beyond noise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Mark {
    /// The number of elements, or the value of what else varies.
    pub at: Interval,
    /// The height of both lines there.
    pub height: f64,
    pub series: [Series; 2],
}

impl Mark {
    /// Returns a workload's marks, from left to right. `line` returns the points of a series, ascending.
    pub fn all(crossovers: &[Crossover], workload: &str, line: impl Fn(Series) -> Vec<Point>) -> Vec<Mark> {
        let place = |crossover: &Crossover| {
            let Found::Overtakes { at } = crossover.found else { return None };
            let height = height(&line(crossover.faster), at.middle)?;
            Some(Mark { at, height, series: [crossover.faster, crossover.slower] })
        };
        let ours = crossovers.iter().filter(|each| each.workload == workload);
        let mut marks: Vec<_> = ours.filter_map(place).collect();
        marks.sort_by(|one, other| one.at.middle.total_cmp(&other.at.middle));
        marks
    }

    /// Draws a ring around the place, the interval as a bar through it, and a thread down to the number, which stands beside it
    /// at the bottom of the frame, in the first row with room.
    pub fn draw(&self, axis: Axis, frame: &Frame, taken: &mut Taken) -> Node {
        let Mark { at: Interval { low, middle, high }, height, series } = *self;
        let (x, y) = frame.at((middle, height));
        let number = |row: u32| {
            let (text, foot) = (axis.from(middle), frame.bottom - 6.0 - ROW * f64::from(row));
            let text = Text::new(text, (x + 5.0, foot), Anchor::Start).class("number");
            if text.extent()[2] <= frame.right {
                text
            } else {
                Text { at: (x - 5.0, foot), anchor: Anchor::End, ..text }
            }
        };
        let row = (0..).take_while(|row| f64::from(*row) * ROW < frame.bottom - frame.top - ROW);
        let number = row.map(number).find(|text| {
            let [left, top, right, bottom] = text.extent();
            taken.take([left - 3.0, top, right + 3.0, bottom])
        });
        let foot = number.as_ref().map_or(frame.bottom, |text| text.at.1);
        let thread = Paint::line(INK, 1.0).dashed(Some((2.0, 3.0)));
        let bar = [low, high].map(|end| (frame.x(end.clamp(frame.xs.start, frame.xs.end)), y));
        let mut nodes = vec![
            Node::line("thread", thread, vec![(x, y), (x, foot.max(y))]),
            Node::line("bar", Paint::line(INK, 2.0), bar.to_vec()),
            ring((x, y)),
        ];
        nodes.extend(number.map(Node::Text));
        Node::Group(Group::new("crossing", nodes).with("series", series.map(key).join(" ")))
    }
}

/// Returns the height of a line somewhere between its ends, straight on logarithmic axes.
fn height(line: &[Point], x: f64) -> Option<f64> {
    let pair = line.windows(2).find(|pair| pair[0].0 <= x && x <= pair[1].0)?;
    let [(left, low), (right, high)] = [pair[0], pair[1]];
    let along = (x / left).ln() / (right / left).ln();
    Some(low * (high / low).powf(along))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Curve, simulated};
    use crossover::Kind;
    use crossover::sweep::Analysis;

    #[test]
    fn a_mark_is_where_both_lines_are() {
        let fixed = [(Kind::Simd, 50e-9, 1e-9), (Kind::Threads, 7e-6, 0.3e-9)];
        let curves = fixed.map(|(backend, fixed, each)| Curve { backend, fixed, each });
        let report = simulated(&curves, "1e3,3e3,1e4,3e4,1e5", 5, 0.01, 0);
        let line = |series: Series| {
            let ours = report.measurements.iter().filter(|each| each.backend == series.backend);
            ours.map(|each| (each.x() as f64, each.seconds.q50)).collect()
        };
        let crossovers = Analysis::of(&report).crossovers;
        let marks = Mark::all(&crossovers, &report.measurements[0].workload, line);
        let [mark] = marks[..] else { panic!("{marks:?}") };
        // 50 ns + x·1 ns = 7 µs + x·0.3 ns
        let truth = 6.95e-6 / 0.7e-9;
        assert!((mark.at.middle / truth - 1.0).abs() < 0.1, "{mark:?}");
        assert!((mark.height / (50e-9 + truth * 1e-9) - 1.0).abs() < 0.2, "{mark:?}");
        assert_eq!(Mark::all(&crossovers, "another", line), []);
    }

    #[test]
    fn a_line_is_straight_between_its_points() {
        let line = [(1.0, 2.0), (100.0, 200.0), (1000.0, 200.0)];
        for (x, expected) in [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0), (500.0, 200.0)] {
            assert!((height(&line, x).unwrap() / expected - 1.0).abs() < 1e-12, "{x}");
        }
        assert_eq!((height(&line, 0.5), height(&line, 2000.0), height(&[], 1.0)), (None, None, None));
    }
}
