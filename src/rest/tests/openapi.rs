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

/// Every operation of the document, with what its path shares.
fn operations(document: &Value) -> Vec<(&str, &Value, &Value)> {
    let items = document["paths"].as_object().unwrap().values();
    let of_item = |item| {
        let found =
            ["get", "put", "post", "delete"].into_iter().filter_map(move |verb| Value::get(item, verb));
        found.map(move |operation| (operation["operationId"].as_str().unwrap(), operation, item))
    };
    items.flat_map(of_item).collect()
}

fn parameters<'a>(document: &'a Value, operation: &'a Value, item: &'a Value) -> Vec<&'a Value> {
    let lists = [item, operation].into_iter().filter_map(|node| node.get("parameters")?.as_array());
    lists.flatten().map(|parameter| resolve(document, parameter)).collect()
}

#[test]
fn everything_has_an_example() {
    let document = document();
    let shown = |node: &Value| node.get("example").is_some() || node.get("examples").is_some();
    let mut bare = Vec::new();
    for (id, operation, item) in operations(&document) {
        for parameter in parameters(&document, operation, item) {
            if !shown(parameter) && parameter["schema"].get("default").is_none() {
                bare.push(format!("{id}: parameter {}", parameter["name"]));
            }
        }
        let request = operation.get("requestBody").map(|body| resolve(&document, body));
        let answers = operation["responses"].as_object().unwrap().values().map(|r| resolve(&document, r));
        for part in request.into_iter().chain(answers) {
            for (media, content) in part.get("content").and_then(Value::as_object).into_iter().flatten() {
                if !shown(content) {
                    bare.push(format!("{id}: {media}"));
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new(), "without an example");
}

/// What a stateful fuzzer goes by: each operation that takes a name or a body follows from another one.
#[test]
fn links_lead_to_every_operation_that_needs_something() {
    let document = document();
    let all = operations(&document);
    let mut reached = BTreeSet::new();
    for (id, operation, _) in &all {
        let answers = operation["responses"].as_object().unwrap().values();
        let links =
            answers.filter_map(|answer| resolve(&document, answer).get("links")?.as_object()).flatten();
        for (name, link) in links {
            let target = link["operationId"].as_str().unwrap();
            let found = all.iter().find(|(id, _, _)| *id == target);
            let (_, operation, item) = found.unwrap_or_else(|| panic!("{id}: link {name} to {target}"));
            let known = parameters(&document, operation, item);
            for key in link.get("parameters").and_then(Value::as_object).into_iter().flat_map(|p| p.keys()) {
                let key = key.strip_prefix("query.").unwrap_or(key);
                assert!(known.iter().any(|p| p["name"] == key), "{id}: link {name}: {target} has no {key}");
            }
            let needed = known.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap());
            for name in needed {
                let given = link.get("parameters").and_then(|parameters| parameters.get(name));
                assert!(given.is_some(), "{id} to {target}: no {name}");
            }
            reached.insert(target);
        }
    }
    let needy = |(id, operation, item): &(&str, &Value, &Value)| {
        let takes = operation.get("requestBody").is_some()
            || parameters(&document, operation, item).iter().any(|p| p["in"] == "path");
        (takes && !reached.contains(id)).then(|| (*id).to_owned())
    };
    assert_eq!(all.iter().filter_map(needy).collect::<Vec<_>>(), Vec::<String>::new(), "no link leads there");
}
