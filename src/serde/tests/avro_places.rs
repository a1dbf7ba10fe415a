//! Structs whose fields are those of the record in order are read by place; what cannot be read so is read by name all the same.

use std::fmt;

use assay_serde::{AvroResolution, AvroSchema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

const PAIR: &str =
    r#"{"type":"record","name":"P","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#;
const TURNED: &str =
    r#"{"type":"record","name":"P","fields":[{"name":"b","type":"int"},{"name":"a","type":"int"}]}"#;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair {
    a: i32,
    b: i32,
}

fn pairs(text: &str) -> AvroSchema {
    AvroSchema::parse(&format!(r#"{{"type":"array","items":{text}}}"#)).unwrap()
}

/// As some crates write it by hand: by name, and nothing else.
#[derive(Debug, PartialEq)]
struct ByName(i32, i32);

impl<'de> Deserialize<'de> for ByName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByName, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = ByName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName, A::Error> {
                let mut found = ByName(0, 0);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "a" => found.0 = map.next_value()?,
                        "b" => found.1 = map.next_value()?,
                        other => return Err(de::Error::unknown_field(other, &["a", "b"])),
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_struct("P", &["a", "b"], Names)
    }
}

#[test]
fn what_knows_names_only_is_read_by_name() {
    let schema = pairs(PAIR);
    let value = [Pair { a: 1, b: 2 }, Pair { a: 3, b: 4 }];
    let mut datum = Vec::new();
    schema.encode(&value, &mut datum).unwrap();
    for _ in 0..2 {
        assert_eq!(schema.decode::<Vec<ByName>>(&datum).unwrap(), [ByName(1, 2), ByName(3, 4)]);
        assert_eq!(schema.decode::<Vec<Pair>>(&datum).unwrap(), value);
    }
    // Also where the one around it makes do without: what was read then counts for nothing.
    #[derive(Debug, PartialEq)]
    struct Lenient(Option<ByName>);
    impl<'de> Deserialize<'de> for Lenient {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lenient, D::Error> {
            Ok(Lenient(ByName::deserialize(deserializer).ok()))
        }
    }
    let read = pairs(PAIR).decode::<Vec<Lenient>>(&datum).unwrap();
    assert_eq!(read, [Lenient(Some(ByName(1, 2))), Lenient(Some(ByName(3, 4)))]);
}

#[test]
fn two_names_of_one_field_are_not_two_places() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        #[serde(alias = "b")]
        a: i32,
        #[serde(alias = "d")]
        c: i32,
    }
    let four = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"},
        {"name":"c","type":"int"},{"name":"d","type":"int"}]}"#;
    let error = AvroSchema::parse(four).unwrap().decode::<Both>(b"\x02\x04\x06\x08").unwrap_err();
    assert!(error.reason.contains("duplicate field"), "{error}");
    let two = four.replace(r#"{"name":"b","type":"int"},"#, "").replace(r#"{"name":"c","type":"int"},"#, "");
    let read: Both = AvroSchema::parse(&two).unwrap().decode(b"\x02\x04").unwrap();
    assert_eq!(read, Both { a: 1, c: 2 });
}

#[test]
fn places_defaults_and_skipped_fields() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct Some {
        #[serde(skip_deserializing)]
        own: i32,
        a: i32,
        #[serde(rename = "b", deserialize_with = "twice")]
        doubled: i32,
    }
    impl Default for Some {
        fn default() -> Some {
            Some { own: 7, a: 8, doubled: 9 }
        }
    }
    fn twice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
        i32::deserialize(deserializer).map(|n| 2 * n)
    }
    let read = |text: &str| AvroSchema::parse(text).unwrap().decode::<Some>(b"\x02\x04").unwrap();
    assert_eq!(read(PAIR), Some { own: 7, a: 1, doubled: 4 });
    assert_eq!(read(TURNED), Some { own: 7, a: 2, doubled: 2 });
    assert_eq!(read(&PAIR.replace("\"b\"", "\"x\"")), Some { own: 7, a: 1, doubled: 9 });
}

#[test]
fn the_order_is_the_readers() {
    for (writer, datum) in [(PAIR, b"\x02\x04"), (TURNED, b"\x04\x02")] {
        for reader in [PAIR, TURNED] {
            let (writer, reader) = (AvroSchema::parse(writer).unwrap(), AvroSchema::parse(reader).unwrap());
            let resolution = AvroResolution::new(&writer, &reader);
            assert_eq!(resolution.decode::<Pair>(datum).unwrap(), Pair { a: 1, b: 2 });
            assert_eq!(resolution.decode::<ByName>(datum).unwrap(), ByName(1, 2));
        }
    }
    // Fields that are left out, and one that is filled in.
    let writer = PAIR.replace(r#"{"name":"a""#, r#"{"name":"x","type":"string"},{"name":"a""#);
    let reader = PAIR.replace("]}", r#",{"name":"c","type":"int","default":5}]}"#);
    let (writer, reader) = (AvroSchema::parse(&writer).unwrap(), AvroSchema::parse(&reader).unwrap());
    #[derive(Debug, PartialEq, Deserialize)]
    struct Triple {
        a: i32,
        b: i32,
        c: i32,
    }
    let read: Triple = AvroResolution::new(&writer, &reader).decode(b"\x02z\x02\x04").unwrap();
    assert_eq!(read, Triple { a: 1, b: 2, c: 5 });
}
