//! Rules of data contracts (contract 6.2, 6.4): none can be run here, so one that would have to be run is an error.
//!
//! Migration rules lie between versions; where the reader's schema is the caller's own none is ever to be run.
//! Whether a rule touches any field of the schema is not looked at: a wrong "no" would write clear text.

use assay_schema::{Rule, RuleSet};
use assay_wire::SchemaKey;

use crate::SerdeError;

/// On which way a schema is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Write,
    Read,
}

/// Refuses a schema whose domain or encoding rules are to be run on this way.
pub(crate) fn refuse(way: Way, key: SchemaKey, rules: Option<&RuleSet>) -> Result<(), SerdeError> {
    let Some(rules) = rules.filter(|rules| enabled_here(rules)) else { return Ok(()) };
    for (stage, rules) in [("domain", &rules.domain_rules), ("encoding", &rules.encoding_rules)] {
        if let Some(rule) = rules.iter().find(|rule| !rule.disabled && on_way(rule, way)) {
            return Err(unsupported(key, stage, rule));
        }
    }
    Ok(())
}

/// Refuses a schema to read with that has rules for what other versions wrote.
#[cfg(feature = "avro")]
pub(crate) fn refuse_migration(key: SchemaKey, rules: Option<&RuleSet>) -> Result<(), SerdeError> {
    let Some(rules) = rules.filter(|rules| enabled_here(rules)) else { return Ok(()) };
    match rules.migration_rules.iter().find(|rule| !rule.disabled) {
        Some(rule) => Err(unsupported(key, "migration", rule)),
        None => Ok(()),
    }
}

/// Rules enabled at a gateway or server only are not a client's; a place nobody knows may be this one.
fn enabled_here(rules: &RuleSet) -> bool {
    !matches!(rules.enable_at.as_deref(), Some("NONE" | "SERVER" | "GATEWAY"))
}

/// A mode nobody knows may mean this way.
fn on_way(rule: &Rule, way: Way) -> bool {
    let other = match way {
        Way::Write => "READ",
        Way::Read => "WRITE",
    };
    rule.mode.as_deref() != Some(other)
}

fn unsupported(key: SchemaKey, stage: &'static str, rule: &Rule) -> SerdeError {
    let rule_type = rule.rule_type.clone().unwrap_or_else(|| "unknown".into());
    SerdeError::UnsupportedRule { key, stage, rule: rule.name.clone(), rule_type }
}

#[cfg(test)]
mod tests {
    use assay_wire::SchemaId;

    use super::*;

    fn check(mode: Option<&str>, enable_at: Option<&str>, disabled: bool, refused: [bool; 2]) {
        let rule = |name: &str| Rule {
            name: name.into(),
            rule_type: Some("ENCRYPT".into()),
            mode: mode.map(str::to_owned),
            disabled,
            ..Rule::default()
        };
        for rules in [
            RuleSet { domain_rules: vec![rule("d")], ..RuleSet::default() },
            RuleSet { encoding_rules: vec![rule("e")], ..RuleSet::default() },
        ] {
            let rules = RuleSet { enable_at: enable_at.map(str::to_owned), ..rules };
            let key = SchemaKey::Id(SchemaId::new(1).unwrap());
            let found = [Way::Write, Way::Read].map(|way| refuse(way, key, Some(&rules)).is_err());
            assert_eq!(found, refused, "{rules:?}");
        }
    }

    #[test]
    fn rules_that_apply_are_refused() {
        check(None, None, false, [true, true]);
        check(Some("WRITEREAD"), Some("ALL"), false, [true, true]);
        check(Some("WRITE"), Some("CLIENT"), false, [true, false]);
        check(Some("READ"), None, false, [false, true]);
        check(Some("SOMETHING_NEW"), Some("SOMEWHERE_NEW"), false, [true, true]);
        for elsewhere in ["NONE", "SERVER", "GATEWAY"] {
            check(Some("WRITE"), Some(elsewhere), false, [false, false]);
        }
        check(None, None, true, [false, false]);
    }
}
