//! The syntax of one `.proto` file as plain data: what the canonical text is printed from, and what the
//! compatibility rules walk. Names stay as written; maps and groups are what the author wrote, not the messages the
//! descriptor format lowers them to. Comments and positions are not kept.

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The `syntax` statement; `None` when the file has none, which means proto2.
    pub syntax: Option<Syntax>,
    /// The `package` statement.
    pub package: Option<String>,
    /// The `import` statements, in order.
    pub imports: Vec<Import>,
    /// File options.
    pub options: Vec<OptionDecl>,
    /// Top-level messages; their order decides message indexes on the wire.
    pub messages: Vec<Message>,
    /// Top-level enums.
    pub enums: Vec<Enum>,
    /// Top-level `extend` blocks.
    pub extends: Vec<Extend>,
    /// Services.
    pub services: Vec<Service>,
}

impl File {
    /// Whether the file is proto3.
    pub fn is_proto3(&self) -> bool {
        self.syntax == Some(Syntax::Proto3)
    }
}

/// The language generation of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `proto2`.
    Proto2,
    /// `proto3`.
    Proto3,
}

impl Syntax {
    /// The word in the `syntax` statement.
    pub fn as_str(self) -> &'static str {
        match self {
            Syntax::Proto2 => "proto2",
            Syntax::Proto3 => "proto3",
        }
    }
}

/// An `import` statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// Plain, `weak` or `public`.
    pub kind: ImportKind,
    /// The path between the quotes.
    pub path: String,
}

/// The modifier of an import; the order is the order of printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportKind {
    /// `import "a.proto";`
    Plain,
    /// `import weak "a.proto";`
    Weak,
    /// `import public "a.proto";`
    Public,
}

/// A message, or the body of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Simple name.
    pub name: String,
    /// `reserved` numbers, ends included.
    pub reserved: Vec<NumberRange>,
    /// `reserved` names.
    pub reserved_names: Vec<String>,
    /// Options.
    pub options: Vec<OptionDecl>,
    /// Fields outside any oneof, groups among them, in order.
    pub fields: Vec<Field>,
    /// Oneofs.
    pub oneofs: Vec<Oneof>,
    /// `extensions` statements.
    pub extensions: Vec<ExtensionRanges>,
    /// Nested `extend` blocks.
    pub extends: Vec<Extend>,
    /// Nested messages, without map entries and group bodies.
    pub messages: Vec<Message>,
    /// Nested enums.
    pub enums: Vec<Enum>,
}

/// An inclusive range of field or enum numbers; `end` at the maximum prints as `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberRange {
    /// First number.
    pub start: i32,
    /// Last number.
    pub end: i32,
}

/// An `extensions` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtensionRanges {
    /// The ranges.
    pub ranges: Vec<NumberRange>,
    /// Options all of them share.
    pub options: Vec<OptionDecl>,
}

/// A field, an extension or a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The label written; `None` in proto3 without one, in oneofs and for maps.
    pub label: Option<Label>,
    /// The type.
    pub ty: FieldType,
    /// Name as written; for a group the (capitalised) group name.
    pub name: String,
    /// Number, 1 to 536870911.
    pub number: i32,
    /// Options, with `default` and `json_name` among them.
    pub options: Vec<OptionDecl>,
}

/// The label of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// `optional`.
    Optional,
    /// `required`, proto2 only.
    Required,
    /// `repeated`.
    Repeated,
}

impl Label {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Optional => "optional",
            Label::Required => "required",
            Label::Repeated => "repeated",
        }
    }
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A scalar keyword such as `int32`.
    Scalar(&'static str),
    /// A message or enum, as written (perhaps with a leading dot).
    Named(String),
    /// `map<key, value>`; the value is a scalar or a name.
    Map(&'static str, Box<FieldType>),
    /// A proto2 group with its body.
    Group(Box<Message>),
}

/// A oneof.
#[derive(Clone, Debug, PartialEq)]
pub struct Oneof {
    /// Name.
    pub name: String,
    /// Options.
    pub options: Vec<OptionDecl>,
    /// Members, groups among them.
    pub fields: Vec<Field>,
}

/// An `extend` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Extend {
    /// The extended message, as written.
    pub extendee: String,
    /// The extension fields.
    pub fields: Vec<Field>,
}

/// An enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// Simple name.
    pub name: String,
    /// `reserved` numbers, ends included.
    pub reserved: Vec<NumberRange>,
    /// `reserved` names.
    pub reserved_names: Vec<String>,
    /// Options.
    pub options: Vec<OptionDecl>,
    /// Constants in order.
    pub values: Vec<EnumValue>,
}

/// A constant of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// Name.
    pub name: String,
    /// Number.
    pub number: i32,
    /// Options.
    pub options: Vec<OptionDecl>,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Simple name.
    pub name: String,
    /// Options.
    pub options: Vec<OptionDecl>,
    /// Methods in order.
    pub methods: Vec<Method>,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// Name.
    pub name: String,
    /// Request.
    pub input: Payload,
    /// Response.
    pub output: Payload,
    /// Options.
    pub options: Vec<OptionDecl>,
}

/// One side of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Message type as written.
    pub type_name: String,
    /// One message, or a stream of them.
    pub streaming: Streaming,
}

/// Whether a method takes or gives one message or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// One.
    Single,
    /// `stream`.
    Stream,
}

/// An option: `name = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionDecl {
    /// Name as written, extensions in parentheses: `deprecated`, `(confluent.field_meta).doc`.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// An option value, or a value inside a message literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true`, an enum constant, `inf` …
    Ident(String),
    /// A number in canonical spelling, perhaps with a minus sign.
    Number(String),
    /// A string or bytes, unescaped.
    Text(Vec<u8>),
    /// A message literal.
    Message(Vec<Entry>),
    /// A list inside a message literal.
    List(Vec<Value>),
}

/// A field of a message literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Field name, or `[full.name]` for an extension or the type of an `Any`.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// The highest field number; a range that reaches it prints as `max`.
pub const MAX_FIELD_NUMBER: i32 = 536_870_911;
