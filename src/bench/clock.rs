//! What time it is.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A clock that never goes backwards. Tests bring one of their own.
pub trait Clock {
    /// Returns the time since some fixed moment.
    fn now(&self) -> Duration;

    /// Returns the shortest time that the clock can distinguish from none: the least of many differences between readings.
    fn step(&self) -> Duration {
        let mut least = Duration::MAX;
        for _ in 0..100 {
            let start = self.now();
            // A clock that ticks slowly is read until it ticks; one that stands still is given up on.
            let tick = (0..1_000_000).map(|_| self.now() - start).find(|passed| !passed.is_zero());
            least = least.min(tick.unwrap_or(Duration::ZERO));
        }
        least
    }
}

/// The system's monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_clock_goes_on_in_small_steps() {
        let before = SystemClock.now();
        let step = SystemClock.step();
        assert!(SystemClock.now() > before);
        assert!(step > Duration::ZERO && step < Duration::from_millis(100), "{step:?}");
    }

    #[test]
    fn a_clock_that_stands_still_has_no_step() {
        struct Still;
        impl Clock for Still {
            fn now(&self) -> Duration {
                Duration::ZERO
            }
        }
        assert_eq!(Still.step(), Duration::ZERO);
    }
}
