//! From settled pairs to what is told: depth first, each difference with its path, its place and a piece of text.
//!
//! A pair that several schemas mention is told at each of them, within a budget; beyond it, only pairs that were not told
//! before are entered, so that whatever makes schemas incompatible is told at least once.

use assay_schema::json::{Node, Value};
use assay_schema::json_schema::{Draft, escape};

use super::look::{Item, Spot, Spotted, Step};
use super::model::{Id, Model};
use super::pairs::{Pair, PairId};
use crate::report::{Found, Fragment};
use crate::rule::Verdict;

/// Differences told that are allowed, and again as many that are not; the rest is left out.
const DIFFERENCES_MAX: usize = 1_000;
/// Pairs entered more than once.
const AGAIN_MAX: usize = 10_000;
/// Bytes of a path; where it would grow longer it ends in dots.
const PATH_MAX: usize = 4_096;
/// Characters of a fragment that are printed; the fragment itself is cut shorter.
const PRINTED_MAX: usize = 256;

/// Tells what the pair `root` holds.
pub(super) fn tell<'s>(
    pairs: &[Pair<'s>],
    root: PairId,
    original: &Model<'s>,
    update: &Model<'s>,
) -> Vec<Found> {
    let mut teller = Teller { original, update, allowed: 0, refused: 0, out: Vec::new() };
    let mut told = vec![false; pairs.len()];
    let mut open = vec![false; pairs.len()];
    let mut again = 0;
    let mut path = String::from("#");
    let mut stack = vec![(root, 0, path.len())];
    if let (Some(told), Some(open)) = (told.get_mut(root), open.get_mut(root)) {
        (*told, *open) = (true, true);
    }
    while let Some((id, next, length)) = stack.last_mut() {
        let (id, length) = (*id, *length);
        path.truncate(length);
        let Some(item) = pairs.get(id).and_then(|pair| pair.items.get(*next)) else {
            if let Some(open) = open.get_mut(id) {
                *open = false;
            }
            stack.pop();
            continue;
        };
        *next += 1;
        match item {
            Item::Found(spotted) => teller.found(&path, spotted),
            Item::Below(step, other) => {
                let (Some(told), Some(open)) = (told.get_mut(*other), open.get_mut(*other)) else { continue };
                if *open || (*told && again >= AGAIN_MAX) {
                    continue;
                }
                again += usize::from(*told);
                (*told, *open) = (true, true);
                push(&mut path, *step);
                stack.push((*other, 0, path.len()));
            }
        }
    }
    teller.out
}

fn push(path: &mut String, step: Step<'_>) {
    let index;
    let parts: &[&str] = match step {
        Step::Here => return,
        Step::Key(key) => &["/", key],
        Step::Name(key, name) => &["/", key, "/", name],
        Step::Index(key, number) => {
            index = number.to_string();
            &["/", key, "/", &index]
        }
    };
    let length: usize = parts.iter().map(|part| part.len()).sum();
    match path.len() + length {
        0..PATH_MAX => path.extend(parts.iter().copied()),
        _ if path.ends_with("/...") => {}
        _ => path.push_str("/..."),
    }
}

struct Teller<'t, 's> {
    original: &'t Model<'s>,
    update: &'t Model<'s>,
    allowed: usize,
    refused: usize,
    out: Vec<Found>,
}

impl<'s> Teller<'_, 's> {
    fn found(&mut self, path: &str, spotted: &Spotted<'s>) {
        let count = match spotted.rule.row().verdict {
            Verdict::Compatible => &mut self.allowed,
            Verdict::LenientOnly | Verdict::Incompatible => &mut self.refused,
        };
        *count += 1;
        if *count > DIFFERENCES_MAX {
            return;
        }
        let mut path = path.to_owned();
        push(&mut path, spotted.step);
        if path == "#" {
            path.push('/');
        }
        let reader = fragment(self.update, spotted.update);
        let writer = fragment(self.original, spotted.original);
        self.out.push(Found::new(spotted.rule, path).fragments(reader, writer));
    }
}

fn fragment(model: &Model<'_>, spot: Spot<'_>) -> Option<Fragment> {
    let (id, keyword) = match spot {
        Spot::None => return None,
        Spot::Schema(id) => (id, None),
        Spot::Keyword(id, keyword) => (id, Some(keyword)),
        Spot::Names(id, keywords, name) => return names(model, id, keywords, name),
    };
    let schema = model.get(id)?;
    let node = schema.node;
    // What 2020-12 calls `items` is told as what earlier drafts have beside a tuple.
    let keyword = match keyword {
        Some("additionalItems") if schema.draft == Draft::Draft202012 => Some("items"),
        other => other,
    };
    let place = model.place(id);
    let mut text = String::new();
    match keyword {
        None => {
            if let Some(name) = model.name(id) {
                print_text(name, &mut text);
                text.push(':');
            }
            print(node, &mut text);
            Some(Fragment::new(text, place))
        }
        Some(keyword) => {
            print_text(keyword, &mut text);
            text.push(':');
            print(node.get(keyword)?, &mut text);
            Some(Fragment::new(text, format!("{place}/{}", escape(keyword))))
        }
    }
}

/// The names that a schema lists for a member: under the first keyword that does.
fn names(model: &Model<'_>, id: Id, keywords: &[&str], name: &str) -> Option<Fragment> {
    let node = model.get(id)?.node;
    let list = |keyword: &&&str| Some(node.get(keyword)?.get(name)?).filter(|list| list.as_array().is_some());
    let keyword = keywords.iter().find(|keyword| list(keyword).is_some())?;
    let mut text = String::new();
    print_text(name, &mut text);
    text.push(':');
    print(list(&keyword)?, &mut text);
    Some(Fragment::new(text, format!("{}/{keyword}/{}", model.place(id), escape(name))))
}

/// Compact text, ending soon after [`PRINTED_MAX`] characters.
fn print(node: &Node, out: &mut String) {
    let full = |out: &String| out.len() > PRINTED_MAX;
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(text) => out.extend(text.chars().take(PRINTED_MAX)),
        Value::String(text) => print_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if full(out) {
                    return;
                }
                out.push_str(if i > 0 { "," } else { "" });
                print(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (i, (key, value)) in object.iter().enumerate() {
                if full(out) {
                    return;
                }
                out.push_str(if i > 0 { "," } else { "" });
                print_text(key, out);
                out.push(':');
                print(value, out);
            }
            out.push('}');
        }
    }
}

fn print_text(text: &str, out: &mut String) {
    let cut = text.char_indices().nth(PRINTED_MAX).map_or(text.len(), |(at, _)| at);
    assay_schema::json::write_string(text.get(..cut).unwrap_or(""), out);
}
