use super::*;
use crate::fold::Fold;

/// The value of a formula for inputs 2, 3, 5, 7, … in the order of their first use.
fn value(text: &str) -> f32 {
    let program = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let inputs = [2.0_f32, 3.0, 5.0, 7.0, 11.0, 13.0];
    program.eval(&inputs[..program.inputs().len()])
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
    assert_eq!(parse("sum(x*x)").unwrap().fold(), Some(Fold::Sum));
    assert_eq!(parse("(min(x))").unwrap().fold(), Some(Fold::Min));
    assert_eq!(parse("min(x, y)").unwrap().fold(), None);
    assert!(parse("x > 0").unwrap().is_condition());
    assert!(!parse("sum(x > 0)").unwrap().is_condition());
    assert!(!parse("(x > 0)*1").unwrap().is_condition());
    assert_eq!(message("1 + sum(x)"), "sum has to be the outermost operation, around the whole formula");
    assert_eq!(message("sum(sum(x))"), "sum has to be the outermost operation, around the whole formula");
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
        ("x > 0 and x < 1", "expected an operator, found the name `and`; write & between conditions"),
        ("not x", "write ~ for the opposite of a condition"),
        ("(x", "this parenthesis is never closed; add a `)`"),
        ("sqrt(x", "this parenthesis is never closed; add a `)`"),
        ("x)", "this `)` closes nothing; remove it, or open a parenthesis before"),
        ("(x, y)", "a comma stands between the arguments of a function, and none is open here"),
        ("sqrt()", "`sqrt` takes 1 argument, found 0"),
        ("sqrt(x, y)", "`sqrt` takes 1 argument, found 2"),
        ("clip(x, 0)", "`clip` takes 3 arguments, found 2"),
        ("min(x, y, z)", "`min` takes 2 or 1 arguments, found 3"),
        ("squrt(x)", "there is no function `squrt`; did you mean `sqrt`?"),
        ("zzz(x)", "there is no function `zzz`"),
        ("x ^ 2", "`^` has no meaning here; write ** for a power"),
        ("x // 2", "`//` has no meaning here; write floor(a / b)"),
        ("x = 2", "`=` has no meaning here; write == to compare"),
        ("x && y", "`&&` has no meaning here; write & between conditions"),
        ("x ; y", "`;` has no meaning here"),
        ("np.sqrt(x)", "`.` has no meaning here; functions go by their bare names"),
        ("1e39", "1e39 is above the largest f32, 3.4028235e38; write inf for an infinity"),
        ("a < b < c", "comparisons do not chain; write (a < b) & (b < c), or parentheses around the first"),
        (
            "x > 0 & y > 0",
            "& binds tighter than a comparison and needs a condition, such as (x > 0), and this is a number",
        ),
        ("where(x, 1, 2)", "where needs a condition, such as (x > 0), and this is a number"),
        ("~x", "~ needs a condition, such as (x > 0), and this is a number"),
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
    let error = parse("x +\n\tγ * ? * y\n+ z").unwrap_err();
    assert_eq!(error.to_string(), "`?` has no meaning here\n   γ * ? * y\n       ^");
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
