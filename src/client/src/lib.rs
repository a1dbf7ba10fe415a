//! The registry's HTTP client: async core, blocking twin, cache.
//!
//! [`Client`] speaks the Confluent-compatible API (contract section 1) to one registry behind one or more base URLs: it goes to
//! the next URL when one fails, retries what is transient a bounded number of times, asks once what many ask at the same time,
//! and remembers what can never change: the schema behind an id or GUID, and the id of a schema under a subject. [`blocking::Client`] is the same without `await`.
//!
//! [`Client::in_memory`] is a registry of its own, for tests. The feature `tls` is needed for `https` URLs; without it they are
//! refused with a message that says so.
//!
//! Not here: serialization (`assay-serde`).

mod auth;
pub mod blocking;
mod cache;
mod calls;
mod client;
mod config;
mod dto;
mod error;
mod http;
mod known;
mod memory;
mod preload;
mod raw;
mod tls;
mod types;

pub use auth::{Auth, Token, TokenError, TokenSource};
pub use cache::Cache;
pub use client::Client;
pub use config::ClientConfig;
pub use error::ClientError;
pub use tls::{Identity, Pem, SystemRoots, TlsConfig};
pub use types::{
    Association, Compatibility, Deleted, Deletion, Normalize, Registered, Schema, SubjectVersion,
};
