//! What can stop a command: one line each, naming the thing and what to do about it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A command's failure. `Display` is the one line a person reads; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    /// `assay.toml`, `ASSAY_*` or a flag says something we cannot use.
    #[error("configuration: {0}")]
    Config(String),
    /// Another process holds the data directory.
    #[error("data directory {} is in use by another assay process{}; stop it, or give another --data-dir", path.display(), holder(*pid))]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// The process that holds it, when its lock file says so.
        pid: Option<u32>,
    },
    /// The data directory cannot be made or written.
    #[error("data directory {}: {source}; give a writable --data-dir", path.display())]
    DataDir {
        /// The data directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A listening address cannot be bound.
    #[error("cannot listen on {address} for {what}: {source}; free the port or set {flag}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// `the registry` or `Kafka`.
        what: &'static str,
        /// The flag that changes it.
        flag: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The registry's store or the broker's log cannot be opened, or failed while running.
    #[error("{0}")]
    Open(String),
    /// A backup, restore or migration did not go through.
    #[error("{0}")]
    Transfer(String),
    /// `assay tail` or `assay quarantine` did not get what it asked for.
    #[error("{0}")]
    Asked(String),
    /// A step of `assay demo` did not end as it should.
    #[error("demo: {0}")]
    Demo(String),
    /// Something else of the system's.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|p| format!(" (pid {p})")).unwrap_or_default()
}
