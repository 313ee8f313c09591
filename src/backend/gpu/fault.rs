//! Errors that a device reports: those that a scope catches, others, and its loss.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a device reports by itself. One that was opened here reports to handlers of ours; of a host's device only its own
/// handlers hear, and that it is gone is noted when a call fails.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listens: bool,
    /// Why the device is gone, once it is.
    lost: OnceLock<String>,
    /// The first error outside of every error scope, until a call returns it.
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

    /// Returns whether the device was opened here.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Returns why the device is lost, if it is.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// Takes the error that no scope has caught, if there is one.
    pub(super) fn take_uncaptured(&self) -> Option<String> {
        self.uncaptured.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that the device is lost.
    pub(super) fn lose(&self, reason: String) {
        _ = self.lost.set(if reason.is_empty() { "it was destroyed".to_owned() } else { reason });
    }
}

/// Runs a function, and returns the first error that the device reports meanwhile on this thread.
pub(super) fn captured<T>(device: &wgpu::Device, action: impl FnOnce(&wgpu::Device) -> T) -> (T, Option<wgpu::Error>) {
    let filters = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::OutOfMemory];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let value = action(device);
    // The innermost first. On native devices these futures are ready at once.
    let errors = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop()));
    (value, errors.reduce(|first, _| first))
}

/// Causes an error on a device deliberately, and returns whether an error scope of `scope` catches the error. It does not if
/// these are two devices, or if the device is lost, which no longer reports mistakes.
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
