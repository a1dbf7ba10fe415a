//! The fast walk: a payload is read and checked in one pass, without a tree. It says yes, no, or that it does not know; what it says is
//! what `jsonschema` says of `serde_json`'s tree, and the crate's properties hold it to that.
//!
//! Of several members with one name the last one counts. So a member that is not valid does not decide yet: another of its name may
//! follow. The walk keeps a bit for each name of the schema; only a member without one leaves it not knowing.

use std::cell::RefCell;

use serde_json::Value;

use super::{
    program::{
        ARRAY, FALSE, INTEGER, Members, NULL, NUMBER, Node, Numeric, OBJECT, Program, Range, STRING, Strings,
        TRUE,
    },
    text,
};
use crate::text::is_ascii;

/// How deep arrays and objects may nest: as deep as `serde_json` reads them.
const DEPTH_MAX: usize = 127;

/// Texts that may fail their pattern, each of which can take long; beyond that it is for the slow way, which looks at a member once however often
/// it is written.
const MISFITS_MAX: usize = 100;

/// Longest text, in bytes, that the buffer for texts under patterns and formats keeps room for.
const TEXT_KEPT_MAX: usize = 64 * 1024;

/// Payloads of fewer bytes are too short for SIMD to gain.
const SIMD_BYTES_MIN: usize = 64;

/// What is left of the payload behind a value, and whether that was valid. `None` for what is not JSON.
type Read<'d> = Option<(&'d [u8], bool)>;

impl Program {
    /// Whether a payload is JSON and valid; `None` if one pass cannot tell.
    pub(super) fn accepts(&self, payload: &[u8]) -> Option<bool> {
        let short = payload.len() < SIMD_BYTES_MIN && is_ascii(payload);
        if !short && simdutf8::basic::from_utf8(payload).is_err() {
            return Some(false);
        }
        let mut run = Run { program: self, unsure: false, misfits: 0 };
        let read = self.node(0).and_then(|root| run.value(root, text::blank(payload), 0));
        if run.unsure {
            return None;
        }
        Some(matches!(read, Some((rest, true)) if text::blank(rest).is_empty()))
    }
}

struct Run<'p> {
    program: &'p Program,
    /// Whether a member was not valid that another one of its name may stand in for.
    unsure: bool,
    /// Texts that were not what is asked for.
    misfits: usize,
}

/// The members of an object that were met.
#[derive(Default)]
struct Met {
    /// By their names' bits.
    named: u128,
    /// Those of the named whose value is not valid.
    bad: u128,
    count: usize,
    others: usize,
}

impl<'p> Run<'p> {
    /// A value that begins here.
    fn value<'d>(&mut self, node: &Node, rest: &'d [u8], depth: usize) -> Read<'d> {
        let node = self.chosen(node, rest)?;
        let may = |bit: u8| node.types & bit != 0;
        match rest {
            [b'"', behind @ ..] => self.string(node, behind),
            [b'{', _, ..] if !node.any && may(OBJECT) => self.object(&node.members, rest, depth),
            [b'[', _, ..] if !node.any && may(ARRAY) => self.array(node, rest, depth),
            [b'{' | b'[', ..] => Some((text::skip(rest, DEPTH_MAX.checked_sub(depth)?)?, node.any)),
            [b't', b'r', b'u', b'e', behind @ ..] => Some((behind, may(TRUE))),
            [b'f', b'a', b'l', b's', b'e', behind @ ..] => Some((behind, may(FALSE))),
            [b'n', b'u', b'l', b'l', behind @ ..] => Some((behind, may(NULL))),
            _ => self.number(node, rest),
        }
    }

    /// The node itself, or the one of its choices that the value's type leads to. Choices have none of their own.
    #[inline]
    fn chosen<'n>(&self, node: &'n Node, rest: &[u8]) -> Option<&'n Node>
    where
        'p: 'n,
    {
        if node.choices.is_empty() {
            return Some(node);
        }
        let bit = match rest.first()? {
            b'"' => STRING,
            b'{' => OBJECT,
            b'[' => ARRAY,
            b't' => TRUE,
            b'f' => FALSE,
            b'n' => NULL,
            _ => INTEGER, // what takes numbers takes integers
        };
        match node.choices.iter().find(|(bits, _)| bits & bit != 0) {
            Some((_, choice)) => self.program.node(*choice),
            None => Some(node), // it takes nothing itself
        }
    }

    /// A string whose quote has been read.
    #[inline]
    fn string<'d>(&mut self, node: &Node, rest: &'d [u8]) -> Read<'d> {
        let (raw, behind) = text::string(rest)?;
        if node.types & STRING == 0 || !node.strings.checked {
            return Some((behind, node.types & STRING != 0));
        }
        let valid = if raw.contains(&b'\\') {
            unescaped(raw, |text| fits(&node.strings, text))?
        } else {
            fits(&node.strings, raw)
        };
        if !valid {
            self.misfits += 1;
            if self.misfits > MISFITS_MAX {
                self.unsure = true;
                return None; // stops the walk
            }
        }
        Some((behind, valid))
    }

    /// A number, or what is no value at all.
    fn number<'d>(&mut self, node: &Node, rest: &'d [u8]) -> Read<'d> {
        if let (Some((integer, behind)), Some((min, max))) = (text::short_integer(rest), node.numbers.bounds)
        {
            let may = node.any || node.types & (INTEGER | NUMBER) != 0 && min <= integer && integer <= max;
            return Some((behind, may));
        }
        let number = text::number(rest)?;
        if node.any {
            return Some((number.behind, true));
        }
        if node.types & (INTEGER | NUMBER) == 0 {
            return Some((number.behind, false));
        }
        if node.numbers.listed && !number.is_integer() {
            self.unsure = true; // the slow way has an account of how long it may take
            return None;
        }
        Some((number.behind, is_valid_number(node.types, &node.numbers, &number)?))
    }

    fn array<'d>(&mut self, node: &Node, rest: &'d [u8], depth: usize) -> Read<'d> {
        if depth >= DEPTH_MAX {
            return None;
        }
        let mut rest = text::blank(rest.get(1..)?);
        if let [b']', behind @ ..] = rest {
            return Some((behind, node.items.length.holds(0)));
        }
        let each = node.items.each.and_then(|each| self.program.node(each));
        let (mut count, mut valid) = (0, true);
        loop {
            let fits;
            (rest, fits) = match each {
                Some(each) if valid => self.value(each, rest, depth + 1)?,
                _ => (text::skip(rest, DEPTH_MAX - depth - 1)?, true),
            };
            valid &= fits;
            count += 1;
            match text::blank(rest) {
                [b',', behind @ ..] => rest = text::blank(behind),
                [b']', behind @ ..] => return Some((behind, valid && node.items.length.holds(count))),
                _ => return None,
            }
        }
    }

    fn object<'d>(&mut self, members: &Members, rest: &'d [u8], depth: usize) -> Read<'d> {
        if depth >= DEPTH_MAX {
            return None;
        }
        let mut rest = text::blank(rest.get(1..)?);
        let mut met = Met::default();
        let mut others_valid = true;
        if let [b'}', behind @ ..] = rest {
            return Some((behind, self.complete(members, &met)));
        }
        let mut next = 0; // the name that stands here when members come in the order of the schema
        loop {
            let (name, value) = match members.names.expected(next, rest) {
                Some(behind) => (Some(next), text::blank(behind)),
                None => self.name(members, rest)?,
            };
            met.count += 1;
            if let Some(at) = name {
                next = at + 1;
                let bit = 1 << at;
                let node = members.values.get(at).copied().flatten();
                let valid;
                (rest, valid) = self.member(node, value, depth)?;
                met.named |= bit;
                met.bad = if valid { met.bad & !bit } else { met.bad | bit };
            } else {
                met.others += 1;
                let valid;
                let node = members.others.filter(|_| others_valid); // one that is not valid decides, or nothing does
                (rest, valid) = self.member(node, value, depth)?;
                others_valid &= valid;
            }
            match text::blank(rest) {
                [b',', behind @ ..] => rest = text::blank(behind),
                [b'}', behind @ ..] => {
                    let complete = self.complete(members, &met);
                    return Some((behind, self.others(members, &met, others_valid) && complete));
                }
                _ => return None,
            }
        }
    }

    #[inline]
    fn member<'d>(&mut self, node: Option<usize>, value: &'d [u8], depth: usize) -> Read<'d> {
        match node.and_then(|node| self.program.node(node)) {
            Some(node) => self.value(node, value, depth + 1),
            None => Some((text::skip(value, DEPTH_MAX - depth - 1)?, true)),
        }
    }

    /// The name of a member, by its position in the schema, and what stands behind its colon.
    fn name<'d>(&self, members: &Members, rest: &'d [u8]) -> Option<(Option<usize>, &'d [u8])> {
        let [b'"', rest @ ..] = rest else { return None };
        let (raw, behind) = text::string(rest)?;
        let name = if raw.contains(&b'\\') {
            unescaped(raw, |name| members.names.find(name))?
        } else {
            members.names.find(raw)
        };
        match text::blank(behind) {
            [b':', behind @ ..] => Some((name, text::blank(behind))),
            _ => None,
        }
    }

    /// Whether the members that have no name of their own are valid, as far as can be told.
    fn others(&mut self, members: &Members, met: &Met, valid: bool) -> bool {
        let takes_nothing = |node: &Node| node.types == 0 && node.choices.is_empty();
        let never = members.others.and_then(|node| self.program.node(node)).is_some_and(takes_nothing);
        if !valid && !never && met.others > 1 {
            self.unsure = true; // the one that is not valid may stand before another of its name
        }
        valid
    }

    /// Whether an object has what it must have: names, and number of members.
    #[inline]
    fn complete(&mut self, members: &Members, met: &Met) -> bool {
        let fits = met.named & members.required == members.required && met.bad == 0;
        fits & (members.length == Range::default() || self.counted(members, met))
    }

    /// Whether the number of members is one that is allowed.
    fn counted(&mut self, members: &Members, met: &Met) -> bool {
        let named = met.named.count_ones() as usize;
        // Members of one name count once, and those without a name of the schema cannot be told apart here.
        let least = named + met.others.min(1);
        let most = named + met.others;
        let (fewest, all) = (members.length.holds(least), members.length.holds(most));
        let between = least < members.length.min && most > members.length.max;
        if fewest != all || between {
            self.unsure = true;
        }
        all
    }
}

/// What a string says that holds escapes, for as long as `asks` runs; in a buffer that is used again.
#[cold]
fn unescaped<T>(raw: &[u8], asks: impl FnOnce(&[u8]) -> T) -> Option<T> {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        buffer.shrink_to(TEXT_KEPT_MAX);
        text::unescape(raw, buffer)?;
        Some(asks(buffer))
    })
}

/// Whether a text, which is UTF-8, is what is asked for.
fn fits(strings: &Strings, text: &[u8]) -> bool {
    if let Some(options) = &strings.options
        && options.binary_search_by(|option| option.as_bytes().cmp(text)).is_err()
    {
        return false;
    }
    // A character takes one to four bytes, so most lengths need no counting.
    let (least, most) = (text.len() / 4, text.len());
    let surely = strings.length.min <= least && most <= strings.length.max;
    if !surely && !strings.length.holds(text::characters(text)) {
        return false;
    }
    strings.rest.as_ref().is_none_or(|rest| is_valid_text(rest, text))
}

/// What a validator says of a string, in a buffer that is used again.
fn is_valid_text(validator: &jsonschema::Validator, text: &[u8]) -> bool {
    thread_local! {
        static BUFFER: RefCell<Value> = const { RefCell::new(Value::String(String::new())) };
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    BUFFER.with_borrow_mut(|value| {
        let Value::String(buffer) = value else { return validator.is_valid(&Value::String(text.to_owned())) };
        buffer.clear();
        buffer.shrink_to(TEXT_KEPT_MAX);
        buffer.push_str(text);
        validator.is_valid(value)
    })
}

/// `None` only for what `serde_json` does not read, which [`text::number`] has ruled out.
fn is_valid_number(types: u8, numeric: &Numeric, number: &text::Number<'_>) -> Option<bool> {
    if let (Some((min, max)), Some((low, high))) = (numeric.bounds, number.range) {
        let inside = min <= low && high <= max;
        if low == high {
            return Some(inside); // an integer
        }
        if inside && types & NUMBER != 0 {
            return Some(true);
        }
    }
    match &numeric.all {
        None => Some(types & NUMBER != 0),
        Some(validator) => {
            let number: serde_json::Number = serde_json::from_slice(number.text).ok()?;
            Some(validator.is_valid(&Value::Number(number)))
        }
    }
}
