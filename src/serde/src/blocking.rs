//! The serializers and deserializers without `await`, for producers and consumers that are threads.
//!
//! Asking the registry is all that ever waits: [`Blocking`] does that on the thread of a [`client::blocking::Client`](assay_client::blocking::Client), and
//! what it asked for is remembered by the serializer inside, so that later calls do not wait.

use std::future::Future;
use std::sync::Arc;

use assay_client::blocking::Client;
use assay_wire::SchemaKey;

#[cfg(any(feature = "avro", feature = "json"))]
use crate::PayloadError;
use crate::write::Serializes;
use crate::{Attempt, Encoded, Part, Prepared, SerdeError};

/// A serializer or deserializer whose questions to the registry are waited for. Cheap to clone.
#[derive(Debug)]
pub struct Blocking<S> {
    client: Client,
    inner: Arc<S>,
}

impl<S> Clone for Blocking<S> {
    fn clone(&self) -> Blocking<S> {
        Blocking { client: self.client.clone(), inner: Arc::clone(&self.inner) }
    }
}

impl<S: Send + Sync + 'static> Blocking<S> {
    /// Around what `make` makes of the async client inside: `Blocking::new(&client, AvroSerializer::new)`.
    pub fn new(client: &Client, make: impl FnOnce(assay_client::Client) -> S) -> Blocking<S> {
        Blocking { inner: Arc::new(make(client.as_async().clone())), client: client.clone() }
    }

    /// The serializer or deserializer inside; `try_deserialize` and all that is not async can be called on it.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn wait<T, F>(&self, call: impl FnOnce(Arc<S>) -> F) -> Result<T, SerdeError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, SerdeError>> + Send + 'static,
    {
        let future = call(Arc::clone(&self.inner));
        self.client.wait(|_| async move { Ok(future.await) })?
    }

    /// Attempts, and fetches between the first attempt and the second.
    fn read<T, F>(
        &self,
        attempt: impl Fn(&S) -> Result<Attempt<T>, SerdeError>,
        fetch: impl FnOnce(Arc<S>, SchemaKey) -> F,
    ) -> Result<T, SerdeError>
    where
        F: Future<Output = Result<(), SerdeError>> + Send + 'static,
    {
        let key = match attempt(&self.inner)? {
            Attempt::Ready(value) => return Ok(value),
            Attempt::NeedsSchema(key) => key,
        };
        self.wait(|inner| fetch(inner, key))?;
        match attempt(&self.inner)? {
            Attempt::Ready(value) => Ok(value),
            Attempt::NeedsSchema(key) => Err(SerdeError::UnknownSchema(key.to_string())),
        }
    }
}

/// The prepared schema; waited for only if it is not known.
fn prepared<S: Serializes>(
    serializer: &Blocking<S>,
    topic: &str,
    part: Part,
    schema: &S::Schema,
    message: Option<&str>,
) -> Result<Prepared<S::Schema>, SerdeError> {
    if let Some(known) = serializer.inner.writer().known(topic, part, schema, message) {
        return Ok(known);
    }
    let (topic, schema, message) = (topic.to_owned(), schema.clone(), message.map(str::to_owned));
    serializer
        .wait(|inner| async move { inner.writer().prepare(&topic, part, &schema, message.as_deref()).await })
}

/// Bytes and header of what `encode` appends; where nothing is known of the schema yet, it is tried before that is registered.
#[cfg(any(feature = "avro", feature = "json"))]
fn encoded<S: Serializes>(
    serializer: &Blocking<S>,
    topic: &str,
    part: Part,
    schema: &S::Schema,
    encode: impl Fn(&S::Schema, &mut Vec<u8>) -> Result<(), PayloadError>,
) -> Result<Encoded, SerdeError> {
    let writer = serializer.inner.writer();
    if writer.known(topic, part, schema, None).is_none() {
        writer.try_first(schema, |schema| encode(schema, &mut Vec::new()))?;
    }
    let prepared = prepared(serializer, topic, part, schema, None)?;
    prepared.encoded(|out| encode(prepared.schema(), out))
}

#[cfg(feature = "avro")]
impl Blocking<crate::AvroSerializer> {
    /// [`AvroSerializer::prepare`](crate::AvroSerializer::prepare), waited for.
    /// # Errors
    /// The same.
    pub fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::AvroSchema,
    ) -> Result<Prepared<crate::AvroSchema>, SerdeError> {
        prepared(self, topic, part, schema, None)
    }

    /// The bytes of a serde value; `None` is a tombstone, which has none. Waits where the schema is not known yet.
    /// # Errors
    /// As [`AvroSerializer::serialize`](crate::AvroSerializer::serialize).
    pub fn serialize<T: serde::Serialize + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.inner.writer().needs_no_header(part)?;
        Ok(self.serialize_framed(topic, part, schema, value)?.map(|encoded| encoded.bytes))
    }

    /// The same, and the header its record needs if that is where the schema is named.
    /// # Errors
    /// As [`AvroSerializer::serialize_framed`](crate::AvroSerializer::serialize_framed).
    pub fn serialize_framed<T: serde::Serialize + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let encode = |schema: &crate::AvroSchema, out: &mut Vec<u8>| schema.encode(value, out);
        encoded(self, topic, part, schema, encode).map(Some)
    }
}

#[cfg(feature = "json")]
impl Blocking<crate::JsonSerializer> {
    /// [`JsonSerializer::prepare`](crate::JsonSerializer::prepare), waited for.
    /// # Errors
    /// The same.
    pub fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::JsonSchema,
    ) -> Result<Prepared<crate::JsonSchema>, SerdeError> {
        prepared(self, topic, part, schema, None)
    }

    /// The bytes of a serde value; `None` is a tombstone, which has none. Waits where the schema is not known yet.
    /// # Errors
    /// As [`JsonSerializer::serialize`](crate::JsonSerializer::serialize).
    pub fn serialize<T: serde::Serialize + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::JsonSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.inner.writer().needs_no_header(part)?;
        Ok(self.serialize_framed(topic, part, schema, value)?.map(|encoded| encoded.bytes))
    }

    /// The same, and the header its record needs if that is where the schema is named.
    /// # Errors
    /// As [`JsonSerializer::serialize_framed`](crate::JsonSerializer::serialize_framed).
    pub fn serialize_framed<T: serde::Serialize + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::JsonSchema,
        value: Option<&T>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let validation = self.inner.writer().config.validation;
        let encode = |schema: &crate::JsonSchema, out: &mut Vec<u8>| schema.encode(value, validation, out);
        encoded(self, topic, part, schema, encode).map(Some)
    }
}

#[cfg(feature = "protobuf")]
impl Blocking<crate::ProtobufSerializer> {
    /// [`ProtobufSerializer::prepare`](crate::ProtobufSerializer::prepare), waited for.
    /// # Errors
    /// The same.
    pub fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::ProtobufSchema,
        full_name: &str,
    ) -> Result<Prepared<crate::ProtobufSchema>, SerdeError> {
        prepared(self, topic, part, schema, Some(full_name))
    }

    /// The bytes of a message whose full name is given, and the header its record needs if that is where the schema is named; `None` is a
    /// tombstone, which has none. Waits where the schema is not known yet.
    /// # Errors
    /// As [`ProtobufSerializer::serialize_framed`](crate::ProtobufSerializer::serialize_framed).
    pub fn serialize_framed<M: prost::Message>(
        &self,
        topic: &str,
        part: Part,
        schema: &crate::ProtobufSchema,
        full_name: &str,
        message: Option<&M>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(message) = message else { return Ok(None) };
        Ok(Some(self.prepare(topic, part, schema, full_name)?.message(message)))
    }
}

#[cfg(feature = "avro")]
impl Blocking<crate::AvroDeserializer> {
    /// The serde value; `None` for a tombstone. Waits where the schema is not known yet.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`](crate::AvroDeserializer::deserialize).
    pub fn deserialize<'a, T: serde::de::DeserializeOwned>(
        &self,
        framed: impl Into<crate::Framed<'a>>,
    ) -> Result<Option<T>, SerdeError> {
        let framed = framed.into();
        self.read(|inner| inner.try_deserialize(framed), |inner, key| async move { inner.fetch(key).await })
    }
}

#[cfg(feature = "json")]
impl Blocking<crate::JsonDeserializer> {
    /// The serde value; `None` for a tombstone. Waits where the schema is not known yet.
    /// # Errors
    /// As [`JsonDeserializer::deserialize`](crate::JsonDeserializer::deserialize).
    pub fn deserialize<'a, T: serde::de::DeserializeOwned>(
        &self,
        framed: impl Into<crate::Framed<'a>>,
    ) -> Result<Option<T>, SerdeError> {
        let framed = framed.into();
        self.read(|inner| inner.try_deserialize(framed), |inner, key| async move { inner.fetch(key).await })
    }
}

#[cfg(feature = "protobuf")]
impl Blocking<crate::ProtobufDeserializer> {
    /// The message; `None` for a tombstone. Waits where the schema is not known yet.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`](crate::ProtobufDeserializer::deserialize).
    pub fn deserialize<'a, T: prost::Message + Default>(
        &self,
        framed: impl Into<crate::Framed<'a>>,
    ) -> Result<Option<T>, SerdeError> {
        let framed = framed.into();
        self.read(|inner| inner.try_deserialize(framed), |inner, key| async move { inner.fetch(key).await })
    }
}
