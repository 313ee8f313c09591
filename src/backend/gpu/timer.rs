//! The device's own clock.

use std::sync::Arc;
use std::time::Duration;

use super::Gpu;
use super::memory::Allocation;
use super::poller::Waiting;
use super::window::Window;
use crate::error::Result;

/// Takes the time at the beginning and at the end of a compute pass, on the device.
#[derive(Debug)]
pub(super) struct Timer {
    queries: wgpu::QuerySet,
    ticks: Arc<Allocation>,
    window: Window,
    /// Nanoseconds of a tick.
    period: f64,
}

impl Timer {
    /// Returns `None` on a device without a clock, or opened without the feature
    /// [`TIMESTAMP_QUERY`](wgpu::Features::TIMESTAMP_QUERY).
    pub(super) fn new(gpu: &Gpu) -> Result<Option<Self>> {
        use wgpu::BufferUsages as Use;
        if !gpu.device().features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Ok(None);
        }
        let descriptor =
            wgpu::QuerySetDescriptor { label: Some("crossover"), ty: wgpu::QueryType::Timestamp, count: 2 };
        Ok(Some(Timer {
            queries: gpu.link().scoped(|device| device.create_query_set(&descriptor))?,
            ticks: Arc::new(gpu.allocate(Self::BYTES, Use::QUERY_RESOLVE | Use::COPY_SRC)?),
            window: Window::staging(gpu, Self::BYTES as usize / size_of::<f32>(), wgpu::MapMode::Read)?,
            period: f64::from(gpu.queue().get_timestamp_period()),
        }))
    }

    const BYTES: u64 = 2 * size_of::<u64>() as u64;

    /// Returns what a pass has to be begun with.
    pub(super) fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// Puts into an encoder, after the pass, what brings the times to the host.
    pub(super) fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, self.ticks.buffer(), 0);
        encoder.copy_buffer_to_buffer(self.ticks.buffer(), 0, self.window.buffer(), 0, Self::BYTES);
    }

    /// Requests the result. Called within an error scope, after the encoder was submitted.
    pub(super) fn ask(&mut self) {
        self.window.ask();
    }

    /// Waits for a submission, and returns how long its pass took.
    pub(super) async fn read(
        &mut self,
        submission: Option<&wgpu::SubmissionIndex>,
        waiting: Waiting,
    ) -> Result<Duration> {
        self.window.open(submission, waiting).await?;
        let mut ticks = [0_u64; 2];
        self.window.read(&mut ticks)?;
        let nanoseconds = ticks[1].saturating_sub(ticks[0]) as f64 * self.period;
        Ok(Duration::from_nanos(nanoseconds as u64))
    }
}
