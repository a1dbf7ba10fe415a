//! Properties of the fold: what a compacting store gives back folds to the live state, and events survive their JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use crate::support::*;
use assay_compat::Level;
use assay_registry::event::EventKey;
use assay_registry::*;
use assay_schema::VersionSpec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Register { subject: usize, schema: usize, asked: Option<i64>, owner: Option<u8> },
    Refer { subject: usize, to: usize },
    Import { subject: usize, schema: usize, id: i64, version: Option<i64> },
    DeleteVersion { subject: usize, version: u32, permanent: bool },
    DeleteSubject { subject: usize, permanent: bool },
    Level { scope: usize },
    DropConfig { scope: usize },
    Mode { scope: usize, mode: usize, force: bool },
    DropMode { scope: usize, recursive: bool },
    DropContext,
}

const SUBJECTS: [&str; 4] = ["a", "b", ":.c:a", ":.c:b"];
const SCOPES: [&str; 6] = [":.:", ":.__GLOBAL:", ":.c:", "a", ":.c:a", "b"];

fn step() -> impl Strategy<Value = Step> {
    let (subject, scope) = (0..SUBJECTS.len(), 0..SCOPES.len());
    prop_oneof![
        6 => (subject.clone(), 0..5usize, proptest::option::of(-1..6i64), proptest::option::of(0..2u8))
            .prop_map(|(subject, schema, asked, owner)| Step::Register { subject, schema, asked, owner }),
        2 => (subject.clone(), subject.clone()).prop_map(|(subject, to)| Step::Refer { subject, to }),
        3 => (subject.clone(), 0..5usize, 0..12i64, proptest::option::of(1..8i64))
            .prop_map(|(subject, schema, id, version)| Step::Import { subject, schema, id, version }),
        4 => (subject.clone(), 1..6u32, any::<bool>())
            .prop_map(|(subject, version, permanent)| Step::DeleteVersion { subject, version, permanent }),
        3 => (subject, any::<bool>()).prop_map(|(subject, permanent)| Step::DeleteSubject { subject, permanent }),
        1 => scope.clone().prop_map(|scope| Step::Level { scope }),
        1 => scope.clone().prop_map(|scope| Step::DropConfig { scope }),
        2 => (scope.clone(), 0..5usize, any::<bool>())
            .prop_map(|(scope, mode, force)| Step::Mode { scope, mode, force }),
        2 => (scope, any::<bool>()).prop_map(|(scope, recursive)| Step::DropMode { scope, recursive }),
        1 => Just(Step::DropContext),
    ]
}

fn text(schema: usize) -> String {
    let fields: Vec<String> = (0..schema).map(|n| format!("f{n}")).collect();
    record("R", &fields.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Refusals are as good as successes here.
fn run(rig: &Rig, step: &Step) {
    let permanence = |permanent: bool| if permanent { Permanence::Permanent } else { Permanence::Soft };
    let scope = |index: usize| Scope::of(subject(SCOPES[index]));
    match step.clone() {
        Step::Register { subject, schema, asked, owner } => {
            let metadata = owner.map(|owner| properties(&[("owner", &owner.to_string())]));
            let request = SchemaRequest { version: asked, metadata, ..SchemaRequest::avro(text(schema)) };
            let _ = rig.send(SUBJECTS[subject], &request);
        }
        Step::Refer { subject, to } => {
            let schema = r#"{"type":"record","name":"Outer","fields":[]}"#;
            let references = vec![reference("R", SUBJECTS[to], -1)];
            let _ = rig.send(SUBJECTS[subject], &SchemaRequest { references, ..SchemaRequest::avro(schema) });
        }
        Step::Import { subject, schema, id, version } => {
            let _ = rig.import(SUBJECTS[subject], &text(schema), id, version);
        }
        Step::DeleteVersion { subject, version, permanent } => {
            let _ = rig.drop(SUBJECTS[subject], version, permanence(permanent));
        }
        Step::DeleteSubject { subject, permanent } => {
            let _ = rig.delete(SUBJECTS[subject], permanence(permanent));
        }
        Step::Level { scope: at } => {
            let update = ConfigUpdate::level(Level::None);
            let _ = rig.registry.put_config(&rig.caller, &scope(at), &update);
        }
        Step::DropConfig { scope: at } => {
            let _ = rig.registry.delete_config(&rig.caller, &scope(at));
        }
        Step::Mode { scope: at, mode, force } => {
            let force = if force { Force::Yes } else { Force::No };
            let _ = rig.mode(SCOPES[at], Mode::ALL[mode], force);
        }
        Step::DropMode { scope: at, recursive } => {
            let recursive = if recursive { Recursive::Yes } else { Recursive::No };
            let _ = rig.registry.delete_mode(&rig.caller, &scope(at), recursive);
        }
        Step::DropContext => {
            let _ = rig.registry.delete_context(&rig.caller, &Context::parse(".c").unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn replay_gives_the_live_state(steps in proptest::collection::vec(step(), 1..60)) {
        let rig = rig();
        let mut highest = [0u32; 2];
        for step in &steps {
            run(&rig, step);
            for (context, highest) in [".", ".c"].iter().zip(&mut highest) {
                let id = rig.registry.max_id(&Context::parse(context).unwrap()).map_or(0, |id| id.get());
                prop_assert!(id >= *highest, "the maximum id never falls");
                *highest = id;
            }
        }
        rig.replays();
        for stored in rig.store.replay().unwrap() {
            let event = stored.unwrap().event;
            let key = EventKey::from_json(&event.key().to_json()).unwrap().unwrap();
            prop_assert_eq!(&key, &event.key());
            let ts_ms = event.timestamp_ms().unwrap_or(0);
            let again = Event::from_json(key, event.value_json().as_deref(), ts_ms).unwrap();
            prop_assert_eq!(again, Some(event));
        }
        for name in SUBJECTS {
            let latest = rig.registry.version(&subject(name), VersionSpec::Latest, Deleted::Hide);
            prop_assert!(latest.is_ok_and(|row| !row.deleted) || rig.versions(name, Deleted::Hide).is_empty()
                || !name.starts_with(':'));
        }
    }

    #[test]
    fn odd_records_are_errors_not_panics(key in "\\PC{0,60}", value in "\\PC{0,60}") {
        let _ = EventKey::from_json(&key);
        let config = EventKey::Config(Scope::Global);
        let _ = Event::from_json(config, Some(&value), 0);
    }
}

#[test]
fn a_version_imported_again_under_another_id_does_not_give_the_highest_id_free() {
    let rig = rig();
    rig.mode(":.:", Mode::Import, Force::Yes).unwrap();
    rig.import("a", &text(0), 9, Some(7)).unwrap();
    // While it is active, data may be framed with its id.
    assert!(matches!(rig.import("a", &text(0), 5, Some(7)), Err(RegistryError::OperationNotPermitted(_))));
    assert_eq!(rig.registry.schema_by_id(9, None).unwrap().version.get(), 7);
    rig.delete("a", Permanence::Soft).unwrap();
    rig.import("a", &text(0), 5, Some(7)).unwrap();
    assert_eq!(rig.registry.max_id(&Context::default()).map(|id| id.get()), Some(9));
    rig.replays();
}

#[test]
fn keys_and_values_are_the_topic_s_byte_for_byte() {
    // Contract 4.2-4.4.
    let rig = rig();
    rig.level("s", Level::Full);
    rig.mode(":.:", Mode::ReadWrite, Force::No).unwrap();
    let request = SchemaRequest {
        metadata: Some(properties(&[("a", "b")])),
        references: vec![reference("n", ":.:t", 1)],
        ..SchemaRequest::avro("\"int\"")
    };
    rig.avro("t", "\"long\"").unwrap();
    rig.send(":.c:s", &request).unwrap();
    rig.delete("t", Permanence::Soft).unwrap_err();
    rig.delete(":.c:s", Permanence::Soft).unwrap();
    let written: Vec<(String, String)> = (rig.store.replay().unwrap())
        .map(|stored| stored.unwrap().event)
        .map(|event| (event.key().to_json(), event.value_json().unwrap()))
        .collect();
    let want = [
        (r#"{"keytype":"CONFIG","subject":"s","magic":0}"#, r#"{"subject":"s","compatibilityLevel":"FULL"}"#),
        (r#"{"keytype":"MODE","magic":0}"#, r#"{"mode":"READWRITE"}"#),
        (
            r#"{"keytype":"SCHEMA","subject":"t","version":1,"magic":1}"#,
            r#"{"subject":"t","version":1,"id":1,"schemaType":"AVRO","schema":"\"long\"","deleted":false}"#,
        ),
        (
            r#"{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}"#,
            r#"{"tenant":"default","context":".c"}"#,
        ),
        (
            r#"{"keytype":"SCHEMA","subject":":.c:s","version":1,"magic":1}"#,
            r#"{"subject":":.c:s","version":1,"id":1,"schemaType":"AVRO","references":[{"name":"n","subject":":.:t","version":1}],"metadata":{"properties":{"a":"b"}},"schema":"\"int\"","deleted":false}"#,
        ),
        (r#"{"keytype":"DELETE_SUBJECT","subject":":.c:s","magic":0}"#, r#"{"subject":":.c:s","version":1}"#),
    ];
    let want: Vec<(String, String)> = want.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    assert_eq!(written, want);
    let old = EventKey::from_json(r#"{"keytype":"CONFIG","subject":null,"magic":0}"#);
    assert_eq!(old, Ok(Some(EventKey::Config(Scope::Global))));
    assert_eq!(EventKey::from_json(r#"{"keytype":"NOOP","magic":0}"#), Ok(None));
    assert!(EventKey::from_json(r#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":0}"#).is_err());
}
