//! JSON Schema: every row of `json.json`, all kinds of difference in it, messages, laws and hostile shapes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;

use assay_compat::{Difference, Level, Old, Policy, Report, Rule, changes, check, check_with};
use assay_schema::json::{Node, Numbers, parse_json, write_compact};
use assay_schema::{
    Limits, ParsedSchema, ResolvedReference, SchemaType, Strictness, Subject, Version, parse,
};

fn json(text: &str, references: &[ResolvedReference]) -> ParsedSchema {
    let limits = Limits { schema_bytes: 16 << 20, ..Limits::default() };
    parse(SchemaType::Json, text, references, Strictness::Stored, &limits)
        .unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn old(schema: &ParsedSchema) -> Old<'_> {
    Old { version: Version::FIRST, schema }
}

fn report(level: Level, new: &ParsedSchema, before: &ParsedSchema) -> Report {
    check(level, new, &[old(before)])
}

fn text_of(node: &Node) -> String {
    let mut out = String::new();
    write_compact(node, Numbers::AsWritten, &mut out);
    out
}

fn list(row: &Node, key: &str) -> Option<Vec<String>> {
    let items = row.get(key)?.as_array().unwrap();
    Some(items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
}

/// `{"name": schema, ..}`: every schema is a reference of that name.
fn references(row: &Node, key: &str) -> Vec<ResolvedReference> {
    let given = row.get(key).and_then(Node::as_object);
    let read = |(name, schema): (&str, &Node)| ResolvedReference {
        name: name.to_owned(),
        subject: Subject::parse(name),
        version: Version::FIRST,
        schema_type: SchemaType::Json,
        text: text_of(schema).as_str().into(),
        references: Vec::new(),
    };
    given.into_iter().flat_map(|given| given.iter()).map(read).collect()
}

fn rows_of(differences: &[Difference]) -> Vec<String> {
    let mut rows: Vec<_> = differences.iter().map(|d| format!("{} {}", d.rule.id(), d.path)).collect();
    rows.sort();
    rows
}

struct Row {
    name: String,
    old: ParsedSchema,
    new: ParsedSchema,
    compatible: Vec<String>,
    lenient: Vec<String>,
    backward: Vec<String>,
    forward: Vec<String>,
}

fn table() -> Vec<Row> {
    let table = parse_json(include_str!("json.json"), &Limits::default()).unwrap();
    let row = |row: &Node| {
        let compatible = list(row, "compatible").unwrap();
        Row {
            name: row.get("name").and_then(Node::as_str).unwrap().to_owned(),
            old: json(&text_of(row.get("old").unwrap()), &references(row, "old_references")),
            new: json(&text_of(row.get("new").unwrap()), &references(row, "new_references")),
            lenient: list(row, "lenient").unwrap_or_else(|| compatible.clone()),
            compatible,
            backward: list(row, "backward").unwrap(),
            forward: list(row, "forward").unwrap(),
        }
    };
    table.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_row_of_the_data_file() {
    let table = table();
    assert!(table.len() >= 120, "{} rows", table.len());
    let mut wrong = Vec::new();
    for row in &table {
        for (level, reader, writer, want) in [
            (Level::Backward, &row.new, &row.old, &row.backward),
            (Level::Forward, &row.old, &row.new, &row.forward),
        ] {
            let mut want = want.clone();
            want.sort();
            let direction = level.as_str().to_lowercase();
            let got = rows_of(&changes(Policy::Strict, reader, &old(writer)));
            if got != want {
                wrong.push(format!("{}, {direction}: got {got:?}, want {want:?}", row.name));
            }
            for (policy, compatible) in [(Policy::Strict, &row.compatible), (Policy::Lenient, &row.lenient)] {
                let report = check_with(level, policy, &row.new, &[old(&row.old)]);
                if report.is_compatible() != compatible.contains(&direction) {
                    let got = rows_of(report.differences());
                    wrong.push(format!("{}, {direction}, {policy:?}: refused for {got:?}", row.name));
                }
            }
            let refused: BTreeSet<_> =
                rows_of(report(level, &row.new, &row.old).differences()).into_iter().collect();
            if !refused.iter().all(|row| want.contains(row)) {
                wrong.push(format!("{}, {direction}: {refused:?} beyond {want:?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_has_every_kind_of_difference() {
    let seen: BTreeSet<String> = table()
        .iter()
        .flat_map(|row| [row.backward.clone(), row.forward.clone()].concat())
        .filter_map(|row| row.split(' ').next().map(str::to_owned))
        .collect();
    let ids = Rule::all().filter(|rule| rule.row().format == Some(SchemaType::Json)).map(Rule::id);
    let missing: Vec<_> = ids.filter(|id| *id != "TOO_COMPLEX" && !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
}

#[test]
fn laws_hold_for_every_pair_of_neighbours_in_the_table() {
    let table = table();
    let plain = |list: &[Difference]| -> Vec<_> { list.iter().map(|d| (d.rule, d.path.clone())).collect() };
    // Each row's two schemas, and each with those of the next row: mostly unlike each other.
    let schemas: Vec<_> = table.iter().flat_map(|row| [&row.old, &row.new]).collect();
    for pair in schemas.windows(2) {
        let [before, new] = pair else { continue };
        for policy in [Policy::Strict, Policy::Lenient] {
            let of = |level| check_with(level, policy, new, &[old(before)]).differences().to_vec();
            let names = format!("{}\n{}", before.canonical(), new.canonical());
            assert!(of(Level::None).is_empty(), "{names}");
            assert!(check_with(Level::Full, policy, new, &[old(new)]).is_compatible(), "{names}");
            assert_eq!(of(Level::Full), [of(Level::Forward), of(Level::Backward)].concat(), "{names}");
            let swapped = check_with(Level::Backward, policy, before, &[old(new)]);
            assert_eq!(plain(&of(Level::Forward)), plain(swapped.differences()), "{names}");
            for (level, transitive) in [
                (Level::Backward, Level::BackwardTransitive),
                (Level::Forward, Level::ForwardTransitive),
                (Level::Full, Level::FullTransitive),
            ] {
                assert_eq!(of(level), of(transitive), "{names}");
            }
        }
    }
}

#[test]
fn normalising_changes_no_verdict() {
    let file = parse_json(include_str!("json.json"), &Limits::default()).unwrap();
    for (row, parsed) in file.as_array().unwrap().iter().zip(table()) {
        let normal = json(&parsed.new.normalized(), &references(row, "new_references"));
        for level in Level::ALL {
            let (plain, other) =
                (report(level, &parsed.new, &parsed.old), report(level, &normal, &parsed.old));
            assert_eq!(rows_of(plain.differences()), rows_of(other.differences()), "{} {level}", parsed.name);
        }
        assert!(report(Level::Full, &normal, &parsed.new).is_compatible(), "{}", parsed.name);
    }
}

#[test]
fn messages_have_the_shape_of_the_contract() {
    let before = json(r#"{"type":"object","properties":{"a":{"type":"string","maxLength":9}}}"#, &[]);
    let new = json(r#"{"type":"object","properties":{"a":{"type":"string","maxLength":5}}}"#, &[]);
    let backward = report(Level::Backward, &new, &before);
    let shown = format!("{{oldSchema: '{}'}}", before.canonical());
    assert_eq!(
        backward.messages(),
        [
            "{errorType:\"MAX_LENGTH_DECREASED\", description:\"The maxLength at path '#/properties/a/maxLength' is lower in the new schema than in the old schema'}",
            "{oldSchemaVersion: 1}",
            &shown,
            "{validateFields: 'false', compatibility: 'BACKWARD'}",
        ]
    );
    let [difference] = backward.differences() else { panic!("one difference") };
    let fragment = |f: &Option<assay_compat::Fragment>| f.clone().map(|f| (f.text, f.place)).unwrap();
    let place = "/properties/a/maxLength".to_owned();
    assert_eq!(fragment(&difference.new), ("\"maxLength\":5".to_owned(), place.clone()));
    assert_eq!(fragment(&difference.old), ("\"maxLength\":9".to_owned(), place));
    assert!(!difference.hint().is_empty() && difference.source().contains("3.4"));

    // Under FULL: the differences of both directions, then the old version, its text, and the level (contract 8.6).
    let other = json(r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#, &[]);
    let both = report(Level::Full, &other, &before).messages();
    assert_eq!(both.len(), 5, "{both:?}");
    assert!(both[..2].iter().all(|m| m.starts_with("{errorType:\"TYPE_CHANGED\"")), "{both:?}");
    assert!(both[0].contains("of the old schema differs from the one of the new schema"), "{both:?}");
    assert_eq!(
        both[2..],
        ["{oldSchemaVersion: 1}", &shown, "{validateFields: 'false', compatibility: 'FULL'}"]
    );
    // A pure forward failure tells no old version.
    let added = json(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#, &[]);
    assert_eq!(report(Level::Full, &added, &before).messages().len(), 2);
}

#[test]
fn places_name_the_reference_they_are_in() {
    let row = |max: u32| {
        let text = format!(r#"{{"definitions":{{"a/b":{{"type":"string","maxLength":{max}}}}}}}"#);
        let reference = ResolvedReference {
            name: "other.json".to_owned(),
            subject: Subject::parse("other"),
            version: Version::FIRST,
            schema_type: SchemaType::Json,
            text: text.as_str().into(),
            references: Vec::new(),
        };
        json(r#"{"properties":{"p":{"$ref":"other.json#/definitions/a~1b"}}}"#, &[reference])
    };
    let report = report(Level::Backward, &row(1), &row(2));
    let [difference] = report.differences() else { panic!("one difference") };
    assert_eq!(difference.path, "#/properties/p/maxLength");
    assert_eq!(difference.new.as_ref().unwrap().place, "other.json#/definitions/a~1b/maxLength");
}

#[test]
fn transitive_levels_name_the_version_that_fails() {
    let of = |ty: &str| json(&format!(r#"{{"type":"object","properties":{{"a":{{"type":"{ty}"}}}}}}"#), &[]);
    let (first, second, third, new) = (of("string"), of("boolean"), of("integer"), of("number"));
    let version = |n| Version::new(n).unwrap();
    let olds = [
        Old { version: version(3), schema: &third },
        Old { version: version(2), schema: &second },
        Old { version: version(1), schema: &first },
    ];
    assert!(check(Level::Backward, &new, &olds).is_compatible());
    let report = check(Level::BackwardTransitive, &new, &olds);
    assert!(report.differences().iter().all(|d| d.against == version(2) && d.path == "#/properties/a"));
    assert!(!report.is_compatible());
}
