//! What the tests share: the backends, and numbers that are hard to get right.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod functions;

use crossover::auto::Policy;
use crossover::bound::Bound;
use crossover::{Arg, Arithmetic, Auto, Backend, Info, Isa, Kernel, Loop, Reduction, Simd, Threads, Workload};

/// One reduction of each number of planes, and those of one plane that have most to do.
pub const REDUCTIONS: [Reduction; 7] = [
    Reduction::Sum,
    Reduction::Mean,
    Reduction::Min,
    Reduction::Max,
    Reduction::Prod,
    Reduction::Var,
    Reduction::ArgMax,
];

/// A backend to test, or why it is not here.
pub type Subject = Result<Box<dyn Backend>, String>;

pub fn plain_loop() -> Subject {
    Ok(Box::new(Loop))
}

pub fn simd(isa: Isa) -> Subject {
    match Simd::with_isa(isa) {
        Ok(simd) => Ok(Box::new(simd)),
        Err(error) => Err(error.to_string()),
    }
}

pub fn threads(threads: usize) -> Subject {
    Ok(Box::new(Threads::with_threads(threads).unwrap()))
}

/// Whichever CPU backend the shipped estimates choose.
pub fn auto() -> Subject {
    let members: Vec<Box<dyn Backend>> = vec![Box::new(Loop), Box::new(Simd::new()), Box::new(Threads::new())];
    Ok(Box::new(Auto::of(members, Policy::default()).unwrap()))
}

/// The GPU, or the reason to skip its tests; under `CROSSOVER_REQUIRE_GPU=1` there is no such reason.
#[cfg(feature = "gpu")]
pub mod gpu {
    use super::Subject;
    use crossover::auto::{Among, Policy};
    use crossover::{Auto, Gpu, Simd, wgpu};

    /// Fails if GPUs are required.
    fn missing(reason: String) -> String {
        assert!(
            std::env::var("CROSSOVER_REQUIRE_GPU").as_deref() != Ok("1"),
            "CROSSOVER_REQUIRE_GPU is set, but: {reason}"
        );
        reason
    }

    pub fn open() -> Result<Gpu, String> {
        Gpu::open().map_err(|error| missing(error.to_string()))
    }

    pub fn opened() -> Subject {
        Ok(Box::new(open()?))
    }

    /// The GPU or SIMD, whichever the shipped estimates choose.
    pub fn auto() -> Subject {
        let policy = Policy { among: Among::Software, ..Policy::default() };
        Ok(Box::new(Auto::of(vec![Box::new(Simd::new()), Box::new(open()?)], policy).unwrap()))
    }

    /// The adapter that a host application finds.
    pub fn host_adapter() -> Result<wgpu::Adapter, String> {
        let descriptor = wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        };
        let instance = wgpu::Instance::new(descriptor);
        let adapter = pollster::block_on(instance.request_adapter(&Default::default()));
        adapter.map_err(|error| missing(error.to_string()))
    }

    /// A device as a host application opens it, with limits of its own.
    pub fn host_device(limits: wgpu::Limits) -> Result<(wgpu::Device, wgpu::Queue), String> {
        let adapter = host_adapter()?;
        let descriptor = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
        Ok(pollster::block_on(adapter.request_device(&descriptor)).unwrap())
    }

    /// With the limits that WebGPU promises everywhere.
    pub fn borrowed() -> Subject {
        let (device, queue) = host_device(wgpu::Limits::default())?;
        Ok(Box::new(Gpu::from_device(device, queue)))
    }

    /// With next to nothing: 64 KiB a buffer, 4 workgroups a dimension of 64 invocations each.
    pub fn stingy_limits() -> wgpu::Limits {
        wgpu::Limits {
            max_buffer_size: 64 << 10,
            max_storage_buffer_binding_size: 64 << 10,
            max_storage_buffers_per_shader_stage: 4,
            max_compute_workgroups_per_dimension: 4,
            max_compute_workgroup_size_x: 64,
            max_compute_invocations_per_workgroup: 64,
            ..wgpu::Limits::default()
        }
    }

    pub fn stingy() -> Subject {
        let (device, queue) = host_device(stingy_limits())?;
        Ok(Box::new(Gpu::from_device(device, queue)))
    }
}

/// Lengths around the boundaries of lanes, blocks, chunks and workgroups.
pub const LENGTHS: [usize; 16] = [0, 1, 3, 15, 16, 17, 63, 64, 65, 127, 129, 1000, 4097, 65_536, 65_537, 1_000_003];

/// Numbers that find mistakes: zeros, subnormals, extremes, infinities, NaN, and the neighbours of whole numbers.
pub const SPICY: [f32; 22] = [
    0.0,
    -0.0,
    f32::from_bits(1),
    -f32::from_bits(0x7f_ffff),
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    f32::MAX,
    f32::MIN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    1.0,
    -1.0,
    1.0 - f32::EPSILON / 2.0,
    -1.5,
    2.5,
    -2.999_999_8,
    8_388_608.5,
    -16_777_216.0,
    1e-20,
    -1e20,
    1e-38,
];

/// `len` numbers: the spicy ones among those of a workload's own distribution.
pub fn spiced(plain: &[f32], turn: usize) -> Vec<f32> {
    let each = |(index, plain): (usize, &f32)| match (index + turn) % 3 {
        0 => SPICY[(index / 3 + turn * 5) % SPICY.len()],
        _ => *plain,
    };
    plain.iter().enumerate().map(each).collect()
}

/// The workload's inputs for `len` elements, with spicy numbers in every array. A scalar is an array of one number.
pub fn spicy_inputs(workload: &Workload, len: usize) -> Vec<Vec<f32>> {
    let data = workload.data(len, 7);
    let args = data.args(len);
    let fill = |(turn, arg): (usize, &Arg<'_>)| match arg {
        Arg::Array(array) => spiced(array.as_slice().unwrap(), turn),
        other => vec![other.at(0).as_f32()],
    };
    args.iter().enumerate().map(fill).collect()
}

/// Arguments of these arrays: of one that `scalars` marks, its first number.
pub fn args<'a>(inputs: &'a [Vec<f32>], scalars: &[bool]) -> Vec<Arg<'a>> {
    let arg = |(array, scalar): (&'a Vec<f32>, &bool)| if *scalar { Arg::from(array[0]) } else { Arg::from(array) };
    inputs.iter().zip(scalars).map(arg).collect()
}

/// What an output holds before a kernel runs: unlikely results, of which none is both.
const POISONS: [f32; 2] = [f32::from_bits(0x7fc0_1234), 12_345.678];

/// Runs a kernel once. What was not written is seen by its poison; a result that is one by chance is not the other as well.
pub fn run(backend: &dyn Backend, kernel: &Kernel, inputs: &[Arg<'_>], len: usize) -> Vec<f32> {
    let run = |poison: f32| {
        let mut out = vec![poison; len];
        backend.run(kernel, inputs, &mut out).unwrap_or_else(|error| panic!("{}: {error}", backend.info()));
        // Counted, not searched for: the compiler widens a loop that goes to the end.
        let left = out.iter().filter(|x| x.to_bits() == poison.to_bits()).count();
        (out, left)
    };
    let (out, left) = run(POISONS[0]);
    assert!(left == 0 || run(POISONS[1]).1 == 0, "{}: {left} elements were not written", backend.info());
    out
}

/// The bits, with one pattern for every NaN.
pub fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

/// What results are judged by: those of the loop, and the oracle of each arithmetic.
pub struct Reference {
    name: String,
    expected: Vec<f32>,
    ieee: Vec<Bound>,
    wgsl: Vec<Bound>,
}

impl Reference {
    pub fn new(kernel: &Kernel, inputs: &[Arg<'_>], len: usize) -> Self {
        Reference {
            name: kernel.name().to_owned(),
            expected: run(&Loop, kernel, inputs, kernel.output_len(len)),
            ieee: kernel.bounds(Arithmetic::Ieee, inputs, len).unwrap(),
            wgsl: kernel.bounds(Arithmetic::Wgsl, inputs, len).unwrap(),
        }
    }

    /// Asserts that the first results are right: on a CPU the very bits of the loop, and everywhere within the bound of the
    /// backend's arithmetic.
    pub fn judge(&self, info: &Info, result: &[f32]) {
        let at = |index: usize| format!("{info}, `{}` of {}, element {index}", self.name, result.len());
        let bounds = match info.arithmetic {
            Arithmetic::Ieee => &self.ieee,
            Arithmetic::Wgsl => &self.wgsl,
        };
        for (index, (result, bound)) in result.iter().zip(bounds).enumerate() {
            let (value, wide) = (bound.value, bound.bound);
            assert!(bound.admits(*result), "{}: {result:e} is not within {wide:e} of {value:e}", at(index));
        }
        if info.arithmetic == Arithmetic::Ieee {
            for (index, (result, expected)) in result.iter().zip(&self.expected).enumerate() {
                assert_eq!(bits(*result), bits(*expected), "{}: {result:e}, the loop has {expected:e}", at(index));
            }
        }
    }
}

/// Asserts that a backend's result is right, as [`Reference::judge`] says.
pub fn assert_right(backend: &dyn Backend, kernel: &Kernel, inputs: &[Arg<'_>], result: &[f32]) {
    Reference::new(kernel, inputs, result.len()).judge(&backend.info(), result);
}
