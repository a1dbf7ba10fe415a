//! `assay diff`: what changed between two schemas, in words; and which of it breaks what. Values in, values out.
//!
//! The walks know the formats: fields by name, alias or number, unions by branch, keywords by meaning. What the rules of
//! compatibility refuse is then put to the change it comes from ([`verdict`]), so nothing they say is missing here.
//! Comments of `.proto` files are not compared: the model does not keep them.

mod avro;
mod json;
mod protobuf;
pub mod report;
mod say;
mod verdict;

use assay_compat::{Direction, Rule};
use assay_schema::{ParsedSchema, SchemaType, Strictness};

use crate::tree::Tree;
pub(crate) use protobuf::words::Reserved;
pub use say::Sentence;

/// Changes of one comparison; the rest is counted, not told.
const CHANGES_MAX: usize = 10_000;

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another name.
    Renamed,
    /// It takes more values.
    Widened,
    /// It takes fewer values.
    Narrowed,
    /// Another type, neither wider nor narrower.
    Type,
    /// The same bytes, read as something else: a logical type, a sign, another enum.
    Meaning,
    /// `optional`, `required`, `repeated`.
    Label,
    /// Another default.
    Default,
    /// A field that is one of a oneof now.
    IntoOneof,
    /// A field that is on its own now.
    OutOfOneof,
    /// A bound, pattern or other limit, neither wider nor narrower.
    Constraint,
    /// Words for people.
    Doc,
    /// The same in another order.
    Order,
    /// Options, properties, aliases and the like.
    Option,
    /// Unchanged itself, but what it holds does not fit any more.
    Affected,
    /// The text differs, the meaning does not.
    Layout,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 17] = [
        Kind::Added,
        Kind::Removed,
        Kind::Renamed,
        Kind::Widened,
        Kind::Narrowed,
        Kind::Type,
        Kind::Meaning,
        Kind::Label,
        Kind::Default,
        Kind::IntoOneof,
        Kind::OutOfOneof,
        Kind::Constraint,
        Kind::Doc,
        Kind::Order,
        Kind::Option,
        Kind::Affected,
        Kind::Layout,
    ];

    /// Its word in JSON and Markdown.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Renamed => "renamed",
            Kind::Widened => "widened",
            Kind::Narrowed => "narrowed",
            Kind::Type => "type",
            Kind::Meaning => "meaning",
            Kind::Label => "label",
            Kind::Default => "default",
            Kind::IntoOneof => "into-oneof",
            Kind::OutOfOneof => "out-of-oneof",
            Kind::Constraint => "constraint",
            Kind::Doc => "doc",
            Kind::Order => "order",
            Kind::Option => "option",
            Kind::Affected => "affected",
            Kind::Layout => "layout",
        }
    }
}

/// What it is that changed, as far as anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A field or a property.
    Field,
    /// A symbol of an enum, a constant, a value of `enum`.
    Symbol,
    /// A record, message, enum, definition, service or the schema itself.
    Type,
    /// What is referred to: it is looked at where it is described.
    Reference,
    /// What takes values away by coming, or by going: a property with a type in an object that took any, a pattern.
    Narrowing,
    /// Anything else.
    Other,
}

/// A refusal of the rules that this change brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// `Backward`: the new schema cannot read old data; `Forward`: the other way round.
    pub direction: Direction,
    /// The rule.
    pub rule: Rule,
    /// Where, in the notation of the rules.
    pub path: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// Of what.
    pub what: What,
    /// What happened, in a sentence.
    pub text: Sentence,
    /// Where in the old schema (as `Fragment::place`); `None` if nothing was there.
    pub old: Option<String>,
    /// Where in the new schema.
    pub new: Option<String>,
    /// Other places it concerns: the oneofs a field moved from and to.
    pub near: Vec<String>,
    /// What it breaks.
    pub breaks: Vec<Break>,
}

/// Changes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// A file that is referred to; `None`: the schema itself.
    pub file: Option<String>,
    /// What changed, in the order of the new schema.
    pub changes: Vec<Change>,
}

/// What changed between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// As people call the old one.
    pub old: String,
    /// As people call the new one.
    pub new: String,
    /// The format of the new one.
    pub schema_type: SchemaType,
    /// The schema, then files it refers to. Sections without a change are left out.
    pub sections: Vec<Section>,
    /// Changes beyond the most that are told.
    pub left_out: usize,
    /// Whether the new schema reads old data; `None` if that could not be told.
    pub backward: Option<bool>,
    /// Whether the old schema reads new data; `None` if that could not be told.
    pub forward: Option<bool>,
    /// Why one of the two, or both, could not be told: a limit. The changes are told all the same.
    pub untold: Option<String>,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// All changes.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.sections.iter().flat_map(|section| &section.changes)
    }
}

/// One of the two schemas.
#[derive(Debug)]
pub struct Side<'t> {
    /// As people call it.
    pub label: String,
    /// The files it may refer to.
    pub tree: &'t Tree,
    /// The file.
    pub path: &'t str,
    /// Its format.
    pub schema_type: SchemaType,
}

/// Compares two files, and the files they refer to. The new one must be a schema that may be registered, as for
/// `assay check`; the old one one that is stored.
///
/// # Errors
/// One sentence: a file that cannot be read as a schema.
pub fn diff(old: &Side<'_>, new: &Side<'_>) -> Result<Diff, String> {
    let was = old.tree.load_as(old.path, old.schema_type, Strictness::Stored)?;
    let is = new.tree.load_as(new.path, new.schema_type, Strictness::New)?;
    let mut left_out = 0;
    let mut sections = vec![(None, walk(&was.schema, &is.schema, &mut left_out))];
    if was.schema.schema_type() == is.schema.schema_type() && new.schema_type != SchemaType::Avro {
        // The types of Avro's references are part of the schema; the others refer to files, compared one by one.
        let mut shared: Vec<&String> = is.closure.iter().filter(|path| was.closure.contains(path)).collect();
        shared.sort();
        shared.dedup();
        for path in shared.into_iter().filter(|path| old.tree.text(path) != new.tree.text(path)) {
            let was = old.tree.load_as(path, old.schema_type, Strictness::Stored)?;
            let is = new.tree.load_as(path, new.schema_type, Strictness::Stored)?;
            sections.push((Some(path.clone()), walk(&was.schema, &is.schema, &mut left_out)));
        }
    }
    Ok(judged(&was.schema, &is.schema, (old.label.clone(), new.label.clone()), sections, left_out))
}

/// Compares two schemas as they are.
pub fn between(old: &ParsedSchema, new: &ParsedSchema) -> Diff {
    let mut left_out = 0;
    let sections = vec![(None, walk(old, new, &mut left_out))];
    judged(old, new, ("old".to_owned(), "new".to_owned()), sections, left_out)
}

fn judged(
    old: &ParsedSchema,
    new: &ParsedSchema,
    labels: (String, String),
    sections: Vec<(Option<String>, Vec<Change>)>,
    left_out: usize,
) -> Diff {
    let sections = sections.into_iter().map(|(file, changes)| Section { file, changes });
    let mut diff = Diff {
        old: labels.0,
        new: labels.1,
        schema_type: new.schema_type(),
        sections: sections.collect(),
        left_out,
        backward: None,
        forward: None,
        untold: None,
    };
    verdict::put(&mut diff, old, new);
    diff.sections.retain(|section| !section.changes.is_empty());
    diff
}

/// What changed in the schema itself.
fn walk(old: &ParsedSchema, new: &ParsedSchema, left_out: &mut usize) -> Vec<Change> {
    let mut changes = Changes::default();
    match (old, new) {
        (ParsedSchema::Avro(old), ParsedSchema::Avro(new)) => avro::changes(old, new, &mut changes),
        (ParsedSchema::Protobuf(old), ParsedSchema::Protobuf(new)) => {
            protobuf::changes(old, new, &mut changes)
        }
        (ParsedSchema::Json(old), ParsedSchema::Json(new)) => {
            json::changes(old.root(), new.root(), &mut changes)
        }
        _ => changes.say(
            Kind::Type,
            What::Type,
            &At::root(),
            "changed its format from {} to {}",
            &[old.schema_type().as_str(), new.schema_type().as_str()],
        ),
    }
    if changes.list.is_empty() && old.canonical() != new.canonical() {
        let text = "is written in another order, or names its types in another way; it means the same";
        changes.say(Kind::Layout, What::Type, &At::root(), text, &[]);
    }
    *left_out += changes.left_out;
    changes.list
}

/// A place in both schemas, and how a sentence begins about it.
#[derive(Clone)]
struct At {
    text: Sentence,
    old: String,
    new: String,
}

impl At {
    fn root() -> At {
        At { text: Sentence::new("the schema", &[]), old: String::new(), new: String::new() }
    }

    fn new(pattern: &str, codes: &[&str], old: impl Into<String>, new: impl Into<String>) -> At {
        At { text: Sentence::new(pattern, codes), old: old.into(), new: new.into() }
    }

    /// The same place, told from further inside.
    fn inside(&self, pattern: &str, codes: &[&str]) -> At {
        At { text: Sentence::new(pattern, codes).then(&self.text), ..self.clone() }
    }
}

/// Changes so far.
#[derive(Default)]
struct Changes {
    list: Vec<Change>,
    left_out: usize,
}

impl Changes {
    /// A change of what is in both.
    fn say(&mut self, kind: Kind, what: What, at: &At, pattern: &str, codes: &[&str]) {
        self.push(kind, what, at, Some(&at.old), Some(&at.new), pattern, codes);
    }

    /// Something new.
    fn added(&mut self, what: What, at: &At, pattern: &str, codes: &[&str]) {
        self.push(Kind::Added, what, at, None, Some(&at.new), pattern, codes);
    }

    /// Something gone.
    fn removed(&mut self, what: What, at: &At, pattern: &str, codes: &[&str]) {
        self.push(Kind::Removed, what, at, Some(&at.old), None, pattern, codes);
    }

    #[expect(clippy::too_many_arguments, reason = "the three above are its callers")]
    fn push(
        &mut self,
        kind: Kind,
        what: What,
        at: &At,
        old: Option<&String>,
        new: Option<&String>,
        pattern: &str,
        codes: &[&str],
    ) {
        if self.list.len() >= CHANGES_MAX {
            self.left_out += 1;
            return;
        }
        let text = at.text.clone().then_plain(" ").then(&Sentence::new(pattern, codes));
        self.list.push(Change {
            kind,
            what,
            text,
            old: old.cloned(),
            new: new.cloned(),
            near: Vec::new(),
            breaks: Vec::new(),
        });
    }

    /// Says of the last change which other places it concerns.
    fn near(&mut self, places: Vec<String>) {
        if let Some(last) = self.list.last_mut().filter(|_| self.left_out == 0) {
            last.near = places;
        }
    }

    /// A value that may be absent on either side: added, removed or changed.
    fn value(
        &mut self,
        kind: Kind,
        what: What,
        at: &At,
        name: (&str, &[&str]),
        values: (Option<String>, Option<String>),
    ) {
        let (pattern, codes) = name;
        match values {
            (None, Some(new)) => {
                self.say(kind, what, at, &format!("{pattern} added: {{}}"), &[codes, &[&new]].concat());
            }
            (Some(old), None) => {
                self.say(kind, what, at, &format!("{pattern} removed: {{}}"), &[codes, &[&old]].concat());
            }
            (Some(old), Some(new)) if old != new => {
                let codes = [codes, &[&old, &new]].concat();
                self.say(kind, what, at, &format!("{pattern} changed from {{}} to {{}}"), &codes);
            }
            _ => {}
        }
    }
}

/// Whether what both lists have stands in the same order in both.
fn same_order<'a>(old: &[&'a str], new: &[&'a str]) -> bool {
    let both = |list: &[&'a str], other: &[&'a str]| {
        let known: std::collections::HashSet<&str> = other.iter().copied().collect();
        list.iter().copied().filter(|item| known.contains(item)).collect::<Vec<_>>()
    };
    both(old, new) == both(new, old)
}
