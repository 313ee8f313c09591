//! Waiting for the device, with the caller's thread or without it.
//!
//! The device tells what it has done by callbacks, which it calls while somebody polls it. A blocking call polls it itself. For
//! futures a thread does, which lives only while there are any: it never waits inside `wgpu`, where it would keep a host's
//! frame from being presented, but looks again and again, at longer and longer intervals.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_channel::oneshot;

use super::Gpu;
use crate::error::{Error, Result};

/// How a call waits for the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waiting {
    /// On the caller's thread: futures that wait like this are ready when they are first polled.
    Blocking,
    /// As a future, which lets the caller's thread go.
    Async,
}

impl Gpu {
    /// Asks the device what it has done.
    pub(super) fn poll(&self, how: wgpu::PollType) -> Result<()> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.device().poll(how)));
        match polled {
            Ok(Ok(_)) => self.check_faults(),
            Ok(Err(wgpu::PollError::Timeout)) => Err(self.timed_out()),
            // A submission that the device does not know, though we have its number: it no longer takes any.
            Ok(Err(error)) => Err(self.gone(error.to_string())),
            Err(panic) => {
                // `wgpu` panics here on a device that was lost by itself. Another panic is that of a host's own callback.
                let message = panic.downcast_ref::<String>().filter(|text| text.starts_with("Error in Device::poll"));
                match message {
                    Some(message) => Err(self.gone(message.clone())),
                    None => resume_unwind(panic),
                }
            }
        }
    }

    /// Waits for what a callback of the device sends. What a blocking call waits for happens with a submission, or if none
    /// is given, with the last.
    pub(super) async fn arrival<T>(
        &self,
        mut receiver: oneshot::Receiver<T>,
        submission: Option<&wgpu::SubmissionIndex>,
        waiting: Waiting,
    ) -> Result<T> {
        if let Some(value) = self.answer(&mut receiver)? {
            return Ok(value);
        }
        match waiting {
            Waiting::Async => {
                let (watch, expired) = self.poller().watch(self);
                let arrived = Arrival { receiver, expired, watch, gpu: self }.await;
                arrived.map_err(|failure| match failure {
                    Failure::Expired => self.timed_out(),
                    Failure::Dropped => self.unanswered(),
                })
            }
            Waiting::Blocking => self.wait(receiver, submission),
        }
    }

    fn wait<T>(&self, mut receiver: oneshot::Receiver<T>, submission: Option<&wgpu::SubmissionIndex>) -> Result<T> {
        let (timeout, submission_index) = (self.timeout(), submission.cloned());
        let wait = wgpu::PollType::Wait { submission_index, timeout };
        // Without a submission it may be there at once, and need not wait for all that others have submitted.
        let polls = if submission.is_some() { [None, Some(wait)] } else { [Some(wgpu::PollType::Poll), Some(wait)] };
        for poll in polls.into_iter().flatten() {
            self.poll(poll)?;
            if let Some(value) = self.answer(&mut receiver)? {
                return Ok(value);
            }
        }
        // Another thread has polled at the same time, and is about to call back.
        let start = Instant::now();
        loop {
            if let Some(value) = self.answer(&mut receiver)? {
                return Ok(value);
            }
            if timeout.is_some_and(|timeout| start.elapsed() >= timeout) {
                return Err(self.timed_out());
            }
            std::thread::sleep(Poller::SHORTEST);
        }
    }

    /// What a callback of the device has sent, if it has been called.
    fn answer<T>(&self, receiver: &mut oneshot::Receiver<T>) -> Result<Option<T>> {
        receiver.try_recv().map_err(|oneshot::Canceled| self.unanswered())
    }

    /// Sends when everything that was submitted is done.
    pub(super) fn work_done(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.queue().on_submitted_work_done(move || _ = sender.send(()));
        receiver
    }

    fn timed_out(&self) -> Error {
        Error::Timeout { limit: self.timeout().unwrap_or_default() }
    }

    /// A callback was dropped: the device is lost, or another callback has panicked.
    fn unanswered(&self) -> Error {
        match self.check_faults() {
            Err(fault) => fault,
            Ok(()) => Error::Device { message: "the device's answer was dropped".to_owned() },
        }
    }
}

/// What a callback of the device sends, as a future.
struct Arrival<'a, T> {
    receiver: oneshot::Receiver<T>,
    expired: oneshot::Receiver<()>,
    watch: Watch,
    gpu: &'a Gpu,
}

enum Failure {
    Expired,
    Dropped,
}

impl<T> Future for Arrival<'_, T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(received) = Pin::new(&mut self.receiver).poll(context) {
            return Poll::Ready(received.map_err(|_| Failure::Dropped));
        }
        if !self.watch.attended {
            _ = self.gpu.poll(wgpu::PollType::Poll);
            context.waker().wake_by_ref();
        }
        match Pin::new(&mut self.expired).poll(context) {
            Poll::Ready(_) => Poll::Ready(Err(Failure::Expired)),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The thread that polls a device for futures.
#[derive(Default)]
pub(super) struct Poller {
    state: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Default)]
struct Watched {
    /// Whether there is such a thread.
    runs: bool,
    next: u64,
    /// What futures wait: the number, when each has waited for too long, and what tells it so.
    watches: Vec<(u64, Option<Instant>, Option<oneshot::Sender<()>>)>,
}

/// While there is one, the device is polled.
struct Watch {
    poller: Arc<Poller>,
    number: u64,
    /// Whether a thread polls for it.
    attended: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.poller.watched().watches.retain(|(number, ..)| *number != self.number);
    }
}

impl Poller {
    /// How long its thread waits for another future before it ends.
    const IDLE: Duration = Duration::from_millis(200);
    /// How often it looks before it begins to sleep in between, and how long at first and at most.
    const LOOKS: u32 = 20;
    const SHORTEST: Duration = Duration::from_micros(20);
    const LONGEST: Duration = Duration::from_millis(1);

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the device until the watch is dropped. The receiver hears when the timeout is over, if there is one.
    fn watch(self: &Arc<Self>, gpu: &Gpu) -> (Watch, oneshot::Receiver<()>) {
        let (sender, expired) = oneshot::channel();
        let mut watched = self.watched();
        let number = watched.next;
        watched.next += 1;
        watched.watches.push((number, gpu.timeout().map(|timeout| Instant::now() + timeout), Some(sender)));
        if !watched.runs {
            let (poller, device) = (self.clone(), gpu.device().clone());
            let name = std::thread::Builder::new().name("crossover-gpu".to_owned());
            // Where the system starts no thread, a future polls the device itself.
            watched.runs = name.spawn(move || poller.attend(&device)).is_ok();
        }
        self.changed.notify_one();
        (Watch { poller: self.clone(), number, attended: watched.runs }, expired)
    }

    /// Polls while there are watches.
    fn attend(&self, device: &wgpu::Device) {
        let (mut looks, mut pause, mut seen) = (0, Self::SHORTEST, 0);
        loop {
            let mut watched = self.watched();
            if watched.watches.is_empty() {
                let empty = |watched: &mut Watched| watched.watches.is_empty();
                let waited = self.changed.wait_timeout_while(watched, Self::IDLE, empty);
                watched = waited.unwrap_or_else(PoisonError::into_inner).0;
                if watched.watches.is_empty() {
                    watched.runs = false;
                    return;
                }
            }
            if watched.next != seen {
                (looks, pause, seen) = (0, Self::SHORTEST, watched.next);
            }
            let now = Instant::now();
            let late = |at: &Option<Instant>| at.is_some_and(|at| at <= now);
            let expired: Vec<_> = watched.watches.iter_mut().filter(|(_, at, _)| late(at)).collect();
            let expired: Vec<_> = expired.into_iter().filter_map(|(.., sender)| sender.take()).collect();
            drop(watched);
            expired.into_iter().for_each(|sender| _ = sender.send(()));
            // A callback of a host that panics, or a lost device, must not end what others wait for.
            _ = catch_unwind(AssertUnwindSafe(|| device.poll(wgpu::PollType::Poll)));
            looks += 1;
            if looks < Self::LOOKS {
                std::thread::yield_now();
            } else {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Self::LONGEST);
            }
        }
    }
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller").finish_non_exhaustive()
    }
}
