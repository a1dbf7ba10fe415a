//! Opening with care: sled only gets a file that it will not take for shorter than it is. From any other, every entry that can be
//! read in the raw bytes is written to a new store, and what cannot is named.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assay_registry::Revision;
use assay_registry::store::{Damaged, StoreError};

use crate::catalog::{Catalog, Saved};
use crate::disk::FAILED;
use crate::entry::{Command, Whole};
use crate::key;
use crate::segments::{self, Segment};
use crate::sled_store::{Opened, SLED, is_lock, open_sled, remove_if_there, sync_directories};
use crate::witness::Acknowledged;

/// A new store being written; removed when it is found.
const UNFINISHED: &str = "rebuilt.unfinished";
/// A new store that is complete and takes the place of `sled`.
const REBUILT: &str = "rebuilt";
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
    if let Some(flaw) = flaw(&data, known).map_err(StoreError::failed)? {
        return rebuild(dir, known, &flaw, &[]);
    }
    if dir.join(FAILED).exists() {
        match rewrite(dir, known) {
            Ok(opened) => return Ok(opened),
            Err(error) => {
                tracing::warn!(%error, "the registry store is not written anew after the failure before the last stop");
            }
        }
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

/// Writes a sound store anew, after a failed sync: what the system had in its cache then may never have reached the disk.
fn rewrite(dir: &Path, known: Option<Acknowledged>) -> Result<Opened, StoreError> {
    let saved = collect(dir, known, &[])?;
    let aside = replace(dir, &saved)?;
    if saved.given_up == 0 && saved.missing == 0 {
        std::fs::remove_dir_all(&aside).map_err(StoreError::failed)?;
    }
    tracing::warn!(
        entries = saved.entries.len(),
        "a write or sync failed before the last stop; the registry store has been written anew"
    );
    open_sled(&dir.join(SLED))
}

/// Makes a new store of what can be read, keeps the old files aside, and opens the new one.
fn rebuild(
    dir: &Path,
    known: Option<Acknowledged>,
    flaw: &str,
    named: &[Damaged],
) -> Result<Opened, StoreError> {
    let saved = collect(dir, known, named)?;
    // All there is may be the note that something is missing.
    if saved.entries.len() <= usize::from(saved.missing > 0) && known.is_none_or(|known| known.entries > 0) {
        return Err(StoreError::failed(format_args!(
            "{SLED}/db is damaged ({flaw}) and holds no readable entry; put back a copy of the directory, or remove it \
             and restore a backup"
        )));
    }
    let aside = replace(dir, &saved)?;
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

fn collect(dir: &Path, known: Option<Acknowledged>, named: &[Damaged]) -> Result<Saved, StoreError> {
    let file = File::open(dir.join(SLED).join("db")).map_err(StoreError::failed)?;
    Saved::of(&file, &Catalog::of(&file).map_err(StoreError::failed)?, known, named)
        .map_err(StoreError::failed)
}

/// Puts a new store in the place of the old one; answers where that is now.
fn replace(dir: &Path, saved: &Saved) -> Result<PathBuf, StoreError> {
    let written = write(&dir.join(UNFINISHED), saved);
    if written.is_err() {
        // It would only take room until the next start removes it.
        std::fs::remove_dir_all(dir.join(UNFINISHED)).unwrap_or_default();
    }
    written?;
    let renamed = std::fs::rename(dir.join(UNFINISHED), dir.join(REBUILT));
    let aside = renamed.and_then(|()| put_in_place(dir)).map_err(StoreError::failed)?;
    remove_if_there(&dir.join(FAILED)).map_err(StoreError::failed)?;
    Ok(aside)
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
