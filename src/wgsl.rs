//! Writing a program as a WGSL compute shader: the operations, spliced into `shaders/elementwise.wgsl` or, for a fold, into
//! `shaders/reduce.wgsl`.

use std::fmt::Write;

use crate::program::{Logic, Op, Program};
use crate::sketch::Functions;

/// The shader for elements that the operations are spliced into; its comments say how it works.
pub const ELEMENTWISE: &str = include_str!("../shaders/elementwise.wgsl");

/// The shader for folds that the operations are spliced into; its comments say how it works.
pub const REDUCE: &str = include_str!("../shaders/reduce.wgsl");

/// Elements that one invocation of [`REDUCE`] folds.
#[cfg(feature = "gpu")]
pub(crate) const EACH: u32 = 8;

/// The whole shader of a program, for workgroups of `workgroup` invocations: that for elements, or for a program with a
/// fold the one for folds, for which `workgroup` is a power of two.
///
/// Binding 0 of group 0 has the parameters, binding 1 the output, and binding `2 + n` input number `n`.
///
/// ```
/// use crossover::{Kernel, wgsl};
///
/// let poly = Kernel::parse("x + x**2 + x**3")?;
/// assert!(wgsl::shader(poly.program(), 64).contains("let v1 = v0 * v0;"));
/// # Ok::<(), crossover::Error>(())
/// ```
pub fn shader(program: &Program, workgroup: u32) -> String {
    let mut shader = if program.fold().is_some() { REDUCE } else { ELEMENTWISE }.to_owned();
    // A uniform array cannot be empty, though a program may have no inputs.
    let inputs = program.inputs().len();
    splice(&mut shader, "workgroup", &format!("const WORKGROUP: u32 = {workgroup}u;\n"));
    splice(&mut shader, "inputs", &format!("const INPUTS: u32 = {}u;\n", inputs.max(1)));
    splice(&mut shader, "bindings", &bindings(inputs));
    splice(&mut shader, "functions", &functions(program));
    splice(&mut shader, "formula", &formula(program));
    if let Some(fold) = program.fold() {
        let combine = fold.operator().wgsl().replace("{0}", "a").replace("{1}", "b");
        splice(&mut shader, "identity", &format!("    return {};\n", literal(fold.identity())));
        splice(&mut shader, "combine", &format!("    return {combine};\n"));
    }
    shader
}

fn bindings(inputs: usize) -> String {
    let mut text = String::new();
    for index in 0..inputs {
        let binding = index + 2;
        _ = writeln!(text, "@group(0) @binding({binding}) var<storage, read> in{index}: array<f32>;");
    }
    text
}

/// The mathematical functions that the program uses, each once.
fn functions(program: &Program) -> String {
    let mut all = Functions::new();
    for op in program.ops() {
        match op {
            Op::Unary(op, ..) => all.extend(op.functions()),
            Op::Binary(op, ..) => all.extend(op.functions()),
            _ => {}
        }
    }
    all.into_values().map(|function| function + "\n").collect()
}

/// One `let` for each operation, then the result.
fn formula(program: &Program) -> String {
    let mut text = String::new();
    for (index, op) in program.ops().iter().enumerate() {
        _ = writeln!(text, "    let v{index} = {};", expression(op));
    }
    _ = writeln!(text, "    return {};", program.result());
    text
}

fn expression(op: &Op) -> String {
    let template = match *op {
        Op::Input(n) => return format!("input({n}u, in{n}[i & params.inputs[{n}].mask])"),
        Op::Constant(value) => return literal(value.get()),
        Op::Unary(op, ..) => op.wgsl(),
        Op::Binary(op, ..) => op.wgsl(),
        Op::Ternary(op, ..) => op.wgsl(),
        Op::Compare(op, ..) => op.wgsl(),
        Op::Test(op, ..) => op.wgsl(),
        Op::Logic(Logic::And, ..) => "{0} & {1}",
        Op::Logic(Logic::Or, ..) => "{0} | {1}",
        Op::Not(_) => "!{0}",
        Op::Select(..) => "select({2}, {1}, {0})",
    };
    let mut text = template.to_owned();
    for (position, value) in op.operands().enumerate() {
        text = text.replace(&format!("{{{position}}}"), &value.to_string());
    }
    text
}

/// A constant. WGSL has no way to write an infinity or a NaN, and may flush a subnormal that it folds: those are made of
/// their bits while the shader runs.
pub(crate) fn literal(value: f32) -> String {
    if value.is_normal() || value == 0.0 {
        format!("{value:?}f")
    } else {
        format!("bitcast<f32>({:#010x}u | params.zero)", value.to_bits())
    }
}

/// Replaces what lies between the lines `// begin NAME` and `// end NAME`.
///
/// # Panics
///
/// If the shader has no such lines: the file in this crate has.
fn splice(shader: &mut String, name: &str, text: &str) {
    let marker = |edge: &str| format!("// {edge} {name}\n");
    let (begin, end) = (marker("begin"), marker("end"));
    let from = shader.find(&begin).map(|at| at + begin.len());
    let to = shader.find(&end).map(|at| shader[..at].rfind('\n').map_or(0, |line| line + 1));
    match (from, to) {
        (Some(from), Some(to)) if from <= to => shader.replace_range(from..to, text),
        _ => panic!("the shader has no part `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Fold;
    use crate::formula;
    use crate::trace::trace;

    formula! { fn Odd(x) { x + T::constant(f64::INFINITY) * T::constant(f32::from_bits(1)) + T::constant(-0.0) } }
    formula! { fn Nothing(_unused) { T::constant(1.5) } }

    #[test]
    fn without_a_program_the_files_are_the_shaders_of_x() {
        formula! { fn Identity(x) { x } }
        assert_eq!(shader(&trace(&Identity), 256), ELEMENTWISE);
        assert_eq!(shader(&trace(&Identity).with_fold(Some(Fold::Sum)), 256), REDUCE);
        #[cfg(feature = "gpu")]
        assert!(REDUCE.contains(&format!("const EACH: u32 = {EACH}u;")));
    }

    #[test]
    fn constants_that_wgsl_cannot_write_are_made_of_bits() {
        let text = shader(&trace(&Odd), 64);
        assert!(text.contains("bitcast<f32>(0x7f800000u | params.zero)"), "{text}");
        assert!(text.contains("-0.0f"), "{text}");
        assert!(shader(&trace(&Nothing), 64).contains("let v0 = 1.5f;\n    return v0;"));
    }
}
