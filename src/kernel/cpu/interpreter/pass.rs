//! One pass of the interpreter: an operation over a block of numbers, on full-width lanes.

use std::marker::PhantomData;

use crate::formula::program::{Binary, Compare, Logic, Ternary, Test, Unary};
use crate::kernel::cpu::isa::Checked;
use crate::kernel::cpu::lanes::{Lanes, Task};
use crate::num::Num;
use crate::num::operator::{
    BinaryOperator, CompareOperator, TernaryOperator, TestOperator, UnaryOperator, binary, compare, operators, ternary,
    test, unary,
};

/// How many numbers there are where the same one repeats: as many as the widest block of lanes takes at a time.
pub(crate) const REPEATS: usize = 128;

/// Where a pass finds an operand or leaves its result: numbers one after the other, or the same [`REPEATS`] again and again.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: *mut f32,
    /// All ones, or zero for numbers that repeat.
    mask: usize,
}

impl Place {
    /// Creates the place of numbers one after the other.
    pub(crate) const fn array(at: *mut f32) -> Self {
        Place { at, mask: usize::MAX }
    }

    /// Creates the place of numbers that repeat.
    pub(crate) fn repeated(at: *mut f32) -> Self {
        Place { at, mask: 0 }
    }

    /// Returns the place `count` numbers further, where they do not repeat.
    pub(crate) fn skip(self, count: usize) -> Self {
        Place { at: self.at.wrapping_add(count & self.mask), ..self }
    }

    /// Returns whether the numbers repeat.
    pub(crate) fn repeats(self) -> bool {
        self.mask == 0
    }

    /// Returns the start.
    pub(crate) fn start(self) -> *mut f32 {
        self.at
    }
}

/// What a pass computes. A condition is kept as 1 or 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Action {
    Copy,
    Unary(Unary),
    Binary(Binary),
    Ternary(Ternary),
    Compare(Compare),
    Test(Test),
    Logic(Logic),
    Not,
    Select,
    /// The product of a number with itself, which is read once.
    Square,
    /// `a outer (b inner c)`: two operations, and nothing else needs what the first gives.
    Fused(Outer, Inner),
    /// `(a left b) outer (c right d)`: three operations, and nothing else needs what the first two give.
    Both(Inner, Inner, Inner),
    /// `a` compared with `b` chooses between `c` and `d`, and nothing else needs the condition.
    Choose(Compare),
}

/// The later of two fused operations. What it makes of the earlier one's result is its right side; but for
/// [`From`](Outer::From), which takes the operand away from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outer {
    Add,
    Sub,
    Mul,
    From,
}

/// One of the operations that are fused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inner {
    Add,
    Sub,
    Mul,
}

/// One pass: what it computes, from which places and to which one. Operands that it does not take are any place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) pass: Pass,
    pub(crate) from: [usize; 4],
    pub(crate) to: usize,
}

/// Runs a step over a block.
///
/// # Panics
///
/// If the step names a place that is not there.
pub(crate) type Pass = fn(isa: Checked, block: &Block<'_>, step: &Step);

/// The numbers that steps run over. Passed on by reference all the way: to copy places that have just been written stalls a
/// short pass for longer than it takes.
pub(crate) struct Block<'a> {
    places: &'a [Place],
    len: usize,
}

impl<'a> Block<'a> {
    /// Creates a block of `len` numbers at each place.
    ///
    /// # Safety
    ///
    /// Each place that a step names has `len` numbers, or [`REPEATS`] where they repeat, that nothing else writes while the
    /// steps run, and none that a step writes repeats. Two places do not overlap unless they begin at the same number.
    pub(crate) unsafe fn new(places: &'a [Place], len: usize) -> Self {
        Block { places, len }
    }
}

impl Action {
    /// Returns the pass that computes it.
    pub(crate) fn pass(self) -> Pass {
        match self {
            Action::Copy => each::<Copied, 1>,
            Action::Unary(op) => unary_pass(op),
            Action::Binary(op) => binary_pass(op),
            Action::Ternary(op) => ternary_pass(op),
            Action::Compare(op) => compare_pass(op),
            Action::Test(op) => test_pass(op),
            Action::Logic(Logic::And) => each::<And, 2>,
            Action::Logic(Logic::Or) => each::<Or, 2>,
            Action::Not => each::<Inverted, 1>,
            Action::Select => each::<Selected, 3>,
            Action::Square => each::<Squared, 1>,
            Action::Both(outer, left, right) => both_pass(outer, left, right),
            Action::Fused(outer, inner) => fused_pass(outer, inner),
            Action::Choose(op) => choose_pass(op),
        }
    }
}

/// What a pass computes, as a type.
trait Compute<const N: usize>: Copy {
    /// Whether it is so little that several registers are worked on at a time.
    const LIGHT: bool = true;

    fn compute<T: Num>(x: [T; N]) -> T;
}

/// Runs a step that computes `C`.
fn each<C: Compute<N>, const N: usize>(isa: Checked, block: &Block<'_>, step: &Step) {
    isa.dispatch(Each::<C, N> { compute: PhantomData, block, step });
}

struct Each<'a, C, const N: usize> {
    compute: PhantomData<C>,
    block: &'a Block<'a>,
    step: &'a Step,
}

impl<C: Compute<N>, const N: usize> Task for Each<'_, C, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Block { places, len } = *self.block;
        let mut from = [places[self.step.to]; N];
        for (from, place) in from.iter_mut().zip(self.step.from) {
            *from = places[place];
        }
        let to = places[self.step.to];
        let mut at = 0;
        // SAFETY: each part stays below `len`, as the conditions say, and the creator of the block promised that many numbers.
        if C::LIGHT && L::BLOCKS {
            while len - at >= <L::Block as Lanes>::WIDTH {
                unsafe { part::<L::Block, C, N>(&from, to, at, <L::Block as Lanes>::WIDTH) };
                at += <L::Block as Lanes>::WIDTH;
            }
        }
        while at < len {
            let count = L::WIDTH.min(len - at);
            unsafe { part::<L, C, N>(&from, to, at, count) };
            at += count;
        }
    }
}

/// Computes the `count` numbers starting at `at`: as many as `L` has lanes, or fewer.
///
/// # Safety
///
/// Each place has `at + count` numbers, or [`REPEATS`] where they repeat, and that of the result does not repeat.
#[inline(always)]
unsafe fn part<L: Lanes, C: Compute<N>, const N: usize>(from: &[Place; N], to: Place, at: usize, count: usize) {
    L::step();
    let mut x = [L::splat(0.0); N];
    for (x, from) in x.iter_mut().zip(from) {
        // SAFETY: the caller promises as many numbers; where they repeat, `skip` stays, and `count` is at most `REPEATS`. The
        // slice is gone before anything is written.
        let numbers = unsafe { std::slice::from_raw_parts(from.skip(at).at, count) };
        *x = if count == L::WIDTH { L::load(numbers) } else { L::load_part(numbers) };
    }
    let result = C::compute(x);
    // SAFETY: as above; the slices of the operands are gone.
    let out = unsafe { std::slice::from_raw_parts_mut(to.at.add(at), count) };
    if count == L::WIDTH { result.store(out) } else { result.store_part(out) }
}

/// Returns 1 where a condition holds, else 0.
#[inline(always)]
fn number<T: Num>(mask: T::Mask) -> T {
    T::select(mask, T::constant(1), T::constant(0))
}

/// Returns the condition that a number was made of.
#[inline(always)]
fn condition<T: Num>(x: T) -> T::Mask {
    x.ne(T::constant(0))
}

/// Declares computations: a name, the operands, and what is made of them.
macro_rules! computations {
    ($($name:ident $(<$($op:ident: $operator:ident),+>)? [$($x:ident),+] $n:literal => $value:expr;)+) => {$(
        #[derive(Clone, Copy)]
        struct $name $(<$($op),+>(PhantomData<($($op,)+)>))?;

        impl$(<$($op: $operator),+>)? Compute<$n> for $name $(<$($op),+>)? {
            #[inline(always)]
            fn compute<T: Num>([$($x),+]: [T; $n]) -> T {
                $value
            }
        }
    )+};
}

computations! {
    Copied [a] 1 => a;
    Squared [a] 1 => a * a;
    One<O: UnaryOperator> [a] 1 => a.unary::<O>();
    Two<O: BinaryOperator> [a, b] 2 => a.binary::<O>(b);
    Three<O: TernaryOperator> [a, b, c] 3 => a.ternary::<O>(b, c);
    Compared<O: CompareOperator> [a, b] 2 => number(a.compare::<O>(b));
    Tested<O: TestOperator> [a] 1 => number(a.test::<O>());
    And [a, b] 2 => number(condition(a) & condition(b));
    Or [a, b] 2 => number(condition(a) | condition(b));
    Inverted [a] 1 => number(!condition(a));
    Selected [a, b, c] 3 => T::select(condition(a), b, c);
    Chosen<O: CompareOperator> [a, b, c, d] 4 => T::select(a.compare::<O>(b), c, d);
    Nested<O: BinaryOperator, I: BinaryOperator> [a, b, c] 3 => a.binary::<O>(b.binary::<I>(c));
    Paired<O: BinaryOperator, I: BinaryOperator, J: BinaryOperator> [a, b, c, d] 4 =>
        a.binary::<I>(b).binary::<O>(c.binary::<J>(d));
    NestedLeft<O: BinaryOperator, I: BinaryOperator> [a, b, c] 3 => b.binary::<I>(c).binary::<O>(a);
}

/// Computes an operator whose code is long, without unrolling.
#[derive(Clone, Copy)]
struct Heavy<C>(PhantomData<C>);

impl<C: Compute<N>, const N: usize> Compute<N> for Heavy<C> {
    const LIGHT: bool = false;

    #[inline(always)]
    fn compute<T: Num>(x: [T; N]) -> T {
        C::compute(x)
    }
}

/// Defines the passes of each group of the operators' table.
macro_rules! passes {
    ($(
        $(#[$about:meta])+
        $enum:ident $operator:ident $function:ident $group:ident $args:tt -> $out:ty {
            required { $($required:tt)* }
            composed { $($composed:tt)* }
            function {$(
                $(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $meaning:expr;
                $bits:expr, $oracle:expr, $ulp:literal, $passing:ident;
            )*}
        }
    )+) => {
        $(passes!(@$group $enum { $($required)* $($composed)* } $($op)*);)+
    };
    (@unary $enum:ident $rows:tt $($function:ident)*) => {
        passes!(@pass unary_pass 1 One unary $enum $rows $($function)*);
    };
    (@binary $enum:ident $rows:tt $($function:ident)*) => {
        passes!(@pass binary_pass 2 Two binary $enum $rows $($function)*);
    };
    (@ternary $enum:ident $rows:tt) => { passes!(@pass ternary_pass 3 Three ternary $enum $rows); };
    (@test $enum:ident $rows:tt) => { passes!(@pass test_pass 1 Tested test $enum $rows); };
    (@compare $enum:ident $rows:tt) => {
        passes!(@pass compare_pass 2 Compared compare $enum $rows);
        passes!(@pass choose_pass 4 Chosen compare $enum $rows);
    };
    (@pass $pass:ident $n:literal $compute:ident $group:ident $enum:ident {
        $($(#[doc = $doc:literal])+ $op:ident $method:ident $names:tt $wgsl:literal $meaning:expr;)+
    } $($function:ident)*) => {
        fn $pass(op: $enum) -> Pass {
            match op {
                $($enum::$op => each::<$compute<$group::$op>, $n>,)+
                $($enum::$function => each::<Heavy<$compute<$group::$function>>, $n>,)*
            }
        }
    };
}

operators!(passes);

fn fused_pass(outer: Outer, inner: Inner) -> Pass {
    use binary::{Add, Mul, Sub};
    match (outer, inner) {
        (Outer::Add, Inner::Add) => each::<Nested<Add, Add>, 3>,
        (Outer::Add, Inner::Sub) => each::<Nested<Add, Sub>, 3>,
        (Outer::Add, Inner::Mul) => each::<Nested<Add, Mul>, 3>,
        (Outer::Sub, Inner::Add) => each::<Nested<Sub, Add>, 3>,
        (Outer::Sub, Inner::Sub) => each::<Nested<Sub, Sub>, 3>,
        (Outer::Sub, Inner::Mul) => each::<Nested<Sub, Mul>, 3>,
        (Outer::Mul, Inner::Add) => each::<Nested<Mul, Add>, 3>,
        (Outer::Mul, Inner::Sub) => each::<Nested<Mul, Sub>, 3>,
        (Outer::Mul, Inner::Mul) => each::<Nested<Mul, Mul>, 3>,
        (Outer::From, Inner::Add) => each::<NestedLeft<Sub, Add>, 3>,
        (Outer::From, Inner::Sub) => each::<NestedLeft<Sub, Sub>, 3>,
        (Outer::From, Inner::Mul) => each::<NestedLeft<Sub, Mul>, 3>,
    }
}

/// Chooses the types of three operations that may each be a sum, a difference or a product.
fn both_pass(outer: Inner, left: Inner, right: Inner) -> Pass {
    use binary::{Add, Mul, Sub};
    fn right_pass<O: BinaryOperator, I: BinaryOperator>(right: Inner) -> Pass {
        match right {
            Inner::Add => each::<Paired<O, I, Add>, 4>,
            Inner::Sub => each::<Paired<O, I, Sub>, 4>,
            Inner::Mul => each::<Paired<O, I, Mul>, 4>,
        }
    }
    fn left_pass<O: BinaryOperator>(left: Inner, right: Inner) -> Pass {
        match left {
            Inner::Add => right_pass::<O, Add>(right),
            Inner::Sub => right_pass::<O, Sub>(right),
            Inner::Mul => right_pass::<O, Mul>(right),
        }
    }
    match outer {
        Inner::Add => left_pass::<Add>(left, right),
        Inner::Sub => left_pass::<Sub>(left, right),
        Inner::Mul => left_pass::<Mul>(left, right),
    }
}
