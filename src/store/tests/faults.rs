//! A disk that fails: a sync that fails, a file that may not grow, a power cut that takes back what was not synced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use assay_registry::store::contract::schema;
use assay_registry::{Event, Revision, Store, StoreError};
use assay_store::{Disk, SledStore};

fn events(store: &SledStore) -> Vec<Event> {
    store.replay().unwrap().map(|entry| entry.expect("nothing is damaged").event).collect()
}

/// Fails the n-th sync, or the write before it.
struct Failing {
    disk: Box<dyn Disk>,
    left: usize,
    before_write: bool,
}

impl Disk for Failing {
    fn before_flush(&mut self) -> io::Result<()> {
        if self.before_write && self.left == 0 { Err(io::Error::other("injected")) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        assert!(self.left != usize::MAX, "a failed sync is never retried");
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.disk.sync()
            }
            None => {
                self.left = usize::MAX;
                Err(io::Error::other("injected"))
            }
        }
    }

    fn gave_up(&mut self, reason: &str) {
        self.disk.gave_up(reason);
    }
}

/// Its ticket and all later ones fail, nothing more is written, and the next start has what was acknowledged.
#[test]
fn a_failing_sync_fails_its_ticket_and_all_later_ones() {
    for before_write in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store =
            SledStore::open_with(dir.path(), |disk| Box::new(Failing { disk, left: 2, before_write }))
                .unwrap();
        store.append(Revision(0), vec![schema("s", 1, 1)]).unwrap().wait().unwrap();
        store.append(Revision(1), vec![schema("s", 2, 20_000)]).unwrap().wait().unwrap();
        let failed = store.append(Revision(2), vec![schema("s", 3, 1), schema("t", 1, 1)]).unwrap();
        let failed = failed.wait().unwrap_err();
        assert!(matches!(&failed, StoreError::Failed(cause) if cause.contains("injected")), "{failed}");
        for revision in 4..7 {
            let later =
                store.append(Revision(revision), vec![schema("s", 4, 1)]).unwrap().wait().unwrap_err();
            assert_eq!(later, failed);
        }
        drop(store);
        assert!(dir.path().join("failed").exists());
        // What was being written may be in the system's cache only: it is written anew, whole or not at all.
        let store = SledStore::open(dir.path()).unwrap();
        assert!(!dir.path().join("failed").exists() && !dir.path().join("damaged-1").exists());
        let found = events(&store);
        let acknowledged = [schema("s", 1, 1), schema("s", 2, 20_000)];
        let unacknowledged = [schema("s", 3, 1), schema("t", 1, 1)];
        assert_eq!(found[..2], acknowledged);
        assert!(found.len() == 2 || found[2..] == unacknowledged, "{found:?}");
        store.append(store.head(), vec![schema("u", 1, 1)]).unwrap().wait().unwrap();
        drop(store);
        assert_eq!(events(&SledStore::open(dir.path()).unwrap()).len(), found.len() + 1);
    }
}

const CHILD_DIR: &str = "ASSAY_STORE_FULL_DIR";

/// Not a test by itself: the child of the next one. Appends until the disk is full, and says what became of each.
#[test]
fn child_appends_until_the_disk_is_full() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let store = match SledStore::open(dir.as_ref()) {
        Ok(store) => store,
        Err(error) => return eprintln!("not opened {error}"),
    };
    for version in 1..20_000 {
        let event = schema(
            &format!("s{}", version % 7),
            version,
            if version.is_multiple_of(5) { 30_000 } else { 1000 },
        );
        match store.append(store.head(), vec![event]).unwrap().wait() {
            Ok(()) => eprintln!("acknowledged {version}"),
            Err(error) => {
                eprintln!("refused {version} {error}");
                let again = store.append(store.head(), vec![schema("again", 1, 1)]).unwrap().wait();
                assert_eq!(again, Err(error), "nothing is acknowledged any more");
                return;
            }
        }
    }
    panic!("the disk was never full");
}

/// The size of files is limited as a full disk would: EFBIG instead of ENOSPC, from the same calls. The product with a file system
/// that is really full is in `tests/clients/python/disk_full.py`.
#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    for limit_kib in [64, 2200, 5000, 9111] {
        let dir = tempfile::tempdir().unwrap();
        let child = |limit: &str| {
            // The signal would kill the process; ignored, the write fails instead.
            let script = format!(
                "trap '' XFSZ; {limit} exec \"$0\" --exact faults::child_appends_until_the_disk_is_full --nocapture"
            );
            let child = Command::new("bash")
                .args(["-c", &script])
                .arg(std::env::current_exe().unwrap())
                .env(CHILD_DIR, dir.path())
                .stdout(Stdio::null())
                .output()
                .unwrap();
            (child.status.success(), String::from_utf8_lossy(&child.stderr).into_owned())
        };
        let (ok, said) = child(&format!("ulimit -f {limit_kib};"));
        assert!(ok, "limit {limit_kib}: {said}");
        let acknowledged = said.lines().filter(|line| line.starts_with("acknowledged ")).count() as u32;
        let refused =
            said.lines().find(|line| line.starts_with("refused ") || line.starts_with("not opened "));
        let refused = refused.unwrap_or_else(|| panic!("limit {limit_kib}: {said}"));
        assert!(refused.contains("too large") || refused.contains("File"), "it says why: {refused}");
        assert!(limit_kib < 2000 || acknowledged > 10, "limit {limit_kib}: {acknowledged} acknowledged");
        let store = SledStore::open(dir.path()).unwrap();
        let found = events(&store);
        assert!(found.len() as u32 == acknowledged || found.len() as u32 == acknowledged + 1);
        for (event, version) in found.iter().zip(1u32..) {
            let size = if version.is_multiple_of(5) { 30_000 } else { 1000 };
            assert_eq!(*event, schema(&format!("s{}", version % 7), version, size));
        }
    }
}

/// What the files held at each sync.
#[derive(Default)]
struct Images {
    written: Vec<Vec<u8>>,
    witness: Vec<Vec<u8>>,
}

struct Recording {
    disk: Box<dyn Disk>,
    dir: PathBuf,
    images: Arc<Mutex<Images>>,
}

impl Disk for Recording {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync()?;
        let mut images = self.images.lock().unwrap();
        images.written.push(std::fs::read(self.dir.join("sled/db"))?);
        images.witness.push(std::fs::read(self.dir.join("acknowledged"))?);
        Ok(())
    }
}

/// Of what was written since the last sync, any block may have reached the disk or not.
fn mixed(synced: &[u8], written: &[u8], random: &mut impl FnMut() -> u64) -> Vec<u8> {
    const BLOCK: usize = 4096;
    let mut disk = synced.to_vec();
    if random().is_multiple_of(2) {
        disk.resize(written.len().max(synced.len()), 0);
    }
    let (length, share) = (disk.len(), random() % 5);
    for (number, block) in written.chunks(BLOCK).enumerate() {
        let at = number * BLOCK;
        if random() % 4 < share && at + block.len() <= length {
            disk[at..at + block.len()].copy_from_slice(block);
        }
    }
    disk
}

fn put(dir: &Path, from: &Path, db: &[u8], witness: &[u8]) {
    std::fs::create_dir_all(dir.join("sled")).unwrap();
    std::fs::copy(from.join("sled/conf"), dir.join("sled/conf")).unwrap();
    std::fs::write(dir.join("sled/db"), db).unwrap();
    std::fs::write(dir.join("acknowledged"), witness).unwrap();
}

/// A power cut between two syncs: everything acknowledged before is there, what was on its way is there whole or not at all.
#[test]
fn a_power_cut_takes_back_only_what_was_not_acknowledged() {
    let from = tempfile::tempdir().unwrap();
    let images = Arc::new(Mutex::new(Images::default()));
    let store = SledStore::open_with(from.path(), |disk| {
        Box::new(Recording { disk, dir: from.path().to_path_buf(), images: images.clone() })
    })
    .unwrap();
    // Commands of one event and of several, small and of many chunks.
    let command = |number: u32| -> Vec<Event> {
        let size = if number.is_multiple_of(3) { 40_000 } else { 700 };
        (1..=1 + number % 4).map(|event| schema(&format!("s{number}"), event, size)).collect()
    };
    for number in 0..24 {
        store.append(store.head(), command(number)).unwrap().wait().unwrap();
    }
    drop(store);
    let images = std::mem::take(&mut *images.lock().unwrap());
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let rounds = if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 20 } else { 1 };
    for (round, last) in (0..rounds).flat_map(|round| (0..23usize).map(move |last| (round, last))) {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let disk = mixed(&images.written[last], &images.written[last + 1], &mut random);
        // The note of what is acknowledged is not synced: it may be as old as it likes.
        let witness = &images.witness[last.saturating_sub((random() % 4) as usize)];
        put(dir.path(), from.path(), &disk, witness);
        let store = SledStore::open(dir.path())
            .unwrap_or_else(|error| panic!("round {round}, cut after {last}: {error}"));
        let found: Vec<Event> = (store.replay().unwrap())
            .map(|entry| {
                entry.unwrap_or_else(|damaged| panic!("round {round}, cut after {last}: {damaged}")).event
            })
            .collect();
        let acknowledged: Vec<Event> = (0..=last as u32).flat_map(command).collect();
        assert_eq!(found[..acknowledged.len()], acknowledged, "round {round}, cut after {last}");
        let more = &found[acknowledged.len()..];
        assert!(more.is_empty() || *more == command(last as u32 + 1), "round {round}, cut after {last}");
    }
}
