//! The Kafka broker: one handler file per API key, topics, groups, producer state.
//!
//! ```text
//! broker      opening, background work, shutdown       dispatch   a request to its handler
//! handlers/   one file per API key, one list of them   admin      topics and configurations changed
//! produce/    the way of a batch into a partition      fetch      reading and waiting
//! partition/  log + producer state + group commit      groups/    classic consumer groups
//! metadata/   the journal of topics and configurations config/    the one table of configurations
//! rejections/ what failed validation: counted, kept, told
//! ```
//! Not here: sockets (`assay-net`), the codec (`assay-protocol`), files of a log (`assay-log`), what makes a record valid
//! (`assay-validate`). Schemas come through the `SchemaSource` trait; this crate does not know the registry.

mod admin;
mod broker;
mod clock;
mod config;
mod core;
mod dispatch;
mod fetch;
mod groups;
mod handlers;
mod metadata;
mod offsets_log;
mod partition;
mod produce;
#[doc(hidden)]
pub mod properties;
mod rejections;
mod topics;

pub use broker::{Broker, BrokerError, BrokerStats};
pub use config::{BrokerConfig, Change, ConfigDef, ConfigError, Kind, Scope, TABLE, Value, ValueSource};
pub use produce::headers;
pub use rejections::{Refusal, RefusalCounts, RefusedRecord, ReportKey, ReportRow, TopicChecks};

/// Every broker-wide configuration name, in order: for files, environment and flags.
pub fn config_names() -> impl Iterator<Item = &'static str> {
    BrokerConfig::rows().map(|(name, _)| name)
}

/// A 16-byte id as Kafka writes it.
fn uuid_text(bytes: [u8; 16]) -> String {
    assay_protocol::Uuid::from_bytes(bytes).to_string()
}
