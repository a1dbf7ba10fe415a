//! Levels and versions: who is compared with whom (contract 3.1).

use assay_schema::{ParsedSchema, Version};

use crate::avro;
use crate::level::Level;
use crate::report::{Difference, Direction, Report};
use crate::rule::Rule;

/// An older version.
#[derive(Clone, Copy, Debug)]
pub struct Old<'a> {
    /// Its number.
    pub version: Version,
    /// Its schema.
    pub schema: &'a ParsedSchema,
}

/// Checks a new schema against older versions, newest first, already filtered to those that count. Levels that are not
/// transitive look at the first one only; the others stop at the first one that does not fit.
pub fn check(level: Level, new: &ParsedSchema, olds: &[Old<'_>]) -> Report {
    let compared = match level {
        Level::None => 0,
        _ if level.is_transitive() => olds.len(),
        _ => 1,
    };
    for old in olds.iter().take(compared) {
        let differences = compare(level, new, old);
        if !differences.is_empty() {
            return Report::new(level, differences, old.schema.canonical());
        }
    }
    Report::new(level, Vec::new(), "")
}

/// All differences with one older version: forward ones first, then backward ones.
fn compare(level: Level, new: &ParsedSchema, old: &Old<'_>) -> Vec<Difference> {
    let (new_type, old_type) = (new.schema_type(), old.schema.schema_type());
    if new_type != old_type {
        let text =
            format!("The schema types differ: {new_type} against {old_type} in version {}", old.version);
        return vec![plain(Rule::SchemaTypeChanged, text, old.version)];
    }
    let (ParsedSchema::Avro(new_avro), ParsedSchema::Avro(old_avro)) = (new, old.schema) else {
        if new.canonical() == old.schema.canonical() {
            return Vec::new();
        }
        let text = format!(
            "Compatibility rules for {new_type} are not implemented yet: a change from version {} is accepted only \
             with the level NONE",
            old.version
        );
        return vec![plain(Rule::NotImplemented, text, old.version)];
    };
    let mut differences = Vec::new();
    if level.checks_forward() {
        differences.extend(avro::differences(old_avro, new_avro, Direction::Forward, old.version));
    }
    if level.checks_backward() {
        differences.extend(avro::differences(new_avro, old_avro, Direction::Backward, old.version));
    }
    differences
}

fn plain(rule: Rule, description: String, against: Version) -> Difference {
    Difference {
        rule,
        path: "/".to_owned(),
        description,
        additional: String::new(),
        direction: Direction::Neither,
        against,
    }
}
