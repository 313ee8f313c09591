//! The measurements as a table for other programs, a row for each.
//!
//! A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, a tab or an end of a line for a formula of its own, and
//! runs it; a workload's name may come from a file of somebody else's. Such a name has a `'` before it, as OWASP advises.
//! In the JSON, names are as they are.

use std::borrow::Cow;
use std::io;

use crossover::sweep::{Analysis, Report};

use super::columns::{
    BACKEND, Cell, Column, ELEMENTS, ERROR, FIRST_CALL, HIGH, LOW, MEDIAN, OF_CEILING, PER_ELEMENT, RATE, REGIME,
    TRIALS, VARIED, WORKLOAD, rows,
};

/// The columns, of which later versions only add more.
const COLUMNS: [Column; 14] = [
    WORKLOAD,
    BACKEND,
    REGIME,
    ELEMENTS,
    TRIALS,
    LOW,
    MEDIAN,
    HIGH,
    PER_ELEMENT,
    RATE,
    ERROR,
    FIRST_CALL,
    OF_CEILING,
    VARIED,
];

/// Writes all measurements of a report below the names of the columns.
///
/// # Errors
///
/// Any error of the writer.
pub fn write(report: &Report, analysis: &Analysis, to: impl io::Write) -> io::Result<()> {
    let mut to = csv::Writer::from_writer(to);
    if !report.measurements.is_empty() {
        to.write_record(COLUMNS.map(|column| column.key))?;
    }
    for row in rows(report, analysis) {
        to.serialize(COLUMNS.map(|column| match (column.value)(&row) {
            Cell::Text(text) => Cell::Text(inert(text)),
            number => number,
        }))?;
    }
    to.flush()
}

/// Returns a text that no spreadsheet takes for a formula.
fn inert(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}").into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;
    use crossover::sweep::{Environment, Measurement, Quantiles, Regime};

    #[test]
    fn each_measurement_is_a_row_below_the_names() {
        let measurement = Measurement {
            workload: "poly".to_owned(),
            backend: Kind::Gpu,
            regime: Regime::Resident,
            elements: 1000,
            trials: 5,
            runs: 1,
            seconds: Quantiles { q05: 1e-6, q50: 2e-6, q95: 0.003 },
            samples: vec![2e-6; 5],
            reference: None,
            ns_per_element: 2.0,
            gb_per_s: 4.0,
            max_ulp: 0.5,
            first_seconds: Some(0.004),
            gflop_per_s: None,
            of_ceiling: Some(0.75),
            varied: None,
        };
        let written = |measurements| {
            let mut report = Report::new(Environment::default(), Vec::new());
            report.measurements = measurements;
            let mut bytes = Vec::new();
            write(&report, &Analysis::of(&report), &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let text = written(vec![measurement.clone(), measurement.clone()]);
        let lines: Vec<_> = text.lines().collect();
        let names = "workload,backend,regime,elements,trials,seconds_q05,seconds_q50,seconds_q95,\
                     ns_per_element,gb_per_s,max_ulp,first_seconds,of_ceiling,varied";
        assert_eq!(lines[0], names);
        let fields: Vec<_> = lines[1].split(',').collect();
        assert_eq!(fields[..5], ["poly", "gpu", "resident", "1000", "5"]);
        let numbers: Vec<f64> = fields[5..13].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(numbers, [1e-6, 2e-6, 0.003, 2.0, 4.0, 0.5, 0.004, 0.75]);
        assert_eq!((lines.len(), lines[2], fields[13]), (3, lines[1], ""));
        assert_eq!(written(Vec::new()), "");
        for (name, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0,gpu,"),
            ("-x**2", "'-x**2,gpu,"),
            ("+x, 1", "\"'+x, 1\",gpu,"),
            ("@x", "'@x,gpu,"),
            ("\t=x", "'\t=x,gpu,"),
            ("x - 1", "x - 1,gpu,"),
        ] {
            let text = written(vec![Measurement { workload: name.to_owned(), ..measurement.clone() }]);
            assert!(text.lines().nth(1).unwrap().starts_with(expected), "{text}");
        }
    }
}
