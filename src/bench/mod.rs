//! The measuring kit that calibration, regret and the sweep share: clock, samples, contenders, statistics, and workloads.

pub mod axis;
pub mod calibrate;
pub mod ceiling;
pub(crate) mod chain;
pub mod clock;
pub mod contender;
pub mod contenders;
#[cfg(feature = "gpu")]
pub mod device;
pub mod environment;
pub mod interleave;
pub mod interval;
#[cfg(feature = "profile")]
pub mod number;
pub mod quantiles;
pub mod random;
pub mod regime;
pub mod regret;
pub mod sampler;
pub mod sizes;
pub mod workload;
