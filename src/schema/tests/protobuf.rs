//! Protobuf schemas through the crate's front door: texts in, canonical and normal texts out, and what is refused.
#![cfg(feature = "protobuf")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use assay_schema::protobuf::ProtoSchema;
use assay_schema::{
    Context, Limits, Reference, ResolvedReference, SchemaError, SchemaType, Strictness, Subject, Version,
};

fn reference(name: &str, text: &str) -> ResolvedReference {
    ResolvedReference {
        name: name.to_owned(),
        subject: Subject::new(Context::default(), name),
        version: Version::try_from(1).unwrap(),
        schema_type: SchemaType::Protobuf,
        text: text.into(),
        references: Vec::<Reference>::new(),
    }
}

fn parse_with(text: &str, references: &[ResolvedReference]) -> Result<ProtoSchema, SchemaError> {
    ProtoSchema::parse(text, references, Strictness::New, &Limits::default())
}

fn canonical(text: &str) -> String {
    parse_with(text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}")).canonical().to_owned()
}

const EVERYTHING: &str = r#"
// A comment.
syntax = "proto2"; package a.b;
import "google/protobuf/timestamp.proto"; import public "google/protobuf/descriptor.proto"; import weak 'google/protobuf/any.proto';
import "confluent/meta.proto";
option java_package = "x\ty\"\303\274"; option (file_opt) = 1.50; option optimize_for = SPEED;
option (confluent.file_meta).doc = "d"; option (confluent.file_meta).tags = "t";
extend google.protobuf.FileOptions { optional double file_opt = 50000; optional M lit = 50001; }
option (lit) = { name: "q" 'r' nest < deep: [1, 0x10,-3] flag: true > e: B [a.b.M.ext]: 7; map{key:"k" value:{}} at { seconds: 1 } };
enum E { option allow_alias = true; reserved -5 to -1, 9, 100 to max; reserved "OLD"; A = 0; B = 1 [deprecated = true]; C = 0x1; }
message M {
  message Nest { repeated sint32 deep = 1; optional bool flag = 2 [default = true, (confluent.field_meta) = {doc: "x", params: [{key:"a",value:"b"}]}]; }
  optional string name = 1 [default = "a\"b\\\n\001é", json_name = "NAME"];
  map<string, Nest> map = 3;
  required google.protobuf.Timestamp at = 4;
  optional Nest nest = 5;
  oneof choice { option (one) = 2.5; int32 x = 8; group Pick = 9 { optional int32 z = 1; } float y = 7; }
  repeated group Rows = 10 { optional bytes cell = 1 [default = "\377\x00'"]; }
  optional float inf = 11 [default = -inf]; optional double dbl = 12 [default = 1e300];
  optional E e = 13 [default = C];
  extensions 100 to 199, 500; extensions 1000 to max [verification = UNVERIFIED];
  extend M { optional int32 ext = 101; repeated group More = 102 { } }
  reserved 20, 30 to 40; reserved "foo", "bar";
  enum Inner { Z = 0; }
  option deprecated = true;
}
message Empty {}
extend google.protobuf.OneofOptions { optional double one = 50000; }
service S { rpc Get(M) returns (stream .a.b.Empty); rpc Put(stream M) returns (Empty) { option deprecated = true; option idempotency_level = IDEMPOTENT; } option deprecated = false; }
"#;

/// What `print(parse(x))` must keep: it parses to itself, and so does the normal text.
fn stable(text: &str, references: &[ResolvedReference]) -> ProtoSchema {
    let first = parse_with(text, references).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let again =
        parse_with(first.canonical(), references).unwrap_or_else(|e| panic!("{e}\n{}", first.canonical()));
    assert_eq!(first.canonical(), again.canonical());
    assert_eq!(first.normalized(), again.normalized());
    let normal =
        parse_with(&first.normalized(), references).unwrap_or_else(|e| panic!("{e}\n{}", first.normalized()));
    assert_eq!(normal.normalized(), first.normalized(), "normal form is not a fixed point");
    first
}

fn as_base64(schema: &ProtoSchema) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(schema.serialized())
}

#[test]
fn everything_is_printed_and_stable() {
    let schema = stable(EVERYTHING, &[]);
    assert_eq!(schema.validate_fields(), Ok(()));
    assert_eq!(schema.canonical(), include_str!("golden/everything.proto"));
    assert_eq!(schema.normalized(), include_str!("golden/everything.normalized.proto"));
}

#[test]
fn a_serialized_descriptor_is_the_same_schema() {
    let schema = parse_with(EVERYTHING, &[]).unwrap();
    let again = stable(&as_base64(&schema), &[]);
    assert_eq!(again.normalized(), schema.normalized());
    let text = "syntax = \"proto3\";\n\nmessage A {\n  map<string, .A> m = 1;\n  optional int32 o = 2;\n}\n";
    assert_eq!(stable(&as_base64(&parse_with(text, &[]).unwrap()), &[]).canonical(), text);
}

#[test]
fn layout() {
    assert_eq!(canonical(""), "");
    assert_eq!(canonical("message A{}"), "\nmessage A {}\n");
    assert_eq!(
        canonical("syntax='proto3';package com.acme;/* c */message OtherRecord{int32 other_id=1;}"),
        "syntax = \"proto3\";\npackage com.acme;\n\nmessage OtherRecord {\n  int32 other_id = 1;\n}\n"
    );
}

#[test]
fn references_and_bundled_imports() {
    let other = reference("other.proto", "syntax = \"proto3\"; package p; message Other { int32 a = 1; }");
    let public = reference("via.proto", "syntax = \"proto3\"; import public \"other.proto\";");
    let list = [other, public];
    for (text, complete) in [
        ("syntax=\"proto3\"; import \"other.proto\"; message M { p.Other o = 1; }", true),
        ("syntax=\"proto3\"; import \"via.proto\"; message M { .p.Other o = 1; }", true),
        ("syntax=\"proto3\"; message M { p.Other o = 1; }", false),
    ] {
        let schema = stable(text, &list);
        assert_eq!(schema.validate_fields().is_ok(), complete, "{text}");
        assert!(schema.normalized().contains(".p.Other o = 1;"), "{}", schema.normalized());
        assert_eq!(schema.normalized().contains("import"), text.contains("import"));
    }
    for path in assay_schema::protobuf::builtin_imports() {
        stable(&format!("syntax = \"proto3\"; import \"{path}\"; message M {{}}"), &[]);
    }
    let uses =
        "syntax=\"proto3\"; import \"google/type/money.proto\"; import \"confluent/type/decimal.proto\";
        message M { google.type.Money m = 1; confluent.type.Decimal d = 2; }";
    stable(uses, &[]);
}

#[test]
fn custom_options_nobody_defines_stay() {
    let text = "syntax = \"proto3\"; message M { string a = 1 [(validate.rules).string.min_len = 1]; }";
    let schema = stable(text, &[]);
    assert!(schema.canonical().contains("[(validate.rules).string.min_len = 1]"), "{}", schema.canonical());
    assert!(schema.normalized().contains("[(validate.rules).string.min_len = 1]"));
    assert!(schema.validate_fields().is_err());
}

#[test]
fn an_entry_written_out_is_kept_and_becomes_a_map_in_normal_form() {
    let text = "syntax = \"proto3\"; message M { repeated MEntry m = 1;
        message MEntry { option map_entry = true; string key = 1; int32 value = 2; } }";
    let schema = stable(text, &[]);
    assert!(schema.canonical().contains("option map_entry = true;"));
    assert!(schema.normalized().contains("map<string, int32> m = 1;"), "{}", schema.normalized());
}

#[test]
fn refused_with_a_reason() {
    for (text, wanted) in [
        ("message A {\n  optional int32 a = 1\n}", "line 3, column 1"),
        ("message A { optional int32 a = 1; optional int32 b = 1; }", "A.b"),
        ("message A {} message A {}", "'A'"),
        ("syntax = \"proto3\"; enum E { A = 1; }", "E"),
        ("syntax = \"proto3\";\nmessage A { Missing m = 1; }", "A.m, line 2, column 13"),
        ("import \"no/such.proto\";", "\"no/such.proto\""),
        ("message A { reserved 1; optional int32 a = 1; }", "reserved"),
        ("edition = \"2023\"; message A {}", "editions"),
        ("syntax = \"proto4\";", "proto4"),
        ("not protobuf", "line 1, column 1"),
        ("message A { optional int32 a = 0; }", "between 1"),
        ("import \"default\";", "default"),
    ] {
        let error = parse_with(text, &[]).expect_err(text).to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let circle = [reference("a.proto", "import \"b.proto\";"), reference("b.proto", "import \"a.proto\";")];
    let error = parse_with("import \"a.proto\";", &circle).unwrap_err().to_string();
    assert!(error.contains("circle"), "{error}");
    let broken = [reference("a.proto", "message {")];
    let error = parse_with("import \"a.proto\";", &broken).unwrap_err().to_string();
    assert!(error.contains("\"a.proto\" is unusable"), "{error}");
}

#[test]
fn hostile() {
    let nest = |n: usize| format!("syntax = \"proto3\";{}{}", "message A {".repeat(n), "}".repeat(n));
    assert!(matches!(parse_with(&nest(10_000), &[]), Err(SchemaError::TooDeep { .. })));
    assert!(parse_with(&nest(150), &[]).is_err());
    stable(&nest(30), &[]);
    let literal = |n: usize| {
        format!(
            "import \"google/protobuf/descriptor.proto\"; message M {{ optional M m = 1; }}
        extend google.protobuf.FileOptions {{ optional M o = 50000; }} option (o) = {{ {}{} }};",
            "m {".repeat(n),
            "}".repeat(n)
        )
    };
    assert!(matches!(parse_with(&literal(10_000), &[]), Err(SchemaError::TooDeep { .. })));
    stable(&literal(50), &[]);
    for n in [90, 95, 100, 105, 150, 190] {
        if let Ok(schema) = parse_with(&literal(n), &[]) {
            let _ = schema.normalized();
        }
    }
    let lists = format!("option (o) = {{ a: {}{} }};", "[".repeat(5_000), "]".repeat(5_000));
    assert!(matches!(parse_with(&lists, &[]), Err(SchemaError::TooDeep { .. })));
    for text in [
        "\u{0}",
        "\"",
        "'\\",
        "/*",
        "message A { optional string a = 1 [default = \"\\400\"]; }",
        "message \u{e9} {}",
        "option a = 99999999999999999999;",
        "option a = -99999999999999999999;",
        "message A { extensions 1 to 0; }",
        "enum E { A = 99999999999; }",
        "message A { reserved 5 to 1; }",
        "import \"\";",
        "package a..b;",
        "import \"../x\";",
        "AAAA",
        "CgVhYmNkZQ==",
        "option x = { a: \"\\xff\\uD800\" };",
        "message A { oneof x {} }",
    ] {
        let _ = parse_with(text, &[]);
    }
    // A chain of imports as long as the limit allows.
    let chain: Vec<_> = (0..900)
        .map(|i| {
            reference(&format!("f{i}.proto"), &format!("import \"f{}.proto\"; message M{i} {{}}", i + 1))
        })
        .chain([reference("f900.proto", "message M900 {}")])
        .collect();
    parse_with("import \"f0.proto\"; message M { }", &chain).unwrap();
}

#[test]
fn big_files_take_time_in_proportion() {
    let mut fields = String::from("syntax = \"proto3\"; message M {");
    (1..15_000).for_each(|i| {
        fields.push_str(&format!("N{i} a{i} = {i}; repeated N{i} b{i} = {}; message N{i} {{}}", i + 20_000))
    });
    fields.push('}');
    let limits = Limits { schema_bytes: 4 << 20, ..Limits::default() };
    ProtoSchema::parse(&fields, &[], Strictness::New, &limits).unwrap();
    let mut values = String::from("syntax = \"proto3\"; enum E {");
    (0..40_000).for_each(|i| values.push_str(&format!("V{i} = {i};")));
    values.push('}');
    parse_with(&values, &[]).unwrap();
}

#[test]
fn many_errors_and_many_ranges_cost_no_more_than_their_text() {
    let mut options = String::from("syntax = \"proto3\";");
    (0..30_000).for_each(|i| options.push_str(&format!("option(a{i}).b=1;")));
    assert!(parse_with(&options, &[]).unwrap().validate_fields().is_err());
    let mut reserved = String::from("syntax = \"proto3\"; message M { reserved 1");
    (2..60_000).for_each(|i| reserved.push_str(&format!(",{i}")));
    reserved.push(';');
    (1..20_000).for_each(|i| reserved.push_str(&format!("int32 f{i}={};", 300_000 + i)));
    reserved.push('}');
    assert!(matches!(parse_with(&reserved, &[]), Err(SchemaError::TooMany { .. })));
}

#[test]
fn message_indexes() {
    let text = "syntax = \"proto3\"; message A { message N1 {} map<string, int32> m = 1; message N2 {} } message B {}";
    let schema = parse_with(text, &[]).unwrap();
    let names = |indexes: &[i32]| -> Vec<String> {
        schema.messages_by_indexes(indexes).iter().map(|m| m.full_name().to_owned()).collect()
    };
    assert_eq!(names(&[0]), ["A"]);
    assert_eq!(names(&[1]), ["B"]);
    assert!(
        names(&[2]).is_empty()
            && names(&[]).is_empty()
            && names(&[-1]).is_empty()
            && names(&[0, 9]).is_empty()
    );
    assert_eq!(names(&[0, 0]), ["A.N1"]);
    assert_eq!(names(&[0, 1]), ["A.N2", "A.N1"]); // N2 when counted without the map entry, N1 when it came first
    assert_eq!(names(&[0, 2]), ["A.N2"]);
    assert_eq!(schema.record_name().as_deref(), Some("A"));
}

#[test]
fn the_example_parses() {
    let schema = stable(include_str!("../../../schemas/examples/orders.proto"), &[]);
    assert_eq!(schema.record_name().as_deref(), Some("shop.Order"));
}
