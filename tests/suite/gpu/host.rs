//! A host application's own device, buffers and encoders.

use crossover::{Arg, Error, Gpu, Kernel, formula, wgpu};
use wgpu::BufferUsages as Use;

use super::{expected, host, poly, whole};
use crate::common::gpu::{host_adapter, host_device, open, stingy_limits};

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

formula! { fn Four(a, b, c, d) { a + b + c + d } }

#[test]
fn too_many_inputs_are_refused_with_both_numbers() {
    let (device, queue) = or_skip!(host_device(stingy_limits()));
    let gpu = Gpu::from_device(device, queue);
    let error = gpu.compile(&Kernel::new("four", Four)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { needed: 5, limit: 4, .. }), "{error}");
}

fn buffer(device: &wgpu::Device, size: u64, usage: Use) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
}

#[test]
fn a_buffer_of_the_hosts_is_an_array() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue.clone());
    // 17 numbers: the buffer has no room for the rest of the last block of four.
    let vertices = buffer(&device, 4 * 17, Use::VERTEX | Use::STORAGE | Use::COPY_DST | Use::COPY_SRC);
    queue.write_buffer(&vertices, 0, bytemuck::cast_slice(&whole(17)));
    let kernel = gpu.compile(&poly()).unwrap();
    for (from, len) in [(0, 17), (0, 16), (3, 14), (16, 1)] {
        let array = gpu.borrow(vertices.slice(4 * from as u64..4 * (from + len) as u64)).unwrap();
        assert_eq!((array.offset(), array.buffer()), (4 * from as u64, &vertices));
        let out = gpu.empty(len).unwrap();
        kernel.bind(&[(&array).into()], &out).unwrap().run().unwrap();
        let right = expected(&poly(), &[Arg::from(&whole(17)[from..from + len])], len);
        assert_eq!(host(&gpu, &out), right);
        // And back into the host's own, in place.
        kernel.bind(&[(&out).into()], &array).unwrap();
    }
    let last = gpu.borrow(vertices.slice(4..)).unwrap();
    kernel.bind(&[(&last).into()], &last).unwrap().run().unwrap();
    let mut right = expected(&poly(), &[Arg::from(&whole(17))], 17);
    right[0] = whole(1)[0];
    assert_eq!(host(&gpu, &gpu.borrow(vertices.slice(..)).unwrap()), right);
}

#[test]
fn a_buffer_that_does_not_serve_is_refused_by_name() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue);
    let vertices = buffer(&device, 64, Use::VERTEX);
    let error = gpu.borrow(vertices.slice(..)).unwrap_err();
    assert!(matches!(&error, Error::Usage { missing, .. } if missing == "STORAGE"), "{error}");
    let storage = buffer(&device, 64, Use::STORAGE);
    assert!(matches!(gpu.borrow(storage.slice(2..6)), Err(Error::Invalid { .. })));
    assert!(matches!(gpu.borrow(storage.slice(4..10)), Err(Error::Invalid { .. })));
    let array = gpu.borrow(storage.slice(..)).unwrap();
    let error = gpu.download(&array, &mut [0.0; 16]).unwrap_err();
    assert!(matches!(&error, Error::Usage { missing, .. } if missing == "COPY_SRC"), "{error}");
    let error = gpu.write(&array, &[0.0; 16]).unwrap_err();
    assert!(matches!(&error, Error::Usage { missing, .. } if missing == "COPY_DST"), "{error}");
    // To compute with it takes no more than STORAGE.
    gpu.compile(&poly()).unwrap().bind(&[(&array).into()], &array).unwrap().run().unwrap();
}

#[test]
fn a_host_that_asks_for_what_serves_best_gets_it() {
    let adapter = or_skip!(host_adapter());
    let wishes = Gpu::required(&adapter);
    assert_eq!(wishes.required_limits, adapter.limits());
    assert!(adapter.features().contains(wishes.required_features));
    let (device, queue) = pollster::block_on(adapter.request_device(&wishes)).unwrap();
    let gpu = Gpu::from_device(device, queue);
    let numbers = whole(100_000);
    let mut out = vec![0.0; numbers.len()];
    let kernel = Kernel::parse("3*x").unwrap();
    gpu.run(&kernel, &[Arg::from(&numbers)], &mut out).unwrap();
    assert_eq!(out, expected(&kernel, &[Arg::from(&numbers)], numbers.len()));
}

#[test]
fn what_a_host_has_encoded_survives_what_it_was_made_from() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue.clone());
    let out = gpu.empty(1000).unwrap();
    let mut encoder = device.create_command_encoder(&Default::default());
    let x = gpu.upload(&whole(1000)).unwrap();
    gpu.compile(&poly()).unwrap().bind(&[(&x).into()], &out).unwrap().encode(&mut encoder);
    // The memory of x is not used for others, as long as the encoder may be submitted.
    drop(x);
    let others: Vec<_> = (0..4).map(|_| gpu.upload(&[f32::NAN; 1000]).unwrap()).collect();
    queue.submit([encoder.finish()]);
    assert_eq!(host(&gpu, &out), expected(&poly(), &[Arg::from(&whole(1000))], 1000));
    drop(others);
}

#[test]
fn only_the_host_opens_its_device_again() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let error = Gpu::from_device(device, queue).reopen().unwrap_err();
    assert!(error.to_string().contains("Gpu::from_device"), "{error}");
    or_skip!(open()).reopen().unwrap();
}

#[test]
fn a_buffer_that_is_invalid_or_destroyed_is_refused_when_it_is_borrowed() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let gpu = Gpu::from_device(device.clone(), queue);
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    // Larger than the device allows.
    let invalid = buffer(&device, device.limits().max_buffer_size + 4, Use::STORAGE | Use::COPY_SRC | Use::COPY_DST);
    assert!(pollster::block_on(scope.pop()).is_some());
    let destroyed = buffer(&device, 64, Use::STORAGE);
    destroyed.destroy();
    let other = or_skip!(host_device(wgpu::Limits::default())).0;
    // Its number is not taken on the other device.
    let strange: Vec<_> = (0..100).map(|_| buffer(&other, 64, Use::STORAGE)).collect();
    for buffer in [&invalid, &destroyed, &strange[99]] {
        let error = gpu.borrow(buffer.slice(..64)).unwrap_err();
        assert!(matches!(&error, Error::Invalid { what: "buffer", .. }), "{error}");
    }
    assert_eq!(host(&gpu, &gpu.upload(&[1.0, 2.0]).unwrap()), [1.0, 2.0]);
}

#[test]
fn a_mistake_of_the_hosts_leaves_the_gpu_as_it_is() {
    let (device, queue) = or_skip!(host_device(wgpu::Limits::default()));
    let host_gpu = Gpu::from_device(device.clone(), queue);
    for gpu in [host_gpu, or_skip!(open())] {
        let kernel = gpu.compile(&Kernel::parse("2*x").unwrap()).unwrap();
        let out = gpu.empty(16).unwrap();
        // A label is the host's to choose: an error that quotes it is no sign of a lost device.
        let mapped = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("what is invalid"),
            size: 64,
            usage: Use::STORAGE | Use::COPY_SRC | Use::COPY_DST,
            mapped_at_creation: true,
        });
        let array = gpu.borrow(mapped.slice(..)).unwrap();
        let bound = kernel.bind(&[(&array).into()], &out).unwrap();
        let error = bound.run().unwrap_err();
        assert!(matches!(&error, Error::Device { message } if message.contains("is invalid")), "{error}");
        mapped.unmap();
        bound.run().unwrap();
        assert_eq!(host(&gpu, &out), [0.0; 16]);
        // Nor is a buffer that the host destroys after it was bound.
        mapped.destroy();
        let error = bound.run().unwrap_err();
        assert!(matches!(&error, Error::Device { .. }), "{error}");
        let mut result = [0.0; 2];
        gpu.run(&Kernel::parse("2*x").unwrap(), &[Arg::from(&[1.0, 2.0])], &mut result).unwrap();
        assert_eq!(result, [2.0, 4.0]);
    }
}
