//! The arena of types.

use std::sync::{Arc, LazyLock, OnceLock};

use super::outline::{Outlines, RecordOutline};
use crate::json::{Node, Object};

/// Index of a type in its [`AvroSchema`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub(super) u32);

impl TypeId {
    /// The index, for tables beside the arena.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A full name, split into namespace and simple name. Equality and order are those of the full name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    full: Arc<str>,
}

impl Name {
    /// From a full name; the part after the last dot is the simple name, an empty namespace is none.
    pub fn new(full: &str) -> Name {
        Name { full: full.strip_prefix('.').unwrap_or(full).into() }
    }

    /// A name as written in a schema: one with a dot is full, else it goes into `namespace` (empty means none).
    pub fn qualify(written: &str, namespace: Option<&str>) -> Name {
        match namespace {
            Some(space) if !space.is_empty() && !written.contains('.') => {
                Name::new(&format!("{space}.{written}"))
            }
            _ => Name::new(written),
        }
    }

    /// `ns.Simple`, or `Simple` without a namespace.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The part after the last dot.
    pub fn simple(&self) -> &str {
        self.full.rsplit_once('.').map_or(&*self.full, |(_, simple)| simple)
    }

    /// The part before the last dot; never empty.
    pub fn namespace(&self) -> Option<&str> {
        self.full.rsplit_once('.').map(|(space, _)| space)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.full)
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.full)
    }
}

/// What a type is.
#[derive(Clone, Debug)]
pub enum AvroType {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `int`, 32 bits
    Int,
    /// `long`, 64 bits
    Long,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// `fixed`
    Fixed {
        /// Full name.
        name: Name,
        /// Bytes of a value.
        size: u32,
        /// Documentation.
        doc: Option<String>,
        /// Other full names.
        aliases: Vec<Name>,
    },
    /// `enum`
    Enum {
        /// Full name.
        name: Name,
        /// In order; unique.
        symbols: Vec<String>,
        /// The symbol that stands for unknown ones; among `symbols`.
        default: Option<String>,
        /// Documentation.
        doc: Option<String>,
        /// Other full names.
        aliases: Vec<Name>,
    },
    /// `array`
    Array {
        /// Type of the items.
        items: TypeId,
    },
    /// `map`
    Map {
        /// Type of the values.
        values: TypeId,
    },
    /// A union; its branches are no unions and differ in name or kind.
    Union(Vec<TypeId>),
    /// `record` or `error`
    Record {
        /// Full name.
        name: Name,
        /// In order; names are unique.
        fields: Vec<Field>,
        /// Documentation.
        doc: Option<String>,
        /// Other full names.
        aliases: Vec<Name>,
        /// Whether it was declared as `error`.
        is_error: bool,
    },
}

impl AvroType {
    /// `record` (also for errors), `enum`, `array`, .. as schemas write it.
    pub fn kind(&self) -> &'static str {
        match self {
            AvroType::Null => "null",
            AvroType::Boolean => "boolean",
            AvroType::Int => "int",
            AvroType::Long => "long",
            AvroType::Float => "float",
            AvroType::Double => "double",
            AvroType::Bytes => "bytes",
            AvroType::String => "string",
            AvroType::Fixed { .. } => "fixed",
            AvroType::Enum { .. } => "enum",
            AvroType::Array { .. } => "array",
            AvroType::Map { .. } => "map",
            AvroType::Union(_) => "union",
            AvroType::Record { .. } => "record",
        }
    }

    /// The full name of a record, enum or fixed.
    pub fn name(&self) -> Option<&Name> {
        match self {
            AvroType::Fixed { name, .. } | AvroType::Enum { name, .. } | AvroType::Record { name, .. } => {
                Some(name)
            }
            _ => None,
        }
    }

    /// The aliases of a record, enum or fixed.
    pub fn aliases(&self) -> &[Name] {
        match self {
            AvroType::Fixed { aliases, .. }
            | AvroType::Enum { aliases, .. }
            | AvroType::Record { aliases, .. } => aliases,
            _ => &[],
        }
    }

    /// What must be unique among the branches of a union: the full name, or the kind of an unnamed type.
    pub fn branch_name(&self) -> &str {
        self.name().map_or(self.kind(), Name::full)
    }
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Documentation.
    pub doc: Option<String>,
    /// Default value, as JSON.
    pub default: Option<Node>,
    /// How it takes part in the order of records.
    pub order: Order,
    /// Other names.
    pub aliases: Vec<String>,
    /// Everything else that was written.
    pub attributes: Attributes,
}

/// How a field takes part in the order of its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// `ascending`, the default.
    #[default]
    Ascending,
    /// `descending`
    Descending,
    /// `ignore`
    Ignore,
}

impl Order {
    /// As written in schemas.
    pub fn as_str(self) -> &'static str {
        match self {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
            Order::Ignore => "ignore",
        }
    }
}

/// Attributes that the Avro specification does not reserve, in order of appearance; `logicalType` is one of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Attributes(pub(super) Object);

impl Attributes {
    /// The value of one.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.get(key)
    }

    /// All, in order of appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node)> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `logicalType`, as written; nobody has checked that it fits the type.
    pub fn logical_type(&self) -> Option<&str> {
        self.get("logicalType").and_then(Node::as_str)
    }
}

/// A type of the arena with its attributes.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) ty: AvroType,
    pub(super) attributes: Attributes,
    /// Whether it came with a reference.
    pub(super) referenced: bool,
}

/// A parsed Avro schema with the types of its references.
#[derive(Clone, Debug)]
pub struct AvroSchema {
    pub(super) types: Vec<Entry>,
    pub(super) root: TypeId,
    /// What the references themselves describe. The reference registry prints these by name, and types inside them in
    /// full where the schema mentions them itself.
    pub(super) reference_roots: Vec<TypeId>,
    pub(super) canonical: String,
    /// Made when first asked for.
    pub(super) outlines: OnceLock<Outlines>,
}

impl AvroSchema {
    /// The type the schema describes.
    pub fn root(&self) -> TypeId {
        self.root
    }

    /// How many types the arena has; every [`TypeId`] of this schema has a smaller index.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Always false: a schema has a root.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// A type. `id` must come from this schema; an id of another one gives some other type, or `Null`.
    pub fn get(&self, id: TypeId) -> &AvroType {
        self.types.get(id.index()).map_or(&AvroType::Null, |entry| &entry.ty)
    }

    /// All types.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &AvroType> {
        self.types.iter().map(|entry| &entry.ty)
    }

    /// The attributes of a type. `id` must come from this schema.
    pub fn attributes(&self, id: TypeId) -> &Attributes {
        static NONE: LazyLock<Attributes> = LazyLock::new(Attributes::default);
        self.types.get(id.index()).map_or(&NONE, |entry| &entry.attributes)
    }

    /// A record at a glance; `None` for any other type. The first call looks at all records of the schema.
    pub fn outline(&self, id: TypeId) -> Option<&RecordOutline> {
        self.outlines.get_or_init(|| Outlines::of(self)).get(id)
    }

    /// Whether a type came with a reference.
    pub fn is_referenced(&self, id: TypeId) -> bool {
        self.types.get(id.index()).is_some_and(|entry| entry.referenced)
    }

    /// The text that is stored, digested and returned: what Apache Avro for Java prints (contract 2.11).
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The full name of the root, if it is a record, enum or fixed.
    pub fn record_name(&self) -> Option<String> {
        self.get(self.root).name().map(|name| name.full().to_owned())
    }
}
