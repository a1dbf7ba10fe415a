//! The two clocks, read in one place: wall time for what is stored and shown, monotonic time for timeouts.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Unix time in ms.
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// Milliseconds since this process first asked.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(origin().elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The instant of a [`now_ms`] value.
pub(crate) fn instant_of(ms: u64) -> Instant {
    let origin = origin();
    origin.checked_add(Duration::from_millis(ms)).unwrap_or(origin)
}
