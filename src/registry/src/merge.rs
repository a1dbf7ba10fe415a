//! Merging of metadata and rule sets: default ⊕ own ⊕ override, later wins (contract 2.10).

use assay_schema::{Metadata, Rule, RuleSet};

/// The metadata property that tells apart versions with the same text (contract 2.3.2).
pub(crate) const CONFLUENT_VERSION: &str = "confluent:version";
/// The metadata property that lists reserved field names (contract 2.9).
pub(crate) const CONFLUENT_RESERVED: &str = "confluent:reserved";

/// Properties and tags per key, sensitive names as a union. `None` when there is nothing at all.
pub(crate) fn metadata(layers: [Option<&Metadata>; 3]) -> Option<Metadata> {
    let mut layers = layers.into_iter().flatten();
    let mut merged = layers.next()?.clone();
    for layer in layers {
        merged.tags.extend(layer.tags.clone());
        merged.properties.extend(layer.properties.clone());
        merged.sensitive.extend(layer.sensitive.iter().cloned());
    }
    Some(merged)
}

/// Rules of the same name are replaced in place, new ones appended, per list; the later `enableAt` wins.
pub(crate) fn rule_sets(layers: [Option<&RuleSet>; 3]) -> Option<RuleSet> {
    let mut layers = layers.into_iter().flatten();
    let mut merged = layers.next()?.clone();
    for layer in layers {
        rules(&mut merged.migration_rules, &layer.migration_rules);
        rules(&mut merged.domain_rules, &layer.domain_rules);
        rules(&mut merged.encoding_rules, &layer.encoding_rules);
        if layer.enable_at.is_some() {
            merged.enable_at.clone_from(&layer.enable_at);
        }
    }
    Some(merged)
}

fn rules(merged: &mut Vec<Rule>, layer: &[Rule]) {
    for rule in layer {
        match merged.iter_mut().find(|old| old.name == rule.name) {
            Some(old) => old.clone_from(rule),
            None => merged.push(rule.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Metadata {
        let properties = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Metadata { properties, ..Metadata::default() }
    }

    #[test]
    fn later_layers_win() {
        let (low, own, high) = (
            properties(&[("a", "1"), ("b", "1")]),
            properties(&[("b", "2"), ("c", "2")]),
            properties(&[("c", "3")]),
        );
        assert_eq!(
            metadata([Some(&low), Some(&own), Some(&high)]),
            Some(properties(&[("a", "1"), ("b", "2"), ("c", "3")]))
        );
        assert_eq!(metadata([None, None, Some(&high)]), Some(high));
        assert_eq!(metadata([None; 3]), None);
    }

    #[test]
    fn rules_are_replaced_in_place_and_appended() {
        let rule =
            |name: &str, doc: &str| Rule { name: name.into(), doc: Some(doc.into()), ..Rule::default() };
        let set = |rules: Vec<Rule>, at: Option<&str>| RuleSet {
            domain_rules: rules,
            enable_at: at.map(Into::into),
            ..RuleSet::default()
        };
        let low = set(vec![rule("a", "1"), rule("b", "1")], Some("ALL"));
        let own = set(vec![rule("c", "2"), rule("a", "2")], None);
        let want = set(vec![rule("a", "2"), rule("b", "1"), rule("c", "2")], Some("ALL"));
        assert_eq!(rule_sets([Some(&low), Some(&own), None]), Some(want));
    }
}
