//! Content identity: the MD5 digest that is a schema's GUID (contract 2.2).

use assay_wire::Guid;
use md5::{Digest, Md5};

use crate::contract::{Metadata, Reference, Rule, RuleSet};

/// The GUID of a schema: MD5 over its canonical text, references in stored order, metadata and rules.
///
/// `references` must have concrete versions and rules their defaults filled in (kind, mode), because the digest covers
/// what is stored. The schema type, subject, version and id are not part of it. Source: contract 2.2.
pub fn guid(
    text: &str,
    references: &[Reference],
    metadata: Option<&Metadata>,
    rules: Option<&RuleSet>,
) -> Guid {
    let mut digest = Md5::new();
    digest.update(text);
    for reference in references {
        digest.update(&reference.name);
        digest.update(&reference.subject);
        digest.update(reference.version.to_be_bytes());
    }
    if let Some(metadata) = metadata {
        add_metadata(&mut digest, metadata);
    }
    if let Some(rules) = rules {
        digest.update([1]);
        for rule in rules.migration_rules.iter().chain(&rules.domain_rules).chain(&rules.encoding_rules) {
            add_rule(&mut digest, rule);
        }
        add_text(&mut digest, rules.enable_at.as_ref());
    }
    Guid::from_bytes(digest.finalize().into())
}

fn add_metadata(digest: &mut Md5, metadata: &Metadata) {
    digest.update([1]);
    for (path, tags) in &metadata.tags {
        digest.update(path);
        add_all(digest, tags);
    }
    for (key, value) in &metadata.properties {
        digest.update(key);
        digest.update(value);
    }
    add_all(digest, &metadata.sensitive);
}

fn add_rule(digest: &mut Md5, rule: &Rule) {
    digest.update(&rule.name);
    add_text(digest, rule.doc.as_ref());
    add_text(digest, rule.kind.as_ref());
    add_text(digest, rule.mode.as_ref());
    add_text(digest, rule.rule_type.as_ref());
    add_all(digest, rule.tags.iter().flatten());
    for (key, value) in rule.params.iter().flatten() {
        digest.update(key);
        digest.update(value);
    }
    add_text(digest, rule.expr.as_ref());
    add_text(digest, rule.on_success.as_ref());
    add_text(digest, rule.on_failure.as_ref());
    if rule.disabled {
        digest.update([1]);
    }
}

fn add_text(digest: &mut Md5, text: Option<&String>) {
    if let Some(text) = text {
        digest.update(text);
    }
}

fn add_all<'a>(digest: &mut Md5, texts: impl IntoIterator<Item = &'a String>) {
    for text in texts {
        digest.update(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Every vector was computed outside this crate: `printf '<bytes>' | md5sum`. They must never change.
    #[test]
    fn digests_never_change() {
        let record = r#"{"type":"record","name":"R","fields":[]}"#;
        let reference = Reference { name: "ns.A".into(), subject: "a-value".into(), version: 258 };
        let metadata = Metadata {
            tags: BTreeMap::from([("p".into(), BTreeSet::from(["T2".into(), "T1".into()]))]),
            properties: BTreeMap::from([("b".into(), "2".into()), ("a".into(), "1".into())]),
            sensitive: BTreeSet::from(["a".into()]),
        };
        let rule = Rule {
            name: "n".into(),
            doc: Some("d".into()),
            kind: Some("CONDITION".into()),
            mode: Some("WRITE".into()),
            rule_type: Some("CEL".into()),
            tags: Some(BTreeSet::from(["y".into(), "x".into()])),
            params: Some(BTreeMap::from([("k".into(), "v".into())])),
            expr: Some("e".into()),
            on_success: Some("NONE".into()),
            on_failure: Some("ERROR".into()),
            disabled: true,
        };
        let rules = RuleSet {
            migration_rules: vec![Rule { name: "m".into(), ..Rule::default() }],
            domain_rules: vec![rule],
            encoding_rules: vec![],
            enable_at: Some("ALL".into()),
        };
        let empty = Metadata::default();
        let rows = [
            (guid("\"string\"", &[], None, None), "095d71cf-1255-6b9d-5e33-0ad575b3df5d"),
            (guid(record, &[], None, None), "74eac7ad-f8e9-b2da-013c-1887a2f89163"),
            (
                guid(record, std::slice::from_ref(&reference), None, None),
                "9e0b77d2-641b-4209-3ec7-1edfbf43d3c7",
            ),
            (guid(record, &[], Some(&empty), None), "ad6d903b-1f64-0d4e-d34f-86b8f88906f8"),
            (guid(record, &[], Some(&metadata), None), "0937c6e6-0f24-532d-42f2-2f608d97f686"),
            (
                guid(record, &[reference], Some(&metadata), Some(&rules)),
                "99ad620c-3c85-c945-30c0-ed574e292ab2",
            ),
        ];
        for (guid, want) in rows {
            assert_eq!(guid.to_string(), want);
        }
    }
}
