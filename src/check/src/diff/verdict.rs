//! What the rules refuse, put to the changes it comes from. A refusal that no change explains by its place becomes a
//! change of its own, so that the list is never shorter than the report of `assay check`.

use std::collections::{HashMap, HashSet};

use assay_compat::{Difference, Direction, Fragment, Level, Old, check};
use assay_schema::{ParsedSchema, SchemaType, Version};

use super::{Break, Change, Diff, Kind, Section, Sentence, What};
use crate::check::given_up;

/// What a schema refers to, looked at for one refusal.
const REFERRED_MAX: usize = 100;

/// Judges both directions and tells each refusal at its change. A comparison that was given up at a limit is no verdict:
/// nothing is said about its direction but that.
pub(super) fn put(diff: &mut Diff, old: &ParsedSchema, new: &ParsedSchema) {
    let judge = |level| check(level, new, &[Old { version: Version::FIRST, schema: old }]);
    for (level, direction) in [(Level::Backward, Direction::Backward), (Level::Forward, Direction::Forward)] {
        let report = judge(level);
        if let Some(limit) = given_up(&report) {
            diff.untold = Some(limit.description.clone());
            continue;
        }
        match direction {
            Direction::Forward => diff.forward = Some(report.is_compatible()),
            _ => diff.backward = Some(report.is_compatible()),
        }
        let index = Index::new(&diff.sections, [old, new]);
        let mut alone = Vec::new();
        for difference in report.differences() {
            let found = match difference.rule.row().format {
                Some(_) => index.changes(difference, direction, &diff.sections),
                None => vec![(0, 0)], // the formats differ: the one change there is
            };
            let broken = Break { direction, rule: difference.rule, path: difference.path.clone() };
            for (section, change) in &found {
                let change = diff.sections.get_mut(*section).and_then(|s| s.changes.get_mut(*change));
                if let Some(change) = change.filter(|change| !change.breaks.contains(&broken)) {
                    change.breaks.push(broken.clone());
                }
            }
            if found.is_empty() {
                alone.push(affected(difference, broken));
            }
        }
        if let Some(section) = diff.sections.first_mut() {
            section.changes.extend(alone);
        }
    }
}

/// A refusal without a change of its own: a field whose message broke.
fn affected(difference: &Difference, broken: Break) -> Change {
    let place = |fragment: &Option<Fragment>| fragment.as_ref().map(|f| f.place.clone());
    let name =
        [&difference.new, &difference.old].into_iter().flatten().next().map_or("", |f| f.text.as_str());
    let text = match name {
        "" => Sentence::new("{}", &[&difference.description]),
        name => {
            Sentence::new("{} is not changed itself, but does not fit: {}", &[name, &difference.description])
        }
    };
    let (old, new) = (place(&difference.old), place(&difference.new));
    Change { kind: Kind::Affected, what: What::Other, text, old, new, near: Vec::new(), breaks: vec![broken] }
}

/// Changes by their places.
struct Index {
    by_place: HashMap<String, Vec<(usize, usize)>>,
    /// Where a JSON schema holds a `$ref`, and what it leads to, within the schema itself.
    references: Vec<(String, String)>,
}

impl Index {
    fn new(sections: &[Section], schemas: [&ParsedSchema; 2]) -> Index {
        let mut by_place: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (s, section) in sections.iter().enumerate() {
            for (c, change) in section.changes.iter().enumerate() {
                for place in [&change.old, &change.new].into_iter().flatten().chain(&change.near) {
                    let list = by_place.entry(place.clone()).or_default();
                    if list.last() != Some(&(s, c)) {
                        list.push((s, c));
                    }
                }
            }
        }
        let mut references = Vec::new();
        for schema in schemas {
            let ParsedSchema::Json(schema) = schema else { continue };
            let own = schema.resolution().references.iter().filter(|(a, b)| a.document + b.document == 0);
            references.extend(own.map(|(from, to)| (from.pointer.clone(), to.pointer.clone())));
        }
        Index { by_place, references }
    }

    /// The changes that a refusal comes from: those of its place that fit best.
    fn changes(
        &self,
        difference: &Difference,
        direction: Direction,
        sections: &[Section],
    ) -> Vec<(usize, usize)> {
        let fragments = || [&difference.new, &difference.old].into_iter().flatten();
        let places = fragments().map(|f| f.place.as_str());
        let exact: Vec<_> = places.filter_map(|place| self.by_place.get(place)).flatten().copied().collect();
        let found = best(exact, difference, direction, sections);
        if !found.is_empty() || difference.rule.row().format != Some(SchemaType::Json) {
            return found;
        }
        // A refusal of a JSON schema as a whole, for its type or what it combines, comes from what is inside.
        let inside = |place: &str| {
            fragments()
                .any(|f| place.strip_prefix(f.place.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        let mut below: Vec<_> =
            self.by_place.iter().filter(|(place, _)| inside(place)).flat_map(|(_, at)| at).copied().collect();
        below.sort_unstable();
        let found = best(below, difference, direction, sections);
        if !found.is_empty() {
            return found;
        }
        let found =
            best(self.referred(fragments().map(|f| f.place.as_str())), difference, direction, sections);
        if !found.is_empty() {
            return found;
        }
        // One of something that changed as a whole comes from that: the nearest one around it.
        let mut around: Vec<&str> = fragments().map(|f| f.place.as_str()).collect();
        while !around.is_empty() {
            around = around.iter().filter_map(|place| Some(place.rsplit_once('/')?.0)).collect();
            let there = around.iter().filter_map(|place| self.by_place.get(*place)).flatten().copied();
            let found = best(there.collect(), difference, direction, sections);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

impl Index {
    /// The changes in what schemas refer to, directly or not.
    fn referred<'p>(&self, places: impl Iterator<Item = &'p str>) -> Vec<(usize, usize)> {
        let within = |place: &str, whole: &str| {
            place.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut left: Vec<String> = places.map(str::to_owned).collect();
        let mut seen = HashSet::new();
        let mut changes = Vec::new();
        while let Some(whole) = left.pop() {
            if seen.len() >= REFERRED_MAX {
                break;
            }
            for (_, to) in self.references.iter().filter(|(from, _)| within(from, &whole)) {
                if seen.insert(to.clone()) {
                    left.push(to.clone());
                    let there = self.by_place.iter().filter(|(place, _)| within(place, to));
                    changes.extend(there.flat_map(|(_, at)| at).copied());
                }
            }
        }
        changes.sort_unstable();
        changes.dedup();
        changes
    }
}

/// The changes that explain a refusal best.
fn best(
    candidates: Vec<(usize, usize)>,
    difference: &Difference,
    direction: Direction,
    sections: &[Section],
) -> Vec<(usize, usize)> {
    let mut best: (u8, Vec<(usize, usize)>) = (0, Vec::new());
    for at in &candidates {
        let Some(change) = sections.get(at.0).and_then(|s| s.changes.get(at.1)) else { continue };
        let score = fit(change, difference, direction);
        match score.cmp(&best.0) {
            std::cmp::Ordering::Greater => best = (score, vec![*at]),
            std::cmp::Ordering::Equal if score > 0 && !best.1.contains(at) => best.1.push(*at),
            _ => {}
        }
    }
    best.1
}

/// How well a change of the same place explains a refusal; 0: not at all.
fn fit(change: &Change, difference: &Difference, direction: Direction) -> u8 {
    let (less, more) = match direction {
        Direction::Forward => (Kind::Widened, Kind::Narrowed),
        _ => (Kind::Narrowed, Kind::Widened),
    };
    // What is missing in the reader: taken away in the new schema, or, when the old one reads, added to it.
    let (missing, extra) = match direction {
        Direction::Forward => (Kind::Added, Kind::Removed),
        _ => (Kind::Removed, Kind::Added),
    };
    let id = difference.rule.id();
    let json = difference.rule.row().format == Some(SchemaType::Json);
    let named = |words: &[&str]| words.iter().any(|word| id.contains(word));
    let likely = match change.kind {
        Kind::Affected => return 0,
        // Nothing breaks by what a definition is; it breaks where it is referred to.
        Kind::Added | Kind::Removed if change.what == What::Type && json => false,
        Kind::Option => named(&["ALIAS"]),
        Kind::Doc | Kind::Default | Kind::Order | Kind::Layout => false,
        Kind::Renamed => named(&["NAME_MISMATCH", "PACKAGE", "READER_FIELD_MISSING"]),
        Kind::Label => named(&["LABEL"]),
        Kind::IntoOneof | Kind::OutOfOneof => named(&["ONEOF"]),
        Kind::Type | Kind::Meaning | Kind::Constraint => !named(&["NAME_MISMATCH", "LABEL", "ONEOF"]),
        kind if kind == missing => {
            named(&["REMOVED", "MISSING_ENUM", "MISSING_UNION", "NARROWED", "CHANGED"])
        }
        kind if kind == extra => named(&["ADDED", "MISSING_DEFAULT", "NARROWED", "CHANGED"]),
        kind if kind == less => !named(&["NAME_MISMATCH", "LABEL", "ONEOF", "FIELD_MISSING"]),
        kind if kind == more => false,
        _ => false,
    };
    match (likely, change.kind) {
        (true, _) => 2,
        // Keywords of JSON that mean nothing are told by some rules all the same.
        (false, Kind::Option) if json => 1,
        (false, Kind::Doc | Kind::Order | Kind::Option | Kind::Default | Kind::Layout) => 0,
        (false, _) => 1,
    }
}
