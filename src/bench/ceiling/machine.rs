//! The machine itself: what moves its bytes and what computes on it.

use std::hint::black_box;
use std::time::Duration;

use crate::backend::FAR;
use crate::backend::{Backend, Prepared, Simd, threads};
use crate::bench::chain;
use crate::bench::clock::Clock;
use crate::formula;
use crate::formula::Identity;
use crate::formula::reduction::Reduction;
use crate::kernel::Kernel;
use crate::kernel::cpu::isa::{Checked, Isa};
use crate::kernel::cpu::lanes::Stores;
use crate::kernel::cpu::part::Targets;

formula! {
    /// What reads two arrays, and has little to do.
    fn Product(x, y) { x * y }
}

/// What is measured: the machine itself, or a test's, whose figures are known beforehand.
pub(crate) trait Machine {
    /// Returns the time to move `bytes` bytes `times` times, or `None` if there is no such way.
    fn moves(&mut self, clock: &dyn Clock, way: Way, threads: usize, bytes: usize, times: usize) -> Option<Duration>;

    /// Returns how long it takes to compute, as many times, and how many operations each time is; none if there is no such
    /// unit.
    fn computes(&mut self, clock: &dyn Clock, unit: Unit, threads: usize, times: usize) -> Option<(Duration, f64)>;

    /// Returns the time for a fixed piece of work, `times` times on each of `threads` threads, or `None` if there is none.
    fn works(&mut self, clock: &dyn Clock, threads: usize, times: usize) -> Option<Duration>;
}

/// How bytes move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// The standard library's copy.
    Copy,
    /// That of lanes, with plain stores.
    Lanes,
    /// That of lanes, with stores past the caches.
    Streaming,
    /// A sum.
    Read,
    /// A sum of the products of two arrays: where it is the sum that takes its time, two move faster than one.
    ReadTwo,
}

/// What computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// One number at a time.
    Scalar,
    /// Full-width lanes.
    Lanes,
}

/// Elements that each thread computes: input and output fit the nearest cache twice.
const NEAR: usize = 2048;

/// This machine, with arrays to move.
pub(crate) struct Own {
    isa: Checked,
    copy: Kernel,
    /// Sums of one array and of the products of two.
    read: [Kernel; 2],
    /// By unit: scalar, then lanes.
    chains: [[Kernel; 2]; 2],
    from: Vec<f32>,
    to: Vec<f32>,
    /// What the reference reads.
    words: Vec<u64>,
}

/// What is moved at once.
struct Part<'a> {
    from: &'a [f32],
    /// Where a copy goes, or what else is read.
    to: &'a mut [f32],
    total: [f32; 1],
    sum: Option<Box<dyn Prepared>>,
}

impl Own {
    /// Creates one with the lanes of this instruction set, or of the widest.
    pub fn new(isa: Option<Isa>) -> Self {
        let lanes = isa.filter(|isa| *isa != Isa::Scalar).and_then(|isa| isa.check().ok());
        let copy = Kernel::new("copy", Identity);
        Own {
            isa: lanes.unwrap_or_else(Checked::widest),
            read: [copy.clone(), Kernel::new("product", Product)].map(|each| each.with_reduction(Some(Reduction::Sum))),
            copy,
            chains: [chain::of_loop(), chain::of_lanes()],
            from: Vec::new(),
            to: Vec::new(),
            words: Vec::new(),
        }
    }

    fn reserve(&mut self, from: usize, to: usize) {
        // Written, so that the pages are there.
        for (array, len) in [(&mut self.from, from), (&mut self.to, to)] {
            if array.len() < len {
                *array = Vec::new();
                array.resize(len, 0.5);
            }
        }
    }
}

/// Runs `body` for each part this many times on as many threads as are asked for, and returns how long that took.
fn timed<T: Send>(
    clock: &dyn Clock,
    (threads, parts): (usize, &mut [T]),
    times: usize,
    body: impl Fn(&mut T) + Send + Sync,
) -> Duration {
    if threads == 1 {
        let start = clock.now();
        (0..times).for_each(|_| parts.iter_mut().for_each(&body));
        return clock.now().saturating_sub(start);
    }
    // Wakes all threads up.
    threads::each(parts, &body);
    let start = clock.now();
    if parts.len() > threads {
        (0..times).for_each(|_| threads::each(parts, &body));
    } else {
        // What it costs to share is no part of what the machine can do: once, then.
        threads::each(parts, |part| (0..times).for_each(|_| body(part)));
    }
    clock.now().saturating_sub(start)
}

/// Bytes in use from which they are shared in blocks, of which a thread takes the next when it has done one, so that one
/// that was interrupted does not hold up the others. Fewer bytes stay where they are in the threads' caches.
const LARGE: usize = 8 << 20;
const BLOCK: usize = 1 << 17;

impl Machine for Own {
    fn moves(&mut self, clock: &dyn Clock, way: Way, threads: usize, bytes: usize, times: usize) -> Option<Duration> {
        if way == Way::Streaming && !self.isa.streams() {
            return None;
        }
        let arrays = if way == Way::Read { 1 } else { 2 };
        let len = bytes / size_of::<f32>() / arrays;
        self.reserve(len, if way == Way::Read { 0 } else { len });
        let Own { isa, copy, read, from, to, .. } = self;
        // A line of the cache belongs to one thread.
        let share = len.div_ceil(threads).next_multiple_of(16);
        let each = if threads > 1 && bytes >= LARGE { BLOCK } else { share };
        let mut others = to.chunks_mut(each);
        let part = |from| {
            let sum = match way {
                Way::Read => Some(Simd::with_isa(isa.isa()).ok()?.prepare(&read[0]).ok()?),
                Way::ReadTwo => Some(Simd::with_isa(isa.isa()).ok()?.prepare(&read[1]).ok()?),
                _ => None,
            };
            let to = if arrays == 1 { &mut [] } else { others.next()? };
            Some(Part { from, to, total: [0.0], sum })
        };
        let mut parts: Vec<Part<'_>> = from[..len].chunks(each).map(part).collect::<Option<_>>()?;
        let plain = if len < FAR { Stores::Plain } else { Stores::Ahead };
        Some(timed(clock, (threads, &mut parts), times, |part| {
            let Part { from, to, total, sum } = part;
            let args = [(&from[..]).into()];
            let to = to.get_mut(..from.len()).unwrap_or_default();
            match (way, sum) {
                (Way::Copy, _) => to.copy_from_slice(from),
                (Way::Streaming, _) => copy.code().apply(*isa, &args, &Targets::of(to, 0).whole(), Stores::Streaming),
                (Way::ReadTwo, Some(sum)) => drop(sum.run(&[args[0], (&to[..]).into()], &mut *total)),
                (_, Some(sum)) => drop(sum.run(&args, &mut *total)),
                (_, None) => copy.code().apply(*isa, &args, &Targets::of(to, 0).whole(), plain),
            }
            // A caller that copies again what is there already would copy nothing.
            black_box((to, total));
        }))
    }

    fn computes(&mut self, clock: &dyn Clock, unit: Unit, threads: usize, times: usize) -> Option<(Duration, f64)> {
        self.reserve(threads * NEAR, threads * NEAR);
        let (isa, kernels) = match unit {
            Unit::Scalar => (Checked::SCALAR, &self.chains[0]),
            Unit::Lanes => (self.isa, &self.chains[1]),
        };
        let inputs = self.from.chunks(NEAR).zip(self.to.chunks_mut(NEAR)).take(threads);
        let mut parts: Vec<_> = inputs.collect();
        let mut best: Option<(Duration, f64)> = None;
        for kernel in kernels {
            let operations = kernel.program().flops()? as f64 * (threads * NEAR) as f64;
            let took = timed(clock, (threads, &mut parts), times, |(from, to)| {
                kernel.code().apply(isa, &[(&from[..]).into()], &Targets::of(to, 0).whole(), Stores::Plain);
                black_box(to);
            });
            // The faster one: more operations in a second.
            let faster = |(best, other): &(Duration, f64)| took.as_secs_f64() * other < best.as_secs_f64() * operations;
            if best.as_ref().is_none_or(faster) {
                best = Some((took, operations));
            }
        }
        best
    }

    fn works(&mut self, clock: &dyn Clock, threads: usize, times: usize) -> Option<Duration> {
        if self.words.len() < threads * WORDS {
            self.words = (0..(threads * WORDS) as u64).collect();
        }
        let mut parts: Vec<_> = self.words.chunks_mut(WORDS).take(threads).collect();
        Some(timed(clock, (threads, &mut parts), times, |words| mix(black_box(words))))
    }
}

/// Numbers that each thread reads for the reference, 256 KiB: more than the nearest cache has, less than the next.
const WORDS: usize = 1 << 15;

/// Does the reference work: reads all words and computes with them, in several chains at once, so that it takes what a core has
/// to give. None of the crate's kernels is in it: it is not to change when they do.
fn mix(words: &mut [u64]) {
    let mut sums = [0_u64; 8];
    for few in words.chunks_exact(sums.len()) {
        for (sum, word) in sums.iter_mut().zip(few) {
            *sum = (*sum ^ word).rotate_left(5).wrapping_add(*word);
        }
    }
    words[0] = sums.into_iter().fold(0, u64::wrapping_add);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::SystemClock;

    #[test]
    fn every_way_moves_all_of_its_bytes() {
        // Few numbers, many, some that no lanes fill, and so many that they are shared in blocks.
        for (threads, bytes) in [(1, 16 << 10), (2, 16 << 10), (3, 40_008), (2, LARGE + 4096)] {
            for way in [Way::Copy, Way::Lanes, Way::Streaming] {
                let mut own = Own::new(None);
                let len = bytes / 8;
                own.from = (0..len).map(|index| index as f32).collect();
                let moved = own.moves(&SystemClock, way, threads, bytes, 2);
                assert_eq!(moved.is_some(), way != Way::Streaming || own.isa.streams());
                assert!(moved.is_none() || own.to == own.from, "{way:?} of {bytes} bytes with {threads} threads");
            }
            for way in [Way::Read, Way::ReadTwo] {
                assert!(Own::new(Some(Isa::Wide)).moves(&SystemClock, way, threads, bytes, 1).is_some());
            }
        }
    }

    #[test]
    fn every_unit_computes_as_many_operations_as_it_says() {
        let mut own = Own::new(None);
        let (_, scalar) = own.computes(&SystemClock, Unit::Scalar, 1, 1).unwrap();
        assert_eq!(scalar, (2 * chain::FEW * NEAR) as f64);
        let (_, lanes) = own.computes(&SystemClock, Unit::Lanes, 3, 1).unwrap();
        assert_eq!(lanes, (2 * chain::MANY * NEAR * 3) as f64);
        // 1/2 again and again approaches 1.
        assert!(own.to.iter().all(|each| (each - 1.0).abs() < 1e-6), "{:?}", &own.to[..3]);
    }

    #[test]
    fn instruction_sets_that_are_not_there_or_no_lanes_are_not_asked_for() {
        assert_eq!(Own::new(Some(Isa::Scalar)).isa, Checked::widest());
        assert_eq!(Own::new(Some(Isa::Wide)).isa.isa(), Isa::Wide);
    }
}
