//! Which pairs of schemas fit. A pair is looked at (`look.rs`), asks about pairs below it, and is settled once those
//! are; a stack of our own does that, so deep schemas cost no stack. In a circle a pair is assumed to fit; if it turns
//! out not to, everything is looked at again with that knowledge, until nothing new comes up (contract 3.4).

use std::collections::{HashMap, HashSet};

use super::look::{Item, Look};
use super::model::{Id, Model};
use crate::level::Policy;

/// Properties, subschemas, values and questions looked at in one comparison.
pub(super) const STEPS_MAX: usize = 1_000_000;

/// Index of a pair.
pub(super) type PairId = usize;

/// Two schemas to compare, references followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Inside `not` the models change places: the original is of the update's model.
    pub(super) flipped: bool,
    pub(super) original: Id,
    pub(super) update: Id,
}

pub(super) struct Pair<'s> {
    key: Key,
    state: State,
    /// Known not to fit; this never changes back.
    unfit: bool,
    pub(super) items: Vec<Item<'s>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the way down: its answer is awaited, and assumed to be "fits".
    Open,
    /// Like `Open`, and its items hold once the pairs below are settled.
    Looked,
    Settled,
}

/// All pairs of a comparison.
pub(super) struct Pairs<'m, 's> {
    original: &'m Model<'s>,
    update: &'m Model<'s>,
    policy: Policy,
    pub(super) pairs: Vec<Pair<'s>>,
    ids: HashMap<Key, PairId>,
    /// Pairs that were assumed to fit while open.
    assumed: Vec<bool>,
    /// Patterns of property names that were used: of the update's model or not, the object, and which of its patterns.
    patterns: HashSet<(bool, Id, usize)>,
    steps: usize,
}

/// The comparison went beyond its bounds.
#[derive(Debug)]
pub(super) struct TooComplex;

impl<'m, 's> Pairs<'m, 's> {
    /// Compares two models from their roots.
    pub(super) fn compare(
        original: &'m Model<'s>,
        update: &'m Model<'s>,
        policy: Policy,
    ) -> Result<Pairs<'m, 's>, TooComplex> {
        let mut pairs = Pairs {
            original,
            update,
            policy,
            pairs: Vec::new(),
            ids: HashMap::new(),
            assumed: Vec::new(),
            patterns: HashSet::new(),
            steps: 0,
        };
        let root = pairs.pair(Key { flipped: false, original: 0, update: 0 });
        while pairs.settle(root)? {
            for pair in &mut pairs.pairs {
                pair.state = State::New;
            }
            pairs.assumed.fill(false);
        }
        Ok(pairs)
    }

    /// Whether a settled pair fits: nothing in it, or in the pairs it mentions, is refused.
    pub(super) fn fits(&self, id: PairId) -> bool {
        self.pairs.get(id).is_some_and(|pair| !pair.unfit)
    }

    /// The models of original and update.
    pub(super) fn models(&self, flipped: bool) -> (&'m Model<'s>, &'m Model<'s>) {
        if flipped { (self.update, self.original) } else { (self.original, self.update) }
    }

    pub(super) fn step(&mut self, count: usize) {
        self.steps = self.steps.saturating_add(count);
    }

    /// Whether a pattern is used for the first time in this comparison.
    pub(super) fn is_first_use(&mut self, of_update: bool, object: Id, pattern: usize) -> bool {
        self.patterns.insert((of_update, object, pattern))
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.steps > STEPS_MAX
    }

    /// Whether a pair is the one of this key.
    pub(super) fn is_at(&self, id: PairId, key: Key) -> bool {
        self.pairs.get(id).is_some_and(|pair| pair.key == key)
    }

    /// The id of a pair; references are followed.
    pub(super) fn pair(&mut self, key: Key) -> PairId {
        let (original, update) = self.models(key.flipped);
        let key = Key { original: original.target(key.original), update: update.target(key.update), ..key };
        let next = self.pairs.len();
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.pairs.push(Pair { key, state: State::New, unfit: false, items: Vec::new() });
            self.assumed.push(false);
        }
        id
    }

    /// Whether a pair fits, as far as is known: `None` when it has to be looked at first.
    pub(super) fn known(&mut self, id: PairId) -> Option<bool> {
        let pair = self.pairs.get(id)?;
        match pair.state {
            State::New if !pair.unfit => None,
            State::New | State::Settled => Some(!pair.unfit),
            State::Open | State::Looked => {
                if !pair.unfit
                    && let Some(assumed) = self.assumed.get_mut(id)
                {
                    *assumed = true;
                }
                Some(!pair.unfit)
            }
        }
    }

    /// Settles a pair and all below it. True if an assumption was wrong.
    fn settle(&mut self, root: PairId) -> Result<bool, TooComplex> {
        let mut wrong = false;
        let mut stack = vec![root];
        while let Some(&id) = stack.last() {
            let Some(pair) = self.pairs.get(id) else { break };
            if pair.state == State::Settled {
                stack.pop();
                continue;
            }
            if pair.state != State::Looked {
                let key = pair.key;
                self.set(id, State::Open);
                let look = Look::at(self, key);
                if self.is_exhausted() {
                    return Err(TooComplex);
                }
                let (items, undecided, needs) = look;
                let needs = needs.into_iter().filter(|need| self.is_new(*need));
                let before = stack.len();
                stack.extend(needs);
                self.steps += stack.len() - before;
                if !undecided {
                    self.set(id, State::Looked);
                    if let Some(pair) = self.pairs.get_mut(id) {
                        pair.items = items;
                    }
                }
                if stack.len() > before {
                    continue;
                }
                if undecided {
                    continue; // what it asked for is known now
                }
            }
            wrong |= self.close(id);
            stack.pop();
        }
        Ok(wrong)
    }

    fn set(&mut self, id: PairId, state: State) {
        if let Some(pair) = self.pairs.get_mut(id) {
            pair.state = state;
        }
    }

    fn is_new(&self, id: PairId) -> bool {
        self.pairs.get(id).is_some_and(|pair| pair.state == State::New)
    }

    /// A pair whose items are known, and all below it. True if it was wrongly assumed to fit.
    fn close(&mut self, id: PairId) -> bool {
        self.set(id, State::Settled);
        let Some(pair) = self.pairs.get(id) else { return false };
        if pair.unfit {
            return false;
        }
        let mut unfit = false;
        let mut below = Vec::new();
        for item in &pair.items {
            match item {
                Item::Found(found) => unfit |= found.rule.row().verdict.is_breaking(self.policy),
                Item::Below(_, other) => below.push(*other),
            }
        }
        for other in below {
            // A pair that is still open is assumed to fit.
            unfit |= other != id && self.known(other) == Some(false);
        }
        if let Some(pair) = self.pairs.get_mut(id) {
            pair.unfit = unfit;
        }
        unfit && self.assumed.get(id) == Some(&true)
    }
}
