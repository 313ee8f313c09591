//! The sections of the page, as HTML.

use serde_json::Value;

use super::{ceiling, varied};
use crate::columns::{
    COMPARED, Cell, Column, ERROR, FIRST_CALL, LABEL, MEDIAN, OF_CEILING, PER_ELEMENT, RANGE, RATE, Row, TRIALS,
    WORKLOAD, X, rows,
};
use crate::drawing::escaped;
use crate::look::key;
use crossover::Memory;
use crossover::message::grouped;
use crossover::sweep::{Analysis, Axis, Regime, Report};

/// The environment's fields by name, as people know them. Others are reported as they are.
const FIELDS: [(&str, &str); 9] = [
    ("cpu", "processor"),
    ("isa", "instruction set"),
    ("threads", "threads"),
    ("adapter", "GPU"),
    ("driver", "driver"),
    ("api", "interface"),
    ("os", "system"),
    ("version", "crossover"),
    ("profile", "build"),
];

/// How the measurements are made.
const METHOD: [&str; 6] = [
    "Each element of each output is verified against an oracle before the timing. A result that is wrong anywhere has no time.",
    "The timing does not include preparing a kernel, and follows a warm-up.",
    "The first call, which includes preparing the kernel and on a GPU compiling its shader, is reported separately. A shader \
     is compiled at the first size only.",
    "The trials of all backends are interleaved, so that a slower minute of the machine affects all alike.",
    "Times are medians. GB/s counts each array that is read or written, once.",
    "The ceiling is the larger of bytes ÷ peak bandwidth and operations ÷ peak throughput, which were measured with copies, \
     sums and chains of operations before the sweep. It includes no cost of a call, a launch or sharing. Formulas with \
     functions such as exp have no operation count, and so no ceiling.",
];
/// The note for reports with arrays on a device.
const ON_GPU: &str = "On a GPU, the time includes upload and download, unless the data path says otherwise.";
/// The meaning of the data paths that were measured.
const REGIMES: [(Regime, &str); 4] = [
    (Regime::Fresh, "fresh: each run allocates its output; the time includes the page faults."),
    (Regime::Compute, "compute: each run uploads its inputs, and the output stays on the device."),
    (Regime::Resident, "resident: everything is on the device, before and after."),
    (
        Regime::Scalar,
        "scalar: the inputs are on the device, and one number is downloaded: the formula's reduction, or the sum of its \
         results. GB/s counts the inputs only.",
    ),
];

/// Returns what a reader has to know before anything else.
pub(super) fn notices(report: &Report) -> String {
    let cancelled = "The sweep was interrupted: the report is incomplete.";
    let debug = "This is a debug build, which is many times slower than a release build.";
    let told = [(report.cancelled, cancelled), (report.environment.profile == "debug", debug)];
    told.iter().filter(|(holds, _)| *holds).map(|(_, notice)| format!("<p class=\"notice\">{notice}</p>\n")).collect()
}

/// Returns everything between the plot and the table. What is empty is left out.
pub(super) fn all(report: &Report, analysis: &Analysis, command: Option<&str>) -> String {
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    let missing: Vec<_> = report.missing.iter().map(|each| format!("{}: {}", each.backend, each.reason)).collect();
    // On a page, lines break where there is no more room.
    let crossovers: Vec<_> = analysis.crossovers.iter().map(|each| each.to_string().replace("\n  ", " ")).collect();
    let warnings: Vec<_> = analysis.warnings.iter().map(ToString::to_string).collect();
    let measured = |regime: Regime| report.measurements.iter().any(|each| each.regime == regime);
    let away = report.measurements.iter().any(|each| !each.regime.is_in(Memory::Host));
    let regimes = REGIMES.into_iter().filter(|(regime, _)| measured(*regime)).map(|(_, told)| told);
    let method: Vec<_> = METHOD
        .into_iter()
        .chain(away.then_some(ON_GPU))
        .chain(regimes)
        .chain(varied::method(report.axis))
        .map(str::to_owned)
        .collect();
    [
        list("crossovers", "Crossover points, at 95 % confidence", &crossovers),
        list("warnings", "Warnings", &warnings),
        list("failures", "Failures", &failures),
        list("missing", "Backends that are not there", &missing),
        section("ceilings", "What this machine allows", ceiling::content(report)),
        section("environment", "Environment", environment(report)),
        list("method", "How it was measured", &method),
        section("command", "Command", command.map(|text| format!("<pre><code>{}</code></pre>", escaped(text)))),
    ]
    .concat()
}

fn section(id: &str, title: &str, content: Option<String>) -> String {
    content.map_or_else(String::new, |content| {
        format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{content}\n</section>\n")
    })
}

fn list(id: &str, title: &str, items: &[String]) -> String {
    let content: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    section(id, title, (!items.is_empty()).then(|| format!("<ul>\n{content}</ul>")))
}

/// Returns what is known of the machine and the build, also where this page does not know the field.
fn environment(report: &Report) -> Option<String> {
    let value = serde_json::to_value(&report.environment).ok()?;
    let fields = value.as_object()?;
    let known = FIELDS.iter().filter_map(|(field, name)| Some((*name, *field, fields.get(*field)?)));
    let told = |field: &str| field == "software" || FIELDS.iter().any(|(known, _)| *known == field);
    let others =
        fields.iter().filter(|(field, _)| !told(field)).map(|(field, value)| (field.as_str(), field.as_str(), value));
    let line = |(name, field, value): (&str, &str, &Value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mark = if field == "adapter" && fields.get("software") == Some(&true.into()) { " (software)" } else { "" };
        Some(format!("<dt>{}</dt><dd>{}{mark}</dd>\n", escaped(name), escaped(&text)))
    };
    let lines: String = known.chain(others).filter_map(line).collect();
    Some(format!("<dl>\n{lines}</dl>"))
}

/// The columns of the table.
const COLUMNS: [Column; 12] =
    [WORKLOAD, LABEL, X, MEDIAN, RANGE, PER_ELEMENT, RATE, OF_CEILING, COMPARED, FIRST_CALL, ERROR, TRIALS];

/// Writes the table of all measurements.
pub(super) fn table(report: &Report, analysis: &Analysis) -> String {
    let columns: Vec<Column> = COLUMNS.into_iter().filter(|column| !(column.title)(report.axis).is_empty()).collect();
    let head = |column: &Column| {
        let kind = if is_text(column) { " class=\"text\" data-kind=\"text\"" } else { "" };
        format!("<th scope=\"col\"{kind}>{}</th>", (column.title)(report.axis))
    };
    let heads: String = columns.iter().map(head).collect();
    let rows: String = rows(report, analysis).map(|each| row(&columns, &each)).collect();
    let count = report.measurements.len();
    let caption = format!("{count} measurement{}", if count == 1 { "" } else { "s" });
    format!(
        "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-labelledby=\"measurements-title\">\n\
         <table id=\"measurements\">\n<caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>"
    )
}

fn is_text(column: &Column) -> bool {
    [WORKLOAD.key, LABEL.key].contains(&column.key)
}

fn row(columns: &[Column], row: &Row<'_>) -> String {
    let cells: String = columns.iter().map(|column| cell(column, row)).collect();
    let elements = match row.axis {
        Axis::Elements => String::new(),
        _ => format!(" · {} elements", grouped(row.each.elements)),
    };
    format!(
        "<tr data-workload=\"{}\" data-series=\"{}\" data-place=\"{}{elements}\">{cells}</tr>\n",
        escaped(&row.each.workload),
        key(row.series),
        row.axis.at(&grouped(row.each.x()))
    )
}

/// Writes a cell with the value to sort by.
fn cell(column: &Column, row: &Row<'_>) -> String {
    let shown = escaped(&column.shown(row, grouped));
    let name = if column.key == WORKLOAD.key { format!(" name\" title=\"{shown}") } else { String::new() };
    match (column.value)(row) {
        Cell::Text(_) => format!("<td class=\"text{name}\" data-value=\"{shown}\">{shown}</td>"),
        Cell::Count(Some(count)) => format!("<td data-value=\"{count}\">{shown}</td>"),
        Cell::Number(Some(number)) if number.is_finite() => format!("<td data-value=\"{number:e}\">{shown}</td>"),
        _ => format!("<td>{shown}</td>"),
    }
}
