//! Prints low-level operations as WGSL.

use std::fmt::Write;

use super::nans::{Nans, is_arithmetic};
use crate::formula::inst::{Bitwise, Inst, Integer, Routine};
use crate::formula::program::{Compare, Logic, Op, Operation, Unary, Value};
use crate::num::Scalar;

/// Returns one `let` for each operation, with what keeps its NaNs.
pub(super) fn lets(insts: &[Inst], nans: &Nans) -> String {
    let mut text = String::new();
    for (index, inst) in insts.iter().enumerate() {
        let operand = |value: Value| match insts[value.index()] {
            // Of a zero that it knows, a compiler may take any product for zero, and any sum for the other number.
            Inst::Op(Op::Constant(Scalar::F32(zero))) if zero == 0.0 && is_arithmetic(inst) => made_of_bits(zero),
            _ if is_arithmetic(inst) => value.to_string(),
            _ => nans.settled(value),
        };
        let plain = expression(inst, operand);
        let expression = match *inst {
            Inst::Op(Op::Unary(Unary::Floor | Unary::Round | Unary::Ceil | Unary::Trunc, a)) => {
                format!("special_signed({plain}, {})", operand(a))
            }
            Inst::Op(Op::Compare(op, a, b)) => {
                let unordered = if op == Compare::Ne { "| !" } else { "& " };
                format!("({plain}) {unordered}special_ordered({}, {})", operand(a), operand(b))
            }
            _ => plain,
        };
        _ = writeln!(text, "    let v{index} = {expression};");
        nans.write(index, insts, &mut text);
    }
    text
}

/// Returns the WGSL function of a routine.
pub(super) fn routine(name: &str, routine: &Routine) -> String {
    let parameters: Vec<_> = ["x", "y"][..routine.parameters].iter().map(|name| format!("{name}: f32")).collect();
    let mut text = format!("fn {name}({}) -> f32 {{\n", parameters.join(", "));
    let operand = |value: Value| match routine.insts[value.index()] {
        Inst::Op(Op::Input(parameter)) => ["x", "y"][parameter].to_owned(),
        Inst::Op(Op::Constant(constant)) => scalar(constant),
        _ => format!("t{}", value.index()),
    };
    for (index, inst) in routine.insts.iter().enumerate() {
        _ = match inst {
            Inst::Op(Op::Input(_) | Op::Constant(_)) => Ok(()),
            Inst::Rare(rare, x, condition, usual) => {
                let (x, condition, usual) = (operand(*x), operand(*condition), operand(*usual));
                writeln!(
                    text,
                    "    var t{index} = {usual};\n    if {condition} {{\n        t{index} = {rare}({x});\n    }}"
                )
            }
            _ => writeln!(text, "    let t{index} = {};", expression(inst, operand)),
        };
    }
    _ = writeln!(text, "    return {};\n}}", operand(routine.result));
    text
}

/// Returns the expression of an operation whose operands are called so.
fn expression(inst: &Inst, operand: impl Fn(Value) -> String) -> String {
    let template = match *inst {
        Inst::Op(op) => match op {
            Op::Input(n) => return format!("x{n}"),
            Op::Constant(value) => return scalar(value),
            Op::Unary(op, ..) => op.wgsl(),
            Op::Binary(op, ..) => op.wgsl(),
            Op::Ternary(op, ..) => op.wgsl(),
            Op::Compare(op, ..) => op.wgsl(),
            Op::Test(op, ..) => op.wgsl(),
            Op::Logic(Logic::And, ..) => "{0} & {1}",
            Op::Logic(Logic::Or, ..) => "{0} | {1}",
            Op::Not(_) => "!{0}",
            Op::Select(..) => "select({2}, {1}, {0})",
        }
        .to_owned(),
        Inst::Integer(op, ..) => match op {
            Integer::Add => "{0} + {1}",
            Integer::Sub => "{0} - {1}",
            Integer::Mul => "{0} * {1}",
            Integer::And => "{0} & {1}",
            Integer::Or => "{0} | {1}",
            Integer::Xor => "{0} ^ {1}",
            Integer::Left => "{0} << {1}",
            Integer::Right => "{0} >> {1}",
            Integer::Eq => "{0} == {1}",
            Integer::Lt => "bitcast<i32>({0}) < bitcast<i32>({1})",
        }
        .to_owned(),
        Inst::Bitwise(op, _) => match op {
            Bitwise::Left(count) => format!("{{0}} << {count}u"),
            Bitwise::Right(count) => format!("{{0}} >> {count}u"),
            Bitwise::Arithmetic(count) => format!("bitcast<u32>(bitcast<i32>({{0}}) >> {count}u)"),
            Bitwise::ToBits => "bitcast<u32>({0})".to_owned(),
            Bitwise::FromBits => "bitcast<f32>({0})".to_owned(),
            Bitwise::ToInteger => "bitcast<u32>(i32({0}))".to_owned(),
            Bitwise::FromInteger => "f32(bitcast<i32>({0}))".to_owned(),
            Bitwise::Opaque => "bitcast<f32>(bitcast<u32>({0}) | params.zero)".to_owned(),
            Bitwise::Within(low, high) => format!("clamp({{0}}, {}, {})", scalar(low), scalar(high)),
        },
        Inst::OrNan(..) => "special_or({0}, special_nan({1}))".to_owned(),
        Inst::Call(name, _) => format!("{name}({{0}})"),
        Inst::Call2(name, ..) => format!("{name}({{0}}, {{1}})"),
        Inst::Rare(..) => unreachable!("programs have no slow paths of their own"),
    };
    let mut text = template;
    for (position, value) in inst.operands().enumerate() {
        text = text.replace(&format!("{{{position}}}"), &operand(value));
    }
    text
}

fn scalar(value: Scalar) -> String {
    match value {
        Scalar::F32(number) => literal(number),
        Scalar::U32(word) => format!("{word:#x}u"),
        Scalar::Bool(holds) => holds.to_string(),
    }
}

/// Returns a constant. WGSL has no way to write an infinity or a NaN, and may flush a subnormal that it folds: those are made
/// of their bits while the shader runs.
pub(super) fn literal(value: f32) -> String {
    if value.is_normal() || value == 0.0 { format!("{value:?}f") } else { made_of_bits(value) }
}

/// Returns a constant that the compiler does not know.
fn made_of_bits(value: f32) -> String {
    format!("bitcast<f32>({:#010x}u | params.zero)", value.to_bits())
}
