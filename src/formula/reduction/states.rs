//! What each reduction keeps of the elements that it has seen, and how two such states become one.
//!
//! A state is a few numbers, its planes. Each step is written once, generic over [`Num`]: on lanes and single numbers it is
//! what the CPU does, on symbols it is what the shader does, and on `f64` it is the last step of the CPU.

use crate::num::Num;

/// The most planes of a state.
pub(crate) const PLANES: usize = 4;

/// As many numbers as a reduction has [planes](Reducer::PLANES); those behind them mean nothing.
pub(crate) type State<T> = [T; PLANES];

/// Returns a state of one plane.
#[inline(always)]
pub(crate) fn one<T: Num>(x: T) -> State<T> {
    let nothing = T::constant(0);
    [x, nothing, nothing, nothing]
}

/// A state, and what becomes of it.
pub(crate) trait Reducer {
    /// Numbers in a state.
    const PLANES: usize = 1;
    /// What changes no state when it is merged with it from the right, −0 included.
    const IDENTITY: State<f32>;

    /// Returns the state of one element.
    #[inline(always)]
    fn lift<T: Num>(x: T, _index: T) -> State<T> {
        one(x)
    }

    /// Returns the state of the elements of two.
    fn merge<T: Num>(a: State<T>, b: State<T>) -> State<T>;
}

/// Defines the reductions of one plane.
macro_rules! of_one_plane {
    ($($(#[$about:meta])+ $name:ident: $identity:expr, $(of |$x:ident| $lift:expr,)? |$a:ident, $b:ident| $merge:expr;)+) => {$(
        $(#[$about])+
        pub(crate) struct $name;

        impl Reducer for $name {
            const IDENTITY: State<f32> = [$identity, 0.0, 0.0, 0.0];

            $(#[inline(always)]
            fn lift<T: Num>($x: T, _index: T) -> State<T> {
                one($lift)
            })?

            #[inline(always)]
            fn merge<T: Num>([$a, ..]: State<T>, [$b, ..]: State<T>) -> State<T> {
                one($merge)
            }
        }
    )+};
}

of_one_plane! {
    /// The sum.
    Sum: -0.0, |a, b| a + b;
    /// The product.
    Prod: 1.0, |a, b| a * b;
    /// The least, or NaN.
    Min: f32::INFINITY, |a, b| a.min(b);
    /// The greatest, or NaN.
    Max: f32::NEG_INFINITY, |a, b| a.max(b);
    /// 1 if any is not 0.
    Any: 0.0, of |x| truth(x), |a, b| a.max(b);
    /// 1 if none is 0.
    All: 1.0, of |x| truth(x), |a, b| a.min(b);
    /// The sum of those that are numbers.
    NanSum: -0.0, of |x| T::select(x.is_nan(), T::constant(0), x), |a, b| a + b;
    /// The least of those that are numbers, or NaN if none is.
    NanMin: f32::NAN, |a, b| T::select(a.is_nan(), b, T::select(b.is_nan(), a, a.min(b)));
    /// The greatest of those that are numbers, or NaN if none is.
    NanMax: f32::NAN, |a, b| T::select(a.is_nan(), b, T::select(b.is_nan(), a, a.max(b)));
}

/// Returns 1 for everything but 0. A shader may take any comparison with NaN for false, so that is asked for by itself.
#[inline(always)]
fn truth<T: Num>(x: T) -> T {
    T::select(x.is_nan() | x.ne(T::constant(0)), T::constant(1), T::constant(0))
}

/// The count, the mean in two numbers of which the second is what the first lacks, and the sum of the squared distances from
/// the mean. Merged as in T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis
/// and recommendations", 1983: nothing cancels, wherever the mean is.
pub(crate) struct Moments;

impl Reducer for Moments {
    const PLANES: usize = 4;
    const IDENTITY: State<f32> = [0.0; PLANES];

    #[inline(always)]
    fn lift<T: Num>(x: T, _index: T) -> State<T> {
        [T::constant(1), x, T::constant(0), T::constant(0)]
    }

    #[inline(always)]
    fn merge<T: Num>([count, mean, rest, squares]: State<T>, b: State<T>) -> State<T> {
        let all = count + b[0];
        let part = T::select(all.gt(T::constant(0)), b[0] / all, T::constant(0));
        let apart = (b[1] - mean) + (b[2] - rest);
        // The mean moves by this; the sum's rounding error, exact as D. E. Knuth computes it, goes to the rest.
        let step = apart * part;
        let sum = mean + step;
        let moved = sum - mean;
        let lost = (mean - (sum - moved)) + (step - moved);
        // In this order, nothing of the identity's overflows.
        let between = apart * (apart * (count * part));
        [all, sum, rest + lost, (squares + b[3]) + between]
    }
}

/// The least, or greatest, and its index: of those that are equal the first, and before any other the first NaN.
pub(crate) struct At<const GREATEST: bool>;

impl<const GREATEST: bool> Reducer for At<GREATEST> {
    const PLANES: usize = 2;
    const IDENTITY: State<f32> = [if GREATEST { f32::NEG_INFINITY } else { f32::INFINITY }, f32::INFINITY, 0.0, 0.0];

    #[inline(always)]
    fn lift<T: Num>(x: T, index: T) -> State<T> {
        [x, index, T::constant(0), T::constant(0)]
    }

    #[inline(always)]
    fn merge<T: Num>(a: State<T>, b: State<T>) -> State<T> {
        // Each comparison is asked only of numbers, as a shader may take any with NaN for true.
        let (a_nan, b_nan) = (a[0].is_nan(), b[0].is_nan());
        let better = if GREATEST { b[0].gt(a[0]) } else { b[0].lt(a[0]) };
        let same = (a_nan & b_nan) | (!a_nan & !b_nan & b[0].eq(a[0]));
        let other = (!a_nan & (b_nan | better)) | (same & b[1].lt(a[1]));
        let nothing = T::constant(0);
        [T::select(other, b[0], a[0]), T::select(other, b[1], a[1]), nothing, nothing]
    }
}
