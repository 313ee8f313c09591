//! Random formulas, for which nothing is tuned.

use rand_distr::{Distribution, Uniform};
use rand_pcg::Pcg64Mcg;

use super::workload::Workload;
use crate::error::Result;
use crate::num::operator::{Binary, Unary};

/// How deep an expression goes, and with it how long it may be.
const DEPTH: usize = 4;

/// Writes formulas at random.
struct Writer(Pcg64Mcg);

impl Workload {
    /// Returns this many workloads of random formulas, the same for the same seed: sums, products, quotients, choices, and every
    /// function there is; about every fourth is a sum or a mean.
    ///
    /// # Errors
    ///
    /// None, unless this crate writes what it cannot read.
    pub fn random(count: usize, seed: u64) -> Result<Vec<Workload>> {
        let mut writer = Writer(Pcg64Mcg::new(u128::from(seed) << 64 | 0x5eed));
        let mut found = Vec::with_capacity(count);
        while found.len() < count {
            let workload = Workload::parse(&writer.formula())?;
            // Of constants alone there is nothing to compute.
            if !workload.samples.is_empty() {
                found.push(workload);
            }
        }
        Ok(found)
    }
}

impl Writer {
    /// Returns a number from 0 to below `end`.
    fn below(&mut self, end: usize) -> usize {
        Uniform::new(0, end.max(1)).map_or(0, |range| range.sample(&mut self.0))
    }

    fn formula(&mut self) -> String {
        let inner = self.expression(DEPTH);
        match self.below(8) {
            0 => format!("sum({inner})"),
            1 => format!("mean({inner})"),
            _ => inner,
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf();
        }
        match self.below(20) {
            0 | 1 => self.leaf(),
            2..=12 => {
                let sign = ["+", "-", "*", "*", "+", "/"][self.below(6)];
                format!("({} {sign} {})", self.expression(depth - 1), self.expression(depth - 1))
            }
            13..=16 => {
                let named: Vec<&str> = Unary::ALL.iter().filter_map(|op| op.names().first().copied()).collect();
                let name = named[self.below(named.len())];
                format!("{name}({})", self.expression(depth - 1))
            }
            17 => {
                let named: Vec<&str> = Binary::ALL.iter().filter_map(|op| op.names().first().copied()).collect();
                let name = named[self.below(named.len())];
                format!("{name}({}, {})", self.expression(depth - 1), self.expression(depth - 1))
            }
            _ => {
                let (a, b) = (self.leaf(), self.leaf());
                format!("where({a} < {b}, {}, {})", self.expression(depth - 1), self.expression(depth - 1))
            }
        }
    }

    fn leaf(&mut self) -> String {
        match self.below(8) {
            0..=4 => "x".to_owned(),
            5 | 6 => "y".to_owned(),
            _ => format!("{:.2}", 0.25 + self.below(400) as f64 / 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_the_same_for_the_same_seed_and_compute_something() {
        let (one, same, other) =
            (Workload::random(50, 1).unwrap(), Workload::random(50, 1).unwrap(), Workload::random(50, 2).unwrap());
        let names = |all: &[Workload]| all.iter().map(|each| each.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&one), names(&same));
        assert_ne!(names(&one), names(&other));
        let folds = one.iter().filter(|each| each.kernel.reduction().is_some()).count();
        assert!((5..25).contains(&folds), "{folds} of 50 are folds");
        let long = one.iter().filter(|each| each.kernel.program().ops().len() > 8).count();
        assert!(long > 20, "{long} of 50 are long");
    }
}
