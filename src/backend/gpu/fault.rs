//! Turning what `wgpu` reports into this crate's errors.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::Gpu;
use crate::error::{Error, Result};

/// How long an error is held back for the device to tell that it is lost.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What a device reports by itself. One that was opened here reports to handlers of ours; of a host's device only its own
/// handlers hear, and that it is gone is noted when a call fails.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listens: bool,
    /// Why the device is gone, once it is.
    lost: OnceLock<String>,
    /// What went wrong outside of every error scope, until a call returns it.
    uncaptured: Mutex<Option<String>>,
}

impl Faults {
    /// Listens to a device that was opened here.
    pub(super) fn listen(device: &wgpu::Device) -> Arc<Self> {
        let faults = Arc::new(Faults { listens: true, ..Faults::default() });
        let heard = Arc::clone(&faults);
        device.set_device_lost_callback(move |_, reason| heard.lose(reason));
        // Without a handler, `wgpu` panics on what no error scope has caught.
        let heard = Arc::clone(&faults);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            *heard.uncaptured.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }));
        faults
    }

    /// Whether the device was opened here.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    fn lose(&self, reason: String) {
        _ = self.lost.set(if reason.is_empty() { "it was destroyed".to_owned() } else { reason });
    }
}

/// Does something with the device, and returns the first error that it reports meanwhile on this thread.
pub(super) fn captured<T>(device: &wgpu::Device, action: impl FnOnce(&wgpu::Device) -> T) -> (T, Option<wgpu::Error>) {
    let filters = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::OutOfMemory];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let value = action(device);
    // The innermost first. On native devices these futures are ready at once.
    let errors = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop()));
    (value, errors.reduce(|first, _| first))
}

/// Makes a mistake on a device, and returns whether an error scope of `scope` catches the error. It does not if these are
/// two devices, or if the device is lost, which no longer reports mistakes.
pub(super) fn catches(scope: &wgpu::Device, device: &wgpu::Device) -> bool {
    let mistake =
        wgpu::BufferDescriptor { label: None, size: 4, usage: wgpu::BufferUsages::empty(), mapped_at_creation: false };
    // Errors go to the innermost scope of their device: to this one if there is no other device.
    let outer = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let inner = scope.push_error_scope(wgpu::ErrorFilter::Validation);
    drop(device.create_buffer(&mistake));
    let caught = pollster::block_on(inner.pop()).is_some();
    drop(outer);
    caught
}

impl Gpu {
    /// Does something with the device and returns what went wrong with it, if anything did.
    ///
    /// Without a scope, an error would go to the handler of whoever owns the device, which by default panics.
    pub(super) fn scoped<T>(&self, action: impl FnOnce(&wgpu::Device) -> T) -> Result<T> {
        self.check_faults()?;
        match captured(self.device(), action) {
            (_, Some(error)) => Err(self.explain(error)),
            (value, None) => Ok(value),
        }
    }

    pub(super) fn explain(&self, error: wgpu::Error) -> Error {
        // A device that is lost tells so when it is next asked, and not before it is done.
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

    /// Whether the device is lost, also a host's, of which only the host's own handlers hear.
    pub(super) fn is_lost(&self) -> bool {
        !catches(self.device(), self.device())
    }

    /// Fails if the device is known to be lost.
    pub(super) fn check_lost(&self) -> Result<()> {
        match self.inner.faults.lost.get() {
            Some(reason) => Err(Error::DeviceLost { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// What the device has reported by itself, if anything.
    pub(super) fn check_faults(&self) -> Result<()> {
        self.check_lost()?;
        let faults = &self.inner.faults;
        match faults.uncaptured.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(message) => Err(Error::Device { message }),
            None => Ok(()),
        }
    }

    /// The error for a device that behaves as only one does that is gone. It is gone from here on.
    pub(super) fn gone(&self, sign: String) -> Error {
        self.inner.faults.lose(sign);
        match self.check_faults() {
            Err(lost) => lost,
            Ok(()) => unreachable!("it has just been lost"),
        }
    }
}
