//! Schema models: names, references, JSON reader, Avro, Protobuf and JSON Schema, canonical text and GUID.
