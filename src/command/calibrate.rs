//! `crossover calibrate`: measuring this machine for `auto`.

use clap::Args;
use crossover::auto::{Among, Auto, Goal, Policy, Profile, Stored};

use super::Stop;
use super::screen::{self, say};

#[derive(Args)]
pub struct Options {
    /// Measure a program that plays a GPU on the CPU, too
    #[arg(long)]
    software: bool,
    /// Do not look for a GPU
    #[arg(long, conflicts_with = "software")]
    no_gpu: bool,
    /// Show no progress, and say only what is wrong
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
    let bar = screen::bar(!options.quiet, "calibrating {bar:32} {percent} %");
    let profile = auto.calibrate(&mut |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let profile = profile.map_err(Stop::failure)?;
    profile.save(&path).map_err(Stop::failure)?;
    if !profile.unsettled().is_empty() {
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

/// Says that the machine was busy, and with what it showed.
fn warn(profile: &Profile) {
    const SHOWN: usize = 3;
    let all = profile.unsettled();
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    let more = if all.len() > SHOWN { format!("; and {} more", all.len() - SHOWN) } else { String::new() };
    screen::warn(&format!(
        "the figures did not settle ({shown}{more}); something else keeps this machine busy: end it, and calibrate again"
    ));
}
