//! Lowers programs to code: low-level operations, and the routines of the functions that they call.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::formula::inst::{Inst, Routine};
use crate::formula::program::{Op, Program, Value, types};
use crate::formula::reduction::Step;
use crate::formula::routine;
use crate::num::Type;
use crate::num::operator::{Binary, Unary, binary, function_rows, operators, unary};

/// Low-level operations in static single assignment form, in which each function is a call of its routine.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) insts: Vec<Inst>,
    /// The type of each value.
    pub(crate) types: Vec<Type>,
    /// The values that are the results.
    pub(crate) results: Vec<Value>,
    /// The routines that are called, by name, and those that they call.
    pub(crate) routines: BTreeMap<&'static str, &'static Routine>,
}

impl Code {
    /// Lowers a program. The results are the values of its outputs, before their reduction.
    pub(crate) fn of(program: &Program) -> Code {
        let insts = program.ops().iter().map(|op| Inst::Op(*op));
        Code::new(insts, program.outputs().iter().map(|output| output.value).collect())
    }

    /// Lowers a step of a reduction.
    pub(crate) fn of_step(step: Step) -> Code {
        Code::new(step.insts.into_iter(), step.results)
    }

    fn new(insts: impl Iterator<Item = Inst>, results: Vec<Value>) -> Code {
        let mut code = Code { insts: Vec::new(), types: Vec::new(), results, routines: BTreeMap::new() };
        code.insts = insts.map(|inst| code.lowered(inst)).collect();
        code.types = types(&code.insts);
        code
    }

    /// Returns an operation with the function that it is, if any, as a call.
    fn lowered(&mut self, inst: Inst) -> Inst {
        match inst {
            Inst::Op(Op::Unary(op, a)) => self.call(inst, Inst::Call(op.wgsl(), a), op.wgsl(), op.routine()),
            Inst::Op(Op::Binary(op, a, b)) => self.call(inst, Inst::Call2(op.wgsl(), a, b), op.wgsl(), op.routine()),
            _ => inst,
        }
    }

    /// Returns the call of an operation's routine, or the operation where it has none.
    fn call(&mut self, inst: Inst, call: Inst, name: &'static str, routine: Option<&'static Routine>) -> Inst {
        let Some(routine) = routine else { return inst };
        self.add(name, routine);
        call
    }

    fn add(&mut self, name: &'static str, routine: &'static Routine) {
        if self.routines.insert(name, routine).is_none() {
            routine.calls.iter().for_each(|(name, routine)| self.add(name, routine));
        }
    }
}

/// Defines `routine` for each group of operators that has functions.
macro_rules! define {
    ($($enum:ident $function:ident $group:ident $args:tt { $($op:ident $method:ident $row:tt)* })+) => {
        $(define!(@group $enum $function $group { $($op)* });)+
    };
    (@group $enum:ident NoFunction $group:ident {}) => {};
    (@group $enum:ident $function:ident $group:ident { $($op:ident)* }) => {
        impl $enum {
            /// Returns the routine, which is traced on first use, if the operator is a function.
            pub(crate) fn routine(self) -> Option<&'static Routine> {
                match self {
                    $($enum::$op => {
                        static TRACED: LazyLock<Routine> = LazyLock::new(routine::$group::<$group::$op>);
                        Some(&TRACED)
                    })*
                    _ => None,
                }
            }
        }
    };
}
function_rows!(define);
