//! Whether an output is right, element by element.

use std::fmt;
use std::thread;

use crate::bench::workload::{Data, Workload};
use crate::error::Result;
use crate::formula::reduction::Reduction;
use crate::oracle::{self, Arithmetic, Bound};
use crate::ulp::distance;

/// Where the right results of a workload lie, for each arithmetic in the sweep.
///
/// Computed once, at the largest size: the data for fewer elements are the first of those for more, so their bounds are
/// too.
pub(super) struct Oracle {
    /// The bounds of the elements, before any reduction.
    bounds: Vec<(Arithmetic, Vec<Bound>)>,
}

impl Oracle {
    /// Returns the oracle for `len` elements.
    ///
    /// # Errors
    ///
    /// [`Error::InputCount`](crate::Error::InputCount) if the workload has not a sample for each input of its kernel.
    pub(super) fn new(workload: &Workload, data: &Data, len: usize, arithmetics: &[Arithmetic]) -> Result<Self> {
        let each = arithmetics.iter().map(|arithmetic| Ok((*arithmetic, bounds(workload, data, len, *arithmetic)?)));
        Ok(Oracle { bounds: each.collect::<Result<_>>()? })
    }

    /// Returns the worst error in ULP of an output for `len` elements, or of their fold, that is right, or what is wrong with
    /// it.
    pub(super) fn judge(
        &self,
        arithmetic: Arithmetic,
        fold: Option<Reduction>,
        output: &[f32],
        len: usize,
    ) -> Result<f64, Mismatch> {
        let bounds = self.bounds.iter().find(|(each, _)| *each == arithmetic).map_or(&[][..], |(_, bounds)| bounds);
        assert!(bounds.len() >= len, "the oracle was asked for {len} elements and has {}", bounds.len());
        match fold {
            Some(fold) => compare(&oracle::reduction::bounds(fold, arithmetic, &bounds[..len]), output),
            None => compare(&bounds[..len], output),
        }
    }
}

/// Returns the worst error in ULP of an output within these bounds, or what is wrong with it.
fn compare(bounds: &[Bound], output: &[f32]) -> Result<f64, Mismatch> {
    // An output of another length is wrong in the elements that it has not.
    let at = |index: usize| output.get(index).copied().unwrap_or(f32::NAN);
    let mut wrong = 0;
    let mut worst: Option<Mismatch> = None;
    let mut max_ulp = 0.0_f64;
    for (index, bound) in bounds.iter().enumerate() {
        let value = at(index);
        if bound.is_finite() {
            max_ulp = max_ulp.max(distance(value, bound.value));
        }
        // Of infinities and NaN that arise in a shader nothing is asked: the bounds are infinite there, and admit anything.
        if bound.admits(value) {
            continue;
        }
        wrong += 1;
        let found = Mismatch { index, value, oracle: bound.value, bound: bound.bound, wrong: 0, of: bounds.len() };
        if worst.is_none_or(|worst| found.excess() > worst.excess()) {
            worst = Some(found);
        }
    }
    worst.map_or(Ok(max_ulp), |worst| Err(Mismatch { wrong, ..worst }))
}

/// Returns the bounds of a workload, on all cores: with many operations an element they take longer than the measurements.
fn bounds(workload: &Workload, data: &Data, len: usize, arithmetic: Arithmetic) -> Result<Vec<Bound>> {
    let args = data.args(len);
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let share = len.div_ceil(cores).max(1);
    let part = |from: usize| {
        let count = share.min(len - from);
        let args: Vec<_> = args.iter().map(|arg| arg.part(from, count)).collect();
        workload.kernel.element_bounds(arithmetic, &args, count)
    };
    let part = &part;
    thread::scope(|scope| {
        let start = |from| thread::Builder::new().spawn_scoped(scope, move || part(from)).map_err(|_| from);
        let parts: Vec<_> = (0..len).step_by(share).map(start).collect();
        let mut all = Vec::with_capacity(len);
        for started in parts {
            all.extend(match started {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                // The system starts no more threads: this one does it.
                Err(from) => part(from)?,
            });
        }
        Ok(all)
    })
}

/// The worst element of a wrong output.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Mismatch {
    /// Which element, from 0.
    pub index: usize,
    /// What the contender gave.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub value: f32,
    /// What the oracle says.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub oracle: f64,
    /// How far from the oracle it may be.
    #[cfg_attr(feature = "profile", serde(deserialize_with = "crate::bench::number::number"))]
    pub bound: f64,
    /// How many elements are wrong.
    pub wrong: usize,
    /// Of how many.
    pub of: usize,
}

impl Mismatch {
    /// Returns how many times further off than allowed it is.
    fn excess(&self) -> f64 {
        let excess = (f64::from(self.value) - self.oracle).abs() / self.bound;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { index, value, oracle, bound, wrong, of } = self;
        write!(
            f,
            "{wrong} of {of} elements are wrong; element {index} is {value}, but should be within {bound:e} of {oracle}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oracle(workload: &Workload, len: usize) -> (Data, Oracle) {
        let data = workload.data(len, 7);
        let oracle = Oracle::new(workload, &data, len, &[Arithmetic::Ieee, Arithmetic::Wgsl]).unwrap();
        (data, oracle)
    }

    #[test]
    fn the_worst_element_is_named_and_the_wrong_ones_counted() {
        let workload: Workload = "horner16".parse().unwrap();
        let (data, oracle) = oracle(&workload, 100);
        let mut output = vec![0.0; 100];
        crate::open(Some("simd")).unwrap().run(&workload.kernel, &data.args(100), &mut output).unwrap();
        assert!(oracle.judge(Arithmetic::Ieee, None, &output, 100).unwrap() <= 4.0);
        for (index, by) in [(3, 0.01), (40, 0.5), (99, 0.1)] {
            output[index] += by;
        }
        let found = oracle.judge(Arithmetic::Ieee, None, &output, 100).unwrap_err();
        assert_eq!((found.index, found.wrong, found.of), (40, 3, 100));
        output[99] = f32::NAN;
        assert_eq!(oracle.judge(Arithmetic::Ieee, None, &output, 100).unwrap_err().index, 99);
        // A size below the largest is judged by the first of the bounds, and elements that are not there are wrong.
        assert!(oracle.judge(Arithmetic::Wgsl, None, &output, 3).is_ok());
        assert_eq!(oracle.judge(Arithmetic::Wgsl, None, &output[..2], 3).unwrap_err().index, 2);
    }

    #[test]
    fn infinities_that_arise_are_asked_of_a_cpu_and_given_ones_of_a_shader_as_well() {
        let (_, arising) = oracle(&Workload::parse("x / 0").unwrap(), 10);
        assert_eq!(arising.judge(Arithmetic::Wgsl, None, &[f32::NAN; 10], 10), Ok(0.0));
        assert_eq!(arising.judge(Arithmetic::Ieee, None, &[f32::NAN; 10], 10).unwrap_err().wrong, 10);
        let mut axpy: Workload = "axpy".parse().unwrap();
        axpy.samples[0] = crate::bench::workload::Sample::Scalar(f32::INFINITY);
        let (_, given) = oracle(&axpy, 10);
        for arithmetic in [Arithmetic::Ieee, Arithmetic::Wgsl] {
            assert_eq!(given.judge(arithmetic, None, &[f32::NAN; 10], 10).unwrap_err().wrong, 10);
        }
    }
}
