//! Logs go to stderr, as text or JSON; what a person asked to see goes to stdout.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::error::Fatal;

/// Installs the process-wide subscriber; a second call in one process keeps the first.
///
/// # Errors
/// `Fatal::Config` when the filter cannot be parsed.
pub(crate) fn init(filter: &str, format: &str) -> Result<(), Fatal> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(with_quiet_libraries(filter))
        .map_err(|e| Fatal::Config(format!("log = {filter:?}: {e}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = if format == "json" {
        builder.json().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    // Only a second subscriber in one process fails here, and the first one serves.
    drop(outcome);
    Ok(())
}

/// Libraries' own chatter is shown from `warn` up unless the filter names them.
fn with_quiet_libraries(filter: &str) -> String {
    let mut full = filter.to_owned();
    for library in ["actix_server", "actix_http", "mio", "sled", "rskafka"] {
        if !filter.contains(library) {
            full.push_str(&format!(",{library}=warn"));
        }
    }
    full
}
