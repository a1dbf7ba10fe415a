//! `GET /schemas/ids/{id}` and `…/schema` (contract 1.5). With a subject, the answer names subject and version.

use assay_registry::{RegistryError, SchemaVersion};
use assay_schema::{SchemaId, Subject};

use crate::dto::schema::Shape;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

impl Request {
    /// The id of the path. Zero and negative ones belong to no schema.
    ///
    /// # Errors
    /// 40403.
    pub(crate) fn id(&self) -> Result<u32, RegistryError> {
        let text = self.params.get("id");
        let missing = || RegistryError::SchemaNotFound(Some(text.to_owned()));
        text.parse::<u32>().ok().filter(|id| *id > 0).ok_or_else(missing)
    }

    /// The `subject` parameter of id look-ups; an empty one is none.
    pub(crate) fn subject_of_id(&self) -> Option<Subject> {
        self.query.get("subject").filter(|text| !text.is_empty()).map(Subject::parse)
    }
}

fn find(request: &Request) -> Result<SchemaVersion, RegistryError> {
    request.registry.snapshot().schema_by_id(request.id()?, request.subject_of_id().as_ref())
}

/// The schema as JSON.
pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let found = find(request)?;
    let shape = match request.subject_of_id() {
        Some(_) => Shape::SchemaStringOfSubject,
        None => Shape::SchemaString,
    };
    let text = request.rendered(&found);
    let mut json = request.schema_json(&found, shape).with_text(text.as_deref());
    json.schema_tags = request.found_tags(&found);
    if request.query.flag("fetchMaxId") {
        json.max_id = request.registry.snapshot().max_id(found.subject.context()).map(SchemaId::get);
    }
    Reply::json(&json)?.done()
}

/// The bare schema text.
pub(crate) fn text(request: &Request) -> Result<Outcome, Refusal> {
    let found = find(request)?;
    Reply::raw(request.rendered(&found).as_deref().unwrap_or(&found.text)).done()
}
