//! The columns of a report: what each is called, and what a measurement has in it. The table, the CSV, the page and the table of
//! changes pick theirs from here.

use std::borrow::Cow;

use crossover::message::{percent, short, time};
use crossover::sweep::{Analysis, Axis, Measurement, Report, Series, Varied};

/// A measurement with what its report knows of it.
pub(super) struct Row<'a> {
    pub axis: Axis,
    pub each: &'a Measurement,
    pub series: Series,
    /// How many times as fast as its baseline it is, if there is one.
    pub speedup: Option<f64>,
}

/// Returns the rows of a report, in its order.
pub(super) fn rows<'a>(report: &'a Report, analysis: &'a Analysis) -> impl Iterator<Item = Row<'a>> {
    let of = |(each, speedup): (&'a Measurement, &Option<f64>)| {
        let series = report.as_series(each.backend, each.regime);
        Row { axis: report.axis, each, series, speedup: *speedup }
    };
    report.measurements.iter().zip(&analysis.speedups).map(of)
}

/// What a row has in a column.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Count(Option<usize>),
    Number(Option<f64>),
}

/// A column.
pub(super) struct Column {
    /// The name for programs.
    pub key: &'static str,
    /// The name for people, where this is what varies.
    pub title: fn(Axis) -> &'static str,
    pub value: for<'a> fn(&Row<'a>) -> Cell<'a>,
    /// Writes a number for people.
    show: fn(f64, &Row<'_>) -> String,
}

impl Column {
    /// Writes what a row has, for people. `count` writes a whole number; what is missing is a dash.
    pub fn shown(&self, row: &Row<'_>, count: impl Fn(usize) -> String) -> String {
        let shown = match (self.value)(row) {
            Cell::Text(text) => Some(text.into_owned()),
            Cell::Count(value) => value.map(count),
            Cell::Number(value) => value.filter(|value| value.is_finite()).map(|value| (self.show)(value, row)),
        };
        shown.unwrap_or_else(|| "–".to_owned())
    }
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}

fn count(value: usize) -> Cell<'static> {
    Cell::Count(Some(value))
}

fn number(value: f64) -> Cell<'static> {
    Cell::Number(Some(value))
}

macro_rules! columns {
    ($($name:ident($row:ident) = $key:literal, $title:expr, $value:expr, $show:expr;)*) => {
        $(pub(super) const $name: Column =
            Column { key: $key, title: $title, value: |$row| $value, show: $show };)*
    };
}

columns! {
    // Constant and row; the names for programs and for people; the value, and how a number is written for people.
    WORKLOAD(row) = "workload", |_| "workload", text(&row.each.workload), plain;
    BACKEND(row) = "backend", |_| "backend", text(row.each.backend.name()), plain;
    REGIME(row) = "regime", |_| "regime", text(row.each.regime.name()), plain;
    SERIES(row) = "series", |_| "backend", Cell::Text(row.each.series().into()), plain;
    LABEL(row) = "label", |_| "backend", Cell::Text(row.series.to_string().into()), plain;
    ELEMENTS(row) = "elements", |_| "elements", count(row.each.elements), plain;
    X(row) = "x", Axis::counts, count(row.each.x()), plain;
    VARIED(row) = "varied", Axis::counts, Cell::Count(row.each.varied.map(Varied::value)), plain;
    TRIALS(row) = "trials", |_| "trials", count(row.each.trials), plain;
    LOW(row) = "seconds_q05", |_| "5 %", number(row.each.seconds.q05), in_time;
    MEDIAN(row) = "seconds_q50", |_| "time", number(row.each.seconds.q50), in_time;
    HIGH(row) = "seconds_q95", |_| "95 %", number(row.each.seconds.q95), in_time;
    RANGE(row) = "range", |_| "5–95 %", number(row.each.seconds.q05), range;
    PER_ELEMENT(row) = "ns_per_element", |_| "ns/elem", number(row.each.ns_per_element), plain;
    RATE(row) = "gb_per_s", |_| "GB/s", number(row.each.gb_per_s), plain;
    OF_CEILING(row) = "of_ceiling", |_| "of ceiling", Cell::Number(row.each.of_ceiling), in_percent;
    COMPARED(row) = "compared", compared_by, Cell::Number(compared(row)), in_comparison;
    FIRST_CALL(row) = "first_seconds", |_| "first call", Cell::Number(row.each.first_seconds), in_time;
    ERROR(row) = "max_ulp", |_| "max ULP", number(row.each.max_ulp), plain;
}

fn plain(value: f64, _: &Row<'_>) -> String {
    short(value)
}

fn in_time(seconds: f64, _: &Row<'_>) -> String {
    time(seconds)
}

fn in_percent(part: f64, _: &Row<'_>) -> String {
    percent(part)
}

fn range(low: f64, row: &Row<'_>) -> String {
    format!("{} – {}", time(low), time(row.each.seconds.q95))
}

/// Returns what a measurement is compared with: the loop, or what one thread would allow. Chunks have nothing.
fn compared_by(axis: Axis) -> &'static str {
    match axis {
        Axis::Threads => "efficiency",
        Axis::Chunk => "",
        _ => "× loop",
    }
}

fn compared(row: &Row<'_>) -> Option<f64> {
    let threads = if row.axis == Axis::Threads { row.each.x() as f64 } else { 1.0 };
    row.speedup.map(|times| times / threads)
}

fn in_comparison(value: f64, row: &Row<'_>) -> String {
    if row.axis == Axis::Threads { percent(value) } else { short(value) }
}
