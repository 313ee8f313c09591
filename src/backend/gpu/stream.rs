//! Running on arrays of the host: each chunk is uploaded, computed and downloaded. So an array may be larger than a binding,
//! a dispatch or the device's memory; and while the device works at one chunk, the host copies the next, and the last.

use std::sync::{Arc, Mutex, PoisonError};

use super::Gpu;
use super::compiled::Compiled;
use super::device::Release;
use super::poller::Waiting;
use super::slot::{Slot, Times};
use crate::error::{Error, Result};
use crate::kernel::arg::Arg;

/// Chunks on their way at a time: one that the host fills, one that the device computes, one that the host reads.
pub(super) const SLOTS: usize = 3;

/// Elements that a chunk has at least, unless there are fewer, however little memory there is.
const LEAST: usize = 1 << 12;

/// Streams that a kernel keeps between runs.
const KEPT: usize = 4;

/// Memory for several chunks at a time.
#[derive(Debug)]
pub(super) struct Stream {
    slots: Vec<Slot>,
    /// Elements of a chunk, and what was wished for: there may not have been as much memory.
    chunk: usize,
    wished: (usize, usize),
}

/// The streams that a kernel does not use at present.
#[derive(Default, Debug)]
pub(super) struct Idle(Mutex<Vec<Stream>>);

impl Idle {
    /// Makes a place for streams between runs, which the GPU empties when memory runs short.
    pub(super) fn of(gpu: &Gpu) -> Arc<Self> {
        let idle = Arc::new(Idle::default());
        let release: Arc<dyn Release> = idle.clone();
        gpu.remember(Arc::downgrade(&release));
        idle
    }

    /// Returns a stream for this many slots of this many elements, if there is one.
    pub(super) fn take(&self, wished: (usize, usize)) -> Option<Stream> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |stream: &Stream| stream.wished.0 >= wished.0 && stream.wished.1 >= wished.1;
        match streams.iter().rposition(fits) {
            Some(index) => Some(streams.remove(index)),
            None => {
                // The larger one that is to be made takes the place of another, whose memory it may need.
                let other = streams.pop();
                drop(streams);
                drop(other);
                None
            }
        }
    }

    pub(super) fn put(&self, stream: Stream) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if streams.len() < KEPT {
            streams.push(stream);
        }
    }
}

impl Release for Idle {
    fn release(&self) {
        let streams = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(streams);
    }
}

impl Stream {
    pub(super) fn new(core: &Arc<Compiled>, wished: (usize, usize)) -> Result<Self> {
        let (slots, mut chunk) = wished;
        loop {
            let made: Result<Vec<_>> = (0..slots).map(|_| Slot::new(core, chunk)).collect();
            match made {
                Err(Error::OutOfMemory { .. } | Error::TooLarge { .. }) if chunk > LEAST => chunk = chunk.div_ceil(2),
                made => return Ok(Stream { slots: made?, chunk, wished }),
            }
        }
    }
}

impl Stream {
    pub(super) async fn run(
        &mut self,
        inputs: &[Arg<'_>],
        out: &mut [f32],
        len: usize,
        waiting: Waiting,
        times: &mut Times,
    ) -> Result<()> {
        let fold = self.slots.first().and_then(|slot| slot.reduction());
        let count = len.div_ceil(self.chunk);
        let width = fold.map_or(0, |fold| fold.of_parts().width());
        let mut parts = vec![0.0; count * width];
        let mut results: Vec<&mut [f32]> = match fold {
            Some(_) => parts.chunks_mut(width).collect(),
            None => out.chunks_mut(self.chunk).collect(),
        };
        let slots = self.slots.len().min(count);
        for next in 0..count + slots {
            let slot = &mut self.slots[next % slots];
            if let Some(result) = next.checked_sub(slots).and_then(|due| results.get_mut(due)) {
                slot.receive(result, waiting, times).await?;
                times.written += result.len();
            }
            if let Some(result) = results.get(next) {
                let (from, len) = (next * self.chunk, self.chunk.min(len - next * self.chunk));
                let old: Arg<'_> = (&**result).into();
                let args = inputs.iter().map(|arg| if arg.is_output() { old } else { arg.part(from, len) });
                let args: Vec<_> = args.collect();
                slot.send(&args, len, waiting, times).await?;
            }
        }
        drop(results);
        if let Some(fold) = fold {
            for (number, part) in parts.chunks_mut(width).enumerate() {
                fold.place(part, number * self.chunk);
            }
            fold.finish(&parts, len, out)?;
        }
        Ok(())
    }
}
