//! The registry's HTTP client: async core, blocking twin, cache.
//!
//! [`Client`] speaks the Confluent-compatible API (contract section 1) to one registry behind one or more base URLs: it goes to
//! the next URL when one fails, retries what is transient a bounded number of times, and remembers what can never change: the
//! schema behind an id or GUID, and the id of a schema under a subject. [`blocking::Client`] is the same without `await`.
//!
//! Not here: serialization (`assay-serde`), and TLS: an `https` URL is refused with a message that says so.

pub mod blocking;
mod cache;
mod client;
mod config;
mod dto;
mod error;
mod http;
mod raw;
mod types;

pub use client::Client;
pub use config::ClientConfig;
pub use error::ClientError;
pub use types::{Compatibility, Deletion, Normalize, Registered, Schema, SubjectVersion};
