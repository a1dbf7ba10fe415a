//! Schema models: names, references, our own JSON reader, Avro, Protobuf and JSON Schema, canonical text and GUID.
//!
//! [`parse`] is the door: text, type and resolved references in, a [`ParsedSchema`] out. Pure: no I/O, no clock, no
//! network; whoever calls it brings the referenced texts. Everything it reads is hostile: bytes, depth and counts are
//! bounded by [`Limits`]. A cargo feature per format (`avro`, `protobuf`, `json`; all on by default).

pub mod json;

#[cfg(feature = "avro")]
pub mod avro;
#[cfg(feature = "json")]
pub mod json_schema;
#[cfg(feature = "protobuf")]
pub mod protobuf;

mod contract;
mod error;
mod guid;
mod limits;
mod names;
mod parsed;
mod tags;
#[cfg(feature = "avro")]
#[doc(hidden)]
pub mod testing;

pub use assay_wire::{Guid, SchemaId};
pub use contract::{Metadata, Reference, ResolvedReference, Rule, RuleSet};
pub use error::{Position, SchemaError};
pub use guid::guid;
pub use limits::Limits;
pub use names::{
    Context, GLOBAL_CONTEXT, InvalidContext, InvalidSubject, InvalidVersion, SchemaType, Subject,
    UnknownSchemaType, Version, VersionSpec,
};
pub use parsed::{ParsedSchema, Strictness, parse};
pub use tags::{EntityKind, TagEdits, TaggedEntity, UnknownEntityKind};
