//! `#[derive(AssayAvro)]`: an Avro schema and a straight-line codec from one definition. Use it as `assay_serde::AssayAvro`.
//!
//! A struct is a record, an enum of unit variants an enum, an enum whose variants hold one value a union, and a struct of one unnamed
//! field the type of that field (over `[u8; N]`, a named fixed). With `#[avro(schema = "file.avsc")]` the definition is compared with
//! the file when it is compiled, and the file is the schema.
//!
//! What the generated code needs stands in `assay_serde::derive`. Here is no Avro: files are parsed by `assay-schema`.

mod attributes;
mod checked;
mod enums;
mod expand;
mod newtype;
mod record;
mod schema_file;
mod types;
mod unions;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `AvroType`, `AvroEncode`, `AvroDecode` and `AvroSchemaOf` of `assay_serde::derive`.
///
/// On the type: `name`, `namespace`, `doc`, `alias` or `aliases(..)`, `rename_all` (`camelCase`, `PascalCase`, `snake_case`,
/// `SCREAMING_SNAKE_CASE`, `lowercase`, `UPPERCASE`), `schema = "file.avsc"` relative to the crate's `Cargo.toml`.
///
/// On a field: `name` or `rename`, `doc`, `alias` or `aliases(..)`, `default` (JSON text, or a number or boolean), `logical` (the logical
/// type of a number or text), `fixed` (the name of a `[u8; N]`), `skip` (not in the schema; `Default` when read).
/// An `Option` has the default null if it has no other; with another one null is its last branch.
///
/// On a variant: `name` or `rename`; and `default` on the symbol that stands for unknown ones.
#[proc_macro_derive(AssayAvro, attributes(avro))]
pub fn derive_assay_avro(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input).unwrap_or_else(|error| error.into_compile_error()).into()
}
