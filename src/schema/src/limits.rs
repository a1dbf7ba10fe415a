//! The bounds on what a schema may ask of us.

/// Named limits of schema parsing. Reaching one is an error that names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one schema text.
    pub schema_bytes: usize,
    /// Nesting of JSON values, of Protobuf messages, and of types inside types.
    pub depth: usize,
    /// Schemas in the transitive closure of references.
    pub references: usize,
    /// Bytes of all texts in the transitive closure of references.
    pub closure_bytes: usize,
    /// Named types (Avro), or messages and enums (Protobuf), in a schema with its references.
    pub names: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            schema_bytes: 1024 * 1024,
            depth: 200,
            references: 1000,
            closure_bytes: 16 * 1024 * 1024,
            names: 100_000,
        }
    }
}
