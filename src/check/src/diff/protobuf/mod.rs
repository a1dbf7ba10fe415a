//! What changed between two `.proto` files: from the model of what was written, with the types of fields as the compiler
//! resolved them. Fields go by number, messages and enums by name in their scope.

mod parts;
mod ty;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_schema::protobuf::ProtoSchema;
use assay_schema::protobuf::model::{Field, FieldType, File, ImportKind, Label, Message};
use assay_schema::protobuf::prost_reflect::DescriptorPool;

use super::{At, Changes, Kind, What, same_order};
use ty::{Ty, relation, resolved, written};
use words::{Reserved, import};

/// Tells what changed.
pub(super) fn changes(old: &ProtoSchema, new: &ProtoSchema, out: &mut Changes) {
    let (a, b) = (old.file(), new.file());
    let mut walk = Walk { old: old.descriptor_pool(), new: new.descriptor_pool(), out };
    let at = At { text: super::Sentence::new("the file", &[]), ..At::root() };
    walk.file(a, b, &at);
    let scope = |file: &File| file.package.clone().unwrap_or_default();
    let (was, is) = (Scope { name: scope(a), old: true }, Scope { name: scope(b), old: false });
    walk.messages((&was, &a.messages), (&is, &b.messages), &at);
    walk.enums((&was, &a.enums), (&is, &b.enums));
    walk.extends(&a.extends, &b.extends, &at);
    walk.services((&was, &a.services), (&is, &b.services));
}

/// A package or message, by its full name.
struct Scope {
    name: String,
    old: bool,
}

impl Scope {
    fn full(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}.{name}", self.name) }
    }

    fn inner(&self, name: &str) -> Scope {
        Scope { name: self.full(name), old: self.old }
    }
}

struct Walk<'s> {
    old: &'s DescriptorPool,
    new: &'s DescriptorPool,
    out: &'s mut Changes,
}

/// A field and the oneof it is in.
struct Member<'f> {
    field: &'f Field,
    oneof: Option<&'f str>,
}

impl Walk<'_> {
    fn file(&mut self, old: &File, new: &File, at: &At) {
        let syntax = |file: &File| file.syntax.map(|s| s.as_str().to_owned()).or(Some("proto2".to_owned()));
        self.out.value(Kind::Option, What::Type, at, ("syntax", &[]), (syntax(old), syntax(new)));
        let packages = (old.package.clone(), new.package.clone());
        let places = At {
            old: old.package.clone().unwrap_or_default(),
            new: new.package.clone().unwrap_or_default(),
            ..at.clone()
        };
        self.out.value(Kind::Renamed, What::Type, &places, ("package", &[]), packages);
        let imports = |file: &File| -> BTreeMap<String, ImportKind> {
            file.imports.iter().map(|import| (import.path.clone(), import.kind)).collect()
        };
        let (was, is) = (imports(old), imports(new));
        for (path, kind) in &is {
            match was.get(path) {
                None => self.out.added(What::Other, &at.inside("import {} of ", &[path]), "added", &[]),
                Some(before) if before != kind => {
                    let text = "is {} now, before {}";
                    let at = at.inside("import {} of ", &[path]);
                    self.out.say(Kind::Option, What::Other, &at, text, &[import(*kind), import(*before)]);
                }
                Some(_) => {}
            }
        }
        for path in was.keys().filter(|path| !is.contains_key(*path)) {
            self.out.removed(What::Other, &at.inside("import {} of ", &[path]), "removed", &[]);
        }
        self.options(&old.options, &new.options, at);
    }

    /// Nesting of messages is bounded by the parser.
    fn messages(&mut self, old: (&Scope, &[Message]), new: (&Scope, &[Message]), around: &At) {
        let ((was, olds), (is, news)) = (old, new);
        let before: HashMap<&str, &Message> = olds.iter().map(|m| (m.name.as_str(), m)).collect();
        let now: HashMap<&str, &Message> = news.iter().map(|m| (m.name.as_str(), m)).collect();
        for message in news {
            let at = here("message {}", was, is, &message.name);
            match before.get(message.name.as_str()) {
                None => self.out.added(What::Type, &at, "added", &[]),
                Some(old) => {
                    self.message((was.inner(&message.name), old), (is.inner(&message.name), message), &at)
                }
            }
        }
        for message in olds.iter().filter(|m| !now.contains_key(m.name.as_str())) {
            self.out.removed(What::Type, &gone("message {}", was, is, &message.name), "removed", &[]);
        }
        let names = |list: &[Message]| list.iter().map(|m| m.name.clone()).collect::<Vec<_>>();
        self.order(&names(olds), &names(news), around, "has its messages");
    }

    fn order(&mut self, old: &[String], new: &[String], at: &At, what: &str) {
        let text = |list: &[String]| list.join(", ");
        let (a, b): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        if !same_order(&a, &b) {
            let pattern = format!("{what} in another order: {{}}, before {{}}");
            self.out.say(Kind::Order, What::Type, at, &pattern, &[&text(new), &text(old)]);
        }
    }

    fn message(&mut self, old: (Scope, &Message), new: (Scope, &Message), at: &At) {
        let ((was, a), (is, b)) = (old, new);
        self.options(&a.options, &b.options, at);
        let (before, now) = (members(a), members(b));
        let renamed = self.oneofs(a, b, (&before, &now), (&was, &is), at);
        for (number, member) in &now {
            let Some(old) = before.get(number) else {
                let at = here("field {} of ", &was, &is, &place(member.field)).before(at, &member.field.name);
                let text = self.line(&is, member);
                match member.oneof {
                    Some(oneof) => self.out.added(What::Field, &at, "added to oneof {}: {}", &[oneof, &text]),
                    None => self.out.added(What::Field, &at, "added: {}", &[&text]),
                }
                continue;
            };
            let places =
                At { old: was.full(&place(old.field)), new: is.full(&place(member.field)), ..At::root() };
            let here = places.before(at, &member.field.name);
            self.field((&was, old), (&is, member), &renamed, &here);
        }
        let reserved = Reserved::new(&b.reserved);
        for (number, member) in before.iter().filter(|(number, _)| !now.contains_key(number)) {
            let at = gone("field {} of ", &was, &is, &place(member.field)).before(at, &member.field.name);
            let kept = reserved.has(*number);
            let tail = if kept { "; its number is reserved" } else { "; its number is not reserved" };
            let text = self.line(&was, member);
            match member.oneof {
                Some(oneof) => {
                    let pattern = format!("removed from oneof {{}}: {{}}{tail}");
                    self.out.removed(What::Field, &at, &pattern, &[oneof, &text]);
                }
                None => self.out.removed(What::Field, &at, &format!("removed: {{}}{tail}"), &[&text]),
            }
        }
        let written = |m: &Message| m.fields.iter().map(|f| f.number.to_string()).collect::<Vec<_>>();
        self.order(&written(a), &written(b), at, "has its fields (by number)");
        self.reserved((&a.reserved, &a.reserved_names), (&b.reserved, &b.reserved_names), at);
        self.extension_ranges(&a.extensions, &b.extensions, at);
        self.extends(&a.extends, &b.extends, at);
        self.messages((&was, &a.messages), (&is, &b.messages), at);
        self.enums((&was, &a.enums), (&is, &b.enums));
    }

    /// Oneofs that came, went or were renamed; gives the renamed ones, old to new.
    fn oneofs<'m>(
        &mut self,
        old: &'m Message,
        new: &'m Message,
        members: (&BTreeMap<i32, Member<'m>>, &BTreeMap<i32, Member<'m>>),
        scopes: (&Scope, &Scope),
        at: &At,
    ) -> BTreeMap<&'m str, &'m str> {
        let names =
            |m: &'m Message| m.oneofs.iter().map(|o| (o.name.as_str(), o)).collect::<BTreeMap<_, _>>();
        let (was, is) = (names(old), names(new));
        let mut renamed = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for oneof in old.oneofs.iter().filter(|o| !is.contains_key(o.name.as_str())) {
            let now: BTreeSet<Option<&str>> =
                oneof.fields.iter().filter_map(|f| members.1.get(&f.number).map(|m| m.oneof)).collect();
            if let [Some(name)] = now.iter().copied().collect::<Vec<_>>()[..]
                && !was.contains_key(name)
                && taken.insert(name)
            {
                renamed.insert(oneof.name.as_str(), name);
            }
        }
        let back: BTreeMap<&str, &str> = renamed.iter().map(|(old, new)| (*new, *old)).collect();
        for oneof in &new.oneofs {
            let before = back.get(oneof.name.as_str()).copied().unwrap_or(&oneof.name);
            let places = At { old: scopes.0.full(before), new: scopes.1.full(&oneof.name), ..At::root() };
            let here = At { text: at.inside("oneof {} of ", &[&oneof.name]).text, ..places };
            match was.get(before) {
                None => self.out.added(What::Other, &here, "added", &[]),
                Some(old) => {
                    if old.name != oneof.name {
                        self.out.say(Kind::Renamed, What::Other, &here, "renamed: it was {}", &[&old.name]);
                    }
                    self.options(&old.options, &oneof.options, &here);
                }
            }
        }
        for name in was.keys().filter(|name| !is.contains_key(*name) && !renamed.contains_key(*name)) {
            let here = At { old: scopes.0.full(name), ..at.inside("oneof {} of ", &[name]) };
            self.out.removed(What::Other, &here, "removed", &[]);
        }
        renamed
    }

    fn field(
        &mut self,
        old: (&Scope, &Member<'_>),
        new: (&Scope, &Member<'_>),
        renamed: &BTreeMap<&str, &str>,
        at: &At,
    ) {
        let ((was, a), (is, b)) = (old, new);
        if a.field.name != b.field.name {
            self.out.say(Kind::Renamed, What::Field, at, "renamed: it was {}", &[&a.field.name]);
        }
        let before = a.oneof.map(|oneof| renamed.get(oneof).copied().unwrap_or(oneof));
        match (before, b.oneof) {
            (None, Some(to)) => {
                self.out.say(Kind::IntoOneof, What::Field, at, "moved into oneof {}", &[to]);
            }
            (Some(from), None) => {
                self.out.say(Kind::OutOfOneof, What::Field, at, "moved out of oneof {}", &[from]);
            }
            (Some(from), Some(to)) if from != to => {
                let text = "moved from oneof {} into oneof {}";
                self.out.say(Kind::IntoOneof, What::Field, at, text, &[from, to]);
            }
            _ => {}
        }
        if before != b.oneof {
            let (from, to) = (a.oneof.map(|name| was.full(name)), b.oneof.map(|name| is.full(name)));
            self.out.near(from.into_iter().chain(to).collect());
        }
        if a.oneof.is_none() && b.oneof.is_none() && a.field.label != b.field.label {
            let word = |label: Option<Label>| label.map_or("none", Label::as_str);
            let maps = |f: &Field| matches!(f.ty, FieldType::Map(..));
            if !maps(a.field) && !maps(b.field) {
                let (from, to) = (word(a.field.label), word(b.field.label));
                self.out.say(Kind::Label, What::Field, at, "label changed from {} to {}", &[from, to]);
            }
        }
        match (&a.field.ty, &b.field.ty) {
            (FieldType::Group(x), FieldType::Group(y)) => {
                let at = At { text: at.inside("group {}, ", &[&y.name]).text, ..here("", was, is, &y.name) };
                self.message((was.inner(&x.name), x), (is.inner(&y.name), y), &at);
            }
            _ => {
                let (from, to) = (self.ty(was, a.field), self.ty(is, b.field));
                if from.text != to.text {
                    let kind = relation(&from, &to);
                    let pattern = match kind {
                        Kind::Widened => "widened from {} to {}",
                        Kind::Narrowed => "narrowed from {} to {}",
                        Kind::Meaning => "changed from {} to {}, which have the same bytes",
                        _ => "changed from {} to {}",
                    };
                    self.out.say(kind, What::Field, at, pattern, &[&from.text, &to.text]);
                }
            }
        }
        self.options(&a.field.options, &b.field.options, at);
    }

    /// The type of a field as the compiler resolved it.
    fn ty(&self, scope: &Scope, field: &Field) -> Ty {
        let pool = if scope.old { self.old } else { self.new };
        let number = u32::try_from(field.number).unwrap_or(0);
        let found = pool.get_message_by_name(&scope.name).and_then(|message| message.get_field(number));
        found.map_or_else(|| Ty { text: written(&field.ty), parts: Vec::new() }, |field| resolved(&field))
    }

    /// `optional int32 qty = 3`.
    fn line(&self, scope: &Scope, member: &Member<'_>) -> String {
        let label = member.field.label.map_or(String::new(), |label| format!("{} ", label.as_str()));
        let ty = match &member.field.ty {
            FieldType::Group(body) => format!("group {}", body.name),
            _ => self.ty(scope, member.field).text,
        };
        format!("{label}{ty} {} = {}", member.field.name, member.field.number)
    }
}

impl At {
    /// The place of a field in a message.
    fn before(self, message: &At, field: &str) -> At {
        At { text: message.inside("field {} of ", &[field]).text, ..self }
    }
}

fn here(pattern: &str, was: &Scope, is: &Scope, name: &str) -> At {
    let full = is.full(name);
    let codes: &[&str] = if pattern.contains("{}") { &[&full] } else { &[] };
    At::new(pattern, codes, was.full(name), is.full(name))
}

fn gone(pattern: &str, was: &Scope, is: &Scope, name: &str) -> At {
    let full = was.full(name);
    At::new(pattern, &[&full], was.full(name), is.full(name))
}

/// The name of a field in descriptors: a group's is in lower case.
fn place(field: &Field) -> String {
    match field.ty {
        FieldType::Group(_) => field.name.to_ascii_lowercase(),
        _ => field.name.clone(),
    }
}

fn members(message: &Message) -> BTreeMap<i32, Member<'_>> {
    let alone = message.fields.iter().map(|field| Member { field, oneof: None });
    let within = message
        .oneofs
        .iter()
        .flat_map(|o| o.fields.iter().map(|field| Member { field, oneof: Some(&o.name) }));
    alone.chain(within).map(|member| (member.field.number, member)).collect()
}
