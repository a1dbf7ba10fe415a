//! The Avro type of a Rust type as a constant, so that the compiler can compare it with a schema file.
//!
//! A constant cannot contain itself, and a schema can. So a type has its shape in several depths: in [`AvroType::SHAPE_0`] a record
//! is only its name, in `SHAPE_1` its fields are there with their `SHAPE_0`, and so on. What a record is in full says its
//! [`RecordDef`], which only running code can follow.
//!
//! [`AvroType::SHAPE_0`]: super::AvroType::SHAPE_0

/// How many records inside each other a shape shows.
pub const LEVELS: usize = 5;

/// An Avro type.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `int`
    Int,
    /// `long`
    Long,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// A type with a logical type.
    Logical(&'static LogicalShape),
    /// `fixed`
    Fixed(&'static FixedShape),
    /// `enum`
    Enum(&'static EnumShape),
    /// `array` of these items
    Array(&'static Shape),
    /// `map` of these values
    Map(&'static Shape),
    /// A union of null and this type, or the branches of this union.
    NullFirst(&'static Shape),
    /// The same with null as the last branch.
    NullLast(&'static Shape),
    /// A union.
    Union(&'static [Shape]),
    /// A record.
    Record(&'static RecordShape),
}

/// A logical type on its base.
#[derive(Debug, Clone, Copy)]
pub struct LogicalShape {
    /// What is written.
    pub base: Shape,
    /// The value of `logicalType`.
    pub name: &'static str,
    /// Precision and scale of a decimal.
    pub decimal: Option<(u32, u32)>,
}

/// A fixed.
#[derive(Debug, Clone, Copy)]
pub struct FixedShape {
    /// Full name; empty for one that nobody has named, which `Fixed` and its size then is.
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
}

/// An enum.
#[derive(Debug, Clone, Copy)]
pub struct EnumShape {
    /// Full name.
    pub name: &'static str,
    /// In order.
    pub symbols: &'static [&'static str],
    /// The symbol for unknown ones.
    pub default: Option<&'static str>,
    /// Documentation.
    pub doc: Option<&'static str>,
    /// Other full names.
    pub aliases: &'static [&'static str],
}

/// A record, as far as constants show it.
#[derive(Debug, Clone, Copy)]
pub struct RecordShape {
    /// Full name.
    pub name: &'static str,
    /// Its fields in order; `None` where the depth ends.
    pub fields: Option<&'static [FieldShape]>,
    /// A digest of the schema file it was compared with; 0 without one.
    pub origin: u64,
    /// All of it.
    pub def: fn() -> &'static RecordDef,
}

/// A field, as far as constants show it.
#[derive(Debug, Clone, Copy)]
pub struct FieldShape {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub shape: Shape,
}

/// A record in full.
#[derive(Debug, Clone, Copy)]
pub struct RecordDef {
    /// Full name.
    pub name: &'static str,
    /// Documentation.
    pub doc: Option<&'static str>,
    /// Other full names.
    pub aliases: &'static [&'static str],
    /// In order.
    pub fields: &'static [FieldDef],
}

/// A field in full.
#[derive(Debug, Clone, Copy)]
pub struct FieldDef {
    /// Its name.
    pub name: &'static str,
    /// Its type; records in it by their name.
    pub shape: Shape,
    /// Documentation.
    pub doc: Option<&'static str>,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// The default, as JSON text.
    pub default: Option<&'static str>,
}

impl Shape {
    /// How many branches a union has; 1 for any other type.
    #[must_use]
    pub const fn branches(&self) -> usize {
        match self {
            Shape::NullFirst(inner) | Shape::NullLast(inner) => 1 + inner.branches(),
            Shape::Union(branches) => branches.len(),
            _ => 1,
        }
    }

    /// A branch of a union; the type itself if it is none, or if there is no such branch.
    #[must_use]
    pub const fn branch(&self, index: usize) -> &Shape {
        match self {
            Shape::NullFirst(inner) if index > 0 => inner.branch(index - 1),
            Shape::NullLast(inner) if index < inner.branches() => inner.branch(index),
            Shape::NullFirst(_) | Shape::NullLast(_) => &Shape::Null,
            Shape::Union(branches) if index < branches.len() => &branches[index],
            _ => self,
        }
    }

    /// Whether it is a union.
    #[must_use]
    pub const fn is_union(&self) -> bool {
        matches!(self, Shape::Union(_) | Shape::NullFirst(_) | Shape::NullLast(_))
    }

    /// The type without its logical type.
    #[must_use]
    pub const fn base(&self) -> &Shape {
        match self {
            Shape::Logical(logical) => &logical.base,
            _ => self,
        }
    }

    /// As schemas write it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Shape::Null => "null",
            Shape::Boolean => "boolean",
            Shape::Int => "int",
            Shape::Long => "long",
            Shape::Float => "float",
            Shape::Double => "double",
            Shape::Bytes => "bytes",
            Shape::String => "string",
            Shape::Logical(logical) => logical.base.kind(),
            Shape::Fixed(_) => "fixed",
            Shape::Enum(_) => "enum",
            Shape::Array(_) => "array",
            Shape::Map(_) => "map",
            Shape::NullFirst(_) | Shape::NullLast(_) | Shape::Union(_) => "union",
            Shape::Record(_) => "record",
        }
    }

    /// The full name of a named type, else the kind: what must be unique in a union.
    #[must_use]
    pub const fn branch_name(&self) -> &'static str {
        match self {
            Shape::Logical(logical) => logical.base.branch_name(),
            Shape::Fixed(fixed) => fixed.name,
            Shape::Enum(symbols) => symbols.name,
            Shape::Record(record) => record.name,
            _ => self.kind(),
        }
    }
}

/// A logical type on what a field has.
///
/// # Panics
/// When the field is not of the Avro type that the logical type is for, which stops the compiler: it is called in constants.
#[must_use]
pub const fn logical_on(name: &'static str, base: &str, shape: Shape) -> LogicalShape {
    let fits = match shape {
        Shape::Int => base.len() == "int".len(),
        Shape::Long => base.len() == "long".len(),
        Shape::String => base.len() == "string".len(),
        _ => false,
    };
    assert!(
        fits,
        "this logical type is for another Avro type: dates and time-millis are int, other times long, uuid is string"
    );
    LogicalShape { base: shape, name, decimal: None }
}
