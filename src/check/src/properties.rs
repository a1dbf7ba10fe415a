//! What must hold for any bytes; run by proptest on stable and by cargo-fuzz (`src/check/fuzz`).

use crate::transfer::{OnConflict, Snapshot, parse, plan, print};

/// Any bytes as a backup file: never panics; what is read prints to something that reads as the same; planning it ends.
pub fn backup_properties(bytes: &[u8]) {
    let Ok(snapshot) = parse(bytes) else { return };
    let mut out = Vec::new();
    let printed = print(&snapshot, &mut out);
    assert!(printed.is_ok());
    assert!(parse(&*out).is_ok_and(|again| again == snapshot), "what is printed reads as the same");
    for on_conflict in [OnConflict::Fail, OnConflict::Skip, OnConflict::Overwrite] {
        let Ok(plan) = plan(&snapshot, &Snapshot::default(), on_conflict) else { continue };
        assert!(plan.conflicts.is_empty() && plan.register.len() == snapshot.schemas.len());
    }
}

/// Any text as `assay-check.toml`, as a schema in which a place is looked for, and as globs: never panics; a position
/// is inside the text.
pub fn check_properties(text: &str, place: &str) {
    if let Ok(config) = crate::config::Config::parse(text) {
        let _ = config.settings(place);
    }
    let _ = crate::glob::matches(place, text);
    for ty in assay_schema::SchemaType::ALL {
        if let Some(at) = crate::locate::position(ty, text, place) {
            let lines = text.bytes().filter(|b| *b == b'\n').count() + 1;
            assert!(at.line >= 1 && at.column >= 1 && at.line as usize <= lines, "{at}");
        }
    }
}
