//! Writing a program as a WGSL compute shader: the operations, spliced into `shaders/elementwise.wgsl` or, for a fold, into
//! `shaders/reduce.wgsl`.

pub(crate) mod function;
mod nans;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write;

use self::nans::{Nans, is_arithmetic};
use crate::formula::program::{Compare, Logic, Op, Program, Unary, Value};
use crate::formula::reduction::{Fold, Step};

/// The shader for elements that the operations are spliced into; its comments say how it works.
pub const ELEMENTWISE: &str = include_str!("../../../shaders/elementwise.wgsl");

/// The shader for folds that the operations are spliced into; its comments say how it works.
pub const REDUCE: &str = include_str!("../../../shaders/reduce.wgsl");

/// NaN and the signs of zeros: functions that the operations call.
const SPECIAL: &str = include_str!("../../../shaders/special.wgsl");

/// Elements that one invocation of [`REDUCE`] folds.
#[cfg(feature = "gpu")]
pub(crate) const EACH: u32 = 8;

/// Elements of a block, where blocks are read and written at once.
pub const BLOCK: u32 = 4;

/// What a shader is written for, besides its formula.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Invocations in a workgroup: for a fold a power of two.
    pub workgroup: u32,
    /// Whether [`BLOCK`] elements are read and written at once, so that every array has to begin with a whole block. A fold
    /// takes one at a time.
    pub blocks: bool,
    /// Where each input is; those beyond the end are [`Place::Apart`].
    pub places: Vec<Place>,
    /// Whether the elements of the first input are not a formula's, but what other dispatches of the same fold have left.
    pub joins: bool,
}

/// Where an input is, as seen from the output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// In another buffer, or it is a number.
    Apart,
    /// In the same buffer, but elsewhere.
    Beside,
    /// It is the output: each element is read before it is written.
    Same,
}

impl Shape {
    /// Workgroups of so many invocations, and arrays that may be anywhere in buffers of their own.
    pub fn new(workgroup: u32) -> Self {
        Shape { workgroup, blocks: false, places: Vec::new(), joins: false }
    }

    /// Elements that are read and written at once.
    pub fn width(&self) -> u32 {
        if self.blocks { BLOCK } else { 1 }
    }

    /// Where an input is.
    pub(crate) fn place(&self, input: usize) -> Place {
        self.places.get(input).copied().unwrap_or(Place::Apart)
    }
}

/// The whole shader of a program: that for elements, or for a program with a fold the one for folds.
///
/// Binding 0 of group 0 has the parameters, binding 1 the output, and binding `2 + n` input number `n`, unless that is the
/// output.
///
/// ```
/// use crossover::{Kernel, wgsl};
///
/// let poly = Kernel::parse("x + x**2 + x**3")?;
/// assert!(wgsl::shader(poly.program(), &wgsl::Shape::new(64)).contains("let v1 = v0 * v0;"));
/// # Ok::<(), crossover::Error>(())
/// ```
pub fn shader(program: &Program, shape: &Shape) -> String {
    let mut shader = if program.fold().is_some() { REDUCE } else { ELEMENTWISE }.to_owned();
    // A uniform array cannot be empty, though a program may have no inputs.
    let inputs = program.inputs().len();
    splice(&mut shader, "workgroup", &format!("const WORKGROUP: u32 = {}u;\n", shape.workgroup));
    splice(&mut shader, "inputs", &format!("const INPUTS: u32 = {}u;\n", inputs.max(1)));
    splice(&mut shader, "bindings", &bindings(inputs, shape));
    splice(&mut shader, "formula", &formula(program));
    splice(&mut shader, "apply", &apply(program, shape));
    if let Some(fold) = program.fold() {
        reduction(&mut shader, fold);
    } else if !shape.blocks {
        splice(&mut shader, "block", "const WIDTH: u32 = 1u;\nalias Block = f32;\n");
        splice(&mut shader, "kept", "    return block;\n");
    }
    let functions = functions(program);
    let is_special = |text: &str| text.contains("special_");
    let special = if is_special(&shader) || is_special(&functions) { SPECIAL } else { "" };
    splice(&mut shader, "functions", &format!("{special}{functions}"));
    shader
}

fn bindings(inputs: usize, shape: &Shape) -> String {
    let mut text = String::new();
    for index in 0..inputs {
        // A buffer that is written by a dispatch may not also be bound to it for reading alone.
        let access = match shape.place(index) {
            Place::Apart => "read",
            Place::Beside => "read_write",
            Place::Same => continue,
        };
        let (binding, element) = (index + 2, if shape.blocks { "Block" } else { "f32" });
        _ = writeln!(text, "@group(0) @binding({binding}) var<storage, {access}> in{index}: array<{element}>;");
    }
    text
}

/// The formula of what the inputs have for one element, or for each of a block; for a fold, the state of the element.
fn apply(program: &Program, shape: &Shape) -> String {
    let (mut text, inputs) = (String::new(), program.inputs().len());
    if let (Some(fold), true) = (program.fold(), shape.joins) {
        let planes = (0..fold.planes()).map(|plane| format!("in0[i * PLANES + {plane}u]")).collect();
        return format!("    return {};\n", state(planes));
    }
    for n in 0..inputs {
        let array = if shape.place(n) == Place::Same { "out".to_owned() } else { format!("in{n}") };
        let at = format!("(i + params.inputs[{n}].start) & params.inputs[{n}].mask");
        _ = writeln!(text, "    let b{n} = input({n}u, {array}[{at}]);");
    }
    let call = |part: String| {
        let blocks: Vec<_> = (0..inputs).map(|n| format!("b{n}{part}")).collect();
        format!("formula({})", blocks.join(", "))
    };
    let calls: Vec<_> = (0..BLOCK).map(|part| call(format!("[{part}]"))).collect();
    let result = if shape.blocks { format!("Block({})", calls.join(", ")) } else { call(String::new()) };
    let result = if program.fold().is_some() { format!("lift({result}, f32(params.base + i))") } else { result };
    _ = writeln!(text, "    return {result};");
    text
}

/// The mathematical functions that the program and its fold use, each once.
fn functions(program: &Program) -> String {
    let mut all = BTreeMap::new();
    let steps = program.fold().map(|fold| [fold.lift_step(), fold.merge_step(), fold.conclude_step()]);
    for op in program.ops().iter().chain(steps.iter().flatten().flat_map(|step| &step.ops)) {
        let functions = match op {
            Op::Unary(op, ..) => op.functions(),
            Op::Binary(op, ..) => op.functions(),
            _ => continue,
        };
        all.extend(functions.iter().map(|(name, text)| (*name, text.as_str())));
    }
    all.into_values().flat_map(|text| [text, "\n"]).collect()
}

/// A function of one element of each input: one `let` for each operation, then the result.
fn formula(program: &Program) -> String {
    let names: Vec<_> = (0..program.inputs().len()).map(|n| format!("x{n}: f32")).collect();
    let mut text = format!("fn formula({}) -> f32 {{\n", names.join(", "));
    let nans = Nans::new(program.ops(), Some(program.result()));
    text += &lets(program.ops(), &nans);
    _ = writeln!(text, "    return {};\n}}", nans.settled(program.result()));
    text
}

/// One `let` for each operation, and what keeps its NaNs.
fn lets(ops: &[Op], nans: &Nans) -> String {
    let mut text = String::new();
    for (index, op) in ops.iter().enumerate() {
        _ = writeln!(text, "    let v{index} = {};", expression(op, ops, nans));
        nans.write(index, ops, &mut text);
    }
    text
}

/// Writes how a fold's states are made, combined and concluded.
fn reduction(shader: &mut String, fold: Fold) {
    let planes = fold.planes();
    let name = if planes == 1 { "f32".to_owned() } else { format!("vec{planes}<f32>") };
    splice(shader, "state", &format!("alias State = {name};\nconst PLANES: u32 = {planes}u;\n"));
    let identity = fold.identity()[..planes].iter().map(|number| literal(*number)).collect();
    splice(shader, "identity", &format!("    return {};\n", state(identity)));
    splice(shader, "lift", &step(&[], &fold.lift_step(), state));
    splice(shader, "combine", &step(&[parts("a", planes), parts("b", planes)], &fold.merge_step(), state));
    let count = vec!["count".to_owned()];
    splice(shader, "conclude", &step(&[parts("all", planes), count], &fold.conclude_step(), |mut all| all.remove(0)));
    let stores = parts("all", planes).into_iter().enumerate();
    let stores: String = stores.map(|(plane, part)| format!("    out[at + {plane}u] = {part};\n")).collect();
    splice(shader, "store", &stores);
}

/// The operations of a step of a fold on these operands, and what it returns of its results.
fn step(operands: &[Vec<String>], step: &Step, result: fn(Vec<String>) -> String) -> String {
    let operands = operands.iter().flatten().enumerate();
    let operands: String = operands.map(|(n, operand)| format!("    let x{n} = {operand};\n")).collect();
    let results = step.results.iter().map(Value::to_string).collect();
    // The elements come as they are meant to be: what adds two states need not make NaN anew.
    let lets = lets(&step.ops, &Nans::new(&step.ops, None));
    format!("{operands}{lets}    return {};\n", result(results))
}

/// The planes of a state of this name.
fn parts(name: &str, planes: usize) -> Vec<String> {
    match planes {
        1 => vec![name.to_owned()],
        _ => ["x", "y", "z", "w"][..planes].iter().map(|part| format!("{name}.{part}")).collect(),
    }
}

/// A state of these planes.
fn state(mut planes: Vec<String>) -> String {
    if planes.len() == 1 { planes.remove(0) } else { format!("State({})", planes.join(", ")) }
}

fn expression(op: &Op, ops: &[Op], nans: &Nans) -> String {
    let template = match *op {
        Op::Input(n) => return format!("x{n}"),
        Op::Constant(value) => return literal(value.get()),
        Op::Unary(op @ (Unary::Floor | Unary::Round | Unary::Ceil | Unary::Trunc), _) => {
            format!("special_signed({}, {{0}})", op.wgsl())
        }
        Op::Unary(op, ..) => op.wgsl().to_owned(),
        Op::Binary(op, ..) => op.wgsl().to_owned(),
        Op::Ternary(op, ..) => op.wgsl().to_owned(),
        Op::Compare(Compare::Ne, ..) => format!("({}) | !special_ordered({{0}}, {{1}})", Compare::Ne.wgsl()),
        Op::Compare(op, ..) => format!("({}) & special_ordered({{0}}, {{1}})", op.wgsl()),
        Op::Test(op, ..) => op.wgsl().to_owned(),
        Op::Logic(Logic::And, ..) => "{0} & {1}".to_owned(),
        Op::Logic(Logic::Or, ..) => "{0} | {1}".to_owned(),
        Op::Not(_) => "!{0}".to_owned(),
        Op::Select(..) => "select({2}, {1}, {0})".to_owned(),
    };
    let operand = |value: Value| match ops[value.index()] {
        // Of a zero that it knows, a compiler may take any product for zero, and any sum for the other number.
        Op::Constant(zero) if zero.get() == 0.0 && is_arithmetic(op) => made_of_bits(zero.get()),
        _ if is_arithmetic(op) => value.to_string(),
        _ => nans.settled(value),
    };
    let mut text = template;
    for (position, value) in op.operands().enumerate() {
        text = text.replace(&format!("{{{position}}}"), &operand(value));
    }
    text
}

/// A constant. WGSL has no way to write an infinity or a NaN, and may flush a subnormal that it folds: those are made of
/// their bits while the shader runs.
pub(crate) fn literal(value: f32) -> String {
    if value.is_normal() || value == 0.0 { format!("{value:?}f") } else { made_of_bits(value) }
}

/// A constant that the compiler does not know.
fn made_of_bits(value: f32) -> String {
    format!("bitcast<f32>({:#010x}u | params.zero)", value.to_bits())
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
    use crate::formula;
    use crate::formula::trace::trace;
    use crate::kernel::Kernel;

    formula! { fn Odd(x) { x + T::constant(f64::INFINITY) * T::constant(f32::from_bits(1)) + T::constant(-0.0) } }
    formula! { fn Nothing(_unused) { T::constant(1.5) } }

    #[test]
    fn without_a_program_the_files_are_the_shaders_of_x() {
        formula! { fn Identity(x) { x } }
        let shape = Shape { blocks: true, ..Shape::new(256) };
        assert_eq!(shader(&trace(&Identity), &shape), ELEMENTWISE);
        assert_eq!(shader(&trace(&Identity).with_fold(Some(Fold::Sum)), &Shape::new(256)), REDUCE);
        #[cfg(feature = "gpu")]
        assert!(REDUCE.contains(&format!("const EACH: u32 = {EACH}u;")));
    }

    #[test]
    fn constants_that_wgsl_cannot_write_are_made_of_bits() {
        let text = shader(&trace(&Odd), &Shape::new(64));
        assert!(text.contains("bitcast<f32>(0x7f800000u | params.zero)"), "{text}");
        assert!(text.contains("-0.0f"), "{text}");
        assert!(shader(&trace(&Nothing), &Shape::new(64)).contains("let v0 = 1.5f;\n    return v0;"));
    }

    /// WGSL may flush a subnormal that it reads as a decimal literal, or refuse it.
    #[test]
    fn subnormal_constants_are_made_of_bits() {
        formula! { fn Tiny(x) { x + T::constant(f32::from_bits(1)) } }
        let text = shader(&trace(&Tiny), &Shape::new(64));
        assert!(text.contains("let v1 = bitcast<f32>(0x00000001u | params.zero);"), "{text}");
        for bits in [1, 0x1234, 0x7f_ffff, 0x8000_0001, 0x807f_ffff] {
            assert_eq!(literal(f32::from_bits(bits)), format!("bitcast<f32>({bits:#010x}u | params.zero)"));
        }
        assert_eq!(literal(f32::MIN_POSITIVE), "1.1754944e-38f");
    }

    #[test]
    fn a_function_is_written_once() {
        use crate::kernel::wgsl::function::WRITTEN;
        let text = (0..500).fold("x".to_owned(), |text, n| format!("sin({text} + {n})"));
        let many = Kernel::parse(&text).unwrap();
        WRITTEN.set(0);
        shader(Kernel::parse("sin(x)").unwrap().program(), &Shape::new(64));
        assert!(WRITTEN.get() <= 2, "the sine and that of huge angles, and not {} functions", WRITTEN.get());
        WRITTEN.set(0);
        let text = shader(many.program(), &Shape::new(64));
        assert_eq!((text.matches("math_sin(").count(), WRITTEN.get()), (501, 0));
    }

    /// Arithmetic may lose a NaN, where a compiler rewrites it: what it began with says whether there is one.
    #[test]
    fn where_arithmetic_ends_its_nans_are_made_anew() {
        let body = |text: &str| {
            let all = shader(Kernel::parse(text).unwrap().program(), &Shape::new(64));
            let from = all.find("-> f32 {\n    let v0").unwrap() + 9;
            all[from..].split_once("}").unwrap().0.lines().map(str::trim).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            body("x - x"),
            "let v0 = x0;\nlet n0 = special_nan(v0);\nlet v1 = v0 - v0;\nlet s1 = special_or(v1, n0);\nreturn s1;"
        );
        let compared = body("where(x*0 == y, x, 1)");
        assert!(
            compared.contains("let v2 = v0 * bitcast<f32>(0x00000000u | params.zero);\nlet s2 = special_or(v2, n0);"),
            "{compared}"
        );
        assert!(
            compared.contains("(s2 == v3) & special_ordered(s2, v3);") && compared.contains("return v6;"),
            "{compared}"
        );
        let joined = body("exp(x*y) + y");
        assert!(joined.contains("let n2 = n0 | n1;\nlet s2 = special_or(v2, n2);\nlet v3 = math_exp(s2);"), "{joined}");
    }
}
