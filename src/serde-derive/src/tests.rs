//! What the macro itself refuses, and where it points.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use syn::{DeriveInput, parse_str};

use crate::expand::expand;

/// The message, and the source text it points at.
#[track_caller]
fn refused(source: &str, at: &str, message: &str) {
    let input: DeriveInput = parse_str(source).unwrap();
    let error = match expand(&input) {
        Ok(_) => panic!("not refused: {source}"),
        Err(error) => error,
    };
    assert!(error.to_string().contains(message), "{error}\nexpected: {message}");
    assert_eq!(error.span().source_text().unwrap_or_default(), at, "{error}");
}

#[test]
fn kinds_of_types() {
    refused("struct A<T> { a: T }", "T", "does not take generic types");
    refused("struct A<const N: usize> { a: [u8; N] }", "const N: usize", "does not take generic types");
    refused("struct A<'a, 'b> { a: &'a str, b: &'b str }", "'b", "one lifetime at most");
    refused("struct A(i32, i32);", "(i32, i32)", "named fields");
    refused("struct A;", "A", "named fields");
    refused("enum E {}", "E", "at least one symbol");
    refused("union U { a: i32 }", "union", "structs and enums");
    refused("enum E { A { a: i32 }, B(i32) }", "{ a: i32 }", "a struct of their own");
    refused("enum E { A(i32, i32) }", "(i32, i32)", "a struct of their own");
}

#[test]
fn attributes() {
    refused("#[avro(nam = \"x\")] struct A { a: i32 }", "nam", "unknown attribute of a type; known are name");
    refused("#[avro(rename_all = \"kebab\")] struct A { a: i32 }", "\"kebab\"", "unknown case \"kebab\"");
    refused("struct A { #[avro(optional)] a: i32 }", "optional", "known here are name, rename, doc");
    refused("struct A { #[avro(name = \"a-b\")] a: i32 }", "\"a-b\"", "\"a-b\" is no Avro name");
    refused(
        "struct A { a: i32, #[avro(name = \"a\")] b: i32 }",
        "b",
        "the field `a` has the name \"a\" in the schema, too",
    );
    refused("struct A { #[avro(default = \"EUR\")] a: String }", "\"EUR\"", "a text needs its quotes");
    refused("struct A { #[avro(default)] a: i32 }", "default", "a default needs a value");
    refused(
        "struct A { #[avro(logical = \"decimal\")] a: Vec<u8> }",
        "\"decimal\"",
        "use the type logical::Decimal",
    );
    refused("struct A { #[avro(fixed = \"F\")] a: i32 }", "i32", "fixed is for the type [u8; N]");
    refused("#[avro(name = \"a.B\", namespace = \"c\")] struct A { a: i32 }", "\"c\"", "a namespace already");
    refused("enum E { #[avro(default)] A, #[avro(default)] B }", "default", "only one symbol");
    refused("enum E { #[avro(name = \"B\")] A, B }", "B", "`A` is the symbol \"B\", too");
    refused("#[avro(name = \"U\")] enum E { A(i32), B }", "\"U\"", "which has no name");
    refused("#[avro(name = \"N\")] struct A(i32);", "\"N\"", "only over [u8; N]");
}

#[test]
fn schema_files() {
    let file = "#[avro(schema = \"../serde/tests/schemas/order.avsc\")]";
    let line = "#[avro(schema = \"../serde/tests/schemas/order.avsc\", name = \"shop.Line\")]";
    let state = "#[avro(schema = \"../serde/tests/schemas/order.avsc\", name = \"shop.State\")]";
    refused(
        "#[avro(schema = \"no.avsc\")] struct A { a: i32 }",
        "\"no.avsc\"",
        "cannot read the schema file no.avsc",
    );
    refused(
        "#[avro(schema = \"Cargo.toml\")] struct A { a: i32 }",
        "\"Cargo.toml\"",
        "is no Avro schema that stands alone",
    );
    refused(
        &format!("{file} struct A {{ id: i64 }}"),
        "A",
        "the record shop.Order has the field \"currency\", the struct has none",
    );
    refused(
        &format!("{line} struct A {{ sku: String, quantity: i32, price: i32, weight: i32 }}"),
        "weight",
        "the record shop.Line has no field \"weight\"; it has sku, quantity, price",
    );
    refused(
        &format!("{line} struct A {{ sku: String, #[avro(default = 1)] quantity: i32, price: i32 }}"),
        "1",
        "come from the schema file",
    );
    refused(&format!("{file} enum A {{ X, Y }}"), "A", "the schema has record, the definition is enum");
    refused(&format!("{state} enum A {{ OPEN, PAID }}"), "A", "has the symbol \"SENT\"");
    refused(
        &format!("{state} enum A {{ OPEN, PAID, SENT, LOST }}"),
        "LOST",
        "has no symbol \"LOST\"; it has OPEN, PAID, SENT",
    );
    refused(
        "#[avro(schema = \"../serde/tests/schemas/order.avsc\", name = \"shop.Lin\")] struct A { a: i32 }",
        "\"shop.Lin\"",
        "has no type of that name",
    );
}
