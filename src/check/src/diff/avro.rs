//! What changed between two Avro schemas. Named types are compared in pairs, each pair once, from a queue: deep chains
//! of names cost no stack.

use std::collections::{HashMap, HashSet, VecDeque};

use assay_schema::avro::{Attributes, AvroSchema, AvroType, Field, Name, TypeId};
use assay_schema::json::{Node, Numbers, write_compact};

use super::{At, Changes, Kind, What, same_order};

/// Types shown inside types.
const SHAPE_DEPTH: usize = 3;

/// Tells what changed.
pub(super) fn changes(old: &AvroSchema, new: &AvroSchema, out: &mut Changes) {
    let mut walk = Walk { old, new, known: HashSet::new(), queue: VecDeque::new(), out };
    walk.types(old.root(), new.root(), &At::root());
    while let Some((o, n)) = walk.queue.pop_front() {
        walk.named(o, n);
    }
}

struct Walk<'s> {
    old: &'s AvroSchema,
    new: &'s AvroSchema,
    known: HashSet<(TypeId, TypeId)>,
    queue: VecDeque<(TypeId, TypeId)>,
    out: &'s mut Changes,
}

impl<'s> Walk<'s> {
    /// Two types of one place. Recursion is as deep as arrays, maps and unions are nested, which the parser bounds.
    fn types(&mut self, o: TypeId, n: TypeId, at: &At) {
        use AvroType as T;
        let (was, is) = (self.old.get(o), self.new.get(n));
        match (was, is) {
            (T::Union(a), T::Union(b)) => return self.unions(a, b, at, (o, n)),
            (T::Union(a), _) => return self.unions(a, &[n], at, (o, n)),
            (_, T::Union(b)) => return self.unions(&[o], b, at, (o, n)),
            (T::Array { items: a }, T::Array { items: b }) => {
                self.types(*a, *b, &at.inside("the items of ", &[]))
            }
            (T::Map { values: a }, T::Map { values: b }) => {
                self.types(*a, *b, &at.inside("the values of ", &[]))
            }
            _ if was.kind() == is.kind() && was.name().is_some() => {
                if self.known.insert((o, n)) {
                    self.queue.push_back((o, n));
                }
                return;
            }
            _ if was.kind() == is.kind() => {}
            _ => return self.other_type(o, n, at),
        }
        self.attributes(self.old.attributes(o), self.new.attributes(n), at);
    }

    fn other_type(&mut self, o: TypeId, n: TypeId, at: &At) {
        let (was, is) = (shape(self.old, o, SHAPE_DEPTH), shape(self.new, n, SHAPE_DEPTH));
        let (kind, pattern) = match promotion(self.old.get(o), self.new.get(n)) {
            Some(Kind::Widened) => (Kind::Widened, "widened from {} to {}"),
            Some(Kind::Narrowed) => (Kind::Narrowed, "narrowed from {} to {}"),
            Some(Kind::Constraint) => (Kind::Constraint, "changed from {} to {}, which rounds big numbers"),
            Some(kind) => (kind, "changed from {} to {}, which read each other's bytes"),
            None => (Kind::Type, "changed from {} to {}"),
        };
        self.out.say(kind, What::Other, at, pattern, &[&was, &is]);
    }

    /// Two unions, or a union and a type on its own: a union of one branch.
    fn unions(&mut self, olds: &[TypeId], news: &[TypeId], at: &At, whole: (TypeId, TypeId)) {
        let pairs = self.branches(olds, news);
        if pairs.is_empty() && olds.len() + news.len() > 0 {
            return self.other_type(whole.0, whole.1, at);
        }
        let several = |schema: &AvroSchema, list: &[TypeId]| {
            list.iter().filter(|id| !matches!(schema.get(**id), AvroType::Null)).count() > 1
        };
        let several = several(self.old, olds) || several(self.new, news);
        let before = self.out.list.len();
        for (o, n) in &pairs {
            let name = self.new.get(*n).branch_name();
            match several {
                true => self.types(*o, *n, &at.inside("branch {} of ", &[name])),
                false => self.types(*o, *n, at),
            }
        }
        let (gone, come): (HashSet<_>, HashSet<_>) = pairs.iter().copied().unzip();
        for n in news.iter().filter(|n| !come.contains(*n)) {
            let text = shape(self.new, *n, SHAPE_DEPTH);
            self.out.say(Kind::Widened, What::Other, at, "now also takes {}", &[&text]);
        }
        for o in olds.iter().filter(|o| !gone.contains(*o)) {
            let text = shape(self.old, *o, SHAPE_DEPTH);
            self.out.say(Kind::Narrowed, What::Other, at, "no longer takes {}", &[&text]);
        }
        let of = |schema: &'s AvroSchema, list: &[TypeId]| -> Vec<&'s str> {
            list.iter().map(|id| schema.get(*id).branch_name()).collect()
        };
        let (was, is) = (of(self.old, olds), of(self.new, news));
        if !same_order(&was, &is) {
            let (was, is) = (list(was), list(is));
            self.out.say(
                Kind::Order,
                What::Other,
                at,
                "has its branches in another order: {}, before {}",
                &[&is, &was],
            );
        }
        let unions = |o, n| {
            matches!(self.old.get(o), AvroType::Union(_)) == matches!(self.new.get(n), AvroType::Union(_))
        };
        if self.out.list.len() == before && !unions(whole.0, whole.1) {
            self.other_type(whole.0, whole.1, at);
        }
    }

    /// Which branches are the same: of one name, by alias, by unqualified name, or by promotion.
    fn branches(&self, olds: &[TypeId], news: &[TypeId]) -> Vec<(TypeId, TypeId)> {
        let mut free: HashMap<&str, TypeId> =
            olds.iter().map(|o| (self.old.get(*o).branch_name(), *o)).collect();
        let mut pairs = Vec::new();
        let mut rest = Vec::new();
        for n in news {
            match free.remove(self.new.get(*n).branch_name()) {
                Some(o) if self.old.get(o).kind() == self.new.get(*n).kind() => pairs.push((o, *n)),
                Some(o) => {
                    free.insert(self.old.get(o).branch_name(), o);
                    rest.push(*n);
                }
                None => rest.push(*n),
            }
        }
        let there: HashSet<TypeId> = free.values().copied().collect();
        let left: Vec<TypeId> = olds.iter().copied().filter(|o| there.contains(o)).collect();
        let simple = |o: &TypeId| self.old.get(*o).name().map(|name| (name.simple(), *o));
        let (mut simple, full): (HashMap<&str, TypeId>, _) = (left.iter().filter_map(simple).collect(), free);
        let mut used = HashSet::new();
        for n in rest {
            let is = self.new.get(n);
            let mut named = || {
                let alias = is.aliases().iter().find_map(|alias| full.get(alias.full()).copied());
                alias.or_else(|| simple.remove(is.name()?.simple()))
            };
            let unnamed = |o: &TypeId| promotion(self.old.get(*o), is).is_some() && !used.contains(o);
            let found = if is.name().is_some() { named() } else { left.iter().copied().find(unnamed) };
            let found = found.filter(|o| self.old.get(*o).kind() == is.kind() || is.name().is_none());
            if let Some(o) = found.filter(|o| used.insert(*o)) {
                pairs.push((o, n));
            }
        }
        pairs
    }

    /// The bodies of two named types.
    fn named(&mut self, o: TypeId, n: TypeId) {
        let (was, is) = (self.old.get(o), self.new.get(n));
        let (Some(before), Some(name)) = (was.name(), is.name()) else { return };
        let kind = is.kind();
        let at = At::new(&format!("{kind} {{}}"), &[name.full()], before.full(), name.full());
        self.name(before, name, is, &at);
        self.aliases(
            &was.aliases().iter().map(Name::full).collect::<Vec<_>>(),
            &is.aliases().iter().map(Name::full).collect::<Vec<_>>(),
            &at,
        );
        match (was, is) {
            (
                AvroType::Record { fields: a, doc: d, is_error: e, .. },
                AvroType::Record { fields: b, doc: f, is_error: g, .. },
            ) => {
                self.doc(d.as_ref(), f.as_ref(), &at);
                if e != g {
                    let word = |error: &bool| if *error { "error" } else { "record" };
                    self.out.say(
                        Kind::Option,
                        What::Type,
                        &at,
                        "is an {} now, before a {}",
                        &[word(g), word(e)],
                    );
                }
                self.fields((before, a), (name, b), &at);
            }
            (
                AvroType::Enum { symbols: a, default: b, doc: c, .. },
                AvroType::Enum { symbols: d, default: e, doc: f, .. },
            ) => {
                self.doc(c.as_ref(), f.as_ref(), &at);
                self.symbols(a, d, &at);
                let values = (b.clone(), e.clone());
                self.out.value(Kind::Default, What::Type, &at, ("default", &[]), values);
            }
            (AvroType::Fixed { size: a, doc: b, .. }, AvroType::Fixed { size: c, doc: d, .. }) => {
                self.doc(b.as_ref(), d.as_ref(), &at);
                let text = |size: &u32| Some(size.to_string());
                self.out.value(Kind::Type, What::Type, &at, ("size", &[]), (text(a), text(c)));
            }
            _ => {}
        }
        self.attributes(self.old.attributes(o), self.new.attributes(n), &at);
    }

    fn name(&mut self, was: &Name, name: &Name, is: &AvroType, at: &At) {
        let pattern = match () {
            () if was == name => return,
            () if is.aliases().contains(was) => "has a new name, and its old one, {}, as an alias",
            () if was.simple() == name.simple() => "moved from another namespace: it was {}",
            () => "has a new name without an alias: it was {}",
        };
        self.out.say(Kind::Renamed, What::Type, at, pattern, &[was.full()]);
    }

    fn symbols(&mut self, old: &[String], new: &[String], at: &At) {
        let (was, is): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let (before, now): (HashSet<&str>, HashSet<&str>) =
            (was.iter().copied().collect(), is.iter().copied().collect());
        for symbol in is.iter().filter(|symbol| !before.contains(*symbol)) {
            self.out.added(What::Symbol, &at.inside("symbol {} of ", &[symbol]), "added", &[]);
        }
        for symbol in was.iter().filter(|symbol| !now.contains(*symbol)) {
            self.out.removed(What::Symbol, &at.inside("symbol {} of ", &[symbol]), "removed", &[]);
        }
        if !same_order(&was, &is) {
            self.out.say(
                Kind::Order,
                What::Type,
                at,
                "has its symbols in another order: {}, before {}",
                &[&list(is), &list(was)],
            );
        }
    }

    fn fields(&mut self, old: (&Name, &'s [Field]), new: (&Name, &'s [Field]), at: &At) {
        let ((before, old), (name, new)) = (old, new);
        let mut free: HashMap<&str, &Field> = old.iter().map(|field| (field.name.as_str(), field)).collect();
        let mut matched: Vec<(&Field, Option<&Field>)> =
            new.iter().map(|field| (field, free.remove(field.name.as_str()))).collect();
        let aliased: HashMap<&str, &str> = (old.iter())
            .flat_map(|field| field.aliases.iter().map(|alias| (alias.as_str(), field.name.as_str())))
            .collect();
        for (field, was) in matched.iter_mut().filter(|(_, was)| was.is_none()) {
            // By an alias; or by an alias of the old schema, which reads the new one's data then.
            let alias = field.aliases.iter().map(String::as_str).find(|alias| free.contains_key(alias));
            let name = alias.or_else(|| aliased.get(field.name.as_str()).copied());
            *was = name.and_then(|name| free.remove(name));
        }
        for (field, was) in &matched {
            let here = |was: &str| {
                let (old, new) = (format!("{before}.{was}"), format!("{name}.{}", field.name));
                At { old, new, ..at.inside("field {} of ", &[&field.name]) }
            };
            match was {
                Some(was) => self.field(was, field, &here(&was.name)),
                None => {
                    let ty = shape(self.new, field.ty, SHAPE_DEPTH);
                    match &field.default {
                        Some(default) => {
                            let default = compact(default);
                            self.out.added(What::Field, &here(""), "added: {}, default {}", &[&ty, &default]);
                        }
                        None => self.out.added(What::Field, &here(""), "added: {}, no default", &[&ty]),
                    }
                }
            }
        }
        for field in old.iter().filter(|field| free.contains_key(field.name.as_str())) {
            let place = format!("{before}.{}", field.name);
            let here = At { old: place.clone(), new: place, ..at.inside("field {} of ", &[&field.name]) };
            let ty = shape(self.old, field.ty, SHAPE_DEPTH);
            self.out.removed(What::Field, &here, "removed: {}", &[&ty]);
        }
        let is: Vec<&str> = matched.iter().filter_map(|(_, was)| was.map(|was| was.name.as_str())).collect();
        let was: Vec<&str> = old.iter().map(|field| field.name.as_str()).collect();
        if !same_order(&was, &is) {
            let is = list(new.iter().map(|field| field.name.as_str()).collect());
            self.out.say(
                Kind::Order,
                What::Type,
                at,
                "has its fields in another order: {}, before {}",
                &[&is, &list(was)],
            );
        }
    }

    fn field(&mut self, was: &'s Field, is: &'s Field, at: &At) {
        if was.name != is.name {
            let pattern = match is.aliases.contains(&was.name) {
                true => "renamed by an alias: it was {}",
                false => "renamed: it was {}, whose alias this name is",
            };
            self.out.say(Kind::Renamed, What::Field, at, pattern, &[&was.name]);
        }
        self.types(was.ty, is.ty, at);
        let default = |field: &Field| field.default.as_ref().map(compact);
        if was.default != is.default {
            self.out.value(Kind::Default, What::Field, at, ("default", &[]), (default(was), default(is)));
        }
        self.doc(was.doc.as_ref(), is.doc.as_ref(), at);
        if was.order != is.order {
            let (was, is) = (was.order.as_str(), is.order.as_str());
            self.out.say(Kind::Option, What::Field, at, "is sorted {} now, before {}", &[is, was]);
        }
        let (a, b) = (&was.aliases, &is.aliases);
        let names = |list: &'s [String]| list.iter().map(String::as_str).collect::<Vec<_>>();
        self.aliases(&names(a), &names(b), at);
        self.attributes(&was.attributes, &is.attributes, at);
    }

    fn doc(&mut self, was: Option<&String>, is: Option<&String>, at: &At) {
        self.out.value(Kind::Doc, What::Other, at, ("doc", &[]), (was.cloned(), is.cloned()));
    }

    fn aliases(&mut self, was: &[&str], is: &[&str], at: &At) {
        let (before, now): (HashSet<&str>, HashSet<&str>) =
            (was.iter().copied().collect(), is.iter().copied().collect());
        for alias in is.iter().filter(|alias| !before.contains(*alias)) {
            self.out.say(Kind::Option, What::Other, at, "alias {} added", &[alias]);
        }
        for alias in was.iter().filter(|alias| !now.contains(*alias)) {
            self.out.say(Kind::Option, What::Other, at, "alias {} removed", &[alias]);
        }
    }

    fn attributes(&mut self, was: &Attributes, is: &Attributes, at: &At) {
        let gone = was.iter().filter(|(key, _)| is.get(key).is_none());
        for key in is.iter().chain(gone).map(|(key, _)| key) {
            let (a, b) = (was.get(key), is.get(key));
            if a == b {
                continue;
            }
            let kind = match key {
                "logicalType" | "scale" => Kind::Meaning,
                "precision" => match (a.and_then(Node::as_i64), b.and_then(Node::as_i64)) {
                    (Some(a), Some(b)) if a < b => Kind::Widened,
                    _ => Kind::Constraint,
                },
                _ => Kind::Option,
            };
            let name: (&str, &[&str]) = match key {
                "logicalType" => ("logical type", &[]),
                key => ("property {}", &[key]),
            };
            self.out.value(kind, What::Other, at, name, (a.map(compact), b.map(compact)));
        }
    }
}

/// Whether one type reads the other's data: to more values, to fewer, or both ways.
fn promotion(was: &AvroType, is: &AvroType) -> Option<Kind> {
    use AvroType as T;
    let rank = |ty: &AvroType| match ty {
        T::Int => Some(0),
        T::Long => Some(1),
        T::Float => Some(2),
        T::Double => Some(3),
        _ => None,
    };
    match (was, is) {
        (T::String, T::Bytes) | (T::Bytes, T::String) => Some(Kind::Meaning),
        _ => match rank(was)?.cmp(&rank(is)?) {
            // A float holds whole numbers of 24 bits, a double those of 53.
            _ if matches!((was, is), (T::Int | T::Long, T::Float) | (T::Long, T::Double)) => {
                Some(Kind::Constraint)
            }
            std::cmp::Ordering::Less => Some(Kind::Widened),
            std::cmp::Ordering::Greater => Some(Kind::Narrowed),
            std::cmp::Ordering::Equal => None,
        },
    }
}

/// A type in a few words.
pub(crate) fn shape(schema: &AvroSchema, id: TypeId, depth: usize) -> String {
    let ty = schema.get(id);
    let inner = |id: TypeId| match depth {
        0 => "..".to_owned(),
        depth => shape(schema, id, depth - 1),
    };
    match ty {
        AvroType::Array { items } => format!("array of {}", inner(*items)),
        AvroType::Map { values } => format!("map of {}", inner(*values)),
        AvroType::Union(branches) => {
            let words: Vec<String> = branches.iter().take(9).map(|id| inner(*id)).collect();
            format!("[{}]", words.join(", "))
        }
        named if named.name().is_some() => format!("{} {}", named.kind(), named.branch_name()),
        primitive => match schema.attributes(id).logical_type() {
            Some(logical) => format!("{} ({logical})", primitive.kind()),
            None => primitive.kind().to_owned(),
        },
    }
}

/// A value as JSON on one line.
pub(crate) fn compact(node: &Node) -> String {
    let mut out = String::new();
    write_compact(node, Numbers::AsWritten, &mut out);
    out
}

fn list(names: Vec<&str>) -> String {
    names.join(", ")
}
