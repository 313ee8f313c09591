//! Random programs: compiled and interpreted give the same bits on every instruction set, both within the bound; their
//! shaders are valid and compute the same.

use crate::common::{Reference, SPICY, args, run, spiced};
use crossover::program::{Binary, Compare, Ternary, Test, Unary};
use crossover::{Formula, Isa, Kernel, Num, Simd, wgsl};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// One operation of a random formula. Operands are earlier values, counted back from the last.
#[derive(Clone, Debug)]
enum Node {
    Constant(f32),
    Unary(Unary, usize),
    Binary(Binary, usize, usize),
    Ternary(Ternary, usize, usize, usize),
    Select(Condition, usize, usize),
}

#[derive(Clone, Debug)]
enum Condition {
    Compare(Compare, usize, usize),
    Test(Test, usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// A formula that is only known at run time, yet goes through every kind of number as a compiled one does.
#[derive(Clone, Debug)]
struct Random(Vec<Node>);

impl Formula<3> for Random {
    #[inline(always)]
    fn eval<T: Num>(&self, x: [T; 3]) -> T {
        let mut values = x.to_vec();
        for node in &self.0 {
            let value = |back: usize| values[values.len() - 1 - back % values.len()];
            values.push(match node {
                Node::Constant(constant) => T::constant(*constant),
                Node::Unary(op, a) => unary(*op, value(*a)),
                Node::Binary(op, a, b) => binary(*op, value(*a), value(*b)),
                Node::Ternary(op, a, b, c) => op.apply(value(*a), value(*b), value(*c)),
                Node::Select(condition, a, b) => T::select(condition.eval(&values), value(*a), value(*b)),
            });
        }
        values[values.len() - 1]
    }
}

/// Any operator at all. Not inlined, as it has every function in it, and a formula is compiled a dozen times for each
/// instruction set: that would take minutes.
#[inline(never)]
fn unary<T: Num>(op: Unary, x: T) -> T {
    op.apply(x)
}

/// As [`unary`].
#[inline(never)]
fn binary<T: Num>(op: Binary, x: T, y: T) -> T {
    op.apply(x, y)
}

impl Condition {
    fn eval<T: Num>(&self, values: &[T]) -> T::Mask {
        let value = |back: usize| values[values.len() - 1 - back % values.len()];
        match self {
            Condition::Compare(op, a, b) => op.apply(value(*a), value(*b)),
            Condition::Test(op, a) => op.apply(value(*a)),
            Condition::Not(a) => !a.eval(values),
            Condition::And(a, b) => a.eval(values) & b.eval(values),
            Condition::Or(a, b) => a.eval(values) | b.eval(values),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let back = 0..6_usize;
    let compare = (proptest::sample::select(Compare::ALL), back.clone(), back.clone());
    let compare = compare.prop_map(|(op, a, b)| Condition::Compare(op, a, b));
    let test = (proptest::sample::select(Test::ALL), back).prop_map(|(op, a)| Condition::Test(op, a));
    prop_oneof![4 => compare, 1 => test].prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Condition::Not(a.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Condition::And(a.into(), b.into())),
            (inner.clone(), inner).prop_map(|(a, b)| Condition::Or(a.into(), b.into())),
        ]
    })
}

fn node() -> impl Strategy<Value = Node> {
    let back = || 0..6_usize;
    prop_oneof![
        1 => prop_oneof![proptest::sample::select(&SPICY[..]), -10.0_f32..10.0].prop_map(Node::Constant),
        2 => (proptest::sample::select(Unary::ALL), back()).prop_map(|(op, a)| Node::Unary(op, a)),
        6 => (proptest::sample::select(Binary::ALL), back(), back()).prop_map(|(op, a, b)| Node::Binary(op, a, b)),
        2 => (proptest::sample::select(Ternary::ALL), back(), back(), back())
            .prop_map(|(op, a, b, c)| Node::Ternary(op, a, b, c)),
        2 => (condition(), back(), back()).prop_map(|(c, a, b)| Node::Select(c, a, b)),
    ]
}

/// A random kernel and plain inputs for it.
fn case() -> impl Strategy<Value = (Kernel, Vec<Vec<f32>>)> {
    let nodes = proptest::collection::vec(node(), 1..24);
    let plain = proptest::collection::vec(-4.0_f32..4.0, LEN * 3);
    (nodes, plain).prop_map(|(nodes, plain)| {
        let kernel = Kernel::new(format!("{nodes:?}"), Random(nodes));
        (kernel, plain.chunks(LEN).map(<[f32]>::to_vec).collect())
    })
}

/// A stride of the interpreter, two sets of the widest lanes and an odd rest.
const LEN: usize = 128 + 37;

/// The seed of the random cases: the same in every run, so that a failure is a change's; `SEED=7` tries others.
fn seed() -> RngSeed {
    RngSeed::Fixed(std::env::var("SEED").map_or(0, |seed| seed.parse().expect("SEED is a whole number")))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default()
    })]

    #[test]
    fn compiled_and_interpreted_agree_on_every_instruction_set((compiled, plain) in case()) {
        let interpreted = Kernel::from_program("interpreted", compiled.program().clone());
        let inputs: Vec<_> = plain.iter().enumerate().map(|(turn, plain)| spiced(plain, turn)).collect();
        let args = args(&inputs, &[false; 3]);
        let reference = Reference::new(&compiled, &args, LEN);
        for isa in Isa::available().filter(|isa| *isa != Isa::Scalar) {
            let simd = Simd::with_isa(isa).unwrap();
            reference.judge(&crossover::Backend::info(&simd), &run(&simd, &compiled, &args, LEN));
            reference.judge(&crossover::Backend::info(&simd), &run(&simd, &interpreted, &args, LEN));
        }
        let scalar = crossover::Loop;
        reference.judge(&crossover::Backend::info(&scalar), &run(&scalar, &interpreted, &args, LEN));
    }

    #[test]
    fn shaders_are_valid((compiled, _) in case()) {
        use wgsl::{Place, Shape};
        for (blocks, place) in [(false, Place::Apart), (true, Place::Beside), (true, Place::Same)] {
            let shape = Shape { blocks, places: vec![place], ..Shape::new(64) };
            let shader = wgsl::shader(compiled.program(), &shape);
            let module = naga::front::wgsl::parse_str(&shader)
                .unwrap_or_else(|error| panic!("{}\n{shader}", error.emit_to_string(&shader)));
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
                .validate(&module)
                .unwrap_or_else(|error| panic!("{error:?}\n{shader}"));
        }
    }
}

/// On plain inputs and such as a shader must respect; not on the largest and the least: a shader's product of two constants
/// may underflow where the formula's order keeps within range. Fewer cases, since each compiles a shader.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_agrees() {
    use proptest::test_runner::{Config, TestRunner};
    let gpu = match crate::common::gpu::open() {
        Ok(gpu) => gpu,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let mut runner = TestRunner::new(Config {
        cases: std::env::var("CASES").map_or(60, |n| n.parse().unwrap()),
        failure_persistence: None,
        rng_seed: seed(),
        ..Config::default()
    });
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
    let outcome = runner.run(&case(), |(compiled, mut inputs)| {
        for (turn, input) in inputs.iter_mut().enumerate() {
            // Each alone, and all beside all others.
            for (index, x) in input.iter_mut().enumerate().filter(|(index, _)| (index / (turn + 1)) % 3 == 0) {
                *x = special[(index / 3 + index / 15 * turn) % special.len()];
            }
        }
        let args = args(&inputs, &[false; 3]);
        let result = run(&gpu, &compiled, &args, LEN);
        Reference::new(&compiled, &args, LEN).judge(&crossover::Backend::info(&gpu), &result);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
