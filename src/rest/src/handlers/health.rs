//! `GET /health/live`, `GET /health/ready`: ours, not the contract's. The listener is opened after the registry has been
//! read, so a server that answers is ready.

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn live(_: &Request) -> Result<Outcome, Refusal> {
    Reply::text(200, "application/json", r#"{"status":"UP"}"#).done()
}

/// `UP`; `DEGRADED` when entries of the store are damaged; `READ_ONLY` once a write has failed. Reads are served in all three.
pub(crate) fn ready(request: &Request) -> Result<Outcome, Refusal> {
    let damaged = request.registry.damaged_now();
    let status = match (request.registry.failure(), damaged) {
        (Some(_), _) => "READ_ONLY",
        (None, 0) => "UP",
        (None, _) => "DEGRADED",
    };
    let body = match damaged {
        0 => format!(r#"{{"status":"{status}"}}"#),
        _ => format!(r#"{{"status":"{status}","damaged_entries":{damaged}}}"#),
    };
    Reply::text(200, "application/json", body).done()
}
