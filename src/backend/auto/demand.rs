//! What a kernel asks of the backend that runs it: bytes and operations for each element.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::formula::program::Op;
use crate::kernel::Kernel;
use crate::kernel::cpu::interpreter::bytecode::Plan;
use crate::num::operator::{Binary, Unary};

/// What a kernel asks for each element.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Demand {
    /// Inputs that are arrays.
    pub(crate) arrays: usize,
    /// Whether one number is made of all elements.
    pub(crate) folds: bool,
    /// How many times the operations of a sum that takes.
    pub(crate) folding: f64,
    /// Passes of the interpreter; none if the formula is compiled.
    pub(crate) passes: usize,
    /// How often each operator is computed, by name. Of an interpreted kernel, each is a pass.
    pub(crate) operators: BTreeMap<&'static str, usize>,
    /// Further sums, differences and products that come with a pass.
    pub(crate) fused: usize,
    /// Operations of the shader.
    pub(crate) weight: f64,
}

/// Bytes of an element.
const SIZE: usize = size_of::<f32>();

impl Demand {
    /// Returns what a kernel asks if this many of its inputs are arrays.
    pub(crate) fn new(kernel: &Kernel, arrays: usize) -> Self {
        let ops = kernel.program().ops();
        let folding = kernel.reduction().map_or(0.0, |fold| fold.flops() as f64);
        let mut demand = Demand {
            arrays,
            folds: kernel.reduction().is_some(),
            folding,
            passes: 0,
            operators: BTreeMap::new(),
            fused: 0,
            // Adding up is hidden behind reading.
            weight: ops.iter().map(|op| weight(op.name())).sum::<f64>() + (folding - 1.0).max(0.0),
        };
        if kernel.is_interpreted() {
            let costs = Plan::costs(kernel.program());
            demand.passes = costs.len();
            for (name, fused) in costs {
                *demand.operators.entry(name).or_default() += 1;
                demand.fused += fused;
            }
        } else {
            let computed = ops.iter().filter(|op| !matches!(op, Op::Input(_) | Op::Constant(_)));
            computed.for_each(|op| *demand.operators.entry(op.name()).or_default() += 1);
        }
        demand
    }

    /// Returns whether passes of the interpreter compute it.
    pub(crate) fn is_interpreted(&self) -> bool {
        self.passes > 0
    }

    /// Returns the number of bytes of the inputs' arrays for each element.
    pub(crate) fn input_bytes(&self) -> f64 {
        (self.arrays * SIZE) as f64
    }

    /// Returns the number of bytes of the output for each element: a reduction's one number is none.
    pub(crate) fn output_bytes(&self) -> f64 {
        if self.folds { 0.0 } else { SIZE as f64 }
    }
}

/// Returns how many sums or products of full width an operator is worth, where nothing better is known: as many as its
/// definition has operations, or for what a processor computes at once, about as many as it takes the time of.
pub(crate) fn weight(operator: &str) -> f64 {
    /// Quotients and roots: 8 to 16 times as long as a product on x86 of the last ten years, by A. Fog's tables of 2022.
    const SLOW: f64 = 10.0;
    static FUNCTIONS: OnceLock<BTreeMap<&'static str, f64>> = OnceLock::new();
    let functions = FUNCTIONS.get_or_init(|| {
        let unary = Unary::ALL.iter().filter_map(|op| Some((op.name(), op.routine()?)));
        let binary = Binary::ALL.iter().filter_map(|op| Some((op.name(), op.routine()?)));
        unary.chain(binary).map(|(name, routine)| (name, routine.len() as f64)).collect()
    });
    match operator {
        "input" | "constant" => 0.0,
        "div" | "sqrt" | "recip" => SLOW,
        "rsqrt" => 2.0 * SLOW,
        // They divide step by step, in a loop.
        "fmod" | "remainder" => 6.0 * SLOW,
        "ceil" | "fract" | "clip" | "is_inf" | "is_finite" => 2.0,
        "trunc" | "sign" | "heaviside" => 5.0,
        other => functions.get(other).copied().unwrap_or(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::workload::Workload;
    use crate::formula::reduction::Reduction;

    #[test]
    fn a_compiled_kernel_asks_for_its_operators() {
        let poly: Workload = "poly".parse().unwrap();
        let demand = Demand::new(&poly.kernel, 1);
        assert_eq!(demand.operators, BTreeMap::from([("add", 2), ("mul", 2)]));
        assert_eq!((demand.weight, demand.passes), (4.0, 0));
        assert_eq!((demand.input_bytes(), demand.output_bytes()), (4.0, 4.0));
        let with = |fold| Demand::new(&poly.kernel.with_reduction(Some(fold)), 1);
        assert_eq!(
            (with(Reduction::Sum).output_bytes(), with(Reduction::Sum).folding, with(Reduction::Sum).weight),
            (0.0, 1.0, 4.0)
        );
        assert!(with(Reduction::Var).folding > with(Reduction::ArgMin).folding && with(Reduction::ArgMin).weight > 4.0);
    }

    #[test]
    fn an_interpreted_kernel_asks_for_its_passes() {
        let demand = Demand::new(&Kernel::parse("x*y + exp(x)").unwrap(), 2);
        // The product and the sum are one pass.
        assert_eq!((demand.passes, demand.fused), (2, 1));
        assert_eq!(demand.operators, BTreeMap::from([("add", 1), ("exp", 1)]));
    }

    #[test]
    fn functions_weigh_what_they_are_made_of() {
        assert_eq!((weight("add"), weight("input"), weight("lt")), (1.0, 0.0, 1.0));
        for (lighter, heavier) in [("add", "div"), ("div", "exp"), ("exp", "powf"), ("sin", "tan")] {
            assert!(weight(lighter) < weight(heavier), "{lighter} {}, {heavier} {}", weight(lighter), weight(heavier));
        }
        assert!(weight("exp") < 60.0 && weight("fmod") > 10.0, "{} {}", weight("exp"), weight("fmod"));
    }
}
