//! `GET /subjects/{subject}/metadata` (contract 1.3): the highest version whose properties hold every pair.

use crate::dto::schema::Shape;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let pairs: Vec<(String, String)> = (request.query.all("key"))
        .zip(request.query.all("value"))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let found =
        request.registry.snapshot().subject_metadata(&request.subject(), &pairs, request.deleted())?;
    request.schema(&found, Shape::Schema)?.done()
}
