//! The writer's names as the reader's aliases change them (`Schema.applyAliases` of Apache Avro for Java).

use std::collections::{HashMap, HashSet};

use assay_schema::avro::{AvroSchema, AvroType, Name, TypeId};

/// New names for the writer's types and fields.
#[derive(Debug, Default)]
pub(super) struct Aliases<'s> {
    /// Alias to name.
    types: HashMap<&'s str, &'s Name>,
    /// By the record's name: alias to name.
    fields: HashMap<&'s str, HashMap<&'s str, &'s str>>,
}

impl<'s> Aliases<'s> {
    /// From the types of the reader that its root reaches.
    pub(super) fn new(writer: &AvroSchema, reader: &'s AvroSchema) -> Aliases<'s> {
        let mut aliases = Aliases::default();
        if writer.canonical() == reader.canonical() {
            return aliases;
        }
        // A record's aliases carry its fields' along.
        for (name, ty) in reachable(reader) {
            for alias in ty.aliases() {
                aliases.types.insert(alias.full(), name);
            }
            let AvroType::Record { fields, aliases: others, .. } = ty else { continue };
            let renamed: HashMap<&str, &str> = fields
                .iter()
                .flat_map(|field| field.aliases.iter().map(|alias| (alias.as_str(), field.name.as_str())))
                .collect();
            if renamed.is_empty() {
                continue;
            }
            for other in others {
                aliases.fields.insert(other.full(), renamed.clone());
            }
            aliases.fields.insert(name.full(), renamed);
        }
        aliases
    }

    /// The name of a writer's type, or the kind of one without.
    pub(super) fn name_of<'w>(&self, writer: &'w AvroSchema, ty: TypeId) -> &'w str
    where
        's: 'w,
    {
        let ty = writer.get(ty);
        let Some(name) = ty.name() else { return ty.kind() };
        self.types.get(name.full()).map_or(name.full(), |name| name.full())
    }

    /// The name of a field of a writer's record.
    pub(super) fn field<'w>(&self, writer: &AvroSchema, record: TypeId, field: &'w str) -> &'w str
    where
        's: 'w,
    {
        if self.fields.is_empty() {
            return field;
        }
        let renamed = self.fields.get(self.name_of(writer, record));
        renamed.and_then(|renamed| renamed.get(field)).copied().unwrap_or(field)
    }

    /// Two names of the writer that have become one: Java reads nothing then.
    pub(super) fn clash(&self, writer: &AvroSchema) -> Option<Box<str>> {
        if self.types.is_empty() && self.fields.is_empty() {
            return None;
        }
        let mut met = HashSet::new();
        let mut open = vec![writer.root()];
        while let Some(ty) = open.pop() {
            if !met.insert(ty) {
                continue;
            }
            match writer.get(ty) {
                AvroType::Array { items: inner } | AvroType::Map { values: inner } => open.push(*inner),
                AvroType::Union(branches) => {
                    let mut names = HashSet::new();
                    if let Some(twice) = branches.iter().find(|ty| !names.insert(self.name_of(writer, **ty)))
                    {
                        let name = self.name_of(writer, *twice);
                        return Some(
                            format!("by the reader's aliases the writer has {name} twice in a union").into(),
                        );
                    }
                    open.extend(branches);
                }
                AvroType::Record { fields, name, .. } => {
                    let mut names = HashSet::new();
                    let mut name_of = fields.iter().map(|field| self.field(writer, ty, &field.name));
                    if let Some(twice) = name_of.find(|name| !names.insert(*name)) {
                        let why =
                            format!("by the reader's aliases the writer's record {name} has {twice} twice");
                        return Some(why.into());
                    }
                    open.extend(fields.iter().map(|field| field.ty));
                }
                _ => {}
            }
        }
        None
    }
}

/// The named types of a schema, in the order in which Java meets them: the last alias of a name wins.
fn reachable(schema: &AvroSchema) -> Vec<(&Name, &AvroType)> {
    let (mut met, mut named) = (HashSet::new(), Vec::new());
    let mut open = vec![schema.root()];
    while let Some(id) = open.pop() {
        if !met.insert(id) {
            continue;
        }
        let ty = schema.get(id);
        if let Some(name) = ty.name() {
            named.push((name, ty));
        }
        match ty {
            AvroType::Array { items: inner } | AvroType::Map { values: inner } => open.push(*inner),
            AvroType::Union(branches) => open.extend(branches.iter().rev()),
            AvroType::Record { fields, .. } => open.extend(fields.iter().rev().map(|field| field.ty)),
            _ => {}
        }
    }
    named
}
