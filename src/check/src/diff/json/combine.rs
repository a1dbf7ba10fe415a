//! Combined schemas: a schema that becomes one of several or a part of several, branches that come and go, and branches
//! of a `oneOf` that take the same values, which `oneOf` refuses.

use std::collections::{BTreeSet, HashSet};

use assay_schema::json::{Node, Object, Value};
use assay_schema::json_schema::at_pointer;

use super::super::avro::compact;
use super::super::{At, Changes, Kind, What};
use super::{COMBINED, DOCS, Label, Spot, Walk};

/// Members that limit nothing: told by themselves, whatever else becomes of a schema.
const ASIDE: &[&str] = &["$schema", "$id", "id", "$anchor", "default", "definitions", "$defs"];
/// Branches compared with each other, and schemas inside them.
const BRANCHES_MAX: usize = 64;
const INSIDE_MAX: usize = 4;
/// Walks within walks that only try.
const TRIALS_DEEP: usize = 2;

/// Whether a member limits nothing.
pub(super) fn is_aside(key: &str) -> bool {
    ASIDE.contains(&key) || DOCS.contains(&key)
}

/// How the values of a schema relate to those it took before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Same,
    More,
    Fewer,
    Others,
}

/// The one keyword that a schema combines others with, and those, if it says nothing else.
fn wrapped(object: &Object) -> Option<(&str, &[Node])> {
    let mut members = object.iter().filter(|(key, _)| !is_aside(key));
    let (key, value) = members.next()?;
    let list = value.as_array().filter(|list| COMBINED.contains(&key) && !list.is_empty())?;
    members.next().is_none().then_some((key, list))
}

/// A schema that combines nothing, without what is told apart.
fn plain(object: &Object) -> Option<Node> {
    let mut out = Object::new();
    for (key, value) in object.iter().filter(|(key, _)| !is_aside(key)) {
        if COMBINED.contains(&key) {
            return None;
        }
        out.insert(key.into(), value.clone());
    }
    (!out.is_empty()).then(|| Node::new(Value::Object(out)))
}

/// The branch that is nearest to what a schema was, or will be.
fn nearest(list: &[Node], mut takes: impl FnMut(&Node) -> Takes, wanted: Takes) -> Option<usize> {
    let found: Vec<Takes> = list.iter().take(BRANCHES_MAX).map(&mut takes).collect();
    let of = |wanted| found.iter().position(|takes| *takes == wanted);
    of(Takes::Same).or_else(|| of(wanted))
}

fn others(list: &[Node], but: usize) -> String {
    let texts = list.iter().enumerate().filter(|(i, _)| *i != but).map(|(_, node)| compact(node));
    texts.collect::<Vec<_>>().join(" or ")
}

/// Whether a keyword that `other` lacks says what values a schema takes, as `type` would.
pub(super) fn says_type_otherwise(object: &Object, other: &Object) -> bool {
    let keys = COMBINED.iter().chain(&["$ref", "enum", "const", "if"]);
    keys.into_iter().any(|key| object.contains_key(key) && !other.contains_key(key))
}

/// What a combination is to a schema.
fn all(key: &str) -> bool {
    key == "allOf"
}

impl Walk<'_> {
    /// How two schemas relate, by a walk of its own whose words are thrown away. Such walks are bounded, all together.
    fn takes(&mut self, old: &Node, new: &Node) -> Takes {
        if old == new {
            return Takes::Same;
        }
        if self.level >= TRIALS_DEEP {
            return Takes::Others;
        }
        let mut scratch = Changes::default();
        let mut walk = Walk { out: &mut scratch, level: self.level + 1, ..*self };
        walk.schema(old, new, &Spot { label: Label::Root, pointer: String::new() });
        self.steps = walk.steps;
        let (mut more, mut fewer) = (false, false);
        for change in &scratch.list {
            match change.kind {
                Kind::Widened => more = true,
                Kind::Narrowed => fewer = true,
                Kind::Doc | Kind::Order | Kind::Layout | Kind::Option | Kind::Default => {}
                _ => return Takes::Others,
            }
        }
        match (more, fewer) {
            _ if self.steps == 0 => Takes::Others,
            (false, false) => Takes::Same,
            (true, false) => Takes::More,
            (false, true) => Takes::Fewer,
            (true, true) => Takes::Others,
        }
    }

    /// A schema that becomes a combination, or a combination that becomes a schema. True if all is told but what stands
    /// aside.
    pub(super) fn lifted(&mut self, old: &Object, new: &Object, spot: &Spot) -> bool {
        let reference = |object: &Object| object.get("$ref").is_some_and(|r| r.as_str().is_some());
        match (plain(old), wrapped(old), plain(new), wrapped(new)) {
            (Some(was), _, _, Some((key, list))) => self.became_combined(&was, key, list, spot),
            (_, Some((key, list)), Some(is), _) => self.was_combined(key, list, &is, spot),
            // What is behind a reference is told where it is.
            (Some(was), _, Some(is), _) if reference(old) != reference(new) => {
                let (was, is) = (compact(&was), compact(&is));
                self.out.say(Kind::Type, What::Reference, &spot.at(), "changed from {} to {}", &[&was, &is]);
                let references = [old, new].into_iter().filter_map(|object| object.get("$ref"));
                self.out.near(references.filter_map(super::target).collect());
            }
            _ => return false,
        }
        true
    }

    fn became_combined(&mut self, was: &Node, key: &str, list: &[Node], spot: &Spot) {
        let wanted = if all(key) { Takes::Fewer } else { Takes::More };
        let found = nearest(list, |branch| self.takes(was, branch), wanted);
        let at = spot.at();
        match found {
            Some(only) if list.len() == 1 => {
                self.out.say(
                    Kind::Layout,
                    What::Other,
                    &at,
                    "is written as the only branch of {} now",
                    &[key],
                );
                self.branch(was, list, only, key, spot);
            }
            Some(i) => {
                let rest = others(list, i);
                match all(key) {
                    true => {
                        let text = "must fit {} as well now, by {}";
                        self.out.say(Kind::Narrowed, What::Other, &at, text, &[&rest, key]);
                    }
                    false => {
                        let text = "now also takes {}, by {}";
                        self.out.say(Kind::Widened, What::Other, &at, text, &[&rest, key]);
                        self.overlaps(key, list, |j| j != i, spot);
                    }
                }
                self.branch(was, list, i, key, spot);
            }
            None => {
                let (was, is) = (compact(was), listed(list));
                self.out.say(Kind::Type, What::Other, &at, "changed from {} to {} of {}", &[&was, key, &is]);
            }
        }
    }

    /// What `not` does when what it forbids changes.
    pub(super) fn turned(&mut self, was: &Node, is: &Node) -> Kind {
        match self.takes(was, is) {
            Takes::More => Kind::Narrowed,
            Takes::Fewer => Kind::Widened,
            Takes::Same => Kind::Option,
            Takes::Others => Kind::Constraint,
        }
    }

    /// What changed in the branch that a schema became.
    fn branch(&mut self, was: &Node, list: &[Node], i: usize, key: &str, spot: &Spot) {
        if let Some(branch) = list.get(i) {
            self.schema(was, branch, &spot.below(&[key, &i.to_string()]));
        }
    }

    fn was_combined(&mut self, key: &str, list: &[Node], is: &Node, spot: &Spot) {
        let wanted = if all(key) { Takes::More } else { Takes::Fewer };
        let at = spot.at();
        let Some(i) = nearest(list, |branch| self.takes(branch, is), wanted) else {
            let (was, is) = (listed(list), compact(is));
            return self.out.say(
                Kind::Type,
                What::Other,
                &at,
                "changed from {} of {} to {}",
                &[key, &was, &is],
            );
        };
        let rest = others(list, i);
        match (list.len(), all(key)) {
            (1, _) => {
                self.out.say(Kind::Layout, What::Other, &at, "was written as the only branch of {}", &[key]);
            }
            (_, true) => {
                let text = "no longer has to fit {} as well, by {}";
                self.out.say(Kind::Widened, What::Other, &at, text, &[&rest, key]);
            }
            (_, false) => {
                self.out.say(Kind::Narrowed, What::Other, &at, "no longer takes {}, by {}", &[&rest, key]);
            }
        }
        if let Some(branch) = list.get(i) {
            self.schema(branch, is, spot);
        }
    }

    /// `allOf` and the like: equal ones first, the others in order.
    pub(super) fn combined(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let (Some(olds), Some(news)) = (was.and_then(Node::as_array), is.and_then(Node::as_array)) else {
            let kind = if was.is_none() { Kind::Narrowed } else { Kind::Widened };
            let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
            let values = (was.map(compact), is.map(compact));
            return self.out.value(kind, What::Other, &at, ("keyword {}", &[key]), values);
        };
        let texts = |list: &[Node]| list.iter().map(|n| compact(&n.sorted())).collect::<Vec<_>>();
        let (a, b) = (texts(olds), texts(news));
        let (in_a, in_b): (HashSet<&String>, HashSet<&String>) = (a.iter().collect(), b.iter().collect());
        let rest = |list: &[String], other: &HashSet<&String>| {
            (0..list.len())
                .filter(|i| list.get(*i).is_some_and(|text| !other.contains(text)))
                .collect::<Vec<_>>()
        };
        let (gone, come) = (rest(&a, &in_b), rest(&b, &in_a));
        for (i, j) in gone.iter().zip(&come) {
            if let (Some(old), Some(new)) = (olds.get(*i), news.get(*j)) {
                let spot = spot.below(&[key, &j.to_string()]);
                self.schema(old, new, &spot);
            }
        }
        for j in come.iter().skip(gone.len()) {
            let kind = if all(key) { Kind::Narrowed } else { Kind::Widened };
            self.one_of(kind, "has a further branch of {}: {}", (key, *j, news.get(*j)), spot);
        }
        for i in gone.iter().skip(come.len()) {
            let kind = if all(key) { Kind::Widened } else { Kind::Narrowed };
            self.one_of(kind, "lost a branch of {}: {}", (key, *i, olds.get(*i)), spot);
        }
        if gone.is_empty() && come.is_empty() {
            self.plain_layout(key, was, is, spot);
        }
        let come: HashSet<usize> = come.into_iter().collect();
        self.overlaps(key, news, |j| come.contains(&j), spot);
    }

    /// A branch that came or went.
    fn one_of(&mut self, kind: Kind, text: &str, branch: (&str, usize, Option<&Node>), spot: &Spot) {
        let (key, i, node) = branch;
        let at = At { text: spot.at().text, ..spot.below(&[key, &i.to_string()]).at() };
        self.out.say(kind, What::Other, &at, text, &[key, &node.map(compact).unwrap_or_default()]);
    }

    /// Branches of a `oneOf` that came or changed and may take what another one takes: such values are refused.
    fn overlaps(&mut self, key: &str, list: &[Node], changed: impl Fn(usize) -> bool, spot: &Spot) {
        if key != "oneOf" || self.level > 0 {
            return;
        }
        let (root, mut looks) = (self.new_root, self.looks);
        for (i, branch) in list.iter().enumerate().take(BRANCHES_MAX) {
            let earlier = |j: usize| j >= i && changed(j); // then it is told there
            let other = list.iter().enumerate().take(BRANCHES_MAX).find(|(j, other)| {
                *j != i
                    && changed(i)
                    && !(*j < i && earlier(*j))
                    && !disjoint(branch, other, root, &mut looks, 0)
            });
            if let Some((j, _)) = other {
                let at = At { text: spot.at().text, ..spot.below(&[key, &i.to_string()]).at() };
                let text = "may take the same values by branches {} and {} of {}, and refuses what both of them take";
                let (low, high) = (i.min(j).to_string(), i.max(j).to_string());
                self.out.say(Kind::Constraint, What::Other, &at, text, &[&low, &high, key]);
            }
        }
        self.looks = looks;
    }
}

fn listed(list: &[Node]) -> String {
    format!("[{}]", list.iter().map(compact).collect::<Vec<_>>().join(","))
}

/// Whether two schemas surely take no value in common: of other types, of other constants, or objects that must have a
/// property which cannot be the same. `false` means nothing; nor does `true` once `looks` are used up.
fn disjoint(a: &Node, b: &Node, root: &Node, looks: &mut usize, depth: usize) -> bool {
    if depth >= INSIDE_MAX || *looks == 0 {
        return *looks == 0;
    }
    *looks -= 1;
    let (a, b) = (behind(a, root), behind(b, root));
    if matches!(a.value, Value::Bool(false)) || matches!(b.value, Value::Bool(false)) {
        return true;
    }
    let types = |node: &Node| -> Option<BTreeSet<String>> {
        if let Some(values) = values(node) {
            return Some(values.iter().map(|value| type_of(value).to_owned()).collect());
        }
        let ty = node.get("type")?;
        let one =
            |node: &Node| node.as_str().map(|ty| if ty == "integer" { "number" } else { ty }.to_owned());
        Some(match ty.as_array() {
            Some(list) => list.iter().filter_map(one).collect(),
            None => one(ty).into_iter().collect(),
        })
    };
    let (of_a, of_b) = (types(a), types(b));
    if let (Some(a), Some(b)) = (&of_a, &of_b)
        && a.is_disjoint(b)
    {
        return true;
    }
    if let (Some(x), Some(y)) = (values(a), values(b)) {
        return !x.iter().any(|value| y.iter().any(|other| value.sorted() == other.sorted()));
    }
    let object = |types: &Option<BTreeSet<String>>| {
        types.as_ref().is_some_and(|t| t.len() == 1 && t.contains("object"))
    };
    if !object(&of_a) || !object(&of_b) {
        return false;
    }
    let needed = |node: &Node, name: &str| {
        let list = node.get("required").and_then(Node::as_array).unwrap_or_default();
        list.iter().any(|other| other.as_str() == Some(name))
    };
    let properties = a.get("properties").and_then(Node::as_object);
    let properties = properties.into_iter().flat_map(Object::iter).take(BRANCHES_MAX);
    properties.filter(|(name, _)| needed(a, name) || needed(b, name)).any(|(name, x)| {
        let other = b.get("properties").and_then(|all| all.get(name));
        other.is_some_and(|y| disjoint(x, y, root, looks, depth + 1))
    })
}

/// The values that a schema lists, if it does.
fn values(node: &Node) -> Option<&[Node]> {
    match (node.get("const"), node.get("enum")) {
        (Some(only), _) => Some(std::slice::from_ref(only)),
        (None, Some(list)) => list.as_array(),
        (None, None) => None,
    }
}

fn type_of(value: &Node) -> &'static str {
    match value.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What a reference within the schema leads to; the schema itself otherwise.
fn behind<'n>(node: &'n Node, root: &'n Node) -> &'n Node {
    let target = node.get("$ref").and_then(Node::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| at_pointer(root, pointer)).unwrap_or(node)
}
