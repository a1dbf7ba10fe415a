//! Lints of a change: what the rules allow in the direction BACKWARD, and data does not.

use std::collections::HashSet;

use assay_compat::Direction;
use assay_schema::ParsedSchema;

use super::{Hits, protobuf, rules};
use crate::diff::{Change, Kind, What, between};

/// Looks at what happened between an old and a new schema of one subject.
pub(super) fn lint(old: &ParsedSchema, new: &ParsedSchema, hits: &mut Hits) {
    if old.schema_type() != new.schema_type() {
        return; // another format is never compatible
    }
    let diff = between(old, new);
    let refused = |change: &&Change| change.breaks.iter().any(|b| b.direction == Direction::Backward);
    if diff.backward.is_some() {
        for change in diff.changes().filter(|change| !refused(change)) {
            if let Some(lint) = allowed(change, new) {
                let place = change.new.as_ref().or(change.old.as_ref()).map_or("", String::as_str);
                hits.push(lint, place, change.text.text());
            }
        }
    }
    if let (ParsedSchema::Protobuf(old), ParsedSchema::Protobuf(new)) = (old, new) {
        let broken: HashSet<&str> =
            diff.changes().filter(refused).filter_map(|change| change.old.as_deref()).collect();
        protobuf::lint_change(old, new, &broken, hits);
    }
}

/// The lint for a change that the rules do not refuse.
fn allowed(change: &Change, new: &ParsedSchema) -> Option<&'static rules::Lint> {
    match (change.kind, change.what) {
        (Kind::Narrowed, _) => Some(&rules::NARROWED),
        (Kind::Meaning, _) => Some(&rules::MEANING),
        (Kind::Removed, What::Symbol) => Some(&rules::SYMBOL_REMOVED),
        (Kind::Renamed, What::Field) if matches!(new, ParsedSchema::Protobuf(_)) => {
            Some(&rules::PROTO_RENAMED)
        }
        _ => None,
    }
}
