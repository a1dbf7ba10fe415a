//! Kafka frames, API keys, versions, requests and responses in both directions, error codes.
//!
//! Every message Assay speaks is declared once, as a table (see [`messages`]); the table macro makes the struct,
//! its defaults, the decoder, the encoder and a static description ([`MessageSpec`]) from it. A test compares the
//! descriptions with the definitions that Apache Kafka ships.
//!
//! Decoding treats every byte as hostile: nothing is allocated by a number from the wire, strings are checked
//! UTF-8, nesting is static, and the memory a message may take is proportional to its bytes (see [`Reader`]).
//! Strings and byte fields are slices of the frame, not copies.
//!
//! Not here: sockets (`assay-net`), the inside of record batches (`assay-record`), what a request means (`assay-broker`).

mod api_key;
mod error;
mod error_code;
mod frame;
mod header;
mod primitives;
mod reader;
mod spec;
mod string;
#[macro_use]
mod table;
mod uuid;
mod wire;
mod writer;

pub mod messages;
pub mod offsets_topic;
pub mod properties;

pub use api_key::ApiKey;
pub use error::{DecodeCause, DecodeError};
pub use error_code::ErrorCode;
pub use frame::{decode_response, encode_request, encode_response, response_header_version};
pub use header::{RequestHeader, decode_request_header, request_header_version};
pub use reader::Reader;
pub use spec::{FieldSpec, MessageKind, MessageSpec, Type, Versions};
pub use string::Str;
pub use table::{AnyMessage, Message, Request};
pub use uuid::{InvalidUuid, Uuid};
