//! `GET /subjects/{subject}/versions/{version}` and `…/schema` (contract 1.4).

use assay_registry::{RegistryError, SchemaVersion};

use crate::dto::schema::Shape;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

fn find(request: &Request) -> Result<SchemaVersion, RegistryError> {
    let version = request.version()?;
    request.registry.snapshot().version(&request.subject(), version, request.deleted())
}

/// The version as JSON.
pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let found = find(request)?;
    let text = request.rendered(&found);
    let mut json = request.schema_json(&found, Shape::Schema).with_text(text.as_deref());
    json.schema_tags = request.found_tags(&found);
    Reply::json(&json)?.done()
}

/// The bare schema text.
pub(crate) fn text(request: &Request) -> Result<Outcome, Refusal> {
    let found = find(request)?;
    Reply::raw(request.rendered(&found).as_deref().unwrap_or(&found.text)).done()
}
