//! Turning what `wgpu` reports into this crate's errors.

use super::Gpu;
use crate::error::{Error, Result};

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
        if let Err(lost) = self.check_faults() {
            return lost;
        }
        match error {
            wgpu::Error::OutOfMemory { source } => Error::OutOfMemory { message: source.to_string() },
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Error::Device { message: description }
            }
        }
    }

    /// Waits until the device has done everything up to a submission.
    pub(super) fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: None };
        self.device().poll(wait).map_err(|error| Error::Device { message: error.to_string() })?;
        self.check_faults()
    }
}
