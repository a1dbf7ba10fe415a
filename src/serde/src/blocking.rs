//! The serializers and deserializers without `await`, for producers and consumers that are threads.
//!
//! Asking the registry is all that ever waits: [`Blocking`] does that on the thread of a [`client::blocking::Client`](assay_client::blocking::Client), and
//! what it asked for is remembered by the serializer inside, so that later calls do not wait.

use std::future::Future;
use std::sync::Arc;

use assay_client::blocking::Client;
use assay_wire::SchemaKey;

use crate::{Attempt, Part, Prepared, SerdeError};

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
        let (topic, schema) = (topic.to_owned(), schema.clone());
        self.wait(|serializer| async move { serializer.prepare(&topic, part, &schema).await })
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
        let (topic, schema) = (topic.to_owned(), schema.clone());
        self.wait(|serializer| async move { serializer.prepare(&topic, part, &schema).await })
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
        let (topic, schema, name) = (topic.to_owned(), schema.clone(), full_name.to_owned());
        self.wait(|serializer| async move { serializer.prepare(&topic, part, &schema, &name).await })
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
    pub fn deserialize<'a, M: prost::Message + Default>(
        &self,
        framed: impl Into<crate::Framed<'a>>,
    ) -> Result<Option<M>, SerdeError> {
        let framed = framed.into();
        self.read(|inner| inner.try_deserialize(framed), |inner, key| async move { inner.fetch(key).await })
    }
}
