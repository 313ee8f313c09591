//! The report as one page for a browser: the finding, plots that tell exact values, and everything that was measured.
//!
//! The file is whole: style, script and data are in it, and it loads nothing. What stands in it is written here; the script
//! only puts plots that answer in the place of the still one, and makes the table sortable. Without it, nothing is missing
//! but that.

mod ceiling;
mod finding;
mod section;
mod varied;

use std::io;

use crossover::Workload;
use crossover::message::truncated;
use crossover::sweep::{Axis, Report, Series};
use serde_json::Value;

use super::axis::against;
use super::measured::ceiling;
use super::{canvas, json, plot, roofline};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPTS: [&str; 2] = [include_str!("page/plot.js"), include_str!("page/page.js")];

/// What the finding goes by, and what it leaves out if that was measured.
const BASIS: &str = "By the medians, from arrays in host memory to an array in host memory. Who shares the lead has a range \
                     from 5 to 95\u{a0}% that overlaps with that of the least median.";
const SOFTWARE: &str = " A software GPU does not count.";
const AUTO: &str = " auto does not count: it is one of the others.";

const ROOFLINE: &str = "How near to the machine's limits";
const ROOFS: &str = "Each point is a formula at its largest size. On the left, memory is the limit: the slope is its rate for the \
                     largest arrays, and what is above it stayed in a cache. On the right it is arithmetic, the flat roof.";

/// Writes the report as a page. `command` is what made it, if that is to be told.
///
/// # Errors
///
/// What the writer says.
pub fn write(report: &Report, command: Option<&str>, mut to: impl io::Write) -> io::Result<()> {
    let report = legible(report);
    let mut value = json::value(&report)?;
    match command {
        Some(command) => value["command"] = command.into(),
        None => value.as_object_mut().map_or((), |value| drop(value.remove("command"))),
    }
    to.write_all(page(&report, value)?.as_bytes())?;
    to.flush()
}

/// The report with names as a page may have them, in the table as in the data that the script reads.
fn legible(report: &Report) -> Report {
    let mut report = report.clone();
    let names = report.measurements.iter_mut().map(|each| &mut each.workload);
    for name in names.chain(report.failures.iter_mut().map(|each| &mut each.workload)) {
        *name = name.chars().map(canvas::legible).collect();
    }
    report
}

/// The page. The report's value may have more in it than the report.
fn page(report: &Report, mut value: Value) -> io::Result<String> {
    let sections = section::all(report, &value);
    let about = report.workloads().into_iter().filter_map(|name| Some((name, name.parse::<Workload>().ok()?.about)));
    value["about"] =
        about.map(|(name, about)| (name.to_owned(), Value::from(about))).collect::<serde_json::Map<_, _>>().into();
    if let Some((series, label)) = ceiling(report) {
        let series = Series { software: false, ..series }.to_string();
        value["ceiling"] = serde_json::json!({ "series": series, "label": label });
    }
    // A script ends at the first `</script`, whatever it is part of; in JSON, `<` is only ever part of a string.
    let data = value.to_string().replace('<', "\\u003c");
    let title = escaped(&title(report));
    Ok(splice(&[
        ("title", &title),
        ("against", &against(report)),
        ("machine", &escaped(&report.environment.machine())),
        ("finding", &found(report)),
        ("notices", &section::notices(report)),
        ("still", &labelled(&plot::svg_text(report)?, "plot-title")),
        ("roofline", &roofline(report)?),
        ("sections", &sections),
        ("table", &section::table(report)),
        ("report", &data),
        ("page.css", STYLE),
        ("plot.js", SCRIPTS[0]),
        ("page.js", SCRIPTS[1]),
    ]))
}

/// A picture that is told by its title.
fn labelled(picture: &str, title: &str) -> String {
    picture.replacen("<svg ", &format!("<svg role=\"img\" aria-labelledby=\"{title}\" "), 1)
}

/// The section with the roofline, if there is something to draw.
fn roofline(report: &Report) -> io::Result<String> {
    if !roofline::is_there(report) {
        return Ok(String::new());
    }
    let picture = labelled(&roofline::svg_text(report)?, "roofline-title");
    Ok(format!(
        "<section id=\"roofline\" aria-labelledby=\"roofline-title\">\n<h2 id=\"roofline-title\">{ROOFLINE}</h2>\n\
         <p class=\"about\">{ROOFS}</p>\n<figure class=\"still\">\n{picture}</figure>\n</section>\n"
    ))
}

/// The template with each `<!--name-->` replaced by its text, in one pass: a text that looks like a mark stays a text.
fn splice(parts: &[(&str, &str)]) -> String {
    let mut pieces = TEMPLATE.split("<!--");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let part = parts.iter().find_map(|(name, text)| Some((text, piece.strip_prefix(name)?.strip_prefix("-->")?)));
        match part {
            Some((text, rest)) => page.extend([text, rest]),
            // A comment of the template's own.
            None => page.extend(["<!--", piece]),
        }
    }
    page
}

/// What was found of each workload, and what it goes by.
fn found(report: &Report) -> String {
    let varied = matches!(report.axis, Axis::Chunk | Axis::Threads);
    let about = |workload| match varied {
        true => varied::finding(report, workload),
        false => finding::finding(report, workload),
    };
    let measured = |name: &str| report.measurements.iter().any(|each| each.backend.name() == name);
    let software = if report.environment.software == Some(true) && measured("gpu") { SOFTWARE } else { "" };
    let auto = if measured("auto") { AUTO } else { "" };
    let basis = if varied { varied::BASIS.to_owned() } else { format!("{BASIS}{software}{auto}") };
    let found: Vec<_> = report.workloads().into_iter().filter_map(about).map(|found| escaped(&found)).collect();
    let told = match &found[..] {
        [] => return String::new(),
        [one] => format!("<p class=\"finding\">{one}</p>"),
        all => format!("<ul class=\"finding\">\n<li>{}</li>\n</ul>", all.join("</li>\n<li>")),
    };
    format!("{told}\n<p class=\"basis\">{basis}</p>")
}

fn title(report: &Report) -> String {
    match report.workloads()[..] {
        [] => "A sweep in which nothing was measured".to_owned(),
        [one] => format!("Sweep of {}{}", truncated(one, 64), varied::over(report.axis)),
        ref all if all.iter().map(|name| name.chars().count()).sum::<usize>() > 64 => {
            format!("Sweep of {} workloads{}", all.len(), varied::over(report.axis))
        }
        ref all => format!("Sweep of {}{}", finding::listed(all, "and"), varied::over(report.axis)),
    }
}

/// A text as HTML, between tags or within quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for each in text.chars().map(canvas::legible) {
        match each {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::look;
    use crate::simulated::{Curve, simulated};
    use crossover::Kind;
    use crossover::sweep::{Failure, Measurement, Missing, Regime};
    use crossover::{Error, Sweep};

    fn report() -> Report {
        Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("10,1000".parse().unwrap()).trials(1).run()
    }

    fn written(report: &Report, command: Option<&str>) -> String {
        let mut bytes = Vec::new();
        write(report, command, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The report that the script reads.
    fn data(page: &str) -> Value {
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"report\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn no_name_breaks_out_of_its_place() {
        let mut report = report();
        let nasty = "x < 1 </script><b>&amp;\"<!--table-->";
        for each in &mut report.measurements {
            each.workload = nasty.to_owned();
        }
        report.environment.adapter = Some(nasty.to_owned());
        report.failures.push(Failure {
            workload: nasty.to_owned(),
            backend: Kind::Simd,
            regime: Regime::Host,
            elements: 10,
            reason: nasty.to_owned(),
            mismatch: None,
            varied: None,
        });
        let page = written(&report, Some(nasty));
        assert!(!page.contains("<b>") && !page.contains("1 </script"), "{page}");
        assert!(page.contains("x &lt; 1 &lt;/script&gt;&lt;b&gt;&amp;amp;&quot;&lt;!--table--&gt;"));
        assert_eq!((page.matches("</script>").count(), page.matches("<table").count()), (2, 2));
        let data = data(&page);
        assert_eq!((&data["measurements"][0]["workload"], &data["command"]), (&nasty.into(), &nasty.into()));
    }

    #[test]
    fn what_neither_xml_nor_html_allows_is_a_space() {
        let mut report = report();
        for each in &mut report.measurements {
            each.workload = "x\u{b}+\u{c}1\0\u{ffff}".to_owned();
        }
        report.environment.cpu = Some("an\u{1b} abacus".to_owned());
        let page = written(&report, Some("crossover \u{c}"));
        let forbidden = |text: &str| text.chars().filter(|each| canvas::legible(*each) != *each).collect::<Vec<_>>();
        assert_eq!(forbidden(&page), []);
        assert_eq!(data(&page)["measurements"][0]["workload"], "x + 1  ");
        assert!(page.contains("<tr data-workload=\"x + 1  \""), "{page}");
        for picture in [plot::svg_text(&report).unwrap(), roofline::svg_text(&report).unwrap()] {
            assert_eq!(forbidden(&picture), []);
        }
    }

    #[test]
    fn the_script_reads_the_report_that_the_json_has() {
        let report = report();
        let Value::Object(mut found) = data(&written(&report, None)) else { panic!("no object") };
        assert_eq!(found.remove("about"), Some(serde_json::json!({ "poly": "x + x² + x³" })));
        let ceiling = serde_json::json!({ "series": "simd", "label": "ceiling (1 thread)" });
        assert_eq!(found.remove("ceiling"), Some(ceiling));
        // What is read may be a bit off what was written: read both.
        let expected: Value = serde_json::from_str(&json::value(&report).unwrap().to_string()).unwrap();
        assert_eq!(Value::Object(found), expected);
    }

    #[test]
    fn sections_are_there_if_there_is_something_to_tell() {
        let mut report = report();
        let page = written(&report, None);
        // One trial tells nothing of a crossover, and that is worth a warning.
        let sections = ["crossovers", "failures", "missing", "command"];
        assert!(sections.iter().all(|id| !page.contains(&format!("<section id=\"{id}\""))), "{page}");
        for always in [
            "<section id=\"warnings\"",
            "<section id=\"environment\"",
            "<section id=\"method\"",
            "4 measurements",
            "class=\"finding\"",
        ] {
            assert!(page.contains(always), "{always} is not in {page}");
        }
        let reason = Error::DeviceLost { reason: "the cable".to_owned() }.to_string();
        report.missing.push(Missing { backend: Kind::Gpu, reason: reason.clone() });
        report.cancelled = true;
        report.environment.software = Some(true);
        report.environment.adapter = Some("a <painter>".to_owned());
        let fixed = [(Kind::Simd, 50e-9, 1e-9), (Kind::Threads, 7e-6, 0.3e-9)];
        let curves = fixed.map(|(backend, fixed, each)| Curve { backend, fixed, each });
        report.measurements = simulated(&curves, "1e3,1e4,1e5", 5, 0.01, 0).measurements;
        let page = written(&report, Some("crossover sweep"));
        let told = ["a &lt;painter&gt;` is a program", "poly: threads overtakes simd at", "<code>crossover sweep<"];
        for told in told.into_iter().chain([&*format!("gpu: {reason}"), "interrupted"]) {
            assert!(page.contains(told), "{told} is not in {page}");
        }
    }

    #[test]
    fn each_workload_has_its_finding() {
        let mut report = report();
        assert_eq!(written(&report, None).matches("On poly, ").count(), 1);
        let others = report.measurements.clone();
        report.measurements.extend(others.into_iter().map(|each| Measurement { workload: "axpy".to_owned(), ..each }));
        let page = written(&report, None);
        let (_, found) = page.split_once("<ul class=\"finding\">").unwrap();
        let (found, _) = found.split_once("</ul>").unwrap();
        assert!(found.contains("<li>On poly, ") && found.contains("<li>On axpy, "), "{found}");
        report.axis = Axis::Chunk;
        let page = written(&report, None);
        assert!(page.contains("On poly of 10 elements, ") && page.contains("On axpy of 10 elements, "), "{page}");
    }

    #[test]
    fn an_empty_report_is_a_page_too() {
        let mut report = report();
        report.measurements.clear();
        let page = written(&report, None);
        assert!(
            page.contains("nothing was measured") && page.contains("0 measurements") && !page.contains("finding\"")
        );
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let page = written(&report(), None).replace("http://www.w3.org/2000/svg", "");
        for reach in ["http:", "https:", "//cdn", "src=", "href=", "url(", "@import", "fetch(", "import "] {
            assert!(!page.contains(reach), "the page has {reach}");
        }
        // Every mark of the template had its text.
        assert_eq!(page.matches("<!--").count(), 1);
    }

    #[test]
    fn a_series_looks_on_the_page_as_in_the_picture() {
        for (kind, regime) in Kind::ALL.into_iter().flat_map(|kind| Regime::ALL.map(|regime| (kind, regime))) {
            if !regime.is_of(kind) {
                continue;
            }
            let (color, shape, dash) = look(kind, regime);
            let name = match (kind, regime) {
                (Kind::Gpu, Regime::Resident | Regime::Scalar) => "resident",
                _ => kind.name(),
            };
            let variable = format!("--{name}: light-dark({color}, ");
            assert!(STYLE.contains(&variable), "{variable} is not in page.css");
            // What has no line of its own has its backend's.
            let own = name != kind.name();
            let series = Series { backend: kind, regime: if own { regime } else { Regime::Host }, software: false };
            let line = format!("\"{series}\": {{ color: \"{name}\", shape: \"{shape}\" }}");
            assert!(SCRIPTS[0].contains(&line), "{line} is not in plot.js");
            let dashes = format!(" {regime}: \"{dash}\"");
            assert!(regime == Regime::Host || SCRIPTS[0].contains(&dashes), "{dashes} is not in plot.js");
            assert!(SCRIPTS[1].contains(&format!("\"{regime}\"")), "{regime} is not in page.js");
        }
    }
}
