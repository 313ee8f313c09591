//! Estimates for machines that were never calibrated: right within a factor of two or three where the machine is usual, and
//! called estimates wherever they are used.

use std::collections::BTreeMap;

use super::estimate::{Curve, Estimate};
use super::machine::{Card, Core, Machine, Team};
use crate::backend::{CHUNK, Info, Isa};

/// How far off a figure may be.
const SPREAD: f64 = 1.5;

fn about(seconds: f64) -> Estimate {
    Estimate::within(seconds, SPREAD)
}

/// Returns a curve over working sets, from bytes in use and seconds a byte; `share` of the time where several share the work.
fn curve(points: &[(f64, f64)]) -> Curve {
    Curve { points: points.iter().map(|(bytes, seconds)| (*bytes, about(*seconds))).collect() }
}

/// Returns the machine that these backends are.
pub(super) fn machine(infos: &[Info]) -> Machine {
    let isa = infos.iter().find(|info| info.has_lanes()).and_then(|info| info.isa);
    let threads = infos.iter().filter_map(|info| info.threads).max().unwrap_or(1);
    let device = infos.iter().find_map(|info| info.device.as_ref());
    Machine {
        scalar: core(Isa::Scalar),
        lanes: core(isa.unwrap_or(Isa::Wide)),
        team: team(threads),
        card: device.map(|device| if device.software { software() } else { hardware() }),
    }
}

/// Returns what was measured on a Xeon of 2023 with AVX-512, at each instruction set; what is slower there is likely to be
/// slower elsewhere.
fn core(isa: Isa) -> Core {
    let (simple, near) = match isa {
        Isa::Scalar => (0.25e-9, 0.055e-9),
        Isa::Avx512 => (0.011e-9, 0.007e-9),
        Isa::Avx2 => (0.022e-9, 0.009e-9),
        _ => (0.06e-9, 0.018e-9),
    };
    let far = |seconds: f64| seconds.max(near);
    let copy = curve(&[(24e3, near), (1e6, far(0.012e-9)), (16e6, far(0.05e-9)), (256e6, far(0.08e-9))]);
    let fold = curve(&[(24e3, near), (1e6, far(0.012e-9)), (16e6, far(0.035e-9)), (256e6, far(0.06e-9))]);
    // A pass reads and writes eight bytes.
    let operators = BTreeMap::from([("copy".to_owned(), about(8.0 * near))]);
    Core { call: about(15e-9), pass: about(10e-9), join: about(50e-9), simple: about(simple), operators, copy, fold }
}

/// Cores share the memory, and half of them may be the other half's second thread.
fn team(threads: usize) -> Team {
    let threads = threads as f64;
    let memory = threads.min(4.0);
    let speedup = (0.75 * threads).max(1.0);
    let shared = |near: f64, far: f64| curve(&[(1e6, near / speedup), (16e6, near / speedup), (256e6, far / memory)]);
    Team {
        fork: about(1.5e-6 + 0.2e-6 * threads),
        speedup: Estimate::within(speedup, 1.3),
        copy: shared(0.02e-9, 0.08e-9),
        fold: shared(0.015e-9, 0.06e-9),
    }
}

/// Returns a GPU of its own memory in a desktop of these years: 16 lanes of PCIe 4, of which one copy gets half.
fn hardware() -> Card {
    Card {
        latency: about(80e-6),
        submit: about(40e-6),
        upload: about(1.0 / 10e9),
        download: about(1.0 / 10e9),
        memory: about(1.0 / 400e9),
        simple: about(1.0 / 5e12),
        overlap: 0.5,
        chunk: CHUNK,
    }
}

/// Returns the figures of llvmpipe on a core or two.
fn software() -> Card {
    Card {
        latency: about(120e-6),
        submit: about(90e-6),
        upload: about(0.1e-9),
        download: about(0.1e-9),
        memory: about(0.3e-9),
        simple: about(0.1e-9),
        overlap: 0.5,
        chunk: CHUNK,
    }
}
