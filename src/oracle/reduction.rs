//! The error bound of a reduction's result, from the bounds of its elements.

use crate::formula::reduction::Reduction;
use crate::formula::reduction::states::one;
use crate::oracle::rounding::{Arithmetic, Ieee, Model, Wgsl};
use crate::oracle::{Bound, HALF_SUBNORMAL, MIN_NORMAL, OVERFLOW, UNIT};

/// Returns the bounds of a reduction's results for any order in which no element takes part in more than [`Reduction::depth`]
/// roundings. Results of several numbers, which are parts of another result, are unbounded.
pub(crate) fn bounds(fold: Reduction, arithmetic: Arithmetic, elements: &[Bound]) -> Vec<Bound> {
    match fold.width() {
        1 => vec![match arithmetic {
            Arithmetic::Ieee => bound::<Ieee>(fold, elements),
            Arithmetic::Wgsl => bound::<Wgsl>(fold, elements),
        }],
        width => vec![Bound { value: f64::NAN, bound: f64::INFINITY }; width],
    }
}

fn bound<M: Model>(fold: Reduction, elements: &[Bound]) -> Bound {
    if fold.keeps_nan() && elements.iter().any(Bound::is_nan) {
        return Bound { value: f64::NAN, bound: 0.0 };
    }
    match fold {
        Reduction::Sum => sum::<M>(elements),
        Reduction::Mean => mean::<M>(elements),
        Reduction::Prod => product::<M>(elements),
        Reduction::Std => variance::<M>(elements).root::<M>(),
        Reduction::Var => variance::<M>(elements).square::<M>(),
        Reduction::Any => any(elements, truth),
        Reduction::All => opposite(any(elements, |x| truth(x).map(|holds| !holds))),
        Reduction::NanSum => sum::<M>(&numbers(elements, Some(0.0))),
        Reduction::NanMin | Reduction::NanMax => extreme(fold, &numbers(elements, None)),
        Reduction::ArgMin | Reduction::MinAt => index(elements.iter().copied()),
        Reduction::ArgMax | Reduction::MaxAt => {
            index(elements.iter().map(|x| Bound { value: -x.value, bound: x.bound }))
        }
        Reduction::Min | Reduction::Max | Reduction::Moments => extreme(fold, elements),
    }
}

/// Sums `f` over the elements pairwise: the error of naive summation would not be small beside the bound.
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
        // An infinite element makes the sum infinite in any order, unless the others overflow.
        let others = total(elements, |x| if x.value.is_finite() { x.value.abs() } else { 0.0 });
        let certain = (M::IEEE || !value.is_nan()) && carried.is_finite() && others + carried < OVERFLOW;
        return Bound { value, bound: if certain { 0.0 } else { f64::INFINITY } };
    }
    let magnitude = total(elements, |x| x.value.abs() + x.bound);
    let roundings = M::ARITHMETIC * UNIT * f64::from(Reduction::depth(elements.len()));
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

/// Bounds the minimum or maximum: it changes by no more than any element does.
fn extreme(fold: Reduction, elements: &[Bound]) -> Bound {
    let merge = |a, b| fold.merge(one(a), one(b))[0];
    let value = elements.iter().map(|x| x.value).reduce(merge).unwrap_or(f64::NAN);
    Bound { value, bound: elements.iter().map(|x| x.bound).fold(0.0, f64::max) }
}

fn product<M: Model>(elements: &[Bound]) -> Bound {
    let value: f64 = elements.iter().map(|x| x.value).product();
    // The smallest and largest product of any of the elements, as powers of two.
    let (mut least, mut greatest, mut relative) = (0.0, 0.0, 0.0);
    for x in elements.iter().filter(|x| !x.is_infinite()) {
        let size = x.value.abs();
        least += (size - x.bound).max(0.0).log2().min(0.0);
        greatest += (size + x.bound).log2().max(0.0);
        relative += (x.bound / size).ln_1p() + M::ARITHMETIC * UNIT;
    }
    // If some order overflows or loses digits to subnormals, any result is allowed.
    let within = least > MIN_NORMAL.log2() + 1.0 && greatest < OVERFLOW.log2() - 1.0;
    let bound = if value.is_infinite() { 0.0 } else { value.abs() * relative.exp_m1() };
    Bound { value, bound: if within { bound } else { f64::INFINITY } }
}

/// Returns whether an element is not 0, as NaN is not; `None` if that is uncertain.
fn truth(x: &Bound) -> Option<bool> {
    let certain = x.bound == 0.0 || x.value.abs() > x.bound;
    certain.then_some(x.value != 0.0)
}

/// Returns 1 if a condition holds for any element, else 0; with a bound of 1 if that is uncertain.
fn any(elements: &[Bound], holds: impl Fn(&Bound) -> Option<bool>) -> Bound {
    let (mut value, mut bound) = (0.0, 0.0);
    for x in elements {
        match holds(x) {
            Some(true) => return Bound { value: 1.0, bound: 0.0 },
            Some(false) => {}
            None => (value, bound) = (1.0, 1.0),
        }
    }
    Bound { value, bound }
}

fn opposite(any: Bound) -> Bound {
    Bound { value: 1.0 - any.value, ..any }
}

/// Removes the elements that are certainly NaN, or replaces them by a number.
fn numbers(elements: &[Bound], instead: Option<f64>) -> Vec<Bound> {
    let number = |x: &Bound| match instead.map(|value| Bound { value, bound: 0.0 }) {
        other if x.is_nan() => other,
        _ => Some(*x),
    };
    elements.iter().filter_map(number).collect()
}

/// Returns the index of the minimum, with a bound that covers all elements that may be the minimum.
fn index(elements: impl Iterator<Item = Bound> + Clone) -> Bound {
    if elements.clone().any(|x| x.bound == f64::INFINITY) {
        return Bound { value: 0.0, bound: f64::INFINITY };
    }
    if let Some(nan) = elements.clone().position(|x| x.value.is_nan()) {
        return Bound { value: nan as f64, bound: 0.0 };
    }
    // An element is not the first minimum if another is certainly less, or an earlier one certainly not greater.
    let surely = elements.clone().map(|x| x.value + x.bound).fold(f64::INFINITY, f64::min);
    let (mut before, mut least) = (f64::INFINITY, (f64::INFINITY, 0));
    let (mut first, mut last) = (usize::MAX, 0);
    for (at, x) in elements.enumerate() {
        let low = x.value - x.bound;
        if low <= surely && (at == 0 || low < before) {
            (first, last) = (first.min(at), at);
            if x.value < least.0 || first == at {
                least = (x.value, at);
            }
        }
        before = before.min(x.value + x.bound);
    }
    let value = least.1 as f64;
    Bound { value, bound: (value - first as f64).max(last as f64 - value) }
}

/// A variance and its error: the elements' errors change its root by `carried`; the computation adds `relative` times the
/// variance, `linear` times its root, and `absolute`.
struct Variance {
    value: f64,
    carried: f64,
    relative: f64,
    linear: f64,
    absolute: f64,
}

/// The number of roundings in one step of [`Moments`](crate::formula::reduction::states::Moments): two in the sum of squares,
/// up to twelve in the term that is added to it, and as many again from the rounded mean in later steps.
const ROUNDINGS: f64 = 32.0;

fn variance<M: Model>(elements: &[Bound]) -> Variance {
    let count = elements.len() as f64;
    let unknown = |value| Variance { value, carried: 0.0, relative: 0.0, linear: 0.0, absolute: f64::INFINITY };
    if elements.iter().any(|x| !x.value.is_finite() || x.bound == f64::INFINITY) {
        let certain = M::IEEE && elements.iter().any(|x| !x.value.is_finite() && x.bound < f64::INFINITY);
        return Variance { absolute: if certain { 0.0 } else { f64::INFINITY }, ..unknown(f64::NAN) };
    }
    if elements.is_empty() {
        return Variance { absolute: 0.0, ..unknown(f64::NAN) };
    }
    // In two passes, with a correction for the rounding of the mean.
    let mean = total(elements, |x| x.value) / count;
    let centred: Vec<Bound> = elements.iter().map(|x| Bound { value: x.value - mean, bound: x.bound }).collect();
    let left = total(&centred, |x| x.value) / count;
    let value = (total(&centred, |x| x.value * x.value) / count - left * left).max(0.0);
    // The root of a variance is a norm: it changes by no more than the norm of the elements' errors.
    let carried = (total(elements, |x| x.bound * x.bound) / count).sqrt();
    let depth = f64::from(Reduction::depth(elements.len()));
    let most = elements.iter().map(|x| x.value.abs() + x.bound).fold(0.0, f64::max);
    // The mean is a double word; a shader may lose the low part, and may flush subnormals.
    let (lost, tiny) = if M::IEEE { (UNIT * UNIT * 8.0, HALF_SUBNORMAL) } else { (UNIT * 4.0, MIN_NORMAL) };
    let off = depth * (lost * most + tiny);
    let relative = ROUNDINGS * M::ARITHMETIC.max(M::DIVISION) * UNIT * (depth + 1.0);
    let squares = (value.sqrt() + carried).powi(2) * count * (1.0 + relative);
    let large = if M::IEEE { 2.0 * most } else { most * most };
    if squares.max(large) >= OVERFLOW / 4.0 {
        return unknown(value);
    }
    Variance { value, carried, relative, linear: off * depth.sqrt(), absolute: off * off * depth + 4.0 * tiny * depth }
}

impl Variance {
    /// Returns the bound of the variance, with the last division.
    fn square<M: Model>(self) -> Bound {
        let root = self.value.sqrt() + self.carried;
        let computed = self.relative * root * root + self.linear * root + self.absolute;
        let divided = (M::DIVISION + M::ARITHMETIC) * UNIT * root * root + HALF_SUBNORMAL;
        self.within(self.value, root * root - self.value + computed + divided)
    }

    /// Returns the bound of the standard deviation. An error e of a variance v changes √v by at most e / √v, and at most √e.
    fn root<M: Model>(self) -> Bound {
        let value = self.value.sqrt();
        let root = value + self.carried;
        let computed = self.relative * root + self.linear + 3.0 * self.absolute.sqrt();
        let rounded = (M::DIVISION + M::ARITHMETIC + M::SQRT) * UNIT * root + HALF_SUBNORMAL;
        self.within(value, self.carried + computed + rounded)
    }

    /// Returns the bound; a NaN is either certain or unbounded.
    fn within(&self, value: f64, bound: f64) -> Bound {
        Bound { value, bound: if value.is_nan() { self.absolute } else { bound } }
    }
}
