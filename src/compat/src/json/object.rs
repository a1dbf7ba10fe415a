//! Objects and arrays (contract 3.4: Kinds, Content models).

use std::collections::BTreeSet;

use assay_schema::json_schema::Draft;

use super::kinds::{MAX_CONTAINS, MAX_ITEMS, MAX_PROPERTIES, MIN_CONTAINS, MIN_ITEMS, MIN_PROPERTIES};
use super::look::{Look, Spot, Step};
use super::model::{Array, Content, Extra, Id, Kind, Object};
use super::rules::{content as models, kinds as rules};
use crate::rule::Rule;

/// What may happen to a keyword like `additionalProperties`.
struct Extras {
    keyword: &'static str,
    added: Rule,
    removed: Rule,
    extended: Rule,
    narrowed: Rule,
}

const PROPERTIES: Extras = Extras {
    keyword: "additionalProperties",
    added: models::ADDITIONAL_PROPERTIES_ADDED,
    removed: models::ADDITIONAL_PROPERTIES_REMOVED,
    extended: models::ADDITIONAL_PROPERTIES_EXTENDED,
    narrowed: models::ADDITIONAL_PROPERTIES_NARROWED,
};
const UNEVALUATED_PROPERTIES: Extras = Extras {
    keyword: "unevaluatedProperties",
    added: models::UNEVALUATED_PROPERTIES_ADDED,
    removed: models::UNEVALUATED_PROPERTIES_REMOVED,
    extended: models::UNEVALUATED_PROPERTIES_EXTENDED,
    narrowed: models::UNEVALUATED_PROPERTIES_NARROWED,
};
const ITEMS: Extras = Extras {
    keyword: "additionalItems",
    added: models::ADDITIONAL_ITEMS_ADDED,
    removed: models::ADDITIONAL_ITEMS_REMOVED,
    extended: models::ADDITIONAL_ITEMS_EXTENDED,
    narrowed: models::ADDITIONAL_ITEMS_NARROWED,
};
const UNEVALUATED_ITEMS: Extras = Extras {
    keyword: "unevaluatedItems",
    added: models::UNEVALUATED_ITEMS_ADDED,
    removed: models::UNEVALUATED_ITEMS_REMOVED,
    extended: models::UNEVALUATED_ITEMS_EXTENDED,
    narrowed: models::UNEVALUATED_ITEMS_NARROWED,
};

/// Whose content model is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Original,
    Update,
}

impl<'s> Look<'_, '_, 's> {
    pub(super) fn object(&mut self, was: &Object<'s>, is: &Object<'s>) {
        self.required(was, is);
        for (name, property) in &was.properties {
            match is.by_name.get(name) {
                Some(other) => {
                    self.below(Step::Name("properties", name), *property, *other);
                }
                None => {
                    let content = self.content(is, name, Side::Update);
                    self.property_removed(name, *property, content);
                }
            }
        }
        for (name, property) in is.properties.iter().filter(|(name, _)| !was.by_name.contains_key(name)) {
            let content = self.content(was, name, Side::Original);
            self.property_added(name, *property, content, is.required.contains(name));
        }
        self.dependencies(was, is);
        self.additional(&PROPERTIES, was.additional, is.additional);
        self.unevaluated(&UNEVALUATED_PROPERTIES, was.unevaluated, is.unevaluated);
        let (o, u) = self.ids();
        if let (Some(original), Some(update)) = (self.o.get(o), self.u.get(u)) {
            self.bound(&MAX_PROPERTIES, original, update);
            self.bound(&MIN_PROPERTIES, original, update);
        }
    }

    /// The content model of one of the two objects for a name.
    fn content(&mut self, object: &Object<'s>, name: &str, side: Side) -> Content {
        let (original, update) = self.ids();
        let id = match side {
            Side::Original => original,
            Side::Update => update,
        };
        let of_update = (side == Side::Update) != self.is_flipped();
        let pairs = &mut *self.pairs;
        let (content, cost) = object.content(name, |i| pairs.is_first_use(of_update, id, i));
        self.pairs.step(cost);
        content
    }

    /// Only names that both declare count here; others come with their property.
    fn required(&mut self, was: &Object<'s>, is: &Object<'s>) {
        let (o, u) = self.ids();
        let both = |name: &&&'s str| was.by_name.contains_key(**name) && is.by_name.contains_key(**name);
        let spots = (Spot::Keyword(o, "required"), Spot::Keyword(u, "required"));
        for name in was.required.difference(&is.required).filter(both) {
            self.found(rules::REQUIRED_ATTRIBUTE_REMOVED, Step::Name("required", name), spots.0, spots.1);
        }
        for name in is.required.difference(&was.required).filter(both) {
            let default = is.by_name.get(name).is_some_and(|property| self.u.has_default(*property));
            let rule = match default {
                true => rules::REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED,
                false => rules::REQUIRED_ATTRIBUTE_ADDED,
            };
            self.found(rule, Step::Name("required", name), spots.0, spots.1);
        }
    }

    fn property_removed(&mut self, name: &'s str, property: Id, content: Content) {
        let step = Step::Name("properties", name);
        let gone = Spot::Schema(property);
        match content {
            Content::Open => {
                self.found(models::PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, step, gone, Spot::None);
            }
            Content::Partial(cover) => {
                let rules = [
                    models::PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    models::PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                ];
                self.covered(step, (property, cover), rules);
            }
            Content::Closed => {
                let rule = match self.o.kind(self.o.target(property)) {
                    Kind::False => models::PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                    _ => models::PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                };
                self.found(rule, step, gone, Spot::None);
            }
        }
    }

    fn property_added(&mut self, name: &'s str, property: Id, content: Content, required: bool) {
        let step = Step::Name("properties", name);
        let default = self.u.has_default(property);
        if let Content::Partial(cover) = content {
            let rules = [
                models::PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                models::PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
            ];
            self.covered(step, (cover, property), rules);
        }
        let open = matches!(content, Content::Open);
        let empty = matches!(self.u.kind(self.u.target(property)), Kind::Empty);
        let rule = match (open, required, default) {
            (true, _, _) if empty => models::PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL,
            (true, true, true) => models::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL,
            (true, true, false) => models::REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
            (true, false, _) => models::OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL,
            (false, true, true) => models::REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL,
            (false, true, false) => models::REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
            (false, false, _) => models::OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL,
        };
        self.found(rule, step, Spot::None, Spot::Schema(property));
    }

    /// What a covering schema says of one that is only on the other side: the first rule if they fit, else the second.
    fn covered(&mut self, step: Step<'s>, (original, update): (Id, Id), rules: [Rule; 2]) {
        let pair = self.below(step, original, update);
        let [fits, fails] = rules;
        let rule = if self.answer(pair) == Some(false) { fails } else { fits };
        self.found(rule, step, Spot::Schema(original), Spot::Schema(update));
    }

    fn dependencies(&mut self, was: &Object<'s>, is: &Object<'s>) {
        let keys =
            [was, is].map(|object| object.dependent_names.keys().chain(object.dependent_schemas.keys()));
        let names: BTreeSet<&'s str> = keys.into_iter().flatten().copied().collect();
        for name in names {
            let step = Step::Name("dependencies", name);
            let (old_names, new_names) = (was.dependent_names.get(name), is.dependent_names.get(name));
            let (old, new) =
                (was.dependent_schemas.get(name).copied(), is.dependent_schemas.get(name).copied());
            let rule = match (old_names, new_names) {
                (None, Some(_)) => Some(rules::DEPENDENCY_ARRAY_ADDED),
                (Some(_), None) => Some(rules::DEPENDENCY_ARRAY_REMOVED),
                (Some(old), Some(new)) if old == new => None,
                (Some(old), Some(new)) if new.is_superset(old) => Some(rules::DEPENDENCY_ARRAY_EXTENDED),
                (Some(old), Some(new)) if new.is_subset(old) => Some(rules::DEPENDENCY_ARRAY_NARROWED),
                (Some(_), Some(_)) => Some(rules::DEPENDENCY_ARRAY_CHANGED),
                (None, None) => None,
            };
            let (o, u) = self.ids();
            if let Some(rule) = rule {
                let listed = |id| Spot::Names(id, &["dependentRequired", "dependencies"], name);
                self.found(rule, step, listed(o), listed(u));
            }
            match (old, new) {
                (None, Some(new)) => {
                    self.found(rules::DEPENDENCY_SCHEMA_ADDED, step, Spot::None, Spot::Schema(new));
                }
                (Some(old), None) => {
                    self.found(rules::DEPENDENCY_SCHEMA_REMOVED, step, Spot::Schema(old), Spot::None);
                }
                _ => self.below_any(step, old, new),
            }
        }
    }

    fn additional(&mut self, extras: &Extras, was: Extra, is: Extra) {
        use Extra::{Absent, False, Schema, True};
        let rule = match (was, is) {
            (False, False) | (Absent | True, Absent | True) => return,
            (False, _) => extras.added,
            (_, False) => extras.removed,
            (Absent | True, Schema(_)) => extras.narrowed,
            (Schema(_), Absent | True) => extras.extended,
            (Schema(old), Schema(new)) => {
                self.below(Step::Key(extras.keyword), old, new);
                return;
            }
        };
        self.extra(rule, extras);
    }

    /// A difference between what either has for the rest. For items behind a tuple, draft 2020-12 writes `items`.
    fn extra(&mut self, rule: Rule, extras: &Extras) {
        let written = |schema: Option<&super::model::Schema<'s>>| match schema.map(|schema| schema.draft) {
            Some(Draft::Draft202012) if extras.keyword == ITEMS.keyword => "items",
            _ => extras.keyword,
        };
        let (o, u) = self.ids();
        let (was, is) = (written(self.o.get(o)), written(self.u.get(u)));
        self.found(rule, Step::Key(extras.keyword), Spot::Keyword(o, was), Spot::Keyword(u, is));
    }

    /// Differs from [`Look::additional`] in that `true` counts as a schema beside nothing at all.
    fn unevaluated(&mut self, extras: &Extras, was: Extra, is: Extra) {
        match (was, is) {
            (Extra::Absent, Extra::True) => self.keyword(extras.narrowed, extras.keyword),
            (Extra::True, Extra::Absent) => self.keyword(extras.extended, extras.keyword),
            _ => self.additional(extras, was, is),
        }
    }

    pub(super) fn array(&mut self, was: &Array, is: &Array) {
        self.below_any(Step::Key("items"), was.list, is.list);
        let count = was.tuple.len().max(is.tuple.len());
        for i in 0..count {
            let step = Step::Index("items", i);
            match (was.tuple.get(i), is.tuple.get(i)) {
                (Some(old), Some(new)) => {
                    self.below(step, *old, *new);
                }
                (Some(old), None) => self.item_removed(step, *old, is.content()),
                (None, Some(new)) => self.item_added(step, *new, was.content()),
                (None, None) => {}
            }
        }
        self.additional(&ITEMS, was.additional, is.additional);
        self.unevaluated(&UNEVALUATED_ITEMS, was.unevaluated, is.unevaluated);
        let (o, u) = self.ids();
        let (Some(original), Some(update)) = (self.o.get(o), self.u.get(u)) else { return };
        self.bound(&MAX_ITEMS, original, update);
        self.bound(&MIN_ITEMS, original, update);
        let unique = |node: &assay_schema::json::Node| {
            node.get("uniqueItems").and_then(|flag| flag.as_bool()) == Some(true)
        };
        match (unique(original.node), unique(update.node)) {
            (false, true) => self.keyword(rules::UNIQUE_ITEMS_ADDED, "uniqueItems"),
            (true, false) => self.keyword(rules::UNIQUE_ITEMS_REMOVED, "uniqueItems"),
            _ => {}
        }
        self.bound(&MAX_CONTAINS, original, update);
        self.bound(&MIN_CONTAINS, original, update);
    }

    fn item_removed(&mut self, step: Step<'s>, item: Id, content: Content) {
        let gone = Spot::Schema(item);
        match content {
            Content::Open => self.found(models::ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, step, gone, Spot::None),
            Content::Partial(cover) => {
                let rules = [
                    models::ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    models::ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                ];
                self.covered(step, (item, cover), rules);
            }
            Content::Closed => {
                let rule = match self.o.kind(self.o.target(item)) {
                    Kind::False => models::ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                    _ => models::ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL,
                };
                self.found(rule, step, gone, Spot::None);
            }
        }
    }

    fn item_added(&mut self, step: Step<'s>, item: Id, content: Content) {
        let come = Spot::Schema(item);
        match content {
            Content::Open => {
                let rule = match self.u.kind(self.u.target(item)) {
                    Kind::Empty => models::ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL,
                    _ => models::ITEM_ADDED_TO_OPEN_CONTENT_MODEL,
                };
                self.found(rule, step, Spot::None, come);
            }
            Content::Partial(cover) => {
                let rules = [
                    models::ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                    models::ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
                ];
                self.covered(step, (cover, item), rules);
            }
            Content::Closed => self.found(models::ITEM_ADDED_TO_CLOSED_CONTENT_MODEL, step, Spot::None, come),
        }
    }
}
