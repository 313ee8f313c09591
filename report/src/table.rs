//! The measurements as a table for people, in 80 columns.

use crossover::message::{percent, short, time, truncated, wrapped};
use crossover::sweep::{Axis, Change, Measurement, Place, Report, Series, Varied};

use super::columns::{COMPARED, Column, ERROR, MEDIAN, PER_ELEMENT, RATE, Row, SERIES, WORKLOAD, X};

/// Makes the table's lines, one measurement after the other.
#[derive(Clone, Debug, Default)]
pub struct Table {
    axis: Axis,
    /// The measurements that others are compared with.
    baselines: Vec<Measurement>,
    /// The last workload whose name has a line of its own.
    introduced: Option<String>,
}

/// The columns and the characters of each. Those of the axis' values and of the comparison share [`ENDS`].
const COLUMNS: [(Column, usize); 8] =
    [(WORKLOAD, NAME), (SERIES, 13), (X, 0), (MEDIAN, TIME), (PER_ELEMENT, 8), (RATE, 7), (COMPARED, 0), (ERROR, 8)];
const NAME: usize = 9;
const TIME: usize = 8;
const ENDS: usize = 18;
/// The characters of a line.
const LINE: usize = 80;

impl Table {
    /// Makes a table of measurements over an axis.
    pub fn over(axis: Axis) -> Self {
        Table { axis, ..Table::default() }
    }

    /// Returns the names of the columns. If the axis is not that of the elements, a line above them says what it is, and the
    /// number of `elements`.
    pub fn head(&self, elements: usize) -> String {
        let names = self.line(COLUMNS.map(|(column, _)| (column.title)(self.axis).to_owned()));
        match self.axis {
            Axis::Elements => names,
            axis => format!("time against {}, {elements} elements\n{names}", axis.counts()),
        }
    }

    /// Returns the row of the next measurement. It is compared with the loop if that was measured before it at the same size or
    /// degree; and in a sweep over threads, with one thread. A name that is too long for its column gets a line of its own, once.
    pub fn row(&mut self, measurement: &Measurement) -> String {
        self.row_with(measurement, |time| time.to_owned())
    }

    /// Does the same as [`row`](Table::row), with something done to the time, such as colouring it. It is as wide as its column
    /// already.
    pub fn row_with(&mut self, measurement: &Measurement, mark: impl FnOnce(&str) -> String) -> String {
        let baseline = |at: &&Measurement| at.is_baseline_of(measurement, self.axis);
        self.baselines.extend(Some(measurement).filter(baseline).cloned());
        let baseline = self.baselines.iter().rev().find(baseline);
        let speedup = baseline.map(|at| at.seconds.q50 / measurement.seconds.q50);
        let series = Series { backend: measurement.backend, regime: measurement.regime, software: false };
        let row = Row { axis: self.axis, each: measurement, series, speedup };
        let mut fields = COLUMNS.map(|(column, _)| column.shown(&row, |count| count.to_string()));
        if self.axis == Axis::Chunk {
            fields[6].clear();
        }
        fields[3] = mark(&format!("{:>TIME$}", fields[3]));
        let name = std::mem::take(&mut fields[0]);
        fields[0] = truncated(&name, NAME);
        let row = self.line(fields);
        if name.chars().count() <= NAME || self.introduced.as_ref() == Some(&name) {
            return row;
        }
        let introduced = format!("{}\n{row}", truncated(&name, LINE));
        self.introduced = Some(name);
        introduced
    }

    fn line(&self, fields: [String; 8]) -> String {
        // A long name of the comparison takes its room from the values, which are small then.
        let end = (COMPARED.title)(self.axis).chars().count().max(7);
        let widths = COLUMNS.map(|(column, width)| match column.key {
            key if key == X.key => ENDS - end,
            key if key == COMPARED.key => end,
            _ => width,
        });
        let fields = fields.iter().zip(widths).enumerate();
        let padded = fields.map(|(index, (field, width))| match index {
            0 | 1 => format!("{field:width$}"),
            _ => format!("{field:>width$}"),
        });
        padded.collect::<Vec<_>>().join(" ")
    }
}

/// Returns the table of what changed from one sweep over `axis` to another; nothing if nothing did. What got slower by more than
/// `threshold` is called a regression.
pub fn changes(changes: &[Change], axis: Axis, threshold: f64) -> Vec<String> {
    let line = |[workload, backend, x, old, new, ratio, verdict]: [&str; 7]| {
        let line = format!("{workload:NAME$} {backend:13} {x:>11} {old:>TIME$} {new:>TIME$} {ratio:>8}  {verdict}");
        line.trim_end().to_owned()
    };
    let row = |change: &Change| {
        let Place { workload, backend, regime, elements, varied } = &change.place;
        let verdict = match change.ratio {
            ratio if ratio > threshold => "regression",
            ratio if ratio > 1.0 => "slower",
            _ => "faster",
        };
        let series = Series { backend: *backend, regime: *regime, software: false }.to_string();
        let (old, new, ratio) = (time(change.old.middle), time(change.new.middle), short(change.ratio));
        let x = varied.map_or(*elements, Varied::value).to_string();
        line([&truncated(workload, NAME), &series, &x, &old, &new, &ratio, verdict])
    };
    let [workload, series, x] = [WORKLOAD, SERIES, X].map(|column| (column.title)(axis));
    let head = line([workload, series, x, "old", "new", "new/old", ""]);
    Some(head).filter(|_| !changes.is_empty()).into_iter().chain(changes.iter().map(row)).collect()
}

/// From what time on a first call that takes longer than later ones is reported with its series' name, in seconds.
const LONG: f64 = 1e-3;

/// Returns how much longer the first calls take than later ones, in a sentence for each workload, in lines of at most 80
/// characters.
///
/// The smallest size of a series, or other value of the axis, decides: a shader that is compiled there is there at the others.
pub fn first_calls(report: &Report) -> Vec<String> {
    let told = |workload: &str| {
        let longer = |series: Series| {
            let ours = report.measurements.iter().filter(|each| each.workload == workload && series.is(each));
            let first = ours.min_by_key(|each| each.x())?;
            Some((series, (first.first_seconds? - first.seconds.q50).max(0.0)))
        };
        let all: Vec<_> = report.series(workload).into_iter().filter_map(longer).collect();
        let (long, short): (Vec<_>, Vec<_>) = all.iter().partition(|(_, longer)| *longer >= LONG);
        let mut parts: Vec<_> = long.iter().map(|(series, longer)| format!("{} on {series}", time(*longer))).collect();
        let others = if parts.is_empty() { "" } else { " on others" };
        let most = short.iter().map(|(_, longer)| *longer).max_by(f64::total_cmp);
        parts.extend(most.filter(|most| *most > 0.0).map(|most| format!("at most {}{others}", time(most))));
        let workload = truncated(workload, 40);
        let said = if parts.is_empty() { "no longer".to_owned() } else { format!("longer by {}", parts.join(", ")) };
        (!all.is_empty()).then(|| wrapped(&format!("{workload}: the first call takes {said}")))
    };
    report.workloads().into_iter().filter_map(told).collect()
}

/// Returns how near each series comes to what the machine allows, at the largest size, in a sentence for each workload, in
/// lines of at most 80 characters. Nothing if it is not the size that varies.
pub fn of_ceiling(report: &Report) -> Vec<String> {
    if report.axis != Axis::Elements {
        return Vec::new();
    }
    let told = |workload: &str| {
        let ours = || report.measurements.iter().filter(move |each| each.workload == workload);
        let largest = ours().map(|each| each.elements).max()?;
        let part = |series: Series| {
            let at = ours().find(|each| each.elements == largest && series.is(each))?;
            Some(format!("{series} {}", percent(at.of_ceiling?)))
        };
        let parts: Vec<_> = report.series(workload).into_iter().filter_map(part).collect();
        let (workload, parts) = (truncated(workload, 40), (!parts.is_empty()).then(|| parts.join(", "))?);
        let limit = "of what this machine's memory or arithmetic allows";
        Some(wrapped(&format!("{workload} at {largest} elements: {parts} {limit}")))
    };
    report.workloads().into_iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;
    use crossover::sweep::{Interval, Quantiles, Regime};

    #[test]
    fn every_row_fits_in_80_columns() {
        let widest = Measurement {
            workload: "horner256".to_owned(),
            backend: Kind::Threads,
            regime: Regime::Fresh,
            elements: 99_999_999_999,
            trials: 5,
            runs: 1,
            seconds: Quantiles { q05: 0.0, q50: 1234.5e-6, q95: 0.0 },
            samples: Vec::new(),
            reference: None,
            ns_per_element: 123_456.0,
            gb_per_s: 1.2e-4,
            max_ulp: 1.2e30,
            first_seconds: None,
            gflop_per_s: None,
            of_ceiling: None,
            varied: None,
        };
        let mut table = Table::default();
        assert!(table.row(&widest).contains('–'), "there is no loop yet");
        let seconds = Quantiles { q50: 1000.0, ..widest.seconds };
        let plain = table.row(&Measurement { backend: Kind::Loop, regime: Regime::Host, seconds, ..widest.clone() });
        assert!(plain.contains(" 1.00 ") && plain.contains("1000 s"), "{plain}");
        let row = table.row(&widest);
        assert!(row.chars().count() <= 80 && Table::default().head(1).chars().count() <= 80, "{row}");
        assert!(row.contains("1.23 ms") && row.contains(" 8.1e5"), "{row}");
        assert!(
            table.row(&Measurement { elements: 1, ..widest.clone() }).contains('–'),
            "the loop was at another size"
        );
        let marked = Table::default().row_with(&widest, |time| format!("<{time}>"));
        assert_eq!(marked.replace(['<', '>'], ""), Table::default().row(&widest));
        assert!(marked.contains("< 1.23 ms>"), "{marked}");
        // A formula is named in full once, as far as a line goes.
        let formula = Measurement { workload: format!("x{}", " + x".repeat(40)), ..widest };
        let rows = [table.row(&formula), table.row(&formula)];
        assert_eq!(rows.each_ref().map(|row| row.lines().count()), [2, 1]);
        assert!(rows.iter().flat_map(|row| row.lines()).all(|line| line.chars().count() <= 80), "{rows:?}");
        assert!(rows[1].starts_with("x + x + … threads fresh "), "{rows:?}");
    }

    #[test]
    fn changes_are_told_with_both_times_and_beyond_the_threshold_called_regressions() {
        let place = |elements| Place {
            workload: "a long formula".to_owned(),
            backend: Kind::Threads,
            regime: Regime::Fresh,
            elements,
            varied: None,
        };
        let around = |middle: f64| Interval { low: 0.9 * middle, middle, high: 1.1 * middle };
        let change = |ratio| Change { place: place(99_999_999), old: around(1e-6), new: around(ratio * 1e-6), ratio };
        let all = [change(0.5), change(1.5)];
        let (lines, lenient) = (changes(&all, Axis::Elements, 1.1), changes(&all, Axis::Elements, 2.0));
        assert!(lines[0].ends_with(" new/old") && lines[1].ends_with("faster") && lines[2].ends_with("regression"));
        assert!(lenient[2].ends_with("slower") && lines[2].contains(" 1.00 µs  1.50 µs     1.50 "), "{lenient:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
        assert_eq!(changes(&[], Axis::Elements, 1.1), [""; 0]);
    }
}
