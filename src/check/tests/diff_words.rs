//! `assay diff`: what it says, row by row, for the three formats.
#![allow(clippy::unwrap_used, reason = "tests")]

use assay_check::diff::between;
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, parse};

fn parsed(ty: SchemaType, text: &str) -> ParsedSchema {
    parse(ty, text, &[], Strictness::Stored, &Limits::default()).unwrap()
}

fn said(ty: SchemaType, old: &str, new: &str) -> Vec<String> {
    let diff = between(&parsed(ty, old), &parsed(ty, new));
    diff.changes().map(|c| format!("{}: {}", c.kind.as_str(), c.text.text())).collect()
}

/// Old, new, and what is said.
type Row<'r> = (&'r str, &'r str, &'r [&'r str]);

fn rows(ty: SchemaType, wrap: impl Fn(&str) -> String, rows: &[Row<'_>]) {
    for (old, new, want) in rows {
        let got = said(ty, &wrap(old), &wrap(new));
        assert_eq!(got, *want, "{old}\n{new}");
    }
}

#[test]
fn avro_in_words() {
    let record = |fields: &str| format!(r#"{{"type":"record","name":"a.R","fields":[{fields}]}}"#);
    let field = |rest: &str| format!(r#"{{"name":"x",{rest}}}"#);
    rows(
        SchemaType::Avro,
        |rest| record(&field(rest)),
        &[
            (
                r#""type":"int""#,
                r#""type":"long""#,
                &["widened: field x of record a.R widened from int to long"],
            ),
            (
                r#""type":"double""#,
                r#""type":"int""#,
                &["narrowed: field x of record a.R narrowed from double to int"],
            ),
            (
                r#""type":"string""#,
                r#""type":"bytes""#,
                &[
                    "meaning: field x of record a.R changed from string to bytes, which read each other's bytes",
                ],
            ),
            (
                r#""type":"int""#,
                r#""type":"string""#,
                &["type: field x of record a.R changed from int to string"],
            ),
            (
                r#""type":"int""#,
                r#""type":["null","int"]"#,
                &["widened: field x of record a.R now also takes null"],
            ),
            (
                r#""type":["null","int"]"#,
                r#""type":"int""#,
                &["narrowed: field x of record a.R no longer takes null"],
            ),
            (
                r#""type":["null","int"]"#,
                r#""type":["null","long"]"#,
                &["widened: field x of record a.R widened from int to long"],
            ),
            (
                r#""type":["int"]"#,
                r#""type":"int""#,
                &["type: field x of record a.R changed from [int] to int"],
            ),
            (
                r#""type":["null","int"]"#,
                r#""type":["int","null"]"#,
                &[
                    "order: field x of record a.R has its branches in another order: int, null, before null, int",
                ],
            ),
            (
                r#""type":"int""#,
                r#""type":"int","default":1"#,
                &["default: field x of record a.R default added: 1"],
            ),
            (
                r#""type":"int","default":1"#,
                r#""type":"int","default":2"#,
                &["default: field x of record a.R default changed from 1 to 2"],
            ),
            (r#""type":"int","doc":"a""#, r#""type":"int""#, &["doc: field x of record a.R doc removed: a"]),
            (
                r#""type":"int""#,
                r#""type":"int","order":"ignore""#,
                &["option: field x of record a.R is sorted ignore now, before ascending"],
            ),
            (
                r#""type":"int""#,
                r#""type":"int","p":{"q":1}"#,
                &["option: field x of record a.R property p added: {\"q\":1}"],
            ),
            (
                r#""type":{"type":"long","logicalType":"timestamp-millis"}"#,
                r#""type":{"type":"long","logicalType":"timestamp-micros"}"#,
                &[
                    "meaning: field x of record a.R logical type changed from \"timestamp-millis\" to \"timestamp-micros\"",
                ],
            ),
            (
                r#""type":{"type":"array","items":"int"}"#,
                r#""type":{"type":"array","items":"long"}"#,
                &["widened: the items of field x of record a.R widened from int to long"],
            ),
            (
                r#""type":{"type":"map","values":"int"}"#,
                r#""type":{"type":"array","items":"int"}"#,
                &["type: field x of record a.R changed from map of int to array of int"],
            ),
        ],
    );
    rows(
        SchemaType::Avro,
        record,
        &[
            (
                "",
                r#"{"name":"y","type":"string","default":""}"#,
                &["added: field y of record a.R added: string, default \"\""],
            ),
            (r#"{"name":"y","type":"int"}"#, "", &["removed: field y of record a.R removed: int"]),
            (
                r#"{"name":"y","type":"int"}"#,
                r#"{"name":"z","type":"int","aliases":["y"]}"#,
                &[
                    "renamed: field z of record a.R renamed by an alias: it was y",
                    "option: field z of record a.R alias y added",
                ],
            ),
            (
                r#"{"name":"y","type":"int"},{"name":"z","type":"int"}"#,
                r#"{"name":"z","type":"int"},{"name":"y","type":"int"}"#,
                &["order: record a.R has its fields in another order: z, y, before y, z"],
            ),
        ],
    );
    rows(
        SchemaType::Avro,
        str::to_owned,
        &[
            (
                r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
                r#"{"type":"enum","name":"E","symbols":["B","C"],"default":"B"}"#,
                &[
                    "added: symbol C of enum E added",
                    "removed: symbol A of enum E removed",
                    "default: enum E default added: B",
                ],
            ),
            (
                r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
                r#"{"type":"enum","name":"E","symbols":["B","A"]}"#,
                &["order: enum E has its symbols in another order: B, A, before A, B"],
            ),
            (
                r#"{"type":"fixed","name":"F","size":4}"#,
                r#"{"type":"fixed","name":"n.F","size":8}"#,
                &[
                    "renamed: fixed n.F moved from another namespace: it was F",
                    "type: fixed n.F size changed from 4 to 8",
                ],
            ),
            (
                r#"{"type":"record","name":"R","fields":[]}"#,
                r#"{"type":"record","name":"S","aliases":["R"],"fields":[]}"#,
                &[
                    "renamed: record S has a new name, and its old one, R, as an alias",
                    "option: record S alias R added",
                ],
            ),
            (
                r#"{"type":"record","name":"R","doc":"a","fields":[]}"#,
                r#"{"doc":"a","type":"record","name":"R","fields":[]}"#,
                &[],
            ),
            (
                r#"["null",{"type":"record","name":"R","fields":[]},"int"]"#,
                r#"["null",{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]},"long"]"#,
                &[
                    "widened: branch long of the schema widened from int to long",
                    "added: field a of record R added: int, no default",
                ],
            ),
        ],
    );
}

#[test]
fn protobuf_in_words() {
    rows(
        SchemaType::Protobuf,
        |body| {
            format!(
                "syntax = \"proto3\"; package p; enum E {{ Z = 0; Y = 1; }} message B {{}} message A {{ {body} }}"
            )
        },
        &[
            (
                "int32 a = 1;",
                "int64 a = 1;",
                &["widened: field a of message p.A widened from int32 to int64"],
            ),
            (
                "int64 a = 1;",
                "int32 a = 1;",
                &["narrowed: field a of message p.A narrowed from int64 to int32"],
            ),
            (
                "int32 a = 1;",
                "uint32 a = 1;",
                &["meaning: field a of message p.A changed from int32 to uint32, which have the same bytes"],
            ),
            ("int32 a = 1;", "E a = 1;", &["narrowed: field a of message p.A narrowed from int32 to p.E"]),
            (
                "map<string, int32> a = 1;",
                "map<string, int64> a = 1;",
                &["widened: field a of message p.A widened from map<string, int32> to map<string, int64>"],
            ),
            ("int32 a = 1;", "string a = 1;", &["type: field a of message p.A changed from int32 to string"]),
            ("int32 a = 1;", "int32 b = 1;", &["renamed: field b of message p.A renamed: it was a"]),
            (
                "int32 a = 1;",
                "",
                &["removed: field a of message p.A removed: int32 a = 1; its number is not reserved"],
            ),
            (
                "int32 a = 1;",
                "reserved 1 to 3;",
                &[
                    "removed: field a of message p.A removed: int32 a = 1; its number is reserved",
                    "option: message p.A reserves 1 to 3 now",
                ],
            ),
            ("", "optional B b = 2;", &["added: field b of message p.A added: optional p.B b = 2"]),
            (
                "int32 a = 1;",
                "repeated int32 a = 1;",
                &["label: field a of message p.A label changed from none to repeated"],
            ),
            (
                "int32 a = 1;",
                "int32 a = 1 [deprecated = true];",
                &["option: field a of message p.A option deprecated added: true"],
            ),
            (
                "int32 a = 1;",
                "oneof x { int32 a = 1; }",
                &[
                    "added: oneof x of message p.A added",
                    "into-oneof: field a of message p.A moved into oneof x",
                ],
            ),
            (
                "oneof x { int32 a = 1; int32 b = 2; }",
                "oneof x { int32 b = 2; } int32 a = 1;",
                &["out-of-oneof: field a of message p.A moved out of oneof x"],
            ),
            (
                "oneof x { int32 a = 1; }",
                "oneof y { int32 a = 1; }",
                &["renamed: oneof y of message p.A renamed: it was x"],
            ),
            (
                "oneof x { int32 a = 1; int32 c = 3; } oneof y { int32 b = 2; }",
                "oneof x { int32 a = 1; } oneof y { int32 b = 2; int32 c = 3; }",
                &["into-oneof: field c of message p.A moved from oneof x into oneof y"],
            ),
            (
                "int32 a = 1; int32 b = 2;",
                "int32 b = 2; int32 a = 1;",
                &["order: message p.A has its fields (by number) in another order: 2, 1, before 1, 2"],
            ),
            (
                "B b = 1;",
                ".p.B b = 1;",
                &[
                    "layout: the schema is written in another order, or names its types in another way; it means the same",
                ],
            ),
            (
                "message N {}",
                "enum M { Q = 0; }",
                &["removed: message p.A.N removed", "added: enum p.A.M added"],
            ),
        ],
    );
    rows(
        SchemaType::Protobuf,
        |text| format!("syntax = \"proto3\"; {text}"),
        &[
            ("message A {}", "package p; message A {}", &["renamed: the file package added: p"]),
            (
                "message A {} message B {}",
                "message B {} message A {}",
                &["order: the file has its messages in another order: B, A, before A, B"],
            ),
            (
                "enum E { Z = 0; Y = 1; X = 2; }",
                "enum E { Z = 0; W = 1; V = 7; }",
                &[
                    "renamed: constant W of enum E renamed: 1 was Y",
                    "added: constant V of enum E added: 7",
                    "removed: constant X of enum E removed: 2; it is not reserved",
                ],
            ),
            (
                "message A {} service S { rpc Get(A) returns (A); }",
                "message A {} service S { rpc Get(A) returns (stream A); }",
                &[
                    "type: method Get of service S signature changed from (A) returns (A) to (A) returns (stream A)",
                ],
            ),
            (
                "message A {}",
                "option java_package = \"j\"; import \"google/protobuf/any.proto\"; message A {}",
                &[
                    "added: import google/protobuf/any.proto of the file added",
                    "option: the file option java_package added: \"j\"",
                ],
            ),
        ],
    );
}

#[test]
fn json_in_words() {
    rows(
        SchemaType::Json,
        str::to_owned,
        &[
            (
                r#"{"properties":{"a":{"type":"integer"}}}"#,
                r#"{"properties":{"a":{"type":"number"}}}"#,
                &["widened: property a widened from \"integer\" to \"number\""],
            ),
            (
                r#"{"properties":{"a":{"type":"string"}}}"#,
                r#"{"properties":{"a":{"type":["null","string"]}}}"#,
                &["widened: property a widened from \"string\" to [\"null\",\"string\"]"],
            ),
            (
                r#"{"properties":{"a":{"type":"object","properties":{"b":{"type":"array","items":{"maxLength":5}}}}}}"#,
                r#"{"properties":{"a":{"type":"object","properties":{"b":{"type":"array","items":{"maxLength":4}}}}}}"#,
                &["narrowed: property a.b[] keyword maxLength changed from 5 to 4"],
            ),
            (
                r#"{"properties":{}}"#,
                r#"{"properties":{"a":{"default":1}},"required":["a"]}"#,
                &[
                    "added: property a added, required: {\"default\":1}",
                    "narrowed: property a is required now",
                ],
            ),
            (
                r#"{"properties":{"a":true}}"#,
                r#"{"properties":{}}"#,
                &["removed: property a removed, it was optional: true"],
            ),
            (
                r#"{}"#,
                r#"{"additionalProperties":false}"#,
                &[
                    "narrowed: the schema is closed now: no other properties are taken (additionalProperties is false)",
                ],
            ),
            (
                r#"{"additionalProperties":false}"#,
                r#"{"additionalProperties":{"type":"string"}}"#,
                &[
                    "widened: the schema is open now: other properties are taken (additionalProperties was false)",
                ],
            ),
            (
                r#"{"enum":[1,2]}"#,
                r#"{"enum":[2,3]}"#,
                &["widened: the schema now also takes 3", "narrowed: the schema no longer takes 1"],
            ),
            (
                r#"{"enum":[1,2]}"#,
                r#"{"enum":[2,1]}"#,
                &["order: the schema keyword enum changed from [1,2] to [2,1]"],
            ),
            (
                r#"{"title":"a","default":1}"#,
                r#"{"title":"b","default":2}"#,
                &[
                    "doc: the schema keyword title changed from \"a\" to \"b\"",
                    "default: the schema keyword default changed from 1 to 2",
                ],
            ),
            (
                r#"{"pattern":"a"}"#,
                r#"{"pattern":"b"}"#,
                &["constraint: the schema keyword pattern changed from \"a\" to \"b\""],
            ),
            (
                r#"{"anyOf":[{"type":"string"}]}"#,
                r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
                &["widened: the schema has a further branch of anyOf: {\"type\":\"null\"}"],
            ),
            (
                r##"{"$ref":"#/definitions/A","definitions":{"A":{"minimum":1}}}"##,
                r##"{"$ref":"#/definitions/A","definitions":{"A":{"minimum":0},"B":{}}}"##,
                &[
                    "widened: definition A keyword minimum changed from 1 to 0",
                    "added: definition B added: {}",
                ],
            ),
            (
                r#"{"properties":{"a":true,"b":true}}"#,
                r#"{"properties":{"b":true,"a":true}}"#,
                &[
                    "layout: the schema is written in another order, or names its types in another way; it means the same",
                ],
            ),
            ("true", "false", &["narrowed: the schema changed from true to false"]),
            (
                r#"{"x-y":1}"#,
                r#"{"x-y":{"z":2}}"#,
                &["option: the schema keyword x-y changed from 1 to {\"z\":2}"],
            ),
        ],
    );
}
