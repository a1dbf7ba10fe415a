//! Types that derive `AssayAvro`: their schemas, and their bytes against those of the serde path and of the `apache-avro` crate.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use apache_avro::types::Value;
use assay_serde::bytes::DEPTH_MAX;
use assay_serde::derive::logical::{Date, Decimal, TimestampMillis, Uuid};
use assay_serde::derive::{self, AvroDecodeOwned, AvroEncode, AvroSchemaOf, from_datum};
use assay_serde::{AssayAvro, apache_avro};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, AssayAvro, Serialize, Deserialize)]
#[avro(namespace = "bench", doc = "Somebody.", alias = "Person")]
struct User {
    id: i64,
    name: String,
    #[avro(name = "eMail", alias = "mail", doc = "Where to write to.")]
    #[serde(rename = "eMail")]
    mail: Option<String>,
    #[avro(default = 3)]
    level: i32,
    #[avro(skip)]
    #[serde(skip)]
    cached: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, AssayAvro, Serialize, Deserialize)]
#[avro(rename_all = "SCREAMING_SNAKE_CASE", namespace = "bench")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Suit {
    Spades,
    #[avro(default)]
    HeartsOfGold,
    #[avro(name = "clubs")]
    #[serde(rename = "clubs")]
    Clubs,
}

#[derive(Debug, Clone, PartialEq, AssayAvro, Serialize, Deserialize)]
#[avro(namespace = "bench", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
struct All {
    is_good: bool,
    small: i8,
    shorter: i16,
    half: u16,
    int: i32,
    long: i64,
    wide: u32,
    float: f32,
    double: f64,
    text: String,
    list: Vec<i32>,
    nested: Vec<Vec<String>>,
    map: BTreeMap<String, i64>,
    users: Vec<User>,
    user: Option<User>,
    suit: Suit,
    boxed: Box<i64>,
    maybe: Vec<Option<f64>>,
}

fn user() -> impl Strategy<Value = User> {
    (any::<i64>(), ".{0,12}", proptest::option::of(".{0,8}"), any::<i32>())
        .prop_map(|(id, name, mail, level)| User { id, name, mail, level, cached: 0 })
}

fn all() -> impl Strategy<Value = All> {
    let suits = prop_oneof![Just(Suit::Spades), Just(Suit::HeartsOfGold), Just(Suit::Clubs)];
    let numbers = any::<(bool, i8, i16, u16, i32, i64, u32, f32, f64)>();
    // One entry at most: in which order the others write a map is their secret.
    let map = btree_map(".{0,3}", any::<i64>(), 0..2);
    let lists = (".{0,70}", vec(any::<i32>(), 0..5), vec(vec(".{0,3}", 0..3), 0..3), map);
    let rest = (vec(user(), 0..3), proptest::option::of(user()), suits, vec(any::<Option<f64>>(), 0..4));
    (numbers, lists, rest).prop_map(|(n, l, r)| All {
        is_good: n.0,
        small: n.1,
        shorter: n.2,
        half: n.3,
        int: n.4,
        long: n.5,
        wide: n.6,
        float: n.7,
        double: n.8,
        text: l.0,
        list: l.1,
        nested: l.2,
        map: l.3,
        users: r.0,
        user: r.1,
        suit: r.2,
        boxed: Box::new(n.5),
        maybe: r.3,
    })
}

/// The bytes of the serde path, and of `apache-avro` alone.
fn others<T: AvroSchemaOf + Serialize>(value: &T) -> [Vec<u8>; 2] {
    let schema = T::schema().unwrap();
    let mut ours = Vec::new();
    schema.encode(value, &mut ours).unwrap();
    let parsed = apache_avro::Schema::parse_str(&text::<T>()).unwrap();
    let generic = apache_avro::to_value(value).unwrap().resolve(&parsed).unwrap();
    [ours, apache_avro::to_avro_datum(&parsed, generic).unwrap()]
}

/// The text of the schema, as it is registered.
fn text<T: AvroSchemaOf>() -> String {
    T::schema().unwrap().text().to_owned()
}

/// The datum of a value that is not too deep.
fn to_datum<T: AvroEncode>(value: &T) -> Vec<u8> {
    derive::to_datum(value).unwrap()
}

fn round_trip<T: AvroEncode + AvroDecodeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Vec<u8> {
    let datum = to_datum(value);
    let size = value.size(DEPTH_MAX);
    assert!(size + 16 >= datum.len() || datum.len() > 100, "{size} for {}", datum.len());
    assert_eq!(&from_datum::<T>(&datum).unwrap(), value);
    datum
}

#[test]
fn the_schema_of_a_struct() {
    assert_eq!(
        text::<User>(),
        r#"{"type":"record","name":"User","namespace":"bench","doc":"Somebody.","aliases":["bench.Person"],"fields":[{"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"eMail","type":["null","string"],"doc":"Where to write to.","aliases":["mail"],"default":null},{"name":"level","type":"int","default":3}]}"#
    );
    let suit = r#"{"type":"enum","name":"Suit","namespace":"bench","symbols":["SPADES","HEARTS_OF_GOLD","clubs"],"default":"HEARTS_OF_GOLD"}"#;
    assert_eq!(text::<Suit>(), suit);
    assert!(text::<All>().contains(r#""items":{"type":"record","name":"User""#));
    assert!(text::<All>().contains(r#"["null","bench.User"]"#), "the second time by its name");
}

proptest! {
    #[test]
    fn bytes_are_those_of_the_others(value in all()) {
        prop_assume!(!value.float.is_nan() && !value.double.is_nan() && value.maybe.iter().flatten().all(|d| !d.is_nan()));
        let datum = round_trip(&value);
        for other in others(&value) {
            prop_assert_eq!(&datum, &other);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in any::<Vec<u8>>(), value in all(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = (from_datum::<All>(&bytes), from_datum::<Tree>(&bytes), from_datum::<Borrowed<'_>>(&bytes));
        let _ = (from_datum::<Event>(&bytes), from_datum::<Times>(&bytes), from_datum::<Order>(&bytes));
        let mut datum = to_datum(&value);
        for short in 0..datum.len().min(64) {
            prop_assert!(from_datum::<All>(&datum[..short]).is_err());
        }
        let at = at.index(datum.len());
        datum[at] = byte;
        if let Ok(read) = from_datum::<All>(&datum) {
            let again = to_datum(&read);
            prop_assert!(from_datum::<All>(&again).is_ok());
        }
    }
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct Tree {
    value: i32,
    left: Option<Box<Tree>>,
    others: Vec<Tree>,
    named: HashMap<String, Tree>,
}

fn leaf(value: i32) -> Tree {
    Tree { value, left: None, others: Vec::new(), named: HashMap::new() }
}

#[test]
fn a_type_in_itself() {
    assert_eq!(
        text::<Tree>(),
        r#"{"type":"record","name":"Tree","namespace":"","fields":[{"name":"value","type":"int"},{"name":"left","type":["null","Tree"],"default":null},{"name":"others","type":{"type":"array","items":"Tree"}},{"name":"named","type":{"type":"map","values":"Tree"}}]}"#
    );
    let tree = Tree {
        value: 1,
        left: Some(Box::new(leaf(2))),
        others: vec![leaf(3), leaf(4)],
        named: HashMap::from([("x".to_owned(), leaf(5))]),
    };
    round_trip(&tree);
    let deep = |levels: i32| {
        (0..levels).fold(leaf(0), |inner, value| Tree { left: Some(Box::new(inner)), ..leaf(value) })
    };
    round_trip(&deep(199));
    // Far deeper than the stack of a thread, in every way that a type can contain itself. Not dropped: that would overflow it.
    for levels in [200, 1_000_000] {
        let in_vec = (0..levels).fold(leaf(0), |inner, value| Tree { others: vec![inner], ..leaf(value) });
        let entry = |inner| HashMap::from([("k".to_owned(), inner)]);
        let in_map = (0..levels).fold(leaf(0), |inner, value| Tree { named: entry(inner), ..leaf(value) });
        for tree in [deep(levels), in_vec, in_map] {
            let mut out = b"kept".to_vec();
            let error = derive::encode_into(&tree, &mut out).unwrap_err();
            assert_eq!((error.reason.as_str(), &out[..]), ("values nest more than 200 deep", &b"kept"[..]));
            assert!(derive::to_datum(&tree).is_err());
            std::mem::forget(tree);
        }
    }
    let hostile: Vec<u8> = [0u8, 2].repeat(1 << 20);
    assert_eq!(from_datum::<Tree>(&hostile).unwrap_err().reason(), "values nest more than 200 deep");
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct Borrowed<'b> {
    text: &'b str,
    bytes: &'b [u8],
    either: Cow<'b, str>,
    list: Vec<&'b str>,
    map: BTreeMap<&'b str, Option<&'b [u8]>>,
}

#[test]
fn fields_borrow_from_the_bytes() {
    let value = Borrowed {
        text: "t",
        bytes: b"\xff",
        either: "c".into(),
        list: vec!["x", "y"],
        map: BTreeMap::from([("k", Some(&b"v"[..])), ("n", None)]),
    };
    let datum = to_datum(&value);
    let read: Borrowed<'_> = from_datum(&datum).unwrap();
    assert_eq!(read, value);
    assert!(datum.as_ptr_range().contains(&read.text.as_ptr()) && matches!(read.either, Cow::Borrowed(_)));
    assert!(text::<Borrowed<'_>>().contains(r#"{"name":"bytes","type":"bytes"}"#));
}

/// A fixed of this name.
#[derive(Debug, Clone, Copy, PartialEq, AssayAvro)]
struct Md5([u8; 16]);

#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct OrderId(i64);

#[derive(Debug, Clone, PartialEq, AssayAvro)]
enum Event {
    Nothing,
    Id(OrderId),
    Text(String),
    User(User),
    Sum(Md5),
    List(Vec<i32>),
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct Events {
    event: Event,
    choice: Option<Choice>,
    #[avro(default = "\"none\"")]
    reason: Option<String>,
    #[avro(fixed = "Sha1")]
    digest: Option<[u8; 20]>,
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
enum Choice {
    Number(i32),
    Text(String),
}

#[test]
fn unions_and_fixed() {
    for event in [
        Event::Nothing,
        Event::Id(OrderId(7)),
        Event::Text("x".into()),
        Event::User(User { id: 1, name: "n".into(), mail: None, level: 0, cached: 0 }),
        Event::Sum(Md5([7; 16])),
        Event::List(vec![1, 2]),
    ] {
        for (choice, branch) in [(None, 0), (Some(Choice::Number(5)), 2), (Some(Choice::Text("t".into())), 4)]
        {
            let events = Events { event: event.clone(), choice, reason: None, digest: Some([1; 20]) };
            let datum = round_trip(&events);
            let start = to_datum(&events.event).len();
            assert_eq!(datum[start], branch, "null is the first branch, the others follow");
        }
    }
    assert_eq!(to_datum(&Event::Text("x".into())), b"\x04\x02x");
    assert!(from_datum::<Event>(b"\x0c").unwrap_err().reason().contains("index"));
    let text = text::<Events>();
    for part in [
        r#"["null","long","string",{"type":"record","name":"User""#,
        r#"{"type":"fixed","name":"Md5","namespace":"","size":16}"#,
        r#"{"name":"choice","type":["null","int","string"],"default":null}"#,
        r#"{"name":"reason","type":["string","null"],"default":"none"}"#,
        r#"["null",{"type":"fixed","name":"Sha1","namespace":"","size":20}]"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct Times {
    day: Date,
    at: TimestampMillis,
    #[avro(logical = "timestamp-micros")]
    micros: Option<i64>,
    amount: Decimal<9, 2>,
    id: Uuid,
}

#[test]
fn logical_types() {
    assert_eq!(
        text::<Times>(),
        r#"{"type":"record","name":"Times","namespace":"","fields":[{"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"micros","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null},{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},{"name":"id","type":{"type":"string","logicalType":"uuid"}}]}"#
    );
    let id: Uuid = "123e4567-e89b-12d3-a456-426614174000".parse().unwrap();
    for unscaled in [0, 1, -1, 127, 128, -128, -129, 12_345, -12_345, 999_999_999, -999_999_999] {
        let amount = Decimal::new(unscaled).unwrap();
        let value =
            Times { day: Date(-1), at: TimestampMillis(1_700_000_000_000), micros: Some(-5), amount, id };
        let datum = round_trip(&value);
        let schema = apache_avro::Schema::parse_str(&text::<Times>()).unwrap();
        let Value::Record(fields) =
            apache_avro::from_avro_datum(&schema, &mut datum.as_slice(), None).unwrap()
        else {
            panic!("a record")
        };
        assert_eq!(fields[3].1, Value::Decimal(minimal(unscaled).into()));
        assert_eq!(fields[4].1, Value::Uuid(id.to_string().parse().unwrap()));
    }
    assert_eq!(Decimal::<9, 2>::new(1_000_000_000), None);
    assert_eq!(Decimal::<9, 2>::new(-5).unwrap().to_string(), "-0.05");
    assert_eq!(Decimal::<38, 0>::new(10i128.pow(38) - 1).unwrap().to_string().len(), 38);
    assert_eq!(id.to_string(), "123e4567-e89b-12d3-a456-426614174000");
    for (bytes, reason) in [
        (&b"\x00"[..], "a decimal without a byte"),
        (b"\x0a\x01\x00\x00\x00\x00", "the decimal has more than 9 digits"),
        (b"\x22\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "the decimal has more than 9 digits"),
    ] {
        assert_eq!(from_datum::<Decimal<9, 2>>(bytes).unwrap_err().reason(), reason);
    }
    let padded = b"\x24\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfb";
    assert_eq!(from_datum::<Decimal<9, 2>>(padded).unwrap().unscaled(), -5);
}

/// The shortest two's complement.
fn minimal(number: i128) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    while bytes.len() > 1 && (bytes[0] == 0 && bytes[1] < 0x80 || bytes[0] == 0xff && bytes[1] >= 0x80) {
        bytes.remove(0);
    }
    bytes
}

/// In another order than the file's, and with other names.
#[derive(Debug, Clone, PartialEq, AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc")]
struct Order {
    notes: BTreeMap<String, String>,
    id: i64,
    lines: Vec<Line>,
    #[avro(name = "state")]
    current: State,
    placed: TimestampMillis,
    digest: [u8; 16],
    currency: Option<String>,
    parent: Option<Box<Order>>,
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.Line")]
struct Line {
    price: Decimal<9, 2>,
    quantity: i32,
    sku: String,
}

#[derive(Debug, Clone, Copy, PartialEq, AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.State", rename_all = "UPPERCASE")]
enum State {
    Sent,
    Paid,
    Open,
}

fn order() -> Order {
    let line = Line { price: Decimal::new(1999).unwrap(), quantity: 2, sku: "a-1".into() };
    let order = Order {
        notes: BTreeMap::from([("gift".to_owned(), "yes".to_owned())]),
        id: 42,
        lines: vec![line.clone(), line],
        current: State::Paid,
        placed: TimestampMillis(1_700_000_000_000),
        digest: [9; 16],
        currency: Some("EUR".into()),
        parent: None,
    };
    Order { parent: Some(Box::new(Order { currency: None, ..order.clone() })), ..order }
}

#[test]
fn a_schema_file_gives_order_and_text() {
    assert_eq!(text::<Order>(), include_str!("schemas/order.avsc"));
    let datum = round_trip(&order());
    let schema = apache_avro::Schema::parse_str(include_str!("schemas/order.avsc")).unwrap();
    let value = apache_avro::from_avro_datum(&schema, &mut datum.as_slice(), None).unwrap();
    assert_eq!(apache_avro::to_avro_datum(&schema, value.clone()).unwrap(), datum);
    let Value::Record(fields) = value else { panic!("a record") };
    assert_eq!(fields[1].1, Value::Union(0, Box::new(Value::String("EUR".into()))));
    assert_eq!(fields[3].1, Value::Enum(1, "PAID".into()));
    assert_eq!(
        text::<Line>(),
        r#"{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"sku","type":"string"},{"name":"quantity","type":"int","default":1},{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}"#
    );
}

#[test]
fn errors_say_where() {
    let mut datum = to_datum(&order());
    datum.truncate(29);
    let error = from_datum::<Order>(&datum).unwrap_err();
    assert_eq!(error.to_string(), "lines[1].price: the bytes end inside the value");
    let whole = to_datum(&OrderId(1));
    assert_eq!(
        from_datum::<OrderId>(&[&whole[..], b"\0"].concat()).unwrap_err().to_string(),
        "bytes are left over behind the value"
    );
    let error = from_datum::<BTreeMap<String, i8>>(b"\x02\x02k\x80\x02\0").unwrap_err();
    assert_eq!(error.to_string(), "[\"k\"]: 128 does not fit i8");
}

/// Two types of one name.
mod twice {
    use super::AssayAvro;

    #[derive(AssayAvro)]
    pub(super) struct Outer {
        pub(super) one: one::Same,
        pub(super) other: Inner,
    }

    #[derive(AssayAvro)]
    pub(super) struct Inner {
        pub(super) same: other::Same,
    }

    pub(super) mod one {
        #[derive(super::AssayAvro)]
        pub(crate) struct Same {
            pub(crate) a: i32,
        }
    }

    pub(super) mod other {
        #[derive(super::AssayAvro)]
        pub(crate) struct Same {
            pub(crate) a: i64,
        }
    }
}

#[test]
fn two_types_of_one_name_are_refused() {
    // Side by side the compiler refuses them (`refused/one_name.rs`).
    let other = twice::Inner { same: twice::other::Same { a: 2 } };
    let outer = twice::Outer { one: twice::one::Same { a: 1 }, other };
    assert_eq!(to_datum(&outer), b"\x02\x04");
    let error = twice::Outer::schema().unwrap_err().to_string();
    assert!(error.contains("two different types have the name Same"), "{error}");
}
