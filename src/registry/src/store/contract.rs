//! What every store must do, as tests to be called by each implementation (feature `contract`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Arc;

use assay_schema::{
    Context, Metadata, Reference, Rule, RuleSet, SchemaId, SchemaType, Subject, Version, guid,
};

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
    every_tombstone_removes(&mut *fresh());
    a_refused_command_leaves_nothing(&mut *fresh());
    an_empty_command_changes_nothing(&mut *fresh());
    odd_content_survives(&mut *fresh());
    a_growing_and_shrinking_entry_is_the_last_one(&mut *fresh());
    writers_take_turns(&mut *fresh());
    closing_settles_what_was_appended(&mut *fresh());
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

/// Each kind that can be removed is, and only it.
pub fn every_tombstone_removes(open: Open<'_>) {
    let store = open();
    let subject = Subject::parse(":.ctx:s");
    let context = Context::parse(".ctx").unwrap();
    store.append(Revision(0), all_kinds()).unwrap().wait().unwrap();
    let tombstones = vec![
        Event::SchemaTombstone { subject: subject.clone(), version: Version::FIRST },
        Event::ConfigTombstone { scope: Scope::Subject(subject) },
        Event::ModeTombstone { scope: Scope::Context(context.clone()) },
        Event::ContextTombstone { context },
    ];
    let gone: Vec<_> = tombstones.iter().map(Event::key).collect();
    let head = store.head();
    store.append(head, tombstones).unwrap().wait().unwrap();
    let want: Vec<_> = (1..).zip(all_kinds()).filter(|(_, event)| !gone.contains(&event.key())).collect();
    assert_eq!(want.len(), all_kinds().len() - gone.len());
    assert_eq!(replayed(&*store), want);
    let head = store.head();
    drop(store);
    let store = open();
    assert_eq!(replayed(&*store), want);
    assert_eq!(store.head(), head, "a tombstone's revision is not given out again");
}

/// All events of a command or none.
pub fn a_refused_command_leaves_nothing(open: Open<'_>) {
    let store = open();
    let command = || vec![schema("a", 1, 10), schema("b", 1, 20_000), schema("c", 1, 10)];
    assert!(store.append(Revision(7), command()).is_err());
    assert_eq!((store.head(), replayed(&*store)), (Revision(0), vec![]));
    store.append(Revision(0), command()).unwrap().wait().unwrap();
    assert!(store.append(Revision(1), vec![schema("a", 1, 999)]).is_err(), "in the middle of a command");
    let want: Vec<_> = (1..).zip(command()).collect();
    assert_eq!(replayed(&*store), want);
    drop(store);
    assert_eq!(replayed(&*open()), want);
}

/// A command without events is durable at once and takes no revision.
pub fn an_empty_command_changes_nothing(open: Open<'_>) {
    let store = open();
    store.append(Revision(0), Vec::new()).unwrap().wait().unwrap();
    store.append(Revision(0), vec![schema("a", 1, 1)]).unwrap().wait().unwrap();
    store.append(Revision(1), Vec::new()).unwrap().wait().unwrap();
    assert_eq!(store.head(), Revision(1));
    assert_eq!(replayed(&*store), vec![(1, schema("a", 1, 1))]);
}

/// Names and texts of every kind of characters, long ones, empty ones; references, metadata, rules.
pub fn odd_content_survives(open: Open<'_>) {
    let long = "n".repeat(5000);
    let names = ["", "*", ":", "a/b", "ä\u{0}\u{1f600}", "\\\"", long.as_str(), ":.ctx:", ":.ctx:x:y"];
    let events: Vec<Event> = (names.iter())
        .map(|name| {
            let Event::Schema(row) = schema(name, 3, 10) else { unreachable!() };
            let text = format!("{{\"x\":\"{}\\u0000\n\"}}", name.escape_debug());
            let references = [Reference { name: "r\n".into(), subject: (*name).into(), version: -1 }];
            let metadata =
                Metadata { properties: [(name.to_string(), text.clone())].into(), ..Metadata::default() };
            let rule = Rule { name: name.to_string(), expr: Some(text.clone()), ..Rule::default() };
            let rules = RuleSet { domain_rules: vec![rule], ..RuleSet::default() };
            Event::Schema(Arc::new(SchemaVersion {
                guid: guid(&text, &references, Some(&metadata), Some(&rules)),
                original: Original::of(&format!(" {text} "), &text),
                text: text.into(),
                references: Arc::new(references),
                metadata: Some(Arc::new(metadata)),
                rule_set: Some(Arc::new(rules)),
                deleted: true,
                ts_ms: i64::MIN,
                ..(*row).clone()
            }))
        })
        .collect();
    let store = open();
    store.append(Revision(0), events.clone()).unwrap().wait().unwrap();
    let want: Vec<_> = (1..).zip(events).collect();
    assert_eq!(replayed(&*store), want);
    drop(store);
    assert_eq!(replayed(&*open()), want);
}

/// Written again and again with other sizes, an entry is what was written last, alone and within one command.
pub fn a_growing_and_shrinking_entry_is_the_last_one(open: Open<'_>) {
    let store = open();
    for size in [10, 50_000, 13_000, 24_576, 3, 100_000, 1] {
        let head = store.head();
        store.append(head, vec![schema("a", 1, size)]).unwrap().wait().unwrap();
        assert_eq!(replayed(&*store), vec![(head.0 + 1, schema("a", 1, size))]);
        let gone = Event::SchemaTombstone { subject: Subject::parse("a"), version: Version::FIRST };
        let command = vec![schema("a", 1, 70_000), gone, schema("a", 1, size)];
        let head = store.head();
        store.append(head, command).unwrap().wait().unwrap();
        assert_eq!(replayed(&*store), vec![(head.0 + 3, schema("a", 1, size))]);
    }
    drop(store);
    assert_eq!(replayed(&*open()).len(), 1);
}

/// Eight writers who each try again after a conflict: nobody's append is lost, and the order is that of the revisions.
pub fn writers_take_turns(open: Open<'_>) {
    const EACH: u32 = 20;
    let store = open();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let store = &*store;
            scope.spawn(move || {
                let mut last = Revision(0);
                for version in 1..=EACH {
                    let (revision, ticket) = loop {
                        let head = store.head();
                        match store.append(head, vec![schema(&format!("w{writer}"), version, 100)]) {
                            Ok(ticket) => break (head.plus(1), ticket),
                            Err(StoreError::Conflict { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    };
                    assert!(revision > last);
                    last = revision;
                    ticket.wait().unwrap();
                }
            });
        }
    });
    let check = |found: Vec<(u64, Event)>| {
        assert_eq!(
            found.iter().map(|(revision, _)| *revision).collect::<Vec<_>>(),
            (1..=160).collect::<Vec<_>>()
        );
        for writer in 0..8 {
            let own = Subject::parse(&format!("w{writer}"));
            let versions = found.iter().filter_map(|(_, event)| match event {
                Event::Schema(row) if row.subject == own => Some(row.version.get()),
                _ => None,
            });
            assert_eq!(versions.collect::<Vec<_>>(), (1..=EACH).collect::<Vec<_>>());
        }
    };
    check(replayed(&*store));
    drop(store);
    check(replayed(&*open()));
}

/// A store that is dropped first makes durable what it has accepted.
pub fn closing_settles_what_was_appended(open: Open<'_>) {
    let store = open();
    let tickets: Vec<_> = (1..=50u32)
        .map(|version| store.append(store.head(), vec![schema("a", version, 3000)]).unwrap())
        .collect();
    drop(store);
    assert!(tickets.iter().all(|ticket| ticket.wait() == Ok(())));
    assert_eq!(replayed(&*open()).len(), 50);
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
