//! The measurements as a table for people, in 80 columns.

use crossover::message::{short, time, truncated, wrapped};
use crossover::sweep::{Axis, Measurement, Report, Series};

use super::measured::is_loop_for;

/// Makes the table's lines, one measurement after the other.
#[derive(Clone, Debug, Default)]
pub struct Table {
    axis: Axis,
    /// What others are compared with: the last measurement of the loop, or those on one thread.
    references: Vec<Measurement>,
    /// The last workload whose name has got a line of its own.
    introduced: Option<String>,
}

/// Columns of a workload's name, of a time, and of a line.
const NAME: usize = 9;
const TIME: usize = 8;
const LINE: usize = 80;
/// Columns of the axis' values and of the comparison, together.
const ENDS: usize = 18;

impl Table {
    /// A table of measurements over an axis.
    pub fn over(axis: Axis) -> Self {
        Table { axis, ..Table::default() }
    }

    /// The names of the columns. If the axis is not that of the elements, a line above them says what it is, and how many
    /// `elements` there are.
    pub fn head(&self, elements: usize) -> String {
        let names = [self.axis.counts(), "time", "ns/elem", "GB/s", self.compares(), "max ULP"];
        let names = self.line("workload", "backend", names);
        match self.axis {
            Axis::Elements => names,
            axis => format!("{}\n{names}", over(axis, elements)),
        }
    }

    /// What the comparison is called: with the loop, or with one thread. Chunks have nothing to be compared with.
    fn compares(&self) -> &'static str {
        match self.axis {
            Axis::Elements | Axis::Intensity => "× loop",
            Axis::Threads => "efficiency",
            _ => "",
        }
    }

    /// The row of the next measurement. How many times faster than the loop it is can be told if the loop was measured
    /// before it at the same size, or degree; and its [efficiency](Report::efficiency) if one thread was. A name that is too long for its column gets a line of its own, once.
    pub fn row(&mut self, measurement: &Measurement) -> String {
        self.row_with(measurement, |time| time.to_owned())
    }

    /// As [`row`](Table::row), with something done to the time, such as colouring it. It is as wide as its column already.
    pub fn row_with(&mut self, measurement: &Measurement, mark: impl FnOnce(&str) -> String) -> String {
        let compared = self.compared(measurement);
        let fields = [
            measurement.x().to_string(),
            mark(&format!("{:>TIME$}", time(measurement.seconds.q50))),
            short(measurement.ns_per_element),
            short(measurement.gb_per_s),
            compared,
            short(measurement.max_ulp),
        ];
        let name = &measurement.workload;
        let row = self.line(&truncated(name, NAME), &measurement.series(), fields.each_ref().map(String::as_str));
        if name.chars().count() <= NAME || self.introduced.as_ref() == Some(name) {
            return row;
        }
        self.introduced = Some(name.clone());
        format!("{}\n{row}", truncated(name, LINE))
    }

    /// How a measurement compares, and keeps it if others are compared with it.
    fn compared(&mut self, measurement: &Measurement) -> String {
        if self.axis == Axis::Chunk {
            return String::new();
        }
        let same = |at: &&Measurement| is_loop_for(at, measurement) || at.is_alone_for(measurement);
        if same(&measurement) {
            self.references.retain(|each| self.axis == Axis::Threads && each.workload == measurement.workload);
            self.references.push(measurement.clone());
        }
        let reference = self.references.iter().find(same);
        let compared = reference.map(|at| match self.axis {
            Axis::Threads => measurement.efficiency(at).map_or("–".to_owned(), percent),
            _ => short(at.seconds.q50 / measurement.seconds.q50),
        });
        compared.unwrap_or("–".to_owned())
    }

    fn line(&self, workload: &str, backend: &str, [x, time, ns, rate, compared, ulp]: [&str; 6]) -> String {
        // A long name of the comparison takes its room from the values, which are small then.
        let end = self.compares().chars().count().max(7);
        let start = ENDS - end;
        format!("{workload:NAME$} {backend:13} {x:>start$} {time:>TIME$} {ns:>8} {rate:>7} {compared:>end$} {ulp:>8}")
    }
}

/// `time against threads, 10000000 elements`.
pub(super) fn over(axis: Axis, elements: usize) -> String {
    format!("time against {}, {elements} elements", axis.counts())
}

/// From what time on a first call that takes longer than later ones is told with its series' name, in seconds.
const LONG: f64 = 1e-3;

/// How much longer the first calls take than later ones, in a sentence for each workload, in lines of at most 80 characters.
///
/// Of each series the smallest size, or other value of the axis, tells: a GPU that has compiled a shader there has it at the others.
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

/// How near each series comes to what the machine allows, at the largest size, in a sentence for each workload, in lines of at
/// most 80 characters. Nothing if it is not the size that varies.
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

/// `92 %`, with a space that does not break; more than one digit only where there is one.
pub(super) fn percent(part: f64) -> String {
    let percent = 100.0 * part;
    let digits = if percent < 0.95 { 1 } else { 0 };
    format!("{percent:.digits$}\u{a0}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;
    use crossover::sweep::{Quantiles, Regime};

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
}
