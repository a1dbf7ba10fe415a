//! One test binary for the whole crate: each file here is a module of it, so that what they share is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod hostile;
mod order;
mod shutdown;
mod toy;
