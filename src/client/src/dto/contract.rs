//! Metadata and rules as JSON (contract 6.1, 6.2); empty members are left out, `null` ones read as absent.

use std::collections::{BTreeMap, BTreeSet};

use assay_schema::{Metadata, Rule, RuleSet};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MetadataJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeMap<String, BTreeSet<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitive: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleSetJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    migration_rules: Option<Vec<RuleJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_rules: Option<Vec<RuleJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_rules: Option<Vec<RuleJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_at: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    rule_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_success: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure: Option<String>,
    disabled: Option<bool>,
}

impl From<&Metadata> for MetadataJson {
    fn from(metadata: &Metadata) -> MetadataJson {
        MetadataJson {
            tags: Some(metadata.tags.clone()).filter(|tags| !tags.is_empty()),
            properties: Some(metadata.properties.clone()).filter(|properties| !properties.is_empty()),
            sensitive: Some(metadata.sensitive.clone()).filter(|sensitive| !sensitive.is_empty()),
        }
    }
}

impl From<MetadataJson> for Metadata {
    fn from(json: MetadataJson) -> Metadata {
        Metadata {
            tags: json.tags.unwrap_or_default(),
            properties: json.properties.unwrap_or_default(),
            sensitive: json.sensitive.unwrap_or_default(),
        }
    }
}

impl From<&RuleSet> for RuleSetJson {
    fn from(rules: &RuleSet) -> RuleSetJson {
        let list = |list: &[Rule]| {
            Some(list.iter().map(RuleJson::from).collect::<Vec<_>>()).filter(|list| !list.is_empty())
        };
        RuleSetJson {
            migration_rules: list(&rules.migration_rules),
            domain_rules: list(&rules.domain_rules),
            encoding_rules: list(&rules.encoding_rules),
            enable_at: rules.enable_at.clone(),
        }
    }
}

impl From<RuleSetJson> for RuleSet {
    fn from(json: RuleSetJson) -> RuleSet {
        let list =
            |list: Option<Vec<RuleJson>>| list.unwrap_or_default().into_iter().map(Rule::from).collect();
        RuleSet {
            migration_rules: list(json.migration_rules),
            domain_rules: list(json.domain_rules),
            encoding_rules: list(json.encoding_rules),
            enable_at: json.enable_at,
        }
    }
}

impl From<&Rule> for RuleJson {
    fn from(rule: &Rule) -> RuleJson {
        let rule = rule.clone();
        RuleJson {
            name: Some(rule.name),
            doc: rule.doc,
            kind: rule.kind,
            mode: rule.mode,
            rule_type: rule.rule_type,
            tags: rule.tags,
            params: rule.params,
            expr: rule.expr,
            on_success: rule.on_success,
            on_failure: rule.on_failure,
            disabled: Some(rule.disabled),
        }
    }
}

impl From<RuleJson> for Rule {
    fn from(json: RuleJson) -> Rule {
        Rule {
            name: json.name.unwrap_or_default(),
            doc: json.doc,
            kind: json.kind,
            mode: json.mode,
            rule_type: json.rule_type,
            tags: json.tags,
            params: json.params,
            expr: json.expr,
            on_success: json.on_success,
            on_failure: json.on_failure,
            disabled: json.disabled.unwrap_or(false),
        }
    }
}
