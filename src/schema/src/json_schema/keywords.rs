//! The keywords whose values are schemas, of all drafts: the one list for everything that goes down into a JSON Schema.

/// Keywords whose value holds schemas by name.
pub const BY_NAME: &[&str] =
    &["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"];
/// Keywords whose value is an array of schemas; `items` may be one.
pub const LISTS: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value is a schema.
pub const SINGLE: &[&str] = &[
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
/// Keywords whose schemas look at the very value that the schema around them looks at. (A `$ref` does, too.)
pub const IN_PLACE: &[&str] =
    &["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"];
