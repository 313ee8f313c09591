//! The switches above the plots. They are hidden until the script shows them.

use crate::chart::{SWATCH, Swatch};
use crate::drawing::{Drawing, escaped};
use crate::plot::switches;
use crate::scale::Scale;
use crossover::sweep::{Analysis, Report};

/// Writes the switches: which workload, which scale, which lines.
pub(super) fn form(report: &Report, analysis: &Analysis) -> String {
    let scales: String = Scale::all(report, analysis)
        .iter()
        .enumerate()
        .map(|(index, scale)| chip("radio\" name=\"scale", scale.key, index == 0, scale.name))
        .collect();
    let lines: String = switches(report)
        .iter()
        .map(|(key, swatch, label)| chip("checkbox\" name=\"line", key, true, &format!("{}{label}", drawn(swatch))))
        .collect();
    format!(
        "<form id=\"switches\" autocomplete=\"off\" hidden>\n{}{}{}</form>",
        workloads(&report.workloads()),
        choices("scales", "Scale", &scales),
        choices("lines", "Lines", &lines)
    )
}

/// Writes the choice of a workload, if there are several.
fn workloads(names: &[&str]) -> String {
    if names.len() < 2 {
        return String::new();
    }
    let option = |name: &&str| format!("<option value=\"{0}\">{0}</option>", escaped(name));
    format!(
        "<div><label><span class=\"caption\">Workload</span><select name=\"workload\"><option value=\"\">all {}</option>{}\
         </select></label></div>\n",
        names.len(),
        names.iter().map(option).collect::<String>()
    )
}

fn choices(class: &str, legend: &str, chips: &str) -> String {
    format!("<fieldset class=\"{class}\"><legend>{legend}</legend><div class=\"chips\">\n{chips}</div></fieldset>\n")
}

fn chip(kind: &str, value: &str, checked: bool, content: &str) -> String {
    let checked = if checked { " checked" } else { "" };
    format!("<label class=\"chip\"><input type=\"{kind}\" value=\"{value}\"{checked}>{content}</label>\n")
}

/// Draws a swatch.
fn drawn(swatch: &Swatch) -> String {
    let (width, height) = SWATCH;
    let nodes = vec![swatch.node((0.0, height / 2.0))];
    let drawing = Drawing { class: "swatch", name: String::new(), width, height, nodes };
    format!("<span class=\"swatch\" aria-hidden=\"true\">{}</span>", drawing.svg().replace('\n', ""))
}
