//! Reading the whole tree: every entry once, on all processors, in the order of revisions.

use assay_registry::store::{Damaged, StoreError};
use assay_registry::{Revision, Stored};

use crate::entry::{self, Chunk};
use crate::key;
use crate::witness::{Acknowledged, mark};

/// What the tree holds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Damaged entries first (they are only named), then by revision.
    pub(crate) entries: Vec<Result<Stored, Damaged>>,
    /// The newest revision, tombstones counted.
    pub(crate) head: Revision,
    /// How many keys there are, tombstones counted.
    pub(crate) keys: u64,
    /// The sum of their marks.
    pub(crate) digest: u64,
}

/// # Errors
/// [`StoreError::Failed`] when sled cannot read.
pub(crate) fn load(tree: &sled::Tree) -> Result<Loaded, StoreError> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    let bound = |number: usize| (number * 256 / threads) as u8;
    let parts: Vec<Result<Loaded, StoreError>> = std::thread::scope(|scope| {
        let part = |number: usize| {
            let (low, high) = ([bound(number)], [bound(number + 1)]);
            move || match number + 1 == threads {
                true => load_range(tree.range(low..)),
                false => load_range(tree.range(low..high)),
            }
        };
        let others: Vec<_> = (1..threads).map(|number| scope.spawn(part(number))).collect();
        let first = part(0)();
        let panicked = |_| Err(StoreError::failed("a thread that read the store panicked"));
        std::iter::once(first)
            .chain(others.into_iter().map(|other| other.join().unwrap_or_else(panicked)))
            .collect()
    });
    let mut all = Loaded::default();
    for part in parts {
        let mut part = part?;
        all.entries.append(&mut part.entries);
        all.head = all.head.max(part.head);
        all.keys += part.keys;
        all.digest = all.digest.wrapping_add(part.digest);
    }
    all.entries.sort_by_key(|entry| entry.as_ref().map_or(Revision(0), |stored| stored.revision));
    Ok(all)
}

fn load_range(pairs: sled::Iter) -> Result<Loaded, StoreError> {
    let mut loaded = Loaded::default();
    let mut group: Vec<(sled::IVec, sled::IVec)> = Vec::new();
    for pair in pairs {
        let (key, value) = pair.map_err(StoreError::failed)?;
        if group.first().is_some_and(|(first, _)| key::base_of(first) != key::base_of(&key)) {
            loaded.add(&group);
            group.clear();
        }
        group.push((key, value));
    }
    if !group.is_empty() {
        loaded.add(&group);
    }
    Ok(loaded)
}

impl Loaded {
    /// As the witness should have it.
    pub(crate) fn acknowledged(&self) -> Acknowledged {
        Acknowledged { head: self.head, entries: self.keys, digest: self.digest }
    }

    /// Adds the chunks under one base key.
    fn add(&mut self, group: &[(sled::IVec, sled::IVec)]) {
        self.keys += 1;
        let base = group.first().map_or(&[][..], |(key, _)| key::base_of(key));
        let mut id = 0;
        let chunks = group.iter().map(|(_, value)| Chunk::read(value)).collect::<Result<Vec<_>, _>>();
        let read = chunks.and_then(|chunks| {
            if let Some(first) = chunks.first() {
                id = first.id;
                self.head = self.head.max(first.revision);
                self.digest = self.digest.wrapping_add(mark(base, first.revision));
            }
            if chunks.iter().any(|chunk| chunk.base != base) {
                return Err("it lies under the key of another entry".to_owned());
            }
            entry::assemble(&chunks)?.event()
        });
        match read {
            Ok(None) => {}
            Ok(Some(stored)) => self.entries.push(Ok(stored)),
            Err(reason) => self.entries.push(Err(damaged(base, id, reason))),
        }
    }
}

/// Names a damaged entry.
pub(crate) fn damaged(base: &[u8], id: u32, reason: String) -> Damaged {
    let entry = key::printable(base);
    Damaged { entry, reason, key: key::decode(base), id: assay_registry::SchemaId::new(id) }
}
