//! Rule sets: their structure is validated (contract 6.2, code 42210) and defaults are filled in, so that what is
//! digested is what is stored. Executing them is not the registry's business.

use std::collections::BTreeSet;

use assay_schema::{Rule, RuleSet};

use crate::error::RegistryError;

const NAME_BYTES: usize = 256;
const ENABLE_AT: [&str; 5] = ["ALL", "CLIENT", "GATEWAY", "SERVER", "NONE"];
const KINDS: [&str; 2] = ["TRANSFORM", "CONDITION"];
const MIGRATION_MODES: [&str; 3] = ["UPGRADE", "DOWNGRADE", "UPDOWN"];
const OTHER_MODES: [&str; 3] = ["WRITE", "READ", "WRITEREAD"];
/// Modes with two sides, whose actions may be a pair.
const PAIR_MODES: [&str; 2] = ["UPDOWN", "WRITEREAD"];

/// The rule set with defaults filled in and empty members left out.
pub(crate) fn with_defaults(rules: &RuleSet) -> RuleSet {
    let mut rules = rules.clone();
    let lists = [
        (&mut rules.migration_rules, None),
        (&mut rules.domain_rules, Some("WRITEREAD")),
        (&mut rules.encoding_rules, Some("WRITEREAD")),
    ];
    for (list, mode) in lists {
        for rule in list {
            rule.kind.get_or_insert_with(|| "TRANSFORM".to_owned());
            if let Some(mode) = mode {
                rule.mode.get_or_insert_with(|| mode.to_owned());
            }
            rule.tags = rule.tags.take().filter(|tags| !tags.is_empty());
            rule.params = rule.params.take().filter(|params| !params.is_empty());
        }
    }
    rules
}

/// Checks the structure.
///
/// # Errors
/// [`RegistryError::InvalidRuleSet`] with the rule's name and what is wrong with it.
pub(crate) fn validate(rules: &RuleSet) -> Result<(), RegistryError> {
    let refuse = |reason: String| Err(RegistryError::InvalidRuleSet(reason));
    if let Some(at) = rules.enable_at.as_deref().filter(|at| !ENABLE_AT.contains(at)) {
        return refuse(format!("enableAt \"{at}\" is none of {}", ENABLE_AT.join(", ")));
    }
    let mut names = BTreeSet::new();
    let lists = [
        (&rules.migration_rules, &MIGRATION_MODES),
        (&rules.domain_rules, &OTHER_MODES),
        (&rules.encoding_rules, &OTHER_MODES),
    ];
    for (list, modes) in lists {
        for rule in list {
            if let Err(reason) = check_rule(rule, modes) {
                return refuse(format!("rule \"{}\": {reason}", rule.name));
            }
            if !names.insert(rule.name.as_str()) {
                return refuse(format!("rule \"{}\": the name is used twice", rule.name));
            }
        }
    }
    Ok(())
}

fn check_rule(rule: &Rule, modes: &[&str]) -> Result<(), String> {
    check_name(&rule.name)?;
    if rule.rule_type.as_deref().is_none_or(str::is_empty) {
        return Err("it has no type".to_owned());
    }
    if let Some(kind) = rule.kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
        return Err(format!("kind \"{kind}\" is none of {}", KINDS.join(", ")));
    }
    let mode = rule.mode.as_deref();
    if mode.is_none_or(|mode| !modes.contains(&mode)) {
        return Err(format!("mode \"{}\" is none of {}", mode.unwrap_or_default(), modes.join(", ")));
    }
    let sides = if mode.is_some_and(|mode| PAIR_MODES.contains(&mode)) { 2 } else { 1 };
    for action in [&rule.on_success, &rule.on_failure].into_iter().flatten() {
        if action.split(',').count() > sides {
            return Err(format!(
                "the action \"{action}\" has more parts than mode {} has sides",
                mode.unwrap_or_default()
            ));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    if name.chars().count() > NAME_BYTES {
        return Err(format!("the name has more than {NAME_BYTES} characters"));
    }
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| first(c) || c.is_ascii_digit() || c == '-';
    if !name.starts_with(first) || !name.chars().all(rest) {
        return Err(
            "the name must start with a letter or _ and go on with letters, digits, _ and -".to_owned()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> Rule {
        Rule { name: name.into(), rule_type: Some("CEL".into()), ..Rule::default() }
    }

    fn verdict(migration: Vec<Rule>, domain: Vec<Rule>) -> Option<String> {
        let rules = RuleSet { migration_rules: migration, domain_rules: domain, ..RuleSet::default() };
        validate(&with_defaults(&rules)).err().map(|error| error.to_string())
    }

    #[test]
    fn structure_is_checked() {
        let with = |edit: fn(&mut Rule)| {
            let mut rule = rule("r");
            edit(&mut rule);
            rule
        };
        assert_eq!(verdict(vec![], vec![rule("a"), rule("_b-1")]), None);
        assert_eq!(verdict(vec![with(|r| r.mode = Some("UPDOWN".into()))], vec![]), None);
        assert_eq!(verdict(vec![], vec![with(|r| r.on_failure = Some("NONE,ERROR".into()))]), None);
        let bad: Vec<(Vec<Rule>, Vec<Rule>, &str)> = vec![
            (vec![], vec![rule("1a")], "must start"),
            (vec![], vec![rule("")], "no name"),
            (vec![], vec![rule(&"a".repeat(257))], "256"),
            (vec![], vec![rule("a"), rule("a")], "twice"),
            (vec![with(|r| r.mode = Some("UPGRADE".into()))], vec![rule("r")], "twice"),
            (vec![rule("m")], vec![], "mode"),
            (vec![], vec![with(|r| r.mode = Some("UPGRADE".into()))], "mode"),
            (vec![], vec![with(|r| r.kind = Some("X".into()))], "kind"),
            (vec![], vec![with(|r| r.rule_type = None)], "type"),
            (
                vec![],
                vec![with(|r| {
                    r.mode = Some("READ".into());
                    r.on_success = Some("NONE,ERROR".into());
                })],
                "action",
            ),
        ];
        for (migration, domain, part) in bad {
            let error = verdict(migration, domain).unwrap();
            assert!(error.contains(part), "{error} should hold {part}");
        }
    }
}
