//! Progress on a terminal, when it takes longer than people like to wait in silence: one line, gone at the end.

use std::io::Write;
use std::time::Duration;

/// How long nothing is shown.
const QUIET: Duration = Duration::from_secs(1);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// The line. Time is passed in, as what has gone by since the start.
pub(super) struct Late<W: Write> {
    out: W,
    terminal: bool,
    drawn: Option<Duration>,
}

impl<W: Write> Late<W> {
    pub(super) fn new(out: W, terminal: bool) -> Late<W> {
        Late { out, terminal, drawn: None }
    }

    /// So many are done, of so many. A terminal that is gone is no reason to stop.
    pub(super) fn progress(&mut self, elapsed: Duration, done: usize, all: usize) {
        let soon = self.drawn.is_some_and(|drawn| elapsed < drawn + EVERY);
        if !self.terminal || elapsed <= QUIET || soon {
            return;
        }
        self.drawn = Some(elapsed);
        let _gone = write!(self.out, "\r\x1b[K{done} of {all} checked").and_then(|()| self.out.flush());
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _gone = write!(self.out, "\r\x1b[K").and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(terminal: bool, steps: &[(u64, usize)]) -> String {
        let mut late = Late::new(Vec::new(), terminal);
        for (ms, done) in steps {
            late.progress(Duration::from_millis(*ms), *done, 9);
        }
        late.clear();
        String::from_utf8(late.out).unwrap()
    }

    #[test]
    fn a_second_of_silence_then_ten_lines_a_second_then_nothing() {
        assert_eq!(shown(true, &[(0, 1), (999, 2), (1000, 9)]), "", "quick runs say nothing");
        let line = |done| format!("\r\x1b[K{done} of 9 checked");
        let wanted = format!("{}{}\r\x1b[K", line(3), line(5));
        assert_eq!(shown(true, &[(400, 1), (1001, 3), (1100, 4), (1101, 5), (1200, 9)]), wanted);
        assert_eq!(shown(false, &[(400, 1), (1001, 3), (5000, 9)]), "", "no terminal, no line");
    }
}
