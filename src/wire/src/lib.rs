//! Serde framing: magic bytes, schema ids, GUID headers and Protobuf message indexes.
