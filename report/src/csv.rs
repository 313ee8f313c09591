//! The measurements as a table for other programs, written row by row.
//!
//! A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, a tab or an end of a line for a formula of its own, and
//! runs it; a workload's name may come from a file of somebody else's. Such a name has a `'` before it, as OWASP advises.
//! In the JSON, names are as they are.

use std::borrow::Cow;
use std::io;

use crossover::sweep::{Measurement, Report, Varied};

/// One row: the measurement with its quantiles in columns of their own.
#[derive(serde::Serialize)]
struct Row<'a> {
    workload: Cow<'a, str>,
    backend: &'a str,
    regime: &'a str,
    elements: usize,
    trials: usize,
    seconds_q05: f64,
    seconds_q50: f64,
    seconds_q95: f64,
    ns_per_element: f64,
    gb_per_s: f64,
    max_ulp: f64,
    first_seconds: Option<f64>,
    of_ceiling: Option<f64>,
    varied: Option<usize>,
}

/// Writes all measurements of a report.
///
/// # Errors
///
/// What the writer says.
pub fn write(report: &Report, to: impl io::Write) -> io::Result<()> {
    let mut rows = Rows::new(to);
    report.measurements.iter().try_for_each(|each| rows.write(each))
}

/// Writes measurements as CSV, each as soon as it is there, so that an interrupted sweep leaves a file that is whole.
pub struct Rows<W: io::Write> {
    to: csv::Writer<W>,
}

impl<W: io::Write> Rows<W> {
    /// Starts the table. The column names are written with the first row.
    pub fn new(to: W) -> Self {
        Rows { to: csv::Writer::from_writer(to) }
    }

    /// Writes a row and flushes it.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write(&mut self, measurement: &Measurement) -> io::Result<()> {
        let Measurement { workload, backend, regime, elements, trials, seconds, .. } = measurement;
        self.to.serialize(Row {
            workload: inert(workload),
            backend: backend.name(),
            regime: regime.name(),
            elements: *elements,
            trials: *trials,
            seconds_q05: seconds.q05,
            seconds_q50: seconds.q50,
            seconds_q95: seconds.q95,
            ns_per_element: measurement.ns_per_element,
            gb_per_s: measurement.gb_per_s,
            max_ulp: measurement.max_ulp,
            first_seconds: measurement.first_seconds,
            of_ceiling: measurement.of_ceiling,
            varied: measurement.varied.map(Varied::value),
        })?;
        self.to.flush()
    }
}

/// A text that no spreadsheet takes for a formula.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;
    use crossover::sweep::{Quantiles, Regime};

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
        let mut bytes = Vec::new();
        let mut rows = Rows::new(&mut bytes);
        rows.write(&measurement).unwrap();
        rows.write(&measurement).unwrap();
        drop(rows);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let names = "workload,backend,regime,elements,trials,seconds_q05,seconds_q50,seconds_q95,\
                     ns_per_element,gb_per_s,max_ulp,first_seconds,of_ceiling,varied";
        assert_eq!(lines[0], names);
        let fields: Vec<_> = lines[1].split(',').collect();
        assert_eq!(fields[..5], ["poly", "gpu", "resident", "1000", "5"]);
        let numbers: Vec<f64> = fields[5..13].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(numbers, [1e-6, 2e-6, 0.003, 2.0, 4.0, 0.5, 0.004, 0.75]);
        assert_eq!((lines.len(), lines[2], fields[13]), (3, lines[1], ""));
        for (name, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0,gpu,"),
            ("-x**2", "'-x**2,gpu,"),
            ("+x, 1", "\"'+x, 1\",gpu,"),
            ("@x", "'@x,gpu,"),
            ("\t=x", "'\t=x,gpu,"),
            ("x - 1", "x - 1,gpu,"),
        ] {
            let (mut bytes, measurement) =
                (Vec::new(), Measurement { workload: name.to_owned(), ..measurement.clone() });
            Rows::new(&mut bytes).write(&measurement).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.lines().nth(1).unwrap().starts_with(expected), "{text}");
        }
    }
}
