//! `GET /subjects/{subject}/versions/{version}/referencedby` (contract 1.4): ids of the schemas that refer to it.

use assay_schema::SchemaId;

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let version = request.version()?;
    let ids = request.registry.snapshot().referenced_by(&request.subject(), version, request.deleted())?;
    let ids: Vec<u32> = request.query.page(PageBounds::UNLIMITED).of(ids).map(SchemaId::get).collect();
    Reply::json(&ids)?.done()
}
