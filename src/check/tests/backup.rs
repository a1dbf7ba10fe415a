//! Any bytes, and lines that are nearly right, as a backup file.
#![allow(clippy::unwrap_used, reason = "tests")]

use assay_check::properties::backup_properties;
use proptest::collection::vec;
use proptest::prelude::*;

fn line() -> impl Strategy<Value = String> {
    let subject = "[ab]|:\\.c:[ab]|:odd";
    prop_oneof![
        (subject, 0..4i32, 0..5u32, any::<bool>(), vec((subject, 0..4i32), 0..3)).prop_map(|(s, v, id, deleted, refs)| {
            let refs: Vec<_> = refs.iter().map(|(s, v)| serde_json::json!({"name": "n", "subject": s, "version": v})).collect();
            serde_json::json!({"subject": s, "version": v, "id": id, "schema": "x", "deleted": deleted, "references": refs}).to_string()
        }),
        (subject, "READONLY|IMPORT").prop_map(|(s, m)| serde_json::json!({"mode": m, "subject": s}).to_string()),
        subject.prop_map(|s| serde_json::json!({"config": {"compatibilityLevel": "FULL"}, "subject": s}).to_string()),
        any::<u32>().prop_map(|id| serde_json::json!({"max-id": id, "context": "."}).to_string()),
        ".*",
    ]
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        backup_properties(&bytes);
    }

    #[test]
    fn nearly_right_lines(lines in vec(line(), 0..8)) {
        backup_properties(format!("{{\"assay-backup\":1}}\n{}\n", lines.join("\n")).as_bytes());
    }
}
