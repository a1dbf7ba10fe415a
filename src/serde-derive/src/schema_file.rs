//! A schema file: read where the macro runs, and its types as constants of the generated code.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use assay_schema::avro::{AvroSchema, AvroType, Field, Name, TypeId};
use assay_schema::json::{Node, Numbers, write_compact};
use assay_schema::{Limits, Strictness};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, LitStr, Result};

use crate::attributes::Container;
use crate::expand::{option, texts};
use crate::record::record_shape;
use crate::types::LEVELS;

pub(crate) struct SchemaFile {
    /// As it was given.
    written: String,
    span: Span,
    full: PathBuf,
    schema: AvroSchema,
    /// The type that is meant.
    root: TypeId,
    origin: u64,
}

impl SchemaFile {
    /// Reads the file. A name in the attributes picks a type in it.
    pub(crate) fn open(path: &LitStr, container: &Container) -> Result<SchemaFile> {
        let home = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        SchemaFile::open_in(&home, path, container)
    }

    pub(crate) fn open_in(home: &Path, path: &LitStr, container: &Container) -> Result<SchemaFile> {
        let full = home.join(path.value());
        let failed = |text: String| Error::new(path.span(), text);
        if let Some(text) = container.doc.as_ref().or(container.aliases.first()) {
            return Err(Error::new(text.span(), "doc and aliases come from the schema file"));
        }
        let text = std::fs::read_to_string(&full).map_err(|error| {
            failed(format!(
                "cannot read the schema file {}: {error}; the path is relative to the crate's Cargo.toml",
                path.value()
            ))
        })?;
        let schema = AvroSchema::parse(&text, &[], Strictness::New, &Limits::default()).map_err(|error| {
            failed(format!("{} is no Avro schema that stands alone: {error}", path.value()))
        })?;
        let origin = digest(schema.canonical());
        let root = match &container.name {
            None => schema.root(),
            Some(name) => {
                let space = container.namespace.as_ref().map(LitStr::value);
                named(&schema, &Name::qualify(&name.value(), space.as_deref())).ok_or_else(|| {
                    Error::new(name.span(), format!("{} has no type of that name", path.value()))
                })?
            }
        };
        Ok(SchemaFile { written: path.value(), span: path.span(), full, schema, root, origin })
    }

    /// The path as it was given.
    pub(crate) fn path(&self) -> &str {
        &self.written
    }

    /// The type that is meant.
    pub(crate) fn root(&self) -> &AvroType {
        self.schema.get(self.root)
    }

    /// Its full name.
    pub(crate) fn name(&self) -> Option<String> {
        self.root().name().map(|name| name.full().to_owned())
    }

    /// The type of a field is a union whose null is last.
    pub(crate) fn is_null_last(&self, ty: TypeId) -> bool {
        let AvroType::Union(branches) = self.schema.get(ty) else { return false };
        let null = |id: Option<&TypeId>| id.is_some_and(|id| matches!(self.schema.get(*id), AvroType::Null));
        null(branches.last()) && !null(branches.first())
    }

    /// The definition is of another kind than the schema's type.
    pub(crate) fn is_other(&self, span: Span, kind: &str) -> Error {
        let found = self.root().kind();
        Error::new(span, format!("{}: the schema has {found}, the definition is {kind}", self.written))
    }

    /// What is registered: the file, if all of it is meant. Else the schema is made from its constants.
    pub(crate) fn text(&self) -> TokenStream {
        let Some(path) = self.full.to_str().filter(|_| self.root == self.schema.root()) else {
            return option(None);
        };
        quote!(::core::option::Option::Some(include_str!(#path)))
    }

    /// The name of the constant of a type in a depth.
    pub(crate) fn shape(&self, id: TypeId, depth: usize) -> TokenStream {
        let name = format_ident!("TYPE_{}_{depth}", id.index());
        quote!(#name)
    }

    pub(crate) fn root_shape(&self, depth: usize) -> TokenStream {
        self.shape(self.root, depth)
    }

    /// The constants of all types that the root leads to, and what makes the compiler look at the file again when it changes.
    pub(crate) fn items(&self) -> Result<TokenStream> {
        let Some(path) = self.full.to_str() else {
            return Err(Error::new(self.span, "the path of the schema file is no text"));
        };
        let mut items = quote!(
            const _: &[u8] = include_bytes!(#path);
        );
        let (mut open, mut seen) = (vec![self.root], HashSet::new());
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                items.extend(self.of_type(id, &mut open));
            }
        }
        Ok(items)
    }

    fn of_type(&self, id: TypeId, open: &mut Vec<TypeId>) -> TokenStream {
        let mut items = TokenStream::new();
        if let AvroType::Record { fields, doc, aliases, name, .. } = self.schema.get(id) {
            items.extend(self.definition(id, name, doc.as_deref(), aliases, fields));
            open.extend(fields.iter().map(|field| field.ty));
        }
        match self.schema.get(id) {
            AvroType::Array { items } => open.push(*items),
            AvroType::Map { values } => open.push(*values),
            AvroType::Union(branches) => open.extend(branches),
            _ => {}
        }
        for depth in 0..=LEVELS {
            let (name, shape) = (self.shape(id, depth), self.shape_of(id, depth));
            items.extend(quote!(#[allow(dead_code)] const #name: ::assay_serde::derive::Shape = #shape;));
        }
        items
    }

    fn shape_of(&self, id: TypeId, depth: usize) -> TokenStream {
        let base = match self.schema.get(id) {
            AvroType::Null => quote!(Null),
            AvroType::Boolean => quote!(Boolean),
            AvroType::Int => quote!(Int),
            AvroType::Long => quote!(Long),
            AvroType::Float => quote!(Float),
            AvroType::Double => quote!(Double),
            AvroType::Bytes => quote!(Bytes),
            AvroType::String => quote!(String),
            AvroType::Fixed { name, size, .. } => {
                let (name, size) = (name.full(), *size as usize);
                quote!(Fixed(&::assay_serde::derive::shape::FixedShape { name: #name, size: #size }))
            }
            AvroType::Enum { name, symbols, default, doc, aliases } => {
                let (name, symbols, aliases) = (name.full(), texts(symbols), names(aliases));
                let (default, doc) = (option(default.as_deref()), option(doc.as_deref()));
                quote!(Enum(&::assay_serde::derive::shape::EnumShape {
                    name: #name, symbols: #symbols, default: #default, doc: #doc, aliases: #aliases,
                }))
            }
            AvroType::Array { items } => {
                let items = self.shape(*items, depth);
                quote!(Array(&#items))
            }
            AvroType::Map { values } => {
                let values = self.shape(*values, depth);
                quote!(Map(&#values))
            }
            AvroType::Union(branches) => {
                let branches = branches.iter().map(|id| self.shape(*id, depth));
                quote!(Union(&[#(#branches),*]))
            }
            AvroType::Record { name, fields, .. } => return self.record(id, name, fields, depth),
        };
        self.with_logical(id, quote!(::assay_serde::derive::Shape::#base))
    }

    fn with_logical(&self, id: TypeId, base: TokenStream) -> TokenStream {
        let attributes = self.schema.attributes(id);
        let known = ["decimal", "uuid", "duration", "date", "time-millis", "time-micros"];
        let Some(name) =
            attributes.logical_type().filter(|name| known.contains(name) || name.contains("timestamp-"))
        else {
            return base;
        };
        let number =
            |key| attributes.get(key).and_then(Node::as_i64).and_then(|number| u32::try_from(number).ok());
        let decimal = match (name, number("precision")) {
            ("decimal", Some(precision)) => {
                let scale = number("scale").unwrap_or(0);
                quote!(::core::option::Option::Some((#precision, #scale)))
            }
            _ => option(None),
        };
        quote!(::assay_serde::derive::Shape::Logical(&::assay_serde::derive::shape::LogicalShape {
            base: #base, name: #name, decimal: #decimal,
        }))
    }

    fn record(&self, id: TypeId, name: &Name, fields: &[Field], depth: usize) -> TokenStream {
        let shown = match depth.checked_sub(1) {
            None => option(None),
            Some(depth) => {
                let (names, shapes) =
                    (fields.iter().map(|f| &f.name), fields.iter().map(|f| self.shape(f.ty, depth)));
                quote!(::core::option::Option::Some(
                    &[#(::assay_serde::derive::shape::FieldShape { name: #names, shape: #shapes }),*]
                ))
            }
        };
        let def = format_ident!("def_{}", id.index());
        record_shape(name.full(), &shown, self.origin, &quote!(#def))
    }

    fn definition(
        &self,
        id: TypeId,
        name: &Name,
        doc: Option<&str>,
        aliases: &[Name],
        fields: &[Field],
    ) -> TokenStream {
        let (def, name, doc, aliases) =
            (format_ident!("def_{}", id.index()), name.full(), option(doc), names(aliases));
        let fields = fields.iter().map(|field| {
            let (name, shape, aliases) = (&field.name, self.shape(field.ty, 0), texts(&field.aliases));
            let default = field.default.as_ref().map(|node| {
                let mut text = String::new();
                write_compact(node, Numbers::AsWritten, &mut text);
                text
            });
            let (doc, default) = (option(field.doc.as_deref()), option(default.as_deref()));
            quote!(::assay_serde::derive::shape::FieldDef {
                name: #name, shape: #shape, doc: #doc, aliases: #aliases, default: #default,
            })
        });
        quote! {
            #[allow(dead_code)]
            fn #def() -> &'static ::assay_serde::derive::shape::RecordDef {
                static DEF: ::assay_serde::derive::shape::RecordDef = ::assay_serde::derive::shape::RecordDef {
                    name: #name, doc: #doc, aliases: #aliases, fields: &[#(#fields),*],
                };
                &DEF
            }
        }
    }
}

fn names(names: &[Name]) -> TokenStream {
    texts(&names.iter().map(|name| name.full().to_owned()).collect::<Vec<_>>())
}

/// A type by its full name.
fn named(schema: &AvroSchema, name: &Name) -> Option<TypeId> {
    let (mut open, mut seen) = (vec![schema.root()], HashSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if schema.get(id).name() == Some(name) {
            return Some(id);
        }
        match schema.get(id) {
            AvroType::Array { items } => open.push(*items),
            AvroType::Map { values } => open.push(*values),
            AvroType::Union(branches) => open.extend(branches),
            AvroType::Record { fields, .. } => open.extend(fields.iter().map(|field| field.ty)),
            _ => {}
        }
    }
    None
}

/// FNV-1a, not zero: enough to tell a schema from another one of the same program.
fn digest(text: &str) -> u64 {
    let step = |digest: u64, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step).max(1)
}
