//! Query strings: decoded once, repeatable names, and the contract's rules for booleans and paging (1.1).

use crate::path::{Plus, Undecodable, percent_decode};

/// The decoded pairs of a query string, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a raw query string (without the `?`). A name without `=` has the empty value.
    ///
    /// # Errors
    /// [`Undecodable`] for a broken escape or bytes that are not UTF-8.
    pub(crate) fn parse(raw: &str) -> Result<Query, Undecodable> {
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((percent_decode(name, Plus::Space)?, percent_decode(value, Plus::Space)?));
        }
        Ok(Query { pairs })
    }

    /// The first value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of `name`, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Replaces every value of `name` by one.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.pairs.retain(|(n, _)| n != name);
        self.pairs.push((name.to_owned(), value));
    }

    /// A boolean: true only for the text `true` in any case (contract 1.1).
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v.trim().eq_ignore_ascii_case("true"))
    }

    /// `offset` and `limit`; text that is not a number counts as absent.
    pub(crate) fn page(&self, bounds: PageBounds) -> Page {
        let number = |name| self.get(name).and_then(|v| v.trim().parse::<i64>().ok());
        let offset = number("offset").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let limit = number("limit")
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0 && *n <= bounds.max)
            .unwrap_or(bounds.default);
        Page { offset, limit }
    }
}

/// The default and the largest row limit of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageBounds {
    pub(crate) default: usize,
    pub(crate) max: usize,
}

impl PageBounds {
    /// No limit, as for every listing but `GET /schemas`.
    pub(crate) const UNLIMITED: PageBounds =
        PageBounds { default: i32::MAX as usize, max: i32::MAX as usize };
}

/// A window of a listing, taken after filtering and sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl Page {
    /// The window of `rows`.
    pub(crate) fn of<T>(self, rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        rows.into_iter().skip(self.offset).take(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_true_in_any_case_only() {
        for (raw, expected) in [
            ("deleted=true", true),
            ("deleted=True", true),
            ("deleted=TRUE", true),
            ("deleted=tRuE&deleted=false", true),
            ("deleted=1", false),
            ("deleted=yes", false),
            ("deleted=", false),
            ("deleted", false),
            ("Deleted=true", false),
            ("", false),
            ("%64eleted=%74rue", true),
        ] {
            assert_eq!(Query::parse(raw).unwrap().flag("deleted"), expected, "{raw}");
        }
    }

    #[test]
    fn paging_follows_the_contract() {
        let bounds = PageBounds { default: 1000, max: 1000 };
        for (raw, offset, limit) in [
            ("", 0, 1000),
            ("limit=5", 0, 5),
            ("limit=0", 0, 1000),
            ("limit=-1", 0, 1000),
            ("limit=5000", 0, 1000),
            ("limit=1000", 0, 1000),
            ("limit=x", 0, 1000),
            ("offset=3&limit=2", 3, 2),
            ("offset=-3", 0, 1000),
            ("offset=99999999999999999999", 0, 1000),
        ] {
            assert_eq!(Query::parse(raw).unwrap().page(bounds), Page { offset, limit }, "{raw}");
        }
    }

    #[test]
    fn pairs_decode_once_and_repeat() {
        let query = Query::parse("key=a&key=b+c&value=%2525&&=x&plus=%2B").unwrap();
        assert_eq!(query.all("key").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(query.get("value"), Some("%25"));
        assert_eq!(query.get("plus"), Some("+"));
        assert_eq!(query.get("none"), None);
        assert!(Query::parse("a=%").is_err() && Query::parse("%ff=1").is_err());
    }
}
