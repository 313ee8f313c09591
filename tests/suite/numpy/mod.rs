//! Formulas against numpy: what each means, as Python reads it and numpy computes it in float64, for values at the edges.
//!
//! `generate.py` made `cases.txt`, and says how; nothing but this file is needed to run the test.

use crossover::{Arg, Backend, Kernel, Loop, Simd};

const CASES: &str = include_str!("cases.txt");

/// What numpy makes of one element.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Nan,
    /// A number, and how many ULP a result may be from it.
    Near(f32, u64),
    /// Anything.
    Any,
}

fn expected(word: &str) -> Expected {
    match word {
        "n" => Expected::Nan,
        "?" => Expected::Any,
        _ => {
            let (bits, ulp) = word.split_once('~').unwrap_or((word, "0"));
            Expected::Near(bits_of(bits), ulp.parse().unwrap())
        }
    }
}

fn bits_of(word: &str) -> f32 {
    f32::from_bits(u32::from_str_radix(word, 16).unwrap())
}

/// The place of a number among all: neighbours differ by 1.
fn rank(value: f32) -> i64 {
    let size = i64::from(value.to_bits() & 0x7fff_ffff);
    if value.is_sign_negative() { -size } else { size }
}

impl Expected {
    fn holds(self, found: f32) -> bool {
        match self {
            Expected::Nan => found.is_nan(),
            Expected::Any => true,
            // The sign of a zero counts where nothing is rounded.
            Expected::Near(value, 0) => found.to_bits() == value.to_bits(),
            Expected::Near(value, ulp) => !found.is_nan() && rank(found).abs_diff(rank(value)) <= ulp,
        }
    }
}

#[test]
fn formulas_mean_what_python_and_numpy_mean_by_them() {
    let mut lines = CASES.lines();
    let columns: Vec<Vec<f32>> =
        lines.by_ref().take(3).map(|line| line.split(' ').skip(1).map(bits_of).collect()).collect();
    let (mut formulas, mut wrong) = (0, Vec::new());
    for (case, line) in lines.enumerate() {
        let (text, words) = line.split_once('\t').unwrap();
        let kernel = Kernel::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let inputs: Vec<Vec<f32>> = [0, case, 5 * case]
            .iter()
            .zip(&columns)
            .map(|(turn, column)| {
                let mut values = column.clone();
                values.rotate_left(turn % column.len());
                values
            })
            .collect();
        let place = |name: &String| ["x", "y", "z"].iter().position(|known| known == name).unwrap();
        let args: Vec<Arg> = kernel.inputs().iter().map(|name| Arg::from(&inputs[place(name)])).collect();
        for backend in [&Loop as &dyn Backend, &Simd::new()] {
            let mut found = vec![0.0; columns[0].len()];
            backend.run(&kernel, &args, &mut found).unwrap();
            let mistakes =
                words.split(' ').map(expected).zip(&found).enumerate().filter(|(_, (want, got))| !want.holds(**got));
            wrong.extend(mistakes.map(|(at, (want, got))| {
                let of = inputs.iter().map(|values| format!("{:e}", values[at])).collect::<Vec<_>>().join(", ");
                format!("{} {text} at {of}: {got:e}, not {want:?}", backend.info().kind)
            }));
        }
        formulas += 1;
    }
    assert!(formulas >= 600, "only {formulas} formulas");
    assert!(wrong.is_empty(), "{} elements of {formulas} formulas:\n{}", wrong.len(), wrong.join("\n"));
}
