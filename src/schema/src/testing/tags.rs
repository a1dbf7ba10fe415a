//! What holds for the inline tags of any schema.

use crate::limits::Limits;
use crate::names::SchemaType;
use crate::parsed::{ParsedSchema, Strictness, parse};
use crate::tags::{TagEdits, TaggedEntity};

/// Entities that are tagged at once.
const ENTITIES_MAX: usize = 40;

/// Any text: looking changes nothing; a tag put on every entity is found there and nowhere else; taking it away again
/// leaves the tags that were there before, each once.
pub fn tag_properties(schema_type: SchemaType, text: &str) {
    const TAG: &str = "a tag \"of\" ours";
    let limits = Limits { schema_bytes: usize::MAX, ..Limits::default() };
    let read = |text: &str| parse(schema_type, text, &[], Strictness::Stored, &limits);
    let Ok(schema) = read(text) else { return };
    let untouched = read(&edited(&schema, &TagEdits::default(), &limits)).map(|s| s.canonical().to_owned());
    assert_eq!(untouched.as_deref(), Ok(schema.canonical()), "nothing asked, nothing changed");

    let mut all = entities(&schema, &limits);
    all.truncate(ENTITIES_MAX);
    for entity in &mut all {
        entity.tags = vec![TAG.to_owned()];
    }
    let with = read(&edited(&schema, &TagEdits { add: all.clone(), ..TagEdits::default() }, &limits));
    let Ok(with) = with else {
        // a name of the schema's own can hide the package of the Protobuf options
        assert!(text.contains("confluent"), "a tagged text must be readable: {with:?}");
        return;
    };
    let tagged = |entity: &&TaggedEntity| entity.tags.iter().any(|tag| tag == TAG);
    let found = tags(&with, &limits);
    for asked in &all {
        let there = found.iter().filter(tagged).any(|e| (e.kind, &e.path) == (asked.kind, &asked.path));
        assert!(there || text.contains(TAG), "{asked:?} is not in {found:?}");
    }
    let removal = TagEdits { remove: all, ..TagEdits::default() };
    let Ok(without) = read(&edited(&with, &removal, &limits)) else { return };
    assert_eq!(tags(&without, &limits), tags(&schema, &limits), "as before");
}

fn edited(schema: &ParsedSchema, edits: &TagEdits, limits: &Limits) -> String {
    let text = schema.with_tags(edits, limits);
    assert!(text.is_ok(), "{text:?}");
    text.unwrap_or_default()
}

fn tags(schema: &ParsedSchema, limits: &Limits) -> Vec<TaggedEntity> {
    schema.inline_tags(limits).unwrap_or_default()
}

/// Every entity, tagged or not.
fn entities(schema: &ParsedSchema, limits: &Limits) -> Vec<TaggedEntity> {
    let mut all = Vec::new();
    let outcome = schema.visit_tags(limits, &mut |kinds, path, tags| {
        let first =
            kinds.first().map(|kind| TaggedEntity { path: path.to_owned(), kind: *kind, tags: Vec::new() });
        all.extend(first);
        tags
    });
    assert!(outcome.is_ok());
    all
}
