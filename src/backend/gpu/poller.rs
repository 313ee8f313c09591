//! Waiting for the device, with the caller's thread or without it.
//!
//! The device reports its progress by callbacks, which run while it is polled. A blocking call polls it itself. For
//! futures a thread does, which lives only while there are any: it never waits inside `wgpu`, where it would keep a host's
//! frame from being presented, but looks again and again, at longer and longer intervals.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_channel::oneshot;

/// How a call waits for the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waiting {
    /// On the caller's thread: futures that wait like this are ready when they are first polled.
    Blocking,
    /// As a future, which lets the caller's thread go.
    Async,
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
    /// The futures that wait: their number, when each expires, and how it learns of that.
    watches: Vec<(u64, Option<Instant>, Option<oneshot::Sender<()>>)>,
}

/// While there is one, the device is polled.
pub(super) struct Watch {
    poller: Arc<Poller>,
    number: u64,
    /// Whether a thread polls for it.
    attended: bool,
}

impl Watch {
    /// Returns whether a thread polls the device; else the future has to.
    pub(super) fn attended(&self) -> bool {
        self.attended
    }
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
    pub(super) const SHORTEST: Duration = Duration::from_micros(20);
    const LONGEST: Duration = Duration::from_millis(1);

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the device until the watch is dropped. The receiver hears when the timeout is over, if there is one.
    pub(super) fn watch(
        self: &Arc<Self>,
        device: &wgpu::Device,
        timeout: Option<Duration>,
    ) -> (Watch, oneshot::Receiver<()>) {
        let (sender, expired) = oneshot::channel();
        let mut watched = self.watched();
        let number = watched.next;
        watched.next += 1;
        watched.watches.push((number, timeout.map(|timeout| Instant::now() + timeout), Some(sender)));
        if !watched.runs {
            let (poller, device) = (self.clone(), device.clone());
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
