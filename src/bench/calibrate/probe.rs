//! What a calibration runs: the least that shows each figure of the model by itself. None of it is one of the built-in
//! workloads, whose times are what the model is judged by.

use std::fmt;

use crate::backend::auto::machine::{COPY, SELECT};
use crate::backend::{CHUNK, Kind};
use crate::bench::chain::Chain;
use crate::bench::regime::Regime;
use crate::formula::Identity;
use crate::formula::program::{Binary, Builder, Compare, Op, Output, Program, Ternary, Unary};
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;

/// One thing to be run, by one backend, over this many elements.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Probe {
    pub(super) kind: Kind,
    pub(super) regime: Regime,
    pub(super) what: What,
    pub(super) len: usize,
}

/// What is run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum What {
    /// Each element is copied.
    Copy,
    /// All elements are summed.
    Reduction,
    /// This many times a product and a sum of each element, compiled.
    Steps(usize),
    /// This many passes of the interpreter.
    Passes(usize),
    /// One pass of the interpreter, with this operator.
    Operator(&'static str),
}

/// Elements of a probe that stays in the nearest cache.
pub(super) const NEAR: usize = 1024;
/// Elements of next to nothing.
pub(super) const NONE: usize = 1;
/// Elements of the arrays that show what the caches give, from the nearest to beyond the last: 8 KiB to 64 MiB in use when
/// they are copied.
pub(super) const SIZES: [usize; 7] = [1 << 10, 1 << 13, 1 << 16, 1 << 19, 1 << 21, 1 << 22, 1 << 23];
/// The least of these that several threads are asked to share.
pub(super) const SHARED: usize = 1 << 16;

/// Steps that take long, few of them, and some on the way to many.
pub(super) const STEPS: [usize; 3] = [16, 64, 96];
/// The passes whose time shows the cost of one.
pub(super) const PASSES: usize = 8;
/// Elements over which threads show what it costs to share a run.
pub(super) const FORKED: usize = 1 << 12;
/// Elements over which they show what it gains.
pub(super) const SPREAD: usize = 1 << 17;

/// Elements that fill a GPU, and more than its caches.
pub(super) const WHOLE: usize = 1 << 24;
/// Elements for a GPU's next to nothing.
pub(super) const LITTLE: usize = 1 << 10;

/// Returns all that is to be run by a backend.
pub(super) fn all(kind: Kind, regime: Regime) -> Vec<Probe> {
    let probe = |what, len| Probe { kind, regime, what, len };
    let everywhere = |from: usize| {
        let sizes = SIZES.into_iter().filter(move |len| *len >= from);
        sizes.flat_map(move |len| [probe(What::Copy, len), probe(What::Reduction, len)])
    };
    match (kind, regime) {
        (Kind::Loop | Kind::Simd, Regime::Host) => {
            let operators = operators().map(|(name, _)| probe(What::Operator(name), NEAR));
            let steps = STEPS.map(|steps| probe(What::Steps(steps), NEAR));
            let mut all =
                vec![probe(What::Copy, NONE), probe(What::Reduction, NONE), probe(What::Passes(PASSES), NONE)];
            if kind == Kind::Simd {
                all.extend([probe(What::Steps(STEPS[2]), FORKED), probe(What::Steps(STEPS[2]), SPREAD)]);
            }
            all.into_iter().chain(steps).chain(operators).chain(everywhere(0)).collect()
        }
        (Kind::Threads, Regime::Host) => {
            let steps = [probe(What::Steps(STEPS[2]), FORKED), probe(What::Steps(STEPS[2]), SPREAD)];
            steps.into_iter().chain(everywhere(SHARED)).collect()
        }
        (Kind::Gpu, Regime::Host) => vec![
            probe(What::Copy, LITTLE),
            probe(What::Reduction, CHUNK),
            probe(What::Copy, CHUNK),
            probe(What::Copy, WHOLE),
        ],
        (Kind::Gpu, Regime::Resident) => {
            vec![probe(What::Copy, LITTLE), probe(What::Steps(STEPS[2]), CHUNK), probe(What::Copy, WHOLE)]
        }
        _ => Vec::new(),
    }
}

/// Returns numbers to compute with: all between 0.1 and 0.9, where most functions are at home.
pub(super) fn data(len: usize) -> Vec<f32> {
    // The golden ratio's multiples are spread evenly, and no two neighbours are alike.
    let spread = |index: usize| (index as u32).wrapping_mul(0x9e37_79b9) >> 8;
    (0..len).map(|index| 0.1 + 0.8 * spread(index) as f32 / (1 << 24) as f32).collect()
}

impl Probe {
    /// Returns the number of runs before the first that is timed: `threads` and large outputs try both of their ways first,
    /// each five times and for a millisecond, or a hundred times.
    pub(super) fn warm_up(&self) -> usize {
        match self.kind {
            Kind::Threads if self.len < SIZES[4] => 200,
            Kind::Threads | Kind::Simd if self.len >= SIZES[4] => 10,
            _ => 1,
        }
    }

    pub(super) fn kernel(&self) -> Kernel {
        let copy = || Kernel::new(COPY, Identity);
        match self.what {
            What::Copy => copy(),
            What::Reduction => copy().with_reduction(Some(Reduction::Sum)),
            What::Steps(steps) => Kernel::new("steps", Chain::<false> { steps }),
            What::Passes(passes) => Kernel::from_program("passes", chain(passes)),
            What::Operator(name) => {
                let program = operators().find(|(other, _)| *other == name).map(|(_, program)| program());
                program.map_or_else(copy, |program| Kernel::from_program(name, program))
            }
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Probe { kind, what, len, .. } = self;
        match what {
            What::Copy => write!(f, "{kind}: copying {len} elements"),
            What::Reduction => write!(f, "{kind}: summing {len} elements"),
            What::Steps(steps) => write!(f, "{kind}: {steps} sums and products of {len} elements"),
            What::Passes(passes) => write!(f, "{kind}: {passes} passes over {len} elements"),
            What::Operator(name) => write!(f, "{kind}: {name} of {len} elements"),
        }
    }
}

/// Returns a program of this many passes that cost next to nothing.
fn chain(passes: usize) -> Program {
    let mut builder = Builder::default();
    let mut value = builder.push(Op::Input(0));
    for pass in 0..passes {
        value = builder.push(Op::Unary(if pass % 2 == 0 { Unary::Neg } else { Unary::Abs }, value));
    }
    Program::new(vec!["x".to_owned()], builder.into_ops(), vec![Output { value, reduction: None }])
}

/// Returns a program of one pass for each operator that is measured.
fn operators() -> impl Iterator<Item = (&'static str, Box<dyn Fn() -> Program>)> {
    type Made = (&'static str, Box<dyn Fn() -> Program>);
    let unary = Unary::ALL.iter().map(|op| -> Made { (op.name(), program(1, |b, [x, ..]| b.push(Op::Unary(*op, x)))) });
    let binary =
        Binary::ALL.iter().map(|op| -> Made { (op.name(), program(2, |b, [x, y, _]| b.push(Op::Binary(*op, x, y)))) });
    let ternary = Ternary::ALL
        .iter()
        .map(|op| -> Made { (op.name(), program(3, |b, [x, y, z]| b.push(Op::Ternary(*op, x, y, z)))) });
    let copy: Made = (COPY, program(1, |_, [x, ..]| x));
    let select: Made = (
        SELECT,
        program(2, |builder, [x, y, _]| {
            let less = builder.push(Op::Compare(Compare::Lt, x, y));
            builder.push(Op::Select(less, x, y))
        }),
    );
    unary.chain(binary).chain(ternary).chain([copy, select])
}

/// Returns a program of this many inputs.
fn program(
    inputs: usize,
    body: impl Fn(&mut Builder<Op>, [crate::formula::program::Value; 3]) -> crate::formula::program::Value + 'static,
) -> Box<dyn Fn() -> Program> {
    Box::new(move || {
        let mut builder = Builder::default();
        let x = std::array::from_fn(|n| builder.push(Op::Input(n % inputs)));
        let value = body(&mut builder, x);
        let names = ["x", "y", "z"][..inputs].iter().map(|name| (*name).to_owned()).collect();
        Program::new(names, builder.into_ops(), vec![Output { value, reduction: None }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Simd;

    #[test]
    fn every_probe_runs() {
        for kind in [Kind::Loop, Kind::Simd, Kind::Threads, Kind::Gpu] {
            for probe in all(kind, Regime::Host) {
                let kernel = probe.kernel();
                let data = data(100);
                let args = vec![(&data).into(); kernel.inputs().len()];
                let mut out = vec![f32::INFINITY; kernel.output_len(100)];
                Simd::new().run(&kernel, &args, &mut out).unwrap();
                assert!(out.iter().all(|x| !x.is_infinite()), "{probe}");
            }
        }
    }

    #[test]
    fn a_probe_of_an_operator_is_one_pass() {
        for (name, program) in operators() {
            let costs = crate::kernel::cpu::interpreter::bytecode::Plan::costs(&program());
            assert_eq!(costs.len(), 1, "{name}");
            assert_eq!(costs[0].0, name);
        }
    }

    #[test]
    fn the_data_is_within_bounds_and_spread() {
        let data = data(10_000);
        assert!(data.iter().all(|x| (0.1..0.9).contains(x)));
        let mean = data.iter().sum::<f32>() / data.len() as f32;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
