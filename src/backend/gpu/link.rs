//! A device and its queue, with what it reports: the one place where calls of `wgpu` are scoped and waited for.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_channel::oneshot;

use super::fault::{Faults, captured, catches};
use super::identity::Identity;
use super::poller::{Poller, Waiting, Watch};
use crate::error::{Error, Result};

/// How long an error is held back for the device to report that it is lost.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// A device, its queue, and what is known of their state.
#[derive(Debug)]
pub(super) struct Link {
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    identity: Identity,
    faults: Arc<Faults>,
    poller: Arc<Poller>,
    /// In nanoseconds; 0 for none.
    timeout: AtomicU64,
}

impl Link {
    pub(super) fn new(device: wgpu::Device, queue: wgpu::Queue, faults: Arc<Faults>) -> Self {
        Link {
            limits: device.limits(),
            identity: Identity::new(device.clone(), device.adapter_info().name),
            device,
            queue,
            faults,
            poller: Arc::default(),
            timeout: AtomicU64::new(0),
        }
    }

    pub(super) fn device(&self) -> &wgpu::Device {
        &self.device
    }

    pub(super) fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    pub(super) fn limits(&self) -> &wgpu::Limits {
        &self.limits
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns whether the device was opened here, and not by a host application.
    pub(super) fn listens(&self) -> bool {
        self.faults.listens()
    }

    pub(super) fn set_timeout(&self, timeout: Option<Duration>) {
        let nanoseconds = timeout.map_or(0, |timeout| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX).max(1));
        self.timeout.store(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        match self.timeout.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }

    /// Does something with the device and returns what went wrong with it, if anything did.
    ///
    /// Without a scope, an error would go to the handler of the owner of the device, which by default panics.
    pub(super) fn scoped<T>(&self, action: impl FnOnce(&wgpu::Device) -> T) -> Result<T> {
        self.check_faults()?;
        match captured(self.device(), action) {
            (_, Some(error)) => Err(self.explain(error)),
            (value, None) => Ok(value),
        }
    }

    pub(super) fn explain(&self, error: wgpu::Error) -> Error {
        // A lost device reports it when it is next polled, and not before it is done.
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(LAST_WORDS) };
        if let Err(lost @ Error::DeviceLost { .. }) = self.poll(wait) {
            return lost;
        }
        match error {
            wgpu::Error::OutOfMemory { source } => Error::OutOfMemory { message: source.to_string() },
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                // What a lost device makes is invalid, which it reports not at once but when that is used. So is what a host
                // made by mistake: the device is asked, since the text does not distinguish the two.
                if self.is_lost() { self.gone(description) } else { Error::Device { message: description } }
            }
        }
    }

    /// Returns whether the device is lost, also a host's, of which only the host's own handlers hear.
    pub(super) fn is_lost(&self) -> bool {
        !catches(self.device(), self.device())
    }

    /// Fails if the device is known to be lost.
    pub(super) fn check_lost(&self) -> Result<()> {
        match self.faults.lost() {
            Some(reason) => Err(Error::DeviceLost { reason: reason.to_owned() }),
            None => Ok(()),
        }
    }

    /// Returns what the device has reported by itself, if anything.
    pub(super) fn check_faults(&self) -> Result<()> {
        self.check_lost()?;
        match self.faults.take_uncaptured() {
            Some(message) => Err(Error::Device { message }),
            None => Ok(()),
        }
    }

    /// Returns the error for a device that behaves as only one does that is gone. It is gone from here on.
    pub(super) fn gone(&self, sign: String) -> Error {
        self.faults.lose(sign);
        match self.check_faults() {
            Err(lost) => lost,
            Ok(()) => unreachable!("it has just been lost"),
        }
    }

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
                let (watch, expired) = self.poller.watch(self.device(), self.timeout());
                let arrived = Arrival { receiver, expired, watch, link: self }.await;
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

    /// Returns what a callback of the device has sent, if it has been called.
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

    /// Returns a callback was dropped: the device is lost, or another callback has panicked.
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
    link: &'a Link,
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
        if !self.watch.attended() {
            _ = self.link.poll(wgpu::PollType::Poll);
            context.waker().wake_by_ref();
        }
        match Pin::new(&mut self.expired).poll(context) {
            Poll::Ready(_) => Poll::Ready(Err(Failure::Expired)),
            Poll::Pending => Poll::Pending,
        }
    }
}
