//! What the page says of a sweep that varies something else than the number of elements.

use crossover::sweep::Axis;

/// Returns the end of the page's title.
pub(super) fn over(axis: Axis) -> &'static str {
    match axis {
        Axis::Chunk => " over the size of chunks",
        Axis::Threads => " over the number of threads",
        Axis::Intensity => " over the degree",
        _ => "",
    }
}

/// Returns what a measurement over an axis is, for who wonders.
pub(super) fn method(axis: Axis) -> Option<&'static str> {
    match axis {
        Axis::Chunk => Some("A chunk is what a thread takes at a time, or what is sent to a GPU at a time."),
        Axis::Threads => Some(
            "The efficiency of n threads is the time of one over n times theirs. The grey line is where it would be 100 %.",
        ),
        Axis::Intensity => Some(
            "horner is 1 + x/2 + x²/3 + … up to the degree, by Horner's rule: one fused multiplication and addition for each.",
        ),
        _ => None,
    }
}
