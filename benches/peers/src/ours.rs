//! This crate: each workload as a compiled formula, and as text that is parsed at run time.

use crossover::{Arg, Backend, Kernel, Reduction, Simd, Threads, formula};

use crate::contender::{Call, Contender};
use crate::{Outcome, explain};

/// The number `a` of a·x + y.
pub const A: f32 = 2.5;

formula! { fn Poly(x) { x + x * x + x * x * x } }
formula! { fn Axpy(a, x, y) { a * x + y } }
formula! { fn Exp(x) { x.exp() } }
formula! {
    fn Gelu(x) {
        let inner = T::constant(0.79788456) * (x + T::constant(0.044715) * (x * x * x));
        T::constant(0.5) * x * (T::constant(1) + inner.tanh())
    }
}
formula! { fn Damped(x) { (-(x * x)).exp() * x.sin() } }

fn compiled(workload: &str) -> Outcome<Kernel> {
    Ok(match workload {
        "poly" => Kernel::new("poly", Poly),
        "axpy" => Kernel::new("axpy", Axpy),
        "exp" => Kernel::new("exp", Exp),
        "gelu" => Kernel::new("gelu", Gelu),
        "damped" => Kernel::new("damped", Damped),
        "sum" => Kernel::new("sum", Poly).with_reduction(Some(Reduction::Sum)),
        _ => return Err(format!("no compiled formula for {workload}")),
    })
}

fn text(workload: &str) -> Outcome<Kernel> {
    let text = match workload {
        "poly" => "x + x**2 + x**3",
        "axpy" => "a*x + y",
        "exp" => "exp(x)",
        "gelu" => "0.5*x*(1 + tanh(0.79788456*(x + 0.044715*x**3)))",
        "damped" => "exp(-x**2)*sin(x)",
        "sum" => "sum(x + x**2 + x**3)",
        _ => return Err(format!("no text for {workload}")),
    };
    Kernel::parse(text).map_err(|error| explain(text, error))
}

/// Prepares a workload on one thread with SIMD, or on several with the threads backend, which runs short arrays on the
/// caller's thread.
pub fn contender(form: &str, workload: &str, threads: usize) -> Outcome<Contender> {
    let kernel = if form == "text" { text(workload) } else { compiled(workload) }?;
    let backend: &dyn Backend = if threads == 1 { &Simd::new() } else { &Threads::new() };
    let mut prepared = backend.prepare(&kernel).map_err(|error| explain("prepare", error))?;
    let names = kernel.inputs().to_vec();
    let call: Call = Box::new(move |x, y, out| {
        let mut args = [Arg::from(A); 3];
        for (arg, name) in args.iter_mut().zip(&names) {
            *arg = match name.as_str() {
                "x" => Arg::from(x),
                "y" => Arg::from(y),
                _ => Arg::from(A),
            };
        }
        prepared.run(&args[..names.len()], out).map_err(|error| error.to_string())
    });
    Ok(Contender { call, one: kernel.reduction().is_some() })
}
