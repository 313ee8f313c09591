//! Elementwise formulas on `f32` arrays: written once, and run as a plain loop, with SIMD, on all cores, or as a WGSL compute
//! shader on a GPU. The backend is chosen at run time; [`sweep`] measures the array size at which each becomes the fastest.
//!
//! ```text
//!  impl Formula<N> for Poly ──┬─ T = f32 ─────────► the loop
//!  (Rust, generic over Num)   ├─ T = lanes ───────► SIMD: wide, AVX2 + FMA, AVX-512, chosen at run time
//!                             ├─ T = Bounded ─────► the oracle and its error bound
//!                             └─ T = Symbol ─ trace ─┐
//!  "x + x**2 + x**3" ─────────── parse ──────────────┴─► Program ─┬─ lower ─► Code ─► WGSL ─► the GPU
//!                                                                 └─► the block interpreter on the same lanes
//!  Kernel { name, program, CPU code }
//!      Kind::open() ─► dyn Backend ── prepare(&kernel) ─► dyn Prepared ── run(inputs, outputs)
//!                                     once                                many times
//! ```
//!
//! # Choose a backend at run time
//!
//! ```
//! use crossover::{Kernel, formula};
//!
//! formula! {
//!     /// x + x² + x³
//!     fn Poly(x) { x + x * x + x * x * x }
//! }
//!
//! // `loop`, `simd`, `threads`, `gpu` or `auto`; `None` reads CROSSOVER_BACKEND, and defaults to `threads`.
//! let backend = crossover::open(Some("simd"))?;
//! let mut prepared = backend.prepare(&Kernel::new("poly", Poly))?;
//! let mut out = vec![0.0; 3];
//! prepared.run(&[(&[1.0, 2.0, 3.0]).into()], &mut out)?;
//! assert_eq!(out, [3.0, 14.0, 39.0]);
//! # Ok::<(), crossover::Error>(())
//! ```
//!
//! # Let a model of the machine choose
//!
//! [`Auto`] predicts the time of each other backend for a kernel and a length, from the profile that `crossover calibrate`
//! measured on this machine. It runs the fastest one, explains why, and falls back to the next on failure.
//!
//! ```
//! use crossover::auto::{Policy, Residency};
//! use crossover::{Auto, Workload};
//!
//! let auto = Auto::with(Policy::no_gpu())?;
//! let poly: Workload = "poly".parse()?;
//! let decision = auto.decide(&poly.kernel, 1_000_000, Residency::Host);
//! println!("{decision}");
//! assert_eq!(decision.candidates.len(), 3);
//! # Ok::<(), crossover::Error>(())
//! ```
//!
//! # A formula known at run time
//!
//! [`Kernel::parse`] parses a formula's text, written as for numexpr: [`mod@parse`] documents the language. `crossover eval`
//! runs it on `.npy` files. A [`Reduction`] reduces all elements to one number.
//!
//! ```
//! use crossover::Kernel;
//!
//! let energy = Kernel::parse("sum(0.5*m*(vx**2 + vy**2))")?;
//! assert_eq!(energy.inputs(), ["m", "vx", "vy"]);
//! let mut out = [0.0];
//! crossover::open(None)?.run(&energy, &[2.0.into(), (&[1.0, 2.0]).into(), (&[0.0, 3.0]).into()], &mut out)?;
//! assert_eq!(out, [14.0]);
//! # Ok::<(), crossover::Error>(())
//! ```
//!
//! # Run the size sweep
//!
//! ```
//! use crossover::{Kind, Sweep};
//!
//! let report = Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("100,1e4".parse()?).run();
//! for found in &report.measurements {
//!     println!("{} at {}: {:.3} ns per element", found.backend, found.elements, found.ns_per_element);
//! }
//! # Ok::<(), crossover::Error>(())
//! ```
//!
//! # Offload from a host application
//!
//! An application that owns a `wgpu` device lends it, keeps its data there, and records kernels into its own command encoders.
//! `examples/host_app` is a complete application; `examples/egui` does so within a frame of egui.
//!
#![cfg_attr(feature = "gpu", doc = "```no_run")]
#![cfg_attr(not(feature = "gpu"), doc = "```ignore")]
//! use crossover::{Gpu, Workload, wgpu};
//!
//! fn frame(device: &wgpu::Device, queue: &wgpu::Queue, vertices: &wgpu::Buffer) -> Result<(), crossover::Error> {
//!     let gpu = Gpu::from_device(device.clone(), queue.clone());
//!     let poly: Workload = "poly".parse()?;
//!     let (x, out) = (gpu.upload(&[1.0, 2.0, 3.0])?, gpu.borrow(vertices.slice(..12))?);
//!     let bound = gpu.compile(&poly.kernel)?.bind(&[(&x).into()], &out)?;
//!
//!     let mut encoder = device.create_command_encoder(&Default::default());
//!     bound.encode(&mut encoder);
//!     queue.submit([encoder.finish()]);
//!     Ok(())
//! }
//! ```
//!
//! # Guarantees
//!
//! * All CPU backends give the same bits, on every instruction set; NaNs are equal as a class.
//! * A GPU's results are within a bound that follows from the formula and from WGSL's guarantees: see [`bound`].
//! * Nothing in the environment makes it panic: see [`Error`].
//!
//! # Features
//!
//! * `gpu` (default): the `gpu` backend, through `wgpu`.
//! * `profile` (default): reads and writes the profile of `crossover calibrate`; and `serde` for a [`Report`](sweep::Report).
//!
//! The package `crossover-report` writes a sweep's report as a table, CSV, JSON, plots and a page; `crossover-cli` is the
//! command.
#![deny(unsafe_code)]
#![warn(missing_docs)]

// The files of tests that other packages share name this one as they do.
#[cfg(test)]
extern crate self as crossover;

pub mod backend;
mod bench;
mod error;
pub mod formula;
pub mod kernel;
pub mod num;
pub mod oracle;
pub mod sweep;
mod text;

pub use backend::auto::{self, Auto};
#[cfg(feature = "gpu")]
pub use backend::gpu::{BoundKernel, DeviceArg, DeviceArray, Gpu, GpuKernel, GpuMemory};
pub use backend::memory;
pub use backend::{Backend, Device, Info, Isa, Kind, Loop, Memory, Prepared, Simd, Stage, Threads, open};
pub use bench::workload::{self, Workload};
pub use error::{Error, ParseError, Result};
pub use formula::program::{self, Program};
pub use formula::reduction::{self, Reduction};
pub use formula::{Formula, parse, trace};
pub use kernel::arg::{Arg, Outputs};
pub use kernel::view::{Element, Out, View};
pub use kernel::{Kernel, wgsl};
pub use num::{Mask, Num, Scalar, Type, operator, ulp};
pub use oracle::{self as bound, Arithmetic};
pub use sweep::Sweep;
#[cfg(feature = "gpu")]
pub use wgpu;

/// What messages of the packages `crossover-report` and `crossover-cli` have in common with the library's.
#[doc(hidden)]
pub mod message {
    pub use crate::text::{grouped, listed, nearest, percent, short, shortened, threads, time, truncated, wrapped};
}

/// The examples of the README, which run as tests.
#[cfg(all(doctest, feature = "gpu"))]
#[doc = include_str!("../README.md")]
struct Readme;
