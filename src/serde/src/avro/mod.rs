//! Avro: schemas, the bytes of values, resolution from a writer's schema to a reader's, and the serializer pair over the client.

mod depth;
mod resolution;
mod schema;
mod serializer;

pub use resolution::AvroResolution;
pub use schema::AvroSchema;
pub use serializer::{AvroDeserializer, AvroSerializer, WriterSchema};
