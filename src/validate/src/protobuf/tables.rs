//! The fields of messages as dense tables for the fast walk ([`super::fast`]): what follows a tag is one look-up away.

use super::plan::{Field, Message as Planned, Shape};

/// Required fields that a message of the fast walk may have: a bit each.
const REQUIRED_MAX: usize = 64;

/// Field numbers below this have a place in the dense table whatever the number of fields.
const DENSE_MIN: usize = 32;

/// Places of the dense table per field, so that its size stays in proportion.
const DENSE_PER_FIELD: usize = 4;

/// Tags of one byte: those of the field numbers up to 15.
pub(super) const SHORT_TAGS: usize = 0x80;

/// What follows a field's tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No such field.
    Unknown,
    Varint,
    Fixed32,
    Fixed64,
    /// UTF-8 with its length in front.
    Text,
    /// Anything with its length in front.
    Bytes,
    Message,
    Group,
    /// Repeated, unpacked; parsers must accept packed ones all the same.
    Varints,
    Fixed32s,
    Fixed64s,
    /// Repeated, packed; parsers must accept unpacked ones all the same.
    PackedVarint,
    PackedFixed32,
    PackedFixed64,
    /// Required, of a closed enum: [`Tables::closed`] has its numbers and its bit.
    Closed,
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its bit if it is required, else 0.
    pub(super) required: u64,
    /// The tag that it has when it is written as declared.
    pub(super) tag: u32,
    /// The message of a message or group, the place of a closed enum.
    pub(super) to: u32,
    pub(super) kind: Kind,
}

/// Not a field. Its tag has a wire type that does not exist, so that it is never met.
pub(super) const UNKNOWN: Entry = Entry { required: 0, tag: u32::MAX, to: 0, kind: Kind::Unknown };

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    /// What follows each tag of one byte; [`Kind::Unknown`] also for those that their field is not declared with.
    pub(super) short: [Kind; SHORT_TAGS],
    /// By field number.
    dense: Box<[Entry]>,
    /// Fields beyond the dense ones, sorted by number.
    sparse: Box<[(u32, Entry)]>,
    /// Bits of the required fields.
    pub(super) required: u64,
}

/// The messages of a plan, in the same order.
#[derive(Debug)]
pub(super) struct Tables {
    messages: Box<[Message]>,
    closed: Vec<Closed>,
}

/// A required field of a closed enum.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) required: u64,
    /// Sorted.
    pub(super) numbers: Box<[i32]>,
}

impl Tables {
    /// `None` if a message has more required fields than the fast walk has bits for.
    pub(super) fn new(messages: &[Planned]) -> Option<Tables> {
        let mut closed = Vec::new();
        let all = messages.iter().map(|message| Message::new(message, messages, &mut closed));
        let all = all.collect::<Option<_>>()?;
        Some(Tables { messages: all, closed })
    }

    pub(super) fn message(&self, index: usize) -> Option<&Message> {
        self.messages.get(index)
    }

    pub(super) fn closed(&self, entry: &Entry) -> Option<&Closed> {
        self.closed.get(entry.to as usize)
    }
}

impl Message {
    fn new(planned: &Planned, all: &[Planned], closed: &mut Vec<Closed>) -> Option<Message> {
        if planned.required.len() > REQUIRED_MAX {
            return None;
        }
        let dense_max = DENSE_MIN.max(planned.fields.len().saturating_mul(DENSE_PER_FIELD));
        let is_dense = |field: &&Field| (field.number as usize) < dense_max;
        let length = planned.fields.iter().filter(is_dense).map(|field| field.number as usize + 1).max();
        let mut message = Message {
            short: [Kind::Unknown; SHORT_TAGS],
            dense: vec![UNKNOWN; length.unwrap_or(0)].into(),
            sparse: Box::default(),
            required: 0,
        };
        let mut sparse = Vec::new();
        for field in &planned.fields {
            let mut entry = entry(field, planned, all)?;
            message.required |= entry.required;
            if let Some(numbers) = &field.closed {
                // Its bit is not cleared by its tag alone.
                let required = std::mem::take(&mut entry.required);
                (entry.kind, entry.to) = (Kind::Closed, u32::try_from(closed.len()).ok()?);
                closed.push(Closed { required, numbers: numbers.clone() });
            }
            match message.dense.get_mut(field.number as usize) {
                Some(place) => *place = entry,
                None => sparse.push((field.number, entry)), // in the order of the numbers, as the fields are
            }
        }
        message.sparse = sparse.into();
        for entry in message.dense.iter() {
            if let Some(kind) = message.short.get_mut(entry.tag as usize) {
                *kind = entry.kind;
            }
        }
        Some(message)
    }

    /// The field of this number, or [`UNKNOWN`].
    #[inline]
    pub(super) fn entry(&self, number: u32) -> &Entry {
        match self.dense.get(number as usize) {
            Some(entry) => entry,
            None => self.far(number),
        }
    }

    fn far(&self, number: u32) -> &Entry {
        let found = self.sparse.binary_search_by_key(&number, |(number, _)| *number);
        found.ok().and_then(|at| self.sparse.get(at)).map_or(&UNKNOWN, |(_, entry)| entry)
    }
}

fn entry(field: &Field, message: &Planned, all: &[Planned]) -> Option<Entry> {
    let (kind, wire, to) = match (field.shape, field.repeated) {
        (Shape::Varint(_), false) => (Kind::Varint, 0, 0),
        (Shape::Fixed64(_), false) => (Kind::Fixed64, 1, 0),
        (Shape::Fixed32(_), false) => (Kind::Fixed32, 5, 0),
        (Shape::Varint(_), true) if !field.packed => (Kind::Varints, 0, 0),
        (Shape::Fixed64(_), true) if !field.packed => (Kind::Fixed64s, 1, 0),
        (Shape::Fixed32(_), true) if !field.packed => (Kind::Fixed32s, 5, 0),
        (Shape::Varint(_), true) => (Kind::PackedVarint, 2, 0),
        (Shape::Fixed64(_), true) => (Kind::PackedFixed64, 2, 0),
        (Shape::Fixed32(_), true) => (Kind::PackedFixed32, 2, 0),
        (Shape::String, _) => (Kind::Text, 2, 0),
        (Shape::OldString | Shape::Bytes, _) => (Kind::Bytes, 2, 0),
        (Shape::Message(to), _) => (Kind::Message, 2, to),
        (Shape::Group(to), _) => (Kind::Group, 3, to),
    };
    // The value of a map entry counts as required if its message has required fields: an absent one lacks them.
    let incomplete = message.map_entry
        && field.number == 2
        && matches!(kind, Kind::Message | Kind::Group)
        && all.get(to).is_some_and(|message| !message.required.is_empty());
    let bit = field.required.or(incomplete.then_some(0));
    let required = match bit {
        Some(bit) => 1u64.checked_shl(u32::try_from(bit).ok()?)?,
        None => 0,
    };
    Some(Entry { required, tag: field.number << 3 | wire, to: u32::try_from(to).ok()?, kind })
}
