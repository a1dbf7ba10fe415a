//! What holds for any bytes; run by proptest in `tests/` and by the fuzz targets. Here for Avro, whose schemas the first byte chooses.

#[cfg(feature = "derive")]
mod derived;
#[cfg(all(feature = "protobuf", feature = "json", feature = "blocking"))]
mod frames;

use std::sync::OnceLock;

use serde::de::IgnoredAny;

#[cfg(feature = "derive")]
pub use self::derived::derived_properties;
#[cfg(all(feature = "protobuf", feature = "json", feature = "blocking"))]
pub use self::frames::{deserializer_properties, frame_properties};
use crate::{AvroResolution, AvroSchema};

/// Writers' and readers' schemas; every reader meets every writer.
pub const AVRO: [&str; 8] = [
    r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":["null","string"]},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
            {"name":"sku","type":"string"},{"name":"qty","type":"int"}]}}},
        {"name":"attrs","type":{"type":"map","values":"double"}},{"name":"ok","type":"boolean"}]}"#,
    r#"{"type":"record","name":"Order","fields":[{"name":"new","type":{"type":"array","items":"long"},"default":[1,2]},
        {"name":"attrs","type":{"type":"map","values":["string","double"]}},{"name":"remark","aliases":["note"],"type":["bytes","null"]},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
            {"name":"qty","type":"double"},{"name":"price","type":"float","default":1.5}]}}}]}"#,
    r#"{"type":"record","name":"List","fields":[{"name":"v","type":"float"},{"name":"next","type":["null","List"]}]}"#,
    r#"{"type":"record","name":"List","fields":[{"name":"next","type":["List","null"]},{"name":"v","type":"double"}]}"#,
    r#"["null","int",{"type":"enum","name":"E","symbols":["A","B"]},{"type":"fixed","name":"F","size":3},{"type":"map","values":"bytes"}]"#,
    r#"["double",{"type":"map","values":"string"},{"type":"enum","name":"E","symbols":["B","Z"],"default":"Z"},"null"]"#,
    r#"{"type":"array","items":{"type":"array","items":"null"}}"#,
    r#"{"type":"array","items":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}}"#,
];

struct Pairs {
    schemas: Vec<AvroSchema>,
    /// By writer, then by reader.
    resolutions: Vec<Vec<AvroResolution>>,
}

fn pairs() -> &'static Pairs {
    static PAIRS: OnceLock<Pairs> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let schemas: Vec<AvroSchema> = AVRO.iter().filter_map(|text| AvroSchema::parse(text).ok()).collect();
        assert_eq!(schemas.len(), AVRO.len());
        let row = |writer| schemas.iter().map(|reader| AvroResolution::new(writer, reader)).collect();
        let resolutions = schemas.iter().map(row).collect();
        Pairs { schemas, resolutions }
    })
}

/// Reading never panics; all ways of reading agree on what is a datum; what is read can be written, and is as long again; what is
/// resolved is a datum of the reader's schema.
pub fn avro_properties(data: &[u8]) {
    let Some((choice, datum)) = data.split_first() else { return };
    let Pairs { schemas, resolutions } = pairs();
    let (w, r) = (usize::from(*choice) % schemas.len(), usize::from(*choice) / schemas.len() % schemas.len());
    let (Some(writer), Some(reader)) = (schemas.get(w), schemas.get(r)) else { return };
    let read = writer.decode_value(datum);
    if let Ok(value) = &read {
        assert!(writer.decode::<IgnoredAny>(datum).is_ok(), "what can be read can be skipped");
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        assert_eq!(writer.encode_value(value, &mut once), Ok(()));
        let again = writer.decode_value(&once);
        assert!(again.is_ok(), "{again:?}");
        if let Ok(again) = again {
            assert_eq!(writer.encode_value(&again, &mut twice), Ok(()));
        }
        assert_eq!(once.len(), twice.len());
    }
    let Some(resolution) = resolutions.get(w).and_then(|row| row.get(r)) else { return };
    let mut out = Vec::new();
    let transcoded = resolution.transcode(datum, &mut out);
    let resolved = resolution.decode_value(datum);
    match (&transcoded, &resolved) {
        (Ok(()), Ok(_)) => {
            let of_reader = reader.decode_value(&out);
            assert!(of_reader.is_ok(), "{of_reader:?}");
        }
        (Err(a), Err(b)) => assert_eq!(a.reason, b.reason),
        _ => assert_eq!(transcoded.is_ok(), resolved.is_ok(), "{transcoded:?} {resolved:?}"),
    }
    if w == r {
        assert_eq!(read.is_ok(), transcoded.is_ok(), "a schema resolves to itself");
    }
}
