//! What only a GPU does: resident arrays, a host application's encoder, a device that is lost.
#![cfg(feature = "gpu")]

mod common;

use common::gpu::{host_device, open, stingy_limits};
use common::{Reference, assert_right};
use crossover::{Arg, Backend, DeviceArg, Error, Gpu, Kernel, Workload, formula, wgpu};

/// The GPU, or leave the test with a word.
macro_rules! or_skip {
    ($gpu:expr) => {
        match $gpu {
            Ok(gpu) => gpu,
            Err(reason) => return println!("skipped: {reason}"),
        }
    };
}

fn poly() -> Kernel {
    "poly".parse::<Workload>().unwrap().kernel
}

/// Runs axpy on arrays of the device, twice, and judges it.
fn run_resident(gpu: &Gpu, len: usize) {
    let workload: Workload = "axpy".parse().unwrap();
    let data = workload.data(len, 1);
    let args = data.args(len);
    let [Arg::Scalar(a), Arg::Array(x), Arg::Array(y)] = args[..] else { panic!("axpy takes a, x and y") };
    let (x, y, out) = (gpu.upload(x).unwrap(), gpu.upload(y).unwrap(), gpu.empty(len).unwrap());
    let compiled = gpu.compile(&workload.kernel).unwrap();
    let bound = compiled.bind(&[a.into(), (&x).into(), (&y).into()], &out).unwrap();
    for _ in 0..2 {
        bound.run().unwrap();
        let mut result = vec![f32::NAN; len];
        gpu.download(&out, &mut result).unwrap();
        assert_right(gpu, &workload.kernel, &args, &result);
    }
}

#[test]
fn resident_arrays_need_no_copy() {
    let gpu = or_skip!(open());
    for len in [1, 255, 256, 257, 100_003] {
        run_resident(&gpu, len);
    }
}

#[test]
fn resident_arrays_may_be_longer_than_a_dispatch() {
    // 4 × 4 workgroups of 64 invocations: a dispatch covers 1024 elements, and a buffer of 64 KiB has 16 384.
    let (device, queue) = or_skip!(host_device(stingy_limits()));
    let gpu = Gpu::from_device(device, queue);
    for len in [1023, 1024, 1025, 16_384] {
        run_resident(&gpu, len);
    }
    let error = gpu.empty(16_385).unwrap_err();
    assert!(matches!(error, Error::TooLarge { needed: 65_540, limit: 65_536, .. }), "{error}");
}

/// Folds arrays of the device into one number there, and judges it.
fn fold_resident(gpu: &Gpu, lengths: &[usize]) {
    for text in ["sum(a*x)", "mean(a*x)", "max(a*x)"] {
        let kernel = Kernel::parse(text).unwrap();
        let compiled = gpu.compile(&kernel).unwrap();
        let out = gpu.empty(1).unwrap();
        for len in lengths {
            let data = "poly".parse::<Workload>().unwrap().data(*len, 2);
            let [Arg::Array(x)] = data.args(*len)[..] else { panic!("poly takes x") };
            let array = gpu.upload(x).unwrap();
            compiled.bind(&[2.5.into(), (&array).into()], &out).unwrap().run().unwrap();
            let mut result = [f32::NAN];
            gpu.download(&out, &mut result).unwrap();
            let reference = Reference::new(&kernel, &[Arg::Scalar(2.5), Arg::from(x)], *len);
            reference.judge(&gpu.info(), &result);
        }
    }
}

#[test]
fn a_fold_of_resident_arrays_stays_on_the_device() {
    let gpu = or_skip!(open());
    // One workgroup folds 2048 elements: one level, two, three.
    fold_resident(&gpu, &[1, 255, 2047, 2048, 2049, 100_003, 4_194_304, 4_194_305]);
    let sum = gpu.compile(&Kernel::parse("sum(x)").unwrap()).unwrap();
    let (nothing, out) = (gpu.empty(0).unwrap(), gpu.upload(&[7.0]).unwrap());
    sum.bind(&[(&nothing).into()], &out).unwrap().run().unwrap();
    let mut result = [f32::NAN];
    gpu.download(&out, &mut result).unwrap();
    assert_eq!(result, [0.0]);
    let least = gpu.compile(&Kernel::parse("min(x)").unwrap()).unwrap();
    assert!(matches!(least.bind(&[(&nothing).into()], &out), Err(Error::Empty { fold: "min" })));
    let two = gpu.empty(2).unwrap();
    assert!(matches!(sum.bind(&[(&two).into()], &two), Err(Error::FoldOutput { found: 2, .. })));
}

#[test]
fn a_fold_of_resident_arrays_keeps_to_stingy_limits() {
    let (device, queue) = or_skip!(host_device(stingy_limits()));
    // A dispatch has 16 workgroups, of 512 elements each.
    fold_resident(&Gpu::from_device(device, queue), &[1, 511, 513, 8191, 8192, 8193, 16_384]);
}

#[test]
fn a_kernel_goes_into_the_hosts_own_encoder() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue.clone());
    let input = [0.5, -1.0, 2.0];
    let (x, y, z) = (gpu.upload(&input).unwrap(), gpu.empty(3).unwrap(), gpu.empty(3).unwrap());
    let kernel = gpu.compile(&poly()).unwrap();
    let first = kernel.bind(&[(&x).into()], &y).unwrap();
    let second = kernel.bind(&[(&y).into()], &z).unwrap();
    let mut encoder = device.create_command_encoder(&Default::default());
    first.encode(&mut encoder);
    second.encode(&mut encoder);
    queue.submit([encoder.finish()]);
    let mut out = [0.0; 3];
    gpu.download(&z, &mut out).unwrap();
    let poly = |x: f32| x + x * x + x * x * x;
    assert_eq!(out, input.map(poly).map(poly));
    // The device outlives what was made from it.
    drop((gpu, kernel, first, second, x, y, z));
    let _alive = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 16,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
}

#[test]
fn lengths_are_checked_on_the_device_too() {
    let gpu = or_skip!(open());
    let (x, out) = (gpu.empty(3).unwrap(), gpu.empty(4).unwrap());
    let kernel = gpu.compile(&poly()).unwrap();
    let length = kernel.bind(&[DeviceArg::from(&x)], &out).unwrap_err();
    assert!(matches!(length, Error::Length { expected: 4, found: 3, .. }), "{length}");
    assert!(matches!(kernel.bind(&[], &out).unwrap_err(), Error::InputCount { .. }));
    assert!(matches!(gpu.download(&x, &mut [0.0; 4]).unwrap_err(), Error::Length { .. }));
}

#[test]
fn empty_arrays_are_fine() {
    let gpu = or_skip!(open());
    let (x, out) = (gpu.upload(&[]).unwrap(), gpu.empty(0).unwrap());
    let bound = gpu.compile(&poly()).unwrap().bind(&[(&x).into()], &out).unwrap();
    bound.run().unwrap();
    gpu.download(&out, &mut []).unwrap();
}

formula! { fn Four(a, b, c, d) { a + b + c + d } }

#[test]
fn too_many_inputs_are_refused_with_both_numbers() {
    let (device, queue) = or_skip!(host_device(stingy_limits()));
    let gpu = Gpu::from_device(device, queue);
    let error = gpu.compile(&Kernel::new("four", Four)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { needed: 5, limit: 4, .. }), "{error}");
}

#[test]
fn an_unused_input_is_fine() {
    formula! { fn First(a, _b) { a } }
    let gpu = or_skip!(open());
    let (kernel, a, b) = (Kernel::new("first", First), [1.0, 2.0], [3.0, 4.0]);
    let args = [Arg::from(&a), Arg::from(&b)];
    let mut out = [0.0; 2];
    gpu.run(&kernel, &args, &mut out).unwrap();
    Reference::new(&kernel, &args, 2).judge(&gpu.info(), &out);
}

#[test]
fn a_lost_device_is_an_error_and_nothing_worse() {
    let gpu = or_skip!(open());
    let mut prepared = gpu.prepare(&poly()).unwrap();
    let mut out = [0.0; 1000];
    prepared.run(&[Arg::from(&[0.5; 1000])], &mut out).unwrap();
    gpu.device().destroy();
    let error = prepared.run(&[Arg::from(&[0.5; 1000])], &mut out).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. } | Error::Device { .. }), "{error}");
    assert!(gpu.upload(&[1.0]).is_err());
    // Another device works.
    open().unwrap().run(&poly(), &[Arg::Scalar(1.0)], &mut out).unwrap();
    assert_eq!(out, [3.0; 1000]);
}

#[test]
fn a_host_that_loses_its_device_gets_errors_too() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue);
    let mut prepared = gpu.prepare(&poly()).unwrap();
    let (x, y) = (gpu.upload(&[1.0]).unwrap(), gpu.empty(1).unwrap());
    let bound = gpu.compile(&poly()).unwrap().bind(&[(&x).into()], &y).unwrap();
    device.destroy();
    assert!(prepared.run(&[Arg::Scalar(1.0)], &mut [0.0; 10]).is_err());
    assert!(bound.run().is_err());
    assert!(gpu.download(&y, &mut [0.0]).is_err());
    assert!(gpu.compile(&poly()).is_err() || gpu.upload(&[1.0]).is_err());
}

#[test]
fn an_error_outside_of_every_call_is_told_by_the_next_and_forgotten() {
    let gpu = or_skip!(open());
    let mistake = wgpu::BufferDescriptor {
        label: None,
        size: 16,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::MAP_WRITE,
        mapped_at_creation: false,
    };
    let _invalid = gpu.device().create_buffer(&mistake);
    let told = gpu.upload(&[1.0]).unwrap_err();
    assert!(matches!(told, Error::Device { .. }), "{told}");
    gpu.upload(&[1.0]).unwrap();
}

#[test]
fn a_run_tells_its_stages() {
    let gpu = or_skip!(open());
    let mut prepared = gpu.prepare(&poly()).unwrap();
    prepared.run(&[Arg::Scalar(1.0)], &mut [0.0; 1000]).unwrap();
    let names: Vec<_> = prepared.stages().iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["upload", "compute", "download"]);
    assert!(prepared.stages().iter().all(|stage| !stage.time.is_zero()));
}
