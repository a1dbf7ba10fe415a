//! What must hold for any file content; run by proptest on stable and by cargo-fuzz (`src/log/fuzz`).
