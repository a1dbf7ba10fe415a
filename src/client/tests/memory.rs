//! The in-memory registry answers as a real one does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;

use assay_client::{Client, ClientError, Deleted, Deletion, Normalize, Schema, blocking};
use assay_schema::{Context, Metadata, Reference, Rule, RuleSet, SchemaType, Subject, Version, VersionSpec};
use assay_wire::SchemaId;

const RECORD: &str = r#"{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int"}]}"#;

fn avro(text: &str) -> Schema {
    Schema::new(SchemaType::Avro, text)
}

fn exact(number: u32) -> VersionSpec {
    VersionSpec::Exact(Version::new(number).unwrap())
}

fn code(error: ClientError) -> u32 {
    error.error_code().unwrap_or_else(|| panic!("no code in {error}"))
}

#[tokio::test]
async fn ids_versions_and_guids() {
    let client = Client::in_memory();
    let (a, b) = (Subject::parse("a-value"), Subject::parse("b-value"));
    let first = client.register(&a, &avro(RECORD), Normalize::Default).await.unwrap();
    assert_eq!((first.id.get(), first.version.unwrap().get()), (1, 1));
    // White space is not content; the same content under another subject has the same id.
    let spaced = avro(&RECORD.replace(':', " : "));
    assert_eq!(client.register(&b, &spaced, Normalize::Default).await.unwrap().id, first.id);
    let second = client.register(&a, &avro("\"string\""), Normalize::Default).await.unwrap();
    assert_eq!((second.id.get(), second.version.unwrap().get()), (2, 2));
    let home = Context::default();
    assert_eq!(&*client.schema_by_id(&home, first.id).await.unwrap().text, RECORD);
    assert_eq!(&*client.schema_by_guid(&second.guid.unwrap()).await.unwrap().text, "\"string\"");
    assert_eq!(client.guid_by_id(&home, first.id).await.unwrap(), first.guid);
    assert_eq!(client.ids_by_guid(&first.guid.unwrap()).await.unwrap(), [(home.clone(), first.id)]);
    assert_eq!(client.version(&a, VersionSpec::Latest).await.unwrap().id, second.id);
    assert_eq!(client.version(&a, exact(1)).await.unwrap().schema.text.as_ref(), RECORD);
    assert_eq!(client.versions(&a).await.unwrap().len(), 2);
    assert_eq!(client.subjects().await.unwrap(), [a.clone(), b.clone()]);
    assert_eq!(client.lookup(&a, &spaced, Normalize::Default).await.unwrap().id, first.id);
    // Ids count per context.
    let other = Subject::parse(":.other:a-value");
    let inside = client.register(&other, &avro("\"int\""), Normalize::Default).await.unwrap();
    assert_eq!(inside.id.get(), 1);
    assert_eq!(&*client.schema_by_id(other.context(), inside.id).await.unwrap().text, "\"int\"");
}

#[tokio::test]
async fn what_is_not_there_has_the_codes_of_the_contract() {
    let client = Client::in_memory();
    let (a, none) = (Subject::parse("a"), Subject::parse("none"));
    client.register(&a, &avro(RECORD), Normalize::Default).await.unwrap();
    let home = Context::default();
    let id = SchemaId::new(9).unwrap();
    assert_eq!(code(client.schema_by_id(&home, id).await.unwrap_err()), 40403);
    assert_eq!(code(client.version(&none, VersionSpec::Latest).await.unwrap_err()), 40401);
    assert_eq!(code(client.version(&a, exact(2)).await.unwrap_err()), 40402);
    assert_eq!(code(client.lookup(&none, &avro("\"int\""), Normalize::Default).await.unwrap_err()), 40401);
    assert_eq!(code(client.lookup(&a, &avro("\"int\""), Normalize::Default).await.unwrap_err()), 40403);
    assert_eq!(code(client.register(&a, &avro("{"), Normalize::Default).await.unwrap_err()), 42201);
    let dangling = Reference { name: "x.X".into(), subject: "none".into(), version: 1 };
    let refers = avro("\"int\"").with_references([dangling]);
    assert_eq!(code(client.register(&a, &refers, Normalize::Default).await.unwrap_err()), 42201);
    // What it cannot do it refuses, and says so.
    let error = client.check_compatibility(&a, &avro("\"int\"")).await.unwrap_err();
    assert!(error.to_string().contains("in-memory registry"), "{error}");
    assert_eq!(client.compatibility_level(Some(&a)).await.unwrap(), "NONE");
    assert_eq!(client.associations("-", "topic", "topic", "value").await.unwrap(), []);
}

#[tokio::test]
async fn what_was_refused_is_found_once_it_is_registered() {
    let client = Client::in_memory();
    let a = Subject::parse("a");
    let schema = avro(RECORD);
    let id = SchemaId::new(1).unwrap();
    client.lookup(&a, &schema, Normalize::Default).await.unwrap_err();
    client.schema_by_id(&Context::default(), id).await.unwrap_err();
    client.version(&a, VersionSpec::Latest).await.unwrap_err();
    client.register(&a, &schema, Normalize::Default).await.unwrap();
    assert_eq!(client.lookup(&a, &schema, Normalize::Default).await.unwrap().id, id);
    client.schema_by_id(&Context::default(), id).await.unwrap();
    client.version(&a, VersionSpec::Latest).await.unwrap();
}

#[tokio::test]
async fn references_metadata_and_rules_travel() {
    let client = Client::in_memory();
    let (item, order) = (Subject::parse("item"), Subject::parse("order"));
    client.register(&item, &avro(RECORD), Normalize::Default).await.unwrap();
    let properties = BTreeMap::from([("owner".to_owned(), "x".to_owned())]);
    let metadata = Metadata { properties, ..Metadata::default() };
    let rule = Rule { name: "r".into(), rule_type: Some("CEL".into()), ..Rule::default() };
    let rules = RuleSet { domain_rules: vec![rule], ..RuleSet::default() };
    let reference = Reference { name: "n.R".into(), subject: "item".into(), version: -1 };
    let schema = avro(r#"{"type":"record","name":"O","fields":[{"name":"r","type":"n.R"}]}"#)
        .with_references([reference])
        .with_metadata(metadata.clone())
        .with_rule_set(rules.clone());
    let registered = client.register(&order, &schema, Normalize::Default).await.unwrap();
    let read = client.schema_by_id(&Context::default(), registered.id).await.unwrap();
    assert_eq!((read.metadata.as_deref(), read.rule_set.as_deref()), (Some(&metadata), Some(&rules)));
    assert_eq!(read.references[0].version, 1); // -1 is stored as a number
    let found = client.latest_with_metadata(&order, &[("owner", "x")], Deleted::Hide).await.unwrap();
    assert_eq!(found.id, registered.id);
    let none = client.latest_with_metadata(&order, &[("owner", "y")], Deleted::Hide).await.unwrap_err();
    assert_eq!(code(none), 40403);
    assert_eq!(code(client.delete_subject(&item, Deletion::Soft).await.unwrap_err()), 42206);
}

#[tokio::test]
async fn deletion_is_soft_first_and_ids_go_on_working() {
    let client = Client::in_memory();
    let a = Subject::parse("a");
    let first = client.register(&a, &avro("\"int\""), Normalize::Default).await.unwrap();
    client.register(&a, &avro("\"long\""), Normalize::Default).await.unwrap();
    assert_eq!(code(client.delete_subject(&a, Deletion::Permanent).await.unwrap_err()), 40405);
    assert_eq!(client.delete_version(&a, exact(1), Deletion::Soft).await.unwrap().get(), 1);
    assert_eq!(code(client.delete_version(&a, exact(1), Deletion::Soft).await.unwrap_err()), 40406);
    assert_eq!(code(client.version(&a, exact(1)).await.unwrap_err()), 40402);
    assert_eq!(client.version_with(&a, exact(1), Deleted::Include).await.unwrap().id, first.id);
    client.schema_by_id(&Context::default(), first.id).await.unwrap();
    // The same id under a new version.
    let again = client.register(&a, &avro("\"int\""), Normalize::Default).await.unwrap();
    assert_eq!((again.id, again.version.unwrap().get()), (first.id, 3));
    assert_eq!(client.delete_subject(&a, Deletion::Soft).await.unwrap().len(), 2);
    assert_eq!(code(client.delete_subject(&a, Deletion::Soft).await.unwrap_err()), 40404);
    assert_eq!(code(client.versions(&a).await.unwrap_err()), 40401);
    client.delete_subject(&a, Deletion::Permanent).await.unwrap();
    assert_eq!(code(client.delete_subject(&a, Deletion::Permanent).await.unwrap_err()), 40401);
}

#[tokio::test]
async fn preloading_takes_all_versions_and_what_they_refer_to() {
    let client = Client::in_memory();
    let (item, order) = (Subject::parse("item"), Subject::parse("order"));
    let referred = client.register(&item, &avro(RECORD), Normalize::Default).await.unwrap();
    client.register(&order, &avro("\"int\""), Normalize::Default).await.unwrap();
    let reference = Reference { name: "n.R".into(), subject: "item".into(), version: 1 };
    let schema = avro(r#"["null","n.R"]"#).with_references([reference]);
    let last = client.register(&order, &schema, Normalize::Default).await.unwrap();
    let loaded = client.preload(std::slice::from_ref(&order)).await.unwrap();
    assert_eq!((loaded.len(), loaded[0].id), (1, last.id));
    let home = Context::default();
    for id in [1, 2, 3] {
        assert!(client.cached_schema_by_id(&home, SchemaId::new(id).unwrap()).is_some(), "{id}");
    }
    assert!(client.cached_schema_by_guid(&referred.guid.unwrap()).is_some());
    let error = client.preload(&[order, Subject::parse("none")]).await.unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
    assert_eq!(code(error), 40401);
}

#[test]
fn the_blocking_twin_too() {
    let client = blocking::Client::in_memory().unwrap();
    let a = Subject::parse("a");
    let id = client.register(&a, &avro(RECORD), Normalize::Default).unwrap().id;
    assert_eq!(&*client.schema_by_id(&Context::default(), id).unwrap().text, RECORD);
    assert_eq!(client.preload(std::slice::from_ref(&a)).unwrap()[0].id, id);
    assert_eq!(client.get(&["subjects"], &[]).unwrap(), serde_json::json!(["a"]));
    assert_eq!(client.delete_subject(&a, Deletion::Soft).unwrap().len(), 1);
}
