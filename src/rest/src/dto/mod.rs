//! What travels as JSON: request bodies and answers, member by member as the contract (1.12) names and orders them.
//! Core types do not derive any of this; here is the only place that knows the spelling.

pub(crate) mod associations;
pub(crate) mod config;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod tags;
