//! The functions of the language: the named operators of the table, the reductions, and `where`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::formula::program::{Binary, Ternary, Test, Unary};
use crate::formula::reduction::Reduction;
use crate::text::nearest;

/// A function of the language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Function {
    /// A number computed from one number.
    Unary(Unary),
    /// A number computed from two numbers.
    Binary(Binary),
    /// A number computed from three numbers.
    Ternary(Ternary),
    /// A condition on a number.
    Test(Test),
    /// `where(condition, yes, no)`.
    Where,
    /// A reduction of all elements.
    Reduction(Reduction),
}

impl Function {
    /// Returns all functions: the operators in the order of their table, `where`, and the reductions.
    pub fn all() -> impl Iterator<Item = Function> {
        let unary = Unary::ALL.iter().copied().map(Function::Unary);
        let binary = Binary::ALL.iter().copied().map(Function::Binary);
        let ternary = Ternary::ALL.iter().copied().map(Function::Ternary);
        let test = Test::ALL.iter().copied().map(Function::Test);
        let folds = Reduction::ALL.into_iter().map(Function::Reduction);
        let all = unary.chain(binary).chain(ternary).chain(test).chain([Function::Where]).chain(folds);
        all.filter(|function| !function.names().is_empty())
    }

    /// Returns the names: numpy's, then the aliases.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Function::Unary(op) => op.names(),
            Function::Binary(op) => op.names(),
            Function::Ternary(op) => op.names(),
            Function::Test(op) => op.names(),
            Function::Where => &["where"],
            Function::Reduction(fold) => fold.names(),
        }
    }

    /// Returns a description in a sentence or two.
    pub fn about(self) -> &'static str {
        match self {
            Function::Unary(op) => op.about(),
            Function::Binary(op) => op.about(),
            Function::Ternary(op) => op.about(),
            Function::Test(op) => op.about(),
            Function::Where => "The second argument where the first, a condition, holds; else the third.",
            Function::Reduction(fold) => fold.about(),
        }
    }

    /// Returns the number of arguments.
    pub fn arguments(self) -> usize {
        match self {
            Function::Unary(_) | Function::Test(_) | Function::Reduction(_) => 1,
            Function::Binary(_) => 2,
            Function::Ternary(_) | Function::Where => 3,
        }
    }
}

/// The functions by name. Functions of one name differ in their number of arguments: `min(x)` is a reduction, `min(x, y)` is not.
static BY_NAME: LazyLock<HashMap<&'static str, Vec<Function>>> = LazyLock::new(|| {
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for function in Function::all() {
        for name in function.names() {
            all.entry(*name).or_default().push(function);
        }
    }
    all
});

/// Returns the functions with a name.
pub(super) fn named(name: &str) -> &'static [Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// Returns the function name most similar to `given`, if any is similar.
pub(super) fn nearest_name(given: &str) -> Option<&'static str> {
    let mut known: Vec<_> = BY_NAME.keys().copied().collect();
    // Sorted, so that the suggestion between equally similar names does not vary.
    known.sort_unstable();
    nearest(given, known)
}
