//! What does not block: futures that any executor can drive.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crossover::{Arg, Error, Gpu, Kernel, wgpu};

use super::{expected, host, whole};
use crate::common::gpu::{host_device, open};

/// Uploads, runs in both ways and downloads, and looks at every element.
async fn everything(gpu: Gpu, len: usize) {
    let (numbers, kernel) = (whole(len), Kernel::parse("2*x + 1").unwrap());
    let compiled = gpu.compile(&kernel).unwrap();
    let right = expected(&kernel, &[Arg::from(&numbers)], len);
    let mut out = vec![f32::NAN; len];
    compiled.run_async(&[Arg::from(&numbers)], &mut out).await.unwrap();
    assert!(out == right, "{len} elements");
    let (x, y) = (gpu.empty(len).unwrap(), gpu.empty(len).unwrap());
    gpu.write_async(&x, &numbers).await.unwrap();
    compiled.bind(&[(&x).into()], &y).unwrap().run_async().await.unwrap();
    let mut out = vec![f32::NAN; len];
    gpu.download_async(&y, &mut out).await.unwrap();
    assert!(out == right, "{len} elements");
}

#[test]
fn pollster_drives_them() {
    let gpu = or_skip!(open());
    for len in [0, 1, 1000, 3_000_000] {
        pollster::block_on(everything(gpu.clone(), len));
    }
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    pollster::block_on(everything(Gpu::from_device(device, queue), 100_000));
}

#[test]
fn tokio_drives_many_at_a_time_on_one_thread() {
    let gpu = or_skip!(open());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let local = tokio::task::LocalSet::new();
        let jobs: Vec<_> = (0..20).map(|job| local.spawn_local(everything(gpu.clone(), 1000 * job))).collect();
        local.await;
        for job in jobs {
            job.await.unwrap();
        }
    });
}

#[test]
fn they_can_be_sent_to_other_threads() {
    let gpu = or_skip!(open());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
    let jobs: Vec<_> = (0..20).map(|job| runtime.spawn(everything(gpu.clone(), 10_000 * job))).collect();
    jobs.into_iter().for_each(|job| runtime.block_on(job).unwrap());
}

#[test]
fn the_thread_that_polls_is_never_blocked() {
    let gpu = or_skip!(open());
    let (numbers, kernel) = (whole(2_000_000), "horner256".parse::<crossover::Workload>().unwrap().kernel);
    let compiled = gpu.compile(&kernel).unwrap();
    let mut out = vec![0.0; numbers.len()];
    let args = [Arg::from(&numbers)];
    let mut run = pin!(compiled.run_async(&args, &mut out));
    // Polled once, it has been sent to the device, which takes longer than that.
    assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    pollster::block_on(run).unwrap();
}

#[test]
fn a_future_may_be_dropped_at_any_time() {
    let gpu = or_skip!(open());
    let numbers = whole(3_000_000);
    let compiled = gpu.compile(&Kernel::parse("2*x + 1").unwrap()).unwrap();
    for polls in 0..12 {
        let mut out = vec![0.0; numbers.len()];
        let args = [Arg::from(&numbers)];
        let mut run = Box::pin(compiled.run_async(&args, &mut out));
        for _ in 0..polls {
            if let Poll::Ready(done) = run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                done.unwrap();
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        drop(run);
        pollster::block_on(everything(gpu.clone(), 1000));
    }
    gpu.trim();
    let array = gpu.upload(&numbers).unwrap();
    let mut out = vec![0.0; numbers.len()];
    let mut download = Box::pin(gpu.download_async(&array, &mut out));
    _ = download.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(download);
    assert!(host(&gpu, &array) == numbers);
}

#[test]
fn a_lost_device_ends_them_with_an_error() {
    let gpu = or_skip!(open());
    let numbers = whole(2_000_000);
    let compiled = gpu.compile(&Kernel::parse("2*x + 1").unwrap()).unwrap();
    let mut out = vec![0.0; numbers.len()];
    let args = [Arg::from(&numbers)];
    let mut run = Box::pin(compiled.run_async(&args, &mut out));
    let first = run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    gpu.device().destroy();
    if first.is_pending() {
        // What was submitted may still be done; what comes after is not.
        _ = pollster::block_on(run.as_mut());
    }
    drop(run);
    let error = pollster::block_on(compiled.run_async(&args, &mut out)).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
}
