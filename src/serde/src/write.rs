//! The serializers' side: which schema is written with, under which id or GUID; asked once, then remembered.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
#[cfg(any(feature = "avro", feature = "json"))]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use assay_client::{Cache, Client, Deleted, Normalize, Registered, Schema, SubjectVersion};
use assay_schema::{Limits, ResolvedReference, Strictness, Subject, VersionSpec};
use assay_wire::{Guid, SchemaId, SchemaKey, guid_header, write_header};
use hashbrown::Equivalent;

#[cfg(any(feature = "avro", feature = "json"))]
use crate::Encoded;
use crate::config::{Check, Framing};
use crate::rules::{self, Way};
use crate::source::{Parsed, closure, parse};
use crate::{Part, PayloadError, SerdeConfig, SerdeError, WriterSchema, header_name};

/// Most prepared schemas that are remembered by one serializer.
const PREPARED_MAX: usize = 1000;

/// A schema that is ready to be written with: what it is, and the bytes that name it. Everything from here on needs no runtime and
/// waits for nothing. Cheap to clone and to send.
pub struct Prepared<P>(Arc<Inner<P>>);

struct Inner<P> {
    schema: Arc<P>,
    id: SchemaId,
    guid: Option<Guid>,
    /// What goes in front of the payload.
    prefix: Vec<u8>,
    header: Option<(&'static str, Vec<u8>)>,
    /// When the latest version is to be asked for again.
    until: Option<Instant>,
    /// About how many bytes a record takes, from those before.
    #[cfg(any(feature = "avro", feature = "json"))]
    size: AtomicUsize,
}

/// Most bytes that are reserved for a record by the size of one before.
#[cfg(any(feature = "avro", feature = "json"))]
const RESERVED_MAX: usize = 64 * 1024;

impl<P> Clone for Prepared<P> {
    fn clone(&self) -> Prepared<P> {
        Prepared(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for Prepared<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Prepared").field("id", &inner.id).field("guid", &inner.guid).finish_non_exhaustive()
    }
}

impl<P> Prepared<P> {
    /// The schema values are written with: the caller's, or the one of the registry that the settings ask for.
    #[must_use]
    pub fn schema(&self) -> &P {
        &self.0.schema
    }

    /// Its id, in the context of the serializer.
    #[must_use]
    pub fn id(&self) -> SchemaId {
        self.0.id
    }

    /// Its GUID, if the registry told it.
    #[must_use]
    pub fn guid(&self) -> Option<Guid> {
        self.0.guid
    }

    /// Name and value of the header every record needs; `None` when the schema is named in front of the payload.
    #[must_use]
    pub fn header(&self) -> Option<(&'static str, &[u8])> {
        self.0.header.as_ref().map(|(name, value)| (*name, value.as_slice()))
    }

    /// What goes in front of every payload: magic byte, id and, for Protobuf, message indexes; nothing with header framing.
    #[must_use]
    pub fn prefix(&self) -> &[u8] {
        &self.0.prefix
    }

    /// Appends the prefix and what `encode` appends: bytes of any codec that writes the format, such as a derived one.
    ///
    /// # Errors
    /// Those of `encode`. `out` is then as it was.
    pub fn frame_into(
        &self,
        out: &mut Vec<u8>,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadError>,
    ) -> Result<(), SerdeError> {
        let start = out.len();
        out.extend_from_slice(&self.0.prefix);
        encode(out).map_err(|error| {
            out.truncate(start);
            error.of(Some(self.key()))
        })
    }

    fn key(&self) -> SchemaKey {
        SchemaKey::Id(self.0.id)
    }

    /// Bytes and header of what `encode` appends.
    #[cfg(any(feature = "avro", feature = "json"))]
    pub(crate) fn encoded(
        &self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), PayloadError>,
    ) -> Result<Encoded, SerdeError> {
        let about = self.0.size.load(Ordering::Relaxed);
        let mut bytes = Vec::with_capacity(about);
        self.frame_into(&mut bytes, encode)?;
        let length = bytes.len().min(RESERVED_MAX);
        if length > about || length < about / 2 {
            self.0.size.store(length, Ordering::Relaxed);
        }
        Ok(Encoded { bytes, header: self.0.header.clone() })
    }

    fn is_fresh(&self) -> bool {
        self.0.until.is_none_or(|until| Instant::now() < until)
    }
}

/// What is remembered by: where the schema goes, and which one it is.
#[derive(Clone, PartialEq, Eq)]
struct Slot {
    topic: Arc<str>,
    part: Part,
    message: Option<Arc<str>>,
    schema: Schema,
}

/// A [`Slot`], borrowed.
#[derive(Clone, Copy)]
struct SlotRef<'a> {
    topic: &'a str,
    part: Part,
    message: Option<&'a str>,
    schema: &'a Schema,
}

impl Slot {
    fn borrowed(&self) -> SlotRef<'_> {
        SlotRef {
            topic: &self.topic,
            part: self.part,
            message: self.message.as_deref(),
            schema: &self.schema,
        }
    }
}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

/// The place of the text stands for the schema, whose text is long: the slot keeps it alive, so that nothing else gets its place.
impl Hash for SlotRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.topic.hash(state);
        self.part.hash(state);
        self.message.hash(state);
        std::ptr::hash(Arc::as_ptr(&self.schema.text), state);
    }
}

impl Equivalent<Slot> for SlotRef<'_> {
    fn equivalent(&self, slot: &Slot) -> bool {
        Arc::ptr_eq(&self.schema.text, &slot.schema.text)
            && self.part == slot.part
            && self.topic == &*slot.topic
            && self.message == slot.message.as_deref()
            && *self.schema == slot.schema
    }
}

/// What a serializer is made of.
pub(crate) struct Writer<P> {
    pub(crate) client: Client,
    pub(crate) config: SerdeConfig,
    prepared: Cache<Slot, Prepared<P>>,
}

impl<P> fmt::Debug for Writer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A serializer, as far as all formats are alike.
#[cfg(feature = "blocking")]
pub(crate) trait Serializes: Send + Sync + 'static {
    type Schema: Parsed;

    fn writer(&self) -> &Writer<Self::Schema>;
}

/// What is done with the caller's schema.
#[derive(Clone, Copy)]
enum Own {
    Register,
    Lookup,
}

/// The schema that was chosen to write with.
struct Chosen<P> {
    id: SchemaId,
    guid: Option<Guid>,
    schema: Arc<P>,
    until: Option<Instant>,
}

impl<P: Parsed> Writer<P> {
    pub(crate) fn new(client: Client, config: SerdeConfig) -> Writer<P> {
        Writer { client, config, prepared: Cache::new(PREPARED_MAX) }
    }

    /// The prepared schema, if it is known and fresh. `message` is which message of the schema, for Protobuf.
    pub(crate) fn known(
        &self,
        topic: &str,
        part: Part,
        schema: &P,
        message: Option<&str>,
    ) -> Option<Prepared<P>> {
        let slot = SlotRef { topic, part, message, schema: schema.as_registered() };
        self.prepared.get(&slot).filter(Prepared::is_fresh)
    }

    /// The prepared schema, asked for if it is not known.
    pub(crate) async fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &P,
        message: Option<&str>,
    ) -> Result<Prepared<P>, SerdeError> {
        if let Some(known) = self.known(topic, part, schema, message) {
            return Ok(known);
        }
        if self.writes_own() {
            schema.suffix(message)?; // before a schema is registered that has no such message
        }
        let record = message.map(str::to_owned).or_else(|| schema.record_name());
        let (strategy, context) = (self.config.strategy(part), &self.config.context);
        let subject = strategy.subject(&self.client, context, topic, part, record.as_deref()).await?;
        let chosen = self.choose(&subject, schema).await?;
        let suffix = chosen.schema.suffix(message)?;
        let prepared = self.framed(part, &subject, chosen, suffix).await?;
        let slot = Slot {
            topic: topic.into(),
            part,
            message: message.map(Arc::from),
            schema: schema.as_registered().clone(),
        };
        self.prepared.insert(slot, prepared.clone());
        Ok(prepared)
    }

    /// The prepared schema for a value. Where the caller's schema is what will be written with and is not known yet, `encode` is tried
    /// first: no schema is registered that the value does not fit.
    #[cfg(any(feature = "avro", feature = "json"))]
    pub(crate) async fn prepare_for(
        &self,
        topic: &str,
        part: Part,
        schema: &P,
        message: Option<&str>,
        encode: impl FnOnce(&P) -> Result<(), PayloadError>,
    ) -> Result<Prepared<P>, SerdeError> {
        if let Some(known) = self.known(topic, part, schema, message) {
            return Ok(known);
        }
        self.try_first(schema, encode)?;
        self.prepare(topic, part, schema, message).await
    }

    /// Tries a value with the caller's schema, if that is what will be written with.
    #[cfg(any(feature = "avro", feature = "json"))]
    pub(crate) fn try_first(
        &self,
        schema: &P,
        encode: impl FnOnce(&P) -> Result<(), PayloadError>,
    ) -> Result<(), SerdeError> {
        if self.writes_own() { encode(schema).map_err(|error| error.of(None)) } else { Ok(()) }
    }

    /// Bytes alone do for this part.
    pub(crate) fn needs_no_header(&self, part: Part) -> Result<(), SerdeError> {
        match self.config.framing(part) {
            Framing::Prefix => Ok(()),
            Framing::Header => Err(SerdeError::HeaderNeeded(header_name(part))),
        }
    }

    /// Whether it is the caller's schema that is written with.
    fn writes_own(&self) -> bool {
        matches!(self.config.writer, WriterSchema::Register(_) | WriterSchema::Lookup(_))
    }

    async fn framed(
        &self,
        part: Part,
        subject: &Subject,
        chosen: Chosen<P>,
        suffix: Vec<u8>,
    ) -> Result<Prepared<P>, SerdeError> {
        let Chosen { id, mut guid, schema, until } = chosen;
        let (mut prefix, mut header) = (Vec::new(), None);
        match self.config.framing(part) {
            Framing::Prefix => {
                write_header(id, &mut prefix);
                prefix.extend(suffix);
            }
            Framing::Header => {
                if guid.is_none() {
                    guid = self.client.guid_by_id(subject.context(), id).await?;
                }
                let mut value = guid_header(guid.ok_or_else(|| SerdeError::NoGuid(subject.clone()))?);
                value.extend(suffix);
                header = Some((header_name(part), value));
            }
        }
        Ok(Prepared(Arc::new(Inner {
            schema,
            id,
            guid,
            prefix,
            header,
            until,
            #[cfg(any(feature = "avro", feature = "json"))]
            size: AtomicUsize::new(0),
        })))
    }

    /// The schema to write with (contract 5.7), which has no rule that is to be run on writing.
    async fn choose(&self, subject: &Subject, schema: &P) -> Result<Chosen<P>, SerdeError> {
        match &self.config.writer {
            WriterSchema::Register(normalize) => self.own(subject, schema, Own::Register, *normalize).await,
            WriterSchema::Lookup(normalize) => self.own(subject, schema, Own::Lookup, *normalize).await,
            WriterSchema::Id(id, check) => {
                let stored = self.stored(subject, *id).await?;
                self.other(subject, schema, *id, None, &stored, *check).await
            }
            WriterSchema::Guid(guid, check) => {
                let stored = self.client.schema_by_guid(guid).await;
                let key = SchemaKey::Guid(*guid);
                let stored = stored.map_err(|error| unknown(key, error))?;
                let ids = self.client.ids_by_guid(guid).await?;
                let id = ids.iter().find(|(context, _)| context == subject.context()).map(|(_, id)| *id);
                let id = id.ok_or_else(|| {
                    SerdeError::UnknownSchema(format!("{key} in context {}", subject.context()))
                })?;
                self.other(subject, schema, id, Some(*guid), &stored, *check).await
            }
            WriterSchema::LatestWithMetadata(properties) => {
                let properties: Vec<(&str, &str)> =
                    properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                let found = self.client.latest_with_metadata(subject, &properties, Deleted::Include).await?;
                self.version(subject, schema, found, Check::Off).await
            }
            WriterSchema::Latest(ttl, check) => {
                let found = self.client.version(subject, VersionSpec::Latest).await?;
                let mut chosen = self.version(subject, schema, found, *check).await?;
                chosen.until = Instant::now().checked_add(*ttl);
                Ok(chosen)
            }
        }
    }

    /// The caller's schema, with what it imports.
    async fn own(
        &self,
        subject: &Subject,
        schema: &P,
        own: Own,
        normalize: Normalize,
    ) -> Result<Chosen<P>, SerdeError> {
        let schema = schema.with_imports(&self.client, &self.config).await?;
        let Registered { id, guid, .. } = match own {
            Own::Register => self.client.register(subject, schema.as_registered(), normalize).await?,
            Own::Lookup => self.client.lookup(subject, schema.as_registered(), normalize).await?,
        };
        // A version can inherit rules from the one before (contract 2.13): what counts is what is stored.
        let stored = self.client.schema_by_id(subject.context(), id).await.map_err(|source| {
            let transient = source.is_transient() || source.is_not_found(); // a node that lags behind
            SerdeError::Registry { transient, source }
        })?;
        rules::refuse(Way::Write, SchemaKey::Id(id), stored.rule_set.as_deref())?;
        Ok(Chosen { id, guid, schema: Arc::new(schema), until: None })
    }

    async fn stored(&self, subject: &Subject, id: SchemaId) -> Result<Arc<Schema>, SerdeError> {
        let stored = self.client.schema_by_id(subject.context(), id).await;
        stored.map_err(|error| unknown(SchemaKey::Id(id), error))
    }

    async fn version(
        &self,
        subject: &Subject,
        schema: &P,
        found: SubjectVersion,
        check: Check,
    ) -> Result<Chosen<P>, SerdeError> {
        self.other(subject, schema, found.id, found.guid, &found.schema, check).await
    }

    /// A schema of the registry in place of the caller's.
    async fn other(
        &self,
        subject: &Subject,
        own: &P,
        id: SchemaId,
        guid: Option<Guid>,
        stored: &Schema,
        check: Check,
    ) -> Result<Chosen<P>, SerdeError> {
        let key = SchemaKey::Id(id);
        rules::refuse(Way::Write, key, stored.rule_set.as_deref())?;
        let home = subject.context();
        let schema: P = parse(&self.client, home, key, stored).await?;
        if check == Check::Strict && *stored.text != *own.as_registered().text {
            let references = closure(&self.client, home, &stored.references).await?;
            let own_references = match own.imports() {
                Some(imports) => imports.to_vec(),
                None => closure(&self.client, home, &own.as_registered().references).await?,
            };
            can_read((stored, &references), (own.as_registered(), &own_references))
                .map_err(|reason| SerdeError::Incompatible { key, reason })?;
        }
        Ok(Chosen { id, guid, schema: Arc::new(schema), until: None })
    }
}

fn unknown(key: SchemaKey, error: assay_client::ClientError) -> SerdeError {
    if error.is_not_found() { SerdeError::UnknownSchema(key.to_string()) } else { error.into() }
}

/// Whether the reader's schema reads what the writer's writes: the rules of BACKWARD.
fn can_read(
    reader: (&Schema, &[ResolvedReference]),
    writer: (&Schema, &[ResolvedReference]),
) -> Result<(), String> {
    let parsed = |(schema, references): (&Schema, &[ResolvedReference])| {
        let limits = Limits::default();
        assay_schema::parse(schema.schema_type, &schema.text, references, Strictness::Stored, &limits)
            .map_err(|error| error.to_string())
    };
    let (reader, writer) = (parsed(reader)?, parsed(writer)?);
    let old = assay_compat::Old { version: assay_schema::Version::FIRST, schema: &writer };
    let report = assay_compat::check(assay_compat::Level::Backward, &reader, &[old]);
    match report.differences().first() {
        Some(difference) => Err(format!("{}: {}", difference.path, difference.description)),
        None => Ok(()),
    }
}
