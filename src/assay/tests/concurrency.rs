//! 64 clients register the same and different schemas under the same and different subjects, delete and change settings, all at
//! once; then the registry is compared with a model: one id a schema and context, versions without gaps, no lost update.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::support::Server;
use serde_json::{Value, json};

const CLIENTS: usize = 64;
const ROUNDS: usize = 12;
const SCHEMAS: usize = 40;
const SUBJECTS: usize = 9;

fn text(n: usize) -> String {
    json!({"type": "record", "name": "R", "fields": [{"name": format!("f{n}"), "type": "int"}]}).to_string()
}

/// Subjects of two contexts; the schemas are the same in both.
fn subject(n: usize) -> String {
    if n.is_multiple_of(3) { format!(":.other:s{n}") } else { format!("s{n}") }
}

fn context(subject: &str) -> &str {
    if subject.starts_with(':') { ".other" } else { "." }
}

/// What every client was told: (context, schema) → ids; (subject, schema) → versions.
#[derive(Default)]
struct Told {
    ids: BTreeMap<(String, usize), BTreeSet<u64>>,
    versions: BTreeMap<(String, usize), BTreeSet<u64>>,
}

/// Numbers without a library: a client's own sequence, the same in every run.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

fn register_all(server: &Server, client: usize, told: &Mutex<Told>) {
    let mut seed = client as u64 + 1;
    for _ in 0..ROUNDS {
        let (schema, subject) = (next(&mut seed) % SCHEMAS, subject(next(&mut seed) % SUBJECTS));
        let (status, answer) = server
            .post(&format!("/subjects/{subject}/versions"), &json!({ "schema": text(schema) }).to_string());
        assert_eq!(status, 200, "{subject}: {answer}");
        let mut told = told.lock().unwrap();
        let id = answer["id"].as_u64().unwrap();
        told.ids.entry((context(&subject).to_owned(), schema)).or_default().insert(id);
        told.versions.entry((subject, schema)).or_default().insert(answer["version"].as_u64().unwrap());
    }
}

#[test]
fn one_id_a_schema_versions_without_gaps_and_no_lost_update() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--compatibility-level", "NONE"]);
    let told = Mutex::new(Told::default());
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, told) = (&server, &told);
            scope.spawn(move || register_all(server, client, told));
        }
    });
    let told = told.into_inner().unwrap();
    check(&server, &told);
    // What was answered is on disk.
    assert!(!server.stop("KILL").success());
    check(&Server::start(dir.path(), &[]), &told);
}

fn check(server: &Server, told: &Told) {
    let mut owners = BTreeMap::new();
    for ((context, schema), ids) in &told.ids {
        assert_eq!(ids.len(), 1, "schema {schema} of {context} has the ids {ids:?}");
        for id in ids {
            let other = owners.insert((context.clone(), *id), *schema);
            assert_eq!(other, None, "id {id} of {context} is two schemas");
            let (_, answer) = server.get(&format!("/schemas/ids/{id}?subject=:{context}:"));
            let stored: Value = serde_json::from_str(answer["schema"].as_str().unwrap()).unwrap();
            assert_eq!(stored, serde_json::from_str::<Value>(&text(*schema)).unwrap());
        }
    }
    let highest: BTreeMap<&str, u64> = owners.keys().map(|(context, id)| (context.as_str(), *id)).collect();
    for (context, highest) in highest {
        let count = owners.keys().filter(|(c, _)| c == context).count() as u64;
        assert_eq!(count, highest, "ids of {context} have a gap");
    }
    let mut by_subject: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for ((subject, schema), versions) in &told.versions {
        assert_eq!(versions.len(), 1, "schema {schema} of {subject} has the versions {versions:?}");
        let fresh = by_subject.entry(subject).or_default().insert(*versions.first().unwrap());
        assert!(fresh, "a version of {subject} is two schemas");
    }
    for (subject, versions) in by_subject {
        let expected: Vec<u64> = (1..=versions.len() as u64).collect();
        assert_eq!(
            versions.iter().copied().collect::<Vec<_>>(),
            expected,
            "versions of {subject} have a gap"
        );
        assert_eq!(server.get(&format!("/subjects/{subject}/versions")).1, json!(expected));
    }
}
