//! Why the registry refuses: one variant per cause of contract 1.13. No HTTP numbers here; `Display` is the message.

use assay_schema::{Context, InvalidSubject, InvalidVersion, Subject, Version};

use crate::store::StoreError;

/// The cause of a refusal.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum RegistryError {
    /// 40401: the subject (or the setting of that scope) is unknown.
    #[error("subject '{0}' not found")]
    SubjectNotFound(Subject),
    /// 40402: the version is unknown; -1 stands for the latest.
    #[error("version {version} not found")]
    VersionNotFound {
        /// The version asked for.
        version: i64,
    },
    /// 40403: the schema is unknown; the name of it (`id 7`, `guid …`), which a lookup has not.
    #[error("schema{} not found", .0.as_ref().map(|name| format!(" {name}")).unwrap_or_default())]
    SchemaNotFound(Option<String>),
    /// 40404.
    #[error("subject '{0}' was soft deleted; set permanent=true to delete it permanently")]
    SubjectSoftDeleted(Subject),
    /// 40405.
    #[error("subject '{0}' was not deleted first before being permanently deleted")]
    SubjectNotSoftDeleted(Subject),
    /// 40406.
    #[error(
        "subject '{subject}' version {version} was soft deleted; set permanent=true to delete it permanently"
    )]
    VersionSoftDeleted {
        /// The subject.
        subject: Subject,
        /// The version.
        version: Version,
    },
    /// 40407.
    #[error("subject '{subject}' version {version} was not deleted first before being permanently deleted")]
    VersionNotSoftDeleted {
        /// The subject.
        subject: Subject,
        /// The version.
        version: Version,
    },
    /// 40408.
    #[error("subject '{0}' does not have subject-level compatibility configured")]
    ConfigNotFound(Subject),
    /// 40409.
    #[error("subject '{0}' does not have subject-level mode configured")]
    ModeNotFound(Subject),
    /// 409: the messages of contract 3.2.
    #[error(
        "schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{}]",
        .messages.join(", ")
    )]
    Incompatible {
        /// The subject.
        subject: Subject,
        /// Why, in order.
        messages: Vec<String>,
    },
    /// 42201.
    #[error("invalid schema {schema}, details: {reason}")]
    InvalidSchema {
        /// The request, rendered (long texts cut).
        schema: String,
        /// What is wrong with it.
        reason: String,
    },
    /// 42202.
    #[error(transparent)]
    InvalidVersion(#[from] InvalidVersion),
    /// 42203: the text that is no level.
    #[error(
        "invalid compatibility level \"{0}\"; valid values are NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, \
         FORWARD_TRANSITIVE, and FULL_TRANSITIVE"
    )]
    InvalidCompatibilityLevel(String),
    /// 42204: the text that is no mode, or a mode not allowed there.
    #[error(
        "invalid mode \"{0}\"; valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, and (for :.__GLOBAL: only) FORWARD"
    )]
    InvalidMode(String),
    /// 42205.
    #[error("{0}")]
    OperationNotPermitted(String),
    /// 42206: the version that is still referenced.
    #[error(
        "one or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}"
    )]
    ReferenceExists {
        /// The subject.
        subject: Subject,
        /// The version.
        version: Version,
    },
    /// 42208.
    #[error(transparent)]
    InvalidSubject(#[from] InvalidSubject),
    /// 42209.
    #[error("the schema is too large: it has {bytes} bytes, the limit is {limit}")]
    SchemaTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// 42210.
    #[error("invalid rule set: {0}")]
    InvalidRuleSet(String),
    /// 42211.
    #[error("the context '{0}' is not empty")]
    ContextNotEmpty(Context),
    /// 50001: the store refuses; after a failed write the registry is read-only until the process starts again.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl RegistryError {
    /// The cause's name, without the details a message has: for logs and metrics.
    pub fn cause(&self) -> &'static str {
        match self {
            RegistryError::SubjectNotFound(_) => "subject_not_found",
            RegistryError::VersionNotFound { .. } => "version_not_found",
            RegistryError::SchemaNotFound(_) => "schema_not_found",
            RegistryError::SubjectSoftDeleted(_) => "subject_soft_deleted",
            RegistryError::SubjectNotSoftDeleted(_) => "subject_not_soft_deleted",
            RegistryError::VersionSoftDeleted { .. } => "version_soft_deleted",
            RegistryError::VersionNotSoftDeleted { .. } => "version_not_soft_deleted",
            RegistryError::ConfigNotFound(_) => "config_not_found",
            RegistryError::ModeNotFound(_) => "mode_not_found",
            RegistryError::Incompatible { .. } => "incompatible",
            RegistryError::InvalidSchema { .. } => "invalid_schema",
            RegistryError::InvalidVersion(_) => "invalid_version",
            RegistryError::InvalidCompatibilityLevel(_) => "invalid_compatibility_level",
            RegistryError::InvalidMode(_) => "invalid_mode",
            RegistryError::OperationNotPermitted(_) => "operation_not_permitted",
            RegistryError::ReferenceExists { .. } => "reference_exists",
            RegistryError::InvalidSubject(_) => "invalid_subject",
            RegistryError::SchemaTooLarge { .. } => "schema_too_large",
            RegistryError::InvalidRuleSet(_) => "invalid_rule_set",
            RegistryError::ContextNotEmpty(_) => "context_not_empty",
            RegistryError::Store(_) => "store",
        }
    }
}
