//! What a JSON schema is made of (contract 3.4, Model): every schema has one kind; one with several kinds of keywords is
//! an `allOf` of parts. The schemas reached from the root are kept in a list and mention each other by index, so that
//! circles need no care.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use assay_schema::json::{Node, Value};
use assay_schema::json_schema::{Draft, JsonSchema, Location, Pattern, Resolution, escape};

use yoke::{Yoke, Yokeable};

use super::read;

/// What compiling a pattern costs, in steps.
const COMPILING: usize = 2_000;

/// Bytes of a place.
const PLACE_MAX: usize = 4_096;

/// Index of a schema in its [`Model`].
pub(super) type Id = usize;

/// The model of a schema together with what it was read from: made once per schema, whatever it is compared with.
pub(super) struct Made(Yoke<Model<'static>, Arc<Resolution>>);

impl Made {
    /// The model of a schema; kept with it.
    pub(super) fn of(schema: &JsonSchema) -> Arc<Made> {
        schema.derived(|resolution| {
            Made(Yoke::<Model<'static>, _>::attach_to_cart(resolution, |all| Model::new(all)))
        })
    }

    pub(super) fn model(&self) -> &Model<'_> {
        self.0.get()
    }
}

/// A schema with everything it reaches.
#[derive(Yokeable)]
pub(super) struct Model<'s> {
    pub(super) schemas: Vec<Schema<'s>>,
    resolution: &'s Resolution,
}

/// One schema, or one part of a schema.
pub(super) struct Schema<'s> {
    /// What it was read from; parts have the node of the whole.
    pub(super) node: &'s Node,
    pub(super) document: usize,
    pub(super) draft: Draft,
    pub(super) kind: Kind<'s>,
    /// Where it is.
    origin: Origin<'s>,
    /// What looking at it costs, in steps.
    pub(super) weight: usize,
    /// Of `default`; 0 without.
    pub(super) default_hash: u64,
    /// Of the schema as written, in lists of subschemas; equal texts have equal hashes.
    pub(super) hash: u64,
}

/// The kinds of contract 3.4.
pub(super) enum Kind<'s> {
    /// `{}` or `true`; also a schema that no keyword we know is in.
    Empty,
    False,
    Boolean,
    Null,
    String,
    Number {
        integer: bool,
    },
    Object(Box<Object<'s>>),
    Array(Box<Array>),
    /// The values, sorted, without repetition.
    Enum(Vec<String>),
    /// The value.
    Const(String),
    /// The subschemas as a set, each with its place in the list.
    Combined(Criterion, Vec<(usize, Id)>),
    Not(Id),
    /// `if`, `then`, `else`: not looked into.
    Conditional,
    Reference(Id),
}

/// How subschemas are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Criterion {
    All,
    Any,
    One,
}

impl Criterion {
    /// The keyword.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Criterion::All => "allOf",
            Criterion::Any => "anyOf",
            Criterion::One => "oneOf",
        }
    }
}

/// Keywords of objects that refer to other schemas.
#[derive(Default)]
pub(super) struct Object<'s> {
    pub(super) properties: Vec<(&'s str, Id)>,
    pub(super) by_name: HashMap<&'s str, Id>,
    pub(super) required: BTreeSet<&'s str>,
    /// From a property to those it asks for.
    pub(super) dependent_names: BTreeMap<&'s str, BTreeSet<&'s str>>,
    /// From a property to the schema it asks for.
    pub(super) dependent_schemas: BTreeMap<&'s str, Id>,
    /// By the text of the pattern, so that the order in which they are written does not count.
    pub(super) patterns: Vec<(&'s str, OnceLock<Option<Pattern>>, Id)>,
    pub(super) additional: Extra,
    pub(super) unevaluated: Extra,
}

/// Keywords of arrays that refer to other schemas.
#[derive(Default)]
pub(super) struct Array {
    /// For all items.
    pub(super) list: Option<Id>,
    /// For the first, the second ..
    pub(super) tuple: Vec<Id>,
    pub(super) additional: Extra,
    pub(super) unevaluated: Extra,
}

/// `additionalProperties` and its kin.
#[derive(Clone, Copy, Default)]
pub(super) enum Extra {
    #[default]
    Absent,
    True,
    False,
    Schema(Id),
}

/// Which values a place may have that no property, or item, of its own is declared for.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Open,
    /// Those of this schema.
    Partial(Id),
    Closed,
}

impl<'s> Schema<'s> {
    fn new(node: &'s Node, document: usize, draft: Draft, kind: Kind<'s>, origin: Origin<'s>) -> Schema<'s> {
        Schema { node, document, draft, kind, origin, weight: 1, default_hash: 0, hash: 0 }
    }

    /// Whether it is only one of the kinds of what is written.
    pub(super) fn is_part(&self) -> bool {
        matches!(self.origin, Origin::Part(_))
    }
}

impl Extra {
    fn is_open(self) -> bool {
        matches!(self, Extra::Absent | Extra::True)
    }

    /// The content model when nothing goes before `self`, and `rest` comes after it.
    fn content(self, rest: Extra) -> Content {
        match (self, rest) {
            (Extra::Schema(id), _) | (Extra::Absent, Extra::Schema(id)) => Content::Partial(id),
            (Extra::Absent | Extra::True, rest) if rest.is_open() => Content::Open,
            _ => Content::Closed,
        }
    }
}

impl Object<'_> {
    /// The content model for a property of this name, and what it cost to find out, in steps. `is_first` says of a
    /// pattern, by index, whether it is used for the first time in a comparison: it is compiled then, or was in another
    /// one. The cost must not depend on that, for verdicts must not.
    pub(super) fn content(&self, name: &str, mut is_first: impl FnMut(usize) -> bool) -> (Content, usize) {
        let mut cost = 0;
        for (i, (text, cell, id)) in self.patterns.iter().enumerate() {
            let pattern = cell.get_or_init(|| Pattern::new(text));
            cost += if is_first(i) { COMPILING } else { 0 };
            let Some(pattern) = pattern else { continue };
            cost += pattern.steps(name);
            if pattern.is_match(name) {
                return (Content::Partial(*id), cost);
            }
        }
        let content = match self.additional.content(self.unevaluated) {
            Content::Open if !self.patterns.is_empty() => Content::Closed,
            content => content,
        };
        (content, cost)
    }
}

impl Array {
    /// The content model for an item that has no place of its own in the tuple.
    pub(super) fn content(&self) -> Content {
        match self.list {
            Some(id) => Content::Partial(id),
            None => self.additional.content(self.unevaluated),
        }
    }
}

/// Where a schema is: below another one, or where a `$ref` points.
#[derive(Clone, Copy)]
enum Origin<'s> {
    Root(&'s str),
    Part(Id),
    Below(Id, &'static str, Member<'s>),
}

/// What comes after the keyword on the way to a subschema.
#[derive(Clone, Copy)]
pub(super) enum Member<'s> {
    None,
    Name(&'s str),
    Index(usize),
}

impl<'s> Model<'s> {
    /// Reads a schema and everything it reaches.
    fn new(resolution: &'s Resolution) -> Model<'s> {
        let mut builder = Builder {
            model: Model { schemas: Vec::new(), resolution },
            ids: HashMap::new(),
            references: HashMap::new(),
            hashes: HashMap::new(),
            unread: Vec::new(),
        };
        for (from, to) in &resolution.references {
            if let Some(node) = resolution.node(from) {
                builder.references.insert((from.document, node.offset), to);
            }
        }
        if let Some(document) = resolution.documents.first() {
            builder.id(&document.root, 0, Origin::Root(""));
        }
        while let Some(id) = builder.unread.pop() {
            read::read(&mut builder, id);
        }
        builder.model
    }

    /// A schema; `None` never happens for an id of this model.
    pub(super) fn get(&self, id: Id) -> Option<&Schema<'s>> {
        self.schemas.get(id)
    }

    /// What a chain of references leads to; a circle of nothing but references asks for nothing.
    pub(super) fn target(&self, id: Id) -> Id {
        let mut at = id;
        for _ in 0..self.schemas.len() {
            match self.get(at).map(|schema| &schema.kind) {
                Some(Kind::Reference(next)) => at = *next,
                _ => break,
            }
        }
        at
    }

    /// The kind of a schema; references that go in a circle are empty.
    pub(super) fn kind(&self, id: Id) -> &Kind<'s> {
        match self.get(id).map(|schema| &schema.kind) {
            Some(Kind::Reference(_)) | None => &Kind::Empty,
            Some(kind) => kind,
        }
    }

    /// Whether a schema, or what it refers to, has a default.
    pub(super) fn has_default(&self, id: Id) -> bool {
        let own = |id: Id| self.get(id).is_some_and(|schema| schema.node.get("default").is_some());
        own(id) || own(self.target(id))
    }

    /// The name a schema has as a property or the like.
    pub(super) fn name(&self, id: Id) -> Option<&'s str> {
        match self.get(id)?.origin {
            Origin::Below(_, _, Member::Name(name)) => Some(name),
            Origin::Part(whole) => self.name(whole),
            _ => None,
        }
    }

    /// The place of a schema: a JSON pointer, after the name of the reference and `#` if it is in one.
    pub(super) fn place(&self, id: Id) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        let start = loop {
            match self.get(at).map(|schema| schema.origin) {
                Some(Origin::Below(parent, keyword, member)) => {
                    steps.push((keyword, member));
                    at = parent;
                }
                Some(Origin::Part(whole)) => at = whole,
                Some(Origin::Root(pointer)) => break pointer,
                None => break "",
            }
        };
        let document = self.get(at).and_then(|schema| self.resolution.documents.get(schema.document));
        let mut out = match document.and_then(|document| document.reference.as_deref()) {
            Some(name) => format!("{name}#{start}"),
            None => start.to_owned(),
        };
        for (keyword, member) in steps.iter().rev() {
            let member = match member {
                Member::None => String::new(),
                Member::Name(name) => format!("/{}", escape(name)),
                Member::Index(index) => format!("/{index}"),
            };
            if out.len() + member.len() > PLACE_MAX {
                break; // the place around it, then
            }
            out.extend(["/", keyword, &member]);
        }
        out
    }
}

/// A model in the making.
pub(super) struct Builder<'s> {
    pub(super) model: Model<'s>,
    ids: HashMap<(usize, usize), Id>,
    /// From the schema that holds a `$ref`, by document and offset.
    references: HashMap<(usize, usize), &'s Location>,
    hashes: HashMap<(usize, usize), u64>,
    unread: Vec<Id>,
}

impl<'s> Builder<'s> {
    fn id(&mut self, node: &'s Node, document: usize, origin: Origin<'s>) -> Id {
        if let Some(id) = self.ids.get(&(document, node.offset)) {
            return *id;
        }
        let draft = self.model.resolution.documents.get(document).map_or(Draft::Draft7, |d| d.draft);
        let id = self.push(Schema::new(node, document, draft, Kind::Empty, origin));
        self.ids.insert((document, node.offset), id);
        self.unread.push(id);
        id
    }

    fn push(&mut self, schema: Schema<'s>) -> Id {
        self.model.schemas.push(schema);
        self.model.schemas.len() - 1
    }

    /// The id of a subschema.
    pub(super) fn below(
        &mut self,
        parent: Id,
        node: &'s Node,
        keyword: &'static str,
        member: Member<'s>,
    ) -> Id {
        let document = self.model.get(parent).map_or(0, |schema| schema.document);
        self.id(node, document, Origin::Below(parent, keyword, member))
    }

    /// The id of a part of a schema.
    pub(super) fn part(&mut self, whole: Id, kind: Kind<'s>) -> Id {
        match self.model.schemas.get(whole) {
            Some(Schema { node, document, draft, .. }) => {
                let (node, document, draft) = (*node, *document, *draft);
                let weight = read::weight(node, &kind);
                let part = Schema::new(node, document, draft, kind, Origin::Part(whole));
                self.push(Schema { weight, ..part })
            }
            None => whole,
        }
    }

    /// What the `$ref` in a schema means.
    pub(super) fn referred(&mut self, id: Id) -> Option<Id> {
        let schema = self.model.get(id)?;
        let target = self.references.get(&(schema.document, schema.node.offset)).copied();
        match target {
            Some(target) => {
                let node = self.model.resolution.node(target)?;
                Some(self.id(node, target.document, Origin::Root(&target.pointer)))
            }
            // `$recursiveRef` is always "#"; what a later schema makes of it is not looked at.
            None if schema.node.get("$recursiveRef").is_some() => {
                let (document, resolution) = (schema.document, self.model.resolution);
                Some(self.id(&resolution.documents.get(document)?.root, document, Origin::Root("")))
            }
            None => None,
        }
    }

    /// The hash of a value of this document: the same for equal ones, whatever the order of keys.
    pub(super) fn hash(&mut self, node: &'s Node, document: usize) -> u64 {
        let mix = |a: u64, b: u64| (a.rotate_left(5) ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let text = |text: &str| {
            let mut chunks = text.as_bytes().chunks_exact(8);
            let start = mix(0x51, text.len() as u64);
            let word = |chunk: &[u8]| chunk.iter().fold(0, |word, b| (word << 8) | u64::from(*b));
            let head = chunks.by_ref().fold(start, |hash, chunk| mix(hash, word(chunk)));
            mix(head, word(chunks.remainder()))
        };
        match &node.value {
            Value::Null => 1,
            Value::Bool(flag) => 2 + u64::from(*flag),
            Value::Number(number) => mix(4, text(number)),
            Value::String(string) => mix(5, text(string)),
            Value::Array(items) => items.iter().fold(6, |hash, item| mix(hash, self.hash(item, document))),
            Value::Object(object) => {
                let key = (document, node.offset);
                if let Some(known) = self.hashes.get(&key) {
                    return *known;
                }
                let members =
                    object.iter().map(|(key, value)| mix(text(key), mix(7, self.hash(value, document))));
                let hash = members.fold(8, u64::wrapping_add);
                self.hashes.insert(key, hash);
                hash
            }
        }
    }
}
