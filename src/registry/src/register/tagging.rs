//! Inline tags changed while registering (contract 6.3): the draft's text gets other tags before it is prepared.

use assay_schema::{SchemaError, Strictness, TagEdits, TaggedEntity};

use super::candidate::Preparation;
use super::draft::{Draft, refused};
use crate::cache::ParseKey;
use crate::error::RegistryError;
use crate::references::Resolver;
use crate::schema_version::{Deleted, Propagate, SchemaVersion};
use crate::state::SubjectRows;
use crate::work::{Stop, Work};

/// The draft with the tags the request asks for.
pub(super) fn tagged(
    work: &mut Work<'_>,
    preparation: &Preparation<'_>,
    rows: Option<&SubjectRows>,
    mut draft: Draft,
) -> Result<Draft, Stop> {
    let changes = &preparation.request.tags;
    if changes.is_empty() {
        return Ok(draft);
    }
    let carry = match (changes.propagate, rows.and_then(SubjectRows::latest)) {
        (Propagate::Yes, Some(previous)) => tags_of(work, preparation, &previous.schema)?,
        _ => Vec::new(),
    };
    let edits = TagEdits { carry, add: changes.add.clone(), remove: changes.remove.clone() };
    let (_, key) = preparation.key(&draft)?;
    draft.schema = match work.tagged(&key, &edits)? {
        Ok(text) => text.to_string(),
        Err(SchemaError::TooLarge { bytes, limit }) => {
            return Err(RegistryError::SchemaTooLarge { bytes, limit }.into());
        }
        Err(error) => return Err(refused(preparation.subject, preparation.request, error).into()),
    };
    Ok(draft)
}

/// The tags of the previous version. One that cannot be read any more is refused: its tags would be lost silently.
fn tags_of(
    work: &mut Work<'_>,
    preparation: &Preparation<'_>,
    previous: &SchemaVersion,
) -> Result<Vec<TaggedEntity>, Stop> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let reason = format!("the tags of version {} cannot be copied: {error}", previous.version);
        refused(preparation.subject, preparation.request, reason)
    };
    let resolver = Resolver {
        state: preparation.state,
        limits: &preparation.server.limits,
        deleted: Deleted::Include,
        strict_versions: false,
    };
    let closure = resolver
        .closure(previous.subject.context(), &previous.references)
        .map_err(|error| unreadable(&error))?;
    let key = ParseKey::new(previous.schema_type, Strictness::Stored, previous.text.clone(), closure);
    Ok(work.tags(&key)?.map_err(|error| unreadable(&error))?)
}
