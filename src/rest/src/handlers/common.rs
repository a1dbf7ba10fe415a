//! What several endpoints read from a request, and how a write is answered once it is durable.

use assay_registry::{Deleted, Normalize, Pending, Permanence, RegistryError, SchemaVersion};
use assay_schema::{Subject, VersionSpec};
use serde::Serialize;

use crate::dto::schema::{SchemaJson, Shape};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

impl Request {
    /// The subject of the path, after aliases.
    pub(crate) fn subject(&self) -> Subject {
        Subject::parse(self.params.get("subject"))
    }

    /// The version of the path.
    ///
    /// # Errors
    /// 42202.
    pub(crate) fn version(&self) -> Result<VersionSpec, RegistryError> {
        Ok(self.params.get("version").parse()?)
    }

    /// `deleted`.
    pub(crate) fn deleted(&self) -> Deleted {
        if self.query.flag("deleted") { Deleted::Include } else { Deleted::Hide }
    }

    /// `deleted` and `deletedOnly`, which wins.
    pub(crate) fn deleted_or_only(&self) -> Deleted {
        if self.query.flag("deletedOnly") { Deleted::Only } else { self.deleted() }
    }

    /// `permanent`.
    pub(crate) fn permanence(&self) -> Permanence {
        if self.query.flag("permanent") { Permanence::Permanent } else { Permanence::Soft }
    }

    /// `normalize`; false means "as configured".
    pub(crate) fn normalize(&self) -> Normalize {
        if self.query.flag("normalize") { Normalize::Yes } else { Normalize::Default }
    }

    /// The answer that carries a schema.
    pub(crate) fn schema(&self, stored: &SchemaVersion, shape: Shape) -> Result<Reply, Refusal> {
        let text = self.rendered(stored);
        Ok(Reply::json(&self.schema_json(stored, shape).with_text(text.as_deref()))?)
    }

    /// The same, before it is written. `referenceFormat` has one value; others are ignored.
    pub(crate) fn schema_json<'a>(&self, stored: &'a SchemaVersion, shape: Shape) -> SchemaJson<'a> {
        let json = SchemaJson::new(stored, shape, self.settings.generation);
        match self.query.get("referenceFormat") {
            Some(text) if text.eq_ignore_ascii_case("qualified") => {
                json.with_qualified_references(stored.subject.context())
            }
            _ => json,
        }
    }
}

/// Answers a write once it is durable.
pub(crate) fn durable<T, J>(pending: Pending<T>, json: impl FnOnce(T) -> J + Send + 'static) -> Outcome
where
    T: Send + 'static,
    J: Serialize,
{
    Outcome::Later(Box::pin(async move { Ok(Reply::json(&json(pending.durable().await?))?) }))
}
