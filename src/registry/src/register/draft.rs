//! What a request asks to be stored, before it is parsed: as sent, or with what it inherits (contract 2.4, 2.10).

use assay_schema::{Limits, Metadata, Reference, RuleSet, SchemaType, Subject, Version};

use crate::effective::Effective;
use crate::error::RegistryError;
use crate::merge::{self, CONFLUENT_VERSION};
use crate::rules;
use crate::schema_version::{SchemaRequest, SchemaVersion};
use crate::state::SubjectRows;

/// Characters of a schema text that a message repeats.
const RENDERED_CHARS: usize = 10_240;

/// A schema on its way to being parsed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Draft {
    pub(crate) schema: String,
    pub(crate) schema_type: SchemaType,
    pub(crate) references: Vec<Reference>,
    /// What would be stored.
    pub(crate) metadata: Option<Metadata>,
    /// What is compared: without a `confluent:version` that the request did not give.
    pub(crate) match_metadata: Option<Metadata>,
    pub(crate) rule_set: Option<RuleSet>,
}

/// What a draft with inherited parts is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Lookup,
    /// The number the new version will have.
    Register(Version),
}

impl Draft {
    /// The request as it is.
    pub(crate) fn as_sent(subject: &Subject, request: &SchemaRequest) -> Result<Draft, RegistryError> {
        Ok(Draft {
            schema: request.schema.clone(),
            schema_type: schema_type(subject, request)?,
            references: request.references.clone(),
            metadata: request.metadata.clone(),
            match_metadata: request.metadata.clone(),
            rule_set: request.rule_set.as_ref().map(rules::with_defaults),
        })
    }

    /// The request with what it lacks taken from the previous active version, between the config's defaults and
    /// overrides.
    pub(crate) fn inheriting(
        subject: &Subject,
        request: &SchemaRequest,
        rows: Option<&SubjectRows>,
        effective: &Effective,
        purpose: Purpose,
    ) -> Result<Draft, RegistryError> {
        let previous = rows.and_then(SubjectRows::latest).map(|row| &*row.schema);
        let mut draft = Draft::as_sent(subject, request)?;
        if is_empty(request) {
            let Some(previous) = previous else {
                return Err(refused(
                    subject,
                    request,
                    "the schema is empty, and there is no previous version",
                ));
            };
            draft.schema = previous.text.to_string();
            draft.schema_type = previous.schema_type;
            draft.references = previous.references.to_vec();
        }
        let config = &effective.found;
        let own = request.metadata.clone().or_else(|| previous.and_then(inherited_metadata));
        let layers = [config.default_metadata.as_ref(), own.as_ref(), config.override_metadata.as_ref()];
        draft.match_metadata = merge::metadata(layers);
        draft.metadata = draft.match_metadata.clone();
        let previous_has = request.metadata.is_none()
            && previous.is_some_and(|p| confluent_version(p.metadata.as_deref()).is_some());
        if let Purpose::Register(version) = purpose {
            let has = confluent_version(draft.metadata.as_ref()).is_some() || previous_has;
            if has || request.asked_version() != 0 {
                let properties = &mut draft.metadata.get_or_insert_default().properties;
                properties.insert(CONFLUENT_VERSION.to_owned(), version.to_string());
            }
        }
        let own = draft.rule_set.take().or_else(|| previous.and_then(|p| p.rule_set.as_deref().cloned()));
        let layers = [config.default_rule_set.as_ref(), own.as_ref(), config.override_rule_set.as_ref()];
        draft.rule_set = merge::rule_sets(layers).as_ref().map(rules::with_defaults);
        Ok(draft)
    }
}

/// The previous version's metadata minus `confluent:version`, which is made anew; nothing if nothing else is in it.
fn inherited_metadata(previous: &SchemaVersion) -> Option<Metadata> {
    let mut metadata = previous.metadata.as_deref()?.clone();
    let numbered = metadata.properties.remove(CONFLUENT_VERSION).is_some();
    Some(metadata).filter(|metadata| !numbered || *metadata != Metadata::default())
}

/// The `confluent:version` of metadata.
pub(crate) fn confluent_version(metadata: Option<&Metadata>) -> Option<&String> {
    metadata?.properties.get(CONFLUENT_VERSION)
}

/// Whether the request leaves the text to be inherited.
pub(crate) fn is_empty(request: &SchemaRequest) -> bool {
    request.schema.trim().is_empty()
}

fn schema_type(subject: &Subject, request: &SchemaRequest) -> Result<SchemaType, RegistryError> {
    match request.schema_type.as_deref() {
        None | Some("") => Ok(SchemaType::Avro),
        Some(text) => text.parse().map_err(|error| refused(subject, request, error)),
    }
}

/// Refuses a text over the limit before anything else looks at it (code 42209).
///
/// # Errors
/// [`RegistryError::SchemaTooLarge`].
pub(crate) fn check_size(request: &SchemaRequest, limits: &Limits) -> Result<(), RegistryError> {
    let (bytes, limit) = (request.schema.len(), limits.schema_bytes);
    if bytes > limit { Err(RegistryError::SchemaTooLarge { bytes, limit }) } else { Ok(()) }
}

/// A 42201: the request rendered, and the reason.
pub(crate) fn refused(
    subject: &Subject,
    request: &SchemaRequest,
    reason: impl std::fmt::Display,
) -> RegistryError {
    let references: Vec<String> = (request.references.iter().take(20))
        .map(|r| format!("{{name='{}', subject='{}', version={}}}", r.name, r.subject, r.version))
        .collect();
    let mut text: String = request.schema.chars().take(RENDERED_CHARS).collect();
    if text.len() < request.schema.len() {
        text.push_str("...");
    }
    RegistryError::InvalidSchema {
        schema: format!(
            "{{subject={subject},version={},id={},schemaType={},references=[{}],schema={text}}}",
            request.asked_version(),
            request.id.unwrap_or(-1),
            request.schema_type.as_deref().filter(|t| !t.is_empty()).unwrap_or("AVRO"),
            references.join(", "),
        ),
        reason: reason.to_string(),
    }
}
