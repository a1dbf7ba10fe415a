//! From pairs compared by themselves to what is told: a field whose messages do not fit does not fit either, and
//! everything is told once, in depth-first order.

use assay_schema::protobuf::prost_reflect::MessageDescriptor;

use super::field::View;
use super::{DIFFERENCES_MAX, Item, Pair, PairId, local_name, rules};
use crate::report::Found;

/// Mentions of pairs followed when fields are judged; beyond it a field of an incompatible message is told without
/// asking whether the reason is the field's own message.
const MENTIONS_MAX: usize = 20_000_000;

/// Tells what `roots` hold, and the pairs they mention.
pub(super) fn tell(pairs: &[Pair], roots: &[Item]) -> Vec<Found> {
    let mut teller = Teller {
        pairs,
        told: vec![false; pairs.len()],
        mentioned_by: mentioned_by(pairs),
        mentions: 0,
        judged: None,
        fields_told: 0,
        out: Vec::new(),
    };
    for item in roots {
        match item {
            Item::Found(found) => teller.out.push(Found::clone(found)),
            Item::Nested(pair) | Item::Field(pair, _) => teller.walk(*pair),
        }
    }
    teller.out
}

/// For each pair, those that mention it in a field or hold it in their scope.
fn mentioned_by(pairs: &[Pair]) -> Vec<Vec<PairId>> {
    let mut mentioned_by = vec![Vec::new(); pairs.len()];
    for (id, pair) in pairs.iter().enumerate() {
        for item in &pair.items {
            if let Item::Nested(other) | Item::Field(other, _) = item
                && let Some(list) = mentioned_by.get_mut(*other)
            {
                list.push(id);
            }
        }
    }
    mentioned_by
}

struct Teller<'p> {
    pairs: &'p [Pair],
    told: Vec<bool>,
    mentioned_by: Vec<Vec<PairId>>,
    mentions: usize,
    /// The last pair whose fields were judged, and which pairs do not fit, seen from it.
    judged: Option<(PairId, Vec<bool>)>,
    fields_told: usize,
    out: Vec<Found>,
}

impl Teller<'_> {
    /// Tells a pair and what it mentions, unless told already; with a stack of our own.
    fn walk(&mut self, root: PairId) {
        let mut stack = Vec::new();
        self.enter(root, &mut stack);
        while let Some((id, next)) = stack.last_mut() {
            let (id, at) = (*id, *next);
            let Some(item) = self.pairs.get(id).and_then(|pair| pair.items.get(at)) else {
                stack.pop();
                continue;
            };
            match item {
                Item::Found(found) => {
                    self.out.push(Found::clone(found));
                    *next += 1;
                }
                Item::Nested(other) => {
                    *next += 1;
                    self.enter(*other, &mut stack);
                }
                Item::Field(other, number) => {
                    if self.told.get(*other) == Some(&false) {
                        self.enter(*other, &mut stack); // and then this item again
                        continue;
                    }
                    *next += 1;
                    self.field(id, *other, *number);
                }
            }
        }
    }

    fn enter(&mut self, id: PairId, stack: &mut Vec<(PairId, usize)>) {
        if let Some(told) = self.told.get_mut(id)
            && !*told
        {
            *told = true;
            stack.push((id, 0));
        }
    }

    /// A field of pair `id` with the messages of pair `other`: are they incompatible, for a reason that does not lie
    /// in `id` itself or around it (which is being compared, and is told there)?
    fn field(&mut self, id: PairId, other: PairId, number: u32) {
        if self.fields_told >= DIFFERENCES_MAX || !self.breaks(id, other) {
            return;
        }
        let Some(pair) = self.pairs.get(id) else { return };
        let view = |message: &MessageDescriptor| message.get_field(number).map(View::new);
        let (Some(was), Some(is)) = (view(&pair.original), view(&pair.update)) else { return };
        self.fields_told += 1;
        let found = Found::new(rules::FIELD_NAMED_TYPE_CHANGED, is.path(&local_name(&pair.update)));
        self.out.push(found.fragments(Some(is.fragment()), Some(was.fragment())));
    }

    fn breaks(&mut self, from: PairId, pair: PairId) -> bool {
        if self.judged.as_ref().is_none_or(|(id, _)| *id != from) {
            let inside = if self.mentions > MENTIONS_MAX { None } else { Some(from) };
            self.judged = Some((from, self.spread(inside)));
        }
        self.judged.as_ref().is_some_and(|(_, broken)| broken.get(pair) == Some(&true))
    }

    /// Which pairs do not fit, by themselves or by what they mention, if `inside` and the pairs around it did fit.
    fn spread(&mut self, inside: Option<PairId>) -> Vec<bool> {
        let mut open = vec![false; self.pairs.len()];
        let mut around = inside;
        while let Some(id) = around {
            match open.get_mut(id) {
                Some(open) if !*open => *open = true,
                _ => break,
            }
            around = self.pairs.get(id).and_then(|pair| pair.outer);
        }
        let is_open = |id: PairId| open.get(id) == Some(&true);
        let mut broken: Vec<bool> =
            self.pairs.iter().enumerate().map(|(id, pair)| pair.breaks && !is_open(id)).collect();
        let mut queue: Vec<PairId> = (0..broken.len()).filter(|id| broken.get(*id) == Some(&true)).collect();
        self.mentions += broken.len();
        while let Some(id) = queue.pop() {
            for by in self.mentioned_by.get(id).into_iter().flatten() {
                self.mentions += 1;
                if let Some(slot) = broken.get_mut(*by)
                    && !*slot
                    && !is_open(*by)
                {
                    *slot = true;
                    queue.push(*by);
                }
            }
        }
        broken
    }
}
