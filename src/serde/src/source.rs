//! Schemas from the registry, for all formats: the id of a writer's schema, and the schema behind an id with all it refers to.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use assay_client::{Client, Schema};
use assay_schema::{Context, Reference, ResolvedReference, SchemaType, Subject, VersionSpec};
use assay_wire::{SchemaId, SchemaKey};

use crate::{Part, SerdeError, SubjectName, TopicName, WriterSchema};

/// Most parsed schemas that are remembered; then all are forgotten.
const PARSED_MAX: usize = 1000;

/// Most schemas a schema may refer to, directly or not.
const REFERENCES_MAX: usize = 1000;

/// A schema ready for use.
pub(crate) trait Parsed: Sized + Send + Sync {
    /// Its format.
    const TYPE: SchemaType;

    /// Parses a registered schema; `references` are all it refers to, dependencies first.
    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<Self, SerdeError>;
}

/// A subject's latest version: when it was asked for, its id and schema.
type Latest<P> = (Instant, SchemaId, Arc<P>);

/// The serializers' side.
pub(crate) struct Writer<P> {
    client: Client,
    pub(crate) strategy: Box<dyn SubjectName>,
    pub(crate) writer: WriterSchema,
    latest: Mutex<HashMap<Subject, Latest<P>>>,
}

impl<P> fmt::Debug for Writer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl<P: Parsed> Writer<P> {
    pub(crate) fn new(client: Client) -> Writer<P> {
        let writer = WriterSchema::Register(assay_client::Normalize::Default);
        Writer { client, strategy: Box::new(TopicName), writer, latest: Mutex::default() }
    }

    pub(crate) fn subject(
        &self,
        topic: &str,
        part: Part,
        record: Option<&str>,
    ) -> Result<Subject, SerdeError> {
        self.strategy.subject(topic, part, record)
    }

    /// The latest version of the subject, where that is what is to be written with.
    pub(crate) async fn latest(&self, subject: &Subject) -> Result<Option<(SchemaId, Arc<P>)>, SerdeError> {
        let WriterSchema::Latest(ttl) = self.writer else { return Ok(None) };
        {
            let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((when, id, schema)) = latest.get(subject)
                && when.elapsed() < ttl
            {
                return Ok(Some((*id, Arc::clone(schema))));
            }
        }
        let version = self.client.version(subject, VersionSpec::Latest).await?;
        let key = SchemaKey::Id(version.id);
        let schema = Arc::new(parse::<P>(&self.client, subject.context(), key, &version.schema).await?);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= PARSED_MAX {
            latest.clear();
        }
        latest.insert(subject.clone(), (Instant::now(), version.id, Arc::clone(&schema)));
        Ok(Some((version.id, schema)))
    }

    /// The id of the caller's schema under the subject.
    pub(crate) async fn id(&self, subject: &Subject, schema: &Schema) -> Result<SchemaId, SerdeError> {
        let registered = match self.writer {
            WriterSchema::Lookup(normalize) => self.client.lookup(subject, schema, normalize).await?,
            WriterSchema::Register(normalize) => self.client.register(subject, schema, normalize).await?,
            WriterSchema::Latest(_) => {
                self.client.lookup(subject, schema, assay_client::Normalize::Default).await?
            }
        };
        Ok(registered.id)
    }
}

/// The deserializers' side.
pub(crate) struct Reader<P> {
    client: Client,
    pub(crate) context: Context,
    parsed: Mutex<HashMap<SchemaKey, Arc<P>>>,
}

impl<P> fmt::Debug for Reader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("context", &self.context).finish_non_exhaustive()
    }
}

impl<P: Parsed> Reader<P> {
    pub(crate) fn new(client: Client) -> Reader<P> {
        Reader { client, context: Context::default(), parsed: Mutex::default() }
    }

    /// The writer's schema.
    pub(crate) async fn schema(&self, key: SchemaKey) -> Result<Arc<P>, SerdeError> {
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(writer) = known {
            return Ok(writer);
        }
        let found = match &key {
            SchemaKey::Id(id) => self.client.schema_by_id(&self.context, *id).await,
            SchemaKey::Guid(guid) => self.client.schema_by_guid(guid).await,
        };
        let schema = match found {
            Err(error) if error.is_not_found() => return Err(SerdeError::UnknownSchema(key.to_string())),
            found => found?,
        };
        let writer = Arc::new(parse::<P>(&self.client, &self.context, key, &schema).await?);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.len() >= PARSED_MAX {
            parsed.clear();
        }
        parsed.insert(key, Arc::clone(&writer));
        Ok(writer)
    }
}

/// Parses a registered schema with everything it refers to.
async fn parse<P: Parsed>(
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
        let version = client.version(&subject, spec).await?;
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
