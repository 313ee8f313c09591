//! Reports of sweeps that never were, whose truth is known.

use rand_distr::{Distribution, StandardNormal, Uniform};
use rand_pcg::Pcg64Mcg;

use super::{Environment, Measurement, Quantiles, Reference, Regime, Report, Sizes};
use crate::backend::Kind;

/// A backend whose time is a fixed cost and so much an element, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Curve {
    pub backend: Kind,
    pub fixed: f64,
    pub each: f64,
}

/// From how many elements on the second is faster.
pub(super) fn truth(first: Curve, second: Curve) -> f64 {
    (second.fixed - first.fixed) / (first.each - second.each)
}

/// A sweep of `poly` over these curves. Each trial is off by a factor whose logarithm is normal, `noise` wide.
pub(super) fn simulated(curves: &[Curve], sizes: &str, trials: usize, noise: f64, seed: u64) -> Report {
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

/// A measurement of `poly` with these trials, of a thousand runs each.
pub(super) fn measured(backend: Kind, elements: usize, samples: Vec<f64>) -> Measurement {
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

impl Measurement {
    /// Makes every trial take so many times longer.
    pub(super) fn slow_down(&mut self, times: f64) {
        let samples = self.samples.iter().map(|seconds| seconds * times).collect();
        let (workload, varied, reference) = (self.workload.clone(), self.varied, self.reference.clone());
        *self = Measurement { workload, varied, reference, ..measured(self.backend, self.elements, samples) };
    }
}

impl Report {
    /// Lets something else run on the machine meanwhile, which slows the trials of each size down alike, by a factor of up to
    /// `most`; and notes the reference beside them, of which each sample meets the load or does not.
    pub fn load(&mut self, most: f64, seed: u64) {
        let mut random = Pcg64Mcg::new(u128::from(seed) << 64 | 3);
        let mut any = || -> f64 { Uniform::new(0.0, 1.0).unwrap().sample(&mut random) };
        let mut of = (0, 1.0);
        for each in &mut self.measurements {
            if of.0 != each.elements {
                of = (each.elements, 1.0 + (most - 1.0) * (1.5 * any() - 0.5).max(0.0));
            }
            each.slow_down(of.1);
            let mut one = || 10e-6 * (1.0 + 0.02 * any() + if any() < 0.5 { 2.0 * (of.1 - 1.0) } else { 0.0 });
            each.reference = Some(Reference { threads: 1, seconds: (0..each.trials).map(|_| one()).collect() });
        }
    }
}
