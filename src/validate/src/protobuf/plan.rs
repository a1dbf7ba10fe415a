//! The messages that a file's messages reach, as flat tables.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use assay_schema::protobuf::ProtoSchema;
use assay_wire::MessageIndexes;
use prost_reflect::{ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Syntax};

use super::tables::Tables;

/// Most nested message paths that are remembered.
const PATHS_MAX: usize = 1024;

/// Message indexes to the tables of the messages they can mean.
type Paths = HashMap<Box<[u32]>, Arc<[usize]>>;

/// Tables for every message that can be met; messages refer to each other by index.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) messages: Vec<Message>,
    /// The top-level messages of the file, in order.
    top: Box<[usize]>,
    schema: Arc<ProtoSchema>,
    by_name: HashMap<String, usize>,
    /// What paths of nested messages mean; filled as they are met.
    nested: RwLock<Paths>,
    /// The same for the fast walk, unless a message is beyond what that can hold.
    pub(super) fast: Option<Tables>,
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: Box<str>,
    /// Sorted by number.
    pub(super) fields: Box<[Field]>,
    /// How many leading fields have the numbers 1, 2, 3 and so on; those are found without a search.
    dense: usize,
    /// Index into `fields` of the required ones.
    pub(super) required: Box<[usize]>,
    pub(super) map_entry: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// As paths show it; an extension in brackets.
    pub(super) name: Box<str>,
    pub(super) shape: Shape,
    pub(super) repeated: bool,
    /// Repeated scalars are written packed, by what the schema declares.
    pub(super) packed: bool,
    /// Position in [`Message::required`].
    pub(super) required: Option<usize>,
    /// Of a required field of a closed enum (proto2): its numbers, sorted. Another one is kept as an unknown field, and does not count.
    pub(super) closed: Option<Box<[i32]>>,
}

/// How a single value of a field looks on the wire, with the word for its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Varint(&'static str),
    Fixed32(&'static str),
    Fixed64(&'static str),
    /// UTF-8, as proto3 has it.
    String,
    /// Any bytes: proto2 says nothing of UTF-8.
    OldString,
    Bytes,
    Message(usize),
    Group(usize),
}

impl Plan {
    /// Tables for the messages of the schema's file and all they reach.
    pub(crate) fn new(schema: &Arc<ProtoSchema>) -> Plan {
        let mut builder = Builder { index: HashMap::new(), queue: Vec::new() };
        let top: Vec<MessageDescriptor> =
            schema.file_descriptor().map_or_else(Vec::new, |file| file.messages().collect());
        let top = top.iter().map(|message| builder.index_of(message)).collect();
        let mut messages = Vec::new();
        while let Some(descriptor) = builder.queue.get(messages.len()).cloned() {
            messages.push(builder.message(&descriptor));
        }
        Plan {
            fast: Tables::new(&messages),
            messages,
            top,
            schema: Arc::clone(schema),
            by_name: builder.index,
            nested: RwLock::new(HashMap::new()),
        }
    }

    /// The message a path of one index means.
    pub(super) fn top(&self, index: u32) -> Option<usize> {
        self.top.get(usize::try_from(index).ok()?).copied()
    }

    /// The messages a path can mean, the likeliest first: one, unless a message around it has maps or groups, which
    /// serializers count where their descriptors have them. Empty when the path leads nowhere.
    pub(super) fn roots(&self, path: &MessageIndexes) -> Arc<[usize]> {
        let path = path.as_slice();
        if let [index] = path {
            return self.top(*index).into_iter().collect();
        }
        let known = self.nested.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(found) = known {
            return found;
        }
        let signed: Vec<i32> = path.iter().map(|index| i32::try_from(*index).unwrap_or(-1)).collect();
        let found = self.schema.messages_by_indexes(&signed);
        let found: Arc<[usize]> =
            found.iter().filter_map(|m| self.by_name.get(m.full_name()).copied()).collect();
        if !found.is_empty() {
            let mut nested = self.nested.write().unwrap_or_else(PoisonError::into_inner);
            if nested.len() < PATHS_MAX {
                nested.insert(path.into(), Arc::clone(&found));
            }
        }
        found
    }
}

impl Field {
    /// Whether a value that reads as this varint is one of the field.
    pub(super) fn counts(&self, varint: u64) -> bool {
        let number = (varint as u32).cast_signed(); // parsers drop the upper half
        self.closed.as_ref().is_none_or(|numbers| numbers.binary_search(&number).is_ok())
    }
}

impl Message {
    pub(super) fn field(&self, number: u32) -> Option<&Field> {
        let at = (number as usize).wrapping_sub(1);
        if at < self.dense {
            return self.fields.get(at);
        }
        let at = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(at)
    }

    /// Names of the required fields, in the order of their bits.
    pub(super) fn required_name(&self, bit: usize) -> &str {
        let field = self.required.get(bit).and_then(|&at| self.fields.get(at));
        field.map_or("", |field| &field.name)
    }
}

/// Numbers messages in the order they are met; the queue is the list of them.
struct Builder {
    index: HashMap<String, usize>,
    queue: Vec<MessageDescriptor>,
}

impl Builder {
    fn index_of(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(&index) = self.index.get(message.full_name()) {
            return index;
        }
        let index = self.queue.len();
        self.index.insert(message.full_name().to_owned(), index);
        self.queue.push(message.clone());
        index
    }

    fn message(&mut self, message: &MessageDescriptor) -> Message {
        for child in message.child_messages() {
            self.index_of(&child);
        }
        let mut fields: Vec<Field> = message.fields().map(|field| self.field(&field)).collect();
        fields.extend(message.extensions().map(|extension| self.extension(&extension)));
        fields.sort_by_key(|field| field.number);
        fields.dedup_by_key(|field| field.number);
        let mut required = Vec::new();
        for (at, field) in fields.iter_mut().enumerate() {
            if field.required.is_some() {
                field.required = Some(required.len());
                required.push(at);
            }
        }
        let dense = fields.iter().zip(1..).take_while(|(field, number)| field.number == *number).count();
        Message {
            name: message.full_name().into(),
            fields: fields.into(),
            dense,
            required: required.into(),
            map_entry: message.is_map_entry(),
        }
    }

    fn field(&mut self, field: &FieldDescriptor) -> Field {
        Field {
            number: field.number(),
            name: field.name().into(),
            shape: self.shape(&field.kind(), field.is_group(), field.parent_file().syntax()),
            repeated: field.is_list() || field.is_map(),
            packed: field.is_packed(),
            required: field.is_required().then_some(0),
            closed: closed(field),
        }
    }

    fn extension(&mut self, extension: &ExtensionDescriptor) -> Field {
        Field {
            number: extension.number(),
            name: format!("[{}]", extension.full_name()).into(),
            shape: self.shape(&extension.kind(), extension.is_group(), extension.parent_file().syntax()),
            repeated: extension.is_list(),
            packed: extension.is_packed(),
            required: None,
            closed: None,
        }
    }

    fn shape(&mut self, kind: &Kind, group: bool, syntax: Syntax) -> Shape {
        match kind {
            Kind::Double => Shape::Fixed64("double"),
            Kind::Float => Shape::Fixed32("float"),
            Kind::Int32 => Shape::Varint("int32"),
            Kind::Int64 => Shape::Varint("int64"),
            Kind::Uint32 => Shape::Varint("uint32"),
            Kind::Uint64 => Shape::Varint("uint64"),
            Kind::Sint32 => Shape::Varint("sint32"),
            Kind::Sint64 => Shape::Varint("sint64"),
            Kind::Fixed32 => Shape::Fixed32("fixed32"),
            Kind::Fixed64 => Shape::Fixed64("fixed64"),
            Kind::Sfixed32 => Shape::Fixed32("sfixed32"),
            Kind::Sfixed64 => Shape::Fixed64("sfixed64"),
            Kind::Bool => Shape::Varint("bool"),
            Kind::Enum(_) => Shape::Varint("enum"),
            Kind::String if syntax == Syntax::Proto2 => Shape::OldString,
            Kind::String => Shape::String,
            Kind::Bytes => Shape::Bytes,
            Kind::Message(message) if group => Shape::Group(self.index_of(message)),
            Kind::Message(message) => Shape::Message(self.index_of(message)),
        }
    }
}

fn closed(field: &FieldDescriptor) -> Option<Box<[i32]>> {
    let Kind::Enum(ty) = field.kind() else { return None };
    if !field.is_required() || ty.parent_file().syntax() != Syntax::Proto2 {
        return None;
    }
    let mut numbers: Vec<i32> = ty.values().map(|value| value.number()).collect();
    numbers.sort_unstable();
    Some(numbers.into())
}
