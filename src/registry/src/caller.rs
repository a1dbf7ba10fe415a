//! Who asks.

use std::net::SocketAddr;
use std::sync::Arc;

/// The origin of a command: it goes into the audit event, and an authorizer may look at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// Who was authenticated; `anonymous` without security.
    pub principal: Arc<str>,
    /// The request's `X-Request-ID`.
    pub request_id: Arc<str>,
    /// Where the request came from; `None` for calls from inside the process.
    pub peer: Option<SocketAddr>,
}

impl Caller {
    /// A call from inside the process.
    pub fn internal() -> Caller {
        Caller { principal: "assay".into(), request_id: "internal".into(), peer: None }
    }
}
