//! The report as one page for a browser: what was found, the plots, and everything that was measured.
//!
//! The file is self-contained and makes no network requests. The plots are the very SVGs that are written as files, each a
//! second time for narrow windows; a style sheet chooses between the two. The script only shows and hides their parts, points at
//! their markers and sorts the table: without it, everything is there to read.

mod ceiling;
mod section;
mod switch;
mod varied;

use std::io;

use crossover::message::truncated;
use crossover::sweep::{Analysis, Report};

use super::axis::against;
use super::drawing::{self, Drawing, escaped};
use super::{plot, roofline};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

const ROOFLINE: &str = "How near to the machine's limits";
const ROOFS: &str = "Each point is a formula at its largest size. On the left, memory is the limit: the slope is its rate for the \
                     largest arrays, and what is above it stayed in a cache. On the right it is arithmetic, the flat roof.";

/// Writes the report as a page. `command` is the command that made it, if the page is to show it.
///
/// # Errors
///
/// Any error of the writer.
pub fn write(report: &Report, analysis: &Analysis, command: Option<&str>, mut to: impl io::Write) -> io::Result<()> {
    to.write_all(page(&legible(report), analysis, command).as_bytes())?;
    to.flush()
}

/// Returns the report with names as a page may have them.
fn legible(report: &Report) -> Report {
    let mut report = report.clone();
    let names = report.measurements.iter_mut().map(|each| &mut each.workload);
    for name in names.chain(report.failures.iter_mut().map(|each| &mut each.workload)) {
        *name = name.chars().map(drawing::legible).collect();
    }
    report
}

fn page(report: &Report, analysis: &Analysis, command: Option<&str>) -> String {
    let title = escaped(&title(report));
    splice(&[
        ("title", &title),
        ("against", &against(report)),
        ("machine", &escaped(&report.environment.machine())),
        ("finding", &found(analysis)),
        ("notices", &section::notices(report)),
        ("switches", &switch::form(report, analysis)),
        ("plots", &figure([false, true].map(|narrow| plot::drawing(report, analysis, narrow)))),
        ("roofline", &roofline(report)),
        ("sections", &section::all(report, analysis, command)),
        ("table", &section::table(report, analysis)),
        ("page.css", STYLE),
        ("page.js", SCRIPT),
    ])
}

/// Writes a drawing and the one for narrow windows.
fn figure(drawings: [Drawing; 2]) -> String {
    // A plot with two columns needs more room.
    let wide = if drawings[0].width > 1000.0 { " pairs" } else { "" };
    format!("<figure class=\"plots{wide}\">\n{}</figure>", drawings.map(|each| each.svg()).concat())
}

/// Writes the section with the roofline, if there is something to draw.
fn roofline(report: &Report) -> String {
    if !roofline::is_there(report) {
        return String::new();
    }
    let plots = figure([false, true].map(|narrow| roofline::drawing(report, narrow)));
    format!(
        "<section id=\"roofline\" aria-labelledby=\"roofline-title\">\n<h2 id=\"roofline-title\">{ROOFLINE}</h2>\n\
         <p class=\"about\">{ROOFS}</p>\n{plots}\n</section>\n"
    )
}

/// Replaces each `<!--name-->` of the template by its text, in one pass: a text that looks like a mark stays a text.
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

/// Writes what was found of each workload, and what it goes by.
fn found(analysis: &Analysis) -> String {
    let all: Vec<_> = analysis.findings.iter().map(|found| escaped(found)).collect();
    let found = match &all[..] {
        [] => return String::new(),
        [one] => format!("<p class=\"finding\">{one}</p>"),
        all => format!("<ul class=\"finding\">\n<li>{}</li>\n</ul>", all.join("</li>\n<li>")),
    };
    format!("{found}\n<p class=\"basis\">{}</p>", analysis.basis)
}

fn title(report: &Report) -> String {
    match report.workloads()[..] {
        [] => "A sweep in which nothing was measured".to_owned(),
        [one] => format!("Sweep of {}{}", truncated(one, 64), varied::over(report.axis)),
        ref all if all.iter().map(|name| name.chars().count()).sum::<usize>() > 64 => {
            format!("Sweep of {} workloads{}", all.len(), varied::over(report.axis))
        }
        ref all => format!("Sweep of {}{}", all.join(", "), varied::over(report.axis)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart;
    use crate::drawing::PAPER;
    use crate::look::Look;
    use crate::simulated::{Curve, simulated};
    use crossover::Kind;
    use crossover::sweep::{Axis, Failure, Measurement, Missing, Regime, Series};
    use crossover::{Error, Sweep};

    fn report() -> Report {
        Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("10,1000".parse().unwrap()).trials(1).run()
    }

    fn written(report: &Report, command: Option<&str>) -> String {
        let mut bytes = Vec::new();
        write(report, &Analysis::of(report), command, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
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
        assert_eq!((page.matches("</script>").count(), page.matches("<table").count()), (1, 2));
    }

    #[test]
    fn what_neither_xml_nor_html_allows_is_a_space() {
        let mut report = report();
        for each in &mut report.measurements {
            each.workload = "x\u{b}+\u{c}1\0\u{ffff}".to_owned();
        }
        report.environment.cpu = Some("an\u{1b} abacus".to_owned());
        let page = written(&report, Some("crossover \u{c}"));
        let forbidden = |text: &str| text.chars().filter(|each| drawing::legible(*each) != *each).collect::<Vec<_>>();
        assert_eq!(forbidden(&page), [' '; 0]);
        assert!(page.contains("<tr data-workload=\"x + 1  \""), "{page}");
        for picture in [plot::svg_text(&report, &Analysis::of(&report)), roofline::svg_text(&report)] {
            assert_eq!(forbidden(&picture), [' '; 0]);
        }
    }

    #[test]
    fn every_marker_leads_to_its_row() {
        let report = report();
        let page = written(&report, None);
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("<tr data-workload")).collect();
        assert_eq!(rows.len(), report.measurements.len());
        for (row, each) in rows.iter().zip(&report.measurements) {
            let series = format!("data-workload=\"poly\" data-series=\"{}\"", each.backend);
            assert!(row.contains(&series) && row.contains(&format!("{:e}", each.seconds.q50)), "{row}");
        }
        // In each of two plots, on each of four scales; and in the rooflines, those of the largest size.
        for index in 0..4 {
            let expected = if index < 2 { 8 } else { 10 };
            assert_eq!(page.matches(&format!("data-row=\"{index}\"")).count(), expected, "{index}");
        }
    }

    #[test]
    fn sections_are_there_if_there_is_something_to_tell() {
        let mut report = report();
        let page = written(&report, None);
        // One trial says nothing about a crossover, and that is worth a warning.
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
        let told = [
            "a &lt;painter&gt;` is a software rasterizer",
            "poly: threads overtakes simd at",
            "<code>crossover sweep<",
        ];
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
        for (backend, regime) in Kind::ALL.into_iter().flat_map(|kind| Regime::ALL.map(|regime| (kind, regime))) {
            let look = Look::of(Series { backend, regime, software: false });
            let rule = format!(".{} {{ --color: light-dark({}, ", look.class, look.color.css());
            assert!(STYLE.contains(&rule), "{rule} is not in page.css");
        }
        for (name, color) in [("paper", PAPER), ("ceiling", chart::CEILING)] {
            assert!(STYLE.contains(&format!("--{name}: light-dark({}, ", color.css())), "{name}");
        }
    }
}
