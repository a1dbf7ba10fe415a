//! `assay demo`: the whole job in a temporary directory, over the wire, with real clients: `assay-client` for the registry,
//! `rskafka` for Kafka. Nothing is staged: every line shown is an answer of the server that the demo has started.
//!
//! `records` has what is produced, `wire` sends and reads it, `show` prints it, `scene` is what happens in which order.

mod records;
mod scene;
mod show;
mod wire;

use std::time::Instant;

use crate::cli::DemoArgs;
use crate::config::Resolved;
use crate::error::Fatal;
use crate::serve::{Running, Stop, logging};
use show::Show;

/// Runs the demo and cleans up after it.
///
/// # Errors
/// Whatever kept a step from happening as it should; also then nothing is left behind.
pub(crate) fn run(args: &DemoArgs) -> Result<(), Fatal> {
    let begun = Instant::now();
    // Refusals are what the demo shows; the broker's and the client's lines about them would say everything twice.
    logging::init("error,rskafka=off", "text")?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|source| Fatal::Io { what: "starting the runtime", source })?;
    let temporary = |source| Fatal::Io { what: "temporary directory of the demo", source };
    let dir = tempfile::Builder::new().prefix("assay-demo-").tempdir().map_err(temporary)?;
    let outcome = runtime.block_on(async {
        let mut stop = Stop::subscribe()?;
        let running = Running::start(&Resolved::temporary(dir.path()), begun)?;
        let show = Show::new(args.json);
        let outcome = tokio::select! {
            outcome = scene::play(&running, &show, begun) => outcome,
            signal = stop.asked() => Err(Fatal::Demo(format!("{signal}: stopped before the end"))),
        };
        running.stop().await;
        outcome
    });
    drop(runtime);
    dir.close().map_err(temporary)?;
    outcome
}
