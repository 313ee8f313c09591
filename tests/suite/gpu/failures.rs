//! Errors of a device: each is typed, and the next run works, or says why it does not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossover::{Arg, Backend, Error, Gpu, Kernel, wgpu};

use super::{expected, poly, whole};
use crate::common::gpu::{host_device, open};

/// Runs poly on arrays of the host, and looks at every element.
fn works(gpu: &Gpu, len: usize) {
    let numbers = whole(len);
    let mut out = vec![f32::NAN; len];
    let kernel = Kernel::parse("2*x + 1").unwrap();
    gpu.run(&kernel, &[Arg::from(&numbers)], &mut out).unwrap();
    assert!(out == expected(&kernel, &[Arg::from(&numbers)], len), "{len} elements");
}

#[test]
fn a_lost_device_is_an_error_and_nothing_worse() {
    let gpu = or_skip!(open());
    let mut prepared = gpu.prepare(&poly()).unwrap();
    let mut out = [0.0; 1000];
    prepared.run(&[Arg::from(&[0.5; 1000])], &mut out).unwrap();
    gpu.device().destroy();
    let error = prepared.run(&[Arg::from(&[0.5; 1000])], &mut out).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    assert!(gpu.upload(&[1.0]).is_err());
    // The same adapter, opened again, works.
    works(&gpu.reopen().unwrap(), 1000);
}

#[test]
fn a_host_that_loses_its_device_gets_errors_too() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue);
    let mut prepared = gpu.prepare(&poly()).unwrap();
    let (x, y) = (gpu.upload(&[1.0]).unwrap(), gpu.empty(1).unwrap());
    let bound = gpu.compile(&poly()).unwrap().bind(&[(&x).into()], &y).unwrap();
    device.destroy();
    assert!(prepared.run(&[Arg::from(1.0)], &mut [0.0; 10]).is_err());
    assert!(bound.run().is_err());
    assert!(gpu.download(&y, &mut [0.0]).is_err());
    assert!(gpu.compile(&poly()).is_err() || gpu.upload(&[1.0]).is_err());
    let error = bound.run().unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
}

#[test]
fn an_error_outside_of_every_call_is_told_by_the_next_and_forgotten() {
    let gpu = or_skip!(open());
    let mistake =
        wgpu::BufferDescriptor { label: None, size: 16, usage: wgpu::BufferUsages::empty(), mapped_at_creation: false };
    let _invalid = gpu.device().create_buffer(&mistake);
    let told = gpu.upload(&[1.0]).unwrap_err();
    assert!(matches!(told, Error::Device { .. }), "{told}");
    gpu.upload(&[1.0]).unwrap();
}

#[test]
fn a_device_that_is_destroyed_in_mid_run_is_an_error() {
    let gpu = or_skip!(open());
    let numbers = whole(10_000_000);
    let kernel = Kernel::parse("2*x + 1").unwrap();
    let mut out = vec![0.0; numbers.len()];
    let mut prepared = gpu.prepare(&kernel).unwrap();
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            gpu.device().destroy();
        });
        // It may be done before.
        (0..50).find_map(|_| prepared.run(&[Arg::from(&numbers)], &mut out).err())
    });
    assert!(matches!(done, Some(Error::DeviceLost { .. })), "{done:?}");
    works(&gpu.reopen().unwrap(), 1000);
}

#[test]
fn a_run_that_takes_too_long_is_given_up() {
    let gpu = or_skip!(open());
    let kernel = "horner256".parse::<crossover::Workload>().unwrap().kernel;
    let numbers = whole(2_000_000);
    let mut out = vec![0.0; numbers.len()];
    let mut prepared = gpu.prepare(&kernel).unwrap();
    gpu.set_timeout(Some(Duration::from_nanos(1)));
    let error = prepared.run(&[Arg::from(&numbers)], &mut out).unwrap_err();
    assert!(matches!(error, Error::Timeout { limit } if limit == Duration::from_nanos(1)), "{error}");
    let compiled = gpu.compile(&kernel).unwrap();
    let error = pollster::block_on(compiled.run_async(&[Arg::from(&numbers)], &mut out)).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    gpu.set_timeout(None);
    prepared.run(&[Arg::from(&numbers)], &mut out).unwrap();
    works(&gpu, 100_000);
    gpu.set_timeout(Some(Duration::from_secs(3600)));
    works(&gpu, 100_000);
}

#[test]
fn a_callback_of_the_host_that_panics_spoils_nothing() {
    let gpu = or_skip!(open());
    let panics = || gpu.queue().on_submitted_work_done(|| panic!("the host's own callback"));
    panics();
    // A caller that polls the device calls the host's callback: its panic is the host's.
    let ran = catch_unwind(AssertUnwindSafe(|| works(&gpu, 1000)));
    println!("while the callback panicked: {}", if ran.is_ok() { "done" } else { "the panic came through" });
    works(&gpu, 1000);
    let kernel = gpu.compile(&poly()).unwrap();
    let mut out = [0.0; 1000];
    panics();
    // For a future another thread polls, which continues; but the thread that submits may call the callback, too.
    let run = || pollster::block_on(kernel.run_async(&[Arg::from(1.0)], &mut out));
    let ran = catch_unwind(AssertUnwindSafe(run));
    println!("while the callback panicked: {ran:?}");
    pollster::block_on(kernel.run_async(&[Arg::from(1.0)], &mut out)).unwrap();
    assert_eq!(out, [3.0; 1000]);
    works(&gpu, 1000);
}

#[test]
fn two_hundred_callers_share_a_device() {
    let gpu = or_skip!(open());
    std::thread::scope(|scope| {
        for caller in 0..200 {
            let gpu = &gpu;
            let work = move || works(gpu, 1000 + caller);
            std::thread::Builder::new().stack_size(1 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
    // All of their memory is the pool's again, or idle.
    gpu.trim();
    assert!(gpu.memory().in_use <= 4096, "{:?}", gpu.memory());
}

#[test]
fn no_memory_is_an_error_with_both_numbers() {
    let gpu = or_skip!(open());
    gpu.set_limit(Some(1 << 20));
    let error = gpu.empty(1 << 20).unwrap_err();
    assert!(matches!(error, Error::TooLarge { needed: 4_194_304, limit: 1_048_576, .. }), "{error}");
    // What streams takes smaller chunks.
    works(&gpu, 3_000_000);
    assert!(gpu.memory().peak <= 1 << 20, "{:?}", gpu.memory());
    gpu.set_limit(None);
    gpu.empty(1 << 20).unwrap();
}

/// The system refuses: a process that may have little memory of its own asks a software adapter for more.
#[cfg(target_os = "linux")]
#[test]
fn an_allocation_that_cannot_succeed_is_an_error() {
    const INSIDE: &str = "CROSSOVER_TEST_LITTLE_MEMORY";
    if std::env::var_os(INSIDE).is_some() {
        let gpu = open().unwrap();
        let arrays: Result<Vec<_>, _> = (0..1000).map(|_| gpu.empty(100_000_000)).collect();
        let error = arrays.unwrap_err();
        assert!(matches!(error, Error::OutOfMemory { .. } | Error::DeviceLost { .. }), "{error}");
        println!("told: {error}");
        match gpu.upload(&[1.0, 2.0]) {
            Ok(_) => works(&gpu, 1000),
            Err(lost) => {
                assert!(matches!(lost, Error::DeviceLost { .. }), "{lost}");
                works(&gpu.reopen().unwrap(), 1000);
            }
        }
        return;
    }
    let gpu = or_skip!(open());
    if !gpu.info().device.is_some_and(|device| device.software) {
        return println!("skipped: only a software adapter's memory can be limited from here");
    }
    let me = std::env::current_exe().unwrap();
    let test = "gpu::failures::an_allocation_that_cannot_succeed_is_an_error";
    let limited = format!("ulimit -v 6000000; exec '{}' --exact {test} --nocapture", me.display());
    let output = std::process::Command::new("sh").args(["-c", &limited]).env(INSIDE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("told: "), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Asserts that an array of another device is refused wherever one is taken, and that nothing was written to either.
fn strangers(gpu: &Gpu, own: &[f32], strange: &crossover::DeviceArray) {
    let len = own.len();
    let (array, kernel) = (gpu.upload(own).unwrap(), gpu.compile(&Kernel::parse("2*x + y").unwrap()).unwrap());
    let says = |done: crossover::Result<()>, name: &str| {
        let error = done.unwrap_err();
        assert!(matches!(&error, Error::OtherDevice { what, .. } if what.contains(name)), "{error}");
        assert!(error.to_string().contains("Gpu::upload"), "{error}");
    };
    says(kernel.bind(&[(&array).into(), strange.into()], &array).map(drop), "input `y`");
    says(kernel.bind(&[strange.into(), 1.0.into()], &array).map(drop), "input `x`");
    says(kernel.bind(&[(&array).into(), 1.0.into()], strange).map(drop), "the output");
    says(
        kernel.bind(&[(&strange.slice(..1).unwrap()).into(), 1.0.into()], &array.slice(..1).unwrap()).map(drop),
        "`x`",
    );
    says(gpu.write(strange, &vec![7.0; len]), "written");
    says(pollster::block_on(gpu.write_async(strange, &vec![7.0; len])), "written");
    says(gpu.download(strange, &mut vec![0.0; len]), "downloaded");
    says(pollster::block_on(gpu.download_async(strange, &mut vec![0.0; len])), "downloaded");
    let mut out = vec![0.0; len];
    gpu.download(&array, &mut out).unwrap();
    assert_eq!(out, own);
}

#[test]
fn an_array_of_another_device_is_refused_by_name() {
    let (first, second) = (or_skip!(open()), or_skip!(open()));
    // The first buffers of two instances have the same ids.
    let (one, two) = (first.upload(&[1.0, 2.0]).unwrap(), second.upload(&[3.0, 4.0]).unwrap());
    strangers(&first, &[5.0, 6.0], &two);
    strangers(&second, &[7.0, 8.0], &one);
    assert_eq!((super::host(&first, &one), super::host(&second, &two)), (vec![1.0, 2.0], vec![3.0, 4.0]));
}

#[test]
fn an_array_of_a_lost_device_is_refused_by_the_one_opened_again() {
    let old = or_skip!(open());
    let array = old.upload(&[1.0, 2.0]).unwrap();
    old.device().destroy();
    let new = old.reopen().unwrap();
    strangers(&new, &[3.0, 4.0], &array);
    works(&new, 1000);
    drop(old);
    strangers(&new, &[3.0, 4.0], &array);
}

#[test]
fn arrays_of_a_hosts_devices_are_told_apart_and_those_of_one_device_are_shared() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let other = or_skip!(host_device(wgpu::Limits::default()));
    let (one, two) = (Gpu::from_device(device.clone(), queue.clone()), Gpu::from_device(device, queue));
    let other = Gpu::from_device(other.0, other.1);
    let (x, y, z) = (one.upload(&[1.0, 2.0]).unwrap(), two.empty(2).unwrap(), other.upload(&[3.0, 4.0]).unwrap());
    // A host may call `from_device` more than once.
    let kernel = two.compile(&Kernel::parse("2*x + 1").unwrap()).unwrap();
    kernel.bind(&[(&x).into()], &y).unwrap().run().unwrap();
    assert_eq!(super::host(&one, &y), [3.0, 5.0]);
    one.write(&y, &[5.0, 6.0]).unwrap();
    assert_eq!(super::host(&two, &y), [5.0, 6.0]);
    // The second device of the same number, in another instance.
    strangers(&one, &[5.0, 6.0], &z);
    strangers(&other, &[5.0, 6.0], &x);
    strangers(&or_skip!(open()), &[5.0, 6.0], &x);
}
