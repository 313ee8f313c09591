//! Arrays that stay on the device, and parts of them.

use crossover::{Arg, Backend, DeviceArg, Error, Gpu, Kernel, Workload, formula};

use super::{host, poly, whole};
use crate::common::gpu::{host_device, open, stingy_limits};
use crate::common::{Reference, assert_right};

/// Runs axpy on arrays of the device, twice, and judges it.
fn run_resident(gpu: &Gpu, len: usize) {
    let workload: Workload = "axpy".parse().unwrap();
    let data = workload.data(len, 1);
    let args = data.args(len);
    let [Arg::Scalar(a), Arg::Array(x), Arg::Array(y)] = args[..] else { panic!("axpy takes a, x and y") };
    let (x, y, out) = (
        gpu.upload(x.as_slice().unwrap()).unwrap(),
        gpu.upload(y.as_slice().unwrap()).unwrap(),
        gpu.empty(len).unwrap(),
    );
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

/// Reduces arrays of the device into one number there, and judges it.
fn fold_resident(gpu: &Gpu, lengths: &[usize]) {
    let texts = ["sum(a*x)", "mean(a*x)", "max(a*x)", "std(a*x)", "argmin(a*x)", "any(a*x > 9)", "nanmax(a*x)"];
    for (number, text) in texts.into_iter().enumerate() {
        let kernel = Kernel::parse(text).unwrap();
        let compiled = gpu.compile(&kernel).unwrap();
        let out = gpu.empty(1).unwrap();
        // The oracle takes its time over millions.
        for len in lengths.iter().filter(|len| number < 3 || **len < 1 << 20) {
            let data = "poly".parse::<Workload>().unwrap().data(*len, 2);
            let [Arg::Array(x)] = data.args(*len)[..] else { panic!("poly takes x") };
            let x = x.as_slice().unwrap();
            let array = gpu.upload(x).unwrap();
            compiled.bind(&[2.5.into(), (&array).into()], &out).unwrap().run().unwrap();
            let mut result = [f32::NAN];
            gpu.download(&out, &mut result).unwrap();
            let reference = Reference::new(&kernel, &[Arg::from(2.5), Arg::from(x)], *len);
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
    assert!(matches!(sum.bind(&[(&two).into()], &two), Err(Error::ReductionOutput { found: 2, .. })));
}

#[test]
fn a_fold_of_resident_arrays_keeps_to_stingy_limits() {
    let (device, queue) = or_skip!(host_device(stingy_limits()));
    // A dispatch has 16 workgroups, of 512 elements each.
    fold_resident(&Gpu::from_device(device, queue), &[1, 511, 513, 8191, 8192, 8193, 16_384]);
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
fn a_run_tells_its_stages() {
    let gpu = or_skip!(open());
    let mut prepared = gpu.prepare(&poly()).unwrap();
    prepared.run(&[Arg::from(1.0)], &mut [0.0; 1000]).unwrap();
    let names: Vec<_> = prepared.stages().iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["upload", "compute", "download"]);
    assert!(prepared.stages().iter().all(|stage| !stage.time.is_zero()));
}

#[test]
fn parts_of_arrays_need_not_begin_where_a_binding_can() {
    let gpu = or_skip!(open());
    let numbers = whole(5000);
    let kernel = gpu.compile(&Kernel::parse("2*x + y").unwrap()).unwrap();
    let (x, y) = (gpu.upload(&numbers).unwrap(), gpu.upload(&numbers).unwrap());
    // Blocks of four and a binding's step of some hundred bytes: at, before and behind both.
    for (from, at, to, len) in
        [(0, 0, 0, 5), (1, 2, 3, 1001), (4, 8, 12, 1000), (64, 0, 64, 333), (63, 65, 1, 4094), (4, 4, 4, 1)]
    {
        let out = gpu.upload(&[-7.0; 5000]).unwrap();
        let part = |array: &crossover::DeviceArray, from: usize| array.slice(from..from + len).unwrap();
        let bound = kernel.bind(&[(&part(&x, from)).into(), (&part(&y, at)).into()], &part(&out, to)).unwrap();
        bound.run().unwrap();
        let mut right = vec![-7.0; 5000];
        for index in 0..len {
            right[to + index] = 2.0 * numbers[from + index] + numbers[at + index];
        }
        assert!(host(&gpu, &out) == right, "{from}, {at} to {to}, {len} elements: all of them, and no others");
    }
    assert_eq!(host(&gpu, &x.slice(10..).unwrap().slice(..=5).unwrap()), numbers[10..16]);
    assert!(matches!(x.slice(4990..5001), Err(Error::Range { start: 4990, end: 5001, len: 5000, .. })));
    assert!(x.slice(5000..).unwrap().is_empty());
}

#[test]
fn an_output_may_be_an_input_or_beside_it() {
    let gpu = or_skip!(open());
    let numbers = whole(1003);
    let kernel = gpu.compile(&Kernel::parse("2*x + y").unwrap()).unwrap();
    let (x, y) = (gpu.upload(&numbers).unwrap(), gpu.upload(&numbers).unwrap());
    let bound = kernel.bind(&[(&x).into(), (&y).into()], &x).unwrap();
    bound.run().unwrap();
    bound.run().unwrap();
    // 2·(2·n + n) + n
    assert_eq!(host(&gpu, &x), numbers.iter().map(|n| 7.0 * n).collect::<Vec<_>>());
    // Two halves of one buffer: one read, the other written.
    let all = gpu.upload(&whole(2000)).unwrap();
    let (low, high) = (all.slice(..1000).unwrap(), all.slice(1000..).unwrap());
    kernel.bind(&[(&low).into(), 1.0.into()], &high).unwrap().run().unwrap();
    assert_eq!(host(&gpu, &high), whole(1000).iter().map(|n| 2.0 * n + 1.0).collect::<Vec<_>>());
    assert_eq!(host(&gpu, &low), whole(1000));
    let across = all.slice(500..1500).unwrap();
    let refused = kernel.bind(&[(&low).into(), 1.0.into()], &across).unwrap_err();
    assert!(matches!(&refused, Error::Overlap { input, .. } if input == "x"), "{refused}");
    // A sum goes into an array that has its elements, but not into one of these.
    let sum = gpu.compile(&Kernel::parse("sum(x)").unwrap()).unwrap();
    sum.bind(&[(&low.slice(1..).unwrap()).into()], &low.slice(..1).unwrap()).unwrap().run().unwrap();
    assert_eq!(host(&gpu, &low)[0], whole(1000)[1..].iter().sum::<f32>());
    assert!(matches!(sum.bind(&[(&low).into()], &low.slice(1..2).unwrap()), Err(Error::Overlap { .. })));
}

#[test]
fn numbers_are_exchanged_without_binding_anew() {
    let gpu = or_skip!(open());
    let (x, out) = (gpu.upload(&[1.0, 2.0]).unwrap(), gpu.empty(2).unwrap());
    let bound = gpu.compile(&Kernel::parse("a*x").unwrap()).unwrap().bind(&[3.0.into(), (&x).into()], &out).unwrap();
    bound.run().unwrap();
    assert_eq!(host(&gpu, &out), [3.0, 6.0]);
    bound.set_numbers(&[("a", -1.0)]).unwrap();
    bound.run().unwrap();
    assert_eq!(host(&gpu, &out), [-1.0, -2.0]);
    assert!(matches!(bound.set_numbers(&[("x", 0.0)]), Err(Error::Invalid { .. })));
    let unknown = bound.set_numbers(&[("a", 5.0), ("y", 0.0)]).unwrap_err();
    assert!(matches!(&unknown, Error::Invalid { given, .. } if given == "y"), "{unknown}");
    bound.run().unwrap();
    assert_eq!(host(&gpu, &out), [-1.0, -2.0], "a refusal changes nothing");
}

#[test]
fn the_device_tells_how_long_it_took() {
    let gpu = or_skip!(open());
    let (x, out) = (gpu.upload(&whole(100_000)).unwrap(), gpu.empty(100_000).unwrap());
    let bound = gpu.compile(&poly()).unwrap().bind(&[(&x).into()], &out).unwrap();
    let has_clock = gpu.device().features().contains(crossover::wgpu::Features::TIMESTAMP_QUERY);
    assert_eq!(bound.time().unwrap().is_some(), has_clock);
    assert!(bound.time().unwrap().is_none_or(|time| !time.is_zero()));
}

#[test]
fn two_threads_exchange_numbers_and_none_is_lost() {
    let gpu = or_skip!(open());
    let (x, out) = (gpu.upload(&[1.0]).unwrap(), gpu.empty(1).unwrap());
    let kernel = gpu.compile(&Kernel::parse("a*x + b").unwrap()).unwrap();
    let bound = kernel.bind(&[0.0.into(), (&x).into(), 0.0.into()], &out).unwrap();
    // Each thread sets its own number at the same time as the other.
    let start = std::sync::Barrier::new(2);
    for round in 1..=500 {
        std::thread::scope(|scope| {
            for (name, number) in [("a", round as f32), ("b", -1000.0 * round as f32)] {
                let (bound, start) = (&bound, &start);
                scope.spawn(move || {
                    start.wait();
                    (0..8).for_each(|step| bound.set_numbers(&[(name, step as f32)]).unwrap());
                    bound.set_numbers(&[(name, number)]).unwrap();
                });
            }
        });
        bound.run().unwrap();
        assert_eq!(host(&gpu, &out), [-999.0 * round as f32], "round {round}");
    }
}
