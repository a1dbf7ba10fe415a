//! Compatibility: may this schema follow those? One rule per row, a structured report, text made last.
//!
//! [`check`] is the door. Rules of Avro: contract 3.3, which mirrors the resolution rules of Apache Avro. The rules for
//! Protobuf and JSON Schema are not written yet: a change of such a schema is refused with a message that says so.
//! Pure: no I/O; the caller brings the older versions.

mod avro;
mod check;
mod level;
mod report;
mod rule;
mod union;

pub use check::{Old, check};
pub use level::{Level, UnknownLevel};
pub use report::{Difference, Direction, Report};
pub use rule::{RULES, Row, Rule};
