//! The order of measurements: in each round, one sample of each contender, so that a slower moment of the machine hits all
//! alike.

use std::ops::ControlFlow;

/// Samples entries one after the other, round by round, as long as `more` holds for the number of the next round. Ends early,
/// with its result, if `sample` breaks.
pub fn interleave<E, B>(
    entries: &mut [E],
    mut more: impl FnMut(usize, &mut [E]) -> bool,
    mut sample: impl FnMut(&mut E) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut round = 0;
    while more(round, entries) {
        entries.iter_mut().try_for_each(&mut sample)?;
        round += 1;
    }
    ControlFlow::Continue(())
}

/// Breaks with an error.
pub(crate) fn or_break<E>(result: Result<(), E>) -> ControlFlow<E> {
    result.map_or_else(ControlFlow::Break, ControlFlow::Continue)
}

/// Returns the error of entries that were interleaved, if one broke.
pub(crate) fn completed<E>(flow: ControlFlow<E>) -> Result<(), E> {
    flow.break_value().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_one_sample_of_each() {
        let (mut entries, mut order) = ([0, 1, 2], Vec::new());
        let flow: ControlFlow<()> = interleave(
            &mut entries,
            |round, _| round < 2,
            |entry| {
                order.push(*entry);
                ControlFlow::Continue(())
            },
        );
        assert_eq!((flow, order), (ControlFlow::Continue(()), vec![0, 1, 2, 0, 1, 2]));
        let flow =
            interleave(&mut entries, |_, _| true, |entry| or_break(if *entry == 1 { Err("one") } else { Ok(()) }));
        assert_eq!(completed(flow), Err("one"));
    }
}
