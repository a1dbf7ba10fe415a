//! The property that the fuzz targets run, on pairs that parse: rows of the tables beside each other, and edited ones.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use assay_compat::properties::compatibility_properties;
use assay_schema::SchemaType;
use assay_schema::testing::{Rng, next_version};
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn rows_of_the_tables() {
    let tables = [
        (SchemaType::Avro, include_str!("rules.json")),
        (SchemaType::Protobuf, include_str!("protobuf.json")),
        (SchemaType::Json, include_str!("json.json")),
    ];
    let mut rng = Rng::new(61);
    for (ty, table) in tables {
        let rows: Vec<Value> = serde_json::from_str(table).unwrap();
        let texts: Vec<String> = rows
            .iter()
            .flat_map(|row| [&row["old"], &row["new"]])
            .map(|schema| match schema {
                Value::String(text) if ty == SchemaType::Protobuf => text.clone(),
                other => other.to_string(),
            })
            .collect();
        for pair in texts.windows(2) {
            compatibility_properties(ty, &pair[0], &pair[1]);
            if ty != SchemaType::Protobuf {
                compatibility_properties(ty, &pair[0], &next_version(&pair[0], &mut rng));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_texts(old in ".{0,80}", new in ".{0,80}") {
        for ty in SchemaType::ALL {
            compatibility_properties(ty, &old, &new);
        }
    }
}
