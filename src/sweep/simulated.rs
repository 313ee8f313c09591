//! Reports of sweeps that never were, whose truth is known. The tests of `crossover-report` include this file, too.
#![allow(dead_code, reason = "each test uses its own part")]

use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

use crossover::Kind;
use crossover::sweep::{Axis, Environment, Measurement, Quantiles, Regime, Report, Sizes, Varied};

/// A backend whose time is a fixed cost and so much an element, in seconds.
#[derive(Clone, Copy)]
pub struct Curve {
    pub backend: Kind,
    pub fixed: f64,
    pub each: f64,
}

/// From how many elements on the second is faster.
pub fn truth(first: Curve, second: Curve) -> f64 {
    (second.fixed - first.fixed) / (first.each - second.each)
}

/// Returns a sweep of `poly` over these curves. Each trial is off by a factor whose logarithm is normal, `noise` wide.
pub fn simulated(curves: &[Curve], sizes: &str, trials: usize, noise: f64, seed: u64) -> Report {
    let mut random = Pcg64Mcg::new(u128::from(seed) << 64 | 1);
    let mut report = Report::new(Environment::default(), Vec::new());
    for elements in sizes.parse::<Sizes>().unwrap().iter() {
        for curve in curves {
            let seconds = curve.fixed + curve.each * elements as f64;
            let normal = StandardNormal.sample_iter(&mut random);
            let samples = normal.take(trials).map(|z: f64| seconds * (noise * z).exp()).collect();
            report.measurements.push(measured(curve.backend, elements, samples));
        }
    }
    report
}

/// Returns a measurement of `poly` with these trials, of a thousand runs each.
pub fn measured(backend: Kind, elements: usize, samples: Vec<f64>) -> Measurement {
    let seconds = Quantiles::without_slowest(&samples);
    Measurement {
        workload: "poly".to_owned(),
        backend,
        regime: Regime::Host,
        elements,
        trials: samples.len(),
        runs: 1000,
        seconds,
        samples,
        reference: None,
        ns_per_element: seconds.q50 * 1e9 / elements as f64,
        gb_per_s: 8e-9 * elements as f64 / seconds.q50,
        max_ulp: 1.0,
        first_seconds: None,
        gflop_per_s: None,
        of_ceiling: None,
        varied: None,
    }
}

/// Returns a report of one sweep over an axis; each series has its times at the values, of five trials without noise.
pub fn known(axis: Axis, elements: usize, series: &[(Kind, &[(usize, f64)])]) -> Report {
    let mut report = Report::new(Environment::default(), Vec::new());
    report.axis = axis;
    for (kind, times) in series {
        for (value, seconds) in *times {
            let mut one = measured(*kind, elements, vec![*seconds; 5]);
            one.varied = Some(match axis {
                Axis::Chunk => Varied::Chunk(*value),
                Axis::Threads => Varied::Threads(*value),
                _ => Varied::Intensity(*value),
            });
            report.measurements.push(one);
        }
    }
    report
}
