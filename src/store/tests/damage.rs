//! Damaged files: whatever is done to them, opening does not panic, serves nothing but what was written last, and names what it cannot
//! serve.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use assay_registry::event::EventKey;
use assay_registry::store::Damaged;
use assay_registry::store::contract::schema;
use assay_registry::{Event, Store, Subject, Version};
use assay_store::SledStore;
use proptest::prelude::*;

const VERSIONS: u32 = 12;

/// A store with a history: versions small and big, written again, deleted; closed properly. And what it holds.
struct Sample {
    dir: tempfile::TempDir,
    holds: BTreeMap<EventKey, Event>,
    /// Everything ever written.
    written: Vec<(EventKey, Event)>,
    deleted: Vec<EventKey>,
}

/// In memory where there is such a place: nothing here depends on a disk.
fn place() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let dir = place();
        let store = SledStore::open(dir.path()).unwrap();
        let (mut holds, mut deleted) = (BTreeMap::new(), Vec::new());
        let mut written = Vec::new();
        let mut append = |events: Vec<Event>| {
            written.extend(events.iter().map(|event| (event.key(), event.clone())));
            store.append(store.head(), events).unwrap()
        };
        for number in 0..15u32 {
            for version in 1..=VERSIONS {
                let size = if version == 5 { 30_000 } else { 900 };
                append(vec![schema(&format!("s{number}"), version, size)]);
            }
            // The last version is written again, the first is deleted for good.
            let again = schema(&format!("s{number}"), VERSIONS, 950);
            let gone = Event::SchemaTombstone {
                subject: Subject::parse(&format!("s{number}")),
                version: Version::FIRST,
            };
            append(vec![gone.clone(), again.clone()]).wait().unwrap();
            for version in 2..=VERSIONS {
                let size = if version == 5 { 30_000 } else { 900 };
                let event = schema(&format!("s{number}"), version, size);
                holds.insert(event.key(), event);
            }
            holds.insert(again.key(), again);
            deleted.push(gone.key());
        }
        drop(store);
        Sample { dir, holds, written, deleted }
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(path, to.join(name)).unwrap();
        }
    }
}

/// What the store at `dir` serves and what it names.
fn open(dir: &Path) -> Result<(BTreeMap<EventKey, Event>, Vec<Damaged>), String> {
    let store = SledStore::open(dir).map_err(|error| error.to_string())?;
    let (mut served, mut damaged) = (BTreeMap::new(), Vec::new());
    for entry in store.replay().unwrap() {
        match entry {
            Ok(stored) => {
                served.insert(stored.event.key(), stored.event);
            }
            Err(entry) => damaged.push(entry),
        }
    }
    Ok((served, damaged))
}

/// Everything served is as written last, or it is said that older copies had to do (besides a highest id, raised so that no lost one is given out again); everything not served is named, one by one or as a number; nothing deleted is back.
fn check(dir: &Path, what: &str) {
    let sample = sample();
    let (served, damaged) = match open(dir) {
        Ok(found) => found,
        Err(error) => {
            assert!(error.contains("registry store in") && error.contains("db"), "{what}: {error}");
            return;
        }
    };
    let unnamed =
        damaged.iter().any(|entry| entry.key.is_none() && entry.reason.contains("acknowledged entries"));
    for (key, event) in served.iter().filter(|(key, _)| !matches!(key, EventKey::MaxId(_))) {
        let newest = sample.holds.get(key) == Some(event);
        let older = || sample.written.contains(&(key.clone(), event.clone()));
        assert!(newest || unnamed && older(), "{what}: {key:?}");
    }
    for key in sample.holds.keys().filter(|key| !served.contains_key(key)) {
        let named = damaged.iter().any(|entry| entry.key.as_ref() == Some(key) && !entry.reason.is_empty());
        assert!(named || unnamed, "{what}: {key:?} is gone and not named: {damaged:?}");
    }
    assert!(unnamed || sample.deleted.iter().all(|key| !served.contains_key(key)), "{what}");
    // The second start finds what the first one left, the same.
    let again = open(dir).unwrap_or_else(|error| panic!("{what}: the second start fails: {error}"));
    assert_eq!((again.0.len(), again.1.len()), (served.len(), damaged.len()), "{what}");
}

#[derive(Debug, Clone)]
enum Harm {
    Flip { at: prop::sample::Index, bits: u8 },
    Zero { at: prop::sample::Index, length: usize },
    Noise { at: prop::sample::Index, bytes: Vec<u8> },
    CutOff { at: prop::sample::Index },
    Append { bytes: Vec<u8> },
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), 1u8..).prop_map(|(at, bits)| Harm::Flip { at, bits }),
        2 => (at(), 1usize..200_000).prop_map(|(at, length)| Harm::Zero { at, length }),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..3000)).prop_map(|(at, bytes)| Harm::Noise { at, bytes }),
        1 => at().prop_map(|at| Harm::CutOff { at }),
        1 => prop::collection::vec(any::<u8>(), 1..100).prop_map(|bytes| Harm::Append { bytes }),
    ]
}

fn inflict(path: &Path, harm: &Harm) {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    // Most of the file may be room written ahead; what counts is before that.
    let bytes = std::fs::read(path).unwrap();
    let block = bytes.chunks(4096).rposition(|block| block != &[0; 4096][..block.len()]).unwrap_or(0);
    let used = bytes.len().min((block + 1) * 4096);
    match harm {
        Harm::Flip { at, bits } => {
            let at = at.index(used);
            file.write_all_at(&[bytes[at] ^ bits], at as u64).unwrap();
        }
        Harm::Zero { at, length } => file.write_all_at(&vec![0; *length], at.index(used) as u64).unwrap(),
        Harm::Noise { at, bytes } => file.write_all_at(bytes, at.index(used) as u64).unwrap(),
        Harm::CutOff { at } => file.set_len(at.index(used) as u64).unwrap(),
        Harm::Append { bytes } => file.write_all_at(bytes, length).unwrap(),
    }
}

fn cases() -> ProptestConfig {
    let cases = if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 500 } else { 16 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_damaged_log_serves_the_rest_and_names_what_is_gone(harm in harm(), more in prop::option::of(harm())) {
        let dir = place();
        copy(sample().dir.path(), dir.path());
        let log = dir.path().join("sled/db");
        inflict(&log, &harm);
        more.iter().for_each(|harm| inflict(&log, harm));
        check(dir.path(), &format!("{harm:?} {more:?}"));
    }

    #[test]
    fn damage_to_the_small_files_loses_nothing(harm in harm(), name in prop::sample::select(&["acknowledged", "sled/conf", "snap."][..])) {
        let dir = place();
        copy(sample().dir.path(), dir.path());
        // A snapshot is written when a store with a log is opened.
        drop(SledStore::open(dir.path()).unwrap());
        let mut path = dir.path().join(name);
        if name == "snap." {
            let snapshot = |name: &str| name.starts_with("snap.");
            let found = std::fs::read_dir(dir.path().join("sled")).unwrap().map(|entry| entry.unwrap());
            path = { found }.find(|entry| snapshot(&entry.file_name().to_string_lossy())).expect("a snapshot").path();
        }
        inflict(&path, &harm);
        let (served, damaged) = open(dir.path()).unwrap();
        prop_assert_eq!(damaged, vec![]);
        prop_assert!(served == sample().holds);
    }
}

/// One entry in the middle of the log: that one is named with its subject and version, and nothing else is lost.
#[test]
fn a_flipped_byte_in_a_text_costs_that_version_only() {
    let dir = place();
    let store = SledStore::open(dir.path()).unwrap();
    for version in 1..=9 {
        let text = format!("unmistakable-{version}-");
        let Event::Schema(row) = schema("orders-value", version, 10) else { unreachable!() };
        let mut row = (*row).clone();
        row.text = format!("\"{text}{}\"", "x".repeat(500)).into();
        row.guid = assay_registry_guid(&row.text);
        row.original = None;
        store.append(store.head(), vec![Event::Schema(row.into())]).unwrap().wait().unwrap();
    }
    drop(store);
    let log = dir.path().join("sled/db");
    let bytes = std::fs::read(&log).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
    // Every copy in the log, as a bad sector would not, but a bad page cache would.
    for at in
        bytes.windows(15).enumerate().filter(|(_, window)| *window == b"unmistakable-4-").map(|(at, _)| at)
    {
        file.write_all_at(b"U", at as u64).unwrap();
    }
    let (served, damaged) = open(dir.path()).unwrap();
    assert_eq!(served.len(), 8);
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert_eq!(damaged[0].entry, "subject 'orders-value' version 4");
    assert_eq!(damaged[0].id.map(|id| id.get()), Some(4));
    assert!(damaged[0].reason.contains("checksum"), "{damaged:?}");
    assert!(dir.path().join("damaged-1/db").exists(), "the files as found are kept");
    assert_eq!(open(dir.path()).unwrap().1, damaged, "the second start knows it still");
}

fn assay_registry_guid(text: &str) -> assay_registry::Guid {
    assay_registry::guid(text, &[], None, None)
}

#[test]
fn a_log_without_anything_readable_is_a_clear_error() {
    for content in [Vec::new(), vec![0; 100_000], vec![0x5a; 5_000_000]] {
        let dir = place();
        copy(sample().dir.path(), dir.path());
        std::fs::write(dir.path().join("sled/db"), content).unwrap();
        let error = open(dir.path()).unwrap_err();
        assert!(error.contains("no readable entry") && error.contains("backup"), "{error}");
        std::fs::remove_file(dir.path().join("sled/db")).unwrap();
        let error = open(dir.path()).unwrap_err();
        assert!(error.contains("sled/db is gone"), "{error}");
    }
}
