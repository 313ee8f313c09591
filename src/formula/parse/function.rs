//! The functions of the language: those of the operators' table that have names, the folds, and `where`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::formula::program::{Binary, Ternary, Test, Unary};
use crate::formula::reduction::Fold;
use crate::text::nearest;

/// Something that is written as a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Function {
    /// A number from one number.
    Unary(Unary),
    /// A number from two.
    Binary(Binary),
    /// A number from three.
    Ternary(Ternary),
    /// A condition from a number.
    Test(Test),
    /// `where(condition, yes, no)`.
    Where,
    /// One number from all elements.
    Fold(Fold),
}

impl Function {
    /// Every one of them: the operators in the order of their table, `where`, the folds.
    pub fn all() -> impl Iterator<Item = Function> {
        let unary = Unary::ALL.iter().copied().map(Function::Unary);
        let binary = Binary::ALL.iter().copied().map(Function::Binary);
        let ternary = Ternary::ALL.iter().copied().map(Function::Ternary);
        let test = Test::ALL.iter().copied().map(Function::Test);
        let folds = Fold::ALL.into_iter().map(Function::Fold);
        let all = unary.chain(binary).chain(ternary).chain(test).chain([Function::Where]).chain(folds);
        all.filter(|function| !function.names().is_empty())
    }

    /// What it is called: numpy's name, then the aliases.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Function::Unary(op) => op.names(),
            Function::Binary(op) => op.names(),
            Function::Ternary(op) => op.names(),
            Function::Test(op) => op.names(),
            Function::Where => &["where"],
            Function::Fold(fold) => fold.names(),
        }
    }

    /// What it does, in a sentence or two.
    pub fn about(self) -> &'static str {
        match self {
            Function::Unary(op) => op.about(),
            Function::Binary(op) => op.about(),
            Function::Ternary(op) => op.about(),
            Function::Test(op) => op.about(),
            Function::Where => "The second argument where the first, a condition, holds; else the third.",
            Function::Fold(fold) => fold.about(),
        }
    }

    /// How many arguments it takes.
    pub fn arguments(self) -> usize {
        match self {
            Function::Unary(_) | Function::Test(_) | Function::Fold(_) => 1,
            Function::Binary(_) => 2,
            Function::Ternary(_) | Function::Where => 3,
        }
    }
}

/// The functions by name. A name may have several, told apart by their arguments: `min(x)` is a fold, `min(x, y)` is not.
static BY_NAME: LazyLock<HashMap<&'static str, Vec<Function>>> = LazyLock::new(|| {
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for function in Function::all() {
        for name in function.names() {
            all.entry(*name).or_default().push(function);
        }
    }
    all
});

/// Those with a name: none if it is no function's.
pub(super) fn named(name: &str) -> &'static [Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// The function's name that is nearest to another, where one is near.
pub(super) fn nearest_name(given: &str) -> Option<&'static str> {
    let mut known: Vec<_> = BY_NAME.keys().copied().collect();
    // A map has no order, and of two that are as near the same one is to be named each time.
    known.sort_unstable();
    nearest(given, known)
}
