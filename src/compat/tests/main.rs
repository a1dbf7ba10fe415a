//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../../validate/tests/common/avro.rs"]
#[allow(dead_code, reason = "shared with other crates' tests")]
mod avro;
mod avro_data;
mod avro_judge;
mod json;
mod json_data;
mod json_hostile;
#[path = "../../../tests/judges/avro/judge.rs"]
mod judge;
mod properties;
mod protobuf;
mod protobuf_data;
mod rules;
