//! Protobuf: what differs between an original and an update (contract 3.5)?
//!
//! Messages are compared in pairs, each pair once: the pairs of one scope go by name, those behind fields by what the
//! field means, through imports. First every pair is compared by itself, then what is incompatible spreads to the pairs
//! that mention it, and last it is told in depth-first order. Nothing recurses, so deep or circular schemas cost no
//! stack, and no shape of schema makes the work more than pairs times fields; steps are bounded on top, and beyond them
//! the verdict is "incompatible", never a guess.
//!
//! Two things that the contract leaves open: a group is a kind of its own, for it is written differently from a message;
//! extensions and services are not looked at.

mod field;
mod message;
pub(crate) mod rules;
mod spread;

use std::collections::HashMap;

use assay_schema::protobuf::ProtoSchema;
use assay_schema::protobuf::prost_reflect::{FileDescriptor, MessageDescriptor};

use crate::report::{Found, Fragment};
use crate::rule::{Rule, Verdict};

/// Fields, messages, enums and constants looked at in one comparison.
const STEPS_MAX: usize = 1_000_000;
/// Differences told that are allowed, and again as many that are not; the rest is left out.
const DIFFERENCES_MAX: usize = 1_000;

/// What differs between `update`, which reads, and `original`, whose data it reads.
pub(crate) fn differences(update: &ProtoSchema, original: &ProtoSchema) -> Vec<Found> {
    let (Some(update), Some(original)) = (update.file_descriptor(), original.file_descriptor()) else {
        return vec![Found::new(rules::TOO_COMPLEX, "#/").additional("no descriptor")];
    };
    let mut comparison = Comparison::default();
    let roots = comparison.files(&original, &update);
    let mut next = 0;
    while let Some((original, update)) = comparison.pairs.get(next).map(Pair::both) {
        if comparison.steps > STEPS_MAX {
            let limit = format!("more than {STEPS_MAX} steps");
            return vec![Found::new(rules::TOO_COMPLEX, "#/").additional(limit)];
        }
        let items = comparison.messages(next, &original, &update);
        if let Some(pair) = comparison.pairs.get_mut(next) {
            pair.items = items;
        }
        next += 1;
    }
    comparison.enclose();
    spread::tell(&comparison.pairs, &roots)
}

/// The index of a pair.
type PairId = usize;

/// Two messages to compare.
struct Pair {
    original: MessageDescriptor,
    update: MessageDescriptor,
    /// The pair of the enclosing messages.
    outer: Option<PairId>,
    /// Whether something in it is incompatible by itself.
    breaks: bool,
    items: Vec<Item>,
}

/// What comparing two scopes gave, in the order of telling.
enum Item {
    /// A difference.
    Found(Box<Found>),
    /// Nested messages of the same name: their differences belong here.
    Nested(PairId),
    /// A field of this number has these messages: their differences belong here, and the field's if there are any.
    Field(PairId, u32),
}

impl Pair {
    fn both(&self) -> (MessageDescriptor, MessageDescriptor) {
        (self.original.clone(), self.update.clone())
    }
}

/// Pairs found so far, and the bounds.
#[derive(Default)]
struct Comparison {
    pairs: Vec<Pair>,
    ids: HashMap<(String, String), PairId>,
    steps: usize,
    allowed: usize,
    refused: usize,
}

impl Comparison {
    fn files(&mut self, original: &FileDescriptor, update: &FileDescriptor) -> Vec<Item> {
        let mut items = Vec::new();
        if original.package_name() != update.package_name() {
            let package = |file: &FileDescriptor| {
                let name = file.package_name();
                (!name.is_empty()).then(|| Fragment::new(format!("package {name}"), name))
            };
            let found = Found::new(rules::PACKAGE_CHANGED, "#/");
            items.push(Item::Found(Box::new(found.fragments(package(update), package(original)))));
            self.refused += 1;
        }
        let (old, new): (Vec<_>, Vec<_>) = (original.messages().collect(), update.messages().collect());
        items.extend(self.scope("#", &old, &new));
        let (old, new): (Vec<_>, Vec<_>) = (original.enums().collect(), update.enums().collect());
        items.extend(self.enums("#", &old, &new).into_iter().map(|found| Item::Found(Box::new(found))));
        items
    }

    /// The id of a pair; a new one waits for its turn.
    fn pair(&mut self, original: &MessageDescriptor, update: &MessageDescriptor) -> PairId {
        let key = (original.full_name().to_owned(), update.full_name().to_owned());
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = self.pairs.len();
        self.ids.insert(key, id);
        let (original, update) = (original.clone(), update.clone());
        self.pairs.push(Pair { original, update, outer: None, breaks: false, items: Vec::new() });
        id
    }

    /// Tells each pair its outer one, once all are there.
    fn enclose(&mut self) {
        for pair in &mut self.pairs {
            pair.outer = match (pair.original.parent_message(), pair.update.parent_message()) {
                (Some(original), Some(update)) => {
                    self.ids.get(&(original.full_name().to_owned(), update.full_name().to_owned())).copied()
                }
                _ => None,
            };
        }
    }

    /// A difference, unless enough were told; its maker is called only if it is kept.
    fn keep(&mut self, rule: Rule, make: impl FnOnce() -> Found) -> Option<Found> {
        let count = match rule.row().verdict {
            Verdict::Compatible => &mut self.allowed,
            Verdict::LenientOnly | Verdict::Incompatible => &mut self.refused,
        };
        *count += 1;
        (*count <= DIFFERENCES_MAX).then(make)
    }
}

/// The name of a message or enum without its package, as a path.
fn path(full_name: &str, package: &str) -> String {
    let local = match package {
        "" => full_name,
        _ => full_name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')).unwrap_or(full_name),
    };
    format!("#/{}", local.replace('.', "/"))
}

/// The name of a message without its package.
fn local_name(message: &MessageDescriptor) -> String {
    let file = message.parent_file();
    path(message.full_name(), file.package_name())
}
