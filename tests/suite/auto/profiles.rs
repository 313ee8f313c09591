//! Profiles: kept, and not trusted where they are not of this machine.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crossover::auto::{Auto, Origin, Policy, Profile, Stored};
use crossover::sweep::{Contender, Regime};
use crossover::{Backend, Kind};
use serde_json::Value;

use super::machine::{FakeClock, Slowed, all};

fn backends() -> Vec<Box<dyn Backend>> {
    all(&FakeClock::default(), Regime::Host).into_iter().map(|each| -> Box<dyn Backend> { Box::new(each) }).collect()
}

fn profile() -> Profile {
    let clock = FakeClock::default();
    let resident = all(&clock, Regime::Resident).into_iter().filter(|each| each.kind == Kind::Gpu);
    let contenders = all(&clock, Regime::Host).into_iter().chain(resident);
    let contenders: Vec<Box<dyn Contender>> = contenders.map(|each| -> Box<dyn Contender> { Box::new(each) }).collect();
    Profile::measure(&contenders, &clock, &mut ()).unwrap()
}

/// A profile on disk, with something changed.
fn stored(folder: &Path, change: impl FnOnce(&mut Value)) -> Stored {
    let path = folder.join("deep").join("profile.json");
    profile().save(&path).unwrap();
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(&path, serde_json::to_vec(&value).unwrap()).unwrap();
    Stored::read(&path)
}

fn origins(stored: &Stored) -> (Origin, Option<Origin>) {
    let profile = stored.profile.as_ref().unwrap();
    let source = Auto::of(backends(), Policy::default()).unwrap().profiled(profile).source().clone();
    (source.cpu, source.gpu)
}

fn reason(origin: &Origin) -> &str {
    match origin {
        Origin::Estimated { reason } => reason,
        Origin::Calibrated { .. } => panic!("{origin:?} is not an estimate"),
    }
}

#[test]
fn what_is_saved_is_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile.json");
    let profile = profile();
    profile.save(&path).unwrap();
    assert_eq!(Stored::read(&path).profile, Some(profile));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    let (cpu, gpu) = origins(&stored(folder.path(), |_| ()));
    assert!(matches!((cpu, gpu), (Origin::Calibrated { .. }, Some(Origin::Calibrated { .. }))));
}

#[test]
fn another_machine_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let changes: [(&str, &str, Value); 3] = [
        ("name", "it is of the processor Z80", "Z80".into()),
        ("isa", "it is of the instruction set mmx", "mmx".into()),
        ("threads", "it is of 999 thread(s), and here are", 999.into()),
    ];
    for (field, expected, value) in changes {
        let (cpu, gpu) = origins(&stored(folder.path(), |profile| profile["cpu"]["of"][field] = value));
        assert!(reason(&cpu).contains(expected) && reason(&cpu).contains("crossover calibrate"), "{cpu}");
        // The GPU's part is still true.
        assert!(matches!(gpu, Some(Origin::Calibrated { .. })), "{gpu:?}");
    }
    for field in ["name", "driver", "api"] {
        let (cpu, gpu) = origins(&stored(folder.path(), |profile| profile["gpu"]["of"][field] = "another".into()));
        assert!(matches!(cpu, Origin::Calibrated { .. }), "{cpu}");
        assert!(reason(&gpu.unwrap()).contains("stale"), "{field}");
    }
    let (cpu, gpu) = origins(&stored(folder.path(), |profile| profile["version"] = "0.0.1".into()));
    assert!(reason(&cpu).contains("of version 0.0.1") && reason(&gpu.unwrap()).contains("stale"), "{cpu}");
}

#[test]
fn a_damaged_profile_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |change: fn(&mut Value)| stored(folder.path(), change).reason().unwrap_or_default().to_owned();
    assert!(refused(|profile| profile["schema"] = 99.into()).contains("has the form 99, and this version reads 1"));
    let figures = "figures that cannot have been measured";
    let negative = refused(|profile| profile["cpu"]["lanes"]["call"]["low"] = (-1.0).into());
    assert!(negative.contains(figures), "{negative}");
    assert!(refused(|profile| profile["cpu"]["team"]["speedup"]["high"] = 0.5.into()).contains(figures));
    assert!(refused(|profile| profile["gpu"]["card"]["overlap"] = 7.into()).contains(figures));
    assert!(refused(|profile| profile["cpu"]["lanes"]["copy"] = Value::Array(Vec::new())).contains(figures));
    assert!(refused(|profile| profile["cpu"]["scalar"] = Value::Null).contains("damaged"));

    let path = folder.path().join("profile.json");
    for text in ["", "{", "null", "[]", "\u{0}\u{1}", "{\"schema\": \"1\"}"] {
        fs::write(&path, text).unwrap();
        let stored = Stored::read(&path);
        assert!(stored.profile.is_none() && stored.reason().unwrap().contains("damaged"), "{text}: {stored:?}");
    }
}

#[test]
fn a_missing_gpu_leaves_the_rest_true() {
    let auto = Auto::of(backends().into_iter().take(3).collect(), Policy::default()).unwrap().profiled(&profile());
    assert!(matches!(auto.source().cpu, Origin::Calibrated { .. }));
    assert_eq!(auto.source().gpu, None);
    // And a profile that was made without the GPU that is there now says so.
    let clock = FakeClock::default();
    let cpu = all(&clock, Regime::Host).into_iter().take(3);
    let contenders: Vec<Box<dyn Contender>> = cpu.map(|each| -> Box<dyn Contender> { Box::new(each) }).collect();
    let profile = Profile::measure(&contenders, &clock, &mut ()).unwrap();
    let source = Auto::of(backends(), Policy::default()).unwrap().profiled(&profile).source().clone();
    assert!(matches!(source.cpu, Origin::Calibrated { .. }));
    assert!(reason(&source.gpu.unwrap()).contains("made without this GPU"));
}

#[test]
fn a_calibration_needs_all_of_the_cpu() {
    let contenders: Vec<Box<dyn Contender>> = vec![Box::new(all(&FakeClock::default(), Regime::Host).remove(0))];
    let error = Profile::measure(&contenders, &FakeClock::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("a calibration without the simd backend"), "{error}");
}

/// A profile of the machine's processor while something else makes each batch of runs up to `most` times longer, by chance.
fn under_load(most: f64) -> Profile {
    let clock = FakeClock::default();
    let cpu = all(&clock, Regime::Host).into_iter().take(3);
    let chance = move |_: i32, now: Duration| {
        let chance = ((now.as_nanos() as u64).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f64;
        (most - 1.0) * chance / f64::from(1 << 24)
    };
    let contenders: Vec<Box<dyn Contender>> =
        cpu.map(|each| -> Box<dyn Contender> { Box::new(Slowed(each, chance)) }).collect();
    Profile::measure(&contenders, &clock, &mut ()).unwrap()
}

#[test]
fn a_busy_machines_profile_says_so_and_replaces_no_calm_one() {
    let (calm, busy, busier) = (under_load(1.0), under_load(3.0), under_load(4.0));
    assert!(calm.is_calm() && calm.slowdown().is_some_and(|times| (1.0..1.1).contains(&times)), "{calm:?}");
    assert!(!busy.is_calm() && busy.slowdown().is_some_and(|times| (1.4..2.5).contains(&times)), "{busy:?}");
    let why = busy.objection(&calm).unwrap();
    assert!(why.contains("times as long as"), "{why}");
    // What is no worse may be replaced, and a calm one replaces all.
    assert_eq!((busy.objection(&busier), calm.objection(&busy), calm.objection(&calm)), (None, None, None));
    // It is kept with the profile, and used with a word.
    let path = tempfile::tempdir().unwrap().path().join("profile.json");
    busy.save(&path).unwrap();
    let back = Stored::read(&path).profile.unwrap();
    assert_eq!(back, busy);
    let source = Auto::of(backends(), Policy::default()).unwrap().profiled(&back).source().clone();
    assert!(source.cpu.to_string().contains("did not settle"), "{source}");
}

#[test]
fn a_profile_from_before_calm_was_noted_is_read_and_counts_as_calm() {
    let folder = tempfile::tempdir().unwrap();
    let old = stored(folder.path(), |profile| drop(profile.as_object_mut().unwrap().remove("slowdown")));
    let old = old.profile.unwrap();
    assert!(old.slowdown().is_none() && old.is_calm());
    // Of another machine, it is replaced whatever the new one is like.
    let other = stored(folder.path(), |profile| profile["cpu"]["of"]["name"] = "Z80".into()).profile.unwrap();
    assert_eq!((under_load(3.0).objection(&other), under_load(3.0).slower_than(&other)), (None, None));
    // A load that is always there shows beside a calm profile only.
    let halved = |profile: &mut Value| {
        for core in ["scalar", "lanes"] {
            for figure in ["call", "simple"] {
                for quantile in ["low", "median", "high"] {
                    let seconds = &mut profile["cpu"][core][figure][quantile];
                    *seconds = (seconds.as_f64().unwrap() / 2.0).into();
                }
            }
        }
    };
    let faster = stored(folder.path(), halved).profile.unwrap();
    let why = profile().objection(&faster).unwrap();
    assert!(why.contains("the machine took 2.0"), "{why}");
}
