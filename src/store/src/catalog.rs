//! Every entry in the raw bytes of sled's file, whatever sled makes of it, and what a new store is made of.
//!
//! A key's newest revision anywhere in the file is its value: sled's log is full of older copies. Revisions up to the acknowledged
//! one all count; later ones were never acknowledged, so of them only whole commands count, in order, without gaps.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

use assay_registry::event::EventKey;
use assay_registry::store::Damaged;
use assay_registry::{Context, Event, Revision, SchemaId};

use crate::entry::{self, Chunk, Command, Entry, Whole};
use crate::key;
use crate::segments::{self, Segment};
use crate::sled_store::SLED;
use crate::witness::{Acknowledged, mark};

/// The key under which entries are given up of which nothing is known.
const LOST: &[u8] = b"\0lost";

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
pub(crate) struct Catalog {
    keys: HashMap<Vec<u8>, BTreeMap<Revision, Found>>,
}

impl Catalog {
    pub(crate) fn of(file: &File) -> io::Result<Catalog> {
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
        let later: BTreeMap<Revision, (Command, bool, bool)> = (self.keys.values())
            .flat_map(|revisions| revisions.range(known.head.plus(1)..))
            .map(|(revision, found)| (*revision, (found.command, found.complete(), found.reachable())))
            .collect();
        // The note of what is acknowledged may lag behind after a power cut: what the log leads to counts too.
        let whole = |last: Revision, command: Command| {
            last == Revision(command.first.0.saturating_sub(1)).plus(command.events as usize)
                && (command.first.0..=last.0).all(|revision| {
                    later.get(&Revision(revision)).is_some_and(|(_, _, reachable)| *reachable)
                })
        };
        let reached = later.iter().rev().find(|(last, (command, ..))| whole(**last, *command));
        let mut head = reached.map_or(known.head, |(last, _)| *last);
        while let Some((command, ..)) = later.get(&head.plus(1)) {
            let last = head.plus(command.events as usize);
            let whole = (1..=command.events as usize)
                .all(|step| later.get(&head.plus(step)).is_some_and(|(_, complete, _)| *complete));
            if command.first != head.plus(1) || !whole {
                break;
            }
            head = last;
        }
        head
    }

    /// The first key whose value the log does not lead to.
    pub(crate) fn unreachable(&self, known: Option<Acknowledged>) -> Option<String> {
        let limit = known.map_or(Revision(u64::MAX), |known| known.head);
        let newest = |revisions: &BTreeMap<Revision, Found>| {
            revisions.range(..=limit).next_back().map(|(_, found)| found.reachable())
        };
        let (base, _) = self.keys.iter().find(|(_, revisions)| newest(revisions) == Some(false))?;
        Some(format!("the log of {SLED}/db breaks off before {}", key::printable(base)))
    }
}

/// What a new store is made of.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    pub(crate) entries: Vec<Whole>,
    /// How many of them are only names.
    pub(crate) given_up: usize,
    /// How many are known to have been there and cannot be named, at least.
    pub(crate) missing: u64,
    head: Revision,
    /// The highest id found anywhere, by context.
    highest: BTreeMap<Context, u32>,
}

impl Saved {
    /// `named` are entries that the tree holds in a form that cannot be read.
    pub(crate) fn of(
        file: &File,
        catalog: &Catalog,
        known: Option<Acknowledged>,
        named: &[Damaged],
    ) -> io::Result<Saved> {
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
