//! What a handler gets and gives back. Handlers are plain functions: they neither await nor know the web framework.

use std::sync::Arc;

use assay_registry::{Caller, Registry};
use bytes::Bytes;
use futures::future::BoxFuture;

use crate::config::RestConfig;
use crate::error::Refusal;
use crate::query::Query;
use crate::reply::Reply;
use crate::routes::Params;

/// Where a handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// A look-up in the published snapshot: on the I/O thread.
    Quick,
    /// Parses, compares, lists or writes: on the bounded blocking pool.
    Pool,
}

/// A request as handlers see it: decoded, negotiated, its body read.
pub(crate) struct Request {
    pub(crate) registry: Arc<Registry>,
    pub(crate) settings: Arc<RestConfig>,
    pub(crate) caller: Caller,
    pub(crate) params: Params,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
}

/// What a handler answers.
pub(crate) enum Outcome {
    /// The answer.
    Done(Reply),
    /// The answer once what was written is durable.
    Later(BoxFuture<'static, Result<Reply, Refusal>>),
}

/// A handler, as the route table holds it.
pub(crate) type Handler = fn(&Request) -> Result<Outcome, Refusal>;
