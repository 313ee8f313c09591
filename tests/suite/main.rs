//! The library's tests from outside, in one program: it links and optimises the library once.
//!
//! Programs of their own are `fork`, which forks; `scalar`, which reads its own machine code; and `soak`, which watches its
//! memory.

mod agree;
mod auto;
mod chunks;
#[path = "../common/mod.rs"]
mod common;
mod foreign;
mod functions;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(target_os = "linux")]
#[path = "../common/limited.rs"]
mod limited;
mod memory;
mod numpy;
mod parse;
mod random;
mod reduction;
mod special;
mod threads;
mod walls;
