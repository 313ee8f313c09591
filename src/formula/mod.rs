//! Formulas: the trait, the macro that implements it, and the programs that formulas are traced or parsed into.

pub(crate) mod inst;
pub mod parse;
pub mod program;
pub mod reduction;
pub(crate) mod routine;
pub(crate) mod tape;
pub mod trace;

use crate::num::Num;

/// An elementwise function of `N` numbers, generic over the number type.
///
/// [`formula!`](crate::formula!) implements it in the usual case. Implement it by hand for a formula with parameters of its
/// own, and mark `eval` `#[inline(always)]`: a function that is not inlined into code for the caller's instruction set does
/// not use it.
///
/// ```
/// use crossover::{Formula, Num};
///
/// /// A straight line; slope and offset are read from the struct, not passed as inputs.
/// struct Line { slope: f32, offset: f32 }
///
/// impl Formula<1> for Line {
///     #[inline(always)]
///     fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
///         x * T::constant(self.slope) + T::constant(self.offset)
///     }
/// }
/// ```
pub trait Formula<const N: usize>: Send + Sync + 'static {
    /// Computes the value for one element, or for one element per lane of `T`.
    fn eval<T: Num>(&self, x: [T; N]) -> T;

    /// Returns the names of the inputs, for messages and the shader's comments; `x0`, `x1`, … by default.
    fn inputs(&self) -> Vec<String> {
        (0..N).map(|index| format!("x{index}")).collect()
    }
}

/// Defines a formula: `formula! { pub fn Name(a, x) { a * x } }`.
///
/// Defines a unit struct `Name` that implements [`Formula`] with one input per argument, of the same name. Inside the braces
/// `T` is the number type: a constant is `T::constant(0.5)`, and all methods of [`Num`] can be called.
///
/// A literal is not a `T`: if the compiler reports ``cannot multiply `{float}` by `T` `` or ``expected type parameter `T`,
/// found floating-point number``, write `T::constant(…)` around the literal.
///
/// ```compile_fail,E0277
/// crossover::formula! { fn Twice(x) { 2.0 * x } }
/// ```
///
/// ```
/// crossover::formula! { fn Twice(x) { T::constant(2.0) * x } }
/// ```
///
/// ```
/// use crossover::{Kernel, formula};
///
/// formula! {
///     /// Leaky rectifier: x where it is positive, a hundredth of it elsewhere.
///     pub fn Leaky(x) { T::select(x.gt(T::constant(0)), x, x * T::constant(0.01)) }
/// }
///
/// let kernel = Kernel::new("leaky", Leaky);
/// let mut out = [0.0; 2];
/// crossover::open(None)?.run(&kernel, &[(&[3.0, -3.0]).into()], &mut out)?;
/// assert_eq!(out, [3.0, -0.03]);
/// # Ok::<(), crossover::Error>(())
/// ```
#[macro_export]
macro_rules! formula {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($x:ident),+ $(,)?) $body:block) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        $vis struct $name;

        impl $crate::Formula<{ [$(stringify!($x)),+].len() }> for $name {
            #[inline(always)]
            fn eval<T: $crate::Num>(&self, [$($x),+]: [T; [$(stringify!($x)),+].len()]) -> T $body

            fn inputs(&self) -> Vec<String> {
                vec![$(stringify!($x).to_owned()),+]
            }
        }
    };
}

formula! {
    /// x itself: what a reduction alone reduces.
    pub fn Identity(x) { x }
}
