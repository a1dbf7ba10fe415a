//! From a writer's and a reader's schema to one program that reads the writer's bytes as the reader's values.
//!
//! The rules are those of Apache Avro for Java 1.12 (`Resolver`, `Schema.applyAliases`), in its order: the specification leaves
//! open which branch of a union is taken, and clients agree with Java. What does not fit is an error of the datum that comes to
//! that place, as in Java; what Java refuses whatever the datum ([`Resolved::refused`]) is refused here, too: a missing default that
//! cannot be written, aliases that make two names one.

use std::collections::{HashMap, HashSet};

use assay_schema::avro::{AvroSchema, AvroType, Field as SchemaField, TypeId};

use super::aliases::Aliases;
use super::compile::{id, types};
use super::defaults::Defaults;
use super::places::Places;
use super::program::{Enum, Field, Id, Logical, Node, Program, Promotion, Record, Step, Type};

/// How deep records are compared when a branch of a union is looked for by its fields.
const MATCH_DEPTH_MAX: usize = 200;

/// The program, and what goes with it.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) program: Program,
    /// The defaults that steps name.
    pub(super) defaults: Box<[Box<[u8]>]>,
    /// Why no datum at all can be read.
    pub(super) refused: Option<Box<str>>,
}

/// Compiles a pair of schemas.
pub(super) fn resolve(writer: &AvroSchema, reader: &AvroSchema) -> Resolved {
    let aliases = Aliases::new(writer, reader);
    let mut types = types(writer, 0);
    let base = u32::try_from(types.len()).unwrap_or(u32::MAX);
    types.extend(self::types(reader, base));
    let mut pair = Pair {
        writer,
        reader,
        refused: aliases.clash(writer),
        aliases,
        base,
        types,
        records: HashMap::new(),
        open: Vec::new(),
        unlike: HashMap::new(),
        alike: HashMap::new(),
        defaults: Vec::new(),
        sources: Defaults::new(reader),
        known_defaults: HashMap::new(),
    };
    let root = pair.resolve(writer.root(), reader.root());
    while let Some((w, r, at)) = pair.open.pop() {
        pair.fill(w, r, at);
    }
    Resolved {
        program: Program { types: pair.types.into(), root },
        defaults: pair.defaults.into(),
        refused: pair.refused,
    }
}

struct Pair<'s> {
    writer: &'s AvroSchema,
    reader: &'s AvroSchema,
    aliases: Aliases<'s>,
    /// Where the reader's own types start in `types`, behind the writer's; resolved ones follow.
    base: u32,
    types: Vec<Type>,
    /// Pairs of records that have a place. They are filled in one after the other, so that long chains of records need no stack.
    records: HashMap<(TypeId, TypeId), Id>,
    open: Vec<(TypeId, TypeId, Id)>,
    /// Pairs of records whose fields do not fit each other.
    unlike: HashMap<(TypeId, TypeId), bool>,
    /// Pairs of types with the same structure.
    alike: HashMap<(TypeId, TypeId), bool>,
    defaults: Vec<Box<[u8]>>,
    sources: Defaults<'s>,
    /// Defaults that have been written, by the reader's record and field.
    known_defaults: HashMap<(TypeId, usize), Option<usize>>,
    refused: Option<Box<str>>,
}

impl<'s> Pair<'s> {
    fn push(&mut self, node: Node, r: TypeId) -> Id {
        let of = self.types.get(id(r, self.base).0 as usize);
        let (logical, name) = of.map_or((Logical::None, None), |of| (of.logical, of.name.clone()));
        let at = Id(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(Type { node, logical, name });
        at
    }

    fn fail(&mut self, w: TypeId, r: TypeId, why: &str) -> Id {
        let (written, read) = (self.aliases.name_of(self.writer, w), self.reader.get(r).branch_name());
        let why = format!("the writer's {written} does not resolve to the reader's {read}: {why}");
        self.push(Node::Fail(why.into()), r)
    }

    fn resolve(&mut self, w: TypeId, r: TypeId) -> Id {
        let (from, to) = (self.writer.get(w), self.reader.get(r));
        if let AvroType::Union(branches) = from {
            if self.same_structure(w, r) {
                return id(r, self.base);
            }
            let arms: Vec<Id> = branches.iter().map(|branch| self.resolve(*branch, r)).collect();
            return self.push(Node::Choice(arms.into()), r);
        }
        match (from, to) {
            (AvroType::Array { items: w }, AvroType::Array { items }) => {
                let items = self.resolve(*w, *items);
                self.push(Node::Array(items), r)
            }
            (AvroType::Map { values: w }, AvroType::Map { values }) => {
                let values = self.resolve(*w, *values);
                self.push(Node::Map(values), r)
            }
            (AvroType::Fixed { size: a, .. }, AvroType::Fixed { size: b, .. }) => {
                if !self.same_simple_name(w, r) {
                    self.fail(w, r, "the names differ")
                } else if a != b {
                    self.fail(w, r, "the sizes differ")
                } else {
                    id(r, self.base)
                }
            }
            (AvroType::Enum { symbols: written, .. }, AvroType::Enum { symbols, default, .. }) => {
                if !self.same_simple_name(w, r) {
                    return self.fail(w, r, "the names differ");
                }
                let default = default.as_ref().and_then(|default| symbols.iter().position(|s| s == default));
                let places: HashMap<&str, usize> =
                    symbols.iter().enumerate().map(|(at, symbol)| (symbol.as_str(), at)).collect();
                let map = |symbol: &String| {
                    places.get(symbol.as_str()).copied().or(default).ok_or_else(|| symbol.as_str().into())
                };
                let map = Some(written.iter().map(map).collect());
                let symbols = symbols.iter().map(|symbol| symbol.as_str().into()).collect();
                self.push(Node::Enum(Box::new(Enum { symbols, map })), r)
            }
            (AvroType::Record { .. }, AvroType::Record { .. }) => self.record(w, r),
            (_, AvroType::Union(branches)) => match self.branch(w, branches, 0) {
                Some(at) => {
                    let branch = branches.get(at).copied().unwrap_or(r);
                    let ty = self.resolve(w, branch);
                    self.push(Node::Wrap { union: id(r, self.base), branch: at, ty }, r)
                }
                None => self.fail(w, r, "no branch of the union fits"),
            },
            _ if from.kind() == to.kind() => id(r, self.base), // primitives
            _ => match promotion(from, to) {
                Some(promotion) => self.push(Node::Promote(promotion), r),
                None => self.fail(w, r, "the types differ"),
            },
        }
    }

    /// The place of a pair of records, to be filled in later.
    fn record(&mut self, w: TypeId, r: TypeId) -> Id {
        if let Some(known) = self.records.get(&(w, r)) {
            return *known;
        }
        let at = self.push(Node::Null, r);
        self.records.insert((w, r), at);
        self.open.push((w, r, at));
        at
    }

    fn fill(&mut self, w: TypeId, r: TypeId, at: Id) {
        let (AvroType::Record { fields: written, .. }, AvroType::Record { fields: read, .. }) =
            (self.writer.get(w), self.reader.get(r))
        else {
            return;
        };
        let places: HashMap<&str, usize> =
            read.iter().enumerate().map(|(at, field)| (field.name.as_str(), at)).collect();
        let mut steps = Vec::with_capacity(written.len());
        let mut order = Vec::new();
        let mut met = HashSet::new();
        for field in written {
            let name = self.aliases.field(self.writer, w, &field.name);
            match places.get(name).and_then(|at| Some((*at, read.get(*at)?))) {
                Some((at, target)) => {
                    let ty = self.resolve(field.ty, target.ty);
                    steps.push(Step::Read { name: name.into(), field: at, ty });
                    order.push(at);
                    met.insert(at);
                }
                None => steps.push(Step::Skip(id(field.ty, 0))),
            }
        }
        for (place, field) in read.iter().enumerate() {
            if met.contains(&place) {
                continue;
            }
            match self.default(r, place, field) {
                Some(bytes) => {
                    let ty = id(field.ty, self.base);
                    steps.push(Step::Default { name: field.name.as_str().into(), field: place, ty, bytes });
                    order.push(place);
                }
                None => {
                    let why = format!("its field \"{}\" is not the writer's, and has no default", field.name);
                    let failed = self.fail(w, r, &why);
                    let node = self.types.get(failed.0 as usize).map(|ty| ty.node.clone());
                    if let (Some(slot), Some(node)) = (self.types.get_mut(at.0 as usize), node) {
                        slot.node = node;
                    }
                    return;
                }
            }
        }
        let in_order = order.is_sorted();
        let field = |field: &SchemaField| Field {
            name: field.name.as_str().into(),
            ty: id(field.ty, self.base),
            missing: Err("values are read, not written".into()),
        };
        let record = Record {
            fields: read.iter().map(field).collect(),
            steps: steps.into(),
            in_order,
            places: Places::new(in_order),
        };
        if let Some(slot) = self.types.get_mut(at.0 as usize) {
            slot.node = Node::Record(Box::new(record));
        }
    }

    /// The index of a field's default, if it has one.
    fn default(&mut self, r: TypeId, place: usize, field: &SchemaField) -> Option<usize> {
        if let Some(known) = self.known_defaults.get(&(r, place)) {
            return *known;
        }
        let written = self.sources.of(field).map(|default| {
            let bytes = default.unwrap_or_else(|why| {
                self.refused.get_or_insert(why);
                Box::default()
            });
            self.defaults.push(bytes);
            self.defaults.len() - 1
        });
        self.known_defaults.insert((r, place), written);
        written
    }

    fn same_simple_name(&self, w: TypeId, r: TypeId) -> bool {
        let simple = |name: &str| name.rsplit('.').next().map(str::to_owned);
        simple(self.aliases.name_of(self.writer, w)) == simple(self.reader.get(r).branch_name())
    }

    /// The branch of the reader's union that Java takes: one of the same name or kind, else the last record of the same simple name or
    /// the first one whose fields fit, else the first one that the value can be promoted to.
    fn branch(&mut self, w: TypeId, branches: &[TypeId], depth: usize) -> Option<usize> {
        let from = self.writer.get(w);
        let mut structure = None;
        for (at, branch) in branches.iter().enumerate() {
            let to = self.reader.get(*branch);
            if from.kind() != to.kind() {
                continue;
            }
            let Some(name) = to.name() else { return Some(at) };
            if self.aliases.name_of(self.writer, w) == name.full() {
                return Some(at);
            }
            if matches!(from, AvroType::Record { .. })
                && !self.fields_unlike(w, *branch, depth)
                && (structure.is_none() || self.same_simple_name(w, *branch))
            {
                structure = Some(at);
            }
        }
        let promoted =
            || branches.iter().position(|branch| promotion(from, self.reader.get(*branch)).is_some());
        structure.or_else(promoted)
    }

    /// Whether something in the fields of two records cannot be resolved. As in Java, a pair that is being compared counts as fitting.
    fn fields_unlike(&mut self, w: TypeId, r: TypeId, depth: usize) -> bool {
        if let Some(known) = self.unlike.get(&(w, r)) {
            return *known;
        }
        self.unlike.insert((w, r), depth > MATCH_DEPTH_MAX);
        if depth > MATCH_DEPTH_MAX {
            return true;
        }
        let unlike = self.missing_required(w, r)
            || match (self.writer.get(w), self.reader.get(r)) {
                (AvroType::Record { fields: written, .. }, AvroType::Record { fields: read, .. }) => {
                    written.iter().any(|field| {
                        let name = self.aliases.field(self.writer, w, &field.name);
                        let target = read.iter().find(|target| target.name == name);
                        target.is_some_and(|target| self.is_error(field.ty, target.ty, depth + 1))
                    })
                }
                _ => true,
            };
        self.unlike.insert((w, r), unlike);
        unlike
    }

    /// Whether a pair of types is refused as such; what is inside of arrays, maps and the writer's unions does not count.
    fn is_error(&mut self, w: TypeId, r: TypeId, depth: usize) -> bool {
        let (from, to) = (self.writer.get(w), self.reader.get(r));
        match (from, to) {
            (AvroType::Union(_), _) => false,
            (AvroType::Fixed { size: a, .. }, AvroType::Fixed { size: b, .. }) => {
                a != b || !self.same_simple_name(w, r)
            }
            (AvroType::Enum { .. }, AvroType::Enum { .. }) => !self.same_simple_name(w, r),
            (AvroType::Record { .. }, AvroType::Record { .. }) => self.missing_required(w, r),
            (_, AvroType::Union(branches)) => self.branch(w, branches, depth).is_none(),
            _ => from.kind() != to.kind() && promotion(from, to).is_none(),
        }
    }

    fn missing_required(&self, w: TypeId, r: TypeId) -> bool {
        let (AvroType::Record { fields: written, .. }, AvroType::Record { fields: read, .. }) =
            (self.writer.get(w), self.reader.get(r))
        else {
            return true;
        };
        let names: HashSet<&str> =
            written.iter().map(|field| self.aliases.field(self.writer, w, &field.name)).collect();
        read.iter().any(|field| field.default.is_none() && !names.contains(field.name.as_str()))
    }

    /// Whether a writer's union and what the reader has are the same down to the names; the reader's types then read it.
    fn same_structure(&mut self, w: TypeId, r: TypeId) -> bool {
        // Worked off without recursion; one difference anywhere is enough.
        let mut open = vec![(w, r)];
        let mut met = HashSet::new();
        while let Some((w, r)) = open.pop() {
            if !met.insert((w, r)) {
                continue;
            }
            if let Some(known) = self.alike.get(&(w, r)) {
                if *known {
                    continue;
                }
                return false;
            }
            let (from, to) = (self.writer.get(w), self.reader.get(r));
            let named = from.name().is_some();
            if from.kind() != to.kind() || named && !self.same_simple_name(w, r) {
                self.alike.insert((w, r), false);
                return false;
            }
            let same = match (from, to) {
                (AvroType::Array { items: w }, AvroType::Array { items: r })
                | (AvroType::Map { values: w }, AvroType::Map { values: r }) => {
                    open.push((*w, *r));
                    true
                }
                (AvroType::Fixed { size: a, .. }, AvroType::Fixed { size: b, .. }) => a == b,
                (AvroType::Enum { symbols: a, .. }, AvroType::Enum { symbols: b, .. }) => a == b,
                (AvroType::Union(a), AvroType::Union(b)) => {
                    open.extend(a.iter().copied().zip(b.iter().copied()));
                    a.len() == b.len()
                }
                (AvroType::Record { fields: a, .. }, AvroType::Record { fields: b, .. }) => {
                    open.extend(a.iter().zip(b).map(|(a, b)| (a.ty, b.ty)));
                    let name =
                        |field: &SchemaField| self.aliases.field(self.writer, w, &field.name).to_owned();
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| name(a) == b.name)
                }
                _ => true,
            };
            if !same {
                self.alike.insert((w, r), false);
                return false;
            }
        }
        self.alike.extend(met.into_iter().map(|pair| (pair, true)));
        true
    }
}

fn promotion(from: &AvroType, to: &AvroType) -> Option<Promotion> {
    Some(match (from, to) {
        (AvroType::Int, AvroType::Long) => Promotion::IntToLong,
        (AvroType::Int, AvroType::Float) => Promotion::IntToFloat,
        (AvroType::Int, AvroType::Double) => Promotion::IntToDouble,
        (AvroType::Long, AvroType::Float) => Promotion::LongToFloat,
        (AvroType::Long, AvroType::Double) => Promotion::LongToDouble,
        (AvroType::Float, AvroType::Double) => Promotion::FloatToDouble,
        (AvroType::String, AvroType::Bytes) => Promotion::StringToBytes,
        (AvroType::Bytes, AvroType::String) => Promotion::BytesToString,
        _ => return None,
    })
}
