//! A bounded map whose readers take no lock: a hit is one atomic load, one look into a table that nobody changes, and one
//! clone of the value. Writers copy the table; that is cheap beside the HTTP request that came before.

use std::{
    fmt,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use hashbrown::{Equivalent, HashMap};

/// A bounded map, made for many readers and few writers. When it is full, what was not asked for lately goes first.
///
/// A key can be looked up by anything [`Equivalent`] to it, so that no key need be built for a hit.
pub struct Cache<K, V> {
    table: ArcSwap<Table<K, V>>,
    writing: Mutex<()>,
    entries_max: usize,
}

type Table<K, V> = HashMap<K, Arc<Slot<V>>>;

struct Slot<V> {
    value: V,
    /// Asked for since the last sweep.
    used: AtomicBool,
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("entries_max", &self.entries_max).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// Never holds more than `entries_max` (at least 1) entries.
    #[must_use]
    pub fn new(entries_max: usize) -> Cache<K, V> {
        let table = ArcSwap::from_pointee(HashMap::new());
        Cache { table, writing: Mutex::new(()), entries_max: entries_max.max(1) }
    }

    /// The value of a key. Takes no lock and does not allocate.
    #[must_use]
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let table = self.table.load();
        let slot = table.get(key)?;
        if !slot.used.load(Ordering::Relaxed) {
            slot.used.store(true, Ordering::Relaxed);
        }
        Some(slot.value.clone())
    }

    /// Puts a value in, or replaces the one there is.
    pub fn insert(&self, key: K, value: V) {
        let turn = self.turn();
        let mut table = Table::clone(&self.table.load());
        if table.len() >= self.entries_max && !table.contains_key(&key) {
            self.sweep(&mut table);
        }
        table.insert(key, Arc::new(Slot { value, used: AtomicBool::new(false) }));
        self.table.store(Arc::new(table));
        drop(turn);
    }

    /// Forgets a key.
    pub fn remove(&self, key: &K) {
        let turn = self.turn();
        if self.table.load().contains_key(key) {
            let mut table = Table::clone(&self.table.load());
            table.remove(key);
            self.table.store(Arc::new(table));
        }
        drop(turn);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let turn = self.turn();
        if !self.is_empty() {
            self.table.store(Arc::new(HashMap::new()));
        }
        drop(turn);
    }

    /// Entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.load().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room: a quarter goes, first of what was not asked for since the last sweep.
    fn sweep(&self, table: &mut Table<K, V>) {
        let mut surplus = table.len() - (self.entries_max - self.entries_max.div_ceil(4));
        table.retain(|_, slot| {
            let keep = slot.used.swap(false, Ordering::Relaxed) || surplus == 0;
            surplus -= usize::from(!keep);
            keep
        });
        table.retain(|_, _| {
            let keep = surplus == 0;
            surplus -= usize::from(!keep);
            keep
        });
    }

    /// One writer at a time.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(10);
        cache.insert(0, "kept");
        for key in 1..1000 {
            cache.insert(key, "passing");
            assert!(cache.len() <= 10);
            if key % 2 == 0 {
                cache.remove(&key);
                assert_eq!(cache.get(&key), None);
            }
        }
        assert_eq!(cache.get(&999), Some("passing"));
        cache.insert(999, "changed");
        assert_eq!(cache.get(&999), Some("changed"));
        cache.remove(&999);
        assert_eq!(cache.get(&999), None);
        cache.clear();
        assert!(cache.is_empty());
    }

    #[test]
    fn what_is_asked_for_outlives_what_is_not() {
        let cache = Cache::new(8);
        cache.insert(0, ());
        for key in 1..2000 {
            assert_eq!(cache.get(&0), Some(()), "{key}");
            cache.insert(key, ());
        }
    }

    proptest! {
        /// Whatever happens: never more than the bound, and what is found is what was put in last.
        #[test]
        fn never_lies(bound in 1usize..20, steps in prop::collection::vec((0u8..30, 0u8..4, any::<u16>()), 0..200)) {
            let cache = Cache::new(bound);
            let mut truth = std::collections::HashMap::new();
            for (key, what, value) in steps {
                match what {
                    0 => { cache.remove(&key); truth.remove(&key); }
                    1 => if let Some(found) = cache.get(&key) { prop_assert_eq!(Some(&found), truth.get(&key)); },
                    _ => { cache.insert(key, value); truth.insert(key, value); prop_assert_eq!(cache.get(&key), Some(value)); }
                }
                prop_assert!(cache.len() <= bound);
            }
        }
    }

    #[test]
    fn readers_and_writers_at_once() {
        let cache = Arc::new(Cache::new(64));
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let cache = Arc::clone(&cache);
                scope.spawn(move || {
                    for n in 0..2000u32 {
                        cache.insert(n % 100, n % 100 + 1);
                        if let Some(value) = cache.get(&((n + thread) % 100)) {
                            assert_eq!(value, (n + thread) % 100 + 1);
                        }
                    }
                });
            }
        });
        assert!(cache.len() <= 64);
    }
}
