//! The parser on anything: it never panics, and what it accepts means what Python would mean by it.

use std::time::Instant;

use crossover::program::{Binary, Unary};
use crossover::{Arg, Backend, Error, Kernel, Loop, Num, Simd, Threads};
use proptest::prelude::*;

/// An expression, to be written as text and computed directly.
#[derive(Clone, Debug)]
enum Tree {
    Number(u16),
    Name(usize),
    Negative(Box<Tree>),
    Infix(&'static str, Box<Tree>, Box<Tree>),
    Power(Box<Tree>, i8),
    Call(Unary, Box<Tree>),
    Call2(Binary, Box<Tree>, Box<Tree>),
    Where(&'static str, Box<Tree>, Box<Tree>, Box<Tree>, Box<Tree>),
}

const NAMES: [&str; 3] = ["x", "long_name", "y2"];
const X: [f32; 3] = [0.7, -2.5, 3.0];

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![(0..2000_u16).prop_map(Tree::Number), (0..NAMES.len()).prop_map(Tree::Name)];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let infix = proptest::sample::select(&["+", "-", "*", "/", "%"][..]);
        let compare = proptest::sample::select(&["<", "<=", ">", ">=", "==", "!="][..]);
        let named: Vec<Unary> = Unary::ALL.iter().copied().filter(|op| !op.names().is_empty()).collect();
        let named2: Vec<Binary> = Binary::ALL.iter().copied().filter(|op| !op.names().is_empty()).collect();
        let each = || inner.clone().prop_map(Box::new);
        prop_oneof![
            2 => each().prop_map(Tree::Negative),
            6 => (infix, each(), each()).prop_map(|(op, a, b)| Tree::Infix(op, a, b)),
            2 => (each(), -5..7_i8).prop_map(|(a, n)| Tree::Power(a, n)),
            1 => (proptest::sample::select(named), each()).prop_map(|(op, a)| Tree::Call(op, a)),
            1 => (proptest::sample::select(named2), each(), each()).prop_map(|(op, a, b)| Tree::Call2(op, a, b)),
            1 => (compare, each(), each(), each(), each()).prop_map(|(op, a, b, c, d)| Tree::Where(op, a, b, c, d)),
        ]
    })
}

impl Tree {
    /// Its text with no more parentheses than Python needs, in a place that binds with `around`, and how tightly it binds.
    fn text(&self, around: u8) -> String {
        let (text, own) = match self {
            Tree::Number(n) => (format!("{}", f32::from(*n) / 16.0), 9),
            Tree::Name(n) => (NAMES[*n].to_owned(), 9),
            Tree::Negative(a) => (format!("-{}", a.text(6)), 6),
            Tree::Infix(op @ ("+" | "-"), a, b) => (format!("{} {op} {}", a.text(4), b.text(5)), 4),
            Tree::Infix(op, a, b) => (format!("{} {op} {}", a.text(5), b.text(6)), 5),
            Tree::Power(a, n) => (format!("{}**{n}", a.text(8)), 7),
            Tree::Call(op, a) => (format!("{}({})", op.names()[0], a.text(0)), 9),
            Tree::Call2(op, a, b) => (format!("{}({}, {})", op.names()[0], a.text(0), b.text(0)), 9),
            Tree::Where(op, a, b, c, d) => {
                (format!("where({} {op} {}, {}, {})", a.text(2), b.text(2), c.text(0), d.text(0)), 9)
            }
        };
        if own < around { format!("({text})") } else { text }
    }

    fn value(&self) -> f32 {
        match self {
            Tree::Number(n) => f32::from(*n) / 16.0,
            Tree::Name(n) => X[*n],
            Tree::Negative(a) => -a.value(),
            Tree::Infix(op, a, b) => {
                let (a, b) = (a.value(), b.value());
                match *op {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "%" => Num::remainder(a, b),
                    _ => a / b,
                }
            }
            Tree::Power(a, n) => power(a.value(), *n),
            Tree::Call(op, a) => op.apply(a.value()),
            Tree::Call2(op, a, b) => op.apply(a.value(), b.value()),
            Tree::Where(op, a, b, c, d) => {
                let (a, b) = (a.value(), b.value());
                let holds = match *op {
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    ">=" => a >= b,
                    "==" => a == b,
                    _ => a != b,
                };
                f32::select(holds, c.value(), d.value())
            }
        }
    }
}

/// A whole power as the language defines it.
fn power(x: f32, n: i8) -> f32 {
    match n {
        -3 => 1.0 / x / x / x,
        -2 => 1.0 / x / x,
        -1 => 1.0 / x,
        0 => 1.0,
        1 => x,
        2 => x * x,
        3 => (x * x) * x,
        4 => (x * x) * (x * x),
        _ => Num::powf(x, f32::from(n)),
    }
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// The pieces of formulas, right or wrong.
fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(
        &[
            "x", "y", "1", "2.5e3", ".5", "1e", "+", "-", "*", "/", "**", "%", "<", "<=", "==", "!=", "&", "|", "~",
            "(", ")", ",", " ", "\n", "sqrt(", "where(", "min(", "sum(", "clip(", "pi", "nan", "and", "^", "=", "é",
            "\u{0}", "_", "//", "not ", " or ", "True", "²", "⁻", "−", "≤", "π", "?",
        ][..],
    );
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_means_what_the_tree_does(tree in tree()) {
        let text = tree.text(0);
        let program = crossover::parse::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let inputs: Vec<f32> =
            program.inputs().iter().map(|name| X[NAMES.iter().position(|known| known == name).unwrap()]).collect();
        let found = program.eval(&inputs)[0];
        prop_assert!(same(found, tree.value()), "{text}: {found:e}, not {:e}", tree.value());
        // The interpreter runs the same operations.
        let mut out = [0.0];
        let args: Vec<_> = inputs.iter().map(|x| Arg::from(*x)).collect();
        Simd::new().run(&Kernel::from_program(text.as_str(), program), &args, &mut out).unwrap();
        prop_assert!(same(out[0], found), "{text}: {:e}, not {found:e}", out[0]);
    }

    #[test]
    fn nothing_makes_it_panic(text in prop_oneof![pieces(), any::<String>()]) {
        if let Err(error) = crossover::parse::parse(&text) {
            let (at, shown) = (error.at(), error.to_string());
            prop_assert!(text.is_char_boundary(at.start) && text.is_char_boundary(at.end), "{at:?}");
            prop_assert!(shown.lines().count() == 3 && shown.contains('^'), "{shown}");
            prop_assert!(shown.lines().skip(1).all(|line| line.chars().count() <= 120), "{shown}");
        }
    }
}

/// Formulas that are long or deep work on every backend, or fail with an error that says so. With `--nocapture` it shows how
/// long each takes.
#[test]
fn long_and_deep_formulas_are_quick() {
    let deep = 10_000;
    let texts = [
        format!("x{}", " + x*0.5".repeat(500)),
        format!("{}x{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}x{}", "abs(".repeat(deep), ")".repeat(deep)),
        format!("{}x{}", "(1 + x*".repeat(deep), ")".repeat(deep)),
        format!("{}x{}", "-".repeat(deep), ""),
        format!("{}1", "x*(".repeat(deep)) + &")".repeat(deep),
    ];
    let x = [0.25; 1000];
    let gpu: Option<Box<dyn Backend>> = gpu();
    for text in texts {
        let started = Instant::now();
        let kernel = Kernel::parse(&text).unwrap();
        let mut expected = [0.0; 1000];
        Loop.run(&kernel, &[Arg::from(&x)], &mut expected).unwrap();
        let mut backends: Vec<&dyn Backend> = Vec::new();
        let (simd, threads) = (Simd::new(), Threads::new());
        backends.extend([&simd as &dyn Backend, &threads]);
        for backend in backends {
            let mut out = [0.0; 1000];
            backend.run(&kernel, &[Arg::from(&x)], &mut out).unwrap();
            assert_eq!(out.map(f32::to_bits), expected.map(f32::to_bits), "{}", &text[..20]);
        }
        println!("{}…: {:?} on the CPU", &text[..20], started.elapsed());
        if let Some(gpu) = &gpu {
            let started = Instant::now();
            let mut out = [0.0; 1000];
            let outcome = gpu.run(&kernel, &[Arg::from(&x)], &mut out);
            println!("{}…: {:?} on the GPU: {outcome:.200?}", &text[..20], started.elapsed());
            let few = kernel.program().ops().len() <= 2000;
            assert_eq!(outcome.is_ok(), few, "{outcome:?}");
            assert!(few || matches!(outcome, Err(Error::TooLarge { .. })), "{outcome:?}");
        }
    }
}

#[cfg(feature = "gpu")]
fn gpu() -> Option<Box<dyn Backend>> {
    crossover::Gpu::open().ok().map(|gpu| Box::new(gpu) as Box<dyn Backend>)
}

#[cfg(not(feature = "gpu"))]
fn gpu() -> Option<Box<dyn Backend>> {
    None
}
