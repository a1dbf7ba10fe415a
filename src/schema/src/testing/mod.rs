//! For tests and fuzz targets of this crate and of the crates above it: a seeded generator of realistic Avro schemas,
//! edits that make a later version of one, and the properties that hold for any text.

#[cfg(all(feature = "json", feature = "protobuf"))]
mod formats;
mod generate;
mod mutate;
mod properties;
mod rng;
mod tags;

#[cfg(all(feature = "json", feature = "protobuf"))]
pub use formats::{json_schema_properties, protobuf_properties};
pub use generate::{avro_schema, avro_schema_with_references};
pub use mutate::next_version;
pub use properties::{avro_properties, json_properties};
pub use rng::Rng;
pub use tags::tag_properties;
