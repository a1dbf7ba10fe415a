//! The properties of the Protobuf and JSON Schema fuzz targets, on stable: soups of tokens, and damaged good schemas.
#![cfg(all(feature = "json", feature = "protobuf"))]

use assay_schema::testing::{json_schema_properties, protobuf_properties};
use proptest::prelude::*;
use proptest::sample::Index;

const PROTO: &[&str] = &[
    "syntax = \"proto3\";",
    "syntax = \"proto2\";",
    "package a.b;",
    "message",
    "A",
    "B",
    "{",
    "}",
    "{",
    "}",
    "enum",
    "X = 0;",
    "Y = -1;",
    "int32",
    "string",
    "a = 1",
    "b = 2",
    "c = 3",
    ";",
    ";",
    "optional",
    "repeated",
    "required",
    "map<string, A>",
    "map<int32, bytes>",
    "oneof o {",
    "group G = 4 {",
    "reserved 5 to 9;",
    "reserved \"x\";",
    "[",
    "]",
    "deprecated = true",
    "default = 1",
    "(a.b.o) =",
    "{ a: 1 }",
    "option",
    "java_package = \"x\";",
    ",",
    "extend",
    "google.protobuf.FieldOptions",
    "import \"google/protobuf/descriptor.proto\";",
    "import \"google/protobuf/any.proto\";",
    "service S {",
    "rpc R(A) returns (stream B);",
    "extensions 10 to max;",
    "// c\n",
    "/* c */",
    "\"\\377\"",
    "'",
    "1e9",
    "-inf",
    ".",
    "message A { int32 a = 1; }",
    "message B { A a = 1; map<string, A> m = 2; }",
    "é",
    "\u{0}",
    "edition = \"2023\";",
];

const JSON: &[&str] = &[
    "{",
    "}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ",",
    ":",
    "\"type\":",
    "\"string\"",
    "\"object\"",
    "\"properties\":",
    "\"a\":",
    "\"$ref\":",
    "\"#\"",
    "\"#/definitions/a\"",
    "\"#/properties/a\"",
    "\"definitions\":",
    "\"$defs\":",
    "\"allOf\":",
    "\"not\":",
    "true",
    "false",
    "1",
    "1e999",
    "\"$id\":",
    "\"http://x.y/z\"",
    "\"a.json#b\"",
    "\"pattern\":",
    "\"(?=a)b*\"",
    "\"$schema\":",
    "\"http://json-schema.org/draft-04/schema#\"",
    "\"https://json-schema.org/draft/2020-12/schema\"",
    "\"$anchor\":",
    "\"$dynamicRef\":",
    "\"if\":",
    "\"items\":",
    "{\"$ref\":\"#\"}",
    "{\"type\":\"string\"}",
    "\"required\":",
    "[\"a\"]",
    "\"enum\":",
];

const GOOD_PROTO: &[&str] =
    &[include_str!("golden/everything.proto"), include_str!("../../../schemas/examples/orders.proto")];

const GOOD_JSON: &[&str] = &[
    include_str!("../../../schemas/examples/orders.schema.json"),
    include_str!("../../../schemas/json-schema/draft7.json"),
    include_str!("../../../schemas/json-schema/draft2020-12/schema.json"),
    r##"{"$id":"http://x.y/r","definitions":{"a":{"$id":"in/a","items":{"$ref":"#/items"}},"b":{"$ref":"in/a"}},"items":{"$ref":"#/definitions/b"}}"##,
];

fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..pieces.len(), 0..40)
        .prop_map(|p| p.into_iter().map(|i| pieces[i]).collect::<Vec<_>>().join(" "))
}

/// A good text with some characters cut out and a piece put in their place.
fn damaged(good: &'static [&'static str], pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    (0..good.len(), any::<Index>(), 0..12usize, 0..pieces.len()).prop_map(|(which, at, cut, piece)| {
        let places: Vec<usize> =
            good[which].char_indices().map(|(i, _)| i).chain([good[which].len()]).collect();
        let from = at.index(places.len());
        let to = (from + cut).min(places.len() - 1);
        format!("{}{}{}", &good[which][..places[from]], pieces[piece], &good[which][places[to]..])
    })
}

proptest! {
    #[test]
    fn protobuf_of_any_text(text in any::<String>()) { protobuf_properties(&text); }

    #[test]
    fn protobuf_of_pieces(text in soup(PROTO)) { protobuf_properties(&text); }

    #[test]
    fn protobuf_of_damaged_files(text in damaged(GOOD_PROTO, PROTO)) { protobuf_properties(&text); }

    #[test]
    fn json_schema_of_any_text(text in any::<String>()) { json_schema_properties(&text); }

    #[test]
    fn json_schema_of_pieces(text in soup(JSON)) { json_schema_properties(&text); }

    #[test]
    fn json_schema_of_damaged_files(text in damaged(GOOD_JSON, JSON)) { json_schema_properties(&text); }
}
