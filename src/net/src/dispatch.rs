//! What the listener hands to the broker or gateway, and what it gets back.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use assay_protocol::RequestHeader;
use bytes::Bytes;
use futures::future::BoxFuture;

/// A named listener. Answers that carry an address (Metadata, FindCoordinator, DescribeCluster) give this one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The listener's name, such as `PLAINTEXT`.
    pub name: String,
    /// Host and port that clients are told to connect to.
    pub advertised: (String, u16),
}

/// Who asks, and how the request came.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The authenticated principal; `User:ANONYMOUS` without authentication.
    pub principal: Arc<str>,
    /// The client's address.
    pub peer: SocketAddr,
    /// The listener the request arrived at.
    pub listener: Arc<Listener>,
    /// The client's name for itself, empty when it gave none. Shares nothing with the frame, so it may be kept.
    pub client_id: Arc<str>,
    /// The request's header; its key and version are not checked yet.
    pub header: RequestHeader,
    /// Distinguishes connections of one process.
    pub connection_id: u64,
    /// When the last byte of the request had arrived.
    pub received: Instant,
}

/// Stage one of an answer. Answers are frames with their length, as `assay_protocol::encode_response` makes them.
pub enum Reply {
    /// The answer is here.
    Now(Bytes),
    /// The effect has happened; the answer follows (a sync, a long poll, a rebalance). Polled when its turn to be
    /// written has come, and dropped at any await point when the client goes away.
    Later(BoxFuture<'static, Answer>),
    /// There is none (Produce with `acks=0`).
    None,
    /// Close the connection once the earlier answers are written.
    Close,
}

/// Stage two of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The answer.
    Frame(Bytes),
    /// There is none.
    None,
    /// Close the connection.
    Close,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Now(bytes) => f.debug_tuple("Now").field(&bytes.len()).finish(),
            Reply::Later(_) => f.write_str("Later"),
            Reply::None => f.write_str("None"),
            Reply::Close => f.write_str("Close"),
        }
    }
}

/// Answers requests. Implemented by the broker and the gateway.
pub trait Dispatch: Send + Sync + 'static {
    /// Stage one. The requests of a connection are dispatched one by one, the next when this future has finished; so
    /// what must happen in order (an append) belongs here, and what only waits belongs into [`Reply::Later`].
    ///
    /// A panic, here or in stage two, closes the connection and nothing else.
    fn dispatch(&self, cx: RequestContext, body: Bytes) -> BoxFuture<'_, Reply>;

    /// The connection is gone; called once, after its last request has been answered or dropped.
    fn disconnected(&self, _connection_id: u64) {}
}
