//! Config and mode: what can be set for a scope (contract 1.7, 1.8).

use std::fmt;
use std::str::FromStr;

use assay_compat::Level;
use assay_schema::{Metadata, RuleSet};

use crate::error::RegistryError;

/// What a scope allows (contract 2.8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Everything but ids chosen by the client.
    #[default]
    ReadWrite,
    /// No registration, no deletion, no config change.
    ReadOnly,
    /// The same as [`Mode::ReadOnly`]; kept because clients still send it.
    ReadOnlyOverride,
    /// Ids and versions are given by the client; nothing is validated.
    Import,
    /// For a replica; only for `:.__GLOBAL:`.
    Forward,
}

impl Mode {
    /// All modes, in the order messages list them.
    pub const ALL: [Mode; 5] =
        [Mode::ReadWrite, Mode::ReadOnly, Mode::ReadOnlyOverride, Mode::Import, Mode::Forward];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::ReadWrite => "READWRITE",
            Mode::ReadOnly => "READONLY",
            Mode::ReadOnlyOverride => "READONLY_OVERRIDE",
            Mode::Import => "IMPORT",
            Mode::Forward => "FORWARD",
        }
    }

    /// Whether nothing may change.
    pub const fn is_read_only(self) -> bool {
        matches!(self, Mode::ReadOnly | Mode::ReadOnlyOverride)
    }

    /// Whether the client chooses ids, and nothing is validated.
    pub const fn is_importing(self) -> bool {
        matches!(self, Mode::Import | Mode::Forward)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Any case.
impl FromStr for Mode {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Mode, RegistryError> {
        (Mode::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text)))
            .ok_or_else(|| RegistryError::InvalidMode(text.to_owned()))
    }
}

/// How strictly compatibility is judged (contract 1.7). `Logical` is judged as `Strict`: there are no checks on logical
/// types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompatibilityPolicy {
    /// The default.
    Strict,
    /// Loosens JSON Schema (contract 3.4).
    Lenient,
    /// Adds checks on logical types.
    Logical,
}

impl CompatibilityPolicy {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            CompatibilityPolicy::Strict => "STRICT",
            CompatibilityPolicy::Lenient => "LENIENT",
            CompatibilityPolicy::Logical => "LOGICAL",
        }
    }

    /// Any case; an unknown text counts as absent (contract 1.7).
    pub fn from_text(text: &str) -> Option<CompatibilityPolicy> {
        [CompatibilityPolicy::Strict, CompatibilityPolicy::Lenient, CompatibilityPolicy::Logical]
            .into_iter()
            .find(|policy| policy.as_str().eq_ignore_ascii_case(text))
    }
}

/// The stored settings of one scope; `None` is "not set here".
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    /// The level.
    pub compatibility_level: Option<Level>,
    /// The policy.
    pub compatibility_policy: Option<CompatibilityPolicy>,
    /// Name of the metadata property that groups comparable versions (contract 3.1).
    pub compatibility_group: Option<String>,
    /// Normalise on register and lookup.
    pub normalize: Option<bool>,
    /// Field validation (contract 2.9).
    pub validate_fields: Option<bool>,
    /// Strict parse of new schemas (contract 2.9).
    pub validate_new_schemas: Option<bool>,
    /// Rule validation.
    pub validate_rules: Option<bool>,
    /// The subject that paths naming this one lead to (contract 1.1).
    pub alias: Option<String>,
    /// The same below the DEK registry.
    pub alias_for_deks: Option<String>,
    /// Metadata under that of every request.
    pub default_metadata: Option<Metadata>,
    /// Metadata over that of every request.
    pub override_metadata: Option<Metadata>,
    /// Rules under those of every request.
    pub default_rule_set: Option<RuleSet>,
    /// Rules over those of every request.
    pub override_rule_set: Option<RuleSet>,
}

impl Config {
    /// Whether requests in scope are changed by this config's metadata or rules.
    pub fn has_defaults_or_overrides(&self) -> bool {
        self.default_metadata.is_some()
            || self.override_metadata.is_some()
            || self.default_rule_set.is_some()
            || self.override_rule_set.is_some()
    }
}

/// What a PUT does to one member: absent, `null`, or a value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Patch<T> {
    /// The key is absent: the stored value stays.
    #[default]
    Keep,
    /// The key is `null`: the stored value goes.
    Clear,
    /// A new value.
    Set(T),
}

impl<T: Clone> Patch<T> {
    fn apply(&self, stored: &mut Option<T>) {
        match self {
            Patch::Keep => {}
            Patch::Clear => *stored = None,
            Patch::Set(value) => *stored = Some(value.clone()),
        }
    }
}

/// A config PUT; members as in [`Config`].
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the members are documented at Config")]
pub struct ConfigUpdate {
    pub compatibility_level: Patch<Level>,
    pub compatibility_policy: Patch<CompatibilityPolicy>,
    pub compatibility_group: Patch<String>,
    pub normalize: Patch<bool>,
    pub validate_fields: Patch<bool>,
    pub validate_new_schemas: Patch<bool>,
    pub validate_rules: Patch<bool>,
    pub alias: Patch<String>,
    pub alias_for_deks: Patch<String>,
    pub default_metadata: Patch<Metadata>,
    pub override_metadata: Patch<Metadata>,
    pub default_rule_set: Patch<RuleSet>,
    pub override_rule_set: Patch<RuleSet>,
}

impl ConfigUpdate {
    /// An update of the level alone.
    pub fn level(level: Level) -> ConfigUpdate {
        ConfigUpdate { compatibility_level: Patch::Set(level), ..ConfigUpdate::default() }
    }

    /// The stored config with this update merged in.
    pub fn merged_into(&self, stored: &Config) -> Config {
        let mut config = stored.clone();
        self.compatibility_level.apply(&mut config.compatibility_level);
        self.compatibility_policy.apply(&mut config.compatibility_policy);
        self.compatibility_group.apply(&mut config.compatibility_group);
        self.normalize.apply(&mut config.normalize);
        self.validate_fields.apply(&mut config.validate_fields);
        self.validate_new_schemas.apply(&mut config.validate_new_schemas);
        self.validate_rules.apply(&mut config.validate_rules);
        self.alias.apply(&mut config.alias);
        self.alias_for_deks.apply(&mut config.alias_for_deks);
        self.default_metadata.apply(&mut config.default_metadata);
        self.override_metadata.apply(&mut config.override_metadata);
        self.default_rule_set.apply(&mut config.default_rule_set);
        self.override_rule_set.apply(&mut config.override_rule_set);
        config
    }
}

/// A mode PUT: `None` removes the setting (`{"mode":null}`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModeUpdate {
    /// The new mode.
    pub mode: Option<Mode>,
}

/// The server's own settings, behind every chain (contract 9).
#[derive(Clone, PartialEq, Debug)]
pub struct RegistryConfig {
    /// `schema.compatibility.level`.
    pub default_level: Level,
    /// Bounds on schema texts and references.
    pub limits: assay_schema::Limits,
    /// `mode.mutability`: whether modes can be changed at all.
    pub mode_mutability: bool,
    /// `schema.validate.fields`.
    pub validate_fields: bool,
    /// `schema.validate.new.schemas`.
    pub validate_new_schemas: bool,
    /// Whether requests are normalised when neither they nor a config ask for it.
    pub normalize: bool,
    /// `schema.reject.empty.subject`: refuse to register to the empty subject and to `*`.
    pub reject_empty_subject: bool,
    /// `schema.providers.reference.versions.strict`: refuse one reference name bound to two versions.
    pub strict_reference_versions: bool,
    /// Bytes a subject name may have (with its context), so that it fits into a store's key.
    pub subject_bytes: usize,
    /// Estimated bytes of parsed schemas kept for compatibility checks.
    pub parsed_cache_bytes: usize,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        RegistryConfig {
            default_level: Level::Backward,
            limits: assay_schema::Limits::default(),
            mode_mutability: true,
            validate_fields: false,
            validate_new_schemas: true,
            normalize: false,
            reject_empty_subject: false,
            strict_reference_versions: false,
            subject_bytes: 4096,
            parsed_cache_bytes: 48 * 1024 * 1024,
        }
    }
}
