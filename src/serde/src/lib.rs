//! What producers and consumers import: Confluent-framed serializers and deserializers.
//!
//! [`AvroSerializer`] makes the bytes of a key or value: it finds the id of the schema under the topic's subject (registering it,
//! looking it up, or taking the latest version) and puts it in front of the Avro datum. [`AvroDeserializer`] goes the other
//! way, with the writer's schema from the registry and, if wanted, a reader's schema. Nulls are tombstones both ways.
//!
//! Datum encoding is `apache-avro`'s. Protobuf and JSON Schema, rules and migrations are not here yet.

mod avro;
mod datum;
mod depth;
mod error;
mod strategy;

pub use avro::{AvroDeserializer, AvroSerializer, WriterSchema};
pub use datum::AvroSchema;
pub use error::SerdeError;
pub use strategy::{Part, RecordName, SubjectName, TopicName, TopicRecordName};

pub use apache_avro;
pub use assay_client as client;
