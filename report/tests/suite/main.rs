//! Reports whose every figure is known beforehand, in every form that they are written in.

#[path = "../../../src/sweep/costs.rs"]
mod costs;
mod forms;
mod golden;
mod page;
#[path = "../../../src/sweep/simulated.rs"]
mod simulated;
