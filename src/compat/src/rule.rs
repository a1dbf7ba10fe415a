//! The rules, one row each.

/// A way in which two schemas do not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Rule {
    /// Records, enums or fixed of different names.
    NameMismatch,
    /// Fixed of different sizes.
    FixedSizeMismatch,
    /// The reader's enum lacks symbols of the writer's.
    MissingEnumSymbols,
    /// The reader has a field that the writer lacks, without a default.
    ReaderFieldMissingDefaultValue,
    /// Types that no promotion joins.
    TypeMismatch,
    /// A type of the writer fits no branch of the reader's union.
    MissingUnionBranch,
    /// A field of the reader matches several fields of the writer.
    AmbiguousFieldAlias,
    /// The comparison was given up.
    TooComplex,
    /// The schemas are of different types (Avro, JSON, Protobuf).
    SchemaTypeChanged,
    /// The rules for this type of schema are not written yet.
    NotImplemented,
}

/// What is known of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The rule.
    pub rule: Rule,
    /// Its id, as in messages.
    pub id: &'static str,
    /// Why it is one.
    pub why: &'static str,
    /// Where it is written.
    pub source: &'static str,
}

const AVRO: &str = "Avro specification, Schema Resolution";

/// All rules, in the order of [`Rule`].
pub const RULES: [Row; 10] = [
    Row {
        rule: Rule::NameMismatch,
        id: "NAME_MISMATCH",
        why: "named types resolve only if their unqualified names are equal or the reader has the writer's as an alias",
        source: AVRO,
    },
    Row {
        rule: Rule::FixedSizeMismatch,
        id: "FIXED_SIZE_MISMATCH",
        why: "a fixed is read with the size of the reader, so the sizes must be equal",
        source: AVRO,
    },
    Row {
        rule: Rule::MissingEnumSymbols,
        id: "MISSING_ENUM_SYMBOLS",
        why: "a symbol that the reader does not know is an error, unless the reader's enum has a default",
        source: AVRO,
    },
    Row {
        rule: Rule::ReaderFieldMissingDefaultValue,
        id: "READER_FIELD_MISSING_DEFAULT_VALUE",
        why: "a field that the writer does not have takes its default, and without one is an error",
        source: AVRO,
    },
    Row {
        rule: Rule::TypeMismatch,
        id: "TYPE_MISMATCH",
        why: "types must be equal or joined by a promotion: int, long, float, double upwards; string and bytes",
        source: AVRO,
    },
    Row {
        rule: Rule::MissingUnionBranch,
        id: "MISSING_UNION_BRANCH",
        why: "every type the writer may write must fit a branch of the reader's union",
        source: AVRO,
    },
    Row {
        rule: Rule::AmbiguousFieldAlias,
        id: "AMBIGUOUS_FIELD_ALIAS",
        why: "a field whose name and aliases match several fields of the writer has no single value",
        source: "Apache Avro for Java refuses to compare such schemas",
    },
    Row {
        rule: Rule::TooComplex,
        id: "TOO_COMPLEX",
        why: "a comparison is bounded in depth and steps; beyond them we do not claim that schemas fit",
        source: "limits of this crate",
    },
    Row {
        rule: Rule::SchemaTypeChanged,
        id: "SCHEMA_TYPE_CHANGED",
        why: "data of one format cannot be read with a schema of another",
        source: "registry contract 3.1",
    },
    Row {
        rule: Rule::NotImplemented,
        id: "NOT_IMPLEMENTED",
        why: "a verdict without rules would be a guess, so a change is refused",
        source: "README, what is not done yet",
    },
];

impl Rule {
    /// The id, as in messages.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// What is known of the rule.
    pub fn row(self) -> &'static Row {
        let [first, ..] = &RULES;
        RULES.iter().find(|row| row.rule == self).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_row() {
        for (i, row) in RULES.iter().enumerate() {
            assert_eq!(row.rule as usize, i, "{}", row.id);
            assert_eq!(row.rule.row(), row);
        }
    }
}
