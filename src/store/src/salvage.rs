//! Opening with care: sled only gets a file that it will not take for shorter than it is. From any other, every entry that can be
//! read in the raw bytes is written to a new store, and what cannot is named.
//!
//! A key's newest revision anywhere in the file is its value: sled's log is full of older copies. Revisions up to the acknowledged
//! one all count; later ones were never acknowledged, so of them only whole commands count, in order, without gaps.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assay_registry::event::EventKey;
use assay_registry::store::{Damaged, StoreError};
use assay_registry::{Context, Event, Revision, SchemaId};

use crate::disk::FAILED;
use crate::entry::{self, Chunk, Command, Entry, Whole};
use crate::key;
use crate::segments::{self, Segment};
use crate::sled_store::{Opened, SLED, is_lock, open_sled, remove_if_there, sync_directories};
use crate::witness::{Acknowledged, mark};

/// A new store being written; removed when it is found.
const UNFINISHED: &str = "rebuilt.unfinished";
/// A new store that is complete and takes the place of `sled`.
const REBUILT: &str = "rebuilt";
/// The key under which entries are given up of which nothing is known.
const LOST: &[u8] = b"\0lost";
/// Changes written to a new store at once.
const BATCH: usize = 500;

/// Opens sled if its files are sound, else a new store made from them.
pub(crate) fn open_checked(dir: &Path, known: Option<Acknowledged>) -> Result<Opened, StoreError> {
    let sled = dir.join(SLED);
    let data = sled.join("db");
    if !data.exists() {
        return match known.filter(|known| known.head > Revision(0)) {
            None => open_sled(&sled),
            Some(known) => Err(StoreError::failed(format_args!(
                "{SLED}/db is gone, which held {} entries; put it back, or remove the whole directory to begin with an empty registry",
                known.entries
            ))),
        };
    }
    remove_unfinished_snapshots(&sled).map_err(StoreError::failed)?;
    if dir.join(FAILED).exists() {
        return rebuild(dir, known, "a write or a sync failed before the last stop", &[]);
    }
    if let Some(flaw) = flaw(&data, known).map_err(StoreError::failed)? {
        return rebuild(dir, known, &flaw, &[]);
    }
    match open_sled(&sled) {
        Ok(opened) => match shortfall(&opened, known) {
            None => Ok(opened),
            Some(flaw) => {
                let named = opened.loaded.entries.into_iter().filter_map(Result::err).collect::<Vec<_>>();
                drop((opened.db, opened.tree));
                rebuild(dir, known, &flaw, &named)
            }
        },
        Err(StoreError::Failed(cause)) if !is_lock(&cause) && !cause.contains("format") => {
            rebuild(dir, known, &cause, &[])
        }
        Err(error) => Err(error),
    }
}

/// What sled has not found that was acknowledged.
fn shortfall(opened: &Opened, known: Option<Acknowledged>) -> Option<String> {
    let (known, found) = (known?, opened.loaded.acknowledged());
    if found.head < known.head {
        return Some(format!(
            "revision {} was acknowledged, and the newest in the file is {}",
            known.head, found.head
        ));
    }
    (found.head == known.head && found != known).then(|| {
        format!("its {} entries are not the {} that were acknowledged", found.entries, known.entries)
    })
}

/// A snapshot that a crash cut short has a name that sled would take for a finished one.
fn remove_unfinished_snapshots(sled: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(sled)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            remove_if_there(&path)?;
        }
    }
    Ok(())
}

/// Finishes what a crash interrupted.
pub(crate) fn finish(dir: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(dir.join(UNFINISHED)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if dir.join(REBUILT).exists() {
        put_in_place(dir)?;
    }
    Ok(())
}

/// `sled` becomes `damaged-n`, `rebuilt` becomes `sled`. Answers where the damaged files are.
fn put_in_place(dir: &Path) -> io::Result<PathBuf> {
    let free = (1u32..).map(|number| dir.join(format!("damaged-{number}"))).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| dir.join("damaged"));
    if dir.join(SLED).exists() {
        std::fs::rename(dir.join(SLED), &aside)?;
    }
    std::fs::rename(dir.join(REBUILT), dir.join(SLED))?;
    sync_directories(dir)?;
    Ok(aside)
}

/// What makes the file one that sled must not open; `None` when all is well.
fn flaw(data: &Path, known: Option<Acknowledged>) -> io::Result<Option<String>> {
    let file = File::open(data)?;
    let seen: Mutex<(Vec<Segment>, bool)> = Mutex::default();
    segments::each(&file, &|segment: &Segment, bytes: &[u8]| {
        let rest = bytes.get(segment.end..).unwrap_or_default();
        let loose = segment.rest && segments::chunks(rest).next().is_some();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.push(segment.clone());
        seen.1 |= loose;
    })?;
    let (segments, loose) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tail = segments.iter().filter_map(|segment| segment.position).max();
    for Segment { offset, position, end, full, rest } in &segments {
        match position {
            None if *rest => {
                return Ok(Some(format!("the segment at byte {offset} of {SLED}/db has no header")));
            }
            Some(_) if *position != tail && !full => {
                return Ok(Some(format!("the log breaks off at byte {} of {SLED}/db", offset + *end as u64)));
            }
            _ => {}
        }
    }
    // Something follows the end of the log: a cut-off write, old bytes of a segment used again, or what damage has cut off.
    if loose {
        return Ok(Catalog::of(&file)?.unreachable(known));
    }
    Ok(None)
}

/// One revision of one key, as far as it was found.
#[derive(Debug)]
struct Found {
    id: u32,
    command: Command,
    count: u32,
    /// Where each intact chunk lies, and whether the log leads there.
    chunks: BTreeMap<u32, (u64, usize, bool)>,
    flaw: Option<&'static str>,
}

impl Found {
    fn complete(&self) -> bool {
        self.chunks.len() == self.count as usize
    }

    fn reachable(&self) -> bool {
        self.complete() && self.chunks.values().all(|(_, _, reachable)| *reachable)
    }
}

/// Every entry with a sound header in the raw bytes, by key and revision.
#[derive(Debug, Default)]
struct Catalog {
    keys: HashMap<Vec<u8>, BTreeMap<Revision, Found>>,
}

impl Catalog {
    fn of(file: &File) -> io::Result<Catalog> {
        let catalog: Mutex<Catalog> = Mutex::default();
        segments::each(file, &|segment: &Segment, bytes: &[u8]| {
            for (at, chunk) in segments::chunks(bytes) {
                let reachable = segment.position.is_some() && at + chunk.bytes <= segment.end;
                let mut catalog = catalog.lock().unwrap_or_else(PoisonError::into_inner);
                catalog.add(&chunk, segment.offset + at as u64, reachable);
            }
        })?;
        Ok(catalog.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&mut self, chunk: &Chunk<'_>, at: u64, reachable: bool) {
        let revisions = match self.keys.get_mut(chunk.base) {
            Some(revisions) => revisions,
            None => self.keys.entry(chunk.base.to_vec()).or_default(),
        };
        let found = revisions.entry(chunk.revision).or_insert_with(|| Found {
            id: chunk.id,
            command: chunk.command,
            count: chunk.count,
            chunks: BTreeMap::new(),
            flaw: None,
        });
        match chunk.body {
            Ok(_) => {
                let known = found.chunks.entry(chunk.number).or_insert((at, chunk.bytes, reachable));
                if reachable {
                    *known = (at, chunk.bytes, true);
                }
            }
            Err(flaw) => found.flaw = Some(flaw),
        }
    }

    /// The newest revision that counts: everything acknowledged, then whole commands without a gap.
    fn head(&self, known: Option<Acknowledged>) -> Revision {
        let Some(known) = known else { return Revision(u64::MAX) };
        let later: BTreeMap<Revision, (Command, bool)> = (self.keys.values())
            .flat_map(|revisions| revisions.range(known.head.plus(1)..))
            .map(|(revision, found)| (*revision, (found.command, found.complete())))
            .collect();
        let mut head = known.head;
        while let Some((command, _)) = later.get(&head.plus(1)) {
            let last = head.plus(command.events as usize);
            let whole = (1..=command.events as usize)
                .all(|step| later.get(&head.plus(step)).is_some_and(|(_, complete)| *complete));
            if command.first != head.plus(1) || !whole {
                break;
            }
            head = last;
        }
        head
    }

    /// The first key whose value the log does not lead to.
    fn unreachable(&self, known: Option<Acknowledged>) -> Option<String> {
        let limit = known.map_or(Revision(u64::MAX), |known| known.head);
        let newest = |revisions: &BTreeMap<Revision, Found>| {
            revisions.range(..=limit).next_back().map(|(_, found)| found.reachable())
        };
        let (base, _) = self.keys.iter().find(|(_, revisions)| newest(revisions) == Some(false))?;
        Some(format!("the log of {SLED}/db breaks off before {}", key::printable(base)))
    }
}

/// What a new store is made of.
#[derive(Default)]
struct Saved {
    entries: Vec<Whole>,
    given_up: usize,
    missing: u64,
    head: Revision,
    /// The highest id found anywhere, by context.
    highest: BTreeMap<Context, u32>,
}

/// `named` are entries that the tree holds in a form that cannot be read.
fn save(file: &File, catalog: &Catalog, known: Option<Acknowledged>, named: &[Damaged]) -> io::Result<Saved> {
    let limit = catalog.head(known);
    let mut saved = Saved::default();
    for (base, revisions) in &catalog.keys {
        let Some((revision, found)) = revisions.range(..=limit).next_back() else { continue };
        saved.head = saved.head.max(*revision);
        let ids = revisions.values().map(|found| found.id);
        saved.used(base, ids.max().unwrap_or_default());
        saved.entries.push(match read(file, found) {
            Ok(whole) => whole,
            Err(reason) => {
                saved.given_up += 1;
                Whole::given_up(base, found.id, *revision, &reason)
            }
        });
    }
    saved.entries.sort_by_key(|whole| whole.revision);
    let Some(known) = known else { return Ok(saved) };
    if saved.head <= known.head && saved.digest() != known.digest {
        // Copies of these were found, but older ones.
        for damaged in named {
            let Some(base) = damaged.key.as_ref().map(key::encode) else { continue };
            saved.entries.retain(|whole| whole.entry.base != base);
            let id = damaged.id.map_or(0, SchemaId::get);
            saved.entries.push(Whole::given_up(&base, id, Revision(0), &damaged.reason));
            saved.given_up += 1;
        }
        let least = u64::from(named.is_empty());
        saved.missing = known.entries.saturating_sub(saved.entries.len() as u64).max(least);
    }
    saved.head = saved.head.max(known.head);
    if saved.missing > 0 {
        saved.note_missing();
    }
    Ok(saved)
}

impl Saved {
    fn digest(&self) -> u64 {
        self.entries.iter().map(|whole| mark(&whole.entry.base, whole.revision)).fold(0, u64::wrapping_add)
    }

    fn used(&mut self, base: &[u8], id: u32) {
        let context = match key::decode(base) {
            Some(EventKey::Schema(subject, _)) => subject.context().clone(),
            Some(EventKey::MaxId(context)) => context,
            _ => return,
        };
        let highest = self.highest.entry(context).or_default();
        *highest = id.max(*highest);
    }

    /// Nothing is known of some entries: that is written down, and no id that may be theirs is given out again.
    fn note_missing(&mut self) {
        let reason = format!(
            "at least {} acknowledged entries are missing, or there only as they were before; which ones is not known",
            self.missing
        );
        self.entries.push(Whole::given_up(LOST, 0, Revision(0), &reason));
        let missing = u32::try_from(self.missing).unwrap_or(u32::MAX);
        for (context, id) in std::mem::take(&mut self.highest) {
            let id = SchemaId::new(id.saturating_add(missing)).unwrap_or(SchemaId::MAX);
            if let Ok(entry) = Entry::of(&Event::MaxId { context, id }) {
                self.head = self.head.plus(1);
                self.entries.retain(|whole| whole.entry.base != entry.base);
                self.entries.push(Whole { revision: self.head, entry });
            }
        }
    }
}

/// Reads one revision of a key from the raw file.
fn read(file: &File, found: &Found) -> Result<Whole, String> {
    if !found.complete() {
        return Err(found.flaw.map_or_else(
            || format!("{} of its {} parts are there", found.chunks.len(), found.count),
            str::to_owned,
        ));
    }
    let bytes = (found.chunks.values())
        .map(|(at, length, _)| {
            let mut bytes = vec![0; *length];
            file.read_exact_at(&mut bytes, *at).map(|()| bytes).map_err(|error| error.to_string())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let chunks = bytes.iter().map(|bytes| Chunk::read(bytes)).collect::<Result<Vec<_>, _>>()?;
    entry::assemble(&chunks)
}

/// Makes a new store of what can be read, keeps the old files aside, and opens the new one.
fn rebuild(
    dir: &Path,
    known: Option<Acknowledged>,
    flaw: &str,
    named: &[Damaged],
) -> Result<Opened, StoreError> {
    let data = dir.join(SLED).join("db");
    let (catalog, saved) = (File::open(&data))
        .and_then(|file| {
            let catalog = Catalog::of(&file)?;
            let saved = save(&file, &catalog, known, named)?;
            Ok((catalog, saved))
        })
        .map_err(StoreError::failed)?;
    let held =
        known.is_none_or(|known| known.entries > 0) && data.metadata().is_ok_and(|meta| meta.len() > 0);
    if catalog.keys.is_empty() && held {
        return Err(StoreError::failed(format_args!(
            "{SLED}/db is damaged ({flaw}) and holds no readable entry; put back a copy of the directory, or remove it and restore a backup"
        )));
    }
    write(&dir.join(UNFINISHED), &saved)?;
    let aside = std::fs::rename(dir.join(UNFINISHED), dir.join(REBUILT))
        .and_then(|()| put_in_place(dir))
        .map_err(StoreError::failed)?;
    tracing::error!(
        reason = flaw,
        entries = saved.entries.len(),
        given_up = saved.given_up,
        missing = saved.missing,
        found = %aside.display(),
        "the registry store was damaged and has been written anew; the files as they were found are kept"
    );
    open_sled(&dir.join(SLED))
}

fn write(place: &Path, saved: &Saved) -> Result<(), StoreError> {
    let Opened { db, tree, loaded } = open_sled(place)?;
    drop(loaded);
    for part in saved.entries.chunks(BATCH) {
        let mut batch = sled::Batch::default();
        for Whole { revision, entry } in part {
            let command = Command { first: *revision, events: 1 };
            for (chunk, number) in entry.chunks(*revision, command).into_iter().zip(0..) {
                batch.insert(key::tree_key(&entry.base, number), chunk);
            }
        }
        tree.apply_batch(batch).map_err(StoreError::failed)?;
    }
    db.flush().map_err(StoreError::failed)?;
    File::open(place.join("db")).and_then(|file| file.sync_all()).map_err(StoreError::failed)?;
    sync_directories(place).map_err(StoreError::failed)
}
