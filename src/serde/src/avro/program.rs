//! A schema as a flat table of types: named types are indexes, so recursion is one, too.
//!
//! The same table serves a schema of its own and a resolution from a writer's schema to a reader's ([`super::resolve`]): then it
//! says how to read the writer's bytes, and what the reader sees. Only resolutions have [`Node::Promote`], [`Node::Choice`],
//! [`Node::Wrap`], [`Node::Fail`] and steps that skip or fill in.

use assay_schema::avro::Name;

use super::places::Places;

/// Index of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) u32);

/// All types, and the one that a datum has.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) types: Box<[Type]>,
    pub(super) root: Id,
}

/// A type, and what its values mean.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) node: Node,
    pub(super) logical: Logical,
    /// The name of a record, enum or fixed.
    pub(super) name: Option<Name>,
}

static NULL: Type = Type { node: Node::Null, logical: Logical::None, name: None };

impl Program {
    /// A type. Every index in a program is one of its own; another one would be a null.
    #[inline]
    pub(super) fn get(&self, id: Id) -> &Type {
        self.types.get(id.0 as usize).unwrap_or(&NULL)
    }

    #[inline]
    pub(super) fn root(&self) -> &Type {
        self.get(self.root)
    }
}

/// What stands on the wire.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Box<Enum>),
    Array(Id),
    Map(Id),
    Union(Box<Union>),
    Record(Box<Record>),
    /// A value that becomes one of a wider type.
    Promote(Promotion),
    /// The index of the writer's branch, each with a way of its own to the reader's type.
    Choice(Box<[Id]>),
    /// A branch of the reader's union, without an index on the wire.
    Wrap {
        union: Id,
        branch: usize,
        ty: Id,
    },
    /// What the writer's and the reader's schema do not agree on.
    Fail(Box<str>),
}

/// From the writer's type to the reader's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promotion {
    IntToLong,
    IntToFloat,
    IntToDouble,
    LongToFloat,
    LongToDouble,
    FloatToDouble,
    StringToBytes,
    BytesToString,
}

#[derive(Debug, Clone)]
pub(super) struct Enum {
    pub(super) symbols: Box<[Box<str>]>,
    /// Resolutions only: the reader's symbol for each of the writer's, or the one it has no symbol for.
    pub(super) map: Option<Box<[Mapped]>>,
}

/// The index of the reader's symbol, or the writer's that it has none for.
pub(super) type Mapped = Result<usize, Box<str>>;

#[derive(Debug, Clone)]
pub(super) struct Union {
    pub(super) branches: Box<[Branch]>,
    /// Where null stands.
    pub(super) null: Option<usize>,
    /// The only branch that is not null.
    pub(super) only: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) ty: Id,
    /// The full name, or the kind of a type without a name.
    pub(super) name: Box<str>,
    pub(super) named: bool,
}

impl Branch {
    /// Whether a variant of an enum has the branch's name: the full or the simple one, or the kind in any case.
    pub(super) fn is_called(&self, variant: &str) -> bool {
        if self.named {
            &*self.name == variant || self.name.rsplit('.').next() == Some(variant)
        } else {
            self.name.eq_ignore_ascii_case(variant)
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Record {
    /// As the values have them: in the order of the (reader's) schema.
    pub(super) fields: Box<[Field]>,
    /// In the order of the wire; first those that read or skip, then those that fill in.
    pub(super) steps: Box<[Step]>,
    /// Whether the steps give the fields in their order.
    pub(super) in_order: bool,
    /// Whether structs can be read by place.
    pub(super) places: Places,
}

impl Record {
    /// Whether a struct with these names has the record's fields, and in their order.
    #[inline]
    pub(super) fn has_places_of(&self, names: &'static [&'static str]) -> bool {
        self.places.are(names, self.fields.iter().map(|field| &*field.name))
    }

    /// The index of a field.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) ty: Id,
    /// What a value without the field is written with, or why there is nothing.
    pub(super) missing: Result<Box<[u8]>, Box<str>>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The field's value is next.
    Read { name: Box<str>, field: usize, ty: Id },
    /// The writer's field is not the reader's.
    Skip(Id),
    /// The reader's field is not the writer's: its default, as the index of its bytes.
    Default { name: Box<str>, field: usize, ty: Id, bytes: usize },
}

/// What a value means beyond its type. Ignored where it does not fit the type, as the specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    None,
    Decimal { precision: u32, scale: u32 },
    BigDecimal,
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
    Duration,
}

impl Type {
    /// What the type is called in messages.
    pub(super) fn describe(&self) -> &str {
        if let Some(name) = &self.name {
            return name.full();
        }
        match &self.node {
            Node::Null => "null",
            Node::Boolean => "boolean",
            Node::Int => "int",
            Node::Long | Node::Promote(Promotion::IntToLong) => "long",
            Node::Float | Node::Promote(Promotion::IntToFloat | Promotion::LongToFloat) => "float",
            Node::Double | Node::Promote(Promotion::IntToDouble | Promotion::LongToDouble) => "double",
            Node::Promote(Promotion::FloatToDouble) => "double",
            Node::Bytes | Node::Promote(Promotion::StringToBytes) => "bytes",
            Node::String | Node::Promote(Promotion::BytesToString) => "string",
            Node::Fixed(_) => "fixed",
            Node::Enum(_) => "enum",
            Node::Array(_) => "array",
            Node::Map(_) => "map",
            Node::Union(_) | Node::Choice(_) | Node::Wrap { .. } => "union",
            Node::Record(_) => "record",
            Node::Fail(_) => "no type",
        }
    }
}
