//! What a [sweep](crossover::sweep) of the crate `crossover` found, written down.
//!
//! [`table`] is for a terminal, [`csv`] and [`json`] for other programs, [`plot`] and [`roofline`] are pictures, and [`page`]
//! is a self-contained report for a browser. [`json`] is also read back.
//!
//! ```
//! use crossover::sweep::Analysis;
//! use crossover::{Kind, Sweep};
//! use crossover_report::json;
//!
//! let report = Sweep::new().open(Kind::Loop).open(Kind::Simd).sizes("100,1e4".parse()?).run();
//! let mut file = Vec::new();
//! json::write(&report, &Analysis::of(&report), &mut file)?;
//! assert_eq!(json::read(&file[..])?.measurements, report.measurements);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod axis;
mod chart;
mod columns;
pub mod csv;
mod drawing;
mod font;
pub mod json;
mod look;
mod mark;
mod measured;
pub mod page;
pub mod plot;
mod raster;
pub mod roofline;
mod scale;
pub mod table;
mod view;

#[cfg(test)]
#[path = "../../src/sweep/simulated.rs"]
mod simulated;
