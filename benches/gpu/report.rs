//! What was found, as text and as JSON.

use std::fmt::Write;

use serde_json::json;

use super::measure::Found;

pub fn text(found: &Found) -> String {
    let mut text = format!("{}\n", found.adapter);
    _ = writeln!(
        text,
        "\nresident: time on the device, rate, and of a copy's at that length; then as the host sees it"
    );
    for case in &found.resident {
        let kernel = case.kernel.unwrap_or(case.wall);
        let rate = case.bytes / kernel;
        _ = writeln!(
            text,
            "  {:<10}{:>11} {:>11} {:>8.1} GB/s {:>6.2} {:>11}",
            case.workload,
            case.len,
            time(kernel),
            rate * 1e-9,
            rate / copy(found, case.len),
            time(case.wall)
        );
    }
    for (len, rate) in &found.copy {
        _ = writeln!(text, "  {:<10}{len:>11} {:>20.1} GB/s", "copy", rate * 1e-9);
    }
    _ = writeln!(
        text,
        "\nhost to host: total = upload, compute, download; and over the kernel and two copies on the host"
    );
    for case in &found.host {
        let [upload, compute, download] = case.stages.map(time);
        // Chunks overlap, so that what they took together may be more than the whole.
        let resident = found.resident.iter().find(|other| other.workload == case.workload && other.len == case.len);
        let kernel = resident.and_then(|resident| resident.kernel).map_or(case.stages[1], |k| k.min(case.stages[1]));
        let least = kernel + case.copies;
        _ = writeln!(
            text,
            "  {:<10}{:>11} {:>11} = {upload:>11} {compute:>11} {download:>11} {:>6.2}",
            case.workload,
            case.len,
            time(case.total),
            case.total / least
        );
    }
    let (ours, bare) = (found.short.ours, found.short.bare);
    _ = writeln!(text, "\npoly of 1000, warm: {}, bare wgpu calls {}: {:.2}", time(ours), time(bare), ours / bare);
    _ = writeln!(text, "memory: {:?}", found.memory);
    text
}

/// The rate of a copy on the device at a length.
fn copy(found: &Found, len: usize) -> f64 {
    found.copy.iter().find(|(other, _)| *other == len).map_or(f64::NAN, |(_, rate)| *rate)
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} us", s * 1e6),
    }
}

pub fn json(found: &Found) -> serde_json::Result<String> {
    let copy = found.copy.iter().map(|(len, rate)| json!({"elements": len, "bytes_per_second": rate}));
    let resident = found.resident.iter().map(|case| {
        json!({"workload": case.workload, "elements": case.len, "kernel_seconds": case.kernel,
               "wall_seconds": case.wall, "bytes": case.bytes})
    });
    let host = found.host.iter().map(|case| {
        json!({"workload": case.workload, "elements": case.len, "total_seconds": case.total,
               "upload_seconds": case.stages[0], "compute_seconds": case.stages[1],
               "download_seconds": case.stages[2], "host_copies_seconds": case.copies})
    });
    serde_json::to_string_pretty(&json!({
        "adapter": found.adapter,
        "software": found.software,
        "copy": copy.collect::<Vec<_>>(),
        "resident": resident.collect::<Vec<_>>(),
        "host": host.collect::<Vec<_>>(),
        "short": {"elements": 1000, "ours_seconds": found.short.ours, "bare_seconds": found.short.bare},
        "peak_bytes_allocated": found.memory.peak,
    }))
}
