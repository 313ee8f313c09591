//! How a function propagates errors in its operands: a column of the [table](super::operator).

/// How a function propagates errors in its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passing {
    /// Monotone: the extremes are at the ends of the interval.
    Monotone,
    /// Increases with the absolute value of the operand.
    Even,
    /// Changes by no more than the operand: sine and cosine.
    Wave,
    /// Increases between its poles.
    Tangent,
    /// Increases with the absolute value of either operand.
    Length,
    /// Monotone in each operand, if the first is positive.
    Power,
    /// Increases with either operand, by no more than the operand does. A result of less than a half has the absolute error
    /// of a half.
    Rising,
    /// The angle of a point, given as y and x: its extremes are at corners, unless the origin or the branch cut is within.
    Angle,
    /// A remainder: continuous as long as the quotient stays the same.
    Modulo,
    /// The first operand with the sign of the second.
    Sign,
    /// The number next to the first operand.
    Next,
}
