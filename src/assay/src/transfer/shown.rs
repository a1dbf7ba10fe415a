//! Progress on a terminal: one line on stderr, drawn again a few times a second, gone at the end.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use assay_check::transfer::Progress;

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Shown {
    terminal: bool,
    drawn: Option<Instant>,
}

impl Shown {
    pub(crate) fn new() -> Shown {
        Shown { terminal: std::io::stderr().is_terminal(), drawn: None }
    }

    pub(crate) fn progress(&mut self, progress: Progress) {
        if !self.terminal || self.drawn.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let of = progress.total.map_or(String::new(), |total| format!(" of {total}"));
        let _closed = write!(std::io::stderr(), "\r\x1b[K{}: {}{of}", progress.step.as_str(), progress.done);
    }

    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _closed = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    /// The last word, on stderr: stdout may be the backup itself.
    pub(crate) fn done(&mut self, text: &str) {
        self.clear();
        let _closed = writeln!(std::io::stderr(), "{text}");
    }
}
