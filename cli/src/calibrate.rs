//! `crossover calibrate`: measures this machine for `auto`.

use std::time::{Duration, Instant};

use clap::Args;
use crossover::auto::{Among, Auto, Goal, Policy, Profile, Stored};

use super::Stop;
use super::screen::{self, say};

#[derive(Args)]
pub struct Options {
    /// Measure a software rasterizer, too
    #[arg(long)]
    software: bool,
    /// Do not look for a GPU
    #[arg(long, conflicts_with = "software")]
    no_gpu: bool,
    /// Replace a profile that was measured on an idle machine even if the machine is busy now
    #[arg(long)]
    force: bool,
    /// Print only warnings and errors
    #[arg(long)]
    quiet: bool,
}

pub fn run(options: &Options) -> Result<(), Stop> {
    let among = match options {
        Options { software: true, .. } => Among::Software,
        Options { no_gpu: true, .. } => Among::NoGpu,
        _ => Among::All,
    };
    let Some(path) = Profile::path() else {
        return Err(Stop::failure("there is no folder for caches; name one with XDG_CACHE_HOME"));
    };
    let before = Stored::read(&path);
    let auto = Auto::with(Policy { goal: Goal::Latency, among }).map_err(Stop::mistake)?;
    let known = auto.source().to_string();
    let profile = calmest(options, &auto, before.profile.as_ref())?;
    let objection = before.profile.as_ref().and_then(|before| profile.objection(before));
    if let Some(objection) = objection.filter(|_| !options.force) {
        return Err(Stop::failure(format_args!(
            "{} stays as it is: {objection}; calibrate again while nothing else runs, or replace it with --force",
            path.display()
        )));
    }
    profile.save(&path).map_err(Stop::failure)?;
    if !profile.is_calm() {
        warn(&profile);
    }
    if options.quiet {
        return Ok(());
    }
    let replaced = match (&before.profile, before.reason()) {
        (Some(_), _) if !auto.source().is_calibrated() => format!("replaced: {known}\n"),
        (None, Some(reason)) if path.exists() && reason.contains("not used") => format!("replaced: {reason}\n"),
        _ => String::new(),
    };
    say(&format!("{profile}\n{replaced}written to {}", path.display()))
}

/// Calibrates until the machine is idle or a time limit is reached, and returns the least disturbed profile.
fn calmest(options: &Options, auto: &Auto, before: Option<&Profile>) -> Result<Profile, Stop> {
    const ATTEMPTS: usize = 3;
    const LIMIT: Duration = Duration::from_secs(5);
    let start = Instant::now();
    let bar = screen::bar(!options.quiet, "calibrating {bar:32} {percent} %");
    let mut calmest: Option<Profile> = None;
    for _ in 0..ATTEMPTS {
        let profile = auto.calibrate(&mut |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        });
        let profile = profile.map_err(Stop::failure)?;
        let slowdown = |profile: &Profile| profile.slowdown().unwrap_or(f64::INFINITY);
        if calmest.as_ref().is_none_or(|best| slowdown(&profile) <= slowdown(best)) {
            calmest = Some(profile);
        }
        let good = |best: &Profile| best.is_calm() && before.is_none_or(|before| best.objection(before).is_none());
        if calmest.as_ref().is_some_and(good) || start.elapsed() > LIMIT {
            break;
        }
    }
    bar.finish_and_clear();
    calmest.ok_or_else(|| Stop::failure("nothing was measured"))
}

/// Warns that the machine was busy, with the evidence.
fn warn(profile: &Profile) {
    const SHOWN: usize = 3;
    let all = profile.unsettled();
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    let more = if all.len() > SHOWN { format!("; and {} more", all.len() - SHOWN) } else { String::new() };
    let unsettled = if all.is_empty() { String::new() } else { format!(", and did not settle ({shown}{more})") };
    screen::warn(&format!(
        "runs took {:.2} times as long as at their best{unsettled}: something else keeps this machine busy; end it, and \
         calibrate again",
        profile.slowdown().unwrap_or(1.0)
    ));
}
