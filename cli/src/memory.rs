//! The available memory.

use crossover::Error;

use super::Stop;

/// Checks that `needed` bytes of memory are available: the system may kill the process later instead of refusing them.
///
/// # Errors
///
/// If not: what needs the memory, both numbers and the remedy.
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
        // Unknown; then querying the control group would panic.
        return u64::MAX;
    }
    // In a container the control group's limit applies. Its cached memory is available, so only the resident memory counts.
    let group = system.cgroup_limits().map_or(u64::MAX, |group| group.total_memory.saturating_sub(group.rss));
    system.available_memory().min(group)
}
