//! Generic values: what `apache-avro` makes of bytes we make of them, and the other way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::data;

use crate::generated::shown;
use assay_schema::{ParsedSchema, testing::Rng};
use assay_serde::{
    AvroSchema,
    apache_avro::{Schema, from_avro_datum, to_avro_datum, types::Value},
};

/// As text; a decimal of no bytes is zero.
fn plain(value: &Value) -> String {
    shown(value).replace("len: 0 })", "len: 1 })")
}

#[test]
fn as_apache_avro_has_them() {
    let mut compared = 0;
    for seed in 0..3000 {
        let mut rng = Rng::new(seed);
        let (text, ParsedSchema::Avro(model)) = data::schema(&mut rng) else { panic!("an Avro schema") };
        // The crate is stricter about schemas, and reads a top-level `bytes` with its length.
        let Ok(theirs) = Schema::parse_str(&text) else { continue };
        let ours = AvroSchema::parse(&text).unwrap();
        if matches!(theirs, Schema::Bytes | Schema::Decimal(_) | Schema::BigDecimal) {
            continue;
        }
        for _ in 0..4 {
            let datum = data::datum(&model, &mut rng);
            let mut rest = &datum[..];
            let Ok(expected) = from_avro_datum(&theirs, &mut rest, None) else { continue };
            assert!(rest.is_empty());
            let value = ours.decode_value(&datum).unwrap_or_else(|error| panic!("{error}: {text} {datum:?}"));
            assert_eq!(plain(&value), plain(&expected), "{text} {datum:?}");
            // It panics at a decimal of no bytes.
            let written = std::panic::catch_unwind(|| to_avro_datum(&theirs, expected));
            let Ok(Ok(bytes)) = written else { continue };
            let mut again = Vec::new();
            ours.encode_value(&value, &mut again).unwrap_or_else(|error| panic!("{error}: {text} {value:?}"));
            let again = ours.decode_value(&again).unwrap();
            assert_eq!(shown(&again), shown(&value), "{text}");
            assert_eq!(shown(&ours.decode_value(&bytes).unwrap()), shown(&value), "{text}");
            compared += 1;
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn values_of_another_schema_are_fitted() {
    let schema = AvroSchema::parse(
        r#"{"type":"record","name":"R","fields":[
            {"name":"u","type":["null","long",{"type":"record","name":"S","fields":[{"name":"x","type":"int"}]},{"type":"map","values":"int"}]},
            {"name":"d","type":"string","default":"dd"},
            {"name":"e","type":["string",{"type":"enum","name":"E","symbols":["A","B"]}]}]}"#,
    )
    .unwrap();
    let row = |u: Value| Value::Record(vec![("e".into(), Value::Enum(0, "B".into())), ("u".into(), u)]);
    let inner = |name: &str| Value::Record(vec![(name.into(), Value::Int(1))]);
    for (value, want) in [
        (Value::Int(3), &b"\x02\x06\x04dd\x02\x02"[..]),
        (Value::Union(0, Box::new(Value::Int(3))), b"\x02\x06\x04dd\x02\x02"), // an index of another union
        (Value::Union(0, Box::new(Value::Null)), b"\0\x04dd\x02\x02"),
        (inner("x"), b"\x04\x02\x04dd\x02\x02"),
        (inner("y"), b"\x06\x02\x02y\x02\0\x04dd\x02\x02"),
    ] {
        let mut out = Vec::new();
        schema.encode_value(&row(value), &mut out).unwrap();
        assert_eq!(out, want);
    }
    let error = schema.encode_value(&row(Value::Boolean(true)), &mut Vec::new()).unwrap_err();
    assert_eq!(error.path, "u");
    assert!(error.reason.contains("takes a boolean: it has null, long, S, map"), "{error}");
}
