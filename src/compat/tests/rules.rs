//! Every row of `rules.json`, and how versions, levels and messages are put together.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use assay_compat::{Direction, Level, Old, Report, check};
use assay_schema::json::{Node, Numbers, parse_json, write_compact};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};

fn avro(text: &str) -> ParsedSchema {
    parse(SchemaType::Avro, text, &[], Strictness::Stored, &Limits::default()).unwrap()
}

fn version(number: u32) -> Version {
    Version::new(number).unwrap()
}

fn against(level: Level, new: &str, olds: &[&str]) -> Report {
    let parsed: Vec<ParsedSchema> = olds.iter().map(|old| avro(old)).collect();
    let count = parsed.len() as u32;
    let olds: Vec<Old<'_>> = (parsed.iter().enumerate())
        .map(|(i, schema)| Old { version: version(count - i as u32), schema })
        .collect();
    check(level, &avro(new), &olds)
}

fn rows(report: &Report) -> Vec<String> {
    let row = |d: &assay_compat::Difference| format!("{} {} {}", d.rule.id(), d.path, d.additional);
    report.differences().iter().map(row).collect()
}

fn text_of(node: &Node) -> String {
    let mut out = String::new();
    write_compact(node, Numbers::AsWritten, &mut out);
    out
}

#[test]
fn every_row_of_the_data_file() {
    let table = parse_json(include_str!("rules.json"), &Limits::default()).unwrap();
    for row in table.as_array().unwrap() {
        let name = row.get("name").and_then(Node::as_str).unwrap();
        let (old, new) = (text_of(row.get("old").unwrap()), text_of(row.get("new").unwrap()));
        for (level, key) in [(Level::Backward, "backward"), (Level::Forward, "forward")] {
            let want: Vec<String> = (row.get(key).and_then(Node::as_array).unwrap().iter())
                .map(|item| item.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(rows(&against(level, &new, &[&old])), want, "{name}, {key}");
        }
    }
}

const INT: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
const LONG: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
const TEXT: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#;

#[test]
fn levels_choose_versions_and_directions() {
    // Newest first: LONG is version 2, INT or TEXT version 1.
    let rows = [
        // level, new, olds, first failing version and direction
        (Level::None, TEXT, [INT, LONG], None),
        (Level::Backward, LONG, [INT, TEXT], None),
        (Level::BackwardTransitive, LONG, [INT, TEXT], Some((1, Direction::Backward))),
        (Level::BackwardTransitive, LONG, [TEXT, TEXT], Some((2, Direction::Backward))),
        (Level::Forward, INT, [LONG, TEXT], None),
        (Level::ForwardTransitive, INT, [LONG, TEXT], Some((1, Direction::Forward))),
        (Level::Full, LONG, [INT, LONG], Some((2, Direction::Forward))),
        (Level::Full, INT, [LONG, INT], Some((2, Direction::Backward))),
        (Level::Full, LONG, [LONG, INT], None),
        (Level::FullTransitive, LONG, [LONG, INT], Some((1, Direction::Forward))),
    ];
    for (level, new, olds, want) in rows {
        let report = against(level, new, &olds);
        let got = report.differences().first().map(|d| (d.against.get(), d.direction));
        assert_eq!(got, want, "{level} {new} {olds:?}");
    }
}

#[test]
fn no_older_version_is_always_fine() {
    for level in Level::ALL {
        assert!(against(level, INT, &[]).is_compatible(), "{level}");
    }
}

#[test]
fn messages_have_the_shape_of_the_contract() {
    let tail = |level: &str| format!("{{validateFields: 'false', compatibility: '{level}'}}");
    let backward = against(Level::Backward, TEXT, &[INT]).messages();
    assert_eq!(backward.len(), 4, "{backward:?}");
    assert!(backward[0].starts_with("{errorType:'TYPE_MISMATCH', description:'"), "{}", backward[0]);
    assert!(backward[0].contains("path '/fields/0/type' of the new schema"), "{}", backward[0]);
    assert!(
        backward[0].ends_with("additionalInfo:'reader type: STRING not compatible with writer type: INT'}"),
        "{}",
        backward[0]
    );
    assert_eq!(backward[1], "{oldSchemaVersion: 1}");
    assert_eq!(backward[2], format!("{{oldSchema: '{INT}'}}"));
    assert_eq!(backward[3], tail("BACKWARD"));

    let forward = against(Level::Forward, LONG, &[INT]).messages();
    assert!(forward[0].contains("path '/fields/0/type' of the old schema"), "{}", forward[0]);
    assert_eq!(
        forward[1..],
        ["{oldSchemaVersion: 1}".into(), format!("{{oldSchema: '{INT}'}}"), tail("FORWARD")]
    );

    // FULL: the old version is told only if the backward direction failed.
    let full = against(Level::Full, LONG, &[INT]).messages();
    assert_eq!(full.len(), 2, "{full:?}");
    assert_eq!(full[1], tail("FULL"));
    let both = against(Level::Full, TEXT, &[INT]).messages();
    assert_eq!(both.len(), 5, "{both:?}");
    assert!(both[0].contains("of the old schema") && both[1].contains("of the new schema"), "{both:?}");
}

#[test]
fn a_long_old_schema_is_cut() {
    let doc = "é".repeat(20_000);
    let old = format!(r#"{{"type":"record","name":"R","doc":"{doc}","fields":[]}}"#);
    let messages = against(Level::Backward, "\"int\"", &[&old]).messages();
    let shown = &messages[2];
    assert!(shown.starts_with("{oldSchema: <truncated> '{\"type\""), "{}", &shown[..60]);
    assert!(shown.ends_with("é...'}"));
    assert_eq!(shown.chars().count(), 10_240 + "{oldSchema: <truncated> '...'}".len());
}

#[test]
fn other_types_are_refused_clearly() {
    let proto = |text| parse(SchemaType::Protobuf, text, &[], Strictness::New, &Limits::default()).unwrap();
    let one = proto("syntax = \"proto3\"; message A { int32 a = 1; }");
    let olds = [Old { version: version(1), schema: &one }];
    let report = check(Level::Forward, &avro(INT), &olds);
    let messages = report.messages();
    assert_eq!(messages[0], "The schema types differ: AVRO against PROTOBUF in version 1");
    assert_eq!(messages.len(), 2);
}

#[test]
fn levels_read_in_any_case() {
    for level in Level::ALL {
        assert_eq!(level.as_str().to_lowercase().parse(), Ok(level));
    }
    assert!("".parse::<Level>().is_err());
    assert!("BACKWARDS".parse::<Level>().unwrap_err().to_string().contains("FULL_TRANSITIVE"));
}

/// Hostile shapes end soon, and say "incompatible" when they were not looked at to the end.
#[test]
fn hostile_shapes_are_bounded() {
    // Each record mentions the next twice: 2^60 paths, 60 pairs.
    let doubling = |leaf: &str| {
        let mut text =
            format!(r#"{{"type":"record","name":"R60","fields":[{{"name":"x","type":"{leaf}"}}]}}"#);
        for i in (0..60).rev() {
            text = format!(
                r#"{{"type":"record","name":"R{i}","fields":[{{"name":"a","type":{text}}},{{"name":"b","type":"R{}"}}]}}"#,
                i + 1
            );
        }
        text
    };
    assert!(against(Level::Backward, &doubling("int"), &[&doubling("int")]).is_compatible());
    let report = against(Level::Backward, &doubling("string"), &[&doubling("int")]);
    assert_eq!(report.differences().len(), 1_000);

    // Two unions of many records: found by name, not by trying all.
    let many = |n: usize| {
        let branches: Vec<String> =
            (0..n).map(|i| format!(r#"{{"type":"record","name":"N{i}","fields":[]}}"#)).collect();
        format!("[{}]", branches.join(","))
    };
    assert!(against(Level::Backward, &many(15_000), &[&many(15_000)]).is_compatible());
    let report = against(Level::Backward, &many(15_000), &[&many(15_002)]);
    assert_eq!(rows(&report)[0], "MISSING_UNION_BRANCH /15000 reader union lacking writer type: RECORD");

    // Cycles of coprime lengths: their pairs form one path of 41 * 43 steps; the depth bound ends it.
    let cycle = |n: usize| {
        let mut text = "\"a0.C\"".to_owned();
        for i in (0..n).rev() {
            text = format!(r#"{{"type":"record","name":"a{i}.C","fields":[{{"name":"n","type":{text}}}]}}"#);
        }
        text
    };
    let report = against(Level::Backward, &cycle(41), &[&cycle(43)]);
    assert_eq!(report.differences()[0].rule.id(), "TOO_COMPLEX");
    assert!(against(Level::Backward, &cycle(6), &[&cycle(7)]).is_compatible());
}
