//! What several forms of a report say of its measurements.

use crossover::Kind;
use crossover::message::threads;
use crossover::sweep::{Measurement, Regime, Report, Series};

/// Returns the series whose ceiling is drawn beside the measurements, that of the most that was asked of the machine, and what
/// it is called: `ceiling (2 threads)`.
pub(crate) fn ceiling(report: &Report) -> Option<(Series, String)> {
    let bounded = report.measurements.iter().filter(|each| each.of_ceiling.is_some());
    let all: Vec<Series> = bounded.map(|each| report.as_series(each.backend, each.regime)).collect();
    let host = |kind| all.iter().find(|each| (each.backend, each.regime) == (kind, Regime::Host));
    let order = [Kind::Threads, Kind::Auto, Kind::Simd, Kind::Loop];
    let series = *order.into_iter().find_map(host).or(all.last())?;
    let name = match series.backend {
        Kind::Gpu => series.to_string(),
        Kind::Loop | Kind::Simd => threads(1),
        _ => threads(report.ceilings.iter().flat_map(|all| &all.cpu).map(|each| each.threads).max()?),
    };
    Some((series, format!("ceiling ({name})")))
}

/// Returns the least seconds that the ceilings let it take.
pub(super) fn bound_seconds(measurement: &Measurement) -> Option<f64> {
    measurement.of_ceiling.map(|part| part * measurement.seconds.q50)
}
