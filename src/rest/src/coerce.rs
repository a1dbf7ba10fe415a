//! Reading request bodies the way clients of the reference expect (contract 1.1): unknown members are ignored, the last
//! of a repeated member counts, numbers may come as text and text as numbers or booleans. Lists and maps are bounded.
//!
//! Values are read straight into their final types: no tree of the body is built, so memory stays in proportion.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::ApiError;

/// Most elements of one list, and members of one map, in a request body.
pub(crate) const ITEMS_MAX: usize = 10_000;

/// Reads a body that must be there.
///
/// # Errors
/// 422 for no body, an empty one, or `null`; 400 for text that is not JSON or does not map.
pub(crate) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    optional_body(bytes)?.ok_or_else(|| ApiError::generic(422, "the request needs a JSON body"))
}

/// Reads a body that may be missing or `null`.
///
/// # Errors
/// 400 for text that is not JSON or does not map.
pub(crate) fn optional_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>, ApiError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice::<Option<T>>(bytes)
        .map_err(|error| ApiError::generic(400, format!("the request body does not read as JSON: {error}")))
}

/// A text member; numbers and booleans are taken as their text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(pub(crate) String);

/// A 32-bit integer member; text, and numbers with a fraction (which is cut off), are taken too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Int(pub(crate) i32);

/// A 64-bit integer member; text is taken too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Long(pub(crate) i64);

/// A boolean member; the texts `true` and `false` in any case, and numbers, are taken too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

/// A list of at most [`ITEMS_MAX`] elements. Null elements are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

/// A map of at most [`ITEMS_MAX`] members, sorted by key. Null members are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map<T>(pub(crate) BTreeMap<String, T>);

/// A member whose absence differs from an explicit null: absent keeps, null clears (contract 1.7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Patch<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

macro_rules! scalar {
    ($name:ident, $expecting:literal, $($visit:ident($arg:ident: $ty:ty) -> $make:expr;)*) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Seen;
                impl Visitor<'_> for Seen {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str($expecting) }
                    $(fn $visit<E: de::Error>(self, $arg: $ty) -> Result<$name, E> { $make })*
                }
                deserializer.deserialize_any(Seen)
            }
        }
    };
}

scalar! { Text, "text",
    visit_str(v: &str) -> Ok(Text(v.to_owned()));
    visit_string(v: String) -> Ok(Text(v));
    visit_bool(v: bool) -> Ok(Text(v.to_string()));
    visit_i64(v: i64) -> Ok(Text(v.to_string()));
    visit_u64(v: u64) -> Ok(Text(v.to_string()));
    visit_f64(v: f64) -> Ok(Text(v.to_string()));
}

scalar! { Int, "a 32-bit integer",
    visit_i64(v: i64) -> i32::try_from(v).map(Int).map_err(|_| out_of_range(&v));
    visit_u64(v: u64) -> i32::try_from(v).map(Int).map_err(|_| out_of_range(&v));
    visit_f64(v: f64) -> match v.trunc() {
        whole if whole >= f64::from(i32::MIN) && whole <= f64::from(i32::MAX) => Ok(Int(whole as i32)),
        _ => Err(out_of_range(&v)),
    };
    visit_str(v: &str) -> v.trim().parse().map(Int).map_err(|_| out_of_range(&v));
}

scalar! { Long, "a 64-bit integer",
    visit_i64(v: i64) -> Ok(Long(v));
    visit_u64(v: u64) -> i64::try_from(v).map(Long).map_err(|_| not_long(&v));
    visit_str(v: &str) -> v.trim().parse().map(Long).map_err(|_| not_long(&v));
}

scalar! { Flag, "a boolean",
    visit_bool(v: bool) -> Ok(Flag(v));
    visit_i64(v: i64) -> Ok(Flag(v != 0));
    visit_u64(v: u64) -> Ok(Flag(v != 0));
    visit_str(v: &str) -> match v.trim() {
        t if t.eq_ignore_ascii_case("true") => Ok(Flag(true)),
        t if t.eq_ignore_ascii_case("false") => Ok(Flag(false)),
        _ => Err(E::invalid_value(de::Unexpected::Str(v), &"a boolean")),
    };
}

fn not_long<E: de::Error>(value: &dyn fmt::Display) -> E {
    E::custom(format_args!("{value} is not a 64-bit integer"))
}

fn out_of_range<E: de::Error>(value: &dyn fmt::Display) -> E {
    E::custom(format_args!("{value} is not a 32-bit integer"))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        struct Seen<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Seen<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<Option<T>>()? {
                    if items.len() == ITEMS_MAX {
                        return Err(de::Error::custom(format_args!(
                            "a list has more than {ITEMS_MAX} elements"
                        )));
                    }
                    items.extend(item);
                }
                Ok(List(items))
            }
        }
        deserializer.deserialize_seq(Seen(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Map<T>, D::Error> {
        struct Seen<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Seen<T> {
            type Value = Map<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<T>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, Option<T>>()? {
                    if members.len() == ITEMS_MAX {
                        return Err(de::Error::custom(format_args!(
                            "an object has more than {ITEMS_MAX} members"
                        )));
                    }
                    if let Some(value) = value {
                        members.insert(key, value);
                    }
                }
                Ok(Map(members))
            }
        }
        deserializer.deserialize_map(Seen(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Patch<T>, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Patch::Null, Patch::Value))
    }
}

/// Declares a request object: its members, their types and JSON names. Unknown members are skipped, the last of a
/// repeated one counts, and an error names the member.
macro_rules! object {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty = $key:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        $vis struct $name { $($(#[$field_meta])* pub(crate) $field: $ty,)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Seen;
                impl<'de> serde::de::Visitor<'de> for Seen {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut out = $name::default();
                        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                            match &*key {
                                $($key => out.$field = map.next_value().map_err(|e| {
                                    serde::de::Error::custom(format_args!("{}: {e}", $key))
                                })?,)*
                                _ => { map.next_value::<serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok(out)
                    }
                }
                deserializer.deserialize_map(Seen)
            }
        }
    };
}
pub(crate) use object;

#[cfg(test)]
mod tests {
    use super::*;

    object! {
        struct Sample {
            text: Option<Text> = "text",
            int: Option<Int> = "int",
            flag: Option<Flag> = "flag",
            list: Option<List<Int>> = "list",
            map: Option<Map<Text>> = "map",
            patch: Patch<Text> = "patch",
            inner: Option<Inner> = "inner",
        }
    }
    object! { struct Inner { int: Option<Int> = "int", } }

    fn check(text: &str, expected: Result<Sample, u16>) {
        assert_eq!(body::<Sample>(text.as_bytes()).map_err(|e| e.status()), expected, "{text}");
    }

    fn text(value: &str) -> Option<Text> {
        Some(Text(value.to_owned()))
    }

    #[test]
    fn bodies() {
        let none = Sample::default();
        for (json, expected) in [
            ("", Err(422)),
            ("  \n", Err(422)),
            ("null", Err(422)),
            (" null ", Err(422)),
            ("{}", Ok(none.clone())),
            ("\u{feff}{}", Ok(none.clone())),
            ("{", Err(400)),
            ("{} x", Err(400)),
            ("[]", Err(400)),
            ("\"x\"", Err(400)),
            ("7", Err(400)),
            (r#"{"other":[1,{"a":null}]}"#, Ok(none.clone())),
            (r#"{"text":null,"int":null,"flag":null,"list":null,"map":null}"#, Ok(none.clone())),
            (r#"{"text":"a","text":"b"}"#, Ok(Sample { text: text("b"), ..none.clone() })),
            (r#"{"text":5}"#, Ok(Sample { text: text("5"), ..none.clone() })),
            (r#"{"text":true}"#, Ok(Sample { text: text("true"), ..none.clone() })),
            (r#"{"text":{}}"#, Err(400)),
            (r#"{"text":["a"]}"#, Err(400)),
            (r#"{"int":"12"}"#, Ok(Sample { int: Some(Int(12)), ..none.clone() })),
            (r#"{"int":-1}"#, Ok(Sample { int: Some(Int(-1)), ..none.clone() })),
            (r#"{"int":2.9}"#, Ok(Sample { int: Some(Int(2)), ..none.clone() })),
            (r#"{"int":2147483648}"#, Err(400)),
            (r#"{"int":1e300}"#, Err(400)),
            (r#"{"int":"x"}"#, Err(400)),
            (r#"{"int":true}"#, Err(400)),
            (r#"{"flag":"True"}"#, Ok(Sample { flag: Some(Flag(true)), ..none.clone() })),
            (r#"{"flag":0}"#, Ok(Sample { flag: Some(Flag(false)), ..none.clone() })),
            (r#"{"flag":"maybe"}"#, Err(400)),
            (
                r#"{"list":[1,null,"2"]}"#,
                Ok(Sample { list: Some(List(vec![Int(1), Int(2)])), ..none.clone() }),
            ),
            (r#"{"list":{}}"#, Err(400)),
            (
                r#"{"map":{"a":1,"b":null}}"#,
                Ok(Sample { map: Some(Map([("a".to_owned(), Text("1".into()))].into())), ..none.clone() }),
            ),
            (r#"{"patch":null}"#, Ok(Sample { patch: Patch::Null, ..none.clone() })),
            (r#"{"patch":"x"}"#, Ok(Sample { patch: Patch::Value(Text("x".into())), ..none.clone() })),
        ] {
            check(json, expected);
        }
    }

    #[test]
    fn errors_name_the_member() {
        let error = body::<Sample>(br#"{"inner":{"int":"x"}}"#).unwrap_err();
        assert!(error.message().contains("inner: int: x is not a 32-bit integer"), "{}", error.message());
    }

    #[test]
    fn lists_and_maps_are_bounded_and_nesting_is_too() {
        let list = format!(r#"{{"list":[{}1]}}"#, "1,".repeat(ITEMS_MAX));
        check(&list, Err(400));
        let deep = format!(r#"{{"text":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        check(&deep, Err(400));
        let ignored = format!(r#"{{"other":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(
            body::<Sample>(ignored.as_bytes()).is_ok_and(|s| s == Sample::default())
                || body::<Sample>(ignored.as_bytes()).is_err()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_never_panic(data in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = body::<Sample>(&data);
        }
    }
}
