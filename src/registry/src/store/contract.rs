//! What every store must do, as tests to be called by each implementation (feature `contract`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Arc;

use assay_schema::{Context, SchemaId, SchemaType, Subject, Version, guid};

use super::{Revision, Store, StoreError};
use crate::event::Event;
use crate::original::Original;
use crate::schema_version::SchemaVersion;
use crate::scope::Scope;
use crate::settings::{Config, Mode};

/// Opens the store under test; each call sees what the calls before left behind.
pub type Open<'a> = &'a mut dyn FnMut() -> Arc<dyn Store>;

/// A version with a text of about `bytes` bytes.
pub fn schema(subject: &str, version: u32, bytes: usize) -> Event {
    let text = format!("\"{}\"", "x".repeat(bytes));
    Event::Schema(Arc::new(SchemaVersion {
        guid: guid(&text, &[], None, None),
        subject: Subject::parse(subject),
        version: Version::new(version).unwrap(),
        id: SchemaId::new(version).unwrap(),
        schema_type: SchemaType::Avro,
        verbatim: version == 2,
        original: Original::of(&format!(" {text}"), &text),
        text: text.into(),
        references: Arc::new([]),
        metadata: None,
        rule_set: None,
        deleted: false,
        ts_ms: 1_700_000_000_000 + i64::from(version),
    }))
}

/// One event of every kind.
fn all_kinds() -> Vec<Event> {
    let subject = Subject::parse(":.ctx:s");
    let context = Context::parse(".ctx").unwrap();
    let version = Version::FIRST;
    vec![
        Event::Context { context: context.clone() },
        schema(":.ctx:s", 1, 10),
        schema("s", 1, 10),
        Event::Config { scope: Scope::Global, config: Arc::new(Config::default()) },
        Event::Config { scope: Scope::Subject(subject.clone()), config: Arc::new(Config::default()) },
        Event::Mode { scope: Scope::GlobalContext, mode: Mode::Forward },
        Event::Mode { scope: Scope::Context(context.clone()), mode: Mode::Import },
        Event::DeleteSubject { subject: subject.clone(), version },
        Event::ClearSubject { scope: Scope::Global },
        Event::MaxId { context: context.clone(), id: SchemaId::MAX },
    ]
}

fn replayed(store: &dyn Store) -> Vec<(u64, Event)> {
    store
        .replay()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|stored| (stored.revision.0, stored.event))
        .collect()
}

/// Runs the whole contract. `fresh` gives an opener over a new, empty place each time it is called.
pub fn check_all(fresh: &mut dyn FnMut() -> Box<dyn FnMut() -> Arc<dyn Store>>) {
    keeps_every_kind_in_order(&mut *fresh());
    the_last_event_of_a_key_survives(&mut *fresh());
    tombstones_remove(&mut *fresh());
    conflicts_are_refused(&mut *fresh());
    big_entries_survive(&mut *fresh());
}

/// Every kind of event comes back as written, in order, also after reopening.
pub fn keeps_every_kind_in_order(open: Open<'_>) {
    let store = open();
    assert_eq!(store.head(), Revision(0));
    assert_eq!(replayed(&*store), vec![]);
    store.append(Revision(0), all_kinds()).unwrap().wait().unwrap();
    let want: Vec<(u64, Event)> = (1..).zip(all_kinds()).collect();
    assert_eq!(replayed(&*store), want);
    drop(store);
    let store = open();
    assert_eq!(replayed(&*store), want);
    assert_eq!(store.head(), Revision(want.len() as u64));
}

/// A newer event replaces an older one with the same key and takes its place in the order.
pub fn the_last_event_of_a_key_survives(open: Open<'_>) {
    let store = open();
    let events = vec![schema("a", 1, 40_000), schema("a", 2, 1), schema("a", 1, 5)];
    store.append(Revision(0), events).unwrap().wait().unwrap();
    let want = vec![(2, schema("a", 2, 1)), (3, schema("a", 1, 5))];
    assert_eq!(replayed(&*store), want);
    drop(store);
    assert_eq!(replayed(&*open()), want);
}

/// A tombstone leaves nothing behind.
pub fn tombstones_remove(open: Open<'_>) {
    let store = open();
    store.append(Revision(0), vec![schema("a", 1, 40_000), schema("b", 1, 1)]).unwrap().wait().unwrap();
    let gone = Event::SchemaTombstone { subject: Subject::parse("a"), version: Version::FIRST };
    store.append(Revision(2), vec![gone]).unwrap().wait().unwrap();
    assert_eq!(store.head(), Revision(3));
    assert_eq!(replayed(&*store), vec![(2, schema("b", 1, 1))]);
    drop(store);
    let store = open();
    assert_eq!(replayed(&*store), vec![(2, schema("b", 1, 1))]);
    let head = store.head();
    store.append(head, vec![schema("a", 1, 1)]).unwrap().wait().unwrap();
    assert_eq!(replayed(&*store).last().unwrap().1, schema("a", 1, 1));
}

/// An append on a revision that is not the newest changes nothing.
pub fn conflicts_are_refused(open: Open<'_>) {
    let store = open();
    let first = store.append(Revision(0), vec![schema("a", 1, 1)]).unwrap();
    // The first may not be durable yet; its revision counts all the same.
    for stale in [0, 2] {
        let refused = store.append(Revision(stale), vec![schema("a", 2, 1)]).unwrap_err();
        let (expected, actual) = (Revision(stale), Revision(1));
        assert_eq!(refused, StoreError::Conflict { expected, actual });
    }
    let second = store.append(Revision(1), vec![schema("a", 2, 1)]).unwrap();
    second.wait().unwrap();
    assert!(first.outcome().is_some(), "tickets resolve in order");
    assert_eq!(replayed(&*store).len(), 2);
}

/// Schemas of a mebibyte survive, several of them.
pub fn big_entries_survive(open: Open<'_>) {
    let store = open();
    let events: Vec<Event> = (1..=5).map(|n| schema("big", n, 1024 * 1024)).collect();
    for (revision, event) in (0..).zip(&events) {
        store.append(Revision(revision), vec![event.clone()]).unwrap().wait().unwrap();
    }
    drop(store);
    let back: Vec<Event> = replayed(&*open()).into_iter().map(|(_, event)| event).collect();
    assert_eq!(back, events);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn the_memory_store_keeps_the_contract() {
        check_all(&mut || {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            Box::new(move || store.clone())
        });
    }
}
