//! How far the result of a fold may be from the oracle, from how far its elements may be.

use super::Fold;
use crate::bound::{Bound, HALF_SUBNORMAL, MIN_NORMAL, OVERFLOW, UNIT};
use crate::model::{Arithmetic, Ieee, Model, Wgsl};

/// Where correct results of a fold lie, in whatever order it combines its elements, as long as none is part of more than
/// [`Fold::depth`] roundings.
pub(crate) fn bound(fold: Fold, arithmetic: Arithmetic, elements: &[Bound]) -> Bound {
    match arithmetic {
        Arithmetic::Ieee => with::<Ieee>(fold, elements),
        Arithmetic::Wgsl => with::<Wgsl>(fold, elements),
    }
}

fn with<M: Model>(fold: Fold, elements: &[Bound]) -> Bound {
    if elements.iter().any(Bound::is_nan) {
        return Bound { value: f64::NAN, bound: 0.0 };
    }
    match fold {
        Fold::Sum => sum::<M>(elements),
        Fold::Mean => mean::<M>(elements),
        Fold::Min | Fold::Max => extreme(fold, elements),
        Fold::Prod => product::<M>(elements),
    }
}

/// The sum of `f` over the elements, pairwise: naive summation's own error would not be small beside the bound.
fn total(elements: &[Bound], f: fn(&Bound) -> f64) -> f64 {
    if elements.len() <= 128 {
        return elements.iter().map(f).sum();
    }
    let (left, right) = elements.split_at(elements.len() / 2);
    total(left, f) + total(right, f)
}

fn sum<M: Model>(elements: &[Bound]) -> Bound {
    let value = total(elements, |x| x.value);
    let carried = total(elements, |x| x.bound);
    if !value.is_finite() {
        // An infinity among the elements is in the sum in any order, unless the others overflow.
        let others = total(elements, |x| if x.value.is_finite() { x.value.abs() } else { 0.0 });
        let certain = (M::IEEE || !value.is_nan()) && carried.is_finite() && others + carried < OVERFLOW;
        return Bound { value, bound: if certain { 0.0 } else { f64::INFINITY } };
    }
    let magnitude = total(elements, |x| x.value.abs() + x.bound);
    let roundings = M::ARITHMETIC * UNIT * f64::from(Fold::depth(elements.len()));
    let flushed = if M::IEEE { 0.0 } else { elements.len() as f64 * MIN_NORMAL };
    let grown = magnitude * (roundings.exp() - 1.0);
    let bound = carried + grown + flushed;
    Bound { value, bound: if magnitude + grown < OVERFLOW { bound } else { f64::INFINITY } }
}

fn mean<M: Model>(elements: &[Bound]) -> Bound {
    let count = elements.len() as f64;
    let Bound { value, bound } = sum::<M>(elements);
    let value = value / count;
    // The quotient is rounded, and a shader rounds the count, too.
    let rounding = (M::DIVISION + M::ARITHMETIC) * UNIT * value.abs() + HALF_SUBNORMAL;
    let flushed = if M::IEEE { 0.0 } else { MIN_NORMAL };
    Bound { value, bound: if value.is_finite() { bound / count + rounding + flushed } else { bound } }
}

/// The least or greatest moves no further than any element does.
fn extreme(fold: Fold, elements: &[Bound]) -> Bound {
    let op = fold.operator();
    let value = elements.iter().map(|x| x.value).reduce(|a, b| op.apply(a, b)).unwrap_or(f64::NAN);
    Bound { value, bound: elements.iter().map(|x| x.bound).fold(0.0, f64::max) }
}

fn product<M: Model>(elements: &[Bound]) -> Bound {
    let value: f64 = elements.iter().map(|x| x.value).product();
    // The extremes of what a product of some of the elements can be, as powers of two.
    let (mut least, mut greatest, mut relative) = (0.0, 0.0, 0.0);
    for x in elements.iter().filter(|x| !x.is_infinite()) {
        let size = x.value.abs();
        least += (size - x.bound).max(0.0).log2().min(0.0);
        greatest += (size + x.bound).log2().max(0.0);
        relative += (x.bound / size).ln_1p() + M::ARITHMETIC * UNIT;
    }
    // In some order it overflows, or loses digits among the subnormals: then nothing can be asked.
    let within = least > MIN_NORMAL.log2() + 1.0 && greatest < OVERFLOW.log2() - 1.0;
    let bound = if value.is_infinite() { 0.0 } else { value.abs() * relative.exp_m1() };
    Bound { value, bound: if within { bound } else { f64::INFINITY } }
}
