//! Protobuf.

pub(crate) mod rules;

use assay_schema::protobuf::ProtoSchema;

use crate::report::Found;
use crate::rule;

/// What differs between `update` and `original`.
pub(crate) fn differences(update: &ProtoSchema, original: &ProtoSchema) -> Vec<Found> {
    if update.canonical() == original.canonical() {
        return Vec::new();
    }
    vec![Found::new(rule::NOT_IMPLEMENTED, "/").additional("PROTOBUF")]
}
