//! An application that owns a `wgpu` device and has elementwise work done on it, on data that is already there.
//!
//! Stars circle a centre. Their positions and velocities lie in the application's own vertex buffers, which it lends to
//! crossover; in each frame it records its own render pass, and the kernels add their dispatches to the same encoder before
//! it. Nothing is read back but the picture that is saved at the end, and the device stays the application's.
//!
//! `cargo run --release --example host_app [PICTURE.png]`

mod scene;

use std::error::Error;

use crossover::{Backend, BoundKernel, DeviceArray, Gpu, Kernel, wgpu};
use scene::Scene;

const STARS: usize = 100_000;
const FRAMES: usize = 150;
const STEP: f32 = 0.008;

/// The pull of a centre with a soft core, along one axis: the velocity a moment later.
const KICK: &str = "speed - step * here * rsqrt(here**2 + across**2 + 0.02)**3";
/// The position a moment later.
const DRIFT: &str = "fma(step, speed, here)";

/// Where the stars are and how they move, along both axes: each is an array, and a vertex buffer.
struct Stars {
    here: [DeviceArray; 2],
    speed: [DeviceArray; 2],
}

/// What moves the stars by one step, in order: all velocities first, then all positions. Each overwrites what it reads.
fn step(gpu: &Gpu, stars: &Stars) -> Result<Vec<BoundKernel>, crossover::Error> {
    let kick = gpu.compile(&Kernel::parse(KICK)?)?;
    let drift = gpu.compile(&Kernel::parse(DRIFT)?)?;
    let mut all = Vec::new();
    for axis in [0, 1] {
        let (here, across, speed) = (&stars.here[axis], &stars.here[1 - axis], &stars.speed[axis]);
        // In the order in which the formula names them: speed, step, here, across.
        all.push(kick.bind(&[speed.into(), STEP.into(), here.into(), across.into()], speed)?);
    }
    for axis in [0, 1] {
        let (here, speed) = (&stars.here[axis], &stars.speed[axis]);
        all.push(drift.bind(&[STEP.into(), speed.into(), here.into()], here)?);
    }
    Ok(all)
}

/// The application's own device, opened as it likes: here with the limits that WebGPU promises everywhere.
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
        // The render pass reads the very buffers that the kernels have written.
        scene.draw(&mut encoder);
        queue.submit([encoder.finish()]);
    }

    let picture = scene.picture(&device, &queue)?;
    let lit = picture.chunks(4).filter(|pixel| pixel[..3].iter().any(|channel| *channel > 60)).count();
    println!("{STARS} stars, {FRAMES} frames, {lit} pixels lit: {path}");
    assert!(lit > 10_000, "the stars are in the picture");
    scene::save(&path, &picture)
}
