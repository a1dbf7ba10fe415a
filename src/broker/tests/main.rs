//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod admin;
mod audit;
mod groups;
mod harness;
mod hostile;
mod quarantine;
mod records;
mod restart;
mod unavailable;
