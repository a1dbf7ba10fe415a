//! rdkafka: a typed producer, and a typed consumer in which record, tombstone and poison record are one `match`.
//!
//! What a key or value is made of is said by an [`Encode`] or [`Decode`]: one of the formats, [`Raw`] bytes, or your own.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::Stream;
use rdkafka::Message;
use rdkafka::consumer::{ConsumerContext, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, OwnedHeaders, OwnedMessage};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::AsyncRuntime;

use crate::{Encoded, Framed, Part, SerdeError};

/// Makes keys or values.
pub trait Encode<T: ?Sized>: Send + Sync {
    /// Bytes and header of a value for a part of the topic's records.
    /// # Errors
    /// Those of the serializer.
    fn encode(
        &self,
        topic: &str,
        part: Part,
        value: &T,
    ) -> impl Future<Output = Result<Encoded, SerdeError>> + Send;
}

/// Reads keys or values.
pub trait Decode<T>: Send + Sync {
    /// The value of bytes that are there.
    /// # Errors
    /// Those of the deserializer.
    fn decode(&self, framed: Framed<'_>) -> impl Future<Output = Result<T, SerdeError>> + Send;
}

/// Bytes as they are, without a schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct Raw;

impl<T: AsRef<[u8]> + Sync + ?Sized> Encode<T> for Raw {
    async fn encode(&self, _topic: &str, _part: Part, value: &T) -> Result<Encoded, SerdeError> {
        Ok(Encoded { bytes: value.as_ref().to_vec(), header: None })
    }
}

impl Decode<Vec<u8>> for Raw {
    async fn decode(&self, framed: Framed<'_>) -> Result<Vec<u8>, SerdeError> {
        Ok(framed.bytes.unwrap_or_default().to_vec())
    }
}

/// A serializer with the schema it writes.
#[derive(Debug)]
pub struct With<S, P>(pub S, pub P);

fn made(encoded: Option<Encoded>) -> Encoded {
    encoded.unwrap_or(Encoded { bytes: Vec::new(), header: None }) // a value that is there is never a tombstone
}

#[cfg(feature = "avro")]
impl<T: serde::Serialize + Sync + ?Sized> Encode<T> for With<crate::AvroSerializer, crate::AvroSchema> {
    async fn encode(&self, topic: &str, part: Part, value: &T) -> Result<Encoded, SerdeError> {
        self.0.serialize_framed(topic, part, &self.1, Some(value)).await.map(made)
    }
}

#[cfg(feature = "json")]
impl<T: serde::Serialize + Sync + ?Sized> Encode<T> for With<crate::JsonSerializer, crate::JsonSchema> {
    async fn encode(&self, topic: &str, part: Part, value: &T) -> Result<Encoded, SerdeError> {
        self.0.serialize_framed(topic, part, &self.1, Some(value)).await.map(made)
    }
}

#[cfg(feature = "protobuf")]
impl<M: prost::Message + prost::Name> Encode<M> for With<crate::ProtobufSerializer, crate::ProtobufSchema> {
    async fn encode(&self, topic: &str, part: Part, value: &M) -> Result<Encoded, SerdeError> {
        self.0.serialize_framed(topic, part, &self.1, &M::full_name(), Some(value)).await.map(made)
    }
}

/// A value that is there was read as a tombstone: cannot be.
fn read<T>(value: Option<T>) -> Result<T, SerdeError> {
    value.ok_or(SerdeError::TooShort { length: 0, needed: assay_wire::ID_FRAME_LEN })
}

#[cfg(feature = "avro")]
impl<T: serde::de::DeserializeOwned + Send> Decode<T> for crate::AvroDeserializer {
    async fn decode(&self, framed: Framed<'_>) -> Result<T, SerdeError> {
        read(self.deserialize_framed(framed).await?)
    }
}

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned + Send> Decode<T> for crate::JsonDeserializer {
    async fn decode(&self, framed: Framed<'_>) -> Result<T, SerdeError> {
        read(self.deserialize_framed(framed).await?)
    }
}

#[cfg(feature = "protobuf")]
impl<M: prost::Message + Default> Decode<M> for crate::ProtobufDeserializer {
    async fn decode(&self, framed: Framed<'_>) -> Result<M, SerdeError> {
        read(self.deserialize_framed(framed).await?)
    }
}

/// Why a record was not produced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProduceError {
    /// It could not be serialized.
    #[error("{0}")]
    Serde(#[from] SerdeError),
    /// Kafka did not take it.
    #[error("{0}")]
    Kafka(KafkaError),
}

/// Produces typed keys and values.
pub struct Producer<K, V> {
    producer: FutureProducer,
    key: K,
    value: V,
    timeout: Duration,
}

impl<K, V> Producer<K, V> {
    /// Over a producer of rdkafka: keys made by `key`, values by `value`.
    pub fn new(producer: FutureProducer, key: K, value: V) -> Producer<K, V> {
        Producer { producer, key, value, timeout: Duration::from_secs(30) }
    }

    /// The same with another longest wait for room in rdkafka's queue; 30 s if nothing is said.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Producer<K, V> {
        self.timeout = timeout;
        self
    }

    /// Sends a record and waits until Kafka has it; no value is a tombstone.
    /// # Errors
    /// `Serde`, and then nothing was sent; `Kafka`.
    pub async fn send<A: ?Sized, B: ?Sized>(
        &self,
        topic: &str,
        key: Option<&A>,
        value: Option<&B>,
    ) -> Result<Delivery, ProduceError>
    where
        K: Encode<A>,
        V: Encode<B>,
    {
        let key = match key {
            Some(key) => Some(self.key.encode(topic, Part::Key, key).await?),
            None => None,
        };
        let value = match value {
            Some(value) => Some(self.value.encode(topic, Part::Value, value).await?),
            None => None,
        };
        let mut record = FutureRecord::<[u8], [u8]>::to(topic);
        let named: Vec<_> =
            [&key, &value].into_iter().flatten().filter_map(|part| part.header.as_ref()).collect();
        if !named.is_empty() {
            let headers = named.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header { key, value: Some(value) })
            });
            record = record.headers(headers);
        }
        record.key = key.as_ref().map(|key| key.bytes.as_slice());
        record.payload = value.as_ref().map(|value| value.bytes.as_slice());
        self.producer.send(record, self.timeout).await.map_err(|(error, _)| ProduceError::Kafka(error))
    }
}

/// What came from a topic.
#[derive(Debug)]
pub enum Received<K, V> {
    /// A record.
    Record {
        /// Its key.
        key: Option<K>,
        /// Its value.
        value: V,
        /// All of it: topic, partition, offset, headers.
        message: OwnedMessage,
    },
    /// A record whose value is null.
    Tombstone {
        /// Its key.
        key: Option<K>,
        /// All of it.
        message: OwnedMessage,
    },
    /// A record whose key or value cannot be read, now or ever: to be put aside, or stopped at.
    Poison {
        /// Key or value.
        part: Part,
        /// Why.
        error: SerdeError,
        /// All of it, with the bytes as they are.
        message: OwnedMessage,
    },
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumeError {
    /// Kafka's reason.
    #[error("{0}")]
    Kafka(#[from] KafkaError),
    /// The registry does not answer. The record is kept: the next [`Consumer::recv`] tries it again.
    #[error("offset {offset} of {topic}-{partition}: {error}")]
    Registry {
        /// The record's topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// What the client says.
        error: SerdeError,
    },
}

/// Consumes typed keys and values. One task receives at a time.
pub struct Consumer<C: ConsumerContext + 'static, R, K, V> {
    consumer: StreamConsumer<C, R>,
    key: K,
    value: V,
    /// A record that was taken from Kafka and not given out yet.
    kept: Mutex<Option<OwnedMessage>>,
}

impl<C, R, K, V> Consumer<C, R, K, V>
where
    C: ConsumerContext + 'static,
    R: AsyncRuntime,
{
    /// Over a consumer of rdkafka that is subscribed or assigned: keys read by `key`, values by `value`.
    pub fn new(consumer: StreamConsumer<C, R>, key: K, value: V) -> Consumer<C, R, K, V> {
        Consumer { consumer, key, value, kept: Mutex::new(None) }
    }

    /// The consumer inside, for commits and the like.
    pub fn inner(&self) -> &StreamConsumer<C, R> {
        &self.consumer
    }

    /// The next record. When this is dropped before it ends, no record is lost: the next call gives it.
    /// # Errors
    /// `Kafka`; `Registry` when the schema cannot be fetched at the moment, which is no fault of the record's.
    pub async fn recv<A, B>(&self) -> Result<Received<A, B>, ConsumeError>
    where
        K: Decode<A>,
        V: Decode<B>,
    {
        let kept = self.kept().take();
        let message = match kept {
            Some(message) => message,
            None => self.consumer.recv().await?.detach(),
        };
        *self.kept() = Some(message.clone());
        let received = self.read(message).await?;
        *self.kept() = None;
        Ok(received)
    }

    /// The records as a stream, which never ends. After an error it goes on, and with `Registry` tries the same record again: wait a
    /// little before asking for the next item then, or stop.
    pub fn stream<'a, A: 'a, B: 'a>(&'a self) -> impl Stream<Item = Result<Received<A, B>, ConsumeError>>
    where
        K: Decode<A>,
        V: Decode<B>,
    {
        futures_util::stream::unfold(self, async |consumer| Some((consumer.recv().await, consumer)))
    }

    async fn read<A, B>(&self, message: OwnedMessage) -> Result<Received<A, B>, ConsumeError>
    where
        K: Decode<A>,
        V: Decode<B>,
    {
        let key = match message.key() {
            None => None,
            Some(bytes) => match self.key.decode(framed(Part::Key, bytes, &message)).await {
                Ok(key) => Some(key),
                Err(error) => return poison(Part::Key, error, message),
            },
        };
        let Some(bytes) = message.payload() else { return Ok(Received::Tombstone { key, message }) };
        match self.value.decode(framed(Part::Value, bytes, &message)).await {
            Ok(value) => Ok(Received::Record { key, value, message }),
            Err(error) => poison(Part::Value, error, message),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<OwnedMessage>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn framed<'a>(part: Part, bytes: &'a [u8], message: &'a OwnedMessage) -> Framed<'a> {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Framed::from_headers(part, Some(bytes), headers.map(|header| (header.key, header.value)))
}

fn poison<A, B>(
    part: Part,
    error: SerdeError,
    message: OwnedMessage,
) -> Result<Received<A, B>, ConsumeError> {
    if error.is_transient() {
        let (topic, partition, offset) = (message.topic().to_owned(), message.partition(), message.offset());
        return Err(ConsumeError::Registry { topic, partition, offset, error });
    }
    Ok(Received::Poison { part, error, message })
}
