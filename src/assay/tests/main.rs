//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod check;
mod check_rows;
mod check_tree;
mod concurrency;
mod diff;
mod foreign;
mod hostile;
mod plan;
mod remote;
mod roundtrip;
mod serve;
mod support;
mod transfer;
mod validation;
