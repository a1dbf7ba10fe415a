//! What producers and consumers import: Confluent-framed serializers and deserializers.
//!
//! [`AvroSerializer`] makes the bytes of a key or value: it finds the id of the schema under the topic's subject (registering it,
//! looking it up, or taking the latest version) and puts it in front of the Avro datum. [`AvroDeserializer`] goes the other
//! way, with the writer's schema from the registry and, if wanted, a reader's schema. [`ProtobufSerializer`] and
//! [`JsonSerializer`] and their deserializers do the same for `prost` messages and serde values. Nulls are tombstones both ways.
//!
//! Avro goes straight between serde values and bytes, [`AvroResolution`] from a writer's schema to a reader's; message encoding is
//! `prost`'s.
//!
//! Once the schema is known nothing needs a runtime: `prepare` gives a [`Prepared`] whose `serialize_into` is an ordinary function, and
//! `try_deserialize` either reads or says which schema to `fetch`. Any bytes are a value or a typed [`SerdeError`], never a panic.
//!
//! Rules (encryption, CEL, migrations) cannot be run here: a schema with one that applies is refused, in both directions.

#![cfg_attr(
    not(any(feature = "avro", feature = "protobuf", feature = "json")),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "without a format there are settings and frames only"
    )
)]

// Derived code names this crate, also the code in it.
#[cfg(feature = "derive")]
extern crate self as assay_serde;

#[cfg(feature = "avro")]
mod avro;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "avro")]
pub mod bytes;
mod config;
#[cfg(feature = "derive")]
pub mod derive;
mod error;
mod formats;
mod framed;
#[cfg(feature = "rdkafka")]
pub mod kafka;
#[cfg(feature = "avro")]
#[doc(hidden)]
pub mod properties;
mod read;
mod rules;
mod source;
mod strategy;
mod write;

#[cfg(feature = "avro")]
pub use avro::{AvroResolution, AvroSchema};
pub use config::{Check, Framing, KnownTypes, LATEST_TTL, SerdeConfig, Validation, WriterSchema};
#[cfg(feature = "derive")]
pub use derive::AssayAvro;
pub use error::{PayloadError, SerdeError};
#[cfg(feature = "avro")]
pub use formats::avro::{AvroDeserializer, AvroSerializer};
#[cfg(feature = "json")]
pub use formats::json::{JsonDeserializer, JsonSchema, JsonSerializer};
#[cfg(feature = "protobuf")]
pub use formats::protobuf::{ProtobufDeserializer, ProtobufSchema, ProtobufSerializer};
pub use framed::{Attempt, Encoded, Framed, Split, header_name};
pub use source::closure;
pub use strategy::{
    Associated, Part, RecordName, ReferenceSubject, Strategy, SubjectName, TopicName, TopicRecordName,
};
pub use write::Prepared;

#[cfg(feature = "avro")]
pub use apache_avro;
pub use assay_client as client;
pub use assay_wire as wire;
#[cfg(feature = "protobuf")]
pub use {prost, prost_reflect};

/// The README's examples, compiled and run.
#[cfg(all(doctest, feature = "avro", feature = "protobuf", feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
