//! Patterns of names in configs: `*` is any text, `?` any character, everything else itself. Lists are separated by commas.

use std::fmt;

/// A list of patterns. `Display` gives the text it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(Vec<String>);

impl Patterns {
    /// Reads a list; empty items are left out.
    #[must_use]
    pub fn parse(text: &str) -> Patterns {
        Patterns(text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect())
    }

    /// Whether one of the patterns fits the whole name.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern == "*" || fits(pattern, name))
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

/// Whether a pattern fits a whole name. Time is at most the product of their lengths.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == '?' || name.get(from) == Some(c) => {
                at += 1;
                from += 1;
            }
            // Back to the last star, which takes one character more.
            _ => match star {
                Some((star_at, star_from)) => {
                    star = Some((star_at, star_from + 1));
                    at = star_at + 1;
                    from = star_from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (list, name, want) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "anything", false),
            ("orders", "orders", true),
            ("orders", "orders2", false),
            ("orders-*", "orders-eu", true),
            ("orders-*", "orders", false),
            ("*-eu", "orders-eu", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*a", "a", false),
            ("x, orders-* ,y", "orders-1", true),
            ("*aaab", "aaaaaaaaab", true),
        ] {
            assert_eq!(Patterns::parse(list).fits(name), want, "{list} {name}");
        }
        assert_eq!(Patterns::parse(" a ,, b").to_string(), "a,b");
    }

    /// A pattern made for backtracking ends all the same.
    #[test]
    fn no_exponential_time() {
        assert!(!Patterns::parse(&"*a".repeat(100)).fits(&"a".repeat(99)));
        assert!(!Patterns::parse(&format!("{}b", "a*".repeat(500))).fits(&"a".repeat(2000)));
    }
}
