//! Lints of a change: what the rules allow in the direction BACKWARD, and data does not.

use std::collections::{HashMap, HashSet};

use assay_compat::{Direction, Policy};
use assay_schema::ParsedSchema;
use assay_schema::avro::{AvroSchema, AvroType, TypeId};
use assay_schema::json_schema::Location;

use super::{Hits, protobuf, rules};
use crate::diff::{Break, Change, Kind, What, between};

/// References of a schema that are looked at for circles.
const CIRCLES_MAX: usize = 200;
/// What looks at the same value as the schema it is in.
const COMBINED: &[&str] = &["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/// Looks at what happened between an old and a new schema of one subject. Gives the reason if that could not be told: then
/// nothing is known of what is allowed, and there is nothing to warn of.
pub(super) fn lint(
    policy: Policy,
    old: &ParsedSchema,
    new: &ParsedSchema,
    hits: &mut Hits,
) -> Option<String> {
    if old.schema_type() != new.schema_type() {
        return None; // another format is never compatible
    }
    let diff = between(old, new);
    let breaks = |b: &Break| b.direction == Direction::Backward && b.rule.row().verdict.is_breaking(policy);
    let refused = |change: &&Change| change.breaks.iter().any(breaks);
    if diff.backward.is_some() {
        let circular = [old, new].iter().any(|schema| refers_to_itself_in_place(schema));
        for change in diff.changes().filter(|change| !refused(change)) {
            let lint = allowed(change, new);
            let assumed = (circular && change.what == What::Reference).then_some(&rules::NARROWED);
            if let Some(lint) = lint.or(assumed) {
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
    diff.untold.filter(|_| diff.backward.is_none())
}

/// Whether schemas refer to each other in a circle with nothing but combinations between: they say nothing then, and the
/// rules assume that they fit.
fn refers_to_itself_in_place(schema: &ParsedSchema) -> bool {
    let ParsedSchema::Json(schema) = schema else { return false };
    let references = &schema.resolution().references;
    if references.len() > CIRCLES_MAX {
        return false;
    }
    let in_place = |whole: &Location, inner: &Location| {
        let rest =
            inner.pointer.strip_prefix(whole.pointer.as_str()).filter(|_| whole.document == inner.document);
        let step = |step: &str| COMBINED.contains(&step) || step.bytes().all(|b| b.is_ascii_digit());
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('/').is_some_and(|rest| rest.split('/').all(step))
        })
    };
    let mut left: HashMap<&Location, &Location> = references.iter().collect();
    // Take away what leads nowhere in place, again and again: what is left goes in a circle.
    loop {
        let dead: Vec<&Location> = left
            .iter()
            .filter(|(_, to)| !left.keys().any(|other| in_place(to, other)))
            .map(|(from, _)| *from)
            .collect();
        if dead.is_empty() {
            return !left.is_empty();
        }
        for from in dead {
            left.remove(from);
        }
    }
}

/// The lint for a change that the rules do not refuse.
fn allowed(change: &Change, new: &ParsedSchema) -> Option<&'static rules::Lint> {
    // What only LENIENT allows takes values away: that is what STRICT refuses it for.
    if change.breaks.iter().any(|b| b.direction == Direction::Backward) {
        return Some(&rules::NARROWED);
    }
    match (change.kind, change.what) {
        // What is referred to is compared, and told, where it is described.
        (Kind::Type, What::Reference) => None,
        (Kind::Narrowed | Kind::Constraint | Kind::Type, _) => Some(&rules::NARROWED),
        (Kind::Added | Kind::Removed, What::Narrowing) => Some(&rules::NARROWED),
        (Kind::Meaning, _) => Some(&rules::MEANING),
        (Kind::Removed, What::Symbol) => Some(&rules::SYMBOL_REMOVED),
        (Kind::Renamed, What::Type) => match new {
            ParsedSchema::Avro(new) => renamed_in_union(change, new).then_some(&rules::NARROWED),
            _ => None,
        },
        (Kind::Renamed, What::Field) => match new {
            ParsedSchema::Protobuf(_) => Some(&rules::PROTO_RENAMED),
            ParsedSchema::Avro(new) => record_renamed(change, new).then_some(&rules::NARROWED),
            ParsedSchema::Json(_) => None,
        },
        _ => None,
    }
}

/// Whether an enum or fixed type has another full name, not the old one as an alias, and stands in a union: the rules look at
/// names without namespaces, readers look for the branch by full name, and only records are compared by what they hold then.
fn renamed_in_union(change: &Change, new: &AvroSchema) -> bool {
    let (Some(old), Some(now)) = (&change.old, &change.new) else { return false };
    let lost = |branch: &TypeId| match new.get(*branch) {
        ty @ (AvroType::Enum { name, .. } | AvroType::Fixed { name, .. }) => {
            name.full() == now && !ty.aliases().iter().any(|alias| alias.full() == old)
        }
        _ => false,
    };
    new.types().any(|ty| matches!(ty, AvroType::Union(branches) if branches.iter().any(lost)))
}

/// Whether the record of a field that has another name has another full name as well, and not the old one as an alias:
/// the rules look at names without namespaces, readers do not, and aliases of fields count in the same record only.
fn record_renamed(change: &Change, new: &AvroSchema) -> bool {
    let record = |place: &Option<String>| Some(place.as_ref()?.rsplit_once('.')?.0.to_owned());
    let (Some(old), Some(now)) = (record(&change.old), record(&change.new)) else { return false };
    let aliased = |ty: &AvroType| {
        ty.name().is_some_and(|name| name.full() == now) && ty.aliases().iter().any(|a| a.full() == old)
    };
    old != now && !new.types().any(aliased)
}
