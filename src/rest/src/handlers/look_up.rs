//! `POST /subjects/{subject}` (contract 1.3): finds a schema under a subject.

use crate::coerce;
use crate::dto::schema::{SchemaBody, Shape};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let wanted = coerce::body::<SchemaBody>(&request.body)?.into_request()?;
    let found =
        request.registry.lookup(&request.subject(), &wanted, request.normalize(), request.deleted())?;
    let text = request.rendered_like(&wanted, &found);
    Reply::json(&request.schema_json(&found, Shape::Schema).with_text(text.as_deref()))?.done()
}
