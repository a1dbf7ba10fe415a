//! Serde framing: magic bytes, schema ids, GUID headers and Protobuf message indexes.
//!
//! What stands between a record's bytes and its payload, as the Confluent serializers write it (contract section 5):
//! five bytes (`0x00`, schema id), or seventeen (`0x01`, GUID), in front of the payload or in a record header; and, for
//! Protobuf, the path of the message inside its file. Reading never copies and never allocates by a number on the wire.
//!
//! Not here: what an id means (`registry`), and whether the payload is what the schema says (`validate`).

mod error;
mod header;
mod id;
mod indexes;
#[doc(hidden)]
pub mod properties;

pub use error::{HeaderError, IndexError, InvalidGuid};
pub use header::{
    GUID_FRAME_LEN, ID_FRAME_LEN, KEY_HEADER, MAGIC_GUID, MAGIC_ID, VALUE_HEADER, frame, guid_header,
    parse_guid_header, split, split_any, write_header,
};
pub use id::{Guid, SchemaId, SchemaKey};
pub use indexes::{INDEXES_MAX, MessageIndexes};
