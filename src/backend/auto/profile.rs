//! A profile: what a calibration found, and which machine it is true of.

use std::fmt;

use super::estimate::{Curve, Estimate};
use super::machine::{Card, Core, Machine, Team};
use super::shipped;
use crate::backend::Info;
use crate::text::time;

/// The result of a calibration.
///
/// It has two parts, each with the identity of its hardware, so that the CPU's part stays valid when a GPU's driver changes.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub struct Profile {
    /// The form of this file.
    pub(crate) schema: u32,
    /// This crate's version: another one may be faster or slower.
    pub(crate) version: String,
    /// Seconds since 1970 when it was measured.
    pub(crate) measured: u64,
    /// What went on changing while it was measured, for people; empty if the calibration settled.
    pub(crate) unsettled: Vec<String>,
    /// How many times longer than at their best the samples took on average, by the median probe; none in a file from before
    /// it was noted.
    #[cfg_attr(feature = "profile", serde(default))]
    pub(crate) slowdown: Option<f64>,
    pub(crate) cpu: Processor,
    pub(crate) gpu: Option<Adapter>,
}

/// The CPU's part of a profile.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Processor {
    pub(crate) of: ProcessorKey,
    pub(crate) scalar: Core,
    pub(crate) lanes: Core,
    pub(crate) team: Team,
}

/// The GPU's part of a profile.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Adapter {
    pub(crate) of: AdapterKey,
    pub(crate) card: Card,
}

/// A processor, as far as it makes a difference.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct ProcessorKey {
    pub(crate) name: Option<String>,
    pub(crate) isa: String,
    pub(crate) threads: usize,
}

/// A GPU, as far as it makes a difference.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct AdapterKey {
    pub(crate) name: String,
    pub(crate) driver: String,
    pub(crate) api: String,
}

impl Profile {
    /// The form of this version's files.
    pub(crate) const SCHEMA: u32 = 1;

    /// The greatest [slowdown](Profile::slowdown) of a calm machine, and how much slower than before a machine may be.
    pub const CALM: f64 = 1.25;

    /// Returns what went on changing while it was measured, in words; empty if the calibration settled.
    pub fn unsettled(&self) -> &[String] {
        &self.unsettled
    }

    /// Returns how many times longer than at their best the calibration's samples took on average: near 1 on a calm machine.
    /// None in a profile of an earlier version, which did not note it.
    pub fn slowdown(&self) -> Option<f64> {
        self.slowdown
    }

    /// Returns whether nothing else seems to have run on the machine while it was measured.
    pub fn is_calm(&self) -> bool {
        self.unsettled.is_empty() && self.slowdown.is_none_or(|slowdown| slowdown <= Self::CALM)
    }

    /// Returns why this profile is not to replace another one unasked: it is of the same machine, which was calm then, and was
    /// busy now, or slow all the time. None if it may.
    pub fn objection(&self, before: &Profile) -> Option<String> {
        let slower = self.slower_than(before)?;
        if !before.is_calm() {
            return None;
        }
        if slower > Self::CALM {
            return Some(format!(
                "the machine took {slower:.2} times as long as when the profile that is there was measured"
            ));
        }
        let times = self.slowdown.unwrap_or(1.0);
        (!self.is_calm()).then(|| {
            format!(
                "something else ran on the machine: runs took {times:.2} times as long as at their best, and {} probe(s) \
                 went on changing",
                self.unsettled.len()
            )
        })
    }

    /// Returns how many times longer than another one of the same machine says this one's arithmetic and calls take; none if
    /// the other is of another machine or version.
    pub fn slower_than(&self, other: &Profile) -> Option<f64> {
        if self.version != other.version || self.cpu.of != other.cpu.of {
            return None;
        }
        let figures = |profile: &Profile| {
            let Processor { scalar, lanes, .. } = &profile.cpu;
            [scalar.call, scalar.simple, lanes.call, lanes.simple].map(|each| each.median)
        };
        let mut ratios: Vec<f64> =
            figures(self).into_iter().zip(figures(other)).map(|(ours, its)| ours / its).collect();
        ratios.retain(|ratio| ratio.is_finite());
        ratios.sort_unstable_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }
}

impl ProcessorKey {
    /// Returns the key of the open backends.
    pub(crate) fn of(infos: &[Info]) -> Self {
        let isa = infos.iter().find(|info| info.has_lanes()).or(infos.first()).and_then(|info| info.isa);
        ProcessorKey {
            name: crate::backend::processor(),
            isa: isa.map(|isa| isa.to_string()).unwrap_or_default(),
            threads: infos.iter().filter_map(|info| info.threads).max().unwrap_or(1),
        }
    }

    /// Returns what differs from another one, in words.
    fn difference(&self, here: &Self) -> Option<String> {
        let name = |key: &Self| key.name.clone().unwrap_or_else(|| "unknown".to_owned());
        if self.name != here.name {
            return Some(format!("it is of the processor {}, and this is {}", name(self), name(here)));
        }
        if self.isa != here.isa {
            return Some(format!("it is of the instruction set {}, and here it is {}", self.isa, here.isa));
        }
        let threads = (self.threads, here.threads);
        (threads.0 != threads.1).then(|| format!("it is of {} thread(s), and here are {}", threads.0, threads.1))
    }
}

impl AdapterKey {
    /// Returns the key of the open GPU.
    pub(crate) fn of(infos: &[Info]) -> Option<Self> {
        let device = infos.iter().find_map(|info| info.device.as_ref())?;
        Some(AdapterKey { name: device.name.clone(), driver: device.driver.clone(), api: device.api.clone() })
    }
}

/// One line for each part of the machine.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Processor { of, scalar, lanes, team } = &self.cpu;
        let rate = |curve: &Curve| {
            let rates = curve.points.iter().map(|(_, seconds)| format!("{:.0}", 1e-9 / seconds.median));
            rates.collect::<Vec<_>>().join(" ")
        };
        let arithmetic = |core: &Core| format!("{:.1} 10⁹ sums or products/s", 1e-9 / core.simple.median);
        writeln!(f, "{}", of.name.as_deref().unwrap_or("unknown processor"))?;
        writeln!(f, "loop     call {}, {}", time(scalar.call.median), arithmetic(scalar))?;
        writeln!(f, "simd     call {}, {} ({})", time(lanes.call.median), arithmetic(lanes), of.isa)?;
        let shared = format!("{:.2} times the arithmetic of one", team.speedup.median);
        writeln!(f, "threads  fork and join {}, {shared} ({} threads)", time(team.fork.median), of.threads)?;
        let sizes: Vec<_> = lanes.copy.points.iter().map(|(bytes, _)| short(*bytes)).collect();
        writeln!(f, "copying with {} in use, in GB/s", sizes.join(" "))?;
        writeln!(f, "         simd {}; threads {}", rate(&lanes.copy), rate(&team.copy))?;
        match &self.gpu {
            None => write!(f, "gpu      not measured"),
            Some(Adapter { of, card }) => {
                writeln!(f, "gpu      {}: latency {}", of.name, time(card.latency.median))?;
                let rate = |seconds: Estimate| format!("{:.1}", 1e-9 / seconds.median);
                let (up, down, own) = (rate(card.upload), rate(card.download), rate(card.memory));
                write!(f, "         upload {up}, download {down}, its own memory {own} GB/s")
            }
        }
    }
}

/// Returns bytes, such as `8K`.
fn short(bytes: f64) -> String {
    if bytes < 1048576.0 { format!("{:.0}K", bytes / 1024.0) } else { format!("{:.0}M", bytes / 1048576.0) }
}

/// The origin of a part of the model's figures.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Origin {
    /// A calibration of this machine.
    Calibrated {
        /// Whether its figures settled, on a [calm](Profile::is_calm) machine.
        settled: bool,
    },
    /// Estimates that come with this crate.
    Estimated {
        /// Why there is nothing better, and what to do.
        reason: String,
    },
}

/// The origins of a decision's figures.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "profile", derive(serde::Serialize))]
pub struct Source {
    /// Those of the CPU.
    pub cpu: Origin,
    /// Those of the GPU, if there is one.
    pub gpu: Option<Origin>,
}

impl Source {
    /// Returns whether every figure was measured on this machine.
    pub fn is_calibrated(&self) -> bool {
        let calibrated = |origin: &Origin| matches!(origin, Origin::Calibrated { .. });
        calibrated(&self.cpu) && self.gpu.as_ref().is_none_or(calibrated)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Calibrated { settled: true } => write!(f, "calibrated"),
            Origin::Calibrated { settled: false } => write!(f, "calibrated, but it did not settle"),
            Origin::Estimated { reason } => write!(f, "estimates, as {reason}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.gpu {
            Some(gpu) if *gpu != self.cpu => write!(f, "the CPU's figures are {}; the GPU's are {gpu}", self.cpu),
            _ => write!(f, "{}", self.cpu),
        }
    }
}

/// What to do about figures that are not measured.
const REMEDY: &str = "run `crossover calibrate`";

/// Returns the model of the machine that these backends are, from a profile as far as it is of that machine, and else from what
/// comes with this crate. `absent` says why there is no profile.
pub(super) fn machine(infos: &[Info], profile: Option<&Profile>, absent: &str) -> (Machine, Source) {
    let here = ProcessorKey::of(infos);
    let mut machine = shipped::machine(infos);
    let estimated = |reason: &str| Origin::Estimated { reason: format!("{reason}; {REMEDY}") };
    let stale = |profile: &Profile| {
        let version = env!("CARGO_PKG_VERSION");
        (profile.version != version)
            .then(|| format!("the profile is of version {}, and this is {version}", profile.version))
    };
    let settled = |profile: &Profile| Origin::Calibrated { settled: profile.is_calm() };
    let cpu = match profile {
        None => estimated(absent),
        Some(profile) => match stale(profile).or_else(|| profile.cpu.of.difference(&here)) {
            Some(why) => estimated(&format!("the profile is stale: {why}")),
            None => {
                let Processor { scalar, lanes, team, .. } = profile.cpu.clone();
                machine = Machine { scalar, lanes, team, ..machine };
                settled(profile)
            }
        },
    };
    let gpu = AdapterKey::of(infos).map(|here| match profile.map(|profile| (profile, &profile.gpu)) {
        None => estimated(absent),
        Some((_, None)) => estimated("the profile was made without this GPU"),
        Some((profile, Some(adapter))) if adapter.of == here && stale(profile).is_none() => {
            machine.card = Some(adapter.card.clone());
            settled(profile)
        }
        Some((_, Some(Adapter { of, .. }))) => estimated(&format!(
            "the profile is stale: it is of {} with {}, and this is {} with {}",
            of.name, of.driver, here.name, here.driver
        )),
    });
    (machine, Source { cpu, gpu })
}
