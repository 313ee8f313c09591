//! An application that owns a `wgpu` device and runs kernels on data that is already there.
//!
//! Stars orbit a centre. Their positions and velocities are in the application's own vertex buffers, which it lends to
//! crossover. In each frame the kernels add their dispatches to the application's encoder, before its render pass. Only the
//! picture is read back, at the end.
//!
//! `cargo run --release --example host_app [PICTURE.png]`

mod scene;

use std::error::Error;

use crossover::{Backend, BoundKernel, DeviceArray, Gpu, Kernel, wgpu};
use scene::Scene;

const STARS: usize = 100_000;
const FRAMES: usize = 150;
const STEP: f32 = 0.008;

/// The velocity after one step, along one axis, under the gravity of a centre with a soft core.
const KICK: &str = "speed - step * here * rsqrt(here**2 + across**2 + 0.02)**3";
/// The position after one step.
const DRIFT: &str = "fma(step, speed, here)";

/// The positions and velocities of the stars along both axes: arrays in vertex buffers.
struct Stars {
    here: [DeviceArray; 2],
    speed: [DeviceArray; 2],
}

/// Returns the kernels of one step, in order: first for the velocities, then for the positions. Each runs in place.
fn step(gpu: &Gpu, stars: &Stars) -> Result<Vec<BoundKernel>, crossover::Error> {
    let kick = gpu.compile(&Kernel::parse(KICK)?)?;
    let drift = gpu.compile(&Kernel::parse(DRIFT)?)?;
    let mut all = Vec::new();
    for axis in [0, 1] {
        let (here, across, speed) = (&stars.here[axis], &stars.here[1 - axis], &stars.speed[axis]);
        // In the order of their first use in the formula: speed, step, here, across.
        all.push(kick.bind(&[speed.into(), STEP.into(), here.into(), across.into()], speed)?);
    }
    for axis in [0, 1] {
        let (here, speed) = (&stars.here[axis], &stars.speed[axis]);
        all.push(drift.bind(&[STEP.into(), speed.into(), here.into()], here)?);
    }
    Ok(all)
}

/// Opens the application's own device, here with WebGPU's default limits.
fn open_device() -> Result<(wgpu::Device, wgpu::Queue), Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?;
    Ok(pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "target/host_app.png".to_owned());
    let (device, queue) = open_device()?;
    let scene = Scene::new(&device, &queue, &scene::galaxy(STARS));

    let gpu = Gpu::from_device(device.clone(), queue.clone());
    println!("the application's device: {}", gpu.info());
    let [x, y, u, v] = scene.arrays();
    let stars = Stars {
        here: [gpu.borrow(x.slice(..))?, gpu.borrow(y.slice(..))?],
        speed: [gpu.borrow(u.slice(..))?, gpu.borrow(v.slice(..))?],
    };
    let step = step(&gpu, &stars)?;

    for _ in 0..FRAMES {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        step.iter().for_each(|kernel| kernel.encode(&mut encoder));
        // The render pass reads the buffers that the kernels have written.
        scene.draw(&mut encoder);
        queue.submit([encoder.finish()]);
    }

    let picture = scene.picture(&device, &queue)?;
    let lit = picture.chunks(4).filter(|pixel| pixel[..3].iter().any(|channel| *channel > 60)).count();
    println!("{STARS} stars, {FRAMES} frames, {lit} pixels lit: {path}");
    assert!(lit > 10_000, "the stars are in the picture");
    scene::save(&path, &picture)
}
