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
