//! The measurements.

use std::time::{Duration, Instant};

use crossover::{Arg, Backend, DeviceArg, Gpu, Kernel, Prepared, Result, Workload, wgpu};

use super::bare::Bare;

/// Runs of which a figure is the median, and for how long one case may take.
const RUNS: usize = 21;
const PATIENCE: Duration = Duration::from_secs(4);

/// Everything that was found on one adapter. Times are in seconds, lengths in elements, rates in bytes per second.
pub struct Found {
    pub adapter: String,
    pub software: bool,
    /// A copy on the device, read and written bytes together.
    pub copy: Vec<(usize, f64)>,
    pub resident: Vec<Resident>,
    pub host: Vec<Host>,
    pub short: Short,
    pub memory: crossover::GpuMemory,
}

/// A kernel on arrays of the device.
pub struct Resident {
    pub workload: String,
    pub len: usize,
    /// By the device's clock, if it has one.
    pub kernel: Option<f64>,
    /// From the submission until the host knows that it is done.
    pub wall: f64,
    /// Bytes read and written.
    pub bytes: f64,
}

/// A kernel on arrays of the host.
pub struct Host {
    pub workload: String,
    pub len: usize,
    pub total: f64,
    /// Upload, compute, download, as the run reports them.
    pub stages: [f64; 3],
    /// One copy on the host of all bytes that go up, and one of those that come down.
    pub copies: f64,
}

/// Poly on 1000 elements of the host.
pub struct Short {
    pub ours: f64,
    pub bare: f64,
}

pub fn all(gpu: &Gpu, largest: usize) -> Result<Found> {
    let lengths: Vec<usize> = (3..9).map(|power| 10_usize.pow(power)).filter(|len| *len <= largest).collect();
    let device = gpu.info().device;
    let mut found = Found {
        adapter: gpu.info().to_string(),
        software: device.is_some_and(|device| device.software),
        copy: Vec::new(),
        resident: Vec::new(),
        host: Vec::new(),
        short: short(gpu)?,
        memory: gpu.memory(),
    };
    for len in lengths {
        found.copy.push((len, copy(gpu, len)?));
        for name in ["poly", "axpy", "exp", "horner256"] {
            let workload = if name == "exp" { Workload::parse("exp(x)")? } else { name.parse()? };
            found.resident.push(resident(gpu, name, &workload, len)?);
            found.host.push(host(gpu, name, &workload, len)?);
            gpu.trim();
        }
    }
    found.memory = gpu.memory();
    Ok(found)
}

/// The median time of several runs, after a warm one.
fn median(mut run: impl FnMut() -> Result<f64>) -> Result<f64> {
    run()?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < RUNS && (times.len() < 3 || begin.elapsed() < PATIENCE) {
        times.push(run()?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn timed<T>(action: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    action()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The device's rate when it copies from one buffer to another: of a submission with many copies, less one with a few.
fn copy(gpu: &Gpu, len: usize) -> Result<f64> {
    let (from, to) = (gpu.upload(&vec![1.0; len])?, gpu.empty(len)?);
    let run = |copies: usize| {
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        for _ in 0..copies {
            encoder.copy_buffer_to_buffer(from.buffer(), 0, to.buffer(), 0, 4 * len as u64);
        }
        let submission_index = Some(gpu.queue().submit([encoder.finish()]));
        let polled = gpu.device().poll(wgpu::PollType::Wait { submission_index, timeout: None });
        assert!(polled.is_ok(), "{polled:?}");
        Ok(())
    };
    let many = (20_000_000 / len).clamp(8, 400);
    let difference = median(|| {
        let few = timed(|| run(2))?;
        Ok(timed(|| run(2 + many))? - few)
    })?;
    Ok(8.0 * len as f64 * many as f64 / difference)
}

fn resident(gpu: &Gpu, name: &str, workload: &Workload, len: usize) -> Result<Resident> {
    let data = workload.data(len, 1);
    let args = data.args(len);
    let mut arrays = Vec::new();
    for arg in &args {
        arrays.push(match arg {
            Arg::Array(array) => Some(gpu.upload(array.as_slice().unwrap_or_default())?),
            _ => None,
        });
    }
    let inputs: Vec<DeviceArg<'_>> = std::iter::zip(&arrays, &args)
        .map(|(array, arg)| array.as_ref().map_or_else(|| DeviceArg::Scalar(arg.at(0)), DeviceArg::Array))
        .collect();
    let out = gpu.empty(len)?;
    let bound = gpu.compile(&workload.kernel)?.bind(&inputs, &out)?;
    let mut result = vec![0.0; len];
    bound.run()?;
    gpu.download(&out, &mut result)?;
    check(gpu, &workload.kernel, &args, &result)?;
    let wall = median(|| timed(|| bound.run()))?;
    let kernel = match bound.time()? {
        Some(_) => Some(median(|| Ok(bound.time()?.unwrap_or_default().as_secs_f64()))?),
        None => None,
    };
    let bytes = 4.0 * len as f64 * (1 + arrays.iter().flatten().count()) as f64;
    Ok(Resident { workload: name.to_owned(), len, kernel, wall, bytes })
}

fn host(gpu: &Gpu, name: &str, workload: &Workload, len: usize) -> Result<Host> {
    let data = workload.data(len, 1);
    let args = data.args(len);
    let mut out = vec![0.0; len];
    let mut prepared: Box<dyn Prepared> = gpu.prepare(&workload.kernel)?;
    prepared.run(&args, &mut out)?;
    check(gpu, &workload.kernel, &args, &out)?;
    let mut stages: Vec<[f64; 3]> = Vec::new();
    let mut copies = Vec::new();
    let mut copy = vec![0.0_f32; len];
    let total = median(|| {
        // Between two runs the same bytes are copied on the host, so that the two are of the same moment.
        let start = Instant::now();
        for arg in &args {
            if let Arg::Array(array) = arg {
                copy.copy_from_slice(array.as_slice().unwrap_or_default());
                std::hint::black_box(&mut copy);
            }
        }
        out.copy_from_slice(&copy);
        std::hint::black_box(&mut out);
        copies.push(start.elapsed().as_secs_f64());
        let time = timed(|| prepared.run(&args, &mut out))?;
        let found: Vec<f64> = prepared.stages().iter().map(|stage| stage.time.as_secs_f64()).collect();
        stages.push([found[0], found[1], found[2]]);
        Ok(time)
    })?;
    let middle = |values: Vec<f64>| {
        let mut values = values;
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let stages = [0, 1, 2].map(|stage| middle(stages.iter().map(|times| times[stage]).collect()));
    Ok(Host { workload: name.to_owned(), len, total, stages, copies: middle(copies) })
}

/// Poly on a short array, and the bare calls for it, in turn.
fn short(gpu: &Gpu) -> Result<Short> {
    const LEN: usize = 1000;
    let workload: Workload = "poly".parse()?;
    let data = workload.data(LEN, 1);
    let args = data.args(LEN);
    let [Arg::Array(x)] = args[..] else { unreachable!("poly takes one array") };
    let x: &[f32] = x.as_slice().unwrap_or_default();
    let bare = Bare::new(gpu.device(), gpu.queue(), LEN);
    let mut prepared = gpu.prepare(&workload.kernel)?;
    let mut out = vec![0.0; LEN];
    bare.run(x, &mut out);
    check(gpu, &workload.kernel, &args, &out)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        ours.push(timed(|| prepared.run(&args, &mut out))?);
        theirs.push(timed(|| {
            bare.run(x, &mut out);
            Ok(())
        })?);
    }
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    Ok(Short { ours: ours[ours.len() / 2], bare: theirs[theirs.len() / 2] })
}

/// Every element is within the bound of the GPU's arithmetic.
fn check(gpu: &Gpu, kernel: &Kernel, args: &[Arg<'_>], out: &[f32]) -> Result<()> {
    // The oracle takes longer than all else; the first and the last elements are where mistakes are.
    const EACH: usize = 10_000;
    for from in [0, out.len().saturating_sub(EACH)] {
        let len = EACH.min(out.len() - from);
        let args: Vec<_> = args.iter().map(|arg| arg.part(from, len)).collect();
        let bounds = kernel.bounds(gpu.info().arithmetic, &args, len)?;
        for (index, (bound, result)) in bounds.iter().zip(&out[from..]).enumerate() {
            assert!(bound.admits(*result), "{}: element {}: {result:e}", kernel.name(), from + index);
        }
    }
    Ok(())
}
