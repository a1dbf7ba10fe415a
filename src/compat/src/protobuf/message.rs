//! Two scopes: messages and enums by name, fields by number, oneofs by where their members came from.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use assay_schema::protobuf::prost_reflect::{EnumDescriptor, MessageDescriptor, Syntax};

use super::field::{Part, View};
use super::{Comparison, Item, PairId, local_name, rules};
use crate::report::{Found, Fragment};
use crate::rule::Rule;

/// Where a member of a oneof was before.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Origin<'a> {
    TopLevel(u32),
    Oneof(&'a str),
}

type Fields = BTreeMap<u32, View>;

impl Comparison {
    /// Two messages, in the order of contract 3.5, then the scopes inside.
    pub(super) fn messages(
        &mut self,
        id: PairId,
        original: &MessageDescriptor,
        update: &MessageDescriptor,
    ) -> Vec<Item> {
        let path = local_name(update);
        let (old, new) = (fields(original), fields(update));
        self.steps += 1 + old.len() + new.len();
        let mut out = Own { items: Vec::new(), breaks: false };
        self.mutual_exclusion(&path, &old, &new, &mut out);
        self.oneofs(&path, &old, &new, &mut out);
        let numbers: BTreeSet<u32> = old.keys().chain(new.keys()).copied().collect();
        let gone = Gone::new(&old, &new);
        for number in numbers {
            match (old.get(&number), new.get(&number)) {
                (Some(was), None) => self.field_removed(&path, was, &gone, &mut out),
                (None, Some(is)) => self.field_added(&path, is, &mut out),
                (Some(was), Some(is)) => self.field(&path, was, is, &mut out),
                (None, None) => {}
            }
        }
        let children = |m: &MessageDescriptor| m.child_messages().collect::<Vec<_>>();
        let before = self.refused;
        out.items.extend(self.scope(&path, &children(original), &children(update)));
        let enums = |m: &MessageDescriptor| m.child_enums().collect::<Vec<_>>();
        let found = self.enums(&path, &enums(original), &enums(update));
        out.items.extend(found.into_iter().map(|found| Item::Found(Box::new(found))));
        out.breaks |= self.refused > before;
        if let Some(pair) = self.pairs.get_mut(id) {
            pair.breaks = out.breaks;
        }
        out.items
    }

    /// Messages of one scope, by name.
    pub(super) fn scope(
        &mut self,
        path: &str,
        original: &[MessageDescriptor],
        update: &[MessageDescriptor],
    ) -> Vec<Item> {
        let (old, new) = (declared(original), declared(update));
        self.steps += old.len() + new.len();
        let by_name: HashMap<&str, usize> = new.iter().enumerate().map(|(i, m)| (m.name(), i)).collect();
        let known: HashSet<&str> = old.iter().map(|m| m.name()).collect();
        let mut items = Vec::new();
        let mut say =
            |this: &mut Comparison, rule: Rule, name: &str, new: Option<&MessageDescriptor>, old| {
                let found = this.keep(rule, || {
                    let text =
                        |m: &MessageDescriptor| Fragment::new(format!("message {}", m.name()), m.full_name());
                    let old: Option<&MessageDescriptor> = old;
                    Found::new(rule, format!("{path}/{name}")).fragments(new.map(text), old.map(text))
                });
                items.extend(found.map(|found| Item::Found(Box::new(found))));
            };
        let mut nested = Vec::new();
        for (i, was) in old.iter().enumerate() {
            match by_name.get(was.name()).and_then(|j| new.get(*j).map(|is| (*j, *is))) {
                None => say(self, rules::MESSAGE_REMOVED, was.name(), None, Some(*was)),
                Some((j, is)) => {
                    if i != j {
                        say(self, rules::MESSAGE_MOVED, was.name(), Some(is), Some(*was));
                    }
                    nested.push(Item::Nested(self.pair(was, is)));
                }
            }
        }
        for is in new.iter().filter(|m| !known.contains(m.name())) {
            say(self, rules::MESSAGE_ADDED, is.name(), Some(*is), None);
        }
        items.extend(nested);
        items
    }

    /// Enums of one scope, by name; their constants by number.
    pub(super) fn enums(
        &mut self,
        path: &str,
        original: &[EnumDescriptor],
        update: &[EnumDescriptor],
    ) -> Vec<Found> {
        let by_name: HashMap<&str, &EnumDescriptor> = update.iter().map(|e| (e.name(), e)).collect();
        let known: HashSet<&str> = original.iter().map(EnumDescriptor::name).collect();
        let text = |e: &EnumDescriptor| Fragment::new(format!("enum {}", e.name()), e.full_name());
        self.steps += original.len() + update.len();
        let mut found = Vec::new();
        for was in original {
            let path = format!("{path}/{}", was.name());
            match by_name.get(was.name()) {
                None => found.extend(self.keep(rules::ENUM_REMOVED, || {
                    Found::new(rules::ENUM_REMOVED, path).fragments(None, Some(text(was)))
                })),
                Some(is) => self.constants(&path, was, is, &mut found),
            }
        }
        for is in update.iter().filter(|e| !known.contains(e.name())) {
            found.extend(self.keep(rules::ENUM_ADDED, || {
                Found::new(rules::ENUM_ADDED, format!("{path}/{}", is.name())).fragments(Some(text(is)), None)
            }));
        }
        found
    }

    fn constants(
        &mut self,
        path: &str,
        original: &EnumDescriptor,
        update: &EnumDescriptor,
        found: &mut Vec<Found>,
    ) {
        let (old, new) = (constants(original), constants(update));
        self.steps += old.len() + new.len();
        let numbers: BTreeSet<i32> = old.keys().chain(new.keys()).copied().collect();
        for number in numbers {
            let (was, is) = (old.get(&number), new.get(&number));
            let rule = match (was, is) {
                (Some(was), Some(is)) if was == is => continue,
                (Some(_), Some(_)) => rules::ENUM_CONST_CHANGED,
                (Some(_), None) => rules::ENUM_CONST_REMOVED,
                (None, _) => rules::ENUM_CONST_ADDED,
            };
            let fragment = |names: Option<&BTreeSet<String>>, of: &EnumDescriptor| {
                let name = names.and_then(BTreeSet::first)?;
                Some(Fragment::new(format!("{name} = {number}"), format!("{}.{name}", of.full_name())))
            };
            found.extend(self.keep(rule, || {
                Found::new(rule, format!("{path}/{number}"))
                    .fragments(fragment(is, update), fragment(was, original))
            }));
        }
    }

    /// Which fields that could be set together before exclude each other now?
    fn mutual_exclusion(&mut self, path: &str, old: &Fields, new: &Fields, out: &mut Own) {
        let mut oneofs: BTreeMap<&str, BTreeSet<Origin<'_>>> = BTreeMap::new();
        for (number, field) in new {
            let (Some(oneof), Some(was)) = (field.oneof.as_deref(), old.get(number)) else { continue };
            let origin = was.oneof.as_deref().map_or(Origin::TopLevel(*number), Origin::Oneof);
            oneofs.entry(oneof).or_default().insert(origin);
        }
        for (oneof, origins) in oneofs.iter().filter(|(_, origins)| origins.len() > 1) {
            let moved = origins.iter().filter(|origin| matches!(origin, Origin::TopLevel(_))).count();
            let rule = match moved {
                0 | 1 => rules::FIELD_MOVED_TO_EXISTING_ONEOF,
                _ => rules::MULTIPLE_FIELDS_MOVED_TO_ONEOF,
            };
            out.say(self, rule, || {
                Found::new(rule, format!("{path}/{oneof}"))
                    .fragments(oneof_fragment(new, oneof), oneof_fragment(old, oneof))
            });
        }
    }

    /// Oneofs that came and went, by name.
    fn oneofs(&mut self, path: &str, old: &Fields, new: &Fields, out: &mut Own) {
        let names =
            |fields: &Fields| fields.values().filter_map(|f| f.oneof.clone()).collect::<BTreeSet<_>>();
        let (was, is) = (names(old), names(new));
        for name in was.symmetric_difference(&is) {
            let rule = if was.contains(name) { rules::ONEOF_REMOVED } else { rules::ONEOF_ADDED };
            out.say(self, rule, || {
                Found::new(rule, format!("{path}/{name}"))
                    .fragments(oneof_fragment(new, name), oneof_fragment(old, name))
            });
        }
    }

    fn field_removed(&mut self, path: &str, was: &View, gone: &Gone, out: &mut Own) {
        let rule = match &was.oneof {
            Some(oneof) if gone.oneofs.contains(oneof) => return,
            Some(_) => rules::ONEOF_FIELD_REMOVED,
            None if was.is_required() => rules::REQUIRED_FIELD_REMOVED,
            None => rules::FIELD_REMOVED,
        };
        out.say(self, rule, || Found::new(rule, was.path(path)).fragments(None, Some(was.fragment())));
    }

    fn field_added(&mut self, path: &str, is: &View, out: &mut Own) {
        let rule = match &is.oneof {
            Some(_) => rules::ONEOF_FIELD_ADDED,
            None if is.is_required() => rules::REQUIRED_FIELD_ADDED,
            None => rules::FIELD_ADDED,
        };
        out.say(self, rule, || Found::new(rule, is.path(path)).fragments(Some(is.fragment()), None));
    }

    fn field(&mut self, path: &str, was: &View, is: &View, out: &mut Own) {
        let mut rules_broken = Vec::new();
        if was.oneof.is_some() && is.oneof.is_none() {
            rules_broken.push(rules::ONEOF_FIELD_MOVED_TO_TOP_LEVEL);
        }
        let mut target = None;
        for part in super::field::compare(was, is) {
            match part {
                Part::Rule(rule) => rules_broken.push(rule),
                Part::Messages(old, new) => target = Some((old, new)),
            }
        }
        for rule in rules_broken {
            out.say(self, rule, || {
                Found::new(rule, is.path(path)).fragments(Some(is.fragment()), Some(was.fragment()))
            });
        }
        if let Some((old, new)) = target {
            let id = self.pair(&old, &new);
            out.items.push(Item::Field(id, is.number()));
        }
    }
}

/// What a pair of messages gave by itself.
struct Own {
    items: Vec<Item>,
    breaks: bool,
}

impl Own {
    fn say(&mut self, comparison: &mut Comparison, rule: Rule, make: impl FnOnce() -> Found) {
        self.breaks |= rule.row().verdict.is_breaking(crate::level::Policy::Strict);
        self.items.extend(comparison.keep(rule, make).map(|found| Item::Found(Box::new(found))));
    }
}

/// Oneofs of the original that are gone with all their members.
struct Gone {
    oneofs: HashSet<String>,
}

impl Gone {
    fn new(old: &Fields, new: &Fields) -> Gone {
        let mut oneofs: HashSet<String> = old.values().filter_map(|f| f.oneof.clone()).collect();
        for oneof in new.values().filter_map(|f| f.oneof.as_ref()) {
            oneofs.remove(oneof);
        }
        for (_, survivor) in old.iter().filter(|(number, _)| new.contains_key(number)) {
            if let Some(oneof) = &survivor.oneof {
                oneofs.remove(oneof);
            }
        }
        Gone { oneofs }
    }
}

fn fields(message: &MessageDescriptor) -> Fields {
    message.fields().map(|field| (field.number(), View::new(field))).collect()
}

fn oneof_fragment(fields: &Fields, oneof: &str) -> Option<Fragment> {
    let mut members = fields.values().filter(|f| f.oneof.as_deref() == Some(oneof)).peekable();
    let place = members.peek()?.oneof_full_name();
    let names: Vec<_> = members.take(9).map(View::name).collect();
    Some(Fragment::new(format!("oneof {oneof} {{ {} }}", names.join(", ")), place))
}

/// Messages that somebody declared: without map entries and the bodies of groups.
fn declared(messages: &[MessageDescriptor]) -> Vec<&MessageDescriptor> {
    let Some(parent) = messages.first().and_then(MessageDescriptor::parent_message) else {
        return messages.iter().collect();
    };
    let groups: HashSet<String> = match parent.parent_file().syntax() {
        Syntax::Proto2 => parent
            .fields()
            .filter(|f| f.is_group())
            .filter_map(|f| f.kind().as_message().map(|m| m.full_name().to_owned()))
            .collect(),
        _ => HashSet::new(),
    };
    messages.iter().filter(|m| !m.is_map_entry() && !groups.contains(m.full_name())).collect()
}

/// Names by number; several with `allow_alias`.
fn constants(e: &EnumDescriptor) -> BTreeMap<i32, BTreeSet<String>> {
    let mut names: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
    for value in e.values() {
        names.entry(value.number()).or_default().insert(value.name().to_owned());
    }
    names
}
