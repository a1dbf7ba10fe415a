//! `GET /schemas/guids/{guid}` and `…/ids` (contract 1.5). A text that is no guid belongs to no schema.

use assay_registry::RegistryError;
use assay_schema::Guid;

use crate::dto::schema::{ContextIdJson, Shape};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

fn guid(request: &Request) -> Option<Guid> {
    request.params.get("guid").trim().parse().ok()
}

/// The schema.
pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let missing = || RegistryError::SchemaNotFound(Some(request.params.get("guid").to_owned()));
    let found = request.registry.snapshot().by_guid(&guid(request).ok_or_else(missing)?)?;
    request.schema(&found, Shape::SchemaString)?.done()
}

/// Its ids in every context.
pub(crate) fn ids(request: &Request) -> Result<Outcome, Refusal> {
    let found = guid(request).map(|guid| request.registry.snapshot().guid_ids(&guid)).unwrap_or_default();
    let ids: Vec<ContextIdJson> = found
        .into_iter()
        .map(|(context, id)| ContextIdJson { context: context.to_string(), id: id.get() })
        .collect();
    Reply::json(&ids)?.done()
}
