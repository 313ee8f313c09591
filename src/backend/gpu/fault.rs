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

impl Gpu {
    /// Does something with the device and returns what went wrong with it, if anything did.
    ///
    /// Without a scope, an error would go to the handler of whoever owns the device, which by default panics.
    pub(super) fn scoped<T>(&self, action: impl FnOnce(&wgpu::Device) -> T) -> Result<T> {
        self.check_faults()?;
        let device = self.device();
        let filters = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::OutOfMemory];
        let scopes = filters.map(|filter| device.push_error_scope(filter));
        let value = action(device);
        // The innermost first. On native devices these futures are ready at once.
        let errors = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop()));
        match errors.reduce(|first, _| first) {
            Some(error) => Err(self.explain(error)),
            None => Ok(value),
        }
    }

    fn explain(&self, error: wgpu::Error) -> Error {
        // A device that is lost tells so when it is next asked, and not before it is done.
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(LAST_WORDS) };
        if let Err(lost @ Error::DeviceLost { .. }) = self.poll(wait) {
            return lost;
        }
        match error {
            wgpu::Error::OutOfMemory { source } => Error::OutOfMemory { message: source.to_string() },
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                // Every object was valid when it was made, or it would not be used: one that no longer is was made by a lost
                // device, which says nothing at the time.
                if description.contains("is invalid") {
                    self.gone(description)
                } else {
                    Error::Device { message: description }
                }
            }
        }
    }

    /// Whether the device is known to be lost.
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
