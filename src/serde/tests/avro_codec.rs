//! Serde values straight to Avro and back: shapes, unions, numbers, hostile bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::{borrow::Cow, collections::BTreeMap};

use assay_serde::{AvroResolution, AvroSchema, apache_avro::Uuid};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

fn schema(text: &str) -> AvroSchema {
    AvroSchema::parse(text).unwrap()
}

fn record(fields: &str) -> AvroSchema {
    schema(&format!(r#"{{"type":"record","name":"ns.R","fields":[{fields}]}}"#))
}

fn bytes<T: Serialize + ?Sized>(schema: &AvroSchema, value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    schema.encode(value, &mut out).unwrap();
    out
}

fn refused<T: Serialize + ?Sized>(schema: &AvroSchema, value: &T) -> String {
    let mut out = b"before".to_vec();
    let error = schema.encode(value, &mut out).unwrap_err();
    assert_eq!(out, b"before");
    error.to_string()
}

fn unread<T: DeserializeOwned + std::fmt::Debug>(schema: &AvroSchema, datum: &[u8]) -> String {
    schema.decode::<T>(datum).unwrap_err().to_string()
}

/// There and back, with the bytes in between.
fn both<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    schema: &AvroSchema,
    value: T,
    want: &[u8],
) {
    assert_eq!(bytes(schema, &value), want, "{value:?}");
    assert_eq!(schema.decode::<T>(want).unwrap(), value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair {
    a: i32,
    b: String,
}

#[test]
fn primitives() {
    both(&schema(r#""null""#), (), b"");
    both(&schema(r#""boolean""#), true, b"\x01");
    both(&schema(r#""int""#), -1, b"\x01");
    both(&schema(r#""int""#), 255u8, b"\xfe\x03");
    both(&schema(r#""long""#), i64::MIN, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    both(&schema(r#""long""#), u32::MAX, b"\xfe\xff\xff\xff\x1f");
    both(&schema(r#""float""#), 1.5f32, b"\0\0\xc0\x3f");
    both(&schema(r#""double""#), 1.5, b"\0\0\0\0\0\0\xf8\x3f");
    both(&schema(r#""string""#), "aé".to_owned(), b"\x06a\xc3\xa9");
    both(&schema(r#""string""#), 'x', b"\x02x");
    both(&schema(r#""bytes""#), b"ab".to_vec(), b"ab"); // no length at the top (contract 5.4)
    both(&schema(r#"{"type":"array","items":"bytes"}"#), vec![b"ab".to_vec()], b"\x02\x04ab\0");
    both(&schema(r#"{"type":"fixed","name":"F","size":2}"#), [1u8, 2], b"\x01\x02");
    both(&schema(r#"{"type":"array","items":"int"}"#), vec![1, 2], b"\x04\x02\x04\0");
    both(&schema(r#"{"type":"array","items":"int"}"#), (1, 2u64), b"\x04\x02\x04\0");
    both(
        &schema(r#"{"type":"map","values":"int"}"#),
        BTreeMap::from([("k".to_owned(), 1)]),
        b"\x02\x02k\x02\0",
    );
    both(&schema(r#"{"type":"map","values":"int"}"#), BTreeMap::from([(7, 1)]), b"\x02\x027\x02\0");
    both(&schema(r#"{"type":"map","values":"int"}"#), BTreeMap::<String, i32>::new(), b"\0");
}

#[test]
fn fields_in_any_order() {
    let expected = Pair { a: 1, b: "x".into() };
    both(
        &record(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#),
        Pair { a: 1, b: "x".into() },
        b"\x02\x02x",
    );
    let turned = record(r#"{"name":"b","type":"string"},{"name":"a","type":"int"}"#);
    both(&turned, Pair { a: 1, b: "x".into() }, b"\x02x\x02");
    // Missing ones: a default, a null of a union, else an error.
    let more = r#"{"name":"d","type":"string","default":"dd"},{"name":"b","type":"string"},{"name":"n","type":["int","null"]},
        {"name":"a","type":"int"},{"name":"z","type":{"type":"array","items":"int"},"default":[1,2]}"#;
    assert_eq!(bytes(&record(more), &Pair { a: 1, b: "x".into() }), b"\x04dd\x02x\x02\x02\x04\x02\x04\0");
    let required =
        record(r#"{"name":"a","type":"int"},{"name":"c","type":"int"},{"name":"b","type":"string"}"#);
    assert_eq!(
        refused(&required, &Pair { a: 1, b: "x".into() }),
        "c: the value has no such field, and the schema no default"
    );
    let fewer = record(r#"{"name":"a","type":"int"}"#);
    assert_eq!(refused(&fewer, &Pair { a: 1, b: "x".into() }), r#"the record ns.R has no field "b""#);
    // Fields that the type does not have are skipped; maps and tuples do for records.
    let skipping = r#"{"name":"x","type":{"type":"map","values":["null","string"]}},{"name":"a","type":"int"},
        {"name":"y","type":{"type":"array","items":"double"}},{"name":"b","type":"string"}"#;
    let datum = b"\x01\x08\x02k\x02\0\0\x02\x02\0\0\0\0\0\0\0\0\0\x02x";
    assert_eq!(record(skipping).decode::<Pair>(datum).unwrap(), expected);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: i64,
    #[serde(flatten)]
    rest: Pair,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[test]
fn flattened_and_skipped_fields() {
    let schema = record(
        r#"{"name":"b","type":"string"},{"name":"id","type":"long"},{"name":"a","type":"int"},
           {"name":"note","type":["null","string"],"default":null}"#,
    );
    let value = |note| Flat { id: 3, rest: Pair { a: 1, b: "x".into() }, note };
    both(&schema, value(None), b"\x02x\x06\x02\0");
    both(&schema, value(Some("n".into())), b"\x02x\x06\x02\x02\x02n");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Borrowed<'a> {
    #[serde(borrow)]
    text: &'a str,
    #[serde(with = "as_bytes")]
    raw: &'a [u8],
    #[serde(borrow)]
    cow: Cow<'a, str>,
}

mod as_bytes {
    pub(super) fn serialize<S: serde::Serializer>(value: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(value)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<&'de [u8], D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

#[test]
fn text_and_bytes_are_borrowed() {
    let schema = record(
        r#"{"name":"text","type":"string"},{"name":"raw","type":"bytes"},{"name":"cow","type":"string","default":"dd"}"#,
    );
    let value = Borrowed { text: "ab", raw: b"\xff", cow: "c".into() };
    let datum = bytes(&schema, &value);
    let back: Borrowed<'_> = schema.decode(&datum).unwrap();
    assert_eq!(back, value);
    assert!(
        datum.as_ptr_range().contains(&back.text.as_ptr())
            && datum.as_ptr_range().contains(&back.raw.as_ptr())
    );
    // A default is lent by the resolution.
    let old = record(r#"{"name":"text","type":"string"},{"name":"raw","type":"bytes"}"#);
    let resolution = AvroResolution::new(&old, &schema);
    let read: Borrowed<'_> = resolution.decode(b"\x04ab\x02\xff").unwrap();
    assert_eq!(read, Borrowed { text: "ab", raw: b"\xff", cow: "dd".into() });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Suit {
    Hearts,
    Spades,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Card {
    number: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Thing {
    Null,
    String(String),
    Card(Card),
    Suit(Suit),
    Array(Vec<i64>),
}

/// The branches by their places only.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum ByPlace {
    Text(String),
    TheCard { number: i32 },
    Color(Suit),
    Many(Vec<i64>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Many(Vec<i64>), // before the record: serde reads a struct from a sequence, too
    Card(Card),
    Nothing,
}

const CARD: &str = r#"{"type":"record","name":"ns.Card","fields":[{"name":"number","type":"int"}]}"#;
const SUIT: &str = r#"{"type":"enum","name":"ns.Suit","symbols":["Spades","Hearts"]}"#;

#[test]
fn unions_are_enums() {
    let longs = r#"{"type":"array","items":"long"}"#;
    let union = schema(&format!(r#"["null","string",{CARD},{SUIT},{longs}]"#));
    both(&union, Thing::Null, b"\0");
    both(&union, Thing::String("a".into()), b"\x02\x02a");
    both(&union, Thing::Card(Card { number: 1 }), b"\x04\x02");
    both(&union, Thing::Suit(Suit::Hearts), b"\x06\x02");
    both(&union, Thing::Array(vec![1]), b"\x08\x02\x02\0");
    // Inside of an option null is not counted.
    both(&union, None::<ByPlace>, b"\0");
    both(&union, Some(ByPlace::Text("a".into())), b"\x02\x02a");
    both(&union, Some(ByPlace::TheCard { number: 1 }), b"\x04\x02");
    both(&union, Some(ByPlace::Color(Suit::Spades)), b"\x06\0");
    both(&union, Some(ByPlace::Many(vec![])), b"\x08\0");
    both(&union, Some(Thing::Card(Card { number: 1 })), b"\x04\x02");
    // Without names and tags the type tells.
    both(&union, Untagged::Text("a".into()), b"\x02\x02a");
    both(&union, Untagged::Card(Card { number: 1 }), b"\x04\x02");
    both(&union, Untagged::Many(vec![1]), b"\x08\x02\x02\0");
    both(&union, Untagged::Nothing, b"\0");
    both(&union, Suit::Hearts, b"\x06\x02");
    assert!(refused(&union, &1.5).starts_with("no branch of the union takes the number 1.5"));
    assert!(unread::<Thing>(&union, b"\x0a").contains("index"));
}

#[test]
fn options_in_either_order() {
    for (text, none, some) in
        [(r#"["null","int"]"#, &b"\0"[..], &b"\x02\x02"[..]), (r#"["int","null"]"#, b"\x02", b"\0\x02")]
    {
        both(&schema(text), None::<i32>, none);
        both(&schema(text), Some(1), some);
        both(&schema(text), 1, some); // a bare value takes its branch
        assert!(
            unread::<i32>(&schema(text), none).contains("null")
                || unread::<i32>(&schema(text), none).contains("unit")
        );
    }
    both(&schema(r#""int""#), Some(1), b"\x02");
    both(&schema(r#"["null","string","long"]"#), Some(Untagged::Text("a".into())), b"\x02\x02a");
    let enums = schema(&format!(r#"["null",{SUIT}]"#));
    both(&enums, Some(Suit::Spades), b"\x02\0");
    both(&schema(SUIT), Suit::Hearts, b"\x02");
    both(&schema(r#""string""#), Suit::Hearts, b"\x0cHearts");
    let numbers = schema(r#"["double","long","int","float"]"#);
    for (value, want) in [
        (bytes(&numbers, &1i32), 4),
        (bytes(&numbers, &1i64), 2),
        (bytes(&numbers, &1.5f64), 0),
        (bytes(&numbers, &1.5f32), 6),
    ] {
        assert_eq!(value[0], want);
    }
}

#[test]
fn numbers_never_wrap_and_are_never_rounded() {
    let int = record(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#);
    #[derive(Serialize)]
    struct Wide {
        a: i64,
        b: &'static str,
    }
    assert_eq!(refused(&int, &Wide { a: 1 << 31, b: "" }), "a: 2147483648 does not fit an int of 32 bits");
    let long = schema(r#""long""#);
    assert_eq!(refused(&long, &1.5), "expected long, got the number 1.5");
    assert_eq!(refused(&long, &1.0), "expected long, got the number 1.0");
    assert_eq!(refused(&long, &u64::MAX), "18446744073709551615 does not fit a long of 64 bits");
    assert!(refused(&schema(r#""double""#), &(i64::MAX - 1)).contains("exactly"));
    assert!(refused(&schema(r#""float""#), &0.1f64).contains("exactly"));
    assert_eq!(bytes(&schema(r#""float""#), &0.5f64), 0.5f32.to_le_bytes());
    assert_eq!(bytes(&schema(r#""double""#), &3), 3f64.to_le_bytes());
    // The other way.
    assert!(unread::<i32>(&long, &bytes(&long, &(1i64 << 31))).contains("2147483648"));
    assert!(unread::<u8>(&schema(r#""int""#), b"\x01").contains("-1"));
    assert!(unread::<i64>(&schema(r#""double""#), &1.0f64.to_le_bytes()).contains("floating"));
    assert!(unread::<f32>(&schema(r#""double""#), &0.1f64.to_le_bytes()).contains("exactly"));
    assert!(unread::<f64>(&long, &bytes(&long, &(i64::MAX - 1))).contains("exactly"));
    assert_eq!(long.decode::<f64>(b"\x06").unwrap(), 3.0);
}

#[test]
fn logical_types() {
    let money = schema(
        r#"{"type":"array","items":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}"#,
    );
    both(&money, vec!["12.50".to_owned(), "-0.01".to_owned()], b"\x04\x04\x04\xe2\x02\xff\0");
    assert_eq!(bytes(&money, &[12.5]), b"\x02\x04\x04\xe2\0");
    assert_eq!(money.decode::<Vec<f64>>(b"\x02\x04\x04\xe2\0").unwrap(), [12.5]);
    assert_eq!(bytes(&money, &[3]), b"\x02\x04\x01\x2c\0");
    assert_eq!(money.decode::<Vec<i64>>(b"\x02\x04\x01\x2c\0").unwrap(), [3]);
    assert_eq!(money.decode::<Vec<Vec<u8>>>(b"\x02\x04\x01\x2c\0").unwrap(), [[1, 0x2c]]);
    assert!(refused(&money, &["1.255"]).starts_with("[0]: 1.255 has more digits"));
    let fixed =
        schema(r#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":2}"#);
    both(&fixed, "-0.01".to_owned(), b"\xff\xff\xff\xff");
    let uuid = Uuid::from_bytes([0x12; 16]);
    let text = uuid.to_string();
    both(&schema(r#"{"type":"string","logicalType":"uuid"}"#), uuid, format!("\x48{text}").as_bytes());
    both(&schema(r#""string""#), uuid, format!("\x48{text}").as_bytes());
    both(&schema(r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#), uuid, &[0x12; 16]);
    both(
        &schema(r#"{"type":"long","logicalType":"timestamp-millis"}"#),
        1_700_000_000_000i64,
        b"\x80\xa0\xab\xfe\xf9\x62",
    );
    both(&schema(r#"{"type":"int","logicalType":"date"}"#), 1, b"\x02");
    let duration = schema(r#"{"type":"fixed","name":"T","size":12,"logicalType":"duration"}"#);
    both(&duration, (1u32, 2u32, 3u32), b"\x01\0\0\0\x02\0\0\0\x03\0\0\0");
    both(&duration, [7u8; 12], &[7; 12]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct List {
    next: Option<Box<List>>,
}

#[test]
fn recursion_is_bounded() {
    let list = schema(r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#);
    let deep =
        |links: usize| (0..links).fold(List { next: None }, |next, _| List { next: Some(Box::new(next)) });
    let datum = bytes(&list, &deep(199));
    assert_eq!(list.decode::<List>(&datum).unwrap(), deep(199));
    assert!(list.decode_value(&datum).is_ok());
    assert!(refused(&list, &deep(200)).contains("nest more than 200 deep"));
    let hostile = [vec![2; 1_000_000], vec![0]].concat();
    assert!(unread::<List>(&list, &hostile).contains("nest more than 200 deep"));
    assert!(unread::<serde::de::IgnoredAny>(&list, &hostile).contains("nest more than 200 deep"));
    assert!(list.decode_value(&hostile).is_err());
}

#[test]
fn hostile_bytes() {
    let nulls = schema(r#"{"type":"array","items":"null"}"#);
    let many = b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\0"; // 2^63 - 1 items of no bytes
    assert!(unread::<Vec<()>>(&nulls, many).contains("take no bytes"));
    assert!(unread::<serde::de::IgnoredAny>(&nulls, many).contains("take no bytes"));
    assert!(nulls.decode_value(many).is_err());
    let longs = schema(r#"{"type":"array","items":"long"}"#);
    assert!(unread::<Vec<i64>>(&longs, many).contains("end inside"));
    for (datum, what) in [
        (&b"\x02"[..], "end inside"),
        (b"\x02\x02", "end inside"),
        (b"\x02\x02\0\0", "1 bytes left over"),
        (b"\x01\x04\x02\0", "size"), // a block of two bytes with one
        (b"\x01\xff\xff\xff\xff\x0f\x02\0", "negative"), // of a negative size
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\0", "range"), // of i64::MIN items
        (b"\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\0", "64 bits"),
    ] {
        let error = unread::<Vec<i64>>(&longs, datum);
        assert!(error.contains(what), "{error}");
        assert!(longs.decode_value(datum).is_err());
    }
    let text = record(r#"{"name":"a","type":{"type":"map","values":"string"}}"#);
    for (datum, what) in [
        (&b"\x02\x02k\x02\xff\0"[..], r#"a["k"]: the text is not UTF-8"#),
        (b"\x02\x02\xff\x02a\0", "a: the text is not UTF-8"),
        (b"\x02\x02k\x01", r#"a["k"]: the length is negative"#),
        (b"\x02\x02k\xfe\xff\xff\xff\x0f", r#"a["k"]: the bytes end inside the value"#),
    ] {
        assert_eq!(unread::<BTreeMap<String, BTreeMap<String, String>>>(&text, datum), what);
    }
    assert!(unread::<bool>(&schema(r#""boolean""#), b"\x02").contains("0 or 1"));
}

#[test]
fn defaults_of_items_without_bytes_are_bounded() {
    let old = schema(r#"{"type":"array","items":{"type":"record","name":"R","fields":[]}}"#);
    let text = "x".repeat(100_000);
    let new = schema(&format!(
        r#"{{"type":"array","items":{{"type":"record","name":"R","fields":[{{"name":"a","type":"string","default":"{text}"}}]}}}}"#
    ));
    let resolution = AvroResolution::new(&old, &new);
    assert!(resolution.decode_value(b"\x06\0").is_ok());
    let error = resolution.decode_value(b"\x80\x80\x08\0").unwrap_err();
    assert!(error.reason.contains("defaults of the value take too many bytes"), "{error}");
}

#[test]
fn a_default_cannot_explode() {
    // Every record has two of the one before: 2^60 bytes of defaults in two kilobytes of text.
    let mut fields = vec![r#"{"name":"r0","type":{"type":"record","name":"R0","fields":[{"name":"x","type":"int","default":1}]},"default":{}}"#.to_owned()];
    for at in 1..60 {
        let last = at - 1;
        fields.push(format!(
            r#"{{"name":"r{at}","type":{{"type":"record","name":"R{at}","fields":[{{"name":"a","type":"R{last}","default":{{}}}},{{"name":"b","type":"R{last}","default":{{}}}}]}},"default":{{}}}}"#
        ));
    }
    let reader = record(&fields.join(","));
    let error = AvroResolution::new(&record(""), &reader).decode_value(b"").unwrap_err();
    assert!(error.reason.contains("take too many bytes"), "{error}");
}

#[test]
fn references_in_any_order() {
    let item = CARD.to_owned();
    let hand = r#"{"type":"record","name":"ns.Hand","fields":[{"name":"cards","type":{"type":"array","items":"ns.Card"}}]}"#;
    let text = r#"{"type":"record","name":"ns.Game","fields":[{"name":"hand","type":"ns.Hand"},{"name":"top","type":"ns.Card"}]}"#;
    let text = assay_serde::client::Schema::new(assay_schema::SchemaType::Avro, text);
    for texts in [[item.clone(), hand.to_owned()], [hand.to_owned(), item]] {
        let game = AvroSchema::with_references(text.clone(), &texts).unwrap();
        assert_eq!(game.name().as_deref(), Some("ns.Game"));
        assert!(game.decode_value(b"\x02\x06\0\x04").is_ok());
    }
    assert!(AvroSchema::with_references(text, &[]).is_err());
}

#[test]
fn a_resolution_is_compiled_once() {
    let (old, new) = (schema(r#""int""#), schema(r#"["null","long"]"#));
    let resolution = old.resolution(&new);
    assert!(std::sync::Arc::ptr_eq(&resolution, &old.resolution(&new.clone())));
    assert_eq!(resolution.decode::<Option<i64>>(b"\x02").unwrap(), Some(1));
    let never = AvroResolution::new(&new, &schema(r#""boolean""#));
    assert!(never.decode_value(b"\0").is_err());
    assert!(
        AvroResolution::new(&old, &schema(r#""boolean""#)).refuses().is_some()
            && resolution.refuses().is_none()
    );
}

/// As Java has it: a whole number has no sign at zero, a fraction has.
#[test]
fn a_default_of_minus_zero() {
    let record = |default: &str| {
        let fields = format!(
            r#"[{{"name":"f","type":"float","default":{default}}},{{"name":"d","type":"double","default":{default}}}]"#
        );
        schema(&format!(r#"{{"type":"record","name":"R","fields":{fields}}}"#))
    };
    for (default, bits) in [("-0", 0), ("-0.0", 0x80)] {
        let mut out = Vec::new();
        let old = schema(r#"{"type":"record","name":"R","fields":[]}"#);
        AvroResolution::new(&old, &record(default)).transcode(b"", &mut out).unwrap();
        assert_eq!((out[3], out[11], out.len()), (bits, bits, 12), "{default}");
    }
}

#[test]
fn text_read_as_a_decimal_is_a_number_as_its_bytes_are() {
    let reader = schema(r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#);
    let read: String = AvroResolution::new(&schema(r#""string""#), &reader).decode(b"\x06 aB").unwrap();
    let plain: String = reader.decode(b" aB").unwrap(); // a schema that is bytes alone has no length in front
    assert_eq!((read.as_str(), plain.as_str()), ("21220.50", "21220.50"));
}
