//! `assay diff`: the mark of what breaks sits on the change it comes from, and a schema that did change is never said to
//! be unchanged.
#![allow(clippy::unwrap_used, reason = "tests")]

use assay_check::diff::between;
use assay_check::diff::report::{Format, write};
use assay_schema::{Limits, SchemaType, Strictness, parse};

fn said(ty: SchemaType, old: &str, new: &str) -> Vec<String> {
    let parsed = |text: &str| parse(ty, text, &[], Strictness::Stored, &Limits::default()).unwrap();
    let text = write(Format::Text, &between(&parsed(old), &parsed(new)));
    let lines: Vec<&str> = text.lines().collect();
    lines[1..lines.len() - 1].iter().map(|line| line.trim_start().to_owned()).collect()
}

/// Old, new, and what is said.
type Row = (&'static str, &'static str, &'static [&'static str]);

const JSON: &[Row] = &[
    (
        r#"{"type":"string"}"#,
        r#"{"type":["string","integer"]}"#,
        &[r#"~ the schema widened from "string" to ["string","integer"]"#, "breaks FORWARD: TYPE_CHANGED"],
    ),
    (
        r#"{"properties":{"a":{"type":"string"}}}"#,
        r#"{"properties":{"a":{"type":["string","integer"]}}}"#,
        &[r#"~ property a widened from "string" to ["string","integer"]"#, "breaks FORWARD: TYPE_CHANGED"],
    ),
    (
        r#"{"type":"string"}"#,
        r#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#,
        &[r#"~ the schema now also takes {"type":"integer"}, by oneOf"#, "breaks FORWARD: TYPE_CHANGED"],
    ),
    (
        r#"{"type":"string"}"#,
        r#"{"allOf":[{"type":"string"},{"maxLength":5}]}"#,
        &[r#"~ the schema must fit {"maxLength":5} as well now, by allOf"#, "breaks BACKWARD: TYPE_CHANGED"],
    ),
    (
        r#"{"type":"string"}"#,
        r#"{"allOf":[{"type":"string"}]}"#,
        &["~ the schema is written as the only branch of allOf now"],
    ),
    (
        r#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#,
        r#"{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}"#,
        &[
            r#"~ the schema has a further branch of oneOf: {"type":"null"}"#,
            "breaks FORWARD: SUM_TYPE_NARROWED",
        ],
    ),
    (
        r#"{"properties":{"a":{"oneOf":[{"type":"string"},{"type":"integer"}]}}}"#,
        r#"{"properties":{"a":{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}}}"#,
        &[
            r#"~ property a has a further branch of oneOf: {"type":"null"}"#,
            "breaks FORWARD: SUM_TYPE_NARROWED",
        ],
    ),
    (
        r#"{"properties":{"a":{"type":["string","integer"],"maxLength":5}}}"#,
        r#"{"properties":{"a":{"type":["string","integer"],"maxLength":4}}}"#,
        &[
            "~ property a keyword maxLength changed from 5 to 4",
            "breaks BACKWARD: COMBINED_TYPE_SUBSCHEMAS_CHANGED",
        ],
    ),
    (
        r#"{"properties":{"a":{"type":"string","enum":["x","y"]}}}"#,
        r#"{"properties":{"a":{"type":"string","enum":["x"]}}}"#,
        &[r#"~ property a no longer takes "y""#, "breaks BACKWARD: COMBINED_TYPE_SUBSCHEMAS_CHANGED"],
    ),
    (
        r#"{"properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]}]}"#,
        r#"{"properties":{"a":{"type":"integer"}},"anyOf":[{"required":["a"]}]}"#,
        &[
            r#"~ property a changed from "string" to "integer""#,
            "breaks BACKWARD: COMBINED_TYPE_SUBSCHEMAS_CHANGED",
            "breaks FORWARD: COMBINED_TYPE_SUBSCHEMAS_CHANGED",
        ],
    ),
    (
        r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"string"}}}"##,
        r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":["string","null"]}}}"##,
        &[r#"~ definition A widened from "string" to ["string","null"]"#, "breaks FORWARD: TYPE_CHANGED"],
    ),
    (
        r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"string"}}}"##,
        r##"{"properties":{"a":{"$ref":"#/definitions/B"}},"definitions":{"A":{"type":"string"},"B":{"type":"integer"}}}"##,
        &[
            r##"~ property a keyword $ref changed from "#/definitions/A" to "#/definitions/B""##,
            "breaks BACKWARD: TYPE_CHANGED",
            "breaks FORWARD: TYPE_CHANGED",
            r#"+ definition B added: {"type":"integer"}"#,
        ],
    ),
    (
        r##"{"properties":{"a":{"type":"string"}}}"##,
        r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"integer"}}}"##,
        &[
            r##"~ property a changed from {"type":"string"} to {"$ref":"#/definitions/A"}"##,
            "breaks BACKWARD: TYPE_CHANGED",
            "breaks FORWARD: TYPE_CHANGED",
            r#"+ definition A added: {"type":"integer"}"#,
        ],
    ),
    (
        r#"{"not":{"maxLength":5}}"#,
        r#"{"not":{"maxLength":7}}"#,
        &[
            r#"~ the schema keyword not changed from {"maxLength":5} to {"maxLength":7}"#,
            "breaks BACKWARD: NOT_TYPE_EXTENDED",
        ],
    ),
    (
        r#"{"items":{"type":"string"}}"#,
        r#"{"items":[{"type":"string"}]}"#,
        &[
            r#"~ the schema at /items changed from {"type":"string"} to [{"type":"string"}]"#,
            "breaks FORWARD: SCHEMA_ADDED",
        ],
    ),
    (
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","maximum":5,"exclusiveMaximum":true}"#,
        r#"{"$schema":"http://json-schema.org/draft-04/schema#","maximum":5,"exclusiveMaximum":false}"#,
        &[
            "~ the schema keyword exclusiveMaximum changed from true to false",
            "breaks FORWARD: EXCLUSIVE_MAXIMUM_ADDED",
        ],
    ),
];

const AVRO: &[Row] = &[
    (
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
        &["- field e of record R removed: enum E", "breaks FORWARD: TYPE_MISMATCH"],
    ),
    (
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"float"}]}"#,
        &[
            "~ field a of record R changed from long to float, which rounds big numbers",
            "breaks FORWARD: TYPE_MISMATCH",
        ],
    ),
];

#[test]
fn marks_sit_on_their_changes() {
    for (ty, rows) in [(SchemaType::Json, JSON), (SchemaType::Avro, AVRO)] {
        for (old, new, want) in rows {
            assert_eq!(said(ty, old, new), *want, "{old}\n{new}");
        }
    }
}
