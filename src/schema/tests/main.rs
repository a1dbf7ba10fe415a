//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod avro;
mod avro_judge;
mod format_properties;
mod json;
mod json_schema;
#[path = "../../../tests/judges/avro/judge.rs"]
mod judge;
mod properties;
mod protobuf;
mod tags;
