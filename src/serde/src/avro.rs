//! The Avro serializer and deserializer.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use apache_avro::types::Value;
use assay_client::{Client, Normalize, Schema};
use assay_schema::{Context, SchemaType, Subject, VersionSpec};
use assay_wire::{SchemaId, SchemaKey, frame, parse_guid_header, split_any};
use serde::{Serialize, de::DeserializeOwned};

use crate::{AvroSchema, Part, SerdeError, SubjectName, TopicName};

/// Most parsed schemas that are remembered; then all are forgotten.
const PARSED_MAX: usize = 1000;

/// Most schemas a schema may refer to, directly or not.
const REFERENCES_MAX: usize = 1000;

/// Where the serializer's schema comes from (contract 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterSchema {
    /// The caller's, registered if it is not yet.
    Register(Normalize),
    /// The caller's, which must be registered.
    Lookup(Normalize),
    /// The latest version of the subject, asked for again after this time; values are fitted to it.
    Latest(Duration),
}

/// A subject's latest version: when it was asked for, its id and schema.
type Latest = (Instant, SchemaId, Arc<AvroSchema>);

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
pub struct AvroSerializer {
    client: Client,
    strategy: Box<dyn SubjectName>,
    writer: WriterSchema,
    latest: Mutex<HashMap<Subject, Latest>>,
}

impl fmt::Debug for AvroSerializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AvroSerializer").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl AvroSerializer {
    /// Registers schemas, and names subjects after topics.
    #[must_use]
    pub fn new(client: Client) -> AvroSerializer {
        AvroSerializer {
            client,
            strategy: Box::new(TopicName),
            writer: WriterSchema::Register(Normalize::Default),
            latest: Mutex::new(HashMap::new()),
        }
    }

    /// The same with another source of schemas.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> AvroSerializer {
        self.writer = writer;
        self
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl SubjectName + 'static) -> AvroSerializer {
        self.strategy = Box::new(strategy);
        self
    }

    /// The bytes of a serde value. `None` is a tombstone, which has none.
    /// # Errors
    /// `Payload` when the value does not fit the schema; `Registry`; `NoRecordName`; `Schema`.
    pub async fn serialize<T: Serialize + Sync>(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let value = apache_avro::to_value(value)
            .map_err(|error| SerdeError::Payload { key: None, reason: error.to_string() })?;
        self.serialize_value(topic, part, schema, value).await.map(Some)
    }

    /// The bytes of a generic value.
    /// # Errors
    /// As [`AvroSerializer::serialize`].
    pub async fn serialize_value(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Value,
    ) -> Result<Vec<u8>, SerdeError> {
        let subject = self.strategy.subject(topic, part, schema.name().as_deref())?;
        let payload = |id, result: Result<Vec<u8>, String>| {
            result.map_err(|reason| SerdeError::Payload { key: id, reason })
        };
        if let WriterSchema::Latest(ttl) = self.writer {
            let (id, latest) = self.latest(&subject, ttl).await?;
            let datum = payload(Some(SchemaKey::Id(id)), latest.encode(value))?;
            return Ok(frame(id, &datum));
        }
        let datum = payload(None, schema.encode(value))?; // before a schema is registered that no value fits
        let registered = match self.writer {
            WriterSchema::Lookup(normalize) => {
                self.client.lookup(&subject, &schema.schema, normalize).await?
            }
            WriterSchema::Register(normalize) => {
                self.client.register(&subject, &schema.schema, normalize).await?
            }
            WriterSchema::Latest(_) => return Err(SerdeError::NoRecordName), // answered above
        };
        Ok(frame(registered.id, &datum))
    }

    async fn latest(
        &self,
        subject: &Subject,
        ttl: Duration,
    ) -> Result<(SchemaId, Arc<AvroSchema>), SerdeError> {
        {
            let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((when, id, schema)) = latest.get(subject)
                && when.elapsed() < ttl
            {
                return Ok((*id, Arc::clone(schema)));
            }
        }
        let version = self.client.version(subject, VersionSpec::Latest).await?;
        let key = SchemaKey::Id(version.id);
        let schema = Arc::new(parse(&self.client, subject.context(), key, &version.schema).await?);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= PARSED_MAX {
            latest.clear();
        }
        latest.insert(subject.clone(), (Instant::now(), version.id, Arc::clone(&schema)));
        Ok((version.id, schema))
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
pub struct AvroDeserializer {
    client: Client,
    context: Context,
    reader: Option<Arc<AvroSchema>>,
    parsed: Mutex<HashMap<SchemaKey, Arc<AvroSchema>>>,
}

impl fmt::Debug for AvroDeserializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AvroDeserializer").field("context", &self.context).finish_non_exhaustive()
    }
}

impl AvroDeserializer {
    /// Reads with the writer's schema, in the default context.
    #[must_use]
    pub fn new(client: Client) -> AvroDeserializer {
        AvroDeserializer {
            client,
            context: Context::default(),
            reader: None,
            parsed: Mutex::new(HashMap::new()),
        }
    }

    /// The same with a reader's schema: values are resolved to it (fields added by default, promoted, left out).
    #[must_use]
    pub fn with_reader(mut self, reader: AvroSchema) -> AvroDeserializer {
        self.reader = Some(Arc::new(reader));
        self
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> AvroDeserializer {
        self.context = context;
        self
    }

    /// The serde value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize<T: DeserializeOwned>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, value) = self.value(bytes).await?;
        typed(key, value).map(Some)
    }

    /// The generic value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_value(&self, bytes: Option<&[u8]>) -> Result<Option<Value>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        self.value(bytes).await.map(|(_, value)| Some(value))
    }

    /// The serde value of bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_with_header<T: DeserializeOwned>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (guid, _) = parse_guid_header(header)?;
        let key = SchemaKey::Guid(guid);
        let value = self.decode(key, bytes).await?;
        typed(key, value).map(Some)
    }

    async fn value(&self, bytes: &[u8]) -> Result<(SchemaKey, Value), SerdeError> {
        let (key, payload) = split_any(bytes)?;
        Ok((key, self.decode(key, payload).await?))
    }

    async fn decode(&self, key: SchemaKey, payload: &[u8]) -> Result<Value, SerdeError> {
        let writer = self.writer(key).await?;
        let decoded = writer.decode(payload, self.reader.as_deref());
        decoded.map_err(|reason| SerdeError::Payload { key: Some(key), reason })
    }

    async fn writer(&self, key: SchemaKey) -> Result<Arc<AvroSchema>, SerdeError> {
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
        let writer = Arc::new(parse(&self.client, &self.context, key, &schema).await?);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.len() >= PARSED_MAX {
            parsed.clear();
        }
        parsed.insert(key, Arc::clone(&writer));
        Ok(writer)
    }
}

/// A typed value. Serde reads a list of bytes from an array, which top-level `bytes` are not.
fn typed<T: DeserializeOwned>(key: SchemaKey, value: Value) -> Result<T, SerdeError> {
    let bytes = if let Value::Bytes(bytes) = &value { Some(bytes.clone()) } else { None };
    let read = apache_avro::from_value(&value).or_else(|error| match bytes {
        Some(bytes) => {
            let items = bytes.iter().map(|byte| Value::Int(i32::from(*byte))).collect();
            apache_avro::from_value(&Value::Array(items))
        }
        None => Err(error),
    });
    read.map_err(|error| SerdeError::Payload { key: Some(key), reason: error.to_string() })
}

/// Parses a registered schema with everything it refers to.
async fn parse(
    client: &Client,
    context: &Context,
    key: SchemaKey,
    schema: &Schema,
) -> Result<AvroSchema, SerdeError> {
    if schema.schema_type != SchemaType::Avro {
        return Err(SerdeError::WrongType { key, found: schema.schema_type });
    }
    let mut open: Vec<_> = schema.references.iter().map(|r| (context.clone(), r.clone())).collect();
    let (mut met, mut texts) = (HashSet::new(), Vec::new());
    while let Some((home, reference)) = open.pop() {
        let subject = Subject::parse_in(&reference.subject, &home);
        if !met.insert((subject.clone(), reference.version)) {
            continue;
        }
        if met.len() > REFERENCES_MAX {
            return Err(SerdeError::Schema(format!("more than {REFERENCES_MAX} references")));
        }
        let version = reference.version.to_string().parse().map_err(|_| {
            SerdeError::Schema(format!("the reference {} has version {}", reference.name, reference.version))
        })?;
        let found = client.version(&subject, version).await?;
        open.extend(found.schema.references.iter().map(|r| (subject.context().clone(), r.clone())));
        texts.push(found.schema.text.to_string());
    }
    AvroSchema::with_references(schema.clone(), &texts)
}
