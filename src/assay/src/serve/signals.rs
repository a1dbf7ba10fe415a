//! SIGTERM and Ctrl-C ask for a clean stop; a second one ends the process at once.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Fatal;

/// Exit code of a process ended by Ctrl-C, as shells count it.
const INTERRUPTED: i32 = 130;

/// Both signals, subscribed.
pub(crate) struct Stop {
    term: Signal,
    int: Signal,
}

impl Stop {
    /// Subscribes; from here on the signals no longer end the process by themselves.
    ///
    /// # Errors
    /// `Fatal::Io` when the system refuses a handler.
    pub(crate) fn subscribe() -> Result<Stop, Fatal> {
        let on = |kind| signal(kind).map_err(|source| Fatal::Io { what: "signal handler", source });
        Ok(Stop { term: on(SignalKind::terminate())?, int: on(SignalKind::interrupt())? })
    }

    /// Waits for the first of them; its name.
    pub(crate) async fn asked(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "Ctrl-C",
        }
    }

    /// From now on, one more ends the process.
    pub(crate) fn impatient(mut self) {
        tokio::spawn(async move {
            let name = self.asked().await;
            eprintln!("assay: {name} again, stopping without draining");
            std::process::exit(INTERRUPTED);
        });
    }
}
