//! `assay diff`: its formats and laws: nothing of itself, never less than the rules report, bounded. Its words: `diff_words.rs`.
#![allow(clippy::unwrap_used, reason = "tests")]

use assay_check::diff::report::{Format, write};
use assay_check::diff::{Diff, Kind, between};
use assay_compat::{Direction, Level, Old, Policy, changes, check};
use assay_schema::json::{Node, Numbers, parse_json, write_compact};
use assay_schema::testing::{Rng, avro_schema, next_version};
use assay_schema::{
    Limits, ParsedSchema, ResolvedReference, SchemaType, Strictness, Subject, Version, parse,
};
use proptest::prelude::*;

fn parsed(ty: SchemaType, text: &str) -> ParsedSchema {
    parse(ty, text, &[], Strictness::Stored, &Limits::default()).unwrap()
}

#[test]
fn formats_of_the_list() {
    let old =
        parsed(SchemaType::Avro, r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#);
    let new = parsed(
        SchemaType::Avro,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"int"}]}"#,
    );
    let diff = between(&old, &new);
    let text = write(Format::Text, &diff);
    assert_eq!(
        text,
        "old -> new (AVRO)\n  ~ field a of record R widened from int to long\n      breaks FORWARD: TYPE_MISMATCH\n  \
         + field b of record R added: int, no default\n      breaks BACKWARD: READER_FIELD_MISSING_DEFAULT_VALUE\n\
         2 changes; neither BACKWARD nor FORWARD compatible\n"
    );
    let markdown = write(Format::Markdown, &diff);
    assert!(markdown.starts_with("### `old` to `new` (AVRO)\n\n- **widened**: field `a` of record `R` widened from `int` to `long` - breaks FORWARD (`TYPE_MISMATCH`)\n"), "{markdown}");
    let json = parse_json(&write(Format::Json, &diff), &Limits::default()).unwrap();
    let change =
        &json.get("files").unwrap().as_array().unwrap()[0].get("changes").unwrap().as_array().unwrap()[1];
    assert_eq!(change.get("kind").and_then(Node::as_str), Some("added"));
    assert_eq!(change.get("new_place").and_then(Node::as_str), Some("R.b"));
    assert!(change.get("old_place").unwrap().is_null());
    let proto = parsed(SchemaType::Protobuf, "syntax = \"proto3\"; message A {}");
    let other = between(&old, &proto);
    assert_eq!(other.changes().count(), 1);
    assert_eq!(
        write(Format::Text, &other),
        "old -> new (PROTOBUF)\n  ~ the schema changed its format from AVRO to PROTOBUF\n      breaks BACKWARD: SCHEMA_TYPE_CHANGED\n      breaks FORWARD: SCHEMA_TYPE_CHANGED\n1 change; neither BACKWARD nor FORWARD compatible\n"
    );
    for kind in Kind::ALL {
        assert_eq!(Kind::ALL.iter().filter(|other| other.as_str() == kind.as_str()).count(), 1);
    }
}

/// The laws of any pair.
fn laws(old: &ParsedSchema, new: &ParsedSchema) -> Diff {
    for schema in [old, new] {
        assert!(between(schema, schema).is_empty(), "{}", schema.canonical());
    }
    let diff = between(old, new);
    let context = || format!("{}\n{}\n{}", old.canonical(), new.canonical(), write(Format::Text, &diff));
    assert_eq!(diff.is_empty(), old.canonical() == new.canonical(), "{}", context());
    let old_version = Old { version: Version::FIRST, schema: old };
    for (level, direction, fits) in [
        (Level::Backward, Direction::Backward, diff.backward),
        (Level::Forward, Direction::Forward, diff.forward),
    ] {
        let report = check(level, new, &[old_version]);
        let fits = fits.unwrap();
        assert_eq!(fits, report.is_compatible(), "{}", context());
        for difference in report.differences() {
            let told = diff.changes().flat_map(|c| &c.breaks);
            let mut told = told.filter(|b| b.direction == direction);
            let here = told.any(|b| b.rule == difference.rule && b.path == difference.path);
            assert!(here, "{} {} is not told\n{}", difference.rule.id(), difference.path, context());
        }
        let broken = diff.changes().flat_map(|c| &c.breaks).any(|b| b.direction == direction);
        assert_eq!(broken, !fits, "{}", context());
    }
    // What the rules see and allow is a change too.
    let equal = old.canonical() == new.canonical(); // `not` is told even of equal ones (contract 3.4)
    assert!(
        equal || changes(Policy::Strict, new, &old_version).is_empty() || !diff.is_empty(),
        "{}",
        context()
    );
    for format in [Format::Text, Format::Markdown, Format::Json] {
        assert!(!write(format, &diff).is_empty());
    }
    diff
}

/// How many refusals no change explains by its place.
fn unexplained(diff: &Diff) -> Vec<String> {
    let alone = diff.changes().filter(|c| c.kind == Kind::Affected);
    alone.flat_map(|c| c.breaks.iter().map(|b| format!("{} {}", b.rule.id(), b.path))).collect()
}

#[test]
fn the_tables_of_the_rules() {
    let table = parse_json(include_str!("../../compat/tests/protobuf.json"), &Limits::default()).unwrap();
    for row in table.as_array().unwrap() {
        let text = |key: &str| row.get(key).and_then(Node::as_str).unwrap();
        let schema = |key: &str| {
            let given = row.get(&format!("{key}_references")).and_then(Node::as_array).unwrap_or_default();
            let word = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).unwrap().to_owned();
            let references: Vec<_> = given
                .iter()
                .map(|node| ResolvedReference {
                    name: word(node, "name"),
                    subject: Subject::parse(&word(node, "subject")),
                    version: Version::FIRST,
                    schema_type: SchemaType::Protobuf,
                    text: word(node, "text").as_str().into(),
                    references: Vec::new(),
                })
                .collect();
            let imported = !references.is_empty();
            let limits = Limits::default();
            (
                parse(SchemaType::Protobuf, text(key), &references, Strictness::Stored, &limits).unwrap(),
                imported,
            )
        };
        let ((old, _), (new, imported)) = (schema("old"), schema("new"));
        if imported && old.canonical() == new.canonical() {
            continue; // what changed is in the import: told where files are compared
        }
        let diff = laws(&old, &new);
        // Only what comes from another message has no change of its own.
        let strange: Vec<_> = unexplained(&diff)
            .into_iter()
            .filter(|row| !row.starts_with("FIELD_NAMED_TYPE_CHANGED"))
            .collect();
        assert!(strange.is_empty() || imported, "{}: {strange:?}", text("name"));
    }
    let table = parse_json(include_str!("../../compat/tests/rules.json"), &Limits::default()).unwrap();
    for row in table.as_array().unwrap() {
        let text = |key: &str| {
            let mut out = String::new();
            write_compact(row.get(key).unwrap(), Numbers::AsWritten, &mut out);
            out
        };
        let diff = laws(&parsed(SchemaType::Avro, &text("old")), &parsed(SchemaType::Avro, &text("new")));
        assert!(unexplained(&diff).is_empty(), "{:?} {:?}", row.get("name"), unexplained(&diff));
    }
}

#[test]
fn the_table_of_json() {
    let table = parse_json(include_str!("../../compat/tests/json.json"), &Limits::default()).unwrap();
    let mut strange = Vec::new();
    for row in table.as_array().unwrap() {
        let text = |key: &str| {
            let mut out = String::new();
            write_compact(row.get(key).unwrap(), Numbers::AsWritten, &mut out);
            out
        };
        let read =
            |text: &str| parse(SchemaType::Json, text, &[], Strictness::Stored, &Limits::default()).ok();
        let (Some(old), Some(new)) = (read(&text("old")), read(&text("new"))) else { continue }; // has references
        let diff = laws(&old, &new);
        for row_of in unexplained(&diff) {
            strange.push(format!("{:?} {row_of}\n{}", row.get("name"), write(Format::Text, &diff)));
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

#[test]
fn generated_pairs_of_avro() {
    let mut rng = Rng::new(41);
    let read = |text: &str| parse(SchemaType::Avro, text, &[], Strictness::Stored, &Limits::default()).ok();
    let (mut pairs, mut changed, mut alone) = (0, 0, 0);
    while pairs < 1_500 {
        let text = avro_schema(&mut rng);
        let (Some(old), Some(new)) = (read(&text), read(&next_version(&text, &mut rng))) else { continue };
        let diff = laws(&old, &new);
        laws(&new, &old);
        pairs += 1;
        changed += usize::from(!diff.is_empty());
        alone += usize::from(!unexplained(&diff).is_empty());
    }
    eprintln!("diff, avro: {changed} of {pairs} pairs changed, {alone} with a refusal of no change's place");
    assert!(changed > 500 && alone * 20 < changed, "{changed} changed, {alone} unexplained");
}

#[test]
fn generated_pairs_of_json() {
    let seeds = [
        r##"{"type":"object","properties":{"a":{"type":"string","maxLength":5},"b":{"type":["null","integer"],"minimum":1},"c":{"$ref":"#/definitions/D"}},"required":["a"],"additionalProperties":false,"definitions":{"D":{"enum":["x","y"]}}}"##,
        r#"{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"object","properties":{"n":{"type":"number","multipleOf":0.5}}}}],"title":"t","default":"d"}"#,
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","prefixItems":[{"type":"string"},true],"items":false,"uniqueItems":true,"contains":{"const":1}}"#,
    ];
    let mut rng = Rng::new(42);
    let read = |text: &str| parse(SchemaType::Json, text, &[], Strictness::Stored, &Limits::default()).ok();
    let mut changed = 0;
    for i in 0..600 {
        let old = parsed(SchemaType::Json, seeds[i % seeds.len()]);
        let Some(new) = read(&next_version(seeds[i % seeds.len()], &mut rng)) else { continue };
        changed += usize::from(!laws(&old, &new).is_empty());
        laws(&new, &old);
    }
    assert!(changed > 200, "{changed}");
}

proptest! {
    #[test]
    fn any_names(old in "[^\"\\\\\u{0}-\u{1f}]{0,12}", new in "[^\"\\\\\u{0}-\u{1f}]{0,12}") {
        let schema = |name: &str| parsed(SchemaType::Json, &format!("{{\"properties\":{{\"{name}\":{{\"title\":\"{name}\"}}}},\"required\":[\"{name}\"]}}"));
        let diff = laws(&schema(&old), &schema(&new));
        let text = write(Format::Text, &diff);
        prop_assert!(text.lines().count() <= diff.changes().count() * 3 + 2, "{text:?}");
    }
}

/// Hostile shapes end soon and are told up to a bound.
#[test]
fn hostile_shapes_are_bounded() {
    let wide = |n: usize, ty: &str| {
        let fields: Vec<String> = (0..n).map(|i| format!(r#"{{"name":"f{i}","type":"{ty}"}}"#)).collect();
        parsed(
            SchemaType::Avro,
            &format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(",")),
        )
    };
    let diff = between(&wide(15_000, "int"), &wide(15_000, "string"));
    assert_eq!((diff.changes().filter(|c| c.kind == Kind::Type).count(), diff.left_out), (10_000, 5_000));
    let reversed = |n: usize| {
        let fields: Vec<String> =
            (0..n).rev().map(|i| format!(r#"{{"name":"f{i}","type":"int"}}"#)).collect();
        parsed(
            SchemaType::Avro,
            &format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(",")),
        )
    };
    assert_eq!(between(&wide(15_000, "int"), &reversed(15_000)).changes().count(), 1);
    // Chains of names, the other way round in the new schema.
    let chain = |order: &mut dyn Iterator<Item = usize>, leaf: &str| {
        let record = |i: usize| match i {
            0 => format!(r#"{{"type":"record","name":"R0","fields":[{{"name":"x","type":"{leaf}"}}]}}"#),
            i => {
                format!(r#"{{"type":"record","name":"R{i}","fields":[{{"name":"x","type":"R{}"}}]}}"#, i - 1)
            }
        };
        let fields: Vec<String> =
            order.map(|i| format!(r#"{{"name":"f{i}","type":{}}}"#, record(i))).collect();
        parsed(
            SchemaType::Avro,
            &format!(r#"{{"type":"record","name":"T","fields":[{}]}}"#, fields.join(",")),
        )
    };
    let diff = between(&chain(&mut (0..3_000), "int"), &chain(&mut (0..3_000), "long"));
    assert_eq!(diff.changes().filter(|c| c.kind == Kind::Widened).count(), 1);
    let deep = |leaf: &str| {
        let depth = 60;
        parsed(
            SchemaType::Json,
            &format!("{}{leaf}{}", r#"{"properties":{"a":"#.repeat(depth), "}}".repeat(depth)),
        )
    };
    assert_eq!(between(&deep("true"), &deep("false")).changes().count(), 1);
    // Each level becomes one of several: every try of a branch would try those inside again.
    let wrapped = |open: &str, close: &str| {
        let depth = 15;
        parsed(SchemaType::Json, &format!("{}true{}", open.repeat(depth), close.repeat(depth)))
    };
    let plain = wrapped(r#"{"properties":{"a":"#, "}}");
    let several = wrapped(r#"{"oneOf":[{"properties":{"b":false}},{"properties":{"a":"#, "}}]}");
    assert!(between(&plain, &several).changes().count() < 100);
    assert!(between(&several, &plain).changes().count() < 100);
    // Many branches that look alike.
    let alike = |n: usize| {
        let inside = r#"{"properties":{"k":{"properties":{"k":{"type":"object"}},"required":["k"],"type":"object"}},"required":["k"],"type":"object","title":"T"}"#;
        let branches: Vec<String> = (0..n).map(|i| inside.replace('T', &i.to_string())).collect();
        parsed(SchemaType::Json, &format!(r#"{{"oneOf":[{}]}}"#, branches.join(",")))
    };
    assert!(between(&alike(200), &alike(400)).changes().count() < 300);
    let messages = |n: usize, ty: &str| {
        let all: String = (0..n)
            .map(|i| format!("message M{i} {{ {ty} a = 1; oneof o {{ int32 b = 2; }} }} service S{i} {{}}\n"))
            .collect();
        parsed(SchemaType::Protobuf, &format!("syntax = \"proto3\"; {all}"))
    };
    assert_eq!(between(&messages(5_000, "int32"), &messages(5_000, "int64")).changes().count(), 5_000);
}
