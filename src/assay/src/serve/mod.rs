//! `assay serve`: lock the directory, bind, open, listen, say so; on SIGTERM or Ctrl-C drain and end.

mod banner;
mod listen;
mod lock;
pub(crate) mod logging;
mod metrics;
mod registry;
mod running;
mod signals;
mod validation;

use std::time::Instant;

pub(crate) use banner::{Ready, millis};
pub(crate) use registry::RegistryAlone;
pub(crate) use running::Running;
pub(crate) use signals::Stop;

use crate::cli::ServeArgs;
use crate::config;
use crate::error::Fatal;

/// Runs until asked to stop.
///
/// # Errors
/// Whatever keeps the server from starting, as one line.
pub(crate) fn run(args: &ServeArgs) -> Result<(), Fatal> {
    let begun = Instant::now();
    let resolved = config::resolve(args)?;
    logging::init(&resolved.log, &resolved.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Fatal::Io { what: "starting the runtime", source })?;
    runtime.block_on(async {
        let mut stop = signals::Stop::subscribe()?;
        let running = Running::start(&resolved, begun)?;
        announce(running.ready(), args.json)?;
        let asked = stop.asked().await;
        stop.impatient();
        tracing::info!(signal = asked, "draining");
        running.stop().await;
        tracing::info!("stopped");
        Ok(())
    })
}

fn announce(ready: &Ready, json: bool) -> Result<(), Fatal> {
    use std::io::Write;
    let text = if json {
        serde_json::to_string(ready).map_err(|e| Fatal::Open(e.to_string()))?
    } else {
        banner::text(ready)
    };
    let mut out = std::io::stdout().lock();
    // A closed stdout (`assay serve | head -1`) is no reason to stop serving.
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        tracing::warn!("stdout is closed; the ready line was not shown");
    }
    Ok(())
}
