//! Many writers at once, held against a model; and a store that fails or is slow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Barrier, Mutex};

use crate::support::*;
use assay_registry::store::{Completer, Replay};
use assay_registry::*;

/// A store whose tickets resolve only when told to, as a slow disk's do.
#[derive(Default)]
struct Held {
    inner: MemoryStore,
    waiting: Mutex<Vec<Completer>>,
}

impl Held {
    fn settle(&self, outcome: Result<(), StoreError>) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap());
        waiting.into_iter().for_each(|completer| completer.complete(outcome.clone()));
    }
}

impl Store for Held {
    fn append(&self, expected: Revision, events: Vec<Event>) -> Result<Ticket, StoreError> {
        self.inner.append(expected, events)?;
        let (completer, ticket) = Ticket::new();
        self.waiting.lock().unwrap().push(completer);
        Ok(ticket)
    }

    fn replay(&self) -> Result<Replay, StoreError> {
        self.inner.replay()
    }

    fn head(&self) -> Revision {
        self.inner.head()
    }
}

fn held() -> (Arc<Held>, Registry) {
    let store = Arc::new(Held::default());
    let registry = Registry::open(store.clone(), RegistryConfig::default(), Arc::new(|| 0)).unwrap();
    (store, registry)
}

fn start(registry: &Registry, name: &str, text: &str) -> Result<Pending<SchemaVersion>, RegistryError> {
    let request = SchemaRequest::avro(text);
    registry.register(&Caller::internal(), &subject(name), &request, RegisterOptions::default())
}

#[test]
fn sixty_four_writers_against_a_model() {
    const WRITERS: usize = 64;
    const EACH: usize = 12;
    let rig = rig();
    let barrier = Barrier::new(WRITERS);
    let answers: Mutex<Vec<(String, String, u32, u32)>> = Mutex::default();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (rig, barrier, answers) = (&rig, &barrier, &answers);
            scope.spawn(move || {
                barrier.wait();
                for step in 0..EACH {
                    let number = (writer * 7 + step * 3) % 20;
                    let context = if number % 5 == 0 { ":.c:" } else { "" };
                    let name = format!("{context}s{}", (writer + step) % 6);
                    let fields: Vec<String> = (0..number).map(|n| format!("f{n}")).collect();
                    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                    let text = record("R", &fields);
                    let (id, version) = rig.avro(&name, &text).unwrap();
                    answers.lock().unwrap().push((name, text, id, version));
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap();
    assert_eq!(answers.len(), WRITERS * EACH);
    let mut ids: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut versions: BTreeMap<(String, u32), String> = BTreeMap::new();
    for (name, text, id, version) in answers {
        let context = subject(&name).context().to_string();
        assert_eq!(*ids.entry((context, text.clone())).or_insert(id), id, "one id per content and context");
        assert_eq!(*versions.entry((name, version)).or_insert(text.clone()), text, "no lost update");
    }
    for context in [".", ".c"] {
        let used: Vec<u32> = ids.iter().filter(|((c, _), _)| c == context).map(|(_, id)| *id).collect();
        let distinct: BTreeSet<u32> = used.iter().copied().collect();
        assert_eq!(distinct.len(), used.len(), "no id twice");
        let count = u32::try_from(used.len()).unwrap();
        assert_eq!(distinct, (1..=count).collect(), "ids without gaps");
    }
    for name in rig.registry.subjects(":*:", Deleted::Hide) {
        let listed = rig.versions(&name.to_string(), Deleted::Include);
        assert_eq!(listed, (1..=u32::try_from(listed.len()).unwrap()).collect::<Vec<_>>());
        let known = versions.keys().filter(|(subject, _)| *subject == name.to_string()).count();
        assert_eq!(known, listed.len());
    }
    rig.replays();
}

#[test]
fn nothing_is_visible_before_it_is_durable_and_idempotent_answers_wait() {
    let (store, registry) = held();
    let first = start(&registry, "s", "\"int\"").unwrap();
    let again = start(&registry, "s", "\"int\"").unwrap();
    let other = start(&registry, "t", "\"int\"").unwrap();
    assert_eq!((again.value.id, other.value.id), (first.value.id, first.value.id));
    assert!(registry.subjects(":*:", Deleted::Hide).is_empty());
    assert!(again.ticket.outcome().is_none(), "it is answered from the head, so it waits");
    store.settle(Ok(()));
    assert!(first.wait().is_ok() && again.wait().is_ok() && other.wait().is_ok());
    assert_eq!(registry.subjects(":*:", Deleted::Hide).len(), 2);
    assert!(start(&registry, "s", "\"int\"").unwrap().ticket.outcome().is_some());
}

#[test]
fn a_dropped_answer_is_published_all_the_same() {
    let (store, registry) = held();
    drop(start(&registry, "s", "\"int\"").unwrap());
    store.settle(Ok(()));
    assert_eq!(registry.subjects(":*:", Deleted::Hide).len(), 1);
}

#[test]
fn a_failed_write_rolls_back_and_makes_the_registry_read_only() {
    let (store, registry) = held();
    let kept = start(&registry, "kept", "\"int\"").unwrap();
    store.settle(Ok(()));
    let kept = kept.wait().unwrap();
    let lost = start(&registry, "lost", "\"string\"").unwrap();
    let built_on_it = start(&registry, "lost2", "\"string\"").unwrap();
    store.settle(Err(StoreError::failed("no space left")));
    for pending in [lost, built_on_it] {
        let error = pending.wait().unwrap_err();
        assert!(
            error.to_string().contains("no space left") && error.to_string().contains("restarted"),
            "{error}"
        );
    }
    assert_eq!(registry.subjects(":*:", Deleted::Hide), [subject("kept")]);
    assert_eq!(cause(start(&registry, "more", "\"string\"")), "store");
    assert_eq!(start(&registry, "kept", "\"int\"").unwrap().wait().unwrap(), kept, "what exists is answered");
    assert!(registry.failure().is_some());
}
