//! JSON tree to arena: names are resolved, rules checked, attributes kept.
//!
//! Follows Apache Avro for Java 1.12, the judge of this module: names may be used before they are defined, a type may
//! be defined again if the definition is equal, comments are white space. Recursion follows the JSON tree, whose depth
//! the reader has bounded.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::defaults;
use super::model::{Attributes, AvroSchema, AvroType, Entry, Name, TypeId};
use super::names::{check_namespace, check_simple};
use super::print;
use super::same;
use crate::contract::ResolvedReference;
use crate::error::{Position, SchemaError};
use crate::json::{Comments, Node, Object, Value, parse_json_with, position_at};
use crate::limits::Limits;
use crate::parsed::Strictness;

/// Keys that a type's attributes never hold.
const TYPE_RESERVED: [&str; 10] =
    ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"];
/// The biggest fixed that the reference accepts.
const FIXED_SIZE_MAX: u32 = i32::MAX as u32 - 8;

impl AvroSchema {
    /// Parses an Avro schema. `references` come dependencies first; they are read as stored schemas.
    ///
    /// # Errors
    /// [`SchemaError`] with the path and, where it is in the text, line and column.
    pub fn parse(
        text: &str,
        references: &[ResolvedReference],
        strictness: Strictness,
        limits: &Limits,
    ) -> Result<AvroSchema, SchemaError> {
        let mut arena = Arena::default();
        let mut reference_roots = Vec::with_capacity(references.len());
        for reference in references {
            let root = Parser::new(&mut arena, &reference.text, Strictness::Stored, limits, true).document();
            let unusable = |cause: SchemaError| SchemaError::Reference {
                name: reference.name.clone(),
                cause: cause.into(),
            };
            reference_roots.push(root.map_err(unusable)?);
        }
        let root = Parser::new(&mut arena, text, strictness, limits, false).document()?;
        let mut schema = AvroSchema {
            types: arena.types,
            root,
            reference_roots,
            canonical: String::new(),
            outlines: OnceLock::new(),
        };
        schema.canonical = print::canonical(&schema, limits)?;
        Ok(schema)
    }
}

/// What all the texts of one schema share.
#[derive(Default)]
struct Arena {
    types: Vec<Entry>,
    names: HashMap<Name, Slot>,
    /// Types that have been mentioned but not defined yet.
    open: HashSet<TypeId>,
    /// Where the fields with defaults stand in the text being read, for messages.
    defaults: Vec<defaults::Site>,
}

/// A name that has been defined or mentioned.
struct Slot {
    id: TypeId,
    defined: bool,
    /// Path and offset of the first mention.
    mention: (String, usize),
}

pub(super) struct Parser<'a> {
    arena: &'a mut Arena,
    text: &'a str,
    strictness: Strictness,
    limits: &'a Limits,
    referenced: bool,
    /// Where in the schema we are; a JSON pointer without escapes.
    path: String,
}

/// What `parse_named` hands to the code for one kind.
struct Head {
    name: Name,
    doc: Option<String>,
    aliases: Vec<Name>,
}

impl<'a> Parser<'a> {
    fn new(
        arena: &'a mut Arena,
        text: &'a str,
        strictness: Strictness,
        limits: &'a Limits,
        referenced: bool,
    ) -> Parser<'a> {
        arena.defaults.clear();
        Parser { arena, text, strictness, limits, referenced, path: String::new() }
    }

    fn document(mut self) -> Result<TypeId, SchemaError> {
        let tree = parse_json_with(self.text, self.limits, Comments::Allow)?;
        let root = self.parse_type(&tree, None)?;
        self.all_names_defined()?;
        if self.strictness == Strictness::New {
            let sites = std::mem::take(&mut self.arena.defaults);
            if let Some((site, reason)) = defaults::first_invalid(&self.arena.types, &sites) {
                let position = Some(position_at(self.text, site.offset));
                return Err(SchemaError::Invalid { path: site.path.clone(), position, reason });
            }
        }
        Ok(root)
    }

    fn all_names_defined(&self) -> Result<(), SchemaError> {
        let open = self.arena.names.iter().filter(|(_, slot)| !slot.defined);
        match open.min_by_key(|(_, slot)| slot.mention.1) {
            None => Ok(()),
            Some((name, slot)) => Err(SchemaError::UnresolvedReference {
                name: name.full().to_owned(),
                path: root_slash(&slot.mention.0),
                position: Some(position_at(self.text, slot.mention.1)),
            }),
        }
    }

    fn parse_type(&mut self, node: &Node, namespace: Option<&str>) -> Result<TypeId, SchemaError> {
        match &node.value {
            Value::String(name) => self.mention(name, namespace, node),
            Value::Object(object) => self.parse_object(node, object, namespace),
            Value::Array(branches) => self.parse_union(node, branches, namespace),
            _ => Err(self.invalid(node, format!("{} is not a schema", node.kind()))),
        }
    }

    fn parse_object(
        &mut self,
        node: &Node,
        object: &Object,
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        let Some(kind) = object.get("type").and_then(Node::as_str) else {
            return Err(self.invalid(node, "a schema object needs a \"type\" that is a string".to_owned()));
        };
        match kind {
            "record" | "error" => self.parse_record(node, object, namespace, kind == "error"),
            "enum" => self.parse_enum(node, object, namespace),
            "fixed" => self.parse_fixed(node, object, namespace),
            "array" => {
                let items = self.inner(node, object, "items", namespace)?;
                self.add_unnamed(AvroType::Array { items }, object)
            }
            "map" => {
                let values = self.inner(node, object, "values", namespace)?;
                self.add_unnamed(AvroType::Map { values }, object)
            }
            _ => match primitive(kind) {
                Some(ty) => self.add_unnamed(ty, object),
                // A name in an object; the reference drops what else the object says.
                None => self.mention(kind, namespace, node),
            },
        }
    }

    /// The type of array items or map values.
    fn inner(
        &mut self,
        node: &Node,
        object: &Object,
        key: &'static str,
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        match object.get(key) {
            Some(inner) => self.within(key, |p| p.parse_type(inner, namespace)),
            None => Err(self.invalid(node, format!("\"{key}\" is missing"))),
        }
    }

    fn parse_union(
        &mut self,
        node: &Node,
        branches: &[Node],
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        let mut ids = Vec::with_capacity(branches.len());
        for (i, branch) in branches.iter().enumerate() {
            ids.push(self.within(&i.to_string(), |p| p.parse_type(branch, namespace))?);
        }
        let mut seen = HashSet::new();
        for (id, branch) in ids.iter().zip(branches) {
            // A branch that is only mentioned yet has a name that no other kind of branch can have: its id tells.
            let ty = self.entry(*id).map(|entry| &entry.ty);
            if matches!(ty, Some(AvroType::Union(_))) {
                return Err(self.invalid(branch, "a union must not stand directly in a union".to_owned()));
            }
            let key = match ty {
                Some(ty) if ty.name().is_none() && !self.is_open(*id) => ty.kind().to_owned(),
                _ => format!("#{}", id.index()),
            };
            if !seen.insert(key) {
                let what = ty.map_or("type", AvroType::branch_name).to_owned();
                return Err(self.invalid(node, format!("\"{what}\" stands twice in a union")));
            }
        }
        self.push(AvroType::Union(ids), Attributes::default())
    }

    /// Whether a type has been mentioned but not been defined yet.
    fn is_open(&self, id: TypeId) -> bool {
        self.arena.open.contains(&id)
    }

    fn parse_enum(
        &mut self,
        node: &Node,
        object: &Object,
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        let head = self.head(node, object, namespace)?;
        let Some(written) = object.get("symbols").and_then(Node::as_array) else {
            return Err(self.invalid(node, format!("the enum \"{}\" needs an array of symbols", head.name)));
        };
        let mut symbols = Vec::with_capacity(written.len());
        let mut seen = HashSet::new();
        for (i, symbol) in written.iter().enumerate() {
            let text = self.within(&format!("symbols/{i}"), |p| p.symbol(symbol))?;
            if !seen.insert(text) {
                return Err(self.invalid(symbol, format!("the symbol \"{text}\" stands twice in an enum")));
            }
            symbols.push(text.to_owned());
        }
        let default = object.get("default").and_then(Node::as_str);
        if let Some(default) = default.filter(|d| !seen.contains(d)) {
            let reason =
                format!("the default \"{default}\" of the enum \"{}\" is not one of its symbols", head.name);
            return Err(self.invalid(node, reason));
        }
        let default = default.map(str::to_owned);
        let attributes = attributes(object, |key| TYPE_RESERVED.contains(&key) || key == "default");
        let Head { name, doc, aliases } = head;
        self.define(node, AvroType::Enum { name, symbols, default, doc, aliases }, attributes)
    }

    fn symbol<'n>(&self, node: &'n Node) -> Result<&'n str, SchemaError> {
        match node.as_str() {
            None => Err(self.invalid(node, format!("a symbol must be a string, not {}", node.kind()))),
            Some(text) => self.simple_name(node, text).map(|()| text),
        }
    }

    fn parse_fixed(
        &mut self,
        node: &Node,
        object: &Object,
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        let head = self.head(node, object, namespace)?;
        let size = object.get("size").and_then(Node::as_i64).and_then(|size| u32::try_from(size).ok());
        let Some(size) = size.filter(|size| *size <= FIXED_SIZE_MAX) else {
            let reason = format!("the fixed \"{}\" needs a size from 0 to {FIXED_SIZE_MAX}", head.name);
            return Err(self.invalid(node, reason));
        };
        let attributes = attributes(object, |key| TYPE_RESERVED.contains(&key));
        let Head { name, doc, aliases } = head;
        self.define(node, AvroType::Fixed { name, size, doc, aliases }, attributes)
    }

    fn parse_record(
        &mut self,
        node: &Node,
        object: &Object,
        namespace: Option<&str>,
        is_error: bool,
    ) -> Result<TypeId, SchemaError> {
        let head = self.head(node, object, namespace)?;
        let Some(written) = object.get("fields").and_then(Node::as_array) else {
            return Err(self.invalid(node, format!("the record \"{}\" needs an array of fields", head.name)));
        };
        let mut fields = Vec::with_capacity(written.len());
        let mut seen = HashSet::new();
        let sites = self.arena.defaults.len();
        for (i, field) in written.iter().enumerate() {
            let parsed =
                self.within(&format!("fields/{i}"), |p| p.parse_field(field, i, head.name.namespace()))?;
            if !seen.insert(parsed.name.clone()) {
                let reason =
                    format!("the field \"{}\" stands twice in the record \"{}\"", parsed.name, head.name);
                return Err(self.invalid(field, reason));
            }
            fields.push(parsed);
        }
        let attributes = attributes(object, |key| TYPE_RESERVED.contains(&key));
        let Head { name, doc, aliases } = head;
        let id = self.define(node, AvroType::Record { name, fields, doc, aliases, is_error }, attributes)?;
        // Only now is it known which record the sites of its own fields belong to.
        for site in self.arena.defaults.iter_mut().skip(sites) {
            site.record.get_or_insert(id);
        }
        Ok(id)
    }

    // ---- names and the arena

    /// The members that records, enums and fixed share.
    fn head(&self, node: &Node, object: &Object, namespace: Option<&str>) -> Result<Head, SchemaError> {
        let Some(written) = object.get("name").and_then(Node::as_str) else {
            return Err(self.invalid(node, "a named type needs a \"name\" that is a string".to_owned()));
        };
        let space = object.get("namespace").and_then(Node::as_str).or(namespace);
        let name = Name::qualify(written, space);
        self.simple_name(node, name.simple())?;
        if let Some(Err(reason)) = name.namespace().map(|space| check_namespace(space, self.strictness)) {
            return Err(self.invalid(node, format!("the namespace of \"{name}\" is not valid: {reason}")));
        }
        if primitive(name.full()).is_some() {
            return Err(
                self.invalid(node, format!("a type must not be named after the primitive \"{name}\""))
            );
        }
        let mut aliases = Vec::new();
        let mut seen = HashSet::new();
        for alias in self.aliases(object)? {
            let alias = Name::qualify(alias, name.namespace());
            self.simple_name(node, alias.simple())?;
            if seen.insert(alias.clone()) {
                aliases.push(alias);
            }
        }
        let doc = object.get("doc").and_then(Node::as_str).map(str::to_owned);
        Ok(Head { name, doc, aliases })
    }

    /// The `aliases` of a type or field as written, empty if there are none.
    pub(super) fn aliases<'n>(&self, object: &'n Object) -> Result<Vec<&'n str>, SchemaError> {
        let Some(node) = object.get("aliases") else { return Ok(Vec::new()) };
        let Some(items) = node.as_array() else {
            return Err(self.invalid(node, format!("aliases must be an array, not {}", node.kind())));
        };
        items
            .iter()
            .map(|item| {
                item.as_str().ok_or_else(|| {
                    self.invalid(item, format!("an alias must be a string, not {}", item.kind()))
                })
            })
            .collect()
    }

    pub(super) fn simple_name(&self, node: &Node, name: &str) -> Result<(), SchemaError> {
        check_simple(name, self.strictness)
            .map_err(|reason| self.invalid(node, format!("the name \"{name}\" is not valid: {reason}")))
    }

    /// A type given by its name. The name in the enclosing namespace goes first, then the name as written; one that
    /// neither knows yet is expected to be defined later, in the enclosing namespace.
    fn mention(
        &mut self,
        written: &str,
        namespace: Option<&str>,
        node: &Node,
    ) -> Result<TypeId, SchemaError> {
        if let Some(ty) = primitive(written) {
            return self.push(ty, Attributes::default());
        }
        let full = Name::qualify(written, namespace);
        for name in [&full, &Name::new(written)] {
            if let Some(slot) = self.arena.names.get(name).filter(|slot| slot.defined) {
                return Ok(slot.id);
            }
        }
        if let Some(slot) = self.arena.names.get(&full) {
            return Ok(slot.id);
        }
        let id = self.push(AvroType::Null, Attributes::default())?; // stands for the type until it is defined
        self.arena.open.insert(id);
        let mention = (self.path.clone(), node.offset);
        self.arena.names.insert(full, Slot { id, defined: false, mention });
        Ok(id)
    }

    /// Puts a named type into the arena: in the place kept for it if it has been mentioned, and nowhere if an equal
    /// type of that name is there.
    fn define(&mut self, node: &Node, ty: AvroType, attributes: Attributes) -> Result<TypeId, SchemaError> {
        let Some(name) = ty.name().cloned() else {
            return self.push(ty, attributes);
        };
        let entry = Entry { ty, attributes, referenced: self.referenced };
        match self.arena.names.get_mut(&name) {
            Some(slot) if slot.defined => {
                let id = slot.id;
                match self.entry(id) {
                    Some(known) if same::same_definition(&self.arena.types, known, &entry) => Ok(id),
                    _ => Err(self.invalid(node, format!("\"{name}\" is defined twice, and differently"))),
                }
            }
            Some(slot) => {
                slot.defined = true;
                let id = slot.id;
                self.arena.open.remove(&id);
                if let Some(place) = self.arena.types.get_mut(id.index()) {
                    *place = entry;
                }
                Ok(id)
            }
            None => {
                if self.arena.names.len() >= self.limits.names {
                    return Err(SchemaError::TooMany {
                        what: "named types (limit: names)",
                        limit: self.limits.names,
                    });
                }
                let id = self.push(entry.ty, entry.attributes)?;
                let mention = (self.path.clone(), node.offset);
                self.arena.names.insert(name, Slot { id, defined: true, mention });
                Ok(id)
            }
        }
    }

    fn add_unnamed(&mut self, ty: AvroType, object: &Object) -> Result<TypeId, SchemaError> {
        self.push(ty, attributes(object, |key| TYPE_RESERVED.contains(&key)))
    }

    fn push(&mut self, ty: AvroType, attributes: Attributes) -> Result<TypeId, SchemaError> {
        let Ok(index) = u32::try_from(self.arena.types.len()) else {
            return Err(SchemaError::TooMany { what: "types", limit: u32::MAX as usize });
        };
        self.arena.types.push(Entry { ty, attributes, referenced: self.referenced });
        Ok(TypeId(index))
    }

    pub(super) fn entry(&self, id: TypeId) -> Option<&Entry> {
        self.arena.types.get(id.index())
    }

    /// Remembers that the field we are in has a default; its record is filled in when that is known.
    pub(super) fn remember_default(&mut self, field: usize, offset: usize) {
        let path = format!("{}/default", self.path);
        self.arena.defaults.push(defaults::Site { record: None, field, path, offset });
    }

    // ---- where we are

    pub(super) fn within<T>(&mut self, step: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.path.len();
        self.path.push('/');
        self.path.push_str(step);
        let result = f(self);
        self.path.truncate(len);
        result
    }

    pub(super) fn parse_inner(
        &mut self,
        node: &Node,
        namespace: Option<&str>,
    ) -> Result<TypeId, SchemaError> {
        self.within("type", |p| p.parse_type(node, namespace))
    }

    pub(super) fn invalid(&self, node: &Node, reason: String) -> SchemaError {
        SchemaError::Invalid { path: root_slash(&self.path), position: Some(self.position(node)), reason }
    }

    fn position(&self, node: &Node) -> Position {
        position_at(self.text, node.offset)
    }
}

fn root_slash(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

fn primitive(name: &str) -> Option<AvroType> {
    Some(match name {
        "null" => AvroType::Null,
        "boolean" => AvroType::Boolean,
        "int" => AvroType::Int,
        "long" => AvroType::Long,
        "float" => AvroType::Float,
        "double" => AvroType::Double,
        "bytes" => AvroType::Bytes,
        "string" => AvroType::String,
        _ => return None,
    })
}

pub(super) fn attributes(object: &Object, reserved: impl Fn(&str) -> bool) -> Attributes {
    let mut kept = Object::new();
    for (key, value) in object.iter().filter(|(key, _)| !reserved(key)) {
        kept.insert(key.into(), value.clone());
    }
    Attributes(kept)
}
