//! Compatibility: may this schema follow those? One rule per row, a structured report, text made last.
//!
//! [`check`] is the door. Rules of Avro: contract 3.3, which mirrors the resolution rules of Apache Avro; of
//! JSON Schema: contract 3.4; of Protobuf: contract 3.5.
//! Pure: no I/O; the caller brings the older versions. A cargo feature per format, all on by default.

#![cfg_attr(
    not(all(feature = "avro", feature = "json", feature = "protobuf")),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        unreachable_patterns,
        reason = "not every format needs everything"
    )
)]

#[cfg(feature = "avro")]
mod avro;
mod check;
#[cfg(feature = "json")]
mod json;
mod level;
pub mod properties;
#[cfg(feature = "protobuf")]
mod protobuf;
mod report;
mod rule;

pub use check::{Old, changes, check, check_with};
pub use level::{Level, Policy, UnknownLevel};
pub use report::{Difference, Direction, Fragment, Report};
pub use rule::{Row, Rule, Verdict};
