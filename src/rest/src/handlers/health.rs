//! `GET /health/live`, `GET /health/ready`: ours, not the contract's. The listener is opened after the registry has been
//! read, so a server that answers is ready.

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn live(_: &Request) -> Result<Outcome, Refusal> {
    Reply::text(200, "application/json", r#"{"status":"UP"}"#).done()
}

pub(crate) fn ready(_: &Request) -> Result<Outcome, Refusal> {
    Reply::text(200, "application/json", r#"{"status":"UP"}"#).done()
}
