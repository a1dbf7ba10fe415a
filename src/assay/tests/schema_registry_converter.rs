//! The life of a subject with the `schema_registry_converter` crate, and its records and those of `assay-serde`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "schema_registry_converter/records.rs"]
mod records;
mod support;

use schema_registry_converter::async_impl::schema_registry::{
    SrSettings, get_all_subjects, get_all_versions, get_schema_by_guid, get_schema_by_id,
    get_schema_by_subject, get_schema_by_subject_and_version, is_compatible_schema, post_schema,
};
use schema_registry_converter::schema_registry_common::{
    SchemaType, SubjectNameStrategy, SuppliedReference, SuppliedSchema,
};
use support::Server;

fn record(fields: &[&str]) -> SuppliedSchema {
    let fields: Vec<String> =
        fields.iter().map(|f| format!("{{\"name\":\"{f}\",\"type\":\"string\",\"default\":\"\"}}")).collect();
    let text = format!("{{\"type\":\"record\",\"name\":\"R\",\"fields\":[{}]}}", fields.join(","));
    SuppliedSchema::new(Some("R".to_owned()), SchemaType::Avro, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registered_read_looked_up_and_refused() {
    // This build's reqwest has rustls without a provider (our client brings its own); other users of reqwest need a default.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let settings = SrSettings::new(format!("http://{}", server.http));
    let subject = || "orders-value".to_owned();

    let mut ids = Vec::new();
    for fields in [&["a"][..], &["a", "b"], &["a", "b", "c"]] {
        ids.push(post_schema(&settings, subject(), record(fields)).await.unwrap().id);
    }
    assert_eq!(post_schema(&settings, subject(), record(&["a"])).await.unwrap().id, ids[0]);
    assert_eq!(get_all_versions(&settings, subject()).await.unwrap(), [1, 2, 3]);
    assert_eq!(get_all_subjects(&settings).await.unwrap(), ["orders-value"]);
    let by_id = get_schema_by_id(ids[1], &settings).await.unwrap();
    assert_eq!((by_id.schema, by_id.schema_type), (record(&["a", "b"]).schema, SchemaType::Avro));
    let topic = SubjectNameStrategy::TopicNameStrategy("orders".to_owned(), false);
    assert_eq!(get_schema_by_subject(&settings, &topic).await.unwrap().id, ids[2]);
    let first = get_schema_by_subject_and_version(&settings, "orders-value", Some(1)).await.unwrap();
    assert_eq!(first.id, ids[0]);
    let (_, told) = server.get("/subjects/orders-value/versions/2");
    let by_guid = get_schema_by_guid(told["guid"].as_str().unwrap(), &settings).await.unwrap();
    assert_eq!(by_guid.schema, record(&["a", "b"]).schema);

    let text =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}".to_owned();
    let incompatible = SuppliedSchema::new(None, SchemaType::Avro, text);
    assert!(is_compatible_schema(&settings, subject(), record(&["a", "d"])).await.unwrap());
    assert!(!is_compatible_schema(&settings, subject(), incompatible.clone()).await.unwrap());
    assert!(post_schema(&settings, subject(), incompatible).await.is_err());

    let text = "{\"type\":\"record\",\"name\":\"Item\",\"fields\":[]}".to_owned();
    let item = SuppliedReference::new("Item".to_owned(), "item".to_owned(), text);
    let text =
        "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"i\",\"type\":\"Item\"}]}".to_owned();
    let order = SuppliedSchema::new(None, SchemaType::Avro, text).with_references(vec![item]);
    let posted = post_schema(&settings, "with-reference".to_owned(), order).await.unwrap();
    let read = get_schema_by_id(posted.id, &settings).await.unwrap();
    assert_eq!((read.references[0].subject.as_str(), read.references[0].version), ("item", 1));
}
