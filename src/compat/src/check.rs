//! Levels and versions: who is compared with whom (contract 3.1). Each format is one function: two schemas in, what
//! differs out.

use assay_schema::{ParsedSchema, Version};

use crate::level::{Level, Policy};
use crate::report::{Difference, Direction, Found, Report};
use crate::rule;

/// An older version.
#[derive(Clone, Copy, Debug)]
pub struct Old<'a> {
    /// Its number.
    pub version: Version,
    /// Its schema.
    pub schema: &'a ParsedSchema,
}

/// [`check_with`] the policy STRICT.
pub fn check(level: Level, new: &ParsedSchema, olds: &[Old<'_>]) -> Report {
    check_with(level, Policy::Strict, new, olds)
}

/// Checks a new schema against older versions, newest first, already filtered to those that count. Levels that are not
/// transitive look at the first one only; the others stop at the first one that does not fit.
pub fn check_with(level: Level, policy: Policy, new: &ParsedSchema, olds: &[Old<'_>]) -> Report {
    let compared = match level {
        Level::None => 0,
        _ if level.is_transitive() => olds.len(),
        _ => 1,
    };
    for old in olds.iter().take(compared) {
        let differences = compare(level, policy, new, old);
        if !differences.is_empty() {
            return Report::new(level, differences, old.schema.canonical());
        }
    }
    Report::new(level, Vec::new(), "")
}

/// Everything the rules see change from an older version to a new schema, with the new one as reader: what they allow
/// and what they refuse.
pub fn changes(policy: Policy, new: &ParsedSchema, old: &Old<'_>) -> Vec<Difference> {
    let found = differences(new, old.schema, policy, Wanted::All);
    found.into_iter().map(|found| found.told(Direction::Backward, old.version)).collect()
}

/// All refusals against one older version: forward ones first, then backward ones.
fn compare(level: Level, policy: Policy, new: &ParsedSchema, old: &Old<'_>) -> Vec<Difference> {
    let mut refused = Vec::new();
    let mut look = |reader, writer, direction| {
        let found = differences(reader, writer, policy, Wanted::Refusals);
        let breaking = found.into_iter().filter(|found| found.rule.row().verdict.is_breaking(policy));
        refused.extend(breaking.map(|found| found.told(direction, old.version)));
    };
    if new.schema_type() != old.schema.schema_type() {
        look(new, old.schema, Direction::Neither);
        return refused;
    }
    if level.checks_forward() {
        look(old.schema, new, Direction::Forward);
    }
    if level.checks_backward() {
        look(new, old.schema, Direction::Backward);
    }
    refused.dedup_by(|a, b| a.direction == Direction::Neither && a.rule == b.rule); // said once, not per direction
    refused
}

/// What somebody wants to know of a pair of schemas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything that differs.
    All,
    /// What is refused; what is allowed does not matter.
    Refusals,
}

/// How `reader` differs from `writer`, whose data it is to read.
fn differences(reader: &ParsedSchema, writer: &ParsedSchema, policy: Policy, wanted: Wanted) -> Vec<Found> {
    match (reader, writer) {
        #[cfg(feature = "avro")]
        (ParsedSchema::Avro(reader), ParsedSchema::Avro(writer)) => crate::avro::differences(reader, writer),
        #[cfg(feature = "protobuf")]
        (ParsedSchema::Protobuf(reader), ParsedSchema::Protobuf(writer)) => {
            crate::protobuf::differences(reader, writer)
        }
        #[cfg(feature = "json")]
        (ParsedSchema::Json(reader), ParsedSchema::Json(writer)) => {
            crate::json::differences(reader, writer, policy, wanted)
        }
        _ => {
            let types = format!("{} against {}", reader.schema_type(), writer.schema_type());
            vec![Found::new(rule::SCHEMA_TYPE_CHANGED, "/").additional(types)]
        }
    }
}
