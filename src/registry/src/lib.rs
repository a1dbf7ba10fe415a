//! The registry service: every business rule as commands that become events (contract 1 and 2), the [`Store`] trait
//! and the in-memory store.
//!
//! A command ([`Registry::register`], …) is decided by a function of the [`State`], becomes [`Event`]s, is appended to
//! the store and answers with a [`Pending`] that resolves when the events are durable. The state is a fold of events;
//! reads use an immutable snapshot of what is durable. Contexts are in every key, ids are per context.
//!
//! Not here: HTTP, files, clocks, threads. Source of the rules: `registry-api.md`, cited as "contract".

mod audit;
mod cache;
mod caller;
mod change;
mod clock;
mod compatibility;
mod effective;
mod error;
pub mod event;
pub mod event_json;
mod fields;
mod merge;
mod original;
mod pending;
mod references;
mod register;
mod registry;
mod rules;
mod schema_version;
mod scope;
mod settings;
mod state;
pub mod store;
mod transaction;
mod work;

pub use assay_schema::{Context, Guid, SchemaId, Subject, Version, guid};
pub use caller::Caller;
pub use clock::Clock;
pub use compatibility::Compatibility;
pub use error::RegistryError;
pub use event::Event;
pub use original::Original;
pub use pending::Pending;
pub use references::ReferenceError;
pub use registry::Registry;
pub use schema_version::{
    Deleted, Fallback, Force, Normalize, Permanence, Propagate, Recursive, RegisterOptions, Restored,
    SchemaRequest, SchemaVersion, TagChanges,
};
pub use scope::Scope;
pub use settings::{CompatibilityPolicy, Config, ConfigUpdate, Mode, ModeUpdate, Patch, RegistryConfig};
pub use state::{Counts, SchemaFilter, State, TypeCount};
pub use store::{MemoryStore, Revision, Store, StoreError, Stored, Ticket};
