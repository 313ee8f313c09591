//! The report for other programs, and back.

use std::io;

use crossover::sweep::{Analysis, Crossover, Report, Warning};
use serde::Deserialize;

/// The version of the file's form. It grows when a field changes its meaning or goes; new fields do not count.
pub const SCHEMA: u32 = 1;

#[derive(serde::Serialize)]
struct File<'a> {
    schema: u32,
    #[serde(flatten)]
    report: &'a Report,
    /// What follows from the measurements.
    crossovers: &'a [Crossover],
    warnings: Vec<Described<'a>>,
}

/// A warning with its sentence.
#[derive(serde::Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    warning: &'a Warning,
    message: String,
}

/// Writes the report as JSON: `{"schema":1,"environment":{…},"measurements":[…],…}`. What is not a finite number is `null`.
///
/// # Errors
///
/// Any error of the writer.
pub fn write(report: &Report, analysis: &Analysis, mut to: impl io::Write) -> io::Result<()> {
    let warnings = analysis.warnings.iter();
    let warnings = warnings.map(|warning| Described { message: warning.to_string(), warning }).collect();
    let file = File { schema: SCHEMA, report, crossovers: &analysis.crossovers, warnings };
    serde_json::to_writer_pretty(&mut to, &file)?;
    writeln!(to)?;
    to.flush()
}

/// Reads what [`write()`] wrote. What follows from the measurements is not read but computed anew; `null` for a number is
/// NaN.
///
/// # Errors
///
/// What the reader says. [`InvalidData`](io::ErrorKind::InvalidData) if it is no report, or one of another schema: what is
/// wrong and what to do, without the file's name, which is the caller's to add.
pub fn read(mut from: impl io::Read) -> io::Result<Report> {
    /// What a report of any schema has.
    #[derive(Deserialize)]
    struct Head {
        schema: Option<u32>,
    }

    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    let no_report = |what: String| {
        let remedy = "name a sweep.json that `crossover sweep` has written";
        io::Error::new(io::ErrorKind::InvalidData, format!("{what}; {remedy}"))
    };
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| no_report(format!("not a report ({error})")))?;
    match head.schema {
        Some(SCHEMA) => {}
        None => return Err(no_report("JSON, but not a report: it has no `schema`".to_owned())),
        Some(other) => {
            let remedy = "read it with the version of crossover that wrote it, or measure again";
            let what = format!("a report of schema {other}, and this version reads schema {SCHEMA}; {remedy}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| no_report(format!("a damaged report of schema {SCHEMA} ({error})")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;
    use crossover::sweep::{Environment, Failure, Measurement, Mismatch, Missing, Quantiles, Regime};

    fn report() -> Report {
        let environment = Environment { threads: Some(2), os: "Linux".to_owned(), ..Environment::default() };
        let missing = Missing { backend: Kind::Simd, reason: "not here".to_owned() };
        let mut report = Report::new(environment, vec![missing]);
        report.measurements.push(Measurement {
            workload: "poly".to_owned(),
            backend: Kind::Gpu,
            regime: Regime::Resident,
            elements: 1000,
            trials: 3,
            runs: 17,
            seconds: Quantiles { q05: 1e-6, q50: 1.0 / 3.0, q95: 0.5 },
            // Few of these are decimal fractions, but all come back to the bit. A reader that is a bit less exact, as many
            // are for speed, is off in some of them.
            samples: [0.5, 1e-6].into_iter().chain((1..300).map(|n| f64::from(n).sqrt() * 1e-6)).collect(),
            reference: None,
            ns_per_element: 0.1 + 0.2,
            gb_per_s: 5e-324,
            max_ulp: 0.5,
            first_seconds: Some(0.25),
            gflop_per_s: None,
            of_ceiling: None,
            varied: None,
        });
        let mismatch = Mismatch { index: 3, value: 0.1, oracle: 0.25, bound: 1e-9, wrong: 1, of: 1000 };
        report.failures.push(Failure {
            workload: "axpy".to_owned(),
            backend: Kind::Loop,
            regime: Regime::Host,
            elements: 1000,
            reason: mismatch.to_string(),
            mismatch: Some(mismatch),
            varied: None,
        });
        report
    }

    fn written(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &Analysis::of(report), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let report = report();
        assert_eq!(read(written(&report).as_bytes()).unwrap(), report);
    }

    #[test]
    fn what_is_no_number_is_read_as_nan() {
        let mut report = report();
        report.measurements[0].samples[1] = f64::NAN;
        report.measurements[0].gb_per_s = f64::INFINITY;
        report.failures[0].mismatch = report.failures[0].mismatch.map(|it| Mismatch { value: f32::NAN, ..it });
        let back = read(written(&report).as_bytes()).unwrap();
        let found = &back.measurements[0];
        assert!(found.samples[1].is_nan() && found.gb_per_s.is_nan() && found.samples[0] == 0.5, "{found:?}");
        assert!(back.failures[0].mismatch.unwrap().value.is_nan());
    }

    #[test]
    fn a_report_from_before_samples_were_kept_is_read() {
        let kept = include_str!("../tests/schema1.json");
        let report = read(kept.as_bytes()).unwrap();
        assert_eq!((report.measurements.len(), report.measurements[0].samples.len()), (2, 0));
        assert_eq!((&report.ceilings, report.measurements[0].of_ceiling), (&None, None));
    }

    #[test]
    fn what_is_no_report_is_named_with_what_to_do() {
        let good = written(&report());
        let cases = [
            ("no JSON at all".to_owned(), "not a report (expected", "name a sweep.json"),
            ("[1, 2]".to_owned(), "not a report", "name a sweep.json"),
            ("{\"measurements\": []}".to_owned(), "it has no `schema`", "name a sweep.json"),
            (
                good.replace("\"schema\": 1", "\"schema\": 7"),
                "schema 7, and this version reads schema 1",
                "measure again",
            ),
            (good.replace("\"elements\": 1000", "\"elements\": -1"), "damaged report of schema 1", "name a sweep.json"),
            (good[..good.len() / 2].to_owned(), "EOF", "name a sweep.json"),
        ];
        for (text, what, remedy) in cases {
            let error = read(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            let said = error.to_string();
            assert!(said.contains(what) && said.contains(remedy), "{said}");
        }
        // Another name is that of a backend outside of the crate.
        let other = read(good.replace("\"gpu\"", "\"tpu\"").as_bytes()).unwrap();
        assert!(other.measurements.iter().any(|each| each.backend == Kind::named("tpu")));
    }
}
