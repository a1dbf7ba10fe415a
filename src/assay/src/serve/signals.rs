//! SIGTERM and Ctrl-C ask for a clean stop; a second one ends the process at once.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Fatal;

/// Exit code of a process ended by Ctrl-C, as shells count it.
const INTERRUPTED: i32 = 130;
/// A second signal sooner than this is the same wish: shells and `timeout` signal the process and then its group.
const SAME_WISH: std::time::Duration = std::time::Duration::from_millis(500);

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

    /// Half a second from now on, one more ends the process.
    pub(crate) fn impatient(self) {
        tokio::spawn(async move {
            tokio::time::sleep(SAME_WISH).await;
            drop(self);
            let Ok(mut again) = Stop::subscribe() else { return };
            let name = again.asked().await;
            eprintln!("assay: {name} again, stopping without draining");
            std::process::exit(INTERRUPTED);
        });
    }
}
