//! The page's section about what the machine allows.

use crate::drawing::escaped;
use crossover::Kind;
use crossover::message::{short, threads};
use crossover::sweep::{Ceilings, CpuCeiling, Regime, Report, Series};

/// Returns the ceilings as HTML, if they were measured.
pub(super) fn content(report: &Report) -> Option<String> {
    let ceilings = report.ceilings.as_ref()?;
    let gpu = report.as_series(Kind::Gpu, Regime::Host);
    Some(format!("{}{}", arithmetic(ceilings, gpu), memory(&ceilings.cpu)))
}

fn arithmetic(ceilings: &Ceilings, device: Series) -> String {
    let mut facts = Vec::new();
    for cpu in &ceilings.cpu {
        let scalar = cpu.scalar_gflop_per_s.map(|rate| format!("{} Gflop/s one number at a time", short(rate)));
        let lanes = cpu.gflop_per_s.map(|rate| format!("{} Gflop/s on lanes", short(rate)));
        facts.push((threads(cpu.threads), [lanes, scalar].into_iter().flatten().collect::<Vec<_>>()));
    }
    if let Some(gpu) = &ceilings.gpu {
        let mut told: Vec<_> = gpu.gflop_per_s.iter().map(|rate| format!("{} Gflop/s", short(*rate))).collect();
        let mut regimes: Vec<_> = gpu.memory.iter().map(|each| each.regime).collect();
        regimes.dedup();
        let large = |regime| Some(format!("{regime} {} GB/s", short(gpu.gb_per_s(f64::INFINITY, regime)?)));
        told.extend(regimes.into_iter().filter_map(large));
        facts.push((device.to_string(), told));
    }
    let line = |(name, told): &(String, Vec<String>)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(&told.join(", ")))
    };
    format!("<dl>\n{}</dl>\n", facts.iter().map(line).collect::<String>())
}

/// Returns a row for each number of bytes, and three columns for each number of threads.
fn memory(cpu: &[CpuCeiling]) -> String {
    let mut sizes: Vec<usize> = cpu.iter().flat_map(|cpu| cpu.memory.iter().map(|each| each.bytes)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.is_empty() {
        return String::new();
    }
    let groups: String = cpu
        .iter()
        .map(|cpu| format!("<th scope=\"colgroup\" colspan=\"3\">GB/s, {}</th>", threads(cpu.threads)))
        .collect();
    let columns = "<th scope=\"col\">copy</th><th scope=\"col\">streaming</th><th scope=\"col\">read</th>";
    let row = |bytes: &usize| {
        let rates = cpu.iter().flat_map(|cpu| {
            let at = cpu.memory.iter().find(|each| each.bytes == *bytes);
            [at.and_then(|at| at.copy), at.and_then(|at| at.streaming_copy), at.and_then(|at| at.read)]
        });
        let cells: String = rates.map(|rate| format!("<td>{}</td>", rate.map_or("–".to_owned(), short))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", kibibytes(*bytes))
    };
    format!(
        "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-labelledby=\"ceilings-title\">\n<table>\n\
         <thead><tr><th></th>{groups}</tr>\n<tr><th scope=\"col\">bytes in use</th>{}</tr></thead>\n\
         <tbody>\n{}</tbody>\n</table>\n</div>",
        columns.repeat(cpu.len()),
        sizes.iter().map(row).collect::<String>()
    )
}

/// Formats bytes: `64 KiB`, `1.5 MiB`.
fn kibibytes(bytes: usize) -> String {
    let kibi = bytes as f64 / 1024.0;
    let (number, unit) = if kibi < 1024.0 { (kibi, "KiB") } else { (kibi / 1024.0, "MiB") };
    let digits = if number.fract() < 0.05 || number >= 100.0 { 0 } else { 1 };
    format!("{number:.digits$} {unit}")
}
