//! The rules of JSON Schema (contract 3.4), in two tables.

pub(in crate::json) mod content;
pub(in crate::json) mod kinds;

use crate::rule::Rule;

/// All of them.
pub(crate) const ALL: [&[Rule]; 2] = [kinds::ALL, content::ALL];

/// Where they are written.
const SOURCE: &str = "registry contract 3.4";
