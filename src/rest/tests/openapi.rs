//! The route table equals `openapi.yaml`: paths, methods, operation ids, path parameters; and so do the error codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use assay_rest::{ROUTES, Verb};
use serde_json::Value;

fn document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.yaml");
    serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn resolve<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    match node.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} dangles")),
        None => node,
    }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let mut described = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if path.starts_with("/v1/validation/") {
            continue; // the binary's own; it holds them against the document
        }
        for verb in [Verb::Get, Verb::Post, Verb::Put, Verb::Delete] {
            let Some(operation) = item.get(verb.as_str().to_ascii_lowercase()) else { continue };
            described.insert((path.clone(), verb), operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let served = ROUTES.iter().map(|r| ((r.path.to_owned(), r.verb), r.id.to_owned())).collect();
    assert_eq!(described, served);
}

#[test]
fn path_parameters_are_described() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = item.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let described: BTreeSet<&str> = parameters
            .map(|p| resolve(&document, p))
            .filter(|p| p["in"] == "path")
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        assert_eq!(named, described, "{path}");
    }
}

#[test]
fn writes_have_bodies_and_every_operation_has_the_error_answer() {
    let document = document();
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.verb.as_str().to_ascii_lowercase()];
        assert_eq!(
            operation.get("requestBody").is_some(),
            route.verb.has_body() && route.path != "/",
            "{route:?}"
        );
        assert!(operation["responses"].get("default").is_some(), "{route:?}");
    }
}

#[test]
fn no_reference_dangles() {
    fn walk(document: &Value, node: &Value) {
        resolve(document, node);
        match node {
            Value::Object(members) => members.values().for_each(|v| walk(document, v)),
            Value::Array(items) => items.iter().for_each(|v| walk(document, v)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}
