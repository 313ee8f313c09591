//! The sweep: the same kernels on every backend, over a range of sizes, verified and then timed.
//!
//! In order: [`Sizes`] are the numbers of elements; a [`Contender`] is one way to run a kernel, whose output is verified
//! against the oracle and timed with a [`Clock`]; the [`Report`] has the measurements and the [`Ceilings`], the peak rates of
//! the machine's memory and arithmetic. Its [`Analysis`] has the crossover points and warnings. The package
//! `crossover-report` writes both as a table, CSV, JSON, plots and a page.
//!
//! Instead of the number of elements, a sweep can [vary](Vary) chunks, threads or the work for each element.
//!
//! How measurements are made:
//!
//! * A contender whose output is wrong anywhere has no time, but a failure in the report.
//! * Preparing, the input data and the output's memory are outside the timer, unless the [`Regime`] says otherwise, and each
//!   contender has run before. The time of its first call is reported [separately](Measurement::first_seconds).
//! * Contenders are interleaved, trial by trial, so that a slower minute of the machine hits all alike.
//! * Short runs are timed many at once, so that a sample lasts long enough for the clock.

mod analysis;
mod ceilings;
mod compare;
mod crossing;
mod crossover;
mod finding;
mod load;
mod observer;
mod reference;
mod report;
mod resume;
mod round;
mod run;
mod settings;
mod vary;
mod verify;
mod warning;

#[cfg(test)]
mod costs;
#[cfg(test)]
mod disturbed;
#[cfg(test)]
mod fake;
#[cfg(all(test, feature = "profile"))]
mod golden;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;

pub use crate::bench::axis::{Axis, Varied};
pub use crate::bench::ceiling::{Bandwidth, Ceilings, CpuCeiling, DeviceBandwidth, GpuCeiling};
pub use crate::bench::clock::{Clock, SystemClock};
pub use crate::bench::contender::{Contender, Host, Runner};
pub use crate::bench::contenders::contenders;
#[cfg(feature = "gpu")]
pub use crate::bench::device::OnDevice;
pub use crate::bench::environment::{Difference, Environment};
pub use crate::bench::interleave::interleave;
pub use crate::bench::interval::Interval;
pub use crate::bench::quantiles::Quantiles;
pub use crate::bench::regime::Regime;
pub use crate::bench::regret::{Case, Regret};
pub use crate::bench::sizes::Sizes;
pub use analysis::Analysis;
pub use compare::{Change, Comparison};
pub use crossover::{Crossover, Found};
pub use observer::Observer;
pub use reference::Reference;
pub use report::{Failure, Measurement, Missing, Place, Report, Series};
pub use settings::Sweep;
pub use vary::Vary;
pub use verify::Mismatch;
pub use warning::Warning;
