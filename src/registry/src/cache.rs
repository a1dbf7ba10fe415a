//! Parsed schemas kept for the next use, bounded by their estimated bytes. Least recently used go first.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay_schema::{ParsedSchema, ResolvedReference, SchemaType, Strictness};

/// Estimated bytes of a parsed schema per byte of text, and in any case.
const BYTES_PER_TEXT_BYTE: usize = 12;
const BYTES_EACH: usize = 1024;

/// Everything a parse depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ParseKey(Arc<Input>);

#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Input {
    pub(crate) schema_type: SchemaType,
    pub(crate) strictness: Strictness,
    pub(crate) text: Arc<str>,
    pub(crate) closure: Vec<ResolvedReference>,
}

impl ParseKey {
    pub(crate) fn new(
        schema_type: SchemaType,
        strictness: Strictness,
        text: Arc<str>,
        closure: Vec<ResolvedReference>,
    ) -> ParseKey {
        ParseKey(Arc::new(Input { schema_type, strictness, text, closure }))
    }

    pub(crate) fn input(&self) -> &Input {
        &self.0
    }

    fn cost(&self) -> usize {
        let closure = self.0.closure.iter().fold(0usize, |sum, r| sum.saturating_add(r.text.len()));
        (closure.saturating_add(self.0.text.len()))
            .saturating_mul(BYTES_PER_TEXT_BYTE)
            .saturating_add(BYTES_EACH)
    }
}

impl Hash for ParseKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.schema_type.hash(state);
        self.0.text.hash(state);
        for reference in &self.0.closure {
            reference.name.hash(state);
            reference.subject.hash(state);
            reference.version.hash(state);
        }
    }
}

struct Entry {
    parsed: ParsedSchema,
    used: u64,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<ParseKey, Entry>,
    /// Oldest use first.
    uses: BTreeMap<u64, ParseKey>,
    clock: u64,
    bytes: usize,
}

/// The cache.
pub(crate) struct ParsedCache {
    limit_bytes: usize,
    inner: Mutex<Inner>,
}

impl ParsedCache {
    pub(crate) fn new(limit_bytes: usize) -> ParsedCache {
        ParsedCache { limit_bytes, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &ParseKey) -> Option<ParsedSchema> {
        let inner = &mut *self.lock();
        inner.clock += 1;
        let entry = inner.entries.get_mut(key)?;
        if let Some(key) = inner.uses.remove(&entry.used) {
            inner.uses.insert(inner.clock, key);
        }
        entry.used = inner.clock;
        Some(entry.parsed.clone())
    }

    pub(crate) fn put(&self, key: ParseKey, parsed: ParsedSchema) {
        let cost = key.cost();
        if cost > self.limit_bytes {
            return;
        }
        let inner = &mut *self.lock();
        if inner.entries.contains_key(&key) {
            return;
        }
        while inner.bytes + cost > self.limit_bytes {
            let Some((_, oldest)) = inner.uses.pop_first() else { break };
            inner.entries.remove(&oldest);
            inner.bytes = inner.bytes.saturating_sub(oldest.cost());
        }
        inner.clock += 1;
        inner.bytes += cost;
        inner.uses.insert(inner.clock, key.clone());
        inner.entries.insert(key, Entry { parsed, used: inner.clock });
    }

    #[cfg(test)]
    fn bytes(&self) -> (usize, usize) {
        let inner = self.lock();
        assert_eq!(inner.entries.len(), inner.uses.len());
        (inner.bytes, inner.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> ParseKey {
        let text = format!(r#"{{"type":"enum","name":"E{number:04}","symbols":["A"]}}"#);
        ParseKey::new(SchemaType::Avro, Strictness::New, text.into(), Vec::new())
    }

    fn parsed(key: &ParseKey) -> ParsedSchema {
        let input = key.input();
        assay_schema::parse(input.schema_type, &input.text, &[], input.strictness, &Default::default())
            .unwrap()
    }

    #[test]
    fn the_oldest_use_goes_first_and_bytes_are_bounded() {
        let each = key(0).cost();
        let cache = ParsedCache::new(each * 3);
        for number in 0..3 {
            cache.put(key(number), parsed(&key(number)));
        }
        assert!(cache.get(&key(0)).is_some());
        cache.put(key(3), parsed(&key(3)));
        assert!(cache.get(&key(1)).is_none());
        assert!(cache.get(&key(0)).is_some() && cache.get(&key(3)).is_some());
        assert_eq!(cache.bytes(), (each * 3, 3));
        ParsedCache::new(1).put(key(0), parsed(&key(0)));
    }
}
