//! Avro: the bytes of values by a schema, values by the bytes, and resolution from a writer's schema to a reader's.
//!
//! A schema is compiled to a flat [`program`] once. Serde values are written by [`ser`] and read by [`de`] without anything in
//! between; [`generic`] and [`value`] do the same for `apache-avro`'s values, for data whose type is not known. [`resolve`] compiles a
//! pair of schemas to a program that all of these read by; [`transcode`] makes bytes of the reader's schema with it.
//!
//! Any bytes may come in: reading goes through [`crate::bytes::Reader`] and [`cursor`], which bound depth, items that take no bytes and
//! defaults that are filled in.

mod aliases;
mod compile;
mod cursor;
mod de;
mod decimal;
mod defaults;
mod fail;
mod generic;
mod places;
mod program;
mod resolution;
mod resolve;
mod schema;
mod ser;
mod transcode;
mod value;

pub use resolution::AvroResolution;
pub use schema::AvroSchema;
