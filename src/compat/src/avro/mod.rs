//! Avro: can a reader's schema read what a writer's schema wrote? (Contract 3.3; Apache Avro, Schema Resolution.)
//!
//! All differences are found, in depth-first order, and with the paths that `SchemaCompatibility` of Apache Avro for
//! Java 1.12 gives; its habits in this are kept on purpose: each pair of types is compared once, what was found is
//! repeated (paths and all) wherever the pair comes up again, and branches of unions start a path of their own.
//!
//! Pairs are remembered, so recursion ends and no schema makes the work grow beyond readers times writers; depth and
//! steps are bounded on top, and beyond them the verdict is "incompatible", never a guess.

mod place;
mod quick;
pub(crate) mod rules;
mod union;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use assay_schema::avro::{AvroSchema, AvroType, Field, Name, TypeId};

use crate::report::Found;
use crate::rule::Rule;
use place::{At, Side, fragment};
use union::BranchIndex;

/// How deep types may refer to types within one comparison.
const DEPTH_MAX: usize = 500;
/// Pairs of types, fields and branches looked at in one comparison.
const STEPS_MAX: usize = 1_000_000;
/// Differences reported; the rest is left out.
const DIFFERENCES_MAX: usize = 1_000;

/// Everything that keeps `reader` from reading data of `writer`.
pub(crate) fn differences(reader: &AvroSchema, writer: &AvroSchema) -> Vec<Found> {
    if quick::fits(reader, writer) {
        return Vec::new();
    }
    closely(reader, writer)
}

/// The same without the quick path.
fn closely(reader: &AvroSchema, writer: &AvroSchema) -> Vec<Found> {
    let mut walk = Walk {
        reader,
        writer,
        known: HashMap::new(),
        fields: HashMap::new(),
        indexes: HashMap::new(),
        steps: 0,
        gave_up: false,
        depth: 0,
        path: Vec::new(),
        places: Vec::new(),
        empty: Findings::default(),
    };
    let found = walk.pair(reader.root(), writer.root());
    let mut differences: Vec<Found> = found.iter().cloned().collect();
    if walk.gave_up && differences.is_empty() {
        differences.push(Found::new(rules::TOO_COMPLEX, "/").additional(limits()));
    }
    differences
}

fn limits() -> String {
    format!("more than {DEPTH_MAX} levels or {STEPS_MAX} steps")
}

type Findings = Rc<Vec<Found>>;

struct Walk<'s> {
    reader: &'s AvroSchema,
    writer: &'s AvroSchema,
    /// What a pair gave; `None` while it is being compared.
    known: HashMap<(TypeId, TypeId), Option<Findings>>,
    /// Fields of the writer's records by name.
    fields: HashMap<TypeId, Rc<HashMap<&'s str, &'s Field>>>,
    /// Branches of big unions of the reader by name.
    indexes: HashMap<TypeId, Rc<BranchIndex>>,
    steps: usize,
    gave_up: bool,
    depth: usize,
    path: Vec<Step>,
    /// What is being compared, from the root of the comparison.
    places: Vec<At<'s>>,
    /// What most pairs give.
    empty: Findings,
}

/// One step of a path. `Root` starts a new path: what is before it does not show.
#[derive(Clone, Copy)]
enum Step {
    Root,
    Key(&'static str),
    Index(usize),
}

impl<'s> Walk<'s> {
    /// Compares two types, once.
    fn pair(&mut self, r: TypeId, w: TypeId) -> Findings {
        self.steps += 1 + self.reader.get(r).aliases().len();
        if is_primitive(self.reader.get(r)) && is_primitive(self.writer.get(w)) {
            return self.compare(r, w); // quicker than remembering
        }
        match self.known.get(&(r, w)) {
            Some(Some(found)) => return Rc::clone(found),
            Some(None) => return self.none(), // being compared: compatible unless proven otherwise
            None => {}
        }
        if self.depth >= DEPTH_MAX || self.steps >= STEPS_MAX {
            self.gave_up = true;
            return self.one(rules::TOO_COMPLEX, limits());
        }
        self.known.insert((r, w), None);
        self.depth += 1;
        let found = self.compare(r, w);
        self.depth -= 1;
        self.known.insert((r, w), Some(Rc::clone(&found)));
        found
    }

    fn compare(&mut self, r: TypeId, w: TypeId) -> Findings {
        self.places.push(At::Types(self.reader.get(r), self.writer.get(w)));
        let found = self.compare_types(r, w);
        self.places.pop();
        found
    }

    fn compare_types(&mut self, r: TypeId, w: TypeId) -> Findings {
        use AvroType as T;
        let (reader, writer) = (self.reader.get(r), self.writer.get(w));
        match (reader, writer) {
            (T::Null, T::Null)
            | (T::Boolean, T::Boolean)
            | (T::Int, T::Int)
            | (T::Long, T::Long | T::Int)
            | (T::Float, T::Float | T::Int | T::Long)
            | (T::Double, T::Double | T::Int | T::Long | T::Float)
            | (T::Bytes | T::String, T::Bytes | T::String) => self.none(),
            (T::Array { items: a }, T::Array { items: b }) => {
                self.within(Step::Key("items"), |s| s.pair(*a, *b))
            }
            (T::Map { values: a }, T::Map { values: b }) => {
                self.within(Step::Key("values"), |s| s.pair(*a, *b))
            }
            (T::Fixed { name: n, size: a, .. }, T::Fixed { name: m, size: b, .. }) => {
                let mut found = self.names(reader, n, m);
                if a != b {
                    let sizes = format!("expected: {b}, found: {a}");
                    found.push(self.finding(Step::Key("size"), rules::FIXED_SIZE_MISMATCH, sizes));
                }
                Rc::new(found)
            }
            (T::Enum { name: n, symbols: a, default, .. }, T::Enum { name: m, symbols: b, .. }) => {
                let mut found = self.names(reader, n, m);
                let known: HashSet<&str> = a.iter().map(String::as_str).collect();
                self.steps += a.len() + b.len();
                let missing: BTreeSet<&str> =
                    b.iter().map(String::as_str).filter(|symbol| !known.contains(symbol)).collect();
                if !missing.is_empty() && default.is_none() {
                    let list = missing.into_iter().collect::<Vec<_>>().join(", ");
                    found.push(self.finding(
                        Step::Key("symbols"),
                        rules::MISSING_ENUM_SYMBOLS,
                        format!("[{list}]"),
                    ));
                }
                Rc::new(found)
            }
            (T::Record { name: n, fields, .. }, T::Record { name: m, .. }) => {
                let mut found = self.names(reader, n, m);
                self.path.push(Step::Key("fields"));
                for (i, field) in fields.iter().enumerate() {
                    let more = self.within(Step::Index(i), |s| s.field(field, w));
                    extend(&mut found, &more);
                }
                self.path.pop();
                Rc::new(found)
            }
            (T::Union(_), T::Union(written)) => self.union_union(r, written),
            (_, T::Union(written)) => {
                let mut found = Vec::new();
                for (i, branch) in written.iter().enumerate() {
                    let more = self.within(Step::Index(i), |s| s.pair(r, *branch));
                    extend(&mut found, &more);
                }
                Rc::new(found)
            }
            (T::Union(branches), _) => self.branch_for(r, branches, w),
            _ => {
                let (a, b) = (kind(reader), kind(writer));
                self.one(
                    rules::TYPE_MISMATCH,
                    format!("reader type: {a} not compatible with writer type: {b}"),
                )
            }
        }
    }

    /// Every branch of the writer must fit the reader's union; why one does not is not told further.
    fn union_union(&mut self, r: TypeId, written: &[TypeId]) -> Findings {
        let mut found = Vec::new();
        for (i, branch) in written.iter().enumerate() {
            let fits = self.within(Step::Root, |s| s.pair(r, *branch)).is_empty();
            if !fits && found.len() < DIFFERENCES_MAX {
                let missing = format!("reader union lacking writer type: {}", kind(self.writer.get(*branch)));
                found.push(self.finding(Step::Index(i), rules::MISSING_UNION_BRANCH, missing));
            }
        }
        Rc::new(found)
    }

    /// A type that is no union must fit one of the reader's branches.
    fn branch_for(&mut self, r: TypeId, branches: &[TypeId], w: TypeId) -> Findings {
        let writer = self.writer.get(w);
        let index = (branches.len() > BranchIndex::WORTH_IT).then(|| {
            Rc::clone(
                self.indexes.entry(r).or_insert_with(|| Rc::new(BranchIndex::new(self.reader, branches))),
            )
        });
        let candidates = match index {
            Some(index) => index.candidates(writer),
            None => branches.to_vec(),
        };
        for branch in candidates {
            if self.within(Step::Root, |s| s.pair(branch, w)).is_empty() {
                return self.none();
            }
        }
        self.one(rules::MISSING_UNION_BRANCH, format!("reader union lacking writer type: {}", kind(writer)))
    }

    /// A field of the reader against the record `w` of the writer.
    fn field(&mut self, field: &'s Field, w: TypeId) -> Findings {
        self.steps += 1 + field.aliases.len();
        let written = self.fields_of(w);
        let direct = written.get(field.name.as_str());
        let mut matches =
            direct.into_iter().chain(field.aliases.iter().filter_map(|alias| written.get(alias.as_str())));
        let (first, second) = (matches.next().copied(), matches.next());
        self.places.push(At::Field(field, first));
        let found = self.matched(field, first, second.is_some(), w);
        self.places.pop();
        found
    }

    fn matched(
        &mut self,
        field: &'s Field,
        first: Option<&'s Field>,
        ambiguous: bool,
        w: TypeId,
    ) -> Findings {
        match (first, ambiguous) {
            (Some(_), true) => self.one(rules::AMBIGUOUS_FIELD_ALIAS, field.name.clone()),
            (Some(found), false) => self.within(Step::Key("type"), |s| s.pair(field.ty, found.ty)),
            (None, _) if field.default.is_some() => self.none(),
            (None, _) => match self.reader.get(field.ty) {
                // The default of an enum is no default of the field; the judge reports it in this way.
                AvroType::Enum { default: Some(_), .. } => {
                    let found = self.within(Step::Key("type"), |s| s.pair(field.ty, w));
                    // It is about the field that is not there, wherever the enum is described.
                    let side = |schema, side| fragment(schema, &self.places, side);
                    let (reader, writer) = (side(self.reader, Side::Reader), side(self.writer, Side::Writer));
                    let at_field = |found: &Found| found.clone().fragments(reader.clone(), writer.clone());
                    Rc::new(found.iter().map(at_field).collect())
                }
                _ => self.one(rules::READER_FIELD_MISSING_DEFAULT_VALUE, field.name.clone()),
            },
        }
    }

    fn fields_of(&mut self, w: TypeId) -> Rc<HashMap<&'s str, &'s Field>> {
        let writer = self.writer;
        let fields = self.fields.entry(w).or_insert_with(|| match writer.get(w) {
            AvroType::Record { fields, .. } => Rc::new(fields.iter().map(|f| (f.name.as_str(), f)).collect()),
            _ => Rc::default(),
        });
        Rc::clone(fields)
    }

    /// Unqualified names must be equal, or the reader has the writer's full name as an alias.
    fn names(&self, reader: &AvroType, name: &Name, written: &Name) -> Vec<Found> {
        // An alias without namespace of a type with one never matches: the judge compares it as ".alias".
        let is_alias =
            |alias: &Name| alias == written && (alias.namespace().is_some() || name.namespace().is_none());
        if name.simple() == written.simple() || reader.aliases().iter().any(is_alias) {
            return Vec::new();
        }
        vec![self.finding(Step::Key("name"), rules::NAME_MISMATCH, format!("expected: {written}"))]
    }

    fn none(&self) -> Findings {
        Rc::clone(&self.empty)
    }

    fn one(&self, rule: Rule, additional: String) -> Findings {
        Rc::new(vec![self.found(self.location(None), rule, additional)])
    }

    fn finding(&self, step: Step, rule: Rule, additional: String) -> Found {
        self.found(self.location(Some(step)), rule, additional)
    }

    fn found(&self, path: String, rule: Rule, additional: String) -> Found {
        let reader = fragment(self.reader, &self.places, Side::Reader);
        let writer = fragment(self.writer, &self.places, Side::Writer);
        Found::new(rule, path).additional(additional).fragments(reader, writer)
    }

    /// The path from the last root, as a JSON pointer; `/` for the root itself.
    fn location(&self, last: Option<Step>) -> String {
        let start = self.path.iter().rposition(|step| matches!(step, Step::Root)).map_or(0, |i| i + 1);
        let mut out = String::new();
        for step in self.path.iter().skip(start).chain(last.as_ref()) {
            match step {
                Step::Root => {}
                Step::Key(key) => {
                    out.push('/');
                    out.push_str(key);
                }
                Step::Index(i) => {
                    out.push('/');
                    out.push_str(&i.to_string());
                }
            }
        }
        if out.is_empty() { "/".to_owned() } else { out }
    }

    fn within<T>(&mut self, step: Step, f: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = f(self);
        self.path.pop();
        result
    }
}

/// Appends, up to [`DIFFERENCES_MAX`]: what repeats in pairs of pairs could otherwise grow without bound.
fn extend(found: &mut Vec<Found>, more: &[Found]) {
    let room = DIFFERENCES_MAX.saturating_sub(found.len());
    found.extend(more.iter().take(room).cloned());
}

fn is_primitive(ty: &AvroType) -> bool {
    use AvroType as T;
    matches!(ty, T::Null | T::Boolean | T::Int | T::Long | T::Float | T::Double | T::Bytes | T::String)
}

/// `RECORD`, `INT`, .. as in messages.
fn kind(ty: &AvroType) -> String {
    ty.kind().to_ascii_uppercase()
}
