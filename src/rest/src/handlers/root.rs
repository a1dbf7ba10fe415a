//! `GET /`, `POST /`: an empty object, which old clients take as a sign of life (contract 1.2).

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn handle(_: &Request) -> Result<Outcome, Refusal> {
    Reply::text(200, "application/vnd.schemaregistry.v1+json", "{}").done()
}
