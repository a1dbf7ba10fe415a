//! Blobs, damage, failing syncs, and a process killed while it appends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_registry::store::contract::schema;
use assay_registry::{Revision, Store, StoreError};
use assay_store::SledStore;

fn replayed(store: &SledStore) -> usize {
    store.replay().unwrap().filter(Result::is_ok).count()
}

/// Pages over a quarter of a segment would go to files that sled never syncs.
#[test]
fn no_page_becomes_a_blob() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    for version in 1..=12 {
        let head = store.head();
        store.append(head, vec![schema("big", version, 1024 * 1024)]).unwrap();
        let head = store.head();
        store.append(head, vec![schema(&"n".repeat(4000), version, 100)]).unwrap().wait().unwrap();
    }
    assert_eq!(replayed(&store), 24);
    drop(store);
    let blobs = std::fs::read_dir(dir.path().join("blobs")).unwrap().count();
    assert_eq!(blobs, 0);
    assert_eq!(replayed(&SledStore::open(dir.path()).unwrap()), 24);
}

/// A flipped byte is found, named, and costs only the entry it is in.
#[test]
fn a_damaged_entry_is_named_and_the_rest_served() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    store.append(Revision(0), (1..=3).map(|n| schema("s", n, 30_000)).collect()).unwrap().wait().unwrap();
    drop(store);
    let db = sled::Config::new().path(dir.path()).segment_size(2 * 1024 * 1024).open().unwrap();
    let tree = db.open_tree("events").unwrap();
    let (key, value) = tree.iter().nth(5).unwrap().unwrap();
    let mut bytes = value.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    tree.insert(key, bytes).unwrap();
    db.flush().unwrap();
    drop((tree, db));
    let store = SledStore::open(dir.path()).unwrap();
    let damaged: Vec<_> = store.replay().unwrap().filter_map(Result::err).collect();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert!(damaged[0].entry.contains('s') && damaged[0].reason.contains("checksum"), "{damaged:?}");
    assert_eq!(replayed(&store), 2);
    assert_eq!(store.head(), Revision(3));
}

#[test]
fn another_format_and_a_second_process_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    assert!(SledStore::open(dir.path()).is_err());
    drop(store);
    let db = sled::Config::new().path(dir.path()).segment_size(2 * 1024 * 1024).open().unwrap();
    db.insert("format", "assay-registry 99").unwrap();
    db.flush().unwrap();
    drop(db);
    let error = SledStore::open(dir.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("assay-registry 99"), "{error}");
}

/// A failed sync is never retried: its ticket and all later ones fail, and what was acknowledged is there.
#[test]
fn a_failing_sync_fails_its_ticket_and_all_later_ones() {
    let dir = tempfile::tempdir().unwrap();
    let syncs = Arc::new(AtomicUsize::new(0));
    let count = syncs.clone();
    // The first sync is that of the new directory.
    let store = SledStore::open_with(
        dir.path(),
        Box::new(move || match count.fetch_add(1, Ordering::SeqCst) {
            2 => Err(io::Error::other("injected")),
            _ => Ok(()),
        }),
    )
    .unwrap();
    store.append(Revision(0), vec![schema("s", 1, 1)]).unwrap().wait().unwrap();
    let failed = store.append(Revision(1), vec![schema("s", 2, 1)]).unwrap().wait().unwrap_err();
    assert!(matches!(&failed, StoreError::Failed(cause) if cause.contains("injected")), "{failed}");
    let later = store.append(Revision(2), vec![schema("s", 3, 1)]).unwrap().wait().unwrap_err();
    assert_eq!(later, failed);
    assert_eq!(syncs.load(Ordering::SeqCst), 3);
    drop(store);
    let store = SledStore::open(dir.path()).unwrap();
    let first = store.replay().unwrap().next().unwrap().unwrap();
    assert_eq!(first.event, schema("s", 1, 1));
    assert!(store.replay().unwrap().all(|entry| entry.unwrap().event != schema("s", 3, 1)));
}

const CHILD_DIR: &str = "ASSAY_STORE_TEST_DIR";

/// Not a test by itself: the child of the next one. Appends for ever and tells each acknowledged version.
#[test]
fn child_appends_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let store = SledStore::open(dir.as_ref()).unwrap();
    let first = u32::try_from(replayed(&store)).unwrap() + 1;
    for version in first.. {
        let head = store.head();
        let size = if version % 7 == 0 { 50_000 } else { 100 };
        store.append(head, vec![schema("s", version, size)]).unwrap().wait().unwrap();
        eprintln!("acknowledged {version}");
    }
}

/// kill -9 at any moment loses nothing that was acknowledged, and leaves nothing damaged or out of order.
#[test]
fn what_was_acknowledged_survives_kill_nine() {
    use std::io::BufRead;
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..8u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_appends_until_it_is_killed", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = io::BufReader::new(child.stderr.take().unwrap()).lines();
        let wanted = acknowledged + 3 + round * 5;
        while acknowledged < wanted {
            let line = lines.next().expect("the child goes on").unwrap();
            if let Some(number) = line.strip_prefix("acknowledged ") {
                acknowledged = number.parse().unwrap();
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("acknowledged ") {
                acknowledged = number.parse().unwrap();
            }
        }
        let store = SledStore::open(dir.path()).unwrap();
        let entries: Vec<_> =
            store.replay().unwrap().map(|entry| entry.expect("nothing is damaged")).collect();
        assert!(entries.len() >= acknowledged as usize, "{} of {acknowledged}", entries.len());
        for (number, entry) in (1..).zip(&entries) {
            let size = if number % 7 == 0 { 50_000 } else { 100 };
            assert_eq!(entry.event, schema("s", number, size));
        }
        acknowledged = u32::try_from(entries.len()).unwrap();
    }
}
