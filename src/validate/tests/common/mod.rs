//! What the tests share: schemas in, validators out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(dead_code, reason = "every test crate uses its own part")]

pub(crate) mod avro;
pub(crate) mod json;
pub(crate) mod protobuf;

use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness};
use assay_validate::{Validator, compile};

pub(crate) fn parse(schema_type: SchemaType, text: &str) -> ParsedSchema {
    assay_schema::parse(schema_type, text, &[], Strictness::New, &Limits::default())
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn validator(schema_type: SchemaType, text: &str) -> Validator {
    compile(&parse(schema_type, text)).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Rows of (payload, the problem as text, or nothing when it is to be accepted).
pub(crate) fn check(schema_type: SchemaType, text: &str, rows: &[(&[u8], &str)]) {
    let validator = validator(schema_type, text);
    for (payload, want) in rows {
        let got = validator.check(payload).err().map(|problem| problem.to_string()).unwrap_or_default();
        assert_eq!(got, *want, "schema {text}, payload {:02x?}", &payload[..payload.len().min(200)]);
    }
}
