//! The Kafka listener, shared by broker and gateway: accept, frame limits, per-connection order, request context,
//! and the [`Dispatch`] and [`Authorizer`] traits.
//!
//! A connection is two tasks. The reader takes frames off the socket, one at a time, and hands each to
//! [`Dispatch::dispatch`]; the writer sends the answers in the order of the requests. Between them is a bounded queue:
//! when it is full, or too many answer bytes wait for a slow client, the reader stops reading (Kafka's "mute").
//!
//! Everything a peer can do costs that peer its connection and nothing else: oversized or malformed frames, silence,
//! trickling bytes, not reading, and even a panic in a handler. Memory follows the bytes that have arrived, never the
//! length a peer claims.
//!
//! Not here: what a request means, TLS and SASL (their place is between `serve` and `connection`).

mod authorizer;
mod bind;
mod config;
mod connection;
mod dispatch;
mod frame;
mod log_limit;
mod serve;
mod stats;

pub use authorizer::{AllowAll, Authorizer, Decision, Operation, Resource};
pub use bind::bind;
pub use config::NetConfig;
pub use dispatch::{Answer, Dispatch, Listener, Reply, RequestContext};
pub use log_limit::LogLimit;
pub use serve::{serve, serve_counted};
pub use stats::NetStats;
