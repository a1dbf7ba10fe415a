//! The names of an object's properties, found by the bytes of a key.

/// Names that an object may have here: a bit each in a mask.
pub(super) const NAMES_MAX: usize = 128;

/// An odd number with well-spread bits: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Bytes of a name that are compared at once.
const HEAD: usize = 16;

/// Names, and a table to find them by.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Box<[Name]>,
    /// Positions in `names` plus one, by hash; 0 is free. A power of two, at least twice as many as names.
    table: Box<[u8]>,
}

#[derive(Debug)]
struct Name {
    name: Box<str>,
    /// As most writers put it in front of a value: in quotes, with a colon. Empty if that needs escapes.
    written: Box<[u8]>,
    /// The first 16 bytes of that as a number, and the bits of it that count; 0 behind the end.
    head: u128,
    mask: u128,
}

impl Name {
    fn new(name: &str) -> Name {
        let plain = !name.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\');
        let written = if plain { format!("\"{name}\":").into_bytes() } else { Vec::new() };
        let (mut head, mut mask) = ([0; HEAD], [0; HEAD]);
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(&written) {
            (*head, *mask) = (*byte, 0xff);
        }
        Name {
            name: name.into(),
            written: written.into(),
            head: u128::from_le_bytes(head),
            mask: u128::from_le_bytes(mask),
        }
    }
}

impl Names {
    /// Of at most [`NAMES_MAX`] names, all different.
    pub(super) fn new(names: &[&str]) -> Names {
        let mut table = vec![0u8; (names.len() * 2).next_power_of_two()];
        for (at, name) in (1..).zip(names) {
            let mask = table.len() - 1;
            let mut slot = hash(name.as_bytes()) & mask;
            while table.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & mask;
            }
            if let Some(free) = table.get_mut(slot) {
                *free = at;
            }
        }
        Names { names: names.iter().map(|name| Name::new(name)).collect(), table: table.into() }
    }

    /// What follows the name at this position and its colon, if they are what stands there.
    #[inline]
    pub(super) fn expected<'d>(&self, at: usize, rest: &'d [u8]) -> Option<&'d [u8]> {
        let name = self.names.get(at)?;
        if let Some(head) = rest.first_chunk::<HEAD>() {
            if u128::from_le_bytes(*head) & name.mask != name.head {
                return None;
            }
            if (1..=HEAD).contains(&name.written.len()) {
                return rest.get(name.written.len()..);
            }
        }
        if name.written.is_empty() { None } else { rest.strip_prefix(&*name.written) }
    }

    /// The position of a name.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        if self.names.is_empty() {
            return None;
        }
        let mask = self.table.len() - 1;
        let mut slot = hash(name) & mask;
        loop {
            let at = usize::from(*self.table.get(slot)?).checked_sub(1)?; // half of the table is free
            if self.names.get(at)?.name.as_bytes() == name {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// Of length, the first and the last eight bytes.
#[inline]
fn hash(name: &[u8]) -> usize {
    let (head, tail) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => (name.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)), 0),
    };
    let mixed = (head ^ tail.rotate_left(29) ^ name.len() as u64).wrapping_mul(SPREAD);
    (mixed >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_name_and_no_other() {
        let names: Vec<String> =
            (0..NAMES_MAX).map(|at| "property".repeat(at % 3) + &at.to_string()).collect();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let table = Names::new(&known);
        for (at, name) in known.iter().enumerate() {
            assert_eq!(table.find(name.as_bytes()), Some(at));
            assert_eq!(table.find(format!("{name}x").as_bytes()), None);
            for behind in ["1", " 12345678901234567890"] {
                let rest = format!("\"{name}\":{behind}");
                assert_eq!(table.expected(at, rest.as_bytes()), Some(behind.as_bytes()));
                let other = (at + 1) % NAMES_MAX;
                assert_eq!(table.expected(other, rest.as_bytes()), None);
                for cut in 0..rest.len() - behind.len() {
                    assert_eq!(table.expected(at, &rest.as_bytes()[..cut]), None);
                    assert_eq!(table.expected(at, rest.replacen(':', "!", 1).as_bytes()), None);
                }
            }
        }
        assert_eq!(table.find(b""), None);
        assert_eq!(Names::default().find(b"a"), None);
        assert_eq!(Names::new(&[""]).find(b""), Some(0));
        assert_eq!(Names::new(&["a\"b"]).expected(0, b"\"a\"b\":1"), None);
    }
}
