//! Blobs, damage, failing syncs, and a process killed while it appends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use assay_registry::store::contract::schema;
use assay_registry::{Revision, Store};
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
    let blobs = std::fs::read_dir(dir.path().join("sled/blobs")).unwrap().count();
    assert_eq!(blobs, 0);
    assert_eq!(replayed(&SledStore::open(dir.path()).unwrap()), 24);
}

fn open_sled(dir: &Path) -> (sled::Db, sled::Tree) {
    let db = sled::Config::new().path(dir).segment_size(2 * 1024 * 1024).open().unwrap();
    let tree = db.open_tree("events").unwrap();
    (db, tree)
}

/// What is said of it, and what is done.
type Harm = (&'static str, fn(&mut Vec<u8>));

/// Damage that sled's own checksums do not see is named by ours, and costs only the entry it is in.
#[test]
fn a_damaged_entry_is_named_and_the_rest_served() {
    let harms: [Harm; 6] = [
        ("checksum", |bytes| *bytes.last_mut().unwrap() ^= 1),
        ("cut off", |bytes| bytes.truncate(bytes.len() - 1)),
        ("header is cut off", |bytes| bytes.truncate(20)),
        ("format version 9, this release reads 2", |bytes| bytes[7] = 9),
        ("does not begin as an entry does", |bytes| bytes[0] = 9),
        ("header is damaged", |bytes| bytes[20] ^= 1),
    ];
    for (want, harm) in harms {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::open(dir.path()).unwrap();
        store.append(Revision(0), (1..=4).map(|n| schema("s", n, 300)).collect()).unwrap().wait().unwrap();
        drop(store);
        // All that sled holds goes to new files, as when it has collected its garbage: no older copy is left.
        let (old, new) = (dir.path().join("sled"), dir.path().join("new"));
        let ((from_db, from), (to_db, to)) = (open_sled(&old), open_sled(&new));
        to_db.insert("format", from_db.get("format").unwrap().unwrap()).unwrap();
        for (number, pair) in from.iter().enumerate() {
            let (key, value) = pair.unwrap();
            let mut bytes = value.to_vec();
            if number == 1 {
                harm(&mut bytes);
            }
            to.insert(key, bytes).unwrap();
        }
        to_db.flush().unwrap();
        drop((from, to, from_db, to_db));
        std::fs::remove_dir_all(&old).unwrap();
        std::fs::rename(&new, &old).unwrap();
        let mut name = String::new();
        for _ in 0..2 {
            let store = SledStore::open(dir.path()).unwrap();
            let damaged: Vec<_> = store.replay().unwrap().filter_map(Result::err).collect();
            assert_eq!(damaged.len(), 1, "{damaged:?}");
            name.clone_from(&damaged[0].entry);
            assert!(name.starts_with("subject 's' version ") && damaged[0].key.is_some(), "{damaged:?}");
            assert!(damaged[0].reason.contains(want), "{want}: {damaged:?}");
            assert_eq!(replayed(&store), 3);
            assert!(store.head() >= Revision(3));
        }
        // Written again, it is whole again.
        let store = SledStore::open(dir.path()).unwrap();
        let version = name.trim_start_matches("subject 's' version ").parse().unwrap();
        store.append(store.head(), vec![schema("s", version, 10)]).unwrap().wait().unwrap();
        drop(store);
        let store = SledStore::open(dir.path()).unwrap();
        assert!(store.replay().unwrap().all(|entry| entry.is_ok()));
        assert_eq!(replayed(&store), 4);
    }
}

/// An entry that is only damaged where the tree has it, is taken from the copy that sled's log still holds.
#[test]
fn an_intact_copy_in_the_log_heals() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    store.append(Revision(0), (1..=3).map(|n| schema("s", n, 30_000)).collect()).unwrap().wait().unwrap();
    drop(store);
    let (db, tree) = open_sled(&dir.path().join("sled"));
    let (key, _) = tree.iter().nth(4).unwrap().unwrap();
    tree.insert(key, b"nothing of ours").unwrap();
    db.flush().unwrap();
    drop((tree, db));
    let store = SledStore::open(dir.path()).unwrap();
    assert!(store.replay().unwrap().all(|entry| entry.is_ok()));
    assert_eq!(replayed(&store), 3);
}

#[test]
fn another_format_and_a_second_process_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    assert!(SledStore::open(dir.path()).is_err());
    drop(store);
    let db = sled::Config::new().path(dir.path().join("sled")).segment_size(2 * 1024 * 1024).open().unwrap();
    db.insert("format", "assay-registry 99").unwrap();
    db.flush().unwrap();
    drop(db);
    let error = SledStore::open(dir.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("assay-registry 99"), "{error}");
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
            .args(["--exact", "durability::child_appends_until_it_is_killed", "--nocapture"])
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
