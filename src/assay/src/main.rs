//! The assay binary: command line, config, wiring, signals.
fn main() {}
