//! The places in the picture where one series overtakes another.

use crossover::sweep::{Axis, Crossover, Found, Interval, Report};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Canvas, Chart, Drawn, INK};

/// The width of a number of elements, and the height of a row of them.
const NUMBER: f64 = 46.0;
const ROW: f64 = 16.0;

/// A place where two lines cross beyond noise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Mark {
    /// At how many elements, or what else varies.
    pub at: Interval,
    /// The time of both there.
    pub seconds: f64,
}

impl Mark {
    /// A workload's marks, from left to right.
    pub fn all(report: &Report, crossovers: &[Crossover], workload: &str) -> Vec<Mark> {
        let ours = crossovers.iter().filter(|each| each.workload == workload);
        let place = |crossover: &Crossover| {
            let Found::Overtakes { at } = crossover.found else { return None };
            let series = report.measurements.iter().filter(|each| each.workload == workload);
            let series = series.filter(|each| crossover.faster.is(each));
            let mut line: Vec<_> = series.map(|each| (each.x() as f64, each.seconds.q50)).collect();
            line.sort_by(|one, other| one.0.total_cmp(&other.0));
            Some(Mark { at, seconds: height(&line, at.middle)? })
        };
        let mut marks: Vec<_> = ours.filter_map(place).collect();
        marks.sort_by(|one, other| one.at.middle.total_cmp(&other.at.middle));
        marks
    }

    /// Draws marks from left to right: a ring around each place, the interval as a bar through it, and a thread down to the
    /// number, which stands beside it at the bottom of the chart.
    pub fn draw<DB: DrawingBackend>(
        (marks, axis): (&[Mark], Axis),
        canvas: Canvas,
        chart: &mut Chart<'_, DB>,
        bottom: f64,
    ) -> Drawn<DB> {
        let px = |length: f64| canvas.px(length) as i32;
        let pen = |width: f64| INK.stroke_width(canvas.px(width));
        // A number that would stand in that of the place before stands in the row above it.
        let (mut before, mut row) = (i32::MIN, 0);
        for Mark { at, seconds } in marks {
            let (foot, place) =
                (chart.backend_coord(&(at.middle, bottom)), chart.backend_coord(&(at.middle, *seconds)));
            let right = chart.plotting_area().get_pixel_range().0.end - foot.0 >= px(NUMBER);
            let (side, gap, room) =
                if right { (HPos::Left, px(5.0), NUMBER) } else { (HPos::Right, -px(5.0), 2.0 * NUMBER) };
            row = if foot.0.saturating_sub(before) < px(room) { row + 1 } else { 0 };
            before = foot.0;
            let beside = -px(4.0 + ROW * f64::from(row));
            let thread = vec![(0, place.1 - foot.1), (0, beside.max(place.1 - foot.1))];
            let thread = DashedPathElement::new(thread, px(2.0), px(3.0), pen(1.0));
            let font = canvas.font(13.0).pos(Pos::new(side, VPos::Bottom));
            let number = Text::new(axis.from(at.middle), (gap, beside), font);
            chart.draw_series([EmptyElement::at((at.middle, bottom)) + thread + number])?;
            chart.draw_series([PathElement::new(vec![(at.low, *seconds), (at.high, *seconds)], pen(2.0))])?;
            chart.draw_series([Circle::new((at.middle, *seconds), px(8.0), pen(1.5))])?;
        }
        Ok(())
    }
}

/// How high a line is somewhere between its ends, straight on logarithmic axes.
fn height(line: &[(f64, f64)], x: f64) -> Option<f64> {
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

    #[test]
    fn a_mark_is_where_both_lines_are() {
        let fixed = [(Kind::Simd, 50e-9, 1e-9), (Kind::Threads, 7e-6, 0.3e-9)];
        let curves = fixed.map(|(backend, fixed, each)| Curve { backend, fixed, each });
        let report = simulated(&curves, "1e3,3e3,1e4,3e4,1e5", 5, 0.01, 0);
        let marks = Mark::all(&report, &report.crossovers(), &report.measurements[0].workload);
        let [mark] = marks[..] else { panic!("{marks:?}") };
        // 50 ns + x·1 ns = 7 µs + x·0.3 ns
        let truth = 6.95e-6 / 0.7e-9;
        assert!((mark.at.middle / truth - 1.0).abs() < 0.1, "{mark:?}");
        assert!((mark.seconds / (50e-9 + truth * 1e-9) - 1.0).abs() < 0.2, "{mark:?}");
        assert_eq!(Mark::all(&report, &report.crossovers(), "another"), []);
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
