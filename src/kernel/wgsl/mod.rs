//! Writes a program as a WGSL compute shader: the operations of its low-level code, spliced into
//! `shaders/elementwise.wgsl` or, for a reduction, into `shaders/reduce.wgsl`.

mod nans;
mod print;

use std::collections::BTreeMap;
use std::fmt::Write;

use self::nans::Nans;
use self::print::{lets, literal, routine};
use crate::formula::program::{Program, Value};
use crate::formula::reduction::Reduction;
use crate::kernel::lower::Code;
use crate::num::Type;

/// The shader for elements that the operations are spliced into; its comments say how it works.
pub const ELEMENTWISE: &str = include_str!("../../../shaders/elementwise.wgsl");

/// The shader for reductions that the operations are spliced into; its comments say how it works.
pub const REDUCE: &str = include_str!("../../../shaders/reduce.wgsl");

/// NaN and the signs of zeros: functions that the operations call.
const SPECIAL: &str = include_str!("../../../shaders/special.wgsl");

/// The exact remainder, which loops.
const MODULO: &str = include_str!("../../../shaders/modulo.wgsl");

/// Elements that one invocation of [`REDUCE`] folds.
#[cfg(feature = "gpu")]
pub(crate) const EACH: u32 = 8;

/// Elements of a block, where blocks are read and written at once.
pub const BLOCK: u32 = 4;

/// What a shader is written for, besides its formula.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Invocations in a workgroup: for a reduction a power of two.
    pub workgroup: u32,
    /// Whether [`BLOCK`] elements are read and written at once, so that every array has to begin with a whole block. A fold
    /// takes one at a time.
    pub blocks: bool,
    /// Where each input is; those beyond the end are [`Place::Apart`].
    pub places: Vec<Place>,
    /// Whether the elements of the first input are not a formula's, but what other dispatches of the same reduction have left.
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
    /// Creates the shape with workgroups of this many invocations, and arrays anywhere in buffers of their own.
    pub fn new(workgroup: u32) -> Self {
        Shape { workgroup, blocks: false, places: Vec::new(), joins: false }
    }

    /// Returns the number of elements that are read and written at once.
    pub fn width(&self) -> u32 {
        if self.blocks { BLOCK } else { 1 }
    }

    /// Returns where an input is.
    pub(crate) fn place(&self, input: usize) -> Place {
        self.places.get(input).copied().unwrap_or(Place::Apart)
    }
}

/// Returns the whole shader of a program: that for elements, or for a program with a reduction the one for reductions.
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
    let mut shader = if program.output().reduction.is_some() { REDUCE } else { ELEMENTWISE }.to_owned();
    // A uniform array cannot be empty, though a program may have no inputs.
    let inputs = program.inputs().len();
    splice(&mut shader, "workgroup", &format!("const WORKGROUP: u32 = {}u;\n", shape.workgroup));
    splice(&mut shader, "inputs", &format!("const INPUTS: u32 = {}u;\n", inputs.max(1)));
    splice(&mut shader, "bindings", &bindings(inputs, shape));
    let code = Code::of(program);
    splice(&mut shader, "formula", &formula(program, &code));
    splice(&mut shader, "apply", &apply(program, shape));
    let steps = program.output().reduction.map(|fold| (fold, fold.steps().map(Code::of_step)));
    if let Some((fold, steps)) = &steps {
        reduction(&mut shader, *fold, steps);
    } else if !shape.blocks {
        splice(&mut shader, "block", "const WIDTH: u32 = 1u;\nalias Block = f32;\n");
        splice(&mut shader, "kept", "    return block;\n");
    }
    let functions = functions(steps.iter().flat_map(|(_, steps)| steps).chain([&code]));
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

/// Returns the formula of what the inputs have for one element, or for each of a block; for a reduction, the state of the
/// element.
fn apply(program: &Program, shape: &Shape) -> String {
    let (mut text, inputs) = (String::new(), program.inputs().len());
    if let (Some(fold), true) = (program.output().reduction, shape.joins) {
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
    let result =
        if program.output().reduction.is_some() { format!("lift({result}, f32(params.base + i))") } else { result };
    _ = writeln!(text, "    return {result};");
    text
}

/// Returns the routines that these codes call, each once.
fn functions<'c>(codes: impl Iterator<Item = &'c Code>) -> String {
    let all: BTreeMap<_, _> = codes.flat_map(|code| &code.routines).collect();
    let mut text = String::new();
    if all.values().any(|routine| routine.calls_modulo()) {
        _ = writeln!(text, "{MODULO}");
    }
    all.into_iter().for_each(|(name, it)| _ = writeln!(text, "{}", routine(name, it)));
    text
}

/// Returns the function of one element of each input: one `let` for each operation, then the result.
fn formula(program: &Program, code: &Code) -> String {
    let names: Vec<_> = (0..program.inputs().len()).map(|n| format!("x{n}: f32")).collect();
    let mut text = format!("fn formula({}) -> f32 {{\n", names.join(", "));
    let result = code.results[0];
    let nans = Nans::new(&code.insts, Some(result));
    text += &lets(&code.insts, &nans);
    let number = match code.types[result.index()] {
        Type::Bool => format!("select(0.0f, 1.0f, {})", nans.settled(result)),
        _ => nans.settled(result),
    };
    _ = writeln!(text, "    return {number};\n}}");
    text
}

/// Writes how a reduction's states are made, combined and concluded.
fn reduction(shader: &mut String, fold: Reduction, [lift, merge, conclude]: &[Code; 3]) {
    let planes = fold.planes();
    let name = if planes == 1 { "f32".to_owned() } else { format!("vec{planes}<f32>") };
    splice(shader, "state", &format!("alias State = {name};\nconst PLANES: u32 = {planes}u;\n"));
    let identity = fold.identity()[..planes].iter().map(|number| literal(*number)).collect();
    splice(shader, "identity", &format!("    return {};\n", state(identity)));
    splice(shader, "lift", &step(&[], lift, state));
    splice(shader, "combine", &step(&[parts("a", planes), parts("b", planes)], merge, state));
    let count = vec!["count".to_owned()];
    splice(shader, "conclude", &step(&[parts("all", planes), count], conclude, |mut all| all.remove(0)));
    let stores = parts("all", planes).into_iter().enumerate();
    let stores: String = stores.map(|(plane, part)| format!("    out[at + {plane}u] = {part};\n")).collect();
    splice(shader, "store", &stores);
}

/// Returns the operations of a step of a reduction on these operands, and the return of its results.
fn step(operands: &[Vec<String>], code: &Code, result: fn(Vec<String>) -> String) -> String {
    let operands = operands.iter().flatten().enumerate();
    let operands: String = operands.map(|(n, operand)| format!("    let x{n} = {operand};\n")).collect();
    let results = code.results.iter().map(Value::to_string).collect();
    // The elements come as they are meant to be: what adds two states need not make NaN anew.
    let lets = lets(&code.insts, &Nans::new(&code.insts, None));
    format!("{operands}{lets}    return {};\n", result(results))
}

/// Returns the planes of a state of this name.
fn parts(name: &str, planes: usize) -> Vec<String> {
    match planes {
        1 => vec![name.to_owned()],
        _ => ["x", "y", "z", "w"][..planes].iter().map(|part| format!("{name}.{part}")).collect(),
    }
}

/// Returns a state of these planes.
fn state(mut planes: Vec<String>) -> String {
    if planes.len() == 1 { planes.remove(0) } else { format!("State({})", planes.join(", ")) }
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
        assert_eq!(shader(&trace(&Identity).with_reduction(Some(Reduction::Sum)), &Shape::new(256)), REDUCE);
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
        use crate::formula::routine::TRACED;
        let text = (0..500).fold("x".to_owned(), |text, n| format!("sin({text} + {n})"));
        let many = Kernel::parse(&text).unwrap();
        TRACED.set(0);
        shader(Kernel::parse("sin(x)").unwrap().program(), &Shape::new(64));
        assert!(TRACED.get() <= 2, "the sine and that of huge angles, and not {} functions", TRACED.get());
        TRACED.set(0);
        let text = shader(many.program(), &Shape::new(64));
        assert_eq!((text.matches("math_sin(").count(), TRACED.get()), (501, 0));
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
