//! Ctrl-C and termination signals: work stops at the next opportunity and cleans up.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use super::{Stop, screen};

/// The flag that the first Ctrl-C sets.
static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Lets a test kill or interrupt the process at a chosen point. Does nothing in a release build.
pub fn reached(point: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let named = |variable| std::env::var(variable).is_ok_and(|name| name == point);
    if named("CROSSOVER_TEST_KILL_AT") {
        process::abort();
    }
    if let (true, Some(flag)) = (named("CROSSOVER_TEST_INTERRUPT_AT"), FLAG.get()) {
        flag.store(true, Ordering::Relaxed);
    }
}

/// Sets a flag on the first Ctrl-C, and ends the process on the second. With `patience`, the first also ends it if the work has
/// not stopped by then, because it may wait for input. `leave` runs before the process ends.
pub fn heed(patience: Option<Duration>, leave: impl Fn() + Send + 'static) -> Result<Arc<AtomicBool>, Stop> {
    let flag = Arc::clone(FLAG.get_or_init(Arc::default));
    let set = Arc::clone(&flag);
    let heeded = ctrlc::set_handler(move || {
        match (set.swap(true, Ordering::Relaxed), patience) {
            (false, None) => return,
            (false, Some(patience)) => thread::sleep(patience),
            (true, _) => {}
        }
        leave();
        screen::fail("interrupted");
        process::exit(Stop::INTERRUPTED.into());
    });
    heeded.map_err(|error| Stop::failure(format_args!("Ctrl-C cannot be caught: {error}")))?;
    Ok(flag)
}
