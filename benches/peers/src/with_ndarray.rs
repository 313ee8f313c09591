//! The crate ndarray: `azip!` on the caller's thread, and its parallel form on rayon's.

use ndarray::parallel::prelude::*;
use ndarray::{ArrayView1, ArrayViewMut1, Zip, azip, par_azip};

use crate::Outcome;
use crate::contender::{Call, Contender, call};
use crate::ours::A;

#[inline(always)]
fn poly(x: f32) -> f32 {
    x + x * x + x * x * x
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044715 * x * x * x)).tanh())
}

fn damped(x: f32) -> f32 {
    (-(x * x)).exp() * x.sin()
}

/// Creates a call that zips the arrays, sequentially or in parallel.
macro_rules! zip {
    ($parallel:expr, |$x:ident $(, $y:ident)?| $body:expr) => {
        if $parallel {
            zip!(@par_azip |$x $(, $y)?| $body)
        } else {
            zip!(@azip |$x $(, $y)?| $body)
        }
    };
    (@$azip:ident |$x:ident| $body:expr) => {
        call(|x, _, out| {
            let (x, out) = (ArrayView1::from(x), ArrayViewMut1::from(out));
            $azip!((out in out, &$x in x) *out = $body);
        })
    };
    (@$azip:ident |$x:ident, $y:ident| $body:expr) => {
        call(|x, y, out| {
            let (x, y, out) = (ArrayView1::from(x), ArrayView1::from(y), ArrayViewMut1::from(out));
            $azip!((out in out, &$x in x, &$y in y) *out = $body);
        })
    };
}

/// Creates a sum in `f64`: a sequential one in `f32` would be wrong for long arrays, and no faster.
fn sum(parallel: bool) -> Call {
    if parallel {
        call(|x, _, out| {
            let terms = Zip::from(ArrayView1::from(x)).into_par_iter();
            out[0] = terms.map(|(x,)| f64::from(poly(*x))).sum::<f64>() as f32;
        })
    } else {
        call(|x, _, out| {
            out[0] = Zip::from(ArrayView1::from(x)).fold(0.0, |sum, x| sum + f64::from(poly(*x))) as f32;
        })
    }
}

pub fn contender(form: &str, workload: &str) -> Outcome<Contender> {
    let parallel = form == "par_azip";
    let call: Call = match workload {
        "poly" => zip!(parallel, |x| poly(x)),
        "axpy" => zip!(parallel, |x, y| A * x + y),
        "exp" => zip!(parallel, |x| x.exp()),
        "gelu" => zip!(parallel, |x| gelu(x)),
        "damped" => zip!(parallel, |x| damped(x)),
        "sum" => sum(parallel),
        _ => return Err(format!("no {workload} with ndarray")),
    };
    Ok(Contender { call, one: workload == "sum" })
}
