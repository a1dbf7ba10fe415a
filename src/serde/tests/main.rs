//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod avro;
mod avro_codec;
mod avro_java;
mod avro_places;
mod avro_properties;
mod avro_value;
mod blocking;
#[path = "../../validate/tests/common/avro.rs"]
#[allow(dead_code, reason = "shared with other crates' tests")]
mod data;
mod derive;
mod derive_refused;
mod derive_registry;
mod faults;
mod formats;
#[path = "support/generated.rs"]
#[allow(dead_code, reason = "shared with other crates' tests")]
mod generated;
#[path = "../../../tests/judges/avro/judge.rs"]
#[allow(dead_code, reason = "shared with other crates' tests")]
mod judge;
mod knobs;
mod support;
