//! `POST /subjects/{subject}` (contract 1.3): finds a schema under a subject.

use crate::coerce;
use crate::dto::schema::{SchemaBody, Shape};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let wanted = coerce::body::<SchemaBody>(&request.body)?.into_request()?;
    let found =
        request.registry.lookup(&request.subject(), &wanted, request.normalize(), request.deleted())?;
    request.schema(&found, Shape::Schema)?.done()
}
