//! The `auto` backend: its decisions on a simulated machine, its profiles, and what it does when something fails.

mod decisions;
mod failing;
mod machine;
#[cfg(feature = "profile")]
mod profiles;
