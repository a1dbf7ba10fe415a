//! The visitor that changes tags, and knows at the end which paths led nowhere.

use std::collections::{HashMap, HashSet};

use super::{EntityKind, TagEdits, TaggedEntity};
use crate::error::SchemaError;
use crate::limits::Limits;

type Address<'e> = (EntityKind, &'e str);

/// What is to happen to one entity.
#[derive(Default)]
struct Changes<'e> {
    put: Vec<&'e String>,
    take: HashSet<&'e String>,
    /// Whether it is an error when nothing is there.
    must_exist: bool,
    met: bool,
}

/// Applies [`TagEdits`] to the entities it is shown.
pub(super) struct Editor<'e> {
    records: HashMap<&'e str, Changes<'e>>,
    fields: HashMap<&'e str, Changes<'e>>,
    /// In the order of the request, for a message that does not depend on hashing.
    asked: Vec<Address<'e>>,
    /// Bytes of tags that may still be put in: one path can lead to many places of a JSON schema.
    left: usize,
    limit: usize,
    full: bool,
}

impl<'e> Editor<'e> {
    pub(super) fn new(edits: &'e TagEdits, limits: &Limits) -> Editor<'e> {
        let mut editor = Editor {
            records: HashMap::new(),
            fields: HashMap::new(),
            asked: Vec::new(),
            left: limits.schema_bytes,
            limit: limits.schema_bytes,
            full: false,
        };
        for entity in &edits.carry {
            editor.changes_of(entity).put.extend(&entity.tags);
        }
        for entity in &edits.add {
            let changes = editor.demanded(entity);
            changes.put.extend(&entity.tags);
        }
        for entity in &edits.remove {
            let changes = editor.demanded(entity);
            changes.take.extend(&entity.tags);
        }
        editor
    }

    fn changes_of(&mut self, entity: &'e TaggedEntity) -> &mut Changes<'e> {
        let (kind, path) = address(entity);
        let changes = match kind {
            EntityKind::Record => &mut self.records,
            EntityKind::Field => &mut self.fields,
        };
        changes.entry(path).or_default()
    }

    fn demanded(&mut self, entity: &'e TaggedEntity) -> &mut Changes<'e> {
        self.asked.push(address(entity));
        let changes = self.changes_of(entity);
        changes.must_exist = true;
        changes
    }

    /// The tags an entity shall have: its own, what is put, less what is taken; each once.
    pub(super) fn visit(&mut self, kinds: &[EntityKind], path: &str, mut tags: Vec<String>) -> Vec<String> {
        for kind in kinds {
            let of_kind = match kind {
                EntityKind::Record => &mut self.records,
                EntityKind::Field => &mut self.fields,
            };
            let Some(changes) = of_kind.get_mut(path) else { continue };
            changes.met = true;
            let bytes = changes.put.iter().fold(0usize, |sum, tag| sum.saturating_add(tag.len() + 3));
            match self.left.checked_sub(bytes) {
                Some(left) => self.left = left,
                None => {
                    self.full = true;
                    return tags;
                }
            }
            let mut known: HashSet<String> = HashSet::with_capacity(tags.len());
            tags = (tags.into_iter().chain(changes.put.iter().copied().cloned()))
                .filter(|tag| !changes.take.contains(tag) && known.insert(tag.clone()))
                .collect();
        }
        tags
    }

    /// # Errors
    /// The first path that led nowhere; too many bytes of tags.
    pub(super) fn finish(self) -> Result<(), SchemaError> {
        let missing = |(kind, path): &&Address<'_>| {
            let changes = match kind {
                EntityKind::Record => self.records.get(path),
                EntityKind::Field => self.fields.get(path),
            };
            changes.is_some_and(|changes| changes.must_exist && !changes.met)
        };
        if let Some((kind, path)) = self.asked.iter().find(missing) {
            let what = match kind {
                EntityKind::Record => "record",
                EntityKind::Field => "field",
            };
            return Err(SchemaError::Invalid {
                path: if path.is_empty() { "/".to_owned() } else { (*path).to_owned() },
                position: None,
                reason: format!("there is no {what} ({kind}) to tag at this path of the schema"),
            });
        }
        if self.full {
            let bytes = self.limit.saturating_add(1);
            return Err(SchemaError::TooLarge { bytes, limit: self.limit });
        }
        Ok(())
    }
}

fn address(entity: &TaggedEntity) -> Address<'_> {
    (entity.kind, entity.path.strip_prefix('.').unwrap_or(&entity.path))
}
