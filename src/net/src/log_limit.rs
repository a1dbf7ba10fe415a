//! [`LogLimit`]: keeps a flood of bad connections or records from becoming a flood of log lines.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines a second; more are counted and reported with the next one that is let through.
const LINES_PER_SECOND: u32 = 10;

/// Lets ten lines a second through.
#[derive(Debug, Default)]
pub struct LogLimit {
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    suppressed: u64,
}

impl LogLimit {
    /// `Some(suppressed since the last line)` if a line may be written at `now`.
    pub fn allow(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.is_none_or(|began| now.duration_since(began) >= Duration::from_secs(1)) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines == LINES_PER_SECOND {
            window.suppressed += 1;
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_and_a_count_of_the_rest() {
        let limit = LogLimit::default();
        let start = Instant::now();
        let let_through = (0..25).filter(|_| limit.allow(start).is_some()).count();
        assert_eq!(let_through, 10);
        assert_eq!(limit.allow(start + Duration::from_secs(1)), Some(15));
        assert_eq!(limit.allow(start + Duration::from_secs(1)), Some(0));
    }
}
