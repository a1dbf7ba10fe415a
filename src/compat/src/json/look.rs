//! One pair of schemas, looked at by itself: what differs here, and which pairs below belong to it (contract 3.4, Type
//! level). Where the outcome depends on pairs that are not known yet, the look is repeated once they are.

use super::model::{Criterion, Id, Kind, Model, Schema};
use super::pairs::{Key, PairId, Pairs};
use super::rules::kinds as rules;
use crate::rule::Rule;

/// How many unknown pairs one question asks for at a time.
const ASKED_MAX: usize = 16;

/// What a look gave, in the order of telling.
pub(super) enum Item<'s> {
    Found(Spotted<'s>),
    /// The differences of this pair belong here, below this step.
    Below(Step<'s>, PairId),
}

/// A difference with the pieces of schema it is about.
pub(super) struct Spotted<'s> {
    pub(super) rule: Rule,
    pub(super) step: Step<'s>,
    pub(super) original: Spot<'s>,
    pub(super) update: Spot<'s>,
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(super) enum Step<'s> {
    Here,
    Key(&'static str),
    Name(&'static str, &'s str),
    Index(&'static str, usize),
}

/// A piece of a schema.
#[derive(Clone, Copy)]
pub(super) enum Spot<'s> {
    None,
    Schema(Id),
    /// One keyword of it; nothing if it is not there.
    Keyword(Id, &'static str),
    /// What the first of these keywords that lists names for this member has for it; nothing if none does.
    Names(Id, &'static [&'static str], &'s str),
}

/// A pair being looked at.
pub(super) struct Look<'p, 'm, 's> {
    pub(super) pairs: &'p mut Pairs<'m, 's>,
    key: Key,
    pub(super) o: &'m Model<'s>,
    pub(super) u: &'m Model<'s>,
    items: Vec<Item<'s>>,
    /// Whether an answer was missing; the items mean nothing then.
    undecided: bool,
    needs: Vec<PairId>,
}

impl<'p, 'm, 's> Look<'p, 'm, 's> {
    /// Looks at a pair: what there is, whether that is provisional, and which pairs are needed.
    pub(super) fn at(pairs: &'p mut Pairs<'m, 's>, key: Key) -> (Vec<Item<'s>>, bool, Vec<PairId>) {
        let (o, u) = pairs.models(key.flipped);
        let mut look = Look { pairs, key, o, u, items: Vec::new(), undecided: false, needs: Vec::new() };
        if let (Some(original), Some(update)) = (o.get(key.original), u.get(key.update)) {
            look.pairs.step(original.weight + update.weight);
            look.schemas(original, update);
        }
        (look.items, look.undecided, look.needs)
    }

    /// The schemas of this pair.
    pub(super) fn ids(&self) -> (Id, Id) {
        (self.key.original, self.key.update)
    }

    /// Whether the models have changed places.
    pub(super) fn is_flipped(&self) -> bool {
        self.key.flipped
    }

    fn schemas(&mut self, original: &'m Schema<'s>, update: &'m Schema<'s>) {
        let (o, u) = self.ids();
        let done = match (&original.kind, &update.kind) {
            (Kind::Combined(..), Kind::Combined(..)) => false,
            (_, Kind::Combined(criterion, subschemas)) => self.one_to_many(*criterion, subschemas),
            (Kind::Combined(criterion, subschemas), _) => self.many_to_one(*criterion, subschemas),
            _ => false,
        };
        if done {
            return;
        }
        let (was, is) = (self.o.kind(o), self.u.kind(u));
        if std::mem::discriminant(was) != std::mem::discriminant(is) {
            let bytes = |schema: &Schema<'_>| {
                schema.node.get("connect.type").and_then(|ty| ty.as_str()) == Some("bytes")
            };
            let allowed =
                matches!(was, Kind::False) || matches!(is, Kind::Empty) || (bytes(original) && bytes(update));
            if !allowed {
                self.found(rules::TYPE_CHANGED, Step::Here, Spot::Schema(o), Spot::Schema(u));
            }
            return;
        }
        if !original.is_part() && !update.is_part() {
            self.annotations(original, update);
        }
        match (was, is) {
            (Kind::String, Kind::String) => self.string(original, update),
            (Kind::Number { integer: was }, Kind::Number { integer: is }) => {
                self.number(original, update, *was, *is);
            }
            (Kind::Enum(was), Kind::Enum(is)) => self.values(was, is),
            (Kind::Const(was), Kind::Const(is)) if was != is => {
                self.keyword(rules::ENUM_ARRAY_CHANGED, "const");
            }
            (Kind::Not(was), Kind::Not(is)) => self.not(*was, *is),
            (Kind::Object(was), Kind::Object(is)) => self.object(was, is),
            (Kind::Array(was), Kind::Array(is)) => self.array(was, is),
            (Kind::Combined(was, olds), Kind::Combined(is, news)) => {
                self.combined((*was, olds), (*is, news));
            }
            _ => {}
        }
    }

    /// A schema becomes one of several: true if that is all there is to say.
    fn one_to_many(&mut self, criterion: Criterion, subschemas: &[(usize, Id)]) -> bool {
        let (o, u) = self.ids();
        let first = self.first(subschemas.iter().map(|(_, sub)| (o, *sub)), |many| {
            many == 1 || criterion != Criterion::All
        });
        if let Some(pair) = first {
            self.items.push(Item::Below(Step::Here, pair));
            if subschemas.len() > 1 {
                self.found(rules::SUM_TYPE_EXTENDED, Step::Here, Spot::Schema(o), Spot::Schema(u));
            }
        }
        first.is_some()
    }

    /// One of several becomes the only one: true if that is all there is to say.
    fn many_to_one(&mut self, criterion: Criterion, subschemas: &[(usize, Id)]) -> bool {
        let (o, u) = self.ids();
        let first = self.first(subschemas.iter().map(|(_, sub)| (*sub, u)), |many| {
            many == 1 || criterion == Criterion::All
        });
        if let Some(pair) = first {
            self.items.push(Item::Below(Step::Here, pair));
            if subschemas.len() > 1 {
                self.found(rules::PRODUCT_TYPE_NARROWED, Step::Here, Spot::Schema(o), Spot::Schema(u));
            }
        }
        first.is_some()
    }

    /// The first pair that fits, if their number is one that counts.
    fn first(
        &mut self,
        candidates: impl ExactSizeIterator<Item = (Id, Id)>,
        counts: impl Fn(usize) -> bool,
    ) -> Option<PairId> {
        if !counts(candidates.len()) {
            return None;
        }
        let mut asked = 0;
        for (o, u) in candidates {
            let pair = self.ask(o, u);
            if self.pairs.is_at(pair, self.key) {
                continue; // a schema that refers to itself in place is no evidence for itself
            }
            match self.answer(pair) {
                Some(true) if asked == 0 => return Some(pair),
                Some(_) => {}
                None => asked += 1,
            }
            if asked >= ASKED_MAX {
                break;
            }
        }
        None
    }

    fn annotations(&mut self, original: &Schema<'s>, update: &Schema<'s>) {
        let id = |schema: &Schema<'_>| match schema.draft {
            assay_schema::json_schema::Draft::Draft4 => "id",
            _ => "$id",
        };
        let texts = [
            (rules::ID_CHANGED, id(original), id(update)),
            (rules::TITLE_CHANGED, "title", "title"),
            (rules::DESCRIPTION_CHANGED, "description", "description"),
        ];
        let text = |schema: &Schema<'s>, key: &str| schema.node.get(key).and_then(|node| node.as_str());
        for (rule, was, is) in texts {
            if text(original, was) != text(update, is) {
                let (o, u) = self.ids();
                self.found(rule, Step::Key(is), Spot::Keyword(o, was), Spot::Keyword(u, is));
            }
        }
        if original.default_hash != update.default_hash {
            self.keyword(rules::DEFAULT_CHANGED, "default");
        }
    }

    /// A difference.
    pub(super) fn found(&mut self, rule: Rule, step: Step<'s>, original: Spot<'s>, update: Spot<'s>) {
        self.pairs.step(1);
        self.items.push(Item::Found(Spotted { rule, step, original, update }));
    }

    /// A difference between the values of one keyword.
    pub(super) fn keyword(&mut self, rule: Rule, keyword: &'static str) {
        let (o, u) = self.ids();
        self.found(rule, Step::Key(keyword), Spot::Keyword(o, keyword), Spot::Keyword(u, keyword));
    }

    /// The differences of two schemas belong to this pair.
    pub(super) fn below(&mut self, step: Step<'s>, original: Id, update: Id) -> PairId {
        self.pairs.step(1);
        let pair = self.ask(original, update);
        self.needs.push(pair);
        self.items.push(Item::Below(step, pair));
        pair
    }

    /// As [`Look::below`], for schemas that either may be lacking.
    pub(super) fn below_any(&mut self, step: Step<'s>, original: Option<Id>, update: Option<Id>) {
        match (original, update) {
            (Some(original), Some(update)) => {
                self.below(step, original, update);
            }
            (None, Some(update)) => {
                self.found(rules::SCHEMA_ADDED, step, Spot::None, Spot::Schema(update));
            }
            (Some(original), None) => {
                self.found(rules::SCHEMA_REMOVED, step, Spot::Schema(original), Spot::None);
            }
            (None, None) => {}
        }
    }

    /// Names a pair of schemas.
    pub(super) fn ask(&mut self, original: Id, update: Id) -> PairId {
        self.pairs.pair(Key { original, update, ..self.key })
    }

    /// Names a pair of schemas with the update as the original.
    pub(super) fn ask_reversed(&mut self, original: Id, update: Id) -> PairId {
        self.pairs.pair(Key { flipped: !self.key.flipped, original: update, update: original })
    }

    /// Whether a pair fits; `None` makes this look a provisional one.
    pub(super) fn answer(&mut self, pair: PairId) -> Option<bool> {
        self.pairs.step(1);
        let known = self.pairs.known(pair);
        if known.is_none() {
            self.undecided = true;
            self.needs.push(pair);
        }
        known
    }

    /// Whether answers are missing.
    pub(super) fn is_undecided(&self) -> bool {
        self.undecided
    }

    /// Whether the comparison went beyond its bounds: whatever comes is thrown away.
    pub(super) fn is_exhausted(&self) -> bool {
        self.pairs.is_exhausted()
    }

    /// Adds what a pair gives below a step; it must be known.
    pub(super) fn take(&mut self, step: Step<'s>, pair: PairId) {
        self.items.push(Item::Below(step, pair));
    }
}
