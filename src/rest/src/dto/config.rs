//! Config and mode (contract 1.7, 1.8). The level is `compatibility` in a PUT and its answer, `compatibilityLevel`
//! everywhere else.

use std::borrow::Cow;

use assay_registry::{CompatibilityPolicy, Config, ConfigUpdate, ModeUpdate, Patch as Change, RegistryError};
use assay_schema::{Metadata, RuleSet};
use serde::Serialize;

use super::rules::{MetadataBody, MetadataJson, RuleSetBody, RuleSetJson};
use crate::coerce::{Flag, Patch, Text, object};

object! {
    /// The body of a config PUT; absent members keep, nulls clear.
    pub(crate) struct ConfigBody {
        compatibility: Patch<Text> = "compatibility",
        policy: Patch<Text> = "compatibilityPolicy",
        group: Patch<Text> = "compatibilityGroup",
        normalize: Patch<Flag> = "normalize",
        validate_fields: Patch<Flag> = "validateFields",
        validate_new_schemas: Patch<Flag> = "validateNewSchemas",
        validate_rules: Patch<Flag> = "validateRules",
        alias: Patch<Text> = "alias",
        alias_for_deks: Patch<Text> = "aliasForDeks",
        default_metadata: Patch<MetadataBody> = "defaultMetadata",
        override_metadata: Patch<MetadataBody> = "overrideMetadata",
        default_rule_set: Patch<RuleSetBody> = "defaultRuleSet",
        override_rule_set: Patch<RuleSetBody> = "overrideRuleSet",
    }
}

object! {
    /// The body of a mode PUT.
    pub(crate) struct ModeBody {
        mode: Patch<Text> = "mode",
    }
}

/// A change whose text may not be a value.
fn try_change<T, U>(
    patch: Patch<T>,
    read: impl FnOnce(T) -> Result<U, RegistryError>,
) -> Result<Change<U>, RegistryError> {
    Ok(match patch {
        Patch::Absent => Change::Keep,
        Patch::Null => Change::Clear,
        Patch::Value(value) => Change::Set(read(value)?),
    })
}

fn change<T, U>(patch: Patch<T>, read: impl FnOnce(T) -> U) -> Change<U> {
    match patch {
        Patch::Absent => Change::Keep,
        Patch::Null => Change::Clear,
        Patch::Value(value) => Change::Set(read(value)),
    }
}

impl TryFrom<ConfigBody> for ConfigUpdate {
    type Error = RegistryError;

    /// The update a body asks for.
    ///
    /// # Errors
    /// `InvalidCompatibilityLevel` for a text that is no level.
    fn try_from(body: ConfigBody) -> Result<ConfigUpdate, RegistryError> {
        // an unknown policy is silently treated as absent (contract 1.7)
        let policy = match body.policy {
            Patch::Value(text) => {
                CompatibilityPolicy::from_text(text.0.trim()).map_or(Patch::Absent, Patch::Value)
            }
            Patch::Null => Patch::Null,
            Patch::Absent => Patch::Absent,
        };
        Ok(ConfigUpdate {
            compatibility_level: try_change(body.compatibility, |text| {
                text.0.parse().map_err(|_| RegistryError::InvalidCompatibilityLevel(text.0.clone()))
            })?,
            compatibility_policy: change(policy, |p| p),
            compatibility_group: change(body.group, |t| t.0),
            normalize: change(body.normalize, |f| f.0),
            validate_fields: change(body.validate_fields, |f| f.0),
            validate_new_schemas: change(body.validate_new_schemas, |f| f.0),
            validate_rules: change(body.validate_rules, |f| f.0),
            alias: change(body.alias, |t| t.0),
            alias_for_deks: change(body.alias_for_deks, |t| t.0),
            default_metadata: change(body.default_metadata, Metadata::from),
            override_metadata: change(body.override_metadata, Metadata::from),
            default_rule_set: change(body.default_rule_set, RuleSet::from),
            override_rule_set: change(body.override_rule_set, RuleSet::from),
        })
    }
}

impl ModeBody {
    /// The text sent, which the answer repeats (contract 1.8).
    pub(crate) fn sent(&self) -> Option<String> {
        match &self.mode {
            Patch::Value(text) => Some(text.0.clone()),
            Patch::Absent | Patch::Null => None,
        }
    }
}

impl TryFrom<ModeBody> for ModeUpdate {
    type Error = RegistryError;

    /// The update a body asks for; no `mode` member at all is an invalid mode (contract 1.8).
    fn try_from(body: ModeBody) -> Result<ModeUpdate, RegistryError> {
        match body.mode {
            Patch::Absent => Err(RegistryError::InvalidMode(String::new())),
            Patch::Null => Ok(ModeUpdate { mode: None }),
            Patch::Value(text) => Ok(ModeUpdate { mode: Some(text.0.trim().parse()?) }),
        }
    }
}

/// Which name the level has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelName {
    /// `compatibilityLevel`: answers of GET and DELETE.
    Get,
    /// `compatibility`: the answer of PUT.
    Put,
}

/// A config as answered. Empty members are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_for_deks: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_new_schemas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_rules: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_metadata: Option<MetadataJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_metadata: Option<MetadataJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_rule_set: Option<RuleSetJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_rule_set: Option<RuleSetJson<'a>>,
}

impl<'a> ConfigJson<'a> {
    /// `config` with its level under the name the answer uses.
    pub(crate) fn new(config: &'a Config, name: LevelName) -> ConfigJson<'a> {
        let level = config.compatibility_level.map(|level| level.as_str());
        let text = |value: &'a Option<String>| value.as_deref().filter(|text| !text.is_empty());
        ConfigJson {
            alias: text(&config.alias),
            alias_for_deks: text(&config.alias_for_deks),
            normalize: config.normalize,
            validate_fields: config.validate_fields,
            validate_new_schemas: config.validate_new_schemas,
            validate_rules: config.validate_rules,
            compatibility_level: level.filter(|_| name == LevelName::Get),
            compatibility: level.filter(|_| name == LevelName::Put),
            compatibility_policy: config.compatibility_policy.map(|policy| policy.as_str()),
            compatibility_group: text(&config.compatibility_group),
            default_metadata: config.default_metadata.as_ref().map(MetadataJson::from),
            override_metadata: config.override_metadata.as_ref().map(MetadataJson::from),
            default_rule_set: config.default_rule_set.as_ref().map(RuleSetJson::from),
            override_rule_set: config.override_rule_set.as_ref().map(RuleSetJson::from),
        }
    }
}

/// A mode as answered.
#[derive(Serialize)]
pub(crate) struct ModeJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<Cow<'static, str>>,
}
