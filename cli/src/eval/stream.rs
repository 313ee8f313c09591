//! Runs a kernel over arrays of any length, with one chunk in memory at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossover::{Arg, Prepared};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::layout::Whole;
use super::npy::Npy;
use crate::{Stop, screen};

/// The number of elements in a chunk: 4 MiB, a multiple of a reduction's chunk, and long enough for every backend.
pub const CHUNK: usize = 1 << 20;
/// The time after which a progress bar is shown.
const PROGRESS_DELAY: Duration = Duration::from_millis(500);

/// The source of an input, chunk by chunk.
pub enum Feed {
    Number(f32),
    /// A file in the result's shape and order, and its elements of the present chunk.
    Passing(Npy, Vec<f32>),
    /// An array in memory, and its elements of the present chunk.
    Whole(Whole, Vec<f32>),
}

impl Feed {
    pub fn passing(npy: Npy) -> Feed {
        Feed::Passing(npy, Vec::new())
    }

    pub fn whole(whole: Whole) -> Feed {
        Feed::Whole(whole, Vec::new())
    }

    /// Loads `len` elements, starting at number `from`.
    fn load(&mut self, from: u64, len: usize) -> Result<(), Stop> {
        match self {
            Feed::Number(_) => Ok(()),
            Feed::Passing(npy, chunk) => {
                chunk.resize(len, 0.0);
                npy.read(chunk)
            }
            Feed::Whole(whole, chunk) => {
                chunk.resize(len, 0.0);
                whole.look_up(from, chunk);
                Ok(())
            }
        }
    }

    fn arg(&self) -> Arg<'_> {
        match self {
            Feed::Number(value) => (*value).into(),
            Feed::Passing(_, chunk) | Feed::Whole(_, chunk) => (&chunk[..]).into(),
        }
    }
}

/// Runs the kernel on `elements` elements, chunk by chunk, and passes each result to `take` with the number of its first
/// element: the chunk's elements, or its partial result if the kernel is a reduction.
///
/// # Errors
///
/// The errors of reading, of running and of `take`; and an interruption.
pub fn run(
    prepared: &mut dyn Prepared,
    feeds: &mut [Feed],
    elements: u64,
    interrupted: &Arc<AtomicBool>,
    mut take: impl FnMut(u64, &mut [f32]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut out = Vec::new();
    let mut progress = Progress::new(elements);
    let mut from = 0;
    while from < elements {
        let len = CHUNK.min(usize::try_from(elements - from).unwrap_or(CHUNK));
        feeds.iter_mut().try_for_each(|feed| feed.load(from, len))?;
        out.resize(prepared.kernel().output_len(len), 0.0);
        let args: Vec<Arg<'_>> = feeds.iter().map(Feed::arg).collect();
        prepared.run(&args, &mut out).map_err(Stop::failure)?;
        take(from, &mut out)?;
        from += len as u64;
        progress.at(from);
        if interrupted.load(Ordering::Relaxed) {
            return Err(Stop::interrupted("interrupted"));
        }
    }
    Ok(())
}

/// A progress bar on standard error, shown on a terminal after a delay.
struct Progress {
    begun: Instant,
    bar: ProgressBar,
}

impl Progress {
    fn new(elements: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(elements), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {percent}%, {eta} left") {
            bar.set_style(style);
        }
        Progress { begun: Instant::now(), bar }
    }

    fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.begun.elapsed() > PROGRESS_DELAY && screen::moves() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
