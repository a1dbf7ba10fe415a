//! Readers' schemas for generated writers' schemas, and values to compare.

use std::{collections::BTreeMap, fmt};

use assay_schema::{
    Limits, SchemaType, Strictness,
    testing::{Rng, avro_schema, next_version},
};
use assay_serde::apache_avro::types::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Another version of a schema: some edits, promotions, optional fields; the same, or another schema, now and then.
pub(crate) fn reader(writer: &str, rng: &mut Rng) -> String {
    if rng.chance(10) {
        return writer.to_owned();
    }
    for _ in 0..30 {
        let mut text = match rng.below(20) {
            0 => avro_schema(rng),
            1..=12 => next_version(writer, rng),
            _ => writer.to_owned(),
        };
        for _ in 0..rng.below(4) {
            text = promote(&text, rng);
        }
        let strictness = if rng.chance(95) { Strictness::New } else { Strictness::Stored };
        if assay_schema::parse(SchemaType::Avro, &text, &[], strictness, &Limits::default()).is_ok() {
            return text;
        }
    }
    writer.to_owned()
}

/// One type becomes another one that it may be read as.
fn promote(text: &str, rng: &mut Rng) -> String {
    let rows: [(&str, &[&str]); 6] = [
        (
            "\"int\"",
            &[
                "\"long\"",
                "\"float\"",
                "\"double\"",
                "[\"null\",\"long\"]",
                "[\"string\",\"double\",\"float\"]",
            ],
        ),
        ("\"long\"", &["\"float\"", "\"double\"", "[\"long\",\"null\"]", "[\"null\",\"float\",\"int\"]"]),
        ("\"float\"", &["\"double\"", "[\"double\",\"boolean\"]"]),
        (
            "\"string\"",
            &["\"bytes\"", "[\"null\",\"string\"]", "[\"bytes\",\"null\"]", "[\"bytes\",\"string\"]"],
        ),
        ("\"bytes\"", &["\"string\"", "[\"null\",\"string\",\"bytes\"]"]),
        ("\"boolean\"", &["[\"null\",\"boolean\"]"]),
    ];
    let (from, to) = rows[rng.below(rows.len())];
    let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = places[rng.below(places.len())];
    format!("{}{}{}", &text[..at], rng.pick(to), &text[at + from.len()..])
}

/// A value as text, maps in order; NaN is like NaN.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Map(entries) => {
            let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (key, shown(value))).collect();
            format!("{entries:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(shown).collect::<Vec<_>>()),
        Value::Record(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Union(at, inner) => format!("{at}#{}", shown(inner)),
        other => format!("{other:?}"),
    }
}

/// Whatever is there, through serde; fields in the order of their names, so that only values count.
#[derive(Debug)]
pub(crate) enum Any {
    Leaf(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
}

impl fmt::Display for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Any::Leaf(text) => f.write_str(text),
            Any::List(items) => f.debug_list().entries(items.iter().map(|item| item.to_string())).finish(),
            Any::Map(map) => {
                f.debug_map().entries(map.iter().map(|(key, item)| (key, item.to_string()))).finish()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Any, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

macro_rules! leaves {
    ($($name:ident: $ty:ty),*) => {
        $(fn $name<E>(self, value: $ty) -> Result<Any, E> {
            Ok(Any::Leaf(format!("{value:?}")))
        })*
    };
}

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    leaves! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f32: f32, visit_f64: f64, visit_str: &str, visit_bytes: &[u8] }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(Any::Leaf("null".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Any, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Any::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Any, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry()? {
            map.insert(key, value);
        }
        Ok(Any::Map(map))
    }
}
