//! The JSON of events, with the member order of contract 4.2-4.4: keys byte for byte (a topic compacts by them),
//! values in the conventional order. Also reads what older releases wrote (`"subject":null`, no `schemaType`).
//!
//! Timestamps are not part of the value: they belong to the record around it.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use assay_compat::Level;
use assay_schema::{
    Context, Metadata, Reference, Rule, RuleSet, SchemaId, SchemaType, Subject, Version, guid,
};
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKey};
use crate::original::Original;
use crate::schema_version::SchemaVersion;
use crate::scope::Scope;
use crate::settings::{CompatibilityPolicy, Config, Mode};

/// A record that is no event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or a member is missing or of the wrong kind.
    #[error("not an event: {0}")]
    Syntax(String),
    /// A key type this release does not know (or a magic it cannot read).
    #[error("unknown key type \"{0}\"")]
    UnknownKey(String),
    /// A member has a value out of its range.
    #[error("{member} is out of range")]
    Range {
        /// Which one.
        member: &'static str,
    },
}

const TENANT: &str = "default";

#[derive(Serialize, Deserialize)]
struct KeyJson {
    keytype: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(default)]
    magic: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemaJson {
    subject: String,
    version: i64,
    id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    references: Vec<ReferenceJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSetJson>,
    schema: String,
    /// Ours: the text as it was sent, where that is not `schema`. Other readers of these records pass over it.
    #[serde(default, rename = "assayOriginal", skip_serializing_if = "Option::is_none")]
    original: Option<String>,
    /// Ours: `schema` is not canonical.
    #[serde(default, rename = "assayVerbatim", skip_serializing_if = "std::ops::Not::not")]
    verbatim: bool,
    #[serde(default)]
    deleted: bool,
}

#[derive(Serialize, Deserialize)]
struct ReferenceJson {
    name: String,
    subject: String,
    version: i32,
}

#[derive(Serialize, Deserialize, Default)]
struct MetadataJson {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    tags: BTreeMap<String, BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    properties: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "or_default")]
    sensitive: BTreeSet<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RuleSetJson {
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    migration_rules: Vec<RuleJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    domain_rules: Vec<RuleJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    encoding_rules: Vec<RuleJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enable_at: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleJson {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    rule_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_success: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_failure: Option<String>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ConfigJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias_for_deks: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    normalize: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validate_fields: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validate_new_schemas: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validate_rules: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compatibility_level: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compatibility_policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compatibility_group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_metadata: Option<MetadataJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    override_metadata: Option<MetadataJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_rule_set: Option<RuleSetJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    override_rule_set: Option<RuleSetJson>,
}

/// Values with a subject and at most one more member.
#[derive(Serialize, Deserialize, Default)]
struct SmallJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
}

/// `null` counts as absent.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Writing our own structs of strings and numbers to memory cannot fail.
fn print(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, EventError> {
    serde_json::from_str(text).map_err(|error| EventError::Syntax(error.to_string()))
}

fn scope_text(scope: &Scope) -> Option<String> {
    (*scope != Scope::Global).then(|| scope.subject().to_string())
}

fn scope_of(subject: Option<&str>) -> Scope {
    subject.map_or(Scope::Global, |text| Scope::of(Subject::parse(text)))
}

impl EventKey {
    /// The key's JSON, byte for byte as contract 4.2 has it.
    pub fn to_json(&self) -> String {
        let (keytype, magic) = match self {
            EventKey::Schema(..) => ("SCHEMA", 1),
            EventKey::Config(_) => ("CONFIG", 0),
            EventKey::Mode(_) => ("MODE", 0),
            EventKey::DeleteSubject(_) => ("DELETE_SUBJECT", 0),
            EventKey::ClearSubject(_) => ("CLEAR_SUBJECT", 0),
            EventKey::Context(_) => ("CONTEXT", 0),
            EventKey::MaxId(_) => ("ASSAY_MAX_ID", 0),
        };
        let mut key = KeyJson {
            keytype: keytype.to_owned(),
            tenant: None,
            context: None,
            subject: None,
            version: None,
            magic,
        };
        match self {
            EventKey::Schema(subject, version) => {
                key.subject = Some(subject.to_string());
                key.version = Some(version.get().into());
            }
            EventKey::Config(scope) | EventKey::Mode(scope) | EventKey::ClearSubject(scope) => {
                key.subject = scope_text(scope);
            }
            EventKey::DeleteSubject(subject) => key.subject = Some(subject.to_string()),
            EventKey::Context(context) | EventKey::MaxId(context) => {
                key.tenant = Some(TENANT.to_owned());
                key.context = Some(context.to_string());
            }
        }
        print(&key)
    }

    /// Reads a key. `Ok(None)` for `NOOP`, which means nothing to a state.
    ///
    /// # Errors
    /// [`EventError`] for what is no key, or one of a type not known here; readers skip those (contract 4.6).
    pub fn from_json(text: &str) -> Result<Option<EventKey>, EventError> {
        let key: KeyJson = read(text)?;
        let scope = || scope_of(key.subject.as_deref());
        let context = || {
            Context::parse(key.context.as_deref().unwrap_or_default())
                .map_err(|error| EventError::Syntax(error.to_string()))
        };
        Ok(Some(match (key.keytype.as_str(), key.magic) {
            ("NOOP", _) => return Ok(None),
            ("SCHEMA", 1) => EventKey::Schema(subject_of(&key)?, version_of(key.version)?),
            ("CONFIG", _) => EventKey::Config(scope()),
            ("MODE", _) => EventKey::Mode(scope()),
            ("DELETE_SUBJECT", _) => EventKey::DeleteSubject(subject_of(&key)?),
            ("CLEAR_SUBJECT", _) => EventKey::ClearSubject(scope()),
            ("CONTEXT", _) => EventKey::Context(context()?),
            ("ASSAY_MAX_ID", _) => EventKey::MaxId(context()?),
            (other, _) => return Err(EventError::UnknownKey(other.to_owned())),
        }))
    }
}

fn subject_of(key: &KeyJson) -> Result<Subject, EventError> {
    let text = key.subject.as_deref().ok_or_else(|| EventError::Syntax("subject is missing".to_owned()))?;
    Ok(Subject::parse(text))
}

fn version_of(number: Option<i64>) -> Result<Version, EventError> {
    (number.and_then(|n| u32::try_from(n).ok()).and_then(Version::new))
        .ok_or(EventError::Range { member: "version" })
}

fn id_of(number: Option<i64>) -> Result<SchemaId, EventError> {
    (number.and_then(|n| u32::try_from(n).ok()).and_then(SchemaId::new))
        .ok_or(EventError::Range { member: "id" })
}

impl Event {
    /// The value's JSON; `None` for a tombstone.
    pub fn value_json(&self) -> Option<String> {
        Some(match self {
            Event::Schema(row) => print(&schema_json(row)),
            Event::Config { scope, config } => print(&config_json(scope, config)),
            Event::Mode { scope, mode } => print(&SmallJson {
                subject: scope_text(scope),
                mode: Some(mode.as_str().to_owned()),
                ..SmallJson::default()
            }),
            Event::DeleteSubject { subject, version } => print(&SmallJson {
                subject: Some(subject.to_string()),
                version: Some(version.get().into()),
                ..SmallJson::default()
            }),
            Event::ClearSubject { scope } => {
                print(&SmallJson { subject: scope_text(scope), ..SmallJson::default() })
            }
            Event::Context { context } => print(&SmallJson {
                tenant: Some(TENANT.to_owned()),
                context: Some(context.to_string()),
                ..SmallJson::default()
            }),
            Event::MaxId { context, id } => print(&SmallJson {
                context: Some(context.to_string()),
                id: Some(id.get().into()),
                ..SmallJson::default()
            }),
            Event::SchemaTombstone { .. }
            | Event::ConfigTombstone { .. }
            | Event::ModeTombstone { .. }
            | Event::ContextTombstone { .. } => return None,
        })
    }

    /// Reads the record of a key; `value` is `None` for a tombstone, `ts_ms` the record's timestamp.
    /// `Ok(None)` for a record that means nothing to a state (the tombstone of a marker).
    ///
    /// # Errors
    /// [`EventError`] when the value is not what the key's type asks for.
    pub fn from_json(key: EventKey, value: Option<&str>, ts_ms: i64) -> Result<Option<Event>, EventError> {
        let Some(text) = value else {
            return Ok(match key {
                EventKey::Schema(subject, version) => Some(Event::SchemaTombstone { subject, version }),
                EventKey::Config(scope) => Some(Event::ConfigTombstone { scope }),
                EventKey::Mode(scope) => Some(Event::ModeTombstone { scope }),
                EventKey::Context(context) => Some(Event::ContextTombstone { context }),
                EventKey::DeleteSubject(_) | EventKey::ClearSubject(_) | EventKey::MaxId(_) => None,
            });
        };
        Ok(Some(match key {
            EventKey::Schema(subject, version) => {
                Event::Schema(Arc::new(schema_from(subject, version, read(text)?, ts_ms)?))
            }
            EventKey::Config(scope) => Event::Config { scope, config: Arc::new(config_from(read(text)?)?) },
            EventKey::Mode(scope) => {
                let small: SmallJson = read(text)?;
                let mode = Mode::from_str(small.mode.as_deref().unwrap_or_default());
                Event::Mode { scope, mode: mode.map_err(|_| EventError::Range { member: "mode" })? }
            }
            EventKey::DeleteSubject(subject) => {
                Event::DeleteSubject { subject, version: version_of(read::<SmallJson>(text)?.version)? }
            }
            EventKey::ClearSubject(scope) => Event::ClearSubject { scope },
            EventKey::Context(context) => Event::Context { context },
            EventKey::MaxId(context) => Event::MaxId { context, id: id_of(read::<SmallJson>(text)?.id)? },
        }))
    }
}

fn schema_json(row: &SchemaVersion) -> SchemaJson {
    SchemaJson {
        subject: row.subject.to_string(),
        version: row.version.get().into(),
        id: row.id.get().into(),
        schema_type: Some(row.schema_type.as_str().to_owned()),
        references: row.references.iter().map(reference_json).collect(),
        metadata: row.metadata.as_deref().map(metadata_json),
        rule_set: row.rule_set.as_deref().map(rule_set_json),
        schema: row.text.to_string(),
        verbatim: row.verbatim,
        original: row.original.as_ref().and_then(|original| original.text(&row.text)),
        deleted: row.deleted,
    }
}

fn schema_from(
    subject: Subject,
    version: Version,
    json: SchemaJson,
    ts_ms: i64,
) -> Result<SchemaVersion, EventError> {
    let schema_type = match json.schema_type.as_deref() {
        None | Some("") => SchemaType::Avro,
        Some(text) => text.parse().map_err(|_| EventError::Range { member: "schemaType" })?,
    };
    let references: Arc<[Reference]> = (json.references.into_iter())
        .map(|r| Reference { name: r.name, subject: r.subject, version: r.version })
        .collect();
    let metadata = json.metadata.map(metadata_from);
    let rule_set = json.rule_set.map(rule_set_from);
    Ok(SchemaVersion {
        guid: guid(&json.schema, &references, metadata.as_ref(), rule_set.as_ref()),
        subject,
        version,
        id: id_of(Some(json.id))?,
        schema_type,
        verbatim: json.verbatim,
        original: json.original.and_then(|sent| Original::of(&sent, &json.schema)),
        text: json.schema.into(),
        references,
        metadata: metadata.map(Arc::new),
        rule_set: rule_set.map(Arc::new),
        deleted: json.deleted,
        ts_ms,
    })
}

fn reference_json(reference: &Reference) -> ReferenceJson {
    let Reference { name, subject, version } = reference.clone();
    ReferenceJson { name, subject, version }
}

fn metadata_json(metadata: &Metadata) -> MetadataJson {
    let Metadata { tags, properties, sensitive } = metadata.clone();
    MetadataJson { tags, properties, sensitive }
}

fn metadata_from(json: MetadataJson) -> Metadata {
    Metadata { tags: json.tags, properties: json.properties, sensitive: json.sensitive }
}

fn rule_set_json(rules: &RuleSet) -> RuleSetJson {
    let list = |rules: &[Rule]| rules.iter().cloned().map(rule_json).collect();
    RuleSetJson {
        migration_rules: list(&rules.migration_rules),
        domain_rules: list(&rules.domain_rules),
        encoding_rules: list(&rules.encoding_rules),
        enable_at: rules.enable_at.clone(),
    }
}

fn rule_set_from(json: RuleSetJson) -> RuleSet {
    let list = |rules: Vec<RuleJson>| rules.into_iter().map(rule_from).collect();
    RuleSet {
        migration_rules: list(json.migration_rules),
        domain_rules: list(json.domain_rules),
        encoding_rules: list(json.encoding_rules),
        enable_at: json.enable_at,
    }
}

fn rule_json(rule: Rule) -> RuleJson {
    let Rule { name, doc, kind, mode, rule_type, tags, params, expr, on_success, on_failure, disabled } =
        rule;
    RuleJson { name, doc, kind, mode, rule_type, tags, params, expr, on_success, on_failure, disabled }
}

fn rule_from(json: RuleJson) -> Rule {
    let RuleJson { name, doc, kind, mode, rule_type, tags, params, expr, on_success, on_failure, disabled } =
        json;
    Rule { name, doc, kind, mode, rule_type, tags, params, expr, on_success, on_failure, disabled }
}

fn config_json(scope: &Scope, config: &Config) -> ConfigJson {
    ConfigJson {
        subject: scope_text(scope),
        alias: config.alias.clone(),
        alias_for_deks: config.alias_for_deks.clone(),
        normalize: config.normalize,
        validate_fields: config.validate_fields,
        validate_new_schemas: config.validate_new_schemas,
        validate_rules: config.validate_rules,
        compatibility_level: config.compatibility_level.map(|level| level.as_str().to_owned()),
        compatibility_policy: config.compatibility_policy.map(|policy| policy.as_str().to_owned()),
        compatibility_group: config.compatibility_group.clone(),
        default_metadata: config.default_metadata.as_ref().map(metadata_json),
        override_metadata: config.override_metadata.as_ref().map(metadata_json),
        default_rule_set: config.default_rule_set.as_ref().map(rule_set_json),
        override_rule_set: config.override_rule_set.as_ref().map(rule_set_json),
    }
}

fn config_from(json: ConfigJson) -> Result<Config, EventError> {
    let level = match json.compatibility_level.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(Level::from_str(text).map_err(|_| EventError::Range { member: "compatibilityLevel" })?)
        }
    };
    Ok(Config {
        compatibility_level: level,
        compatibility_policy: json.compatibility_policy.as_deref().and_then(CompatibilityPolicy::from_text),
        compatibility_group: json.compatibility_group,
        normalize: json.normalize,
        validate_fields: json.validate_fields,
        validate_new_schemas: json.validate_new_schemas,
        validate_rules: json.validate_rules,
        alias: json.alias,
        alias_for_deks: json.alias_for_deks,
        default_metadata: json.default_metadata.map(metadata_from),
        override_metadata: json.override_metadata.map(metadata_from),
        default_rule_set: json.default_rule_set.map(rule_set_from),
        override_rule_set: json.override_rule_set.map(rule_set_from),
    })
}
