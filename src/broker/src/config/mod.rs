//! Configuration: the table, the broker's values, and what a topic resolves to.

mod broker;
mod def;
mod patterns;
mod table;
mod topic;
mod validation;

pub use broker::{BrokerConfig, Value, ValueSource};
pub use def::{Change, ConfigDef, ConfigError, Kind, Scope};
pub use table::TABLE;
pub(crate) use table::{broker_def, topic_def};
pub(crate) use topic::check_overrides;
pub(crate) use topic::{TimestampType, TopicSettings};
