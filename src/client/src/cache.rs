//! A bounded map: two generations, of which the older one is forgotten when the younger one is full. What is asked for stays.

use std::{collections::HashMap, hash::Hash, mem};

#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation_max: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// Never holds more than `entries_max` (at least 2) entries.
    pub(crate) fn new(entries_max: usize) -> Cache<K, V> {
        Cache { young: HashMap::new(), old: HashMap::new(), generation_max: (entries_max / 2).max(1) }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation_max && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_and_keeps_what_is_used() {
        let mut cache = Cache::new(10);
        cache.insert(0, "kept");
        for key in 1..1000 {
            cache.insert(key, "passing");
            assert_eq!(cache.get(&0), Some("kept"), "{key}");
            assert!(cache.young.len() + cache.old.len() <= 10);
        }
        assert_eq!((cache.get(&1), cache.get(&999)), (None, Some("passing")));
        cache.insert(999, "changed");
        assert_eq!(cache.get(&999), Some("changed"));
        cache.remove(&999);
        assert_eq!(cache.get(&999), None);
        cache.clear();
        assert_eq!(cache.get(&0), None);
    }
}
