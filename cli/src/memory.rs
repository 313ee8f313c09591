//! How much memory can be had.

use crossover::Error;

use super::Stop;

/// Whether `needed` bytes of memory can be had. The system would rather kill the process later than refuse them.
///
/// # Errors
///
/// If not: what needs them, both numbers and the remedy.
pub fn enough(what: String, needed: u64, remedy: &str) -> Result<(), Stop> {
    let limit = available();
    if needed <= limit {
        return Ok(());
    }
    let what = format!("{what}, in bytes of memory,");
    Err(Stop::mistake(Error::TooLarge { what, needed, limit, remedy: remedy.to_owned() }))
}

fn available() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    if system.total_memory() == 0 {
        // The system does not say. Asking on about its groups would panic.
        return u64::MAX;
    }
    // In a container the limit is the group's, not the machine's. What the group caches can be had, so only what is in
    // use counts.
    let group = system.cgroup_limits().map_or(u64::MAX, |group| group.total_memory.saturating_sub(group.rss));
    system.available_memory().min(group)
}
