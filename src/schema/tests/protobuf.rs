//! Protobuf schemas through the crate's front door: texts in, canonical and normal texts out, and what is refused.
#![cfg(feature = "protobuf")]

use assay_schema::protobuf::ProtoSchema;
use assay_schema::{
    Context, Limits, Reference, ResolvedReference, SchemaError, SchemaType, Strictness, Subject, Version,
};

#[allow(dead_code)]
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
option (lit) = { name: "q" 'r' nest < deep: [1, 0x10,-3] flag: true > e: B [a.b.ext]: 7; map{key:"k" value:{}} };
enum E { option allow_alias = true; reserved -5 to -1, 9, 100 to max; reserved "OLD"; A = 0; B = 1 [deprecated = true]; C = 0x1; }
message M {
  message Nest { repeated sint32 deep = 1; optional bool flag = 2 [default = true, (confluent.field_meta) = {doc: "x", params: [{key:"a",value:"b"}]}]; }
  optional string name = 1 [default = "a\"b\\\n\001é", json_name = "NAME"];
  map<string, Nest> map = 3;
  required google.protobuf.Timestamp at = 4;
  optional Nest nest = 5;
  oneof choice { option (one) = inf; int32 x = 8; group Pick = 9 { optional int32 z = 1; } float y = 7; }
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

#[test]
fn show() {
    println!("{}", canonical(EVERYTHING));
    println!("{:?}", parse_with(EVERYTHING, &[]).unwrap().validate_fields());
    println!("=====\n{}", parse_with(EVERYTHING, &[]).unwrap().normalized());
}
