//! The options of `auto`.

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use crossover::Kind;
use crossover::auto::{Among, Goal, Policy};

use super::names::Names;

#[derive(Args, Clone, Copy)]
#[group(skip)]
pub struct Options {
    /// What to minimise: the time of one call (latency), or of many concurrent calls (throughput)
    #[arg(long, value_enum, default_value_t = Wish::Latency)]
    goal: Wish,
    /// Use this backend, whatever is predicted
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = Names::backends().try_map(kind),
        hide_possible_values = true,
        conflicts_with_all = ["no_gpu", "gpu_required", "software"],
    )]
    only: Option<Kind>,
    /// Never use a GPU, and do not look for one
    #[arg(long, conflicts_with_all = ["gpu_required", "software"])]
    no_gpu: bool,
    /// Use a hardware GPU, or fail
    #[arg(long, conflicts_with = "software")]
    gpu_required: bool,
    /// Allow a software rasterizer, too
    #[arg(long)]
    software: bool,
}

#[derive(ValueEnum, Clone, Copy)]
enum Wish {
    Latency,
    Throughput,
}

fn kind(name: String) -> crossover::Result<Kind> {
    name.parse()
}

impl Options {
    /// Returns the policy for these options.
    pub fn policy(&self) -> Policy {
        let among = match self {
            Options { only: Some(kind), .. } => Among::Only(*kind),
            Options { no_gpu: true, .. } => Among::NoGpu,
            Options { gpu_required: true, .. } => Among::GpuRequired,
            Options { software: true, .. } => Among::Software,
            _ => Among::All,
        };
        let goal = match self.goal {
            Wish::Latency => Goal::Latency,
            Wish::Throughput => Goal::Throughput,
        };
        Policy { goal, among }
    }
}
