//! The HTTP API: one route table, DTOs and one error table on actix-web.
//!
//! A request's way through: `server` (sockets) → `edge` (path, route, negotiation, body) → `handlers` (one file per
//! endpoint; DTO in, registry call, DTO out) → `edge` (answer). No business rule lives here, and no type of the web
//! framework goes further down than `edge` and `body`.

mod accept;
mod alias;
mod body;
mod coding;
mod coerce;
mod config;
mod cors;
mod dto;
mod edge;
mod error;
mod handlers;
mod metrics;
mod outcome;
mod path;
mod pool;
mod properties;
mod query;
mod render;
mod reply;
mod request_id;
mod rewrite;
mod routes;
mod server;
mod watch;

pub use actix_web::dev::{Server, ServerHandle};
pub use config::{ExtraRequest, ExtraRoute, Generation, IncompatibleCode, RestConfig};
pub use error::ApiError;
#[doc(hidden)]
pub use properties::edge_properties;
pub use reply::Reply;
pub use routes::{Operation, ROUTES, Resource, Route, Verb};
pub use server::start;
