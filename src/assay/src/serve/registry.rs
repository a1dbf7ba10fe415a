//! The registry of a data directory: opened for `serve`, or served alone on loopback for commands that work offline.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use assay_registry::{MemoryStore, Registry, RegistryConfig, Store};
use assay_rest::{RestConfig, ServerHandle};
use assay_store::SledStore;
use tokio::task::JoinHandle;

use super::lock::{self, DirLock};
use crate::config::Resolved;
use crate::error::Fatal;

/// The registry's settings.
///
/// # Errors
/// An unknown compatibility level.
pub(crate) fn registry_config(resolved: &Resolved) -> Result<RegistryConfig, Fatal> {
    let default_level = resolved.compatibility_level.parse().map_err(|e| {
        Fatal::Config(format!("compatibility-level = {:?}: {e}", resolved.compatibility_level))
    })?;
    let mut config = RegistryConfig {
        default_level,
        validate_fields: resolved.validate_fields,
        validate_new_schemas: resolved.validate_new_schemas,
        mode_mutability: resolved.mode_mutability,
        reject_empty_subject: resolved.reject_empty_subject,
        strict_reference_versions: resolved.strict_reference_versions,
        ..RegistryConfig::default()
    };
    config.limits.schema_bytes = resolved.schema_bytes_max;
    Ok(config)
}

/// Opens the registry below a data directory whose lock is held, or one in memory.
///
/// # Errors
/// A store that cannot be used.
pub(crate) fn open_registry(
    data_dir: &Path,
    memory: bool,
    config: RegistryConfig,
) -> Result<Arc<Registry>, Fatal> {
    let store: Arc<dyn Store> = if memory {
        Arc::new(MemoryStore::default())
    } else {
        Arc::new(SledStore::open(&data_dir.join("registry")).map_err(|e| Fatal::Open(e.to_string()))?)
    };
    let registry = Registry::open(store, config, Arc::new(now_ms)).map_err(|e| Fatal::Open(e.to_string()))?;
    Ok(Arc::new(registry))
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The longest schema text of a registry that is served alone.
const ALONE_SCHEMA_BYTES_MAX: usize = 16 << 20;

/// A data directory's registry behind its own HTTP API, on a free loopback port that only this process knows.
pub(crate) struct RegistryAlone {
    url: String,
    handle: ServerHandle,
    served: JoinHandle<std::io::Result<()>>,
    _lock: DirLock,
}

impl RegistryAlone {
    /// Takes the directory's lock, so no server may run on it. Call inside a tokio runtime.
    ///
    /// # Errors
    /// A directory that is in use, or cannot be used.
    pub(crate) fn open(data_dir: &Path) -> Result<RegistryAlone, Fatal> {
        let lock = lock::acquire(data_dir)?;
        // Whatever limit the server has, what it has stored must come out and go in again.
        let mut config = RegistryConfig::default();
        config.limits.schema_bytes = ALONE_SCHEMA_BYTES_MAX;
        let registry = open_registry(data_dir, false, config)?;
        if let Some(damaged) = registry.damaged().first() {
            let count = registry.damaged().len();
            eprintln!("warning: {count} damaged entries are left out, the first: {damaged}");
        }
        let failed = |source| Fatal::Io { what: "a loopback port", source };
        let socket = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let url = format!("http://{}", socket.local_addr().map_err(failed)?);
        let limits = RestConfig { body_bytes_max: 4 * ALONE_SCHEMA_BYTES_MAX, ..RestConfig::default() };
        let (server, handle) = assay_rest::start(vec![socket], registry, limits).map_err(failed)?;
        Ok(RegistryAlone { url, handle, served: tokio::spawn(server), _lock: lock })
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets the directory go.
    pub(crate) async fn close(self) {
        self.handle.stop(true).await;
        drop(self.served.await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registry_setting_arrives() {
        let dir = tempfile::tempdir().unwrap();
        let mut resolved = Resolved::temporary(dir.path());
        let default = RegistryConfig::default();
        assert_eq!(registry_config(&resolved).unwrap(), default);
        resolved.validate_fields = true;
        resolved.validate_new_schemas = false;
        resolved.mode_mutability = false;
        resolved.reject_empty_subject = true;
        resolved.strict_reference_versions = true;
        let changed = RegistryConfig {
            validate_fields: true,
            validate_new_schemas: false,
            mode_mutability: false,
            reject_empty_subject: true,
            strict_reference_versions: true,
            ..default
        };
        assert_eq!(registry_config(&resolved).unwrap(), changed);
        resolved.compatibility_level = "SIDEWAYS".to_owned();
        assert!(registry_config(&resolved).unwrap_err().to_string().contains("SIDEWAYS"));
    }
}
