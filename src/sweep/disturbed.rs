//! What a busy machine does to a simulated report.

use rand_distr::{Distribution, Uniform};
use rand_pcg::Pcg64Mcg;

use super::simulated::measured;
use super::{Measurement, Reference, Report};

impl Measurement {
    /// Makes every trial take this many times longer.
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
