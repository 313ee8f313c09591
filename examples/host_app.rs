//! An application that owns a `wgpu` device and has elementwise work done on it, on data that is already there.
//!
//! Particles fly for a hundred frames. In each frame the application records its own commands and lets a kernel add its
//! dispatch to the same encoder; nothing is read back until the end, and the device stays the application's.
//!
//! `cargo run --release --example host_app`

use std::error::Error;

use crossover::{Backend, Gpu, Kernel, formula, wgpu};

formula! {
    /// One step of a flight: the position a moment later.
    fn Fly(moment, position, velocity) { moment * velocity + position }
}

const PARTICLES: usize = 100_000;
const FRAMES: usize = 100;

/// The application's own device, opened as it likes: here with the limits that WebGPU promises everywhere.
fn open_device() -> Result<(wgpu::Device, wgpu::Queue), Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?;
    Ok(pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (device, queue) = open_device()?;
    let gpu = Gpu::from_device(device.clone(), queue.clone());
    println!("the application's device: {}", gpu.info());

    let start: Vec<f32> = (0..PARTICLES).map(|index| index as f32).collect();
    let velocity: Vec<f32> = (0..PARTICLES).map(|index| (index % 7) as f32 - 3.0).collect();
    let velocity = gpu.upload(&velocity)?;
    // A kernel does not write where it reads, so the positions go back and forth between two arrays.
    let (here, there) = (gpu.upload(&start)?, gpu.empty(PARTICLES)?);

    let kernel = gpu.compile(&Kernel::new("fly", Fly))?;
    let moment = 0.25;
    let steps = [
        kernel.bind(&[moment.into(), (&here).into(), (&velocity).into()], &there)?,
        kernel.bind(&[moment.into(), (&there).into(), (&velocity).into()], &here)?,
    ];

    for frame in 0..FRAMES {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        // … the application's own passes …
        steps[frame % 2].encode(&mut encoder);
        // … which may read the new positions from `there.buffer()` or `here.buffer()` …
        queue.submit([encoder.finish()]);
    }

    let mut end = vec![0.0; PARTICLES];
    gpu.download(&here, &mut end)?;
    println!("particle 8 flew from {} to {} in {FRAMES} frames", start[8], end[8]);
    // All of it is exact in f32: a particle with velocity v is now 100 · 0.25 · v further.
    for (index, (start, end)) in start.iter().zip(&end).enumerate() {
        let velocity = (index % 7) as f32 - 3.0;
        assert_eq!(*end, start + velocity * 25.0, "particle {index}");
    }
    Ok(())
}
