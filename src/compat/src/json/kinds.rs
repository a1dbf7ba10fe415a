//! Kinds that hold values: strings, numbers, enums; and `not` (contract 3.4, Kinds).

use assay_schema::json::{Node, Value};
use assay_schema::json_schema::Draft;

use super::decimal::Decimal;
use super::look::{Look, Spot, Step};
use super::model::{Id, Schema};
use super::rules::kinds as rules;
use crate::rule::Rule;

/// What may happen to a bound: it is added, removed, increased or decreased.
pub(super) struct Bound {
    keyword: &'static str,
    added: Rule,
    removed: Rule,
    increased: Rule,
    decreased: Rule,
}

macro_rules! bound {
    ($keyword:literal, $added:ident, $removed:ident, $increased:ident, $decreased:ident) => {
        Bound {
            keyword: $keyword,
            added: rules::$added,
            removed: rules::$removed,
            increased: rules::$increased,
            decreased: rules::$decreased,
        }
    };
}

const MAX_LENGTH: Bound =
    bound!("maxLength", MAX_LENGTH_ADDED, MAX_LENGTH_REMOVED, MAX_LENGTH_INCREASED, MAX_LENGTH_DECREASED);
const MIN_LENGTH: Bound =
    bound!("minLength", MIN_LENGTH_ADDED, MIN_LENGTH_REMOVED, MIN_LENGTH_INCREASED, MIN_LENGTH_DECREASED);
const MAXIMUM: Bound =
    bound!("maximum", MAXIMUM_ADDED, MAXIMUM_REMOVED, MAXIMUM_INCREASED, MAXIMUM_DECREASED);
const MINIMUM: Bound =
    bound!("minimum", MINIMUM_ADDED, MINIMUM_REMOVED, MINIMUM_INCREASED, MINIMUM_DECREASED);
const EXCLUSIVE_MAXIMUM: Bound = bound!(
    "exclusiveMaximum",
    EXCLUSIVE_MAXIMUM_ADDED,
    EXCLUSIVE_MAXIMUM_REMOVED,
    EXCLUSIVE_MAXIMUM_INCREASED,
    EXCLUSIVE_MAXIMUM_DECREASED
);
const EXCLUSIVE_MINIMUM: Bound = bound!(
    "exclusiveMinimum",
    EXCLUSIVE_MINIMUM_ADDED,
    EXCLUSIVE_MINIMUM_REMOVED,
    EXCLUSIVE_MINIMUM_INCREASED,
    EXCLUSIVE_MINIMUM_DECREASED
);
pub(super) const MAX_PROPERTIES: Bound = bound!(
    "maxProperties",
    MAX_PROPERTIES_ADDED,
    MAX_PROPERTIES_REMOVED,
    MAX_PROPERTIES_INCREASED,
    MAX_PROPERTIES_DECREASED
);
pub(super) const MIN_PROPERTIES: Bound = bound!(
    "minProperties",
    MIN_PROPERTIES_ADDED,
    MIN_PROPERTIES_REMOVED,
    MIN_PROPERTIES_INCREASED,
    MIN_PROPERTIES_DECREASED
);
pub(super) const MAX_ITEMS: Bound =
    bound!("maxItems", MAX_ITEMS_ADDED, MAX_ITEMS_REMOVED, MAX_ITEMS_INCREASED, MAX_ITEMS_DECREASED);
pub(super) const MIN_ITEMS: Bound =
    bound!("minItems", MIN_ITEMS_ADDED, MIN_ITEMS_REMOVED, MIN_ITEMS_INCREASED, MIN_ITEMS_DECREASED);
pub(super) const MAX_CONTAINS: Bound = bound!(
    "maxContains",
    MAX_CONTAINS_ADDED,
    MAX_CONTAINS_REMOVED,
    MAX_CONTAINS_INCREASED,
    MAX_CONTAINS_DECREASED
);
pub(super) const MIN_CONTAINS: Bound = bound!(
    "minContains",
    MIN_CONTAINS_ADDED,
    MIN_CONTAINS_REMOVED,
    MIN_CONTAINS_INCREASED,
    MIN_CONTAINS_DECREASED
);

fn number(schema: &Schema<'_>, keyword: &str) -> Option<Decimal> {
    schema.node.get(keyword).and_then(Node::as_number).map(Decimal::read)
}

/// What an exclusive keyword says.
enum Exclusive {
    /// Nothing: it is absent, or `false`.
    No,
    /// The limit itself, from draft 6 on.
    At(Decimal),
    /// In draft 4, `true`: the limit beside it is exclusive. It is `None` where there is none to sharpen.
    Flag(Option<Decimal>),
}

impl Exclusive {
    fn read(schema: &Schema<'_>, limit: &str, exclusive: &str) -> Exclusive {
        match schema.node.get(exclusive).map(|node| &node.value) {
            Some(Value::Number(text)) => Exclusive::At(Decimal::read(text)),
            Some(Value::Bool(true)) if schema.draft == Draft::Draft4 => {
                Exclusive::Flag(number(schema, limit))
            }
            _ => Exclusive::No,
        }
    }

    fn limit(self) -> Option<Decimal> {
        match self {
            Exclusive::No => None,
            Exclusive::At(limit) => Some(limit),
            Exclusive::Flag(limit) => limit,
        }
    }
}

impl<'s> Look<'_, '_, 's> {
    pub(super) fn string(&mut self, original: &Schema<'s>, update: &Schema<'s>) {
        self.bound(&MAX_LENGTH, original, update);
        self.bound(&MIN_LENGTH, original, update);
        let pattern = |schema: &Schema<'s>| schema.node.get("pattern").and_then(Node::as_str);
        match (pattern(original), pattern(update)) {
            (None, Some(_)) => self.keyword(rules::PATTERN_ADDED, "pattern"),
            (Some(_), None) => self.keyword(rules::PATTERN_REMOVED, "pattern"),
            (was, is) if was != is => self.keyword(rules::PATTERN_CHANGED, "pattern"),
            _ => {}
        }
    }

    pub(super) fn number(&mut self, original: &Schema<'s>, update: &Schema<'s>, was: bool, is: bool) {
        let (o, u) = self.ids();
        for (limit, exclusive) in [(&MAXIMUM, &EXCLUSIVE_MAXIMUM), (&MINIMUM, &EXCLUSIVE_MINIMUM)] {
            self.bound(limit, original, update);
            let read = |schema| Exclusive::read(schema, limit.keyword, exclusive.keyword);
            match (read(original), read(update)) {
                // Where the limit is, is said of the limit.
                (Exclusive::Flag(Some(_)), Exclusive::Flag(Some(_))) => {}
                (old, new) => self.compared(exclusive, old.limit(), new.limit()),
            }
        }
        let rule = match (number(original, "multipleOf"), number(update, "multipleOf")) {
            (None, Some(_)) => Some(rules::MULTIPLE_OF_ADDED),
            (Some(_), None) => Some(rules::MULTIPLE_OF_REMOVED),
            (Some(old), Some(new)) if old == new => None,
            (Some(old), Some(new)) if new.is_multiple_of(&old) => Some(rules::MULTIPLE_OF_EXPANDED),
            (Some(old), Some(new)) if old.is_multiple_of(&new) => Some(rules::MULTIPLE_OF_REDUCED),
            (Some(_), Some(_)) => Some(rules::MULTIPLE_OF_CHANGED),
            (None, None) => None,
        };
        if let Some(rule) = rule {
            self.keyword(rule, "multipleOf");
        }
        let rule = match (was, is) {
            (true, false) => rules::TYPE_EXTENDED,
            (false, true) => rules::TYPE_NARROWED,
            _ => return,
        };
        self.found(rule, Step::Here, Spot::Keyword(o, "type"), Spot::Keyword(u, "type"));
    }

    /// Compares a bound that is a number beside its keyword.
    pub(super) fn bound(&mut self, bound: &Bound, original: &Schema<'s>, update: &Schema<'s>) {
        self.compared(bound, number(original, bound.keyword), number(update, bound.keyword));
    }

    fn compared(&mut self, bound: &Bound, old: Option<Decimal>, new: Option<Decimal>) {
        let rule = match (old, new) {
            (None, Some(_)) => bound.added,
            (Some(_), None) => bound.removed,
            (Some(old), Some(new)) if new > old => bound.increased,
            (Some(old), Some(new)) if new < old => bound.decreased,
            _ => return,
        };
        self.keyword(rule, bound.keyword);
    }

    /// Both lists are sorted.
    pub(super) fn values(&mut self, was: &[String], is: &[String]) {
        let holds = |all: &[String], some: &[String]| {
            let mut left = all.iter();
            some.iter().all(|value| left.any(|other| other == value))
        };
        let rule = match (holds(is, was), holds(was, is)) {
            (true, true) => return,
            (true, false) => rules::ENUM_ARRAY_EXTENDED,
            (false, true) => rules::ENUM_ARRAY_NARROWED,
            (false, false) => rules::ENUM_ARRAY_CHANGED,
        };
        self.keyword(rule, "enum");
    }

    /// What is forbidden is compared the other way round; what differs inside is not told.
    pub(super) fn not(&mut self, was: Id, is: Id) {
        let pair = self.ask_reversed(was, is);
        let rule = match self.answer(pair) {
            Some(false) => rules::NOT_TYPE_EXTENDED,
            _ => rules::NOT_TYPE_NARROWED,
        };
        self.keyword(rule, "not");
    }
}
