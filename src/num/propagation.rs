//! How a function carries an error of its operands into its result: a column of the [table](super::operator).

/// How far a function may move when its operands do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passing {
    /// Rises or falls throughout: the ends of the interval are the furthest.
    Monotone,
    /// Rises with the size of its operand, whatever the sign.
    Even,
    /// Moves by no more than its operand: sine and cosine.
    Wave,
    /// Rises between its poles.
    Tangent,
    /// Rises with the size of either operand.
    Length,
    /// Monotone in each operand, as long as the first is positive.
    Power,
    /// Rises with either operand, by no more than the operand does. Where the result is less than a half, it is as exact as a
    /// half would be.
    Rising,
    /// The angle of a point, given as y and x: its extremes are at corners, unless the origin or the cut is within.
    Angle,
    /// A remainder: moves with its operands as long as the quotient stays the same.
    Modulo,
    /// The first operand with the sign of the second.
    Sign,
    /// The number next to the first operand.
    Next,
}
