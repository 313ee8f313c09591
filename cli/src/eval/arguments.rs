//! `NAME=VALUE`: the file or number for each input of the formula.

use std::path::PathBuf;

use crossover::message::{listed, nearest, shortened};
use crossover::program::Output;
use crossover::{Type, parse};

use crate::Stop;

/// The value of an input.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// One number for every element.
    Number(f32),
    /// One condition for every element.
    Truth(bool),
    /// An .npy file.
    File(PathBuf),
    /// An .npy file on standard input.
    Stdin,
}

/// Returns the names in the arguments.
pub fn names(arguments: &[String]) -> Vec<&str> {
    arguments.iter().filter_map(|argument| argument.split_once('=')).map(|(name, _)| name).collect()
}

/// Returns the value of each input, in the formula's order, from arguments such as `x=a.npy`.
pub fn matched(inputs: &[String], arguments: &[String]) -> Result<Vec<Value>, Stop> {
    let mut found: Vec<Option<(&str, Value)>> = vec![None; inputs.len()];
    let mut stdin = None;
    for argument in arguments {
        let (name, text) = split(argument, inputs)?;
        let Some(index) = inputs.iter().position(|input| input == name) else {
            return Err(Stop::mistake(unknown(name, inputs)));
        };
        if let Some((earlier, _)) = &found[index] {
            let (name, earlier, text) = (shortened(name), shortened(earlier), shortened(text));
            return Err(Stop::mistake(format_args!("`{name}` is given twice, {earlier} and {text}; give it once")));
        }
        let value = value(name, text)?;
        if value == Value::Stdin
            && let Some(other) = stdin.replace(name)
        {
            return Err(Stop::mistake(format_args!(
                "`{}` and `{}` are both read from standard input; give a file for one of them",
                shortened(other),
                shortened(name)
            )));
        }
        found[index] = Some((text, value));
    }
    let missing: Vec<&str> =
        inputs.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(input, _)| input.as_str()).collect();
    match missing.first() {
        None => Ok(found.into_iter().flatten().map(|(_, value)| value).collect()),
        Some(first) => {
            let constant = missing.iter().find_map(|name| Some((name, parse::constant_like(name)?)));
            let constant = constant.map_or_else(String::new, |(name, constant)| {
                format!(" (the constant is written `{constant}`, not `{name}`)")
            });
            let (first, quoted) = (shortened(first), listed(&missing.iter().map(quoted).collect::<Vec<_>>()));
            Err(Stop::mistake(format_args!(
                "nothing is given for {quoted}{constant}; give a file or a number, such as {first}=FILE.npy or {first}=2.5"
            )))
        }
    }
}

/// Splits an argument into its name and its value's text.
fn split<'a>(argument: &'a str, inputs: &[String]) -> Result<(&'a str, &'a str), Stop> {
    let example = inputs.first().map_or("x", String::as_str);
    match argument.split_once('=') {
        Some((name, text)) if !name.is_empty() && !text.is_empty() => Ok((name, text)),
        Some((name, "")) if !name.is_empty() => {
            let name = shortened(name);
            Err(Stop::mistake(format_args!("`{name}=` has no value; give {name}=FILE.npy or {name}=NUMBER")))
        }
        Some((_, text)) => Err(unnamed(argument, example, text)),
        None => Err(unnamed(argument, example, argument)),
    }
}

fn unnamed(argument: &str, example: &str, text: &str) -> Stop {
    let (argument, example, text) = (shortened(argument), shortened(example), shortened(text));
    Stop::mistake(format_args!("`{argument}` has no name; name the input that it is for, such as {example}={text}"))
}

fn value(name: &str, text: &str) -> Result<Value, Stop> {
    if text == "-" {
        return Ok(Value::Stdin);
    }
    match text.parse::<f32>() {
        // Only `inf` is infinite.
        Ok(number) if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
            Err(Stop::mistake(format_args!(
                "{name}={text} is beyond the numbers of float32, which end at {:e}; give a smaller one, or {name}=inf",
                f32::MAX
            )))
        }
        Ok(number) => Ok(Value::Number(number)),
        Err(_) => Ok(constant(text).unwrap_or_else(|| Value::File(text.into()))),
    }
}

/// Returns the value of an expression without inputs, such as `1/3` or `True`.
fn constant(text: &str) -> Option<Value> {
    let program = parse::parse(text).ok()?;
    let [Output { reduction: None, .. }] = program.outputs() else { return None };
    if !program.inputs().is_empty() {
        return None;
    }
    let value = program.eval(&[])[0];
    Some(if program.output_type(0) == Type::Bool { Value::Truth(value != 0.0) } else { Value::Number(value) })
}

fn unknown(name: &str, inputs: &[String]) -> String {
    let near = nearest(name, inputs.iter().map(String::as_str));
    let name = shortened(name);
    if inputs.is_empty() {
        return format!("`{name}` is not in the formula, which has no inputs; leave it out");
    }
    let nearest = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    format!("`{name}` is not in the formula{nearest}; its inputs: {}", listed(inputs))
}

fn quoted(name: &&str) -> String {
    format!("`{}`", shortened(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(inputs: &[&str], arguments: &[&str]) -> Result<Vec<Value>, String> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        matched(&owned(inputs), &owned(arguments)).map_err(|stop| stop.message)
    }

    #[test]
    fn what_is_no_number_is_a_file() {
        let file = |path: &str| Value::File(path.into());
        let values = given(&["a", "b", "c", "d"], &["d=-", "b=./5", "a=1e-3", "c=x=y.npy"]).unwrap();
        assert_eq!(values, [Value::Number(1e-3), file("./5"), file("x=y.npy"), Value::Stdin]);
        let infinite = given(&["a", "b"], &["a=inf", "b=-Infinity"]).unwrap();
        assert_eq!(infinite, [f32::INFINITY, f32::NEG_INFINITY].map(Value::Number));
    }

    #[test]
    fn an_expression_of_constants_is_a_number() {
        let values = given(&["a", "b", "c", "d"], &["a=1/3", "b=-pi", "c=True", "d=1/x"]).unwrap();
        let expected = [
            Value::Number(1.0 / 3.0),
            Value::Number(-std::f32::consts::PI),
            Value::Truth(true),
            Value::File("1/x".into()),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn every_mistake_is_named() {
        let cases = [
            (&["x=1", "y=2", "xx=3"][..], "`xx` is not in the formula (did you mean `x`?); its inputs: x, y"),
            (&["x=1", "x=a.npy"], "`x` is given twice, 1 and a.npy; give it once"),
            (&["x=-", "y=-"], "`x` and `y` are both read from standard input"),
            (&[], "nothing is given for `x`, `y`; give a file or a number, such as x=FILE.npy or x=2.5"),
            (&["y=1"], "nothing is given for `x`; "),
            (&["x="], "`x=` has no value"),
            (&["a.npy"], "`a.npy` has no name; name the input that it is for, such as x=a.npy"),
            (&["=a.npy"], "`=a.npy` has no name"),
            (&["x=1e39"], "x=1e39 is beyond the numbers of float32, which end at 3.4028235e38"),
        ];
        for (arguments, expected) in cases {
            let message = given(&["x", "y"], arguments).unwrap_err();
            assert!(message.contains(expected), "{arguments:?}: {message}");
        }
        assert!(given(&[], &["x=1"]).unwrap_err().contains("has no inputs"));
    }
}
