//! What a rule is: one row with its id, verdict, reason, hint, wording and source. The rows of a format are beside its
//! code (`avro/rules.rs`, `protobuf/rules.rs`, `json/rules/`); here are those of no format.

use std::hash::{Hash, Hasher};

use assay_schema::SchemaType;

use crate::level::Policy;

/// A way in which two schemas differ: a row of one of the tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule(pub(crate) &'static Row);

/// What is known of a rule.
#[derive(PartialEq, Eq, Debug)]
pub struct Row {
    /// Its id, as in messages. Two formats may have rules with the same id.
    pub id: &'static str,
    /// The format it belongs to; `None` for what is between schemas as such.
    pub format: Option<SchemaType>,
    /// Whether such a difference is allowed.
    pub verdict: Verdict,
    /// Why it is a rule.
    pub why: &'static str,
    /// What would fix it, in one line; empty where there is nothing to fix.
    pub hint: &'static str,
    /// The sentence of messages, with `{path}`, `{additional}`, `{version}`, and `{reader}` and `{writer}` for the
    /// words "new" and "old".
    pub text: &'static str,
    /// Where it is written.
    pub source: &'static str,
}

/// Whether a difference is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Always.
    Compatible,
    /// With the policy LENIENT only.
    LenientOnly,
    /// Never.
    Incompatible,
}

impl Verdict {
    /// Whether a difference with this verdict makes schemas incompatible.
    pub fn is_breaking(self, policy: Policy) -> bool {
        match self {
            Verdict::Compatible => false,
            Verdict::LenientOnly => policy == Policy::Strict,
            Verdict::Incompatible => true,
        }
    }
}

impl Rule {
    /// The id, as in messages.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// What is known of the rule.
    pub fn row(self) -> &'static Row {
        self.0
    }

    /// All rules, those of no format first.
    pub fn all() -> impl Iterator<Item = Rule> {
        let tables = std::iter::once(ALL);
        #[cfg(feature = "avro")]
        let tables = tables.chain([crate::avro::rules::ALL]);
        #[cfg(feature = "protobuf")]
        let tables = tables.chain([crate::protobuf::rules::ALL]);
        #[cfg(feature = "json")]
        let tables = tables.chain(crate::json::rules::ALL);
        tables.flatten().copied()
    }
}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.format, self.0.id).hash(state);
    }
}

/// A table of rules: `ID, Verdict, why, hint, text, source;`, one constant each, and `ALL`.
macro_rules! rules {
    ($format:expr; $($id:ident, $verdict:ident, $why:expr, $hint:expr, $text:expr, $source:expr;)*) => {
        $(
            #[doc = concat!("The row of `", stringify!($id), "`.")]
            pub(crate) const $id: $crate::rule::Rule = $crate::rule::Rule(&$crate::rule::Row {
                id: stringify!($id),
                format: $format,
                verdict: $crate::rule::Verdict::$verdict,
                why: $why,
                hint: $hint,
                text: $text,
                source: $source,
            });
        )*
        /// All of them, in order.
        pub(crate) const ALL: &[$crate::rule::Rule] = &[$($id),*];
    };
}
pub(crate) use rules;

rules! { None;
    SCHEMA_TYPE_CHANGED, Incompatible,
        "data of one format cannot be read with a schema of another",
        "register the schema under another subject",
        "The schema types differ: {additional} in version {version}",
        "registry contract 3.1";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rows_are_complete_and_ids_unique_in_a_format() {
        let mut seen = HashSet::new();
        for rule in Rule::all() {
            let row = rule.row();
            assert!(seen.insert(rule), "{} twice", row.id);
            assert!(!row.why.is_empty() && !row.source.is_empty(), "{}", row.id);
            if row.verdict != Verdict::Compatible {
                assert!(!row.hint.is_empty() && !row.text.is_empty(), "{}", row.id);
            }
        }
    }
}
