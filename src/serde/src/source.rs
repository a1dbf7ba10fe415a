//! Schemas from the registry, for all formats, with all they refer to.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use assay_client::{Client, Deleted, Schema};
use assay_schema::{Context, Reference, ResolvedReference, SchemaType, Subject, VersionSpec};
use assay_wire::SchemaKey;

use crate::{SerdeConfig, SerdeError};

/// Most schemas a schema may refer to, directly or not.
const REFERENCES_MAX: usize = 1000;

/// A schema ready for use.
pub(crate) trait Parsed: Sized + Clone + Send + Sync + 'static {
    /// Its format.
    const TYPE: SchemaType;

    /// Parses a registered schema; `references` are all it refers to, dependencies first.
    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<Self, SerdeError>;

    /// Text and references, as they are registered.
    fn as_registered(&self) -> &Schema;

    /// Its full name, if it has one.
    fn record_name(&self) -> Option<String>;

    /// What stands between the schema's name and the payload: where the message is in the schema, for Protobuf.
    fn suffix(&self, _message: Option<&str>) -> Result<Vec<u8>, SerdeError> {
        Ok(Vec::new())
    }

    /// What it imports, where that came with it; dependencies first.
    fn imports(&self) -> Option<&[ResolvedReference]> {
        None
    }

    /// The same, once what it imports is registered and so has a subject and a version.
    fn with_imports(
        &self,
        _client: &Client,
        _config: &SerdeConfig,
    ) -> impl Future<Output = Result<Self, SerdeError>> + Send {
        std::future::ready(Ok(self.clone()))
    }
}

/// Parses a registered schema with everything it refers to.
pub(crate) async fn parse<P: Parsed>(
    client: &Client,
    home: &Context,
    key: SchemaKey,
    schema: &Schema,
) -> Result<P, SerdeError> {
    if schema.schema_type != P::TYPE {
        return Err(SerdeError::WrongType { key, found: schema.schema_type, expected: P::TYPE });
    }
    P::parse(schema, &closure(client, home, &schema.references).await?)
}

/// What is still to be done in [`closure`].
enum Open {
    Look(Context, Reference),
    Take(ResolvedReference),
}

/// All that references lead to, dependencies first; those of a schema in the context `home`.
///
/// # Errors
/// [`SerdeError::Registry`] when the registry does not answer or has none of that name and version; `Schema` for too many
/// references, or a version that is none.
pub async fn closure(
    client: &Client,
    home: &Context,
    references: &[Reference],
) -> Result<Vec<ResolvedReference>, SerdeError> {
    let mut open: Vec<Open> = references.iter().rev().map(|r| Open::Look(home.clone(), r.clone())).collect();
    let (mut met, mut found) = (HashSet::new(), Vec::new());
    while let Some(next) = open.pop() {
        let (home, reference) = match next {
            Open::Take(resolved) => {
                found.push(resolved);
                continue;
            }
            Open::Look(home, reference) => (home, reference),
        };
        let subject = Subject::parse_in(&reference.subject, &home);
        if !met.insert((reference.name.clone(), subject.clone(), reference.version)) {
            continue;
        }
        if met.len() > REFERENCES_MAX {
            return Err(SerdeError::Schema(format!("more than {REFERENCES_MAX} references")));
        }
        let spec: VersionSpec = reference.version.to_string().parse().map_err(|_| {
            SerdeError::Schema(format!("the reference {} has version {}", reference.name, reference.version))
        })?;
        let version = client.version_with(&subject, spec, Deleted::Include).await?; // needed as long as the schema is
        let inner = version.schema.references.clone();
        open.push(Open::Take(ResolvedReference {
            name: reference.name,
            subject: subject.clone(),
            version: version.version,
            schema_type: version.schema.schema_type,
            text: Arc::clone(&version.schema.text),
            references: inner.to_vec(),
        }));
        open.extend(inner.iter().rev().map(|r| Open::Look(subject.context().clone(), r.clone())));
    }
    Ok(found)
}
