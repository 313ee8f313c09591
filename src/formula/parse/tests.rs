use super::*;
use crate::formula::reduction::Reduction;

/// Returns the value of a formula for inputs 2, 3, 5, 7, … in the order of their first use.
fn value(text: &str) -> f32 {
    let program = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let inputs = [2.0_f32, 3.0, 5.0, 7.0, 11.0, 13.0];
    program.eval(&inputs[..program.inputs().len()])[0]
}

fn message(text: &str) -> String {
    match parse(text) {
        Ok(program) => panic!("`{text}` is a formula:\n{program}"),
        Err(error) => error.message().to_owned(),
    }
}

#[test]
fn precedence_and_associativity_are_pythons() {
    for (text, expected) in [
        ("-a**2", -4.0),
        ("2**3**2", 512.0),
        ("2**-1", 0.5),
        ("2**-a", 0.25),
        ("a**0.5**2", 2.0_f32.powf(0.25)),
        ("-7 % a", 1.0),
        ("7 % -a", -1.0),
        ("-(7 % a)", -1.0),
        ("a * 7 % b", 2.0),
        ("fmod(-7, a)", -1.0),
        ("-2**-2", -0.25),
        ("a - b - c", -6.0),
        ("a / b / b", 2.0 / 3.0 / 3.0),
        ("a + b * c", 17.0),
        ("(a + b) * c", 25.0),
        ("a * -b", -6.0),
        ("--a", 2.0),
        ("-+-a", 2.0),
        ("a < b", 1.0),
        ("a + 1 >= b", 1.0),
        ("(a < b) + 1", 2.0),
        ("(a < b) & (b < c) | (c < a)", 1.0),
        ("~(a < b) | (a > 1)", 1.0),
        ("~(a == 2) & (a > 1)", 0.0),
        ("where(a > b, a, b)", 3.0),
        ("where((a > 1) & ~(b > 3), c, 0)", 5.0),
        ("min(a, b) + max(a, b)", 5.0),
        ("maximum(minimum(a, 1), 0)", 1.0),
        ("clip(b, 0, a)", 2.0),
        ("fma(a, b, c)", 11.0),
        ("1_000.5e-1 + .5 + 5.", 105.55),
        ("1e2 * a", 200.0),
        ("isnan(nan) & isinf(inf) & isfinite(a)", 1.0),
        ("e < pi", 1.0),
        ("(a < b) == (b < c)", 1.0),
        ("2*e", 2.0 * std::f32::consts::E),
        ("7 // a", 3.0),
        ("-7 // a", -4.0),
        ("a * 7 // b", 4.0),
        ("7 // a * b", 9.0),
        ("2**7//a**2", 32.0),
        ("a < b and b < c or c < a", 1.0),
        ("a > b and b < c or c > a", 1.0),
        ("a < b or b < c and c < a", 1.0),
        ("(a < b or b < c) and c < a", 0.0),
        ("not a > b", 1.0),
        ("not a > b and c < a", 0.0),
        ("not not a < b", 1.0),
        ("not(a < b) or not(c < b)", 1.0),
        ("a < b and not c < b", 1.0),
        ("(a < b) | (b < a) and c < a", 0.0),
        ("not ~(a < b)", 1.0),
        ("a < b < c", 1.0),
        ("a < b > c", 0.0),
        ("a < b > 2", 1.0),
        ("5 > a < b != a == 2", 1.0),
        ("3 > a > 1 and 1 < a < b", 1.0),
        ("(5 > 3) > a", 0.0),
        ("(a < b < c) + 1", 2.0),
        ("not a < b < c", 0.0),
        ("True", 1.0),
        ("where(False, a, b)", 3.0),
        ("True and a < b", 1.0),
        ("where(a < b, b < c, b > c)", 1.0),
        ("where(a > b, b < c, b > c) | False", 0.0),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn signs_may_be_as_they_are_printed() {
    for (text, expected) in [
        ("a − b", -1.0),
        ("−a", -2.0),
        ("a×b·c÷a", 15.0),
        ("(a ≤ b) + (a ≥ b) + (a ≠ b)", 2.0),
        ("π", std::f32::consts::PI),
        ("a²", 4.0),
        ("-a²", -4.0),
        ("a² + a³ - a¹", 10.0),
        ("(a + 1)²", 9.0),
        ("a²**b", 64.0),
        ("a**b²", 512.0),
        ("sqrt(a²)", 2.0),
        ("2⁻¹", 0.5),
        ("2¹⁰", 1024.0),
        ("a²³", 8_388_608.0),
        ("tau", std::f32::consts::TAU),
        ("square(a) + reciprocal(a)", 4.5),
        ("sigmoid(a - 2)", 0.5),
        ("deg2rad(180)", std::f32::consts::PI),
        ("rad2deg(pi)", 180.0),
        ("heaviside(a - 2, 0.5)", 0.5),
        ("erf(a - 2) + erfc(a - 2)", 1.0),
        ("logaddexp(0, 0)", std::f32::consts::LN_2),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn powers_that_products_keep_exact_enough_are_products() {
    let same = |a: &str, b: &str| assert_eq!(parse(a).unwrap().to_string(), parse(b).unwrap().to_string(), "{a}");
    same("x**3", "(x*x)*x");
    same("x**4", "(x*x)*(x*x)");
    same("x**5", "power(x, 5)");
    same("x**-1", "1/x");
    same("x**-2", "1/x/x");
    same("x**-3", "1/x/x/x");
    same("x**-4", "power(x, -4)");
    same("x**0.5", "sqrt(x)");
    same("x**-0.5", "power(x, -0.5)");
    same("x**1", "x");
    same("x**0", "1 + 0*1");
    same("x + x**2 + x**3", "x + x*x + x*x*x");
}

#[test]
fn inputs_are_in_the_order_of_their_first_use() {
    assert_eq!(parse("y*x + y - z").unwrap().inputs(), ["y", "x", "z"]);
    assert_eq!(parse("where(1 > 0, b, a)").unwrap().inputs(), ["b", "a"]);
    assert_eq!(parse("größe + x_1").unwrap().inputs(), ["größe", "x_1"]);
    assert!(parse("2*pi").unwrap().inputs().is_empty());
}

#[test]
fn a_fold_is_outermost_and_a_condition_is_known_to_be_one() {
    assert_eq!(parse("sum(x*x)").unwrap().outputs()[0].reduction, Some(Reduction::Sum));
    assert_eq!(parse("(min(x))").unwrap().outputs()[0].reduction, Some(Reduction::Min));
    assert_eq!(parse("min(x, y)").unwrap().outputs()[0].reduction, None);
    assert!(is_condition(&parse("x > 0").unwrap()));
    assert!(!is_condition(&parse("sum(x > 0)").unwrap()));
    assert!(is_condition(&parse("any(x)").unwrap()));
    assert_eq!(parse("all(x > 0)").unwrap().outputs()[0].reduction, Some(Reduction::All));
    assert!(!is_condition(&parse("(x > 0)*1").unwrap()));
    assert_eq!(message("1 + sum(x)"), "sum must be the outermost operation, around the whole formula");
    assert_eq!(message("sum(sum(x))"), "sum must be the outermost operation, around the whole formula");
}

#[test]
fn mistakes_say_what_to_write_instead() {
    for (text, expected) in [
        ("", "expected a number, a name or `(`, found the end"),
        ("x +", "expected a number, a name or `(`, found the end"),
        ("x * / y", "expected a number, a name or `(`, found `/`"),
        ("x y", "expected an operator, found the name `y`; write * to multiply"),
        ("2x", "expected an operator, found the name `x`; write * to multiply"),
        ("2(x)", "expected an operator, found `(`; write * to multiply"),
        ("x and x < 1", "`and` needs a condition, such as (x > 0), but this is a number"),
        ("x < 1 or x", "`or` needs a condition, such as (x > 0), but this is a number"),
        ("not x", "`not` needs a condition, such as (x > 0), but this is a number"),
        ("x and", "expected a number, a name or `(`, found the end"),
        ("and x", "expected a number, a name or `(`, found `and`"),
        ("x not y", "expected an operator, found `not`"),
        (
            "x == not y",
            "`not` has a lower precedence than the operator before it; put parentheses around it and its condition",
        ),
        (
            "-not y",
            "`not` has a lower precedence than the operator before it; put parentheses around it and its condition",
        ),
        ("x⁻", "this is not an exponent; write an integer, such as x² or x**2"),
        ("x 2²", "expected an operator, found the number 2; write * to multiply"),
        ("²", "expected a number, a name or `(`, found the exponent 2"),
        ("x > 0 ? x : 0", "`?` has no meaning here; write where(condition, yes, no)"),
        ("blorp(x)", "there is no function `blorp`"),
        ("(x", "this parenthesis is never closed; add a `)`"),
        ("sqrt(x", "this parenthesis is never closed; add a `)`"),
        ("x)", "this `)` has no opening parenthesis; remove it, or add a `(` before"),
        ("(x, y)", "a comma separates the arguments of a function, but this is not within a call"),
        ("sqrt()", "`sqrt` takes 1 argument, found 0"),
        ("sqrt(x, y)", "`sqrt` takes 1 argument, found 2"),
        ("clip(x, 0)", "`clip` takes 3 arguments, found 2"),
        ("min(x, y, z)", "`min` takes 2 or 1 arguments, found 3"),
        ("squrt(x)", "there is no function `squrt`; did you mean `sqrt`?"),
        ("zzz(x)", "there is no function `zzz`"),
        ("x ^ 2", "`^` has no meaning here; write ** for a power"),
        ("x = 2", "`=` has no meaning here; write == to compare"),
        ("x && y", "`&&` has no meaning here; write & between conditions"),
        ("x ; y", "`;` has no meaning here"),
        ("np.sqrt(x)", "`.` has no meaning here; write functions without a module name"),
        ("1e39", "1e39 is above the largest f32, 3.4028235e38; write inf for an infinity"),
        (
            "x > 0 & y > 0",
            "& has a higher precedence than a comparison and needs a condition, such as (x > 0), but this is a number",
        ),
        ("where(x, 1, 2)", "where needs a condition, such as (x > 0), but this is a number"),
        ("~x", "~ needs a condition, such as (x > 0), but this is a number"),
    ] {
        assert_eq!(message(text), expected, "{text}");
    }
}

#[test]
fn carets_are_below_the_mistake() {
    let error = parse("x + squrt(y)").unwrap_err();
    let shown = "there is no function `squrt`; did you mean `sqrt`?\n  x + squrt(y)\n      ^^^^^";
    assert_eq!((error.to_string().as_str(), error.at()), (shown, 4..9));
    // Of several lines, and of a long one, the part around the mistake; a letter is one wide, whatever its bytes.
    let error = parse("x +\n\tγ * ; * y\n+ z").unwrap_err();
    assert_eq!(error.to_string(), "`;` has no meaning here\n   γ * ; * y\n       ^");
    let long = format!("{}?{}", "x + ".repeat(1000), " + x".repeat(1000));
    let error = parse(&long).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert!(lines.len() == 3 && lines[1].chars().count() < 80, "{error}");
    assert_eq!(lines[1].chars().nth(lines[2].chars().count() - 1), Some('?'), "{error}");
}

#[test]
fn no_nesting_is_too_deep_and_no_text_too_long() {
    let deep = 10_000;
    assert_eq!(value(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep))), 2.0);
    assert_eq!(value(&format!("{}a{}", "-".repeat(deep), "")), 2.0);
    assert_eq!(value(&format!("{}a{}", "abs(".repeat(deep), ")".repeat(deep))), 2.0);
    assert_eq!(value(&vec!["1"; deep].join("**")), 1.0);
    assert_eq!(value(&format!("a{}", " + 1".repeat(deep))), 10_002.0);
    assert_eq!(message(&"(".repeat(deep)), "expected a number, a name or `(`, found the end");
    let long = "x".repeat(MAX_LENGTH + 1);
    assert_eq!(message(&long), "the formula has 1048577 bytes, but at most 1048576 are read; split it");
    assert!(parse(&long[1..]).is_ok());
}

#[test]
fn every_function_can_be_called_by_each_of_its_names() {
    for function in Function::all() {
        for name in function.names() {
            let condition = if function == Function::Where { "x > 0" } else { "x" };
            let arguments = [condition, "y", "z"][..function.arguments()].join(", ");
            parse(&format!("{name}({arguments})")).unwrap_or_else(|error| panic!("{error}"));
        }
        assert!(function.about().ends_with('.') || function.about().ends_with('`'), "{}", function.about());
    }
}

#[test]
fn a_name_that_is_given_hides_a_constant() {
    assert_eq!(parse("b*c + d*e").unwrap().inputs(), ["b", "c", "d"]);
    for name in ["e", "pi", "π", "tau", "τ", "inf", "nan", "True", "False"] {
        let program = parse_with(&format!("x*{name}"), &[Input::number(name)]).unwrap();
        assert_eq!((program.inputs(), program.eval(&[3.0, 5.0])), (&["x".to_owned(), name.to_owned()][..], vec![15.0]));
        assert_eq!(inputs(&format!("x*{name}"), &[name]).unwrap(), ["x", name]);
    }
    // A name that is not in the text adds no input.
    assert!(parse_with("2*pi", &[Input::number("e")]).unwrap().inputs().is_empty());
    assert_eq!(
        ["PI", "NaN", "E", "Inf", "true", "Pie"].map(constant_like),
        [Some("pi"), Some("nan"), Some("e"), Some("inf"), Some("True"), None]
    );
}

#[test]
fn an_input_may_be_a_condition() {
    let read = |text: &str| parse_with(text, &[Input::condition("b"), Input::condition("c")]);
    for (text, expected) in [
        ("b", [0.0, 1.0]),
        ("~b", [1.0, 0.0]),
        ("not b", [1.0, 0.0]),
        ("b & (x >= 0)", [0.0, 1.0]),
        ("b and x >= 0", [0.0, 1.0]),
        ("where(b, x, 0)", [0.0, 7.0]),
        ("b + 1", [1.0, 2.0]),
        ("where(b, c, x > 100) | (x < 0)", [0.0, 1.0]),
    ] {
        let program = read(text).unwrap();
        let of = |b: f32| -> Vec<f32> {
            program
                .inputs()
                .iter()
                .map(|name| {
                    if name == "b" {
                        b
                    } else if name == "c" {
                        1.0
                    } else {
                        7.0
                    }
                })
                .collect()
        };
        assert_eq!([0.0, 1.0].map(|b| program.eval(&of(b))[0]), expected, "{text}");
    }
    assert!(is_condition(&read("where(b, c, x > 1)").unwrap()) && is_condition(&read("b").unwrap()));
    assert!(!is_condition(&read("where(b, c, x)").unwrap()) && !is_condition(&read("b + 1").unwrap()));
    // Before it is known which are conditions, each name is what its use needs.
    assert_eq!(inputs("where(b, x, 0) + (c & (y > e))", &["e"]).unwrap(), ["b", "x", "c", "y", "e"]);
    assert!(inputs("squrt(x)", &[]).is_err());
}

/// Where the quotient is rounded up to a whole number, `floor(a / b)` is 1 too large.
#[test]
fn floor_division_is_that_of_the_exact_quotient() {
    let program = parse("x // y").unwrap();
    let floor = |x: f32, y: f32| program.eval(&[x, y])[0];
    for (x, y, expected) in [
        (1.0, 0.1, 9.0),
        (-1.0, 0.1, -10.0),
        (6.0, 0.1, 59.0),
        (7.0, -2.0, -4.0),
        (-7.0, -2.0, 3.0),
        (1e-45, -1.0, -1.0),
        (-1.0, f32::INFINITY, -1.0),
        (1.0, f32::INFINITY, 0.0),
        (1.0, 0.0, f32::INFINITY),
        (-1.0, 0.0, f32::NEG_INFINITY),
        (3e38, 1e-30, f32::INFINITY),
    ] {
        assert_eq!(floor(x, y), expected, "{x} // {y}");
    }
    for (x, y) in [(0.0, 0.0), (f32::INFINITY, 2.0), (f32::NAN, 1.0), (1.0, f32::NAN)] {
        assert!(floor(x, y).is_nan(), "{x} // {y}");
    }
    let signs = [(-0.0, 1.0), (0.0, -1.0), (0.0, 1.0), (-0.0, -1.0), (1.0, 2.0)].map(|(x, y)| floor(x, y));
    assert_eq!(signs.map(f32::to_bits), [-0.0_f32, -0.0, 0.0, 0.0, 0.0].map(f32::to_bits));
}

#[test]
fn a_long_name_makes_a_short_message() {
    let long = "x".repeat(1 << 19);
    for text in [format!("{long}(x)"), format!("x {long}"), format!("x + 1 {long}")] {
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.len() < 1000, "{} bytes", error.len());
    }
}

fn is_condition(program: &Program) -> bool {
    program.output_type(0) == crate::num::Type::Bool
}
