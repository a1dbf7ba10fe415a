//! `allOf`, `anyOf`, `oneOf` against each other (contract 3.4, Combined): subschemas are matched with those they fit,
//! as many as possible.

use std::collections::HashMap;

use super::look::{Look, Spot, Step};
use super::model::{Criterion, Id};
use super::pairs::PairId;
use super::rules::kinds as rules;

type Subschemas<'a> = &'a [(usize, Id)];

impl<'s> Look<'_, '_, 's> {
    pub(super) fn combined(&mut self, old: (Criterion, Subschemas<'_>), new: (Criterion, Subschemas<'_>)) {
        let ((was, olds), (is, news)) = (old, new);
        let (o, u) = self.ids();
        let spots = (Spot::Schema(o), Spot::Schema(u));
        if was != is {
            let extended = is == Criterion::Any
                || (olds.len() == 1 && (news.len() == 1 || is == Criterion::One))
                || (news.len() == 1 && was == Criterion::All);
            if !extended {
                self.found(rules::COMBINED_TYPE_CHANGED, Step::Here, spots.0, spots.1);
                return;
            }
            self.found(rules::COMBINED_TYPE_EXTENDED, Step::Here, spots.0, spots.1);
        }
        let rule = match olds.len().cmp(&news.len()) {
            std::cmp::Ordering::Less if is == Criterion::All => Some(rules::PRODUCT_TYPE_EXTENDED),
            std::cmp::Ordering::Less => Some(rules::SUM_TYPE_EXTENDED),
            std::cmp::Ordering::Greater if was == Criterion::All => Some(rules::PRODUCT_TYPE_NARROWED),
            std::cmp::Ordering::Greater => Some(rules::SUM_TYPE_NARROWED),
            std::cmp::Ordering::Equal => None,
        };
        if let Some(rule) = rule {
            self.found(rule, Step::Here, spots.0, spots.1);
        }
        let mut matching = Matching::new(olds, news);
        matching.complete(self);
        if self.is_undecided() {
            return;
        }
        let mut left = None;
        for (row, (index, _)) in olds.iter().enumerate() {
            match matching.pair_of(row) {
                Some(pair) => self.take(Step::Index(was.keyword(), *index), pair),
                None => left = left.or(Some(row)),
            }
        }
        if let Some(row) = left
            && matching.size < olds.len().min(news.len())
        {
            // The first that found no partner on either side says most about the reason.
            let free = (0..news.len()).find(|column| !matching.taken.contains_key(column));
            let spot = |list: Subschemas<'_>, at: Option<usize>| {
                at.and_then(|at| list.get(at)).map_or(Spot::None, |(_, id)| Spot::Schema(*id))
            };
            self.found(
                rules::COMBINED_TYPE_SUBSCHEMAS_CHANGED,
                Step::Here,
                spot(olds, Some(row)),
                spot(news, free),
            );
        }
    }
}

/// A maximum matching of rows (subschemas of the original) and columns (of the update). Asks about a pair only where the
/// answer may matter: rows first try the column that looks the same, and only those left over look at all of them.
struct Matching<'a> {
    rows: Subschemas<'a>,
    columns: Subschemas<'a>,
    /// Row to its column and their pair.
    partner: HashMap<usize, (usize, PairId)>,
    /// Column to its row.
    taken: HashMap<usize, usize>,
    size: usize,
}

impl<'a> Matching<'a> {
    fn new(rows: Subschemas<'a>, columns: Subschemas<'a>) -> Matching<'a> {
        Matching { rows, columns, partner: HashMap::new(), taken: HashMap::new(), size: 0 }
    }

    fn pair_of(&self, row: usize) -> Option<PairId> {
        self.partner.get(&row).map(|(_, pair)| *pair)
    }

    fn complete(&mut self, look: &mut Look<'_, '_, '_>) {
        self.alike(look);
        if look.is_undecided() {
            return;
        }
        let left: Vec<usize> = (0..self.rows.len()).filter(|row| !self.partner.contains_key(row)).collect();
        let room = self.columns.len();
        // All questions of these rows at once: asking again is not free.
        for row in &left {
            for column in 0..room {
                self.edge(look, *row, column);
            }
            if look.is_exhausted() {
                return;
            }
        }
        for row in left {
            if look.is_undecided() || look.is_exhausted() || self.taken.len() == room {
                return;
            }
            self.augment(look, row);
        }
    }

    fn edge(&self, look: &mut Look<'_, '_, '_>, row: usize, column: usize) -> Option<PairId> {
        let ((_, original), (_, update)) = (self.rows.get(row)?, self.columns.get(column)?);
        let pair = look.ask(*original, *update);
        look.answer(pair).unwrap_or(false).then_some(pair)
    }

    /// Pairs up what looks the same: the same text first, then the same place in the list.
    fn alike(&mut self, look: &mut Look<'_, '_, '_>) {
        let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
        for (column, (_, id)) in self.columns.iter().enumerate().rev() {
            by_hash.entry(look.u.get(*id).map_or(0, |schema| schema.hash)).or_default().push(column);
        }
        let mut later = Vec::new();
        for (row, (_, id)) in self.rows.iter().enumerate() {
            let hash = look.o.get(*id).map_or(0, |schema| schema.hash);
            let column = by_hash.get_mut(&hash).and_then(Vec::pop);
            match column.and_then(|column| Some((column, self.edge(look, row, column)?))) {
                Some((column, pair)) => self.join(row, column, pair),
                None => later.push(row),
            }
        }
        for row in later {
            if row < self.columns.len()
                && !self.taken.contains_key(&row)
                && let Some(pair) = self.edge(look, row, row)
            {
                self.join(row, row, pair);
            }
        }
    }

    fn join(&mut self, row: usize, column: usize, pair: PairId) {
        if self.partner.insert(row, (column, pair)).is_none() {
            self.size += 1;
        }
        self.taken.insert(column, row);
    }

    /// Finds room for one more row, moving others if that helps: a shortest alternating path.
    fn augment(&mut self, look: &mut Look<'_, '_, '_>, start: usize) {
        let mut came_from: HashMap<usize, (usize, PairId)> = HashMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(row) = queue.pop_front() {
            for column in 0..self.columns.len() {
                if came_from.contains_key(&column) {
                    continue;
                }
                let Some(pair) = self.edge(look, row, column) else { continue };
                came_from.insert(column, (row, pair));
                match self.taken.get(&column) {
                    Some(next) => queue.push_back(*next),
                    None => return self.shift(column, &came_from, start),
                }
            }
            if look.is_undecided() || look.is_exhausted() {
                return;
            }
        }
    }

    /// Gives every row on the path that ends in a free column the column it came to.
    fn shift(&mut self, free: usize, came_from: &HashMap<usize, (usize, PairId)>, start: usize) {
        let mut column = free;
        while let Some((row, pair)) = came_from.get(&column) {
            let before = self.partner.get(row).map(|(column, _)| *column);
            self.join(*row, column, *pair);
            match before {
                Some(before) if *row != start => column = before,
                _ => break,
            }
        }
    }
}
