//! What producers and consumers import: Confluent-framed serializers and deserializers.
//!
//! [`AvroSerializer`] makes the bytes of a key or value: it finds the id of the schema under the topic's subject (registering it,
//! looking it up, or taking the latest version) and puts it in front of the Avro datum. [`AvroDeserializer`] goes the other
//! way, with the writer's schema from the registry and, if wanted, a reader's schema. [`ProtobufSerializer`] and
//! [`JsonSerializer`] and their deserializers do the same for `prost` messages and serde values. Nulls are tombstones both ways.
//!
//! Avro goes straight between serde values and bytes, [`AvroResolution`] from a writer's schema to a reader's; message encoding is
//! `prost`'s. Rules and migrations are not here yet.

mod avro;
pub mod bytes;
#[cfg(feature = "derive")]
pub mod derive;
mod error;
mod json;
#[doc(hidden)]
pub mod properties;
mod protobuf;
mod source;
mod strategy;

pub use avro::{AvroDeserializer, AvroResolution, AvroSchema, AvroSerializer, WriterSchema};
#[cfg(feature = "derive")]
pub use derive::AssayAvro;
pub use error::{PayloadError, SerdeError};
pub use json::{JsonDeserializer, JsonSchema, JsonSerializer, Validation};
pub use protobuf::{ProtobufDeserializer, ProtobufSchema, ProtobufSerializer};
pub use source::closure;
pub use strategy::{Part, RecordName, SubjectName, TopicName, TopicRecordName};

pub use apache_avro;
pub use assay_client as client;
pub use {prost, prost_reflect};
