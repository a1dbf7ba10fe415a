//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod agree;
mod avro;
mod checker;
mod common;
mod google;
mod java;
mod json;
mod json_depth;
#[path = "../../../tests/judges/avro/judge.rs"]
mod judge;
mod properties;
mod protobuf;
mod python;
