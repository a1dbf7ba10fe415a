//! Metadata and rule sets (contract 6.1, 6.2), both ways.

use std::collections::{BTreeMap, BTreeSet};

use assay_schema::{Metadata, Rule, RuleSet};
use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer};

use crate::coerce::{Flag, List, Map, Text, object};

/// Enumerations keep their text, but an unknown constant does not map (400, contract 1.1).
macro_rules! constants {
    ($name:ident, $what:literal, $($text:literal)|+) => {
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) &'static str);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = Text::deserialize(deserializer)?.0;
                match text.as_str() {
                    $($text => Ok($name($text)),)+
                    other => Err(de::Error::custom(format_args!("'{other}' is not a {}", $what))),
                }
            }
        }
    };
}

constants!(Kind, "rule kind", "TRANSFORM" | "CONDITION");
constants!(Mode, "rule mode", "UPGRADE" | "DOWNGRADE" | "UPDOWN" | "WRITE" | "READ" | "WRITEREAD");
constants!(EnableAt, "place where rules are enabled", "ALL" | "CLIENT" | "GATEWAY" | "SERVER" | "NONE");

object! {
    /// Metadata as sent.
    pub(crate) struct MetadataBody {
        tags: Option<Map<List<Text>>> = "tags",
        properties: Option<Map<Text>> = "properties",
        sensitive: Option<List<Text>> = "sensitive",
    }
}

object! {
    /// A rule set as sent.
    pub(crate) struct RuleSetBody {
        migration_rules: Option<List<RuleBody>> = "migrationRules",
        domain_rules: Option<List<RuleBody>> = "domainRules",
        encoding_rules: Option<List<RuleBody>> = "encodingRules",
        enable_at: Option<EnableAt> = "enableAt",
    }
}

object! {
    /// A rule as sent.
    pub(crate) struct RuleBody {
        name: Option<Text> = "name",
        doc: Option<Text> = "doc",
        kind: Option<Kind> = "kind",
        mode: Option<Mode> = "mode",
        rule_type: Option<Text> = "type",
        tags: Option<List<Text>> = "tags",
        params: Option<Map<Text>> = "params",
        expr: Option<Text> = "expr",
        on_success: Option<Text> = "onSuccess",
        on_failure: Option<Text> = "onFailure",
        disabled: Option<Flag> = "disabled",
    }
}

fn set(list: List<Text>) -> BTreeSet<String> {
    list.0.into_iter().map(|t| t.0).collect()
}

impl From<MetadataBody> for Metadata {
    fn from(body: MetadataBody) -> Metadata {
        Metadata {
            tags: body.tags.map(|m| m.0.into_iter().map(|(k, v)| (k, set(v))).collect()).unwrap_or_default(),
            properties: body.properties.map(texts).unwrap_or_default(),
            sensitive: body.sensitive.map(set).unwrap_or_default(),
        }
    }
}

fn texts(map: Map<Text>) -> BTreeMap<String, String> {
    map.0.into_iter().map(|(key, value)| (key, value.0)).collect()
}

impl From<RuleSetBody> for RuleSet {
    fn from(body: RuleSetBody) -> RuleSet {
        let rules = |list: Option<List<RuleBody>>| {
            list.map(|l| l.0.into_iter().map(Rule::from).collect()).unwrap_or_default()
        };
        RuleSet {
            migration_rules: rules(body.migration_rules),
            domain_rules: rules(body.domain_rules),
            encoding_rules: rules(body.encoding_rules),
            enable_at: body.enable_at.map(|e| e.0.to_owned()),
        }
    }
}

impl From<RuleBody> for Rule {
    fn from(body: RuleBody) -> Rule {
        let text = |t: Option<Text>| t.map(|t| t.0);
        Rule {
            name: text(body.name).unwrap_or_default(),
            doc: text(body.doc),
            kind: body.kind.map(|k| k.0.to_owned()),
            mode: body.mode.map(|m| m.0.to_owned()),
            rule_type: text(body.rule_type),
            tags: body.tags.map(set),
            params: body.params.map(texts),
            expr: text(body.expr),
            on_success: text(body.on_success),
            on_failure: text(body.on_failure),
            disabled: body.disabled.is_some_and(|f| f.0),
        }
    }
}

/// Metadata as answered. Empty members are left out.
#[derive(Serialize)]
pub(crate) struct MetadataJson<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    sensitive: &'a BTreeSet<String>,
}

impl<'a> From<&'a Metadata> for MetadataJson<'a> {
    fn from(metadata: &'a Metadata) -> MetadataJson<'a> {
        let Metadata { tags, properties, sensitive } = metadata;
        MetadataJson { tags, properties, sensitive }
    }
}

/// A rule set as answered. Empty members are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleSetJson<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    migration_rules: Vec<RuleJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    domain_rules: Vec<RuleJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    encoding_rules: Vec<RuleJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_at: Option<&'a str>,
}

impl<'a> From<&'a RuleSet> for RuleSetJson<'a> {
    fn from(rules: &'a RuleSet) -> RuleSetJson<'a> {
        let all = |list: &'a [Rule]| list.iter().map(RuleJson::from).collect();
        RuleSetJson {
            migration_rules: all(&rules.migration_rules),
            domain_rules: all(&rules.domain_rules),
            encoding_rules: all(&rules.encoding_rules),
            enable_at: rules.enable_at.as_deref(),
        }
    }
}

/// A rule as answered; `disabled` also when false.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleJson<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "none_or_empty")]
    doc: Option<&'a str>,
    #[serde(skip_serializing_if = "none_or_empty")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "none_or_empty")]
    mode: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "none_or_empty")]
    rule_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "none_or_empty")]
    expr: Option<&'a str>,
    #[serde(skip_serializing_if = "none_or_empty")]
    on_success: Option<&'a str>,
    #[serde(skip_serializing_if = "none_or_empty")]
    on_failure: Option<&'a str>,
    disabled: bool,
}

fn none_or_empty(text: &Option<&str>) -> bool {
    text.is_none_or(str::is_empty)
}

impl<'a> From<&'a Rule> for RuleJson<'a> {
    fn from(rule: &'a Rule) -> RuleJson<'a> {
        RuleJson {
            name: &rule.name,
            doc: rule.doc.as_deref(),
            kind: rule.kind.as_deref(),
            mode: rule.mode.as_deref(),
            rule_type: rule.rule_type.as_deref(),
            tags: rule.tags.as_ref().filter(|t| !t.is_empty()),
            params: rule.params.as_ref().filter(|p| !p.is_empty()),
            expr: rule.expr.as_deref(),
            on_success: rule.on_success.as_deref(),
            on_failure: rule.on_failure.as_deref(),
            disabled: rule.disabled,
        }
    }
}
