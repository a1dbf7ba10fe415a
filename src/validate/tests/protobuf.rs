//! Protobuf payloads, row by row. Each begins with message indexes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use assay_schema::SchemaType;
use assay_validate::Validator;

const ORDER: &str = r#"
syntax = "proto3";
package shop;
message Order {
  int64 id = 1;
  string note = 2;
  repeated Item items = 3;
  map<string, double> attrs = 4;
  map<sint32, Item> by_number = 5;
  repeated int32 codes = 6;
  repeated fixed32 hashes = 7;
  oneof payload { string text = 8; Item item = 9; }
  bytes blob = 10;
  Status status = 11;
  repeated string tags = 12;
  float ratio = 200;
  message Item { string sku = 1; int32 qty = 2; Order order = 3; }
  enum Status { NEW = 0; PAID = 1; }
}
message Other { bool flag = 1; }
"#;

const OLD: &str = r#"
syntax = "proto2";
message Old {
  required string name = 1;
  required int32 age = 2;
  optional group Extra = 3 { required bool on = 1; }
  map<int32, Part> parts = 4;
  repeated group Row = 5 { optional string cell = 1; }
  optional Part part = 6;
  repeated int64 numbers = 7 [packed = true];
  extensions 100 to 200;
}
message Part { required fixed64 id = 1; }
extend Old { optional string nick = 100; }
"#;

fn check(schema: &str, rows: &[(&[u8], &str)]) {
    common::check(SchemaType::Protobuf, schema, rows);
}

fn validator(schema: &str) -> Validator {
    common::validator(SchemaType::Protobuf, schema)
}

#[test]
fn message_indexes_choose_the_message() {
    check(
        ORDER,
        &[
            (b"\0", ""),
            (b"\x02\x00", ""),
            (b"\x02\x02\x08\x01", ""),      // Other
            (b"\x04\x00\x00\x0a\x01a", ""), // Order.Item
            (b"\x02\x04", "message indexes [2] name no message of the schema"),
            (b"\x04\x00\x08", "message indexes [0, 4] name no message of the schema"),
            (b"\x04\x02\x00", "message indexes [1, 0] name no message of the schema"),
            (b"", "message indexes: varint runs past the end"),
            (b"\x02\x02\x0a\x00", "flag: expected a varint (bool), got a length-delimited value"),
            (b"\x01", "message indexes: -1 is negative"),
        ],
    );
    let validator = validator(ORDER);
    assert_eq!(validator.check_apart(b"\x02\x02", b"\x08\x01"), Ok(()));
    assert_eq!(
        validator.check_apart(b"\x02\x02\0\0", b"\x08\x01").unwrap_err().reason,
        "expected nothing behind the message indexes, 2 bytes too many"
    );
    assert_eq!(
        validator.check_apart(b"", b"").unwrap_err().reason,
        "message indexes: varint runs past the end"
    );
}

#[test]
fn scalars_and_paths() {
    check(
        ORDER,
        &[
            (b"\0\x08\x01\x12\x01a\x52\x01\xff\x58\x01\xc5\x0c\0\0\0\0", ""),
            (b"\0\x58\x63", ""), // an unknown number of an open enum
            (b"\0\x08", "id: varint runs past the end"),
            (b"\0\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "id: varint is longer than 64 bits"),
            (b"\0\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ""),
            (b"\0\x12\x02a", "note: length 2 runs past the end, 1 byte left"),
            (b"\0\x12\x01\xff", "note: text is not UTF-8 at its byte 0"),
            (b"\0\x10\x01", "note: expected a length-delimited value (string), got a varint"),
            (b"\0\x0a\x01\x01", "id: expected a varint (int64), got a length-delimited value"),
            (b"\0\xc5\x0c\0\0", "ratio: expected 4 bytes, 2 bytes left"),
            (b"\0\x42\x01\xff", "text: text is not UTF-8 at its byte 0"),
            (b"\0\x1a\x03\x0a\x01a\x1a\x02\x10\x80", "items[1].qty: varint runs past the end"),
            (b"\0\x1a\x02\x12\x00", "items[0].qty: expected a varint (int32), got a length-delimited value"),
            (b"\0\x4a\x04\x1a\x02\x12\x05", "item.order.note: length 5 runs past the end, 0 bytes left"),
            (b"\0\x62\x00\x08\x01\x62\x01\xff", "tags[1]: text is not UTF-8 at its byte 0"),
            (b"\0\x12\xff\xff\xff\xff\x0f", "note: length 4294967295 runs past the end, 0 bytes left"),
            (b"\0\x12\xff\xff\xff\xff\xff\x01", "note: length: varint is longer than 32 bits"),
        ],
    );
}

#[test]
fn repeated_scalars_packed_or_not() {
    check(
        ORDER,
        &[
            (b"\0\x32\x03\x01\x96\x01", ""),
            (b"\0\x30\x01\x32\x00\x30\x02", ""),
            (b"\0\x32\x02\x01\x80", "codes[1]: varint runs past the end of the packed field"),
            (
                b"\0\x30\x01\x32\x02\x01\x01\x32\x01\x80",
                "codes[3]: varint runs past the end of the packed field",
            ),
            (b"\0\x32\x05\x01", "codes[0]: length 5 runs past the end, 1 byte left"),
            (b"\0\x3a\x08\0\0\0\0\0\0\0\0", ""),
            (b"\0\x3d\0\0\0\0", ""),
            (b"\0\x3a\x06\0\0\0\0\0\0", "hashes[1]: expected 4 bytes, 2 bytes left of the packed field"),
            (b"\0\x39\0\0\0\0\0\0\0\0", "hashes[0]: expected four bytes (fixed32), got eight bytes"),
        ],
    );
}

#[test]
fn maps_name_the_key() {
    check(
        ORDER,
        &[
            (b"\0\x22\x0c\x0a\x01k\x11\0\0\0\0\0\0\0\0", ""),
            (b"\0\x22\x00", ""), // default key and value
            (b"\0\x22\x05\x0a\x01k\x11\0", "attrs[\"k\"]: expected 8 bytes, 1 byte left"),
            (b"\0\x22\x02\x11\0", "attrs[0].value: expected 8 bytes, 1 byte left"),
            (b"\0\x22\x03\x0a\x01\xff", "attrs[0].key: text is not UTF-8 at its byte 0"),
            (b"\0\x22\x05\x0a\x01k\x10\0", "attrs[\"k\"]: expected eight bytes (double), got a varint"),
            (b"\0\x2a\x06\x08\x03\x12\x02\x10\x80", "by_number[-2].qty: varint runs past the end"),
            (b"\0\x20\x01", "attrs[0]: expected a length-delimited value (message), got a varint"),
        ],
    );
}

#[test]
fn unknown_fields_must_be_well_formed() {
    check(
        ORDER,
        &[
            (b"\0\xa0\x06\x01", ""),
            (b"\0\xa2\x06\x02ab", ""),
            (b"\0\xa3\x06\xab\x06\x08\x01\xac\x06\xa4\x06", ""), // group 100 { group 101 { 1: 1 } }
            (b"\0\xa2\x06\x03ab", "unknown field 100: length 3 runs past the end, 2 bytes left"),
            (b"\0\xa3\x06\x08\x01", "unknown field 100: group 100 is not closed"),
            (b"\0\xa3\x06\xac\x06", "unknown field 100: end of group 101 inside group 100"),
            (b"\0\xa4\x06", "unknown field 100: end of group 100 without its start"),
            (b"\0\x0c", "id: expected a varint (int64), got the end of a group"),
            (b"\0\xa6\x06", "field 100 has wire type 6, which does not exist"),
            (b"\0\x02\x00", "a field has number 0, field numbers start at 1"),
            (b"\0\x80", "field tag: varint runs past the end"),
            (b"\0\x88\x80\x80\x80\x80\x00\x01", "field tag: varint is longer than 32 bits"),
            (b"\0\x88\x00\x01", ""), // a tag longer than it must be
        ],
    );
}

#[test]
fn proto2_required_groups_and_extensions() {
    check(
        OLD,
        &[
            (b"\0\x0a\x01a\x10\x01", ""),
            (b"\0", "required field name of Old is missing"),
            (b"\0\x0a\x01a", "required field age of Old is missing"),
            (b"\0\x10\x01\x0a\x01a\x1b\x08\x01\x1c", ""),
            (b"\0\x10\x01\x0a\x01a\x1b\x1c", "extra: required field on of Old.Extra is missing"),
            (b"\0\x10\x01\x0a\x01a\x1b\x08\x01", "extra: group 3 is not closed"),
            (
                b"\0\x10\x01\x0a\x01a\x1b\x08\x01\x24",
                "extra: unknown field 4: end of group 4 without its start",
            ),
            (
                b"\0\x10\x01\x0a\x01a\x1a\x00",
                "extra: expected the start of a group (group), got a length-delimited value",
            ),
            (b"\0\x10\x01\x0a\x01a\x2b\x2c\x2b\x0a\x02a\x2c", "row[1]: group 5 is not closed"),
            (b"\0\x10\x01\x0a\x01a\x22\x0d\x08\x07\x12\x09\x09\0\0\0\0\0\0\0\0", ""),
            (
                b"\0\x10\x01\x0a\x01a\x22\x04\x08\x07\x12\x00",
                "parts[7]: required field id of Part is missing",
            ),
            (b"\0\x10\x01\x0a\x01a\x22\x02\x08\x07", "parts[7]: required field id of Part is missing"),
            (b"\0\x10\x01\x0a\x01a\x32\x00", "part: required field id of Part is missing"),
            (b"\0\x10\x01\x0a\x01a\x38\x01\x3a\x01\x01", ""),
            (b"\0\x10\x01\x0a\x01a\xa2\x06\x01n", ""),
            (b"\0\x10\x01\x0a\x01a\xa2\x06\x02n", "[nick]: length 2 runs past the end, 1 byte left"),
            (b"\0\x10\x01\x0a\x01\xff", ""), // proto2 says nothing of UTF-8
            (b"\0\x10\x01\x0a\x01a\xa2\x06\x01\xff", ""),
        ],
    );
}

#[test]
fn a_required_closed_enum_counts_only_with_a_number_it_has() {
    let schema =
        "syntax = \"proto2\"; enum E { A = 0; B = -1; } message M { required E e = 1; optional E f = 2; }";
    check(
        schema,
        &[
            (b"\0\x08\x00", ""),
            (b"\0\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x07", ""),
            (b"\0\x08\xff\xff\xff\xff\x0f", ""), // parsers take the lower half
            (b"\0\x08\x07\x08\x00\x08\x07", ""),
            (b"\0\x08\x07", "required field e of M is missing"),
        ],
    );
}

#[test]
fn many_required_fields() {
    let fields: String = (1..=150).map(|i| format!("required int32 f{i} = {i};")).collect();
    let validator = validator(&format!("syntax = \"proto2\"; message M {{ {fields} }}"));
    let field = |i: u32| {
        let mut bytes = Vec::new();
        prost::encoding::int32::encode(i, &1, &mut bytes);
        bytes
    };
    let all: Vec<u8> = std::iter::once(0).chain((1..=150).rev().flat_map(field)).collect();
    assert_eq!(validator.check(&all), Ok(()));
    for missing in [1, 64, 65, 128, 129, 150] {
        let most = std::iter::once(0)
            .chain((1..=150).filter(|i| *i != missing).flat_map(field))
            .collect::<Vec<u8>>();
        let problem = validator.check(&most).unwrap_err();
        assert_eq!(problem.reason, format!("required field f{missing} of M is missing"));
    }
}

#[test]
fn depth_is_limited() {
    let nested = |levels: usize| {
        let mut message = Vec::new();
        for level in 0..levels {
            // With an odd number of levels the outermost is Order.item.
            let mut outer = vec![if level % 2 == 0 { 0x4a } else { 0x1a }]; // Order.item, Item.order
            prost::encoding::encode_varint(message.len() as u64, &mut outer);
            outer.extend(message);
            message = outer;
        }
        [vec![0], message].concat()
    };
    let validator = validator(ORDER);
    assert_eq!(validator.check(&nested(99)), Ok(()));
    let problem = validator.check(&nested(101)).unwrap_err();
    assert_eq!(problem.reason, "messages are nested more than 100 deep");
    let groups = |levels: usize| [vec![0], [0xa3, 0x06].repeat(levels), [0xa4, 0x06].repeat(levels)].concat();
    assert_eq!(validator.check(&groups(100)), Ok(()));
    assert_eq!(
        validator.check(&groups(101)).unwrap_err().to_string(),
        "unknown field 100: groups are nested more than 100 deep"
    );
    assert!(validator.check(&groups(1_000_000)).is_err());
}
