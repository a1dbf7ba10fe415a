//! Records at a glance: their field names in one piece of text and what their fields read and write as sets of primitive
//! types, made once per schema when first asked for. Comparing two versions of a record is mostly comparing these.

use super::{AvroSchema, AvroType, Field, TypeId};

/// The primitive types in a set: a bit each. Promotions are in what a type reads, not in what it writes.
type Primitives = u16;

const NULL: Primitives = 1;
const BOOLEAN: Primitives = 1 << 1;
const INT: Primitives = 1 << 2;
const LONG: Primitives = 1 << 3;
const FLOAT: Primitives = 1 << 4;
const DOUBLE: Primitives = 1 << 5;
const BYTES: Primitives = 1 << 6;
const STRING: Primitives = 1 << 7;

/// What a type that is not made of primitives alone writes: no reader has it, so such a type is looked at by itself.
const OTHER: Primitives = 1 << 15;

/// The records of a schema, by the index of their types.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlines(Box<[Option<RecordOutline>]>);

/// A record at a glance.
#[derive(Clone, Debug)]
pub struct RecordOutline {
    /// All names, one behind the other, and where each ends.
    names: Box<str>,
    ends: Box<[usize]>,
    reads: Box<[Primitives]>,
    writes: Box<[Primitives]>,
    aliases: bool,
}

impl Outlines {
    pub(super) fn of(schema: &AvroSchema) -> Outlines {
        let outline = |entry: &super::model::Entry| match &entry.ty {
            AvroType::Record { fields, .. } => Some(RecordOutline::of(schema, fields)),
            _ => None,
        };
        Outlines(schema.types.iter().map(outline).collect())
    }

    pub(super) fn get(&self, id: TypeId) -> Option<&RecordOutline> {
        self.0.get(id.index())?.as_ref()
    }
}

impl RecordOutline {
    fn of(schema: &AvroSchema, fields: &[Field]) -> RecordOutline {
        let names: String = fields.iter().map(|field| field.name.as_str()).collect();
        let ends = fields.iter().scan(0, |end, field| {
            *end += field.name.len();
            Some(*end)
        });
        RecordOutline {
            ends: ends.collect(),
            names: names.into(),
            reads: fields.iter().map(|field| over_branches(schema, field.ty, reads).unwrap_or(0)).collect(),
            writes: fields
                .iter()
                .map(|field| over_branches(schema, field.ty, writes).unwrap_or(OTHER))
                .collect(),
            aliases: fields.iter().any(|field| !field.aliases.is_empty()),
        }
    }

    /// Whether a field has another name.
    pub fn has_aliases(&self) -> bool {
        self.aliases
    }

    /// How many fields both records begin with, by name: all of the shorter one, or `None` where not even those agree.
    pub fn in_step_with(&self, other: &RecordOutline) -> Option<usize> {
        let both = self.ends.len().min(other.ends.len());
        let (ends, others) = (self.ends.get(..both)?, other.ends.get(..both)?);
        let end = ends.last().copied().unwrap_or(0);
        let agree =
            ends == others && self.names.as_bytes().get(..end)? == other.names.as_bytes().get(..end)?;
        agree.then_some(both)
    }

    /// Which of the first `count` fields of a reader surely read the fields of a writer in the same places. The others,
    /// given here by index, have to be looked at: they need not fit.
    pub fn unsure<'o>(&'o self, writer: &'o RecordOutline, count: usize) -> impl Iterator<Item = usize> + 'o {
        let pairs = self.reads.iter().zip(&writer.writes).take(count).enumerate();
        pairs.filter(|(_, (reads, writes))| **writes & !**reads != 0).map(|(i, _)| i)
    }
}

/// The sets of all branches of a union, or of the type itself; `None` if there is more than primitives.
fn over_branches(
    schema: &AvroSchema,
    id: TypeId,
    set: impl Fn(&AvroType) -> Option<Primitives>,
) -> Option<Primitives> {
    match schema.get(id) {
        AvroType::Union(branches) => {
            branches.iter().try_fold(0, |all, branch| Some(all | set(schema.get(*branch))?))
        }
        ty => set(ty),
    }
}

/// What a primitive type writes: its own bit.
fn writes(ty: &AvroType) -> Option<Primitives> {
    Some(match ty {
        AvroType::Null => NULL,
        AvroType::Boolean => BOOLEAN,
        AvroType::Int => INT,
        AvroType::Long => LONG,
        AvroType::Float => FLOAT,
        AvroType::Double => DOUBLE,
        AvroType::Bytes => BYTES,
        AvroType::String => STRING,
        _ => return None,
    })
}

/// What a primitive type reads, promotions included (Avro specification, Schema Resolution).
fn reads(ty: &AvroType) -> Option<Primitives> {
    Some(match ty {
        AvroType::Long => INT | LONG,
        AvroType::Float => INT | LONG | FLOAT,
        AvroType::Double => INT | LONG | FLOAT | DOUBLE,
        AvroType::Bytes | AvroType::String => BYTES | STRING,
        other => writes(other)?,
    })
}
