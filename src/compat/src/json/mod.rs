//! JSON Schema: no rules yet. A change is refused with a message that says so.

use assay_schema::json_schema::JsonSchema;

use crate::level::Policy;
use crate::report::Found;
use crate::rule::{self, Rule};

/// What differs between `reader` (the update) and `writer` (the original).
pub(crate) fn differences(reader: &JsonSchema, writer: &JsonSchema, _policy: Policy) -> Vec<Found> {
    if reader.canonical() == writer.canonical() {
        return Vec::new();
    }
    vec![Found::new(rule::NOT_IMPLEMENTED, "/").additional("JSON")]
}

/// The rules of this format.
pub(crate) fn rules() -> &'static [Rule] {
    &[]
}
