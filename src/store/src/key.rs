//! Keys: how an event's key lies in the tree, and back.
//!
//! A tree key is a shard (1 byte, from a checksum of the rest, so that start-up can read ranges in parallel), the base key, and the
//! chunk number (u32). A base key is kind (1 byte), context (u32 length, bytes), name (u32 length, bytes), version (u32); all
//! integers are big-endian.

use assay_registry::event::EventKey;
use assay_registry::{Context, Scope, Subject, Version};

/// Bytes of the chunk number at the end of a tree key.
const CHUNK_SUFFIX: usize = 4;

/// The tree key of one chunk.
pub(crate) fn tree_key(base: &[u8], chunk: u32) -> Vec<u8> {
    let shard = crc32c::crc32c(base) as u8;
    [&[shard], base, &chunk.to_be_bytes()].concat()
}

/// The base key in a tree key; what is too short to hold one gives an empty one.
pub(crate) fn base_of(tree_key: &[u8]) -> &[u8] {
    tree_key.get(1..tree_key.len().saturating_sub(CHUNK_SUFFIX)).unwrap_or_default()
}

/// The base key of an event's key.
pub(crate) fn encode(key: &EventKey) -> Vec<u8> {
    let (kind, subject, version) = match key {
        EventKey::Schema(subject, version) => (1u8, subject.clone(), version.get()),
        EventKey::Config(scope) => (2, scope.subject(), 0),
        EventKey::Mode(scope) => (3, scope.subject(), 0),
        EventKey::DeleteSubject(subject) => (4, subject.clone(), 0),
        EventKey::ClearSubject(scope) => (5, scope.subject(), 0),
        EventKey::Context(context) => (6, in_context(context), 0),
        EventKey::MaxId(context) => (7, in_context(context), 0),
    };
    let (context, name) = (subject.context().as_str(), subject.name());
    let mut bytes = Vec::with_capacity(13 + context.len() + name.len());
    bytes.push(kind);
    for text in [context, name] {
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes
}

/// The event key of a base key; `None` when it is none.
pub(crate) fn decode(base: &[u8]) -> Option<EventKey> {
    let (kind, rest) = base.split_first()?;
    let (context, rest) = text(rest)?;
    let (name, rest) = text(rest)?;
    let version = u32::from_be_bytes(rest.try_into().ok()?);
    let context = Context::parse(context).ok()?;
    let subject = Subject::new(context.clone(), name);
    let key = match kind {
        1 => EventKey::Schema(subject, Version::new(version)?),
        2 => EventKey::Config(Scope::of(subject)),
        3 => EventKey::Mode(Scope::of(subject)),
        4 => EventKey::DeleteSubject(subject),
        5 => EventKey::ClearSubject(Scope::of(subject)),
        6 => EventKey::Context(context),
        7 => EventKey::MaxId(context),
        _ => return None,
    };
    Some(key)
}

/// A base key for people.
pub(crate) fn printable(base: &[u8]) -> String {
    match decode(base) {
        Some(EventKey::Schema(subject, version)) => format!("subject '{subject}' version {version}"),
        Some(EventKey::Config(scope)) => format!("config of '{scope}'"),
        Some(EventKey::Mode(scope)) => format!("mode of '{scope}'"),
        Some(EventKey::DeleteSubject(subject)) => format!("soft deletion of subject '{subject}'"),
        Some(EventKey::ClearSubject(scope)) => format!("clearing of '{scope}'"),
        Some(EventKey::Context(context)) => format!("context '{context}'"),
        Some(EventKey::MaxId(context)) => format!("highest id of context '{context}'"),
        None => format!("key {}", base.escape_ascii()),
    }
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let (text, rest) = bytes.get(4..)?.split_at_checked(usize::try_from(length).ok()?)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

fn in_context(context: &Context) -> Subject {
    Subject::new(context.clone(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_way_there_and_back() {
        let subject = Subject::parse(":.ctx:a:b");
        let context = Context::parse(".ctx").unwrap();
        let scopes = [
            Scope::Global,
            Scope::GlobalContext,
            Scope::Context(context.clone()),
            Scope::Subject(subject.clone()),
        ];
        let mut keys = vec![
            EventKey::Schema(subject.clone(), Version::FIRST),
            EventKey::Schema(Subject::parse(""), Version::new(7).unwrap()),
            EventKey::DeleteSubject(subject),
            EventKey::Context(context.clone()),
            EventKey::MaxId(context),
        ];
        for scope in scopes {
            keys.extend([
                EventKey::Config(scope.clone()),
                EventKey::Mode(scope.clone()),
                EventKey::ClearSubject(scope),
            ]);
        }
        for key in keys {
            let base = encode(&key);
            assert_eq!(decode(&base), Some(key.clone()));
            assert_eq!(base_of(&tree_key(&base, 3)), base);
            assert!(!printable(&base).starts_with("key "), "{key:?}");
            for cut in 0..base.len() {
                assert_eq!(decode(&base[..cut]), None, "{key:?} cut at {cut}");
            }
        }
    }
}
