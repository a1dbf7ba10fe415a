//! JSON schemas made to be expensive: the answer comes soon, and is never a guess.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use assay_compat::{Level, Old, Policy, Report, changes, check};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};
use proptest::prelude::*;

fn json(text: &str) -> ParsedSchema {
    let limits = Limits { schema_bytes: 16 << 20, ..Limits::default() };
    parse(SchemaType::Json, text, &[], Strictness::Stored, &limits).unwrap()
}

fn backward(new: &str, old: &str) -> Report {
    check(Level::Backward, &json(new), &[Old { version: Version::FIRST, schema: &json(old) }])
}

fn ids(report: &Report) -> Vec<&'static str> {
    report.differences().iter().map(|d| d.rule.id()).collect()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

#[test]
fn doubling_references_are_compared_once() {
    // Each definition mentions the next twice: 2^60 ways down, 60 pairs.
    for keyword in ["oneOf", "anyOf", "allOf"] {
        let doubling = |leaf: &str| {
            let links = joined((0..60).map(|i| {
                let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, i + 1);
                format!(r#""d{i}":{{"{keyword}":[{{"type":"array","items":{next}}},{{"type":"object","additionalProperties":{next}}}]}}"#)
            }));
            format!(r##"{{"definitions":{{{links},"d60":{{"type":"{leaf}"}}}},"$ref":"#/definitions/d0"}}"##)
        };
        assert!(backward(&doubling("number"), &doubling("integer")).is_compatible(), "{keyword}");
        let refused = backward(&doubling("integer"), &doubling("number"));
        assert_eq!(ids(&refused), ["COMBINED_TYPE_SUBSCHEMAS_CHANGED"], "{keyword}");
    }
}

#[test]
fn doubling_properties_are_told_within_a_budget() {
    let doubling = |leaf: &str| {
        let links = joined((0..60).map(|i| {
            let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, i + 1);
            format!(r#""d{i}":{{"properties":{{"a":{next},"b":{next}}}}}"#)
        }));
        format!(r##"{{"definitions":{{{links},"d60":{{"type":"{leaf}"}}}},"$ref":"#/definitions/d0"}}"##)
    };
    assert!(backward(&doubling("string"), &doubling("string")).is_compatible());
    let refused = backward(&doubling("string"), &doubling("number")).differences().len();
    assert!((1..=1_000).contains(&refused), "{refused}");
}

#[test]
fn cycles_of_references_end() {
    let circle = r##"{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}"##;
    assert!(backward(circle, circle).is_compatible());
    assert!(backward("{}", circle).is_compatible());
    assert!(!backward(r#"{"type":"string"}"#, circle).is_compatible());
    // Cycles of coprime lengths: their pairs form one path of 41 * 43 steps.
    let cycle = |n: usize, leaf: &str| {
        let links = joined((0..n).map(|i| {
            format!(
                r##""d{i}":{{"properties":{{"v":{{"type":"{leaf}"}},"n":{{"$ref":"#/definitions/d{}"}}}}}}"##,
                (i + 1) % n
            )
        }));
        format!(r##"{{"definitions":{{{links}}},"$ref":"#/definitions/d0"}}"##)
    };
    assert!(backward(&cycle(41, "number"), &cycle(43, "integer")).is_compatible());
    let refused = backward(&cycle(41, "integer"), &cycle(43, "number"));
    assert_eq!(refused.differences().len(), 1_000);
    // Nothing but mutual alternatives: every pair depends on every other.
    let knot = |n: usize, leaf: &str| {
        let links = joined((0..n).map(|i| {
            let all = joined((0..n).map(|j| {
                format!(r##"{{"type":"array","items":{{"$ref":"#/definitions/d{j}"}},"maxItems":{j}}}"##)
            }));
            format!(r#""d{i}":{{"anyOf":[{all},{{"type":"{leaf}","minimum":{i}}}]}}"#)
        }));
        format!(r##"{{"definitions":{{{links}}},"$ref":"#/definitions/d0"}}"##)
    };
    assert!(backward(&knot(12, "number"), &knot(12, "number")).is_compatible());
    assert!(!backward(&knot(12, "integer"), &knot(12, "number")).is_compatible());
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = |open: &str, leaf: &str, close: &str| format!("{}{leaf}{}", open.repeat(90), close.repeat(90));
    for (open, close) in [
        (r#"{"properties":{"a":"#, "}}"),
        (r#"{"allOf":["#, "]}"),
        (r#"{"not":"#, "}"),
        (r#"{"items":"#, "}"),
        (r#"{"anyOf":[{"type":"null"},"#, "]}"),
    ] {
        let (number, integer) = (r#"{"type":"number"}"#, r#"{"type":"integer"}"#);
        assert!(backward(&deep(open, number, close), &deep(open, integer, close)).is_compatible(), "{open}");
        assert!(!backward(&deep(open, integer, close), &deep(open, number, close)).is_compatible(), "{open}");
    }
    // A chain of references longer than any nesting.
    let chain = |n: usize, leaf: &str| {
        let links =
            joined((0..n).map(|i| format!(r##""d{i}":{{"items":{{"$ref":"#/definitions/d{}"}}}}"##, i + 1)));
        format!(r##"{{"definitions":{{{links},"d{n}":{{"type":"{leaf}"}}}},"$ref":"#/definitions/d0"}}"##)
    };
    let refused = backward(&chain(20_000, "integer"), &chain(20_000, "number"));
    assert_eq!(ids(&refused), ["TYPE_NARROWED"]);
    assert!(refused.differences()[0].path.ends_with("/..."), "a path has a length");
}

#[test]
fn big_sums_and_objects_are_bounded() {
    let sum = |n: usize, ty: &str| {
        let branches = joined((0..n).map(|i| {
            format!(r#"{{"type":"object","properties":{{"kind":{{"const":"k{i}"}},"v":{{"type":"{ty}"}}}},"required":["kind"]}}"#)
        }));
        format!(r#"{{"oneOf":[{branches}]}}"#)
    };
    assert!(backward(&sum(1_000, "number"), &sum(1_000, "number")).is_compatible());
    assert!(backward(&sum(1_000, "number"), &sum(999, "number")).is_compatible());
    assert!(backward(&sum(100, "number"), &sum(100, "integer")).is_compatible());
    assert_eq!(
        ids(&backward(&sum(100, "integer"), &sum(100, "number"))),
        ["COMBINED_TYPE_SUBSCHEMAS_CHANGED"]
    );
    // Beyond the bound nobody claims that they fit; the very same schema does, though.
    let enums = |first: usize| {
        let values = |from: usize| joined((0..2_000).map(|i| (from + i).to_string()));
        format!(
            r#"{{"anyOf":[{}]}}"#,
            joined((0..40).map(|i| format!(r#"{{"enum":[{}]}}"#, values(first + i))))
        )
    };
    assert_eq!(ids(&backward(&enums(1), &enums(100))), ["TOO_COMPLEX"]);
    assert!(backward(&enums(1), &enums(1)).is_compatible());

    let object = |n: usize, ty: &str| {
        let properties = joined((0..n).map(|i| format!(r#""p{i}":{{"type":"{ty}"}}"#)));
        format!(r#"{{"properties":{{{properties}}}}}"#)
    };
    assert!(backward(&object(10_000, "number"), &object(10_000, "integer")).is_compatible());
    assert_eq!(backward(&object(10_000, "string"), &object(10_000, "number")).differences().len(), 1_000);

    let names = joined((0..10_000).map(|i| format!(r#""v{i}""#)));
    let all = format!(r#"{{"enum":[{names}]}}"#);
    assert!(backward(&all, &all).is_compatible());
    assert_eq!(ids(&backward(r#"{"enum":["v1"]}"#, &all)), ["ENUM_ARRAY_NARROWED"]);
}

#[test]
fn patterns_keep_an_account() {
    let object = |patterns: usize, pattern: &str, names: usize, letters: usize| {
        let patterns = joined((0..patterns).map(|i| format!(r#""{pattern}{i}":{{"type":"string"}}"#)));
        let properties =
            joined((0..names).map(|i| format!(r#""{}{i}":{{"type":"string"}}"#, "a".repeat(letters))));
        format!(
            r#"{{"patternProperties":{{{patterns}}},"properties":{{{properties}}},"additionalProperties":false}}"#
        )
    };
    // Again and again, for what one comparison has compiled costs the next one as much.
    let (old, new) = (json(&object(600, "^x", 10, 60)), json(&object(600, "^x", 0, 60)));
    for _ in 0..3 {
        let report = check(Level::Backward, &new, &[Old { version: Version::FIRST, schema: &old }]);
        assert_eq!(ids(&report), ["TOO_COMPLEX"]);
    }
    // Names on which a pattern goes back and forth until its engine gives up, each time.
    let report = backward(&object(3, "^(a|a)+(?=b)", 0, 60), &object(3, "^(a|a)+(?=b)", 20, 60));
    assert!(ids(&report).iter().all(|id| *id == "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"), "{report:?}");
    // What it might cost is charged, whatever the name: short ones show that as well as long ones, in no time.
    let report = backward(&object(1, "^(a|a)+(?=b)", 0, 1), &object(1, "^(a|a)+(?=b)", 1_100, 1));
    assert_eq!(ids(&report), ["TOO_COMPLEX"]);
    let report = backward(&object(1, "^(a|a)+(?=b)", 0, 1), &object(1, "^(a|a)+(?=b)", 900, 1));
    assert_eq!(ids(&report), ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"; 900], "within the account");
}

#[test]
fn huge_texts_do_not_multiply() {
    let name = "n".repeat(100_000);
    let object = |ty: &str| {
        let inner = joined((0..500).map(|i| format!(r#""p{i}":{{"type":"{ty}"}}"#)));
        format!(r#"{{"properties":{{"{name}":{{"properties":{{{inner}}}}}}}}}"#)
    };
    let report = backward(&object("string"), &object("number"));
    assert_eq!(report.differences().len(), 500);
    let bytes: usize = report.messages().iter().map(String::len).sum();
    assert!(bytes < 1_000_000, "{bytes}");
    let digits = format!("1{}", "0".repeat(100_000));
    let number =
        |n: &str| format!(r#"{{"multipleOf":{n},"maximum":1e999999999999,"minimum":-1e-999999999999}}"#);
    assert!(!backward(&number(&digits), &number("3")).is_compatible());
    assert!(backward(&number("1"), &number(&digits)).is_compatible());
}

/// Any tree of keywords, whether or not it makes sense.
fn any_schema() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("{}".to_owned()),
        Just("null".to_owned()),
        Just("-1.5e3".to_owned()),
        Just("\"string\"".to_owned()),
        Just("[\"a\",\"null\",1]".to_owned()),
        Just(r##"{"$ref":"#"}"##.to_owned()),
        Just(r##"{"$recursiveRef":"#"}"##.to_owned()),
    ];
    let keyword = prop::sample::select(vec![
        "type",
        "enum",
        "const",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "properties",
        "required",
        "patternProperties",
        "additionalProperties",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "items",
        "prefixItems",
        "additionalItems",
        "unevaluatedItems",
        "contains",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maximum",
        "exclusiveMaximum",
        "multipleOf",
        "maxLength",
        "pattern",
        "title",
        "default",
        "definitions",
        "a",
        "b",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((keyword.clone(), inner), 0..6).prop_map(|members| format!(
                "{{{}}}",
                joined(members.into_iter().map(|(k, v)| format!("\"{k}\":{v}")))
            )),
        ]
    })
}

proptest! {
    /// Never panics, whatever keywords hold; a schema is compatible with itself; `changes` and `check` agree.
    #[test]
    fn anything_that_parses_can_be_compared(old in any_schema(), new in any_schema(), draft in 0..3usize) {
        let dialect = ["draft-04/schema#", "draft/2019-09/schema", "draft/2020-12/schema"][draft];
        let root = |inner: &str| {
            let text = format!(r#"{{"$schema":"http://json-schema.org/{dialect}","properties":{{"p":{inner}}},"allOf":[{inner}]}}"#);
            parse(SchemaType::Json, &text, &[], Strictness::Stored, &Limits::default()).ok()
        };
        if let (Some(old), Some(new)) = (root(&old), root(&new)) {
            let before = Old { version: Version::FIRST, schema: &old };
            let report = check(Level::Backward, &new, &[before]);
            let all = changes(Policy::Strict, &new, &before);
            prop_assert!(report.differences().iter().all(|d| all.contains(d)));
            let own = check(Level::Full, &new, &[Old { version: Version::FIRST, schema: &new }]);
            prop_assert!(own.is_compatible(), "{:?}", own.messages());
        }
    }
}
