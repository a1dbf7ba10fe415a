//! What holds for any framed bytes: the frame itself, and the deserializers of the three formats, whose schemas are known.

use std::sync::OnceLock;

use assay_client::blocking::Client;
use assay_wire::{ID_FRAME_LEN, SchemaKey, guid_header, write_header};
use prost::Message as _;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::blocking::Blocking;
use crate::{
    Attempt, AvroDeserializer, AvroSchema, AvroSerializer, Framed, Framing, JsonDeserializer, JsonSchema,
    JsonSerializer, Part, Prepared, ProtobufDeserializer, ProtobufSchema, ProtobufSerializer, SerdeError,
    Validation,
};

const AVRO: &str = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},
    {"name":"note","type":["null","string"]},{"name":"items","type":{"type":"array","items":"int"}}]}"#;
const PROTOBUF: &str = r#"syntax = "proto3"; message First { string text = 1; map<string, int32> counts = 2; }
    message Outer { message Inner { Outer outer = 1; repeated sint64 numbers = 2; bytes raw = 3; } Inner inner = 1; }"#;
const JSON: &str =
    r#"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"note":{"type":"string"}}}"#;

/// Any bytes, also as a header: what is taken for a frame is one, to the byte.
pub fn frame_properties(data: &[u8]) {
    let name = |key: SchemaKey| match key {
        SchemaKey::Id(id) => {
            let mut out = Vec::new();
            write_header(id, &mut out);
            out
        }
        SchemaKey::Guid(guid) => guid_header(guid).to_vec(),
    };
    match Framed::from(data).split() {
        Ok(None) => unreachable!("bytes are no tombstone"),
        Ok(Some(split)) => {
            assert_eq!(
                (split.indexes, [&name(split.key)[..], split.payload].concat()),
                (None, data.to_vec())
            );
        }
        Err(error) => assert!(!error.is_transient(), "{error}"),
    }
    for at in [0, data.len().min(17), data.len()] {
        let (header, bytes) = data.split_at(at);
        if let Ok(Some(split)) = (Framed { bytes: Some(bytes), header: Some(header) }).split() {
            assert_eq!([&name(split.key)[..], split.indexes.unwrap_or_default()].concat(), header);
            assert_eq!(split.payload, bytes);
        }
        assert_eq!((Framed { bytes: None, header: Some(header) }).split().ok(), Some(None));
    }
}

/// The readers of the three formats, which know the schemas of a registry of their own, and what writes with them.
struct Readers {
    avro: (Blocking<AvroDeserializer>, Prepared<AvroSchema>),
    protobuf: (Blocking<ProtobufDeserializer>, [Prepared<ProtobufSchema>; 2]),
    json: (Blocking<JsonDeserializer>, Prepared<JsonSchema>),
}

fn readers() -> Option<&'static Readers> {
    static READERS: OnceLock<Option<Readers>> = OnceLock::new();
    READERS.get_or_init(|| make().ok()).as_ref()
}

fn make() -> Result<Readers, SerdeError> {
    let client = Client::in_memory()?;
    let avro = Blocking::new(&client, AvroSerializer::new);
    let avro = avro.prepare("avro", Part::Value, &AvroSchema::parse(AVRO)?)?;
    let file = ProtobufSchema::parse(PROTOBUF)?;
    let messages = Blocking::new(&client, ProtobufSerializer::new);
    let message = |name: &str| messages.prepare("protobuf", Part::Value, &file, name);
    let messages = [message("First")?, message("Outer.Inner")?];
    let json = Blocking::new(&client, JsonSerializer::new);
    let json = json.prepare("json", Part::Value, &JsonSchema::parse(JSON)?)?;
    let readers = Readers {
        avro: (Blocking::new(&client, AvroDeserializer::new), avro),
        protobuf: (Blocking::new(&client, ProtobufDeserializer::new), messages),
        json: (Blocking::new(&client, JsonDeserializer::new), json),
    };
    for place in [Framing::Prefix, Framing::Header] {
        // Reading nothing may fail; the schemas are known then.
        let _ = readers.avro.0.deserialize::<IgnoredAny>(Record::new(&readers.avro.1, place, b"").framed());
        let _ = readers.json.0.deserialize::<Value>(Record::new(&readers.json.1, place, b"").framed());
        for message in &readers.protobuf.1 {
            let _ = readers.protobuf.0.deserialize::<()>(Record::new(message, place, b"").framed());
        }
    }
    Ok(readers)
}

/// A payload in a frame.
struct Record {
    header: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Record {
    fn new<P>(prepared: &Prepared<P>, place: Framing, payload: &[u8]) -> Record {
        let (prefix, indexes) = prepared.prefix().split_at(ID_FRAME_LEN.min(prepared.prefix().len()));
        match (place, prepared.guid()) {
            (Framing::Header, Some(guid)) => {
                Record { header: Some([&guid_header(guid)[..], indexes].concat()), bytes: payload.to_vec() }
            }
            _ => Record { header: None, bytes: [prefix, indexes, payload].concat() },
        }
    }

    fn framed(&self) -> Framed<'_> {
        Framed { bytes: Some(&self.bytes), header: self.header.as_deref() }
    }
}

/// The value, if it is one. Whatever the bytes, the schema is known, and an error is one for good.
fn value<T>(read: Result<Attempt<Option<T>>, SerdeError>) -> Option<T> {
    match read {
        Ok(Attempt::Ready(value)) => {
            assert!(value.is_some(), "bytes are no tombstone");
            value
        }
        Ok(Attempt::NeedsSchema(key)) => unreachable!("schema {key} is known"),
        Err(error) => {
            assert!(matches!(error, SerdeError::Payload { .. }), "{error:?}");
            None
        }
    }
}

/// Any payload in a good frame; the first byte says in which, and of which format. What is read can be written, and is the same again.
pub fn deserializer_properties(data: &[u8]) {
    let (Some((choice, payload)), Some(readers)) = (data.split_first(), readers()) else { return };
    let place = if choice & 1 == 0 { Framing::Prefix } else { Framing::Header };
    match choice >> 1 & 3 {
        0 => {
            let (reader, schema) = (readers.avro.0.inner(), &readers.avro.1);
            let record = Record::new(schema, place, payload);
            let Some(read) = value(reader.try_deserialize_value(record.framed())) else { return };
            let mut again = Vec::new();
            assert!(schema.serialize_value_into(&read, &mut again).is_ok(), "{read:?}");
            assert_eq!(value(reader.try_deserialize_value(&again[..])), Some(read));
        }
        1 => {
            let (reader, schema) = (readers.json.0.inner(), &readers.json.1);
            let record = Record::new(schema, place, payload);
            let Some(read) = value(reader.try_deserialize::<Value>(record.framed())) else { return };
            let mut again = Vec::new();
            assert!(schema.serialize_into(&read, Validation::On, &mut again).is_ok(), "{read:?}");
            assert!(value(reader.try_deserialize::<Value>(&again[..])).is_some(), "{read:?}");
        }
        which => {
            let (reader, [first, inner]) = (readers.protobuf.0.inner(), &readers.protobuf.1);
            let schema = if which == 2 { first } else { inner };
            let record = Record::new(schema, place, payload);
            let Some(read) = value(reader.try_deserialize_dynamic(record.framed())) else { return };
            let mut again = Vec::new();
            schema.serialize_into(&read, &mut again);
            let same = value(reader.try_deserialize_dynamic(&again[..]));
            assert_eq!(same.map(|same| same.encoded_len()), Some(read.encoded_len()));
        }
    }
}
